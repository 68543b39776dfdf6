"""Bodies of the chat API v1, as OpenAPI shows them. Unknown members are refused, so that a misspelt one is noticed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.attachments import MOST_IN_MESSAGE
from gateway.card_schemas import Button, Card
from gateway.talks import LONGEST_TEXT

ProductId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewConversation(_In):
    """Open a talk. ``identity``: the JWT of the shop's page; ``product_id``: the product the shopper is looking at."""

    identity: str | None = Field(None, max_length=4096)
    product_id: ProductId | None = None


class NewMessage(_In):
    """A text, or the ``choice`` of a button, or ``attachment_ids`` (with or without a text)."""

    client_id: UUID
    text: str | None = Field(None, max_length=LONGEST_TEXT * 4)
    choice: str | None = Field(None, max_length=64)
    attachment_ids: list[Annotated[str, StringConstraints(max_length=64)]] = Field([], max_length=MOST_IN_MESSAGE)
    product_id: ProductId | None = None
    quote: int | None = Field(None, ge=1, description="seq of the message of this talk that the new one is about")


class Marketing(_In):
    """Whether the shopper wants marketing. Service notices (orders, parcels, tickets) are no marketing."""

    wanted: bool


class ReadUpTo(_In):
    """The shopper has read up to this message."""

    seq: int = Field(ge=1, lt=2**62)


class NewRating(_In):
    """1 (bad) to 5 (good)."""

    score: int = Field(ge=1, le=5)
    comment: str | None = Field(None, max_length=1000)


class PeopleOut(BaseModel):
    """When people answer. ``hours`` is local time of the shop, like 10:00-24:00; ``opens_at`` only while nobody is there."""

    open: bool
    hours: str
    opens_at: datetime | None


class PrivacyOut(BaseModel):
    """The shop's own privacy line. ``ask``: the shopper agrees to it before a talk is opened, instead of only seeing it."""

    text: str | None
    link: str | None
    ask: bool


class WidgetOut(BaseModel):
    """What the window shows of its shop. ``color``: a CSS colour, unless the page names one."""

    shop: str
    name: str
    people: PeopleOut
    privacy: PrivacyOut
    color: str | None


class Quote(BaseModel):
    """A quoted message: its seq, who said it, and its words at the time, at most 120 characters."""

    seq: int
    sender: Literal["shopper", "bot", "agent", "system"] = Field(alias="from")
    text: str


class AttachmentOut(BaseModel):
    """A file of a message; read it at ``…/attachments/{id}`` with the conversation's token."""

    id: str
    mime: str
    width: int | None = None
    height: int | None = None


class MessageOut(BaseModel):
    """A message. ``state`` of a shopper's own: received, answered or failed (kept, and can be tried again).

    Of an agent's message that was taken back: recalled; its words and files are gone. ``staff``: the number of the agent who wrote it.
    """

    id: str
    seq: int
    sender: Literal["shopper", "bot", "agent", "system"] = Field(alias="from")
    text: str
    buttons: list[Button]
    image: str | None
    card: Card | None
    at: datetime
    client_id: str | None
    state: Literal["received", "answered", "failed", "recalled"] | None = None
    attachments: list[AttachmentOut] = []
    reply_to: str | None = None
    staff: str | None = None
    quote: Quote | None = None
    urgent: bool = Field(False, description="show it at once: danger, a hand-over, an error")
    trace: dict[str, Any] | None = None


class ReadPositions(BaseModel):
    """Seqs of the newest messages that bot or agent, and that the shopper has read; 0: none."""

    shop: int
    shopper: int


class Standing(BaseModel):
    """How a talk stands. ``waiting_place``: 1 is next; ``failed``: seqs of the newest messages that got no answer;
    ``tag`` changes with anything of this: hand it back as ``state`` with ``wait``."""

    owner: Literal["bot", "queue", "agent", "closed"]
    staff: str | None
    waiting_place: int | None
    rating_due: bool
    last_seq: int
    typing: bool
    read: ReadPositions
    failed: list[int]
    tag: str


class Opened(BaseModel):
    """A new talk, the token that opens it, and its first messages: one round trip until something can be read."""

    id: str
    token: str
    messages: list[MessageOut]
    has_more: bool
    talk: Standing


class Receipt(BaseModel):
    """The message is stored."""

    message: MessageOut


class Answered(BaseModel):
    """The turn is over. ``replies`` is empty when a person has the talk."""

    message: MessageOut
    replies: list[MessageOut]


class Page(BaseModel):
    """Messages in order; ``has_more`` in the direction asked for. ``talk``: only with ``wait``."""

    messages: list[MessageOut]
    has_more: bool
    talk: Standing | None = None


class ConversationOut(BaseModel):
    """A talk. ``waiting_place``: 1 is next; null unless it waits for a person. ``staff``: the number of the agent who has it.

    ``rating_due``: the matter is settled and nobody has asked for a rating yet.
    """

    id: str
    owner: Literal["bot", "queue", "agent", "closed"]
    staff: str | None = None
    waiting_place: int | None
    created_at: datetime
    last_seq: int
    rating_due: bool = False


class ErasureOut(BaseModel):
    """The receipt of an erasure. ``engine``: pending when the engine is down; it is asked again until it is done."""

    receipt: str
    erased_at: datetime
    erased: dict[str, int]
    engine: Literal["done", "pending"]
    kept: list[str]


class ProblemOut(BaseModel):
    """``application/problem+json``."""

    type: str
    title: str
    status: int
    detail: str
