"""The trainer's morning: what yesterday left to be learnt, and what begins, ends or is missing today. Every shopper's word is masked.

Nothing is stored for it: it is read from talks, suggestions, the shop's facts, and the files that are live.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine, select

from gateway.asked import Asked, begin_of
from gateway.lessons import Lessons
from policy.live import folder as tables_folder
from policy.masking import personal
from policy.validity import KEYS, Period, period
from shop.answers import Answers
from shop.clock import Clock, local_day
from shop.db import reading
from shop.models import Conversation, Customer, Message, Product, Script
from studio.likeness import groups

BAD = 2
MOST = 50
# Kinds of goods of which shoppers ask for a size chart and the fabric.
WORN = ("clothing", "bedding")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Dated:
    """Something that begins or ends on the day: ``where`` response | row | script | answer, its ``name``, what it is about."""

    where: str
    name: str
    file: str | None
    begins: bool
    ends: bool
    since: str | None
    until: str | None
    text: str


@dataclass(frozen=True)
class Gap:
    """A product that lacks what shoppers ask about: ``lacks`` of chart, fabric, care."""

    product_id: str
    product: str
    kind: str
    lacks: tuple[str, ...]
    new: bool


class Morning:
    """The mornings of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock, asked: Asked, lessons: Lessons, responses: Path) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock
        self._asked = asked
        self._lessons = lessons
        self._responses = responses

    def of(self, day: date | None = None) -> dict[str, Any]:
        """The morning of ``day`` (today's by default): of the day before it what was left, of itself what begins and ends."""
        today = day or self._clock.today()
        yesterday = today - timedelta(days=1)
        whole = self._asked.days(yesterday, yesterday)[0][1].whole
        missing = Answers(self._engine, self._shop, self._clock).missing()
        return {
            "day": today.isoformat(),
            "yesterday": yesterday.isoformat(),
            "asked": {name: whole[name] for name in ("asked", "understood", "unclear", "handed_over", "failed", "visits", "solved")},
            "unclear": list(self._unclear(yesterday)),
            "lessons": [asdict(one) for one in self._lessons.items(days=2, limit=MOST) if one.day == yesterday.isoformat()],
            "ratings": list(self._ratings(yesterday)),
            "missing": [
                {
                    "product_id": one.product_id,
                    "product": one.product,
                    "name": one.name,
                    "times": one.times,
                    "last": one.last_asked.isoformat(),
                }
                for one in missing[:MOST]
            ],
            "dated": [asdict(one) for one in self.dated(today)],
            "gaps": [asdict(one) for one in self._gaps(yesterday)],
        }

    def _unclear(self, day: date) -> Iterator[dict[str, Any]]:
        """What was not understood, a line for messages that are alike with the first of them, the most frequent first."""
        lines = self._asked.lines(day, day, "unclear", most=10 * MOST)
        said = [one for one in self._texts([(line.talk, line.seq) for line in lines]).values() if one.strip()]
        for places in groups(said)[:MOST]:
            alike = list(dict.fromkeys(said[place] for place in places))
            yield {"text": alike[0], "times": len(places), "also": alike[1:6]}

    def _texts(self, places: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
        return texts(self._engine, self._shop, places)

    def _ratings(self, day: date) -> Iterator[dict[str, Any]]:
        query = (
            select(Conversation.id, Conversation.rating, Conversation.rating_comment, Customer.name, Customer.phone)
            .outerjoin(Customer, (Customer.shop_id == Conversation.shop_id) & (Customer.id == Conversation.customer_id))
            .where(
                Conversation.shop_id == self._shop,
                Conversation.rated_at >= begin_of(day),
                Conversation.rated_at < begin_of(day) + timedelta(days=1),
                Conversation.rating <= BAD,
            )
            .order_by(Conversation.rated_at.desc())
            .limit(MOST)
        )
        with reading(self._engine) as session:
            for talk, stars, comment, name, phone in session.execute(query).all():
                yield {"talk": talk, "stars": stars, "comment": personal(comment or "", [one for one in (name, phone) if one]).text}

    def _gaps(self, since: date) -> Iterator[Gap]:
        """Worn goods without chart or fabric, those written since ``since`` first."""
        query = select(Product.id, Product.name, Product.kind, Product.fabric, Product.size_chart, Product.sizes, Product.synced_at)
        found = []
        with reading(self._engine) as session:
            for row in session.execute(query.where(Product.shop_id == self._shop, Product.kind.in_(WORN)).order_by(Product.id)):
                lacks = [] if (row.fabric or "").strip() else ["fabric"]
                # What comes in one size needs no chart.
                if row.kind == "clothing" and len(row.sizes) > 1 and not row.size_chart:
                    lacks.append("chart")
                if lacks:
                    found.append(Gap(row.id, row.name, row.kind, tuple(lacks), local_day(row.synced_at) >= since))
        yield from sorted(found, key=lambda one: (not one.new, one.product_id))[:MOST]

    def dated(self, day: date) -> list[Dated]:
        """Responses, rows, scripts and answers about goods whose time begins or ends on ``day``."""
        found = [*self._responses_on(day), *_rows_on(tables_folder(), day), *self._scripts_on(day), *self._answers_on(day)]
        return sorted(found, key=lambda one: (not one.begins, one.where, one.name))

    def _responses_on(self, day: date) -> Iterator[Dated]:
        for path in sorted(self._responses.glob("*.yml")):
            for name, variations in (_read(path).get("responses") or {}).items():
                for variation in variations or ():
                    yield from _on(day, variation, "response", str(name), path.name, str(variation.get("text") or ""))

    def _scripts_on(self, day: date) -> Iterator[Dated]:
        query = select(Script.title, Script.text, Script.valid_from, Script.valid_to).where(Script.shop_id == self._shop)
        with reading(self._engine) as session:
            for title, text, since, until in session.execute(query.where(Script.owner == "", Script.removed_at.is_(None))):
                yield from _on(day, {"valid_from": since, "valid_to": until}, "script", title, None, text)

    def _answers_on(self, day: date) -> Iterator[Dated]:
        for one in Answers(self._engine, self._shop, self._clock).rows():
            yield from _on(day, {"valid_from": one.valid_from, "valid_to": one.valid_to}, "answer", one.id, None, one.answer)


def texts(engine: Engine, shop_id: str, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Shoppers' words by talk and number in it, masked; what is gone is left out."""
    wanted = list(places)
    found: dict[tuple[str, int], str] = {}
    query = (
        select(Message.conversation_id, Message.seq, Message.text, Customer.name, Customer.phone)
        .join(Conversation, (Conversation.shop_id == Message.shop_id) & (Conversation.id == Message.conversation_id))
        .outerjoin(Customer, (Customer.shop_id == Conversation.shop_id) & (Customer.id == Conversation.customer_id))
    )
    with reading(engine) as session:
        for place in range(0, len(wanted), 200):
            some = wanted[place : place + 200]
            talks, known = {talk for talk, _ in some}, set(some)
            rows = session.execute(
                query.where(Message.shop_id == shop_id, Message.conversation_id.in_(talks), Message.seq.in_({seq for _, seq in some}))
            )
            for talk, seq, text, name, phone in rows:
                if (talk, seq) in known and text:
                    found[talk, seq] = personal(text, [one for one in (name, phone) if one]).text
    return {place: found[place] for place in wanted if place in found}


def _rows_on(folder: Path, day: date) -> Iterator[Dated]:
    for path in sorted(folder.glob("*.yml")):
        for row in _read(path).get("rows") or ():
            if isinstance(row, Mapping):
                yield from _on(day, row, "row", str(row.get("id")), path.name, str(row.get("source") or ""))


def _read(path: Path) -> dict[str, Any]:
    """A live file; one that cannot be read in this moment says nothing (the engine logs why)."""
    try:
        stat = path.stat()
        return _parsed(path, stat.st_mtime_ns, stat.st_size)
    except (OSError, ValueError, yaml.YAMLError):
        return {}


@lru_cache(maxsize=200)
def _parsed(path: Path, _mtime: int, _size: int) -> dict[str, Any]:
    body = yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
    return body if isinstance(body, dict) else {}


def _on(day: date, given: Mapping[str, Any], where: str, name: str, file: str | None, text: str) -> Iterator[Dated]:
    if not any(given.get(key) for key in KEYS):
        return
    try:
        time: Period = period({key: given[key] for key in KEYS if given.get(key)}, name)
    except ValueError:
        return
    begin, end = begin_of(day), begin_of(day) + timedelta(days=1)
    begins = time.begins is not None and begin <= time.begins < end
    # A time ends with the instant before ``until``: what lasts through the day ends on it.
    ends = time.ends is not None and begin < time.ends <= end
    if begins or ends:
        since, until = given.get("valid_from"), given.get("valid_to")
        yield Dated(where, name, file, begins, ends, str(since) if since else None, str(until) if until else None, text[:120])
