"""A promotion's own words: its rule, its goods, from when and until when, ready to speak (policy/wordlists/promotions.yml)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from actions.turn import Turn
from actions.values import listed, money
from policy.promotions import Promotion
from policy.validity import SHANGHAI
from policy.words import fmt, words
from shop.workdays import speak_date, speak_time

NAMED_GOODS = 3


def begin_of(begins: datetime, turn: Turn) -> str:
    """A beginning as it is said: a midnight is that day."""
    local = begins.astimezone(SHANGHAI)
    return speak_date(local.date()) if local.time() == time() else speak_time(begins, turn.now)


def end_of(ends: datetime, turn: Turn) -> str:
    """An end as it is said: a midnight is the end of the day before it."""
    local = ends.astimezone(SHANGHAI)
    return speak_date((local - timedelta(days=1)).date()) if local.time() == time() else speak_time(ends, turn.now)


def rule_of(promotion: Promotion) -> str:
    """What it takes off or gives, and how often: 满200减20，满400减50."""
    limit = promotion.limit
    parts: list[str] = []
    if promotion.kind == "full_reduction":
        form = "rule_every" if promotion.every else "rule_step"
        parts = [fmt(form, start=money(one.from_), off=money(one.off)) for one in promotion.steps]
        parts += [fmt("rule_times", n=limit)] if limit and promotion.every else []
    elif promotion.kind == "second_piece":
        form = {50: "rule_half", 100: "rule_free"}.get(promotion.percent, "rule_second")
        parts = [fmt(form, percent=promotion.percent), *([fmt("rule_pieces", n=limit)] if limit else [])]
    elif promotion.kind == "limited_price":
        parts = [fmt("rule_price", price=money(promotion.price)), *([fmt("rule_limit", n=limit)] if limit else [])]
    elif promotion.kind == "gift":
        form = "rule_gift_any" if promotion.threshold <= 0 else "rule_gift_every" if promotion.every else "rule_gift"
        parts = [fmt(form, start=money(promotion.threshold), gift=promotion.gift)]
    else:
        worth = promotion.deposit_worth or promotion.deposit
        parts = [fmt("rule_presale_price", price=money(promotion.price))] if promotion.price is not None else []
        parts += [fmt("rule_presale", deposit=money(promotion.deposit), worth=money(worth))]
        parts += [fmt("rule_limit", n=limit)] if limit else []
    return fmt("clause_mark").join(parts)


def goods_of(turn: Turn, promotion: Promotion) -> str:
    """Its goods in words."""
    if promotion.scope == "product":
        names = [found.name for one in promotion.targets if (found := turn.repo.product(one)) is not None]
        return listed(names[:NAMED_GOODS])
    if promotion.scope == "kind":
        goods = fmt("goods_kinds", kinds=listed([str(words()["kinds"][one]) for one in promotion.targets]))
    else:
        goods = fmt("goods_shop")
    return goods if promotion.discounted_goods else fmt("goods_discounted", goods=goods)


def balance_dates(turn: Turn, promotion: Promotion) -> dict[str, str]:
    """balance_from and balance_to of a presale."""
    dates: dict[str, str] = {}
    if promotion.balance.begins is not None:
        dates["balance_from"] = begin_of(promotion.balance.begins, turn)
    if promotion.balance.ends is not None:
        dates["balance_to"] = end_of(promotion.balance.ends, turn)
    return dates


def terms(turn: Turn, promotion: Promotion) -> dict[str, Any]:
    """promotion, promotion_rule, goods, begins, until, balance_from, balance_to, ship_by; what is not set is absent."""
    values: dict[str, Any] = {"promotion": promotion.name, "promotion_rule": rule_of(promotion), "goods": goods_of(turn, promotion)}
    if promotion.period.begins is not None:
        values["begins"] = begin_of(promotion.period.begins, turn)
    if promotion.period.ends is not None:
        values["until"] = end_of(promotion.period.ends, turn)
    if promotion.ships_by is not None:
        values["ship_by"] = begin_of(promotion.ships_by, turn)
    return {**values, **balance_dates(turn, promotion)}


def line_of(turn: Turn, promotion: Promotion) -> str:
    """One line of a list of promotions."""
    told = terms(turn, promotion)
    form = "line_promotion" if "until" in told else "line_promotion_open"
    values = {"promotion": told["promotion"], "rule": told["promotion_rule"], "goods": told["goods"], "until": told.get("until")}
    return fmt(form, **values)
