"""What the shop knows of its goods: reviewed answers, read at every question, and the facts that were asked for and are missing.

    python -m shop.answers export FILE.csv|FILE.xlsx    # all answers, to edit and import again (python -m shop.importer FILE)
    python -m shop.answers remove ID…                   # ids as they stand in a message's trace
    python -m shop.answers missing [--all]              # what shoppers asked and no page states, the most asked first

Form of the files: docs/product_answers.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, and_, delete, or_, select
from sqlalchemy.orm import Session

from policy.facts import ProductFacts
from policy.knowledge import Answer, attribute_name, speaking
from policy.validity import period
from shop.catalogue import ShopRepository, UnknownShop
from shop.clock import SHANGHAI, Clock
from shop.db import DatabaseUnusable, make_engine, migrate, reading, writing
from shop.models import MissingFact, ProductAnswer

_SHOWN = "{times:>5}  {last}  {product} {name}：{attribute}"


@dataclass(frozen=True)
class Missing:
    """A fact that was asked for and that nothing states. ``attribute``: its key; ``name``: how it is spoken of; instants are aware."""

    product_id: str
    product: str
    attribute: str
    name: str
    times: int
    first_asked: datetime
    last_asked: datetime


def series_of(product: ProductFacts) -> tuple[str, ...]:
    """The series a product belongs to: ``series`` of its attributes (a name or a list), else its brand; empty without either."""
    given = product.attributes.get("series") or product.brand
    return tuple(str(one) for one in given) if isinstance(given, list) else (str(given),) if given else ()


def _facts(row: ProductAnswer) -> Answer:
    dates = {"valid_from": row.valid_from, "valid_to": row.valid_to}
    return Answer(
        row.id, row.scope, row.target, row.attribute, tuple(map(str, row.questions)), row.answer, row.source, period(dates, row.id)
    )


def _about(product: ProductFacts) -> Any:
    targets = {"product": [product.product_id], "series": list(series_of(product)), "kind": [product.kind]}
    return or_(*(and_(ProductAnswer.scope == scope, ProductAnswer.target.in_(names)) for scope, names in targets.items()))


class Answers:
    """The reviewed answers of one shop and its missing facts. Safe to share between threads; nothing is kept in memory."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def of(self, product: ProductFacts) -> dict[str, Answer]:
        """attribute → the answer that speaks now for this product, inherited ones included."""
        with reading(self.engine) as session:
            rows = session.scalars(select(ProductAnswer).where(ProductAnswer.shop_id == self.shop_id, _about(product)))
            return speaking(map(_facts, rows), self.clock.now())

    def rows(self) -> list[ProductAnswer]:
        """Every answer as it is stored, valid now or not, by scope, target, attribute and date."""
        order = (ProductAnswer.scope, ProductAnswer.target, ProductAnswer.attribute, ProductAnswer.id)
        with reading(self.engine) as session:
            return list(session.scalars(select(ProductAnswer).where(ProductAnswer.shop_id == self.shop_id).order_by(*order)))

    def remove(self, answer_ids: Iterable[str]) -> int:
        """Delete answers by id; how many there were."""
        with writing(self.engine) as session:
            found = delete(ProductAnswer).where(ProductAnswer.shop_id == self.shop_id, ProductAnswer.id.in_(list(answer_ids)))
            return int(session.execute(found).rowcount)  # type: ignore[attr-defined]  # a delete's result has it

    def count_missing(self, product_id: str, attribute: str) -> None:
        """One more question about an attribute (or topic, or ``other``) of a product that nothing answers."""
        now = self.clock.now()
        with writing(self.engine) as session:
            row = session.get(MissingFact, (self.shop_id, product_id, attribute))
            if row is None:
                key = {"shop_id": self.shop_id, "product_id": product_id, "attribute": attribute}
                session.add(MissingFact(**key, times=1, first_asked=now, last_asked=now))
            else:
                row.times, row.last_asked = row.times + 1, now

    def missing(self, *, answered_too: bool = False) -> list[Missing]:
        """Missing facts, the most asked first. What an answer has been given for since is left out unless ``answered_too``."""
        repo = ShopRepository(self.engine, self.shop_id, self.clock)
        with reading(self.engine) as session:
            order = (MissingFact.times.desc(), MissingFact.last_asked.desc(), MissingFact.product_id, MissingFact.attribute)
            rows = session.scalars(select(MissingFact).where(MissingFact.shop_id == self.shop_id).order_by(*order)).all()
        products = {product.product_id: product for product in repo.products()} if rows else {}
        known = {product_id: self.of(products[product_id]) for product_id in {row.product_id for row in rows} if product_id in products}
        return [
            Missing(
                row.product_id,
                products[row.product_id].name,
                row.attribute,
                attribute_name(row.attribute),
                row.times,
                row.first_asked,
                row.last_asked,
            )
            for row in rows
            if row.product_id in products and (answered_too or row.attribute not in known[row.product_id])
        ]


