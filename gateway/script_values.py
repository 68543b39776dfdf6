"""What the {values} of a script become in a talk: from the shop, its shopper, the order it is about, their open ticket, the agent.

Names and labels are data (policy/wordlists/scripts.yml). A value that nobody knows stays in its braces, under the label an agent reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gateway.proactive_values import known, money
from gateway.store import Store
from gateway.talks import Talk
from policy import logistics
from policy.facts import OrderFacts
from policy.words import word, words
from shop.catalogue import ShopRepository
from shop.clock import Clock, local_day
from shop.proofs import Proofs
from shop.script_search import VALUE
from shop.tickets import Tickets
from shop.workdays import speak_date, speak_time

# So far back a talk is searched for the order it is about.
LOOKED_AT = 30
_NUMBER = re.compile(r"\d{8,24}")
_TITLE = re.compile(r"(先生|女士|小姐|太太|老师|阿姨|叔叔)$")
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "端木", "独孤", "南宫", "百里")


@dataclass(frozen=True)
class Known:
    """The values of a moment, and which order they are about."""

    values: Mapping[str, str]
    order_id: str | None


@lru_cache(maxsize=1)
def names() -> dict[str, str]:
    """Every way to write a value → its name: the name itself, its label, what other desks call it."""
    found: dict[str, str] = {}
    for name, entry in words()["script_values"].items():
        for written in (name, entry["label"], *entry["also"]):
            if found.setdefault(str(written).casefold(), name) != name:
                raise ValueError(f"scripts.yml: {written!r} stands for {found[str(written).casefold()]} and {name}")
    return found


def label(written: str) -> str:
    """What an agent reads for a value, whatever it is called."""
    name = names().get(written.casefold())
    return str(words()["script_values"][name]["label"]) if name else written


def needed(texts: Iterable[str]) -> set[str]:
    """The values that texts name."""
    return {names().get(written.casefold(), written) for text in texts for written in VALUE.findall(text)}


def plainly(text: str) -> str:
    """A text with its values under their own names, as the wording check knows them."""
    return VALUE.sub(lambda found: f"{{{names().get(found[1].casefold(), found[1])}}}", text)


def fill(text: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with what is known filled in, and the labels of what is missing, which stay as {label}."""
    missing: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        value = values.get(names().get(found[1].casefold(), found[1]))
        if value:
            return value
        missing[label(found[1])] = None
        return f"{{{label(found[1])}}}"

    return VALUE.sub(put, text), list(missing)


def listed() -> list[dict[str, Any]]:
    """What a script may name, for who writes one: name, label, where it comes from (None: by hand), an example."""
    return [
        {"name": name, "label": entry["label"], "source": entry.get("source"), "example": entry.get("example")}
        for name, entry in words()["script_values"].items()
    ]


