"""Cards: what is drawn beside an answer. An answer says only what it is about; whose it is, is decided here, from the talk.

A card of something that this talk may not see, or that is not there, is left out without a word: the text is complete without it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from gateway.card_schemas import (
    Button,
    OrdersCard,
    OrderShown,
    ProductCard,
    ProductShown,
    ProgressCard,
    ScanShown,
    SizeColumn,
    SizeLine,
    SizesCard,
    StepShown,
    TimelineCard,
)
from gateway.talks import Offer, Talk
from policy import sizing
from policy.facts import OrderFacts, ProductFacts
from policy.not_received import hidden
from policy.words import fmt, word, words
from shop.catalogue import ShopRepository
from shop.clock import local_day
from shop.proofs import Proofs
from shop.return_records import FINISHED, STAMPS, STEPS, Return, return_of
from shop.tickets import Tickets

log = logging.getLogger(__name__)

MOST_ORDERS = 20
MOST_SCANS = 30
# An order's number in the payload of a button: such a button chooses an order.
ORDER = "order_number"
# What somebody without an account may do with an order they have proved (decisions.md 5: read its state).
READ_ONLY = ("track_parcel",)


@dataclass(frozen=True)
class Made:
    """A card as it is stored and sent, and the choices that stand on it."""

    card: dict[str, Any]
    offers: tuple[Offer, ...] = ()


class Cards:
    """Makes the cards of one shop. Synchronous: for a thread."""

    def __init__(self, shop: ShopRepository) -> None:
        self._shop = shop
        where = (shop.engine, shop.shop_id, shop.clock)
        self._proofs = Proofs(*where)
        self._tickets = Tickets(*where)

    def of_reply(self, talk: Talk, show: object, buttons: Sequence[tuple[str, str]]) -> Made | None:
        """The card of a reply: of what it says it shows, else of the orders among its ``buttons`` (title, payload)."""
        try:
            if isinstance(show, Mapping):
                make = self._makers().get(str(show.get("kind")))
                return make(talk, str(show.get("id"))) if make else None
            chosen = {number: (title, payload) for title, payload in buttons if (number := _order_of(payload))}
            return self._choice(talk, chosen) if chosen else None
        except ValidationError:
            log.exception("a card of talk %s is not as the API says and is left out", talk.id)
            return None

    def product(self, product_id: str | None) -> Made | None:
        """The card of a product of the catalogue; None for another id."""
        product = self._shop.product(product_id) if product_id else None
        if product is None:
            return None
        look = self._shop.looks([product.product_id]).get(product.product_id, (None, None))
        shown = ProductShown(id=product.product_id, name=product.name, price=yuan(product.price), image=safe(look[0]), link=safe(look[1]))
        return _made(ProductCard(product=shown))

    def orders(self, talk: Talk) -> Made:
        """All orders that this talk may see, newest first, with what can be done with each."""
        return self._orders(talk, self.visible(talk)[:MOST_ORDERS], {})

    def order(self, order: OrderFacts) -> Made:
        """One order as an agent shows it: without buttons, which the bot would answer and not the agent."""
        look = self._shop.looks([order.product.product_id]).get(order.product.product_id, (None, None))
        return _made(OrdersCard(orders=[_shown(order, look[0])]))

    def _makers(self) -> dict[str, Callable[[Talk, str], Made | None]]:
        return {
            "product": lambda _, product_id: self.product(product_id),
            "sizes": lambda _, product_id: self._sizes(product_id),
            "timeline": self._timeline,
            "progress": self._progress,
        }

    def visible(self, talk: Talk) -> list[OrderFacts]:
        """The orders of the signed-in shopper, else those proved in this talk; newest first."""
        if talk.customer_id is not None:
            return self._shop.orders_of(talk.customer_id)
        proved = (self._shop.order(order_id) for order_id in sorted(self._proofs.proved(talk.id)))
        return sorted((order for order in proved if order is not None), key=lambda order: order.ordered_at, reverse=True)

    def _order(self, talk: Talk, order_id: str) -> OrderFacts | None:
        return next((order for order in self.visible(talk) if order.order_id == order_id), None)

    def _choice(self, talk: Talk, chosen: Mapping[str, tuple[str, str]]) -> Made | None:
        """Orders to choose from, in the order of the buttons; None unless every one may be seen (else the buttons stay buttons)."""
        mine = {order.order_id: order for order in self.visible(talk)}
        if not all(number in mine for number in chosen):
            return None
        return self._orders(talk, [mine[number] for number in chosen], chosen)

    def _orders(self, talk: Talk, orders: Sequence[OrderFacts], chosen: Mapping[str, tuple[str, str]]) -> Made:
        looks = self._shop.looks({order.product.product_id for order in orders})
        offers: list[Offer] = []

        def button(title: str, said: str, payload: str) -> Button:
            offer = Offer(choice_id(talk, said, payload), said, payload)
            offers.append(offer)
            return Button(title=title, choice=offer.id)

        shown = []
        for order in orders:
            own = chosen.get(order.order_id)
            plain = _shown(order, looks.get(order.product.product_id, (None, None))[0])
            choose = button(own[0], *own) if own else None
            actions = [] if own else [button(*each) for each in self._actions(talk, order)]
            shown.append(plain.model_copy(update={"choose": choose, "actions": actions}))
        return _made(OrdersCard(orders=shown), offers)

    def _actions(self, talk: Talk, order: OrderFacts) -> Iterable[tuple[str, str, str]]:
        """(button, what it says in the talk, payload) for what can be done with an order now."""
        state = "returning" if talk.customer_id is not None and self._open_return(order.order_id) else order.state
        title = fmt("order_title", product=order.product.name, tail=order.order_id[-4:])
        for action in words()["order_actions"].get(state, ()):
            if talk.customer_id is not None or action["intent"] in READ_ONLY:
                payload = f"/{action['intent']}{json.dumps({ORDER: order.order_id})}"
                yield action["title"], fmt("card_choice", action=action["title"], title=title), payload

    def _open_return(self, order_id: str) -> bool:
        found = (self._return(ticket.id) for ticket in self._tickets.of_order(order_id) if ticket.state != "closed")
        return any(goods is not None and goods.step not in FINISHED for goods in found)

    def _return(self, ticket_id: str) -> Return | None:
        return return_of(self._shop.engine, self._shop.shop_id, ticket_id)

    def _sizes(self, product_id: str) -> Made | None:
        product = self._shop.product(product_id)
        return _made(size_table(product)) if product is not None and product.size_chart else None

    def _timeline(self, talk: Talk, order_id: str) -> Made | None:
        order = self._order(talk, order_id)
        if order is None or not order.scans:
            return None
        courier = next((each.name for each in self._shop.shop().couriers if each.courier_id == order.courier_id), None)
        newest = sorted(order.scans, key=lambda scan: scan.at, reverse=True)[:MOST_SCANS]
        scans = [ScanShown(at=scan.at, place=scan.place, text=hidden(scan.text)) for scan in newest]
        state = word("states", order.state) or order.state
        card = TimelineCard(
            order_id=order.order_id, product=order.product.name, courier=courier, tracking=order.tracking, state_word=state, scans=scans
        )
        return _made(card)

    def _progress(self, talk: Talk, ticket_id: str) -> Made | None:
        ticket, goods = self._tickets.get(ticket_id), self._return(ticket_id)
        if ticket is None or goods is None:
            return None
        if talk.customer_id is None or ticket.customer_id != talk.customer_id:
            return None  # a return is read by who is signed in
        order = self._order(talk, goods.order_id) if goods.order_id else None
        finished = goods.step in FINISHED
        card = ProgressCard(
            ticket=ticket.id,
            product=order.product.name if order else None,
            remedy_word=word("remedies", goods.remedy),
            steps=steps_of(goods),
            due_at=None if finished else goods.due_at,
        )
        return _made(card)


def _shown(order: OrderFacts, image: str | None) -> OrderShown:
    return OrderShown(
        id=order.order_id,
        product=order.product.name,
        variant=order.variant,
        image=safe(image),
        state=order.state,  # type: ignore[arg-type]  # checked by the model
        state_word=word("states", order.state) or order.state,
        paid=yuan(order.paid),
        ordered_on=local_day(order.ordered_at),
    )


def steps_of(goods: Return) -> list[StepShown]:
    """The steps of a return: done ones with their time, the one that is waited for now, the coming ones.

    A step reached out of turn (a refusal, a refund without inspection) leaves out the ones that did not happen.
    """
    last = "re_sent" if goods.remedy in ("exchange", "repair_return") else "refunded"
    path = [*STEPS[:4], goods.step if goods.step in FINISHED else last]
    at = path.index(goods.step)
    steps = []
    for place, step in enumerate(path):
        done = getattr(goods, STAMPS[step]) if place <= at else None
        if place <= at and done is None:
            continue
        state = "done" if place <= at else "current" if place == at + 1 else "next"
        steps.append(StepShown(title=word("return_steps", step) or step, state=state, at=done))  # type: ignore[arg-type]
    return steps


def size_table(product: ProductFacts) -> SizesCard:
    """A product's chart: a column for each measure that some size has, persons' first."""
    names = [
        name
        for name in (*sizing.PERSON, *sizing.DIFFERENCES)
        if any(name in row.ranges or name in row.measures for row in product.size_chart)
    ]
    columns = [SizeColumn(key=name, title=title, unit=unit) for name in names for title, unit in [sizing.measure_name(name)]]
    rows = []
    for row in product.size_chart:
        cells = []
        for name in names:
            if name in row.ranges:
                low, high = row.ranges[name]
                cells.append(f"{low:g}" if low == high else f"{low:g}–{high:g}")
            else:
                cells.append(f"{row.measures[name]:g}" if name in row.measures else "")
        rows.append(SizeLine(size=row.size, cells=cells))
    return SizesCard(product=product.name, columns=columns, rows=rows)


def safe(address: str | None) -> str | None:
    """An address that a page may load or link: http(s), or a path of the gateway; None for any other."""
    if not address:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme in ("http", "https") and parts.netloc:
        return address
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.scheme else None


def yuan(amount: Decimal) -> str:
    """A sum as people write it: 168, 67.5."""
    return f"{amount.normalize():f}"


def choice_id(talk: Talk, said: str, payload: str) -> str:
    """The same button of a talk has the same id, so that a list that is opened often adds nothing; nobody else can know it."""
    return "k" + hashlib.sha256(f"{talk.token_hash}\0{talk.id}\0{said}\0{payload}".encode()).hexdigest()[:31]


def _order_of(payload: str) -> str | None:
    start = payload.find("{")
    if not payload.startswith("/") or start < 0:
        return None
    try:
        number = json.loads(payload[start:]).get(ORDER)
    except (ValueError, AttributeError):
        return None
    return number if isinstance(number, str) else None


def _made(card: BaseModel, offers: Sequence[Offer] = ()) -> Made:
    return Made(card.model_dump(mode="json"), tuple(offers))
