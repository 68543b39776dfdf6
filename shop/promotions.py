"""A shop's promotions: their fields in files, their rows in the database, and ``policy.promotions`` made of them.

A row of a file states a promotion whole: what it leaves out is empty, also when the promotion was there before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from policy.promotions import KINDS, SCOPES, Promotion, Step
from policy.validity import Period, period
from shop import fields
from shop.clock import SHANGHAI
from shop.models import PromotionRow

KIND = fields.word(
    *KINDS,
    **{
        "满减": "full_reduction",
        "第二件半价": "second_piece",
        "限时价": "limited_price",
        "预售": "presale",
        "满赠": "gift",
        "赠品": "gift",
    },
)
SCOPE = fields.word(*SCOPES, **{"全店": "shop", "店铺": "shop", "品类": "kind", "类目": "kind", "商品": "product"})
_COLUMNS = tuple(column.name for column in PromotionRow.__table__.columns)
_STEP = re.compile(r"满?\s*(\d+(?:\.\d{1,2})?)\s*(?:元|块)?\s*(?:减|[-:>\u2013])\s*(\d+(?:\.\d{1,2})?)\s*元?")


def steps(value: Any) -> list[dict[str, str]]:
    """The steps of a 满减, by amount: a list of {from, less} (yuan), or a cell "满200减20;满400减50"."""
    if isinstance(value, list):
        pairs = [
            (fields.money(one["from"]), fields.money(one["less"]))
            for one in value
            if isinstance(one, Mapping) and {"from", "less"} <= set(one)
        ]
        if len(pairs) != len(value):
            raise ValueError("each step has from and less")
    else:
        pairs = []
        for part in re.split(r"[;,、\n]+", unicodedata.normalize("NFKC", fields.clean(value))):
            found = _STEP.fullmatch(part.strip())
            if found is None:
                raise ValueError(f"{part.strip()!r} is no step")
            pairs.append((fields.money(found[1]), fields.money(found[2])))
    return [{"from": str(start), "less": str(off)} for start, off in sorted(pairs)]


def _bound(value: Any, key: str) -> datetime:
    """A moment, or a whole day: its first instant, for ``valid_to`` the first of the day after (``policy/validity.py``). In UTC."""
    day: object = None
    if isinstance(value, datetime):
        day = value.date() if value.tzinfo is None and value.time() == time() else None  # a spreadsheet's date
    elif isinstance(value, date):
        day = value
    elif re.fullmatch(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?", unicodedata.normalize("NFKC", fields.clean(value))):
        day = fields.day(value)
    moment = fields.instant(value) if day is None else day
    found = period({key: moment}, key)
    bound = found.begins if key == "valid_from" else found.ends
    assert bound is not None
    return bound.astimezone(UTC)


def begins(value: Any) -> datetime:
    """From when: a moment, or a day from its beginning (Asia/Shanghai)."""
    return _bound(value, "valid_from")


def ends(value: Any) -> datetime:
    """Until when: a moment (exclusive), or a day to its end (Asia/Shanghai)."""
    return _bound(value, "valid_to")


def of_values(key: str, values: Mapping[str, Any]) -> Promotion:
    """The promotion that checked values (or a row's columns) state."""
    return Promotion(
        promotion_id=key,
        name=values["name"],
        kind=values["kind"],
        period=_period(values["valid_from"], values["valid_to"]),
        scope=values["scope"],
        targets=tuple(values["targets"]),
        slot=values["slot"],
        group=values["exclusive_group"],
        with_promotions=values["with_promotions"],
        with_coupons=values["with_coupons"],
        discounted_goods=values["discounted_goods"],
        limit=values["limit_count"],
        steps=tuple(Step(Decimal(one["from"]), Decimal(one["less"])) for one in values["steps"]),
        every=values["every"],
        percent=values["percent"],
        price=values["price"],
        deposit=values["deposit"],
        deposit_worth=values["deposit_worth"],
        balance=_period(values["balance_from"], values["balance_to"]),
        ships_by=values["ships_by"],
        gift=values["gift"],
        threshold=values["threshold"],
        announced_from=values["announced_from"],
        spoken=tuple(values["spoken"]),
    )


def _period(start: datetime | None, stop: datetime | None) -> Period:
    return Period(start.astimezone(SHANGHAI) if start else None, stop.astimezone(SHANGHAI) if stop else None)


def of_row(row: PromotionRow) -> Promotion:
    """The promotion of a stored row."""
    return of_values(row.id, {name: getattr(row, name) for name in _COLUMNS if name not in ("shop_id", "id")})


def stored(session: Session, shop_id: str) -> list[Promotion]:
    """All promotions of a shop, by id, whenever they count."""
    rows = session.scalars(select(PromotionRow).where(PromotionRow.shop_id == shop_id).order_by(PromotionRow.id))
    return [of_row(row) for row in rows]


def clash(one: Promotion, others: Iterable[Promotion]) -> str | None:
    """Why a promotion cannot stand beside these: another of its slot counts at the same time; None when it can."""
    for other in others:
        if other.promotion_id == one.promotion_id or one.slot is None or other.slot != one.slot:
            continue
        if one.period.always and other.period.always:
            return f"{other.promotion_id} is the everyday one of slot {one.slot} already"
        if not one.period.always and not other.period.always and one.period.meets(other.period):
            return f"{other.promotion_id} of slot {one.slot} is valid at the same time"
    return None