class ScriptValues:
    """Reads the values of one shop's talks. Synchronous: for a thread."""

    def __init__(self, shop: ShopRepository, store: Store, proofs: Proofs, tickets: Tickets, clock: Clock) -> None:
        self._shop = shop
        self._store = store
        self._proofs = proofs
        self._tickets = tickets
        self._clock = clock

    def of(self, talk: Talk | None, wanted: Iterable[str], *, order_id: str | None = None, number: str | None = None) -> Known:
        """The values for a talk, as far as ``wanted`` names them.

        ``order_id``: of an order of this shopper (without a talk: of the shop) that is meant; else the one the talk is about.
        ``number``: the agent's. Nothing is read that no script asked for.
        """
        sources = {words()["script_values"].get(name, {}).get("source") for name in wanted}
        values: dict[str, str] = {}
        order: OrderFacts | None = None
        if "shop" in sources:
            values |= self._of_shop()
        if sources & {"order", "ticket"}:
            order = self._order(talk, order_id)
        if order is not None:
            values |= self._of_order(order)
        if "shopper" in sources and talk is not None and talk.customer_id is not None:
            customer = self._shop.customer(talk.customer_id)
            values |= of_name(customer.name if customer is not None else None)
        if "ticket" in sources:
            values |= self._of_ticket(talk, order)
        if number:
            values["agent_no"] = number
        return Known(values, order.order_id if order is not None else None)

    def _order(self, talk: Talk | None, order_id: str | None) -> OrderFacts | None:
        if talk is None:
            return self._shop.order(order_id) if order_id else None
        orders = self._orders(talk)
        if order_id is not None:
            return next((one for one in orders if one.order_id == order_id), None)
        return self._meant(talk, orders) if orders else None

    def _orders(self, talk: Talk) -> list[OrderFacts]:
        """What the talk's shopper has: their own, or what this talk has proved; newest first."""
        if talk.customer_id is not None:
            return self._shop.orders_of(talk.customer_id)
        proved = (self._shop.order(one) for one in sorted(self._proofs.proved(talk.id)))
        return sorted((one for one in proved if one is not None), key=lambda one: one.ordered_at, reverse=True)

    def _meant(self, talk: Talk, orders: Sequence[OrderFacts]) -> OrderFacts:
        """The one named last in the talk, else of the product it was opened at, else the newest that is not over, else the newest."""
        if len(orders) == 1:
            return orders[0]
        numbers = {one.order_id: one for one in orders}
        messages, _ = self._store.messages(talk.id, limit=LOOKED_AT)
        for message in reversed(messages):
            for written in reversed(_NUMBER.findall(f"{message.text or ''} {message.payload or ''}")):
                if written in numbers:
                    return numbers[written]
        newest = sorted(orders, key=lambda one: one.ordered_at, reverse=True)
        of_product = (one for one in newest if one.product.product_id == talk.product_id)
        return next(of_product, None) or next((one for one in newest if one.state not in ("confirmed", "cancelled")), newest[0])

    def _of_shop(self) -> dict[str, str]:
        facts = self._shop.shop()
        back = facts.return_address
        return known(
            {
                "shop": facts.name,
                "open_hours": facts.opening_hours,
                "return_receiver": back.get("receiver"),
                "return_phone": back.get("phone"),
                "return_address": back.get("address"),
            }
        )

    def _of_order(self, order: OrderFacts) -> dict[str, str]:
        now = self._clock.now()
        today = local_day(now)
        courier = next((one for one in self._shop.shop().couriers if one.courier_id == order.courier_id), None)
        last = logistics.last_scan(order)
        moments = {"ordered_on": order.ordered_at, "shipped_on": order.shipped_at, "signed_on": order.signed_at}
        # A day that is over is no plan any more.
        plans = {"ship_on": order.ship_by or order.ship_on, "restock_on": order.restock_on}
        return known(
            {
                "order_id": order.order_id,
                "product": order.product.name,
                "variant": order.variant,
                "price": money(order.product.price),
                "paid": money(order.paid) if order.state != "unpaid" else None,
                "postage": money(order.postage),
                "state": word("states", order.state),
                "courier": courier.name if courier else None,
                "courier_phone": courier.pickup_phone if courier else None,
                "tracking": order.tracking,
                "last_scan": f"{speak_time(last.at, now)} {last.place} {last.text}" if last else None,
                **{name: speak_date(local_day(at), today) if at else None for name, at in moments.items()},
                **{name: speak_date(day, today) if day and day >= today else None for name, day in plans.items()},
            }
        )

    def _of_ticket(self, talk: Talk | None, order: OrderFacts | None) -> dict[str, str]:
        found = self._tickets.of_conversation(talk.id) if talk is not None else []
        if not found and order is not None:
            found = self._tickets.of_order(order.order_id)
        still = [one for one in found if one.state != "closed"]
        newest = max(still, key=lambda one: one.created_at, default=None)
        return {"ticket": newest.id} if newest is not None else {}


def of_name(name: str | None) -> dict[str, str]:
    """How a shopper is addressed, as far as their name tells: 冯女士 → name, surname, honorific; a full name gives no 先生 or 女士."""
    if not name:
        return {}
    title = _TITLE.search(name)
    bare = name[: title.start()] if title else name
    if not re.fullmatch(r"[\u3400-\u9fff]{1,4}", bare):
        return {}
    surname = bare[:2] if bare.startswith(_COMPOUND) else bare[0]
    if title is None:
        return {"surname": surname}
    return {"name": f"{surname}{title[1]}", "surname": surname, "honorific": title[1]}
