"""What a message may show beside its text, as the chat API sends it (``card`` of a message; discriminated by ``kind``).

The text of a message is complete without its card: a client that does not know a kind leaves it out. Values are of this shopper and
this moment: a card is stored with its message and not changed afterwards. No floor price, no cost, nothing of another shopper.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Card(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Button(_Card):
    """What the shopper may press: send ``choice`` back. ``title`` is short; what is said in the talk names the order too."""

    title: str
    choice: str


class ProductShown(_Card):
    """A product. ``price`` in yuan; ``image`` and ``link`` are http(s) addresses or paths of the gateway."""

    id: str
    name: str
    price: str
    image: str | None = None
    link: str | None = None


class OrderShown(_Card):
    """One order: ``state`` is the word's code, ``state_word`` the word. ``choose`` is there where the bot has asked which order."""

    id: str
    product: str
    variant: str
    image: str | None = None
    state: Literal["unpaid", "paid", "shipped", "received", "confirmed", "cancelled"]
    state_word: str
    paid: str
    ordered_on: date
    choose: Button | None = None
    actions: list[Button] = []


class OrdersCard(_Card):
    """The shopper's own orders to pick from."""

    kind: Literal["orders"] = "orders"
    orders: list[OrderShown]


class ProductCard(_Card):
    """The product that is spoken of."""

    kind: Literal["product"] = "product"
    product: ProductShown


class SizeColumn(_Card):
    """A measure of a size table with its unit."""

    key: str
    title: str
    unit: str


class SizeLine(_Card):
    """One size; ``cells`` in the order of the columns, "" where the chart says nothing."""

    size: str
    cells: list[str]


class SizesCard(_Card):
    """A product's size chart."""

    kind: Literal["sizes"] = "sizes"
    product: str
    columns: list[SizeColumn]
    rows: list[SizeLine]


class ScanShown(_Card):
    """A line of a parcel's journey. Pick-up codes are hidden."""

    at: datetime
    place: str
    text: str


class TimelineCard(_Card):
    """A parcel's journey, the newest scan first: that is where it is."""

    kind: Literal["timeline"] = "timeline"
    order_id: str
    product: str
    courier: str | None
    tracking: str | None
    state_word: str
    scans: list[ScanShown]


class StepShown(_Card):
    """A step of goods coming back; ``at``: when it was done."""

    title: str
    state: Literal["done", "current", "next"]
    at: datetime | None = None


class ProgressCard(_Card):
    """How far a return or exchange is. ``due_at``: when the next step is promised."""

    kind: Literal["progress"] = "progress"
    ticket: str
    product: str | None
    remedy_word: str | None
    steps: list[StepShown]
    due_at: datetime | None = None


Card = Annotated[OrdersCard | ProductCard | SizesCard | TimelineCard | ProgressCard, Field(discriminator="kind")]


class OrdersOut(BaseModel):
    """The orders of ``GET …/orders``: those of the signed-in shopper, or those an anonymous one has proved in this talk."""

    card: OrdersCard
    signed_in: bool