def answer_id(values: Mapping[str, Any]) -> str:
    """The id that a trace names: target, attribute, and the first day of a dated one."""
    dates = [str(values[name]) for name in ("valid_from", "valid_to") if values.get(name)]
    return f"{values['target']}.{values['attribute']}" + (f"@{'/'.join(dates)}" if dates else "")


def store(session: Session, shop_id: str, records: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, int]:
    """Store checked records (``shop.answer_files``): those of one target and attribute replace all that were stored for them.

    Returns how many were created, updated, unchanged and removed.
    """
    counts: dict[str, int] = {}
    groups: dict[tuple[str, str, str], dict[str, Mapping[str, Any]]] = {}
    for record in records:
        group = groups.setdefault((record["scope"], record["target"], record["attribute"]), {})
        group[answer_id(record)] = record
    for (scope, target, attribute), given in groups.items():
        where = (ProductAnswer.scope == scope, ProductAnswer.target == target, ProductAnswer.attribute == attribute)
        old = {row.id: row for row in session.scalars(select(ProductAnswer).where(ProductAnswer.shop_id == shop_id, *where))}
        for gone in old.keys() - given.keys():
            session.delete(old[gone])
            counts["removed"] = counts.get("removed", 0) + 1
        for key, record in given.items():
            values = {name: record.get(name) for name in ("questions", "answer", "source", "valid_from", "valid_to")}
            row = old.get(key)
            if row is None:
                session.add(
                    ProductAnswer(shop_id=shop_id, id=key, scope=scope, target=target, attribute=attribute, updated_at=now, **values)
                )
                outcome = "created"
            elif all(getattr(row, name) == value for name, value in values.items()):
                outcome = "unchanged"
            else:
                for name, value in values.items():
                    setattr(row, name, value)
                row.updated_at = now
                outcome = "updated"
            counts[outcome] = counts.get(outcome, 0) + 1
    session.flush()
    return counts


def main(arguments: list[str] | None = None) -> int:
    """Export, remove, or tell what is missing; 0 when done, 1 with one line on stderr otherwise."""
    from shop.answer_files import export  # it writes files, which a turn never needs

    parser = argparse.ArgumentParser(
        prog="python -m shop.answers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shop", help="the shop's id (default: XIAOER_SHOP_ID, else demo)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("export", help="write all answers to a file").add_argument("file", type=Path)
    commands.add_parser("remove", help="delete answers").add_argument("ids", nargs="+", metavar="ID")
    commands.add_parser("missing", help="list missing facts").add_argument("--all", action="store_true", help="those answered since, too")
    options = parser.parse_args(arguments)
    try:
        engine = make_engine()
        migrate(engine)
        answers = Answers(engine, options.shop or os.environ.get("XIAOER_SHOP_ID") or "demo", Clock.from_env())
        if options.command == "export":
            print(f"{export(answers, options.file)} answers: {options.file}")
        elif options.command == "remove":
            print(f"{answers.remove(options.ids)} removed")
        else:
            for one in answers.missing(answered_too=options.all):
                last = one.last_asked.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
                print(_SHOWN.format(times=one.times, last=last, product=one.product_id, name=one.product, attribute=one.name))
    except (DatabaseUnusable, UnknownShop, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
