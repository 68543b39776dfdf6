"""Bodies of the chat API v1, as OpenAPI shows them. Unknown members are refused, so that a misspelt one is noticed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.attachments import MOST_IN_MESSAGE
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


class NewRating(_In):
    """1 (bad) to 5 (good)."""

    score: int = Field(ge=1, le=5)
    comment: str | None = Field(None, max_length=1000)


class Button(BaseModel):
    """What the shopper may press: send ``choice`` back."""

    title: str
    choice: str


class AttachmentOut(BaseModel):
    """A file of a message; read it at ``…/attachments/{id}`` with the conversation's token."""

    id: str
    mime: str
    width: int | None = None
    height: int | None = None


class MessageOut(BaseModel):
    """A message. ``state`` of a shopper's own: received, answered or failed (kept, and can be tried again)."""

    id: str
    seq: int
    sender: Literal["shopper", "bot", "agent", "system"] = Field(alias="from")
    text: str
    buttons: list[Button]
    image: str | None
    card: dict[str, Any] | None
    at: datetime
    client_id: str | None
    state: Literal["received", "answered", "failed"] | None = None
    attachments: list[AttachmentOut] = []
    reply_to: str | None = None
    trace: dict[str, Any] | None = None


class Opened(BaseModel):
    """A new talk and the token that opens it."""

    id: str
    token: str


class Receipt(BaseModel):
    """The message is stored."""

    message: MessageOut


class Answered(BaseModel):
    """The turn is over. ``replies`` is empty when a person has the talk."""

    message: MessageOut
    replies: list[MessageOut]


class Page(BaseModel):
    """Messages in order; ``has_more`` in the direction asked for."""

    messages: list[MessageOut]
    has_more: bool


class ConversationOut(BaseModel):
    """A talk. ``waiting_place``: 1 is next; null unless it waits for a person."""

    id: str
    owner: Literal["bot", "queue", "agent", "closed"]
    waiting_place: int | None
    created_at: datetime
    last_seq: int


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
