"""Bodies of the desk's API."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gateway.attachments import MOST_IN_MESSAGE


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewAnswer(_Body):
    """An agent's words, files they uploaded (``attachment_ids``), or both.

    ``use`` and ``place``: of the suggestion they came from; ``confirmed``: sent though the wording check asks; ``scripts``: ids of the
    library's scripts among the words; ``picture``: ``use`` for the suggestion's picture, or the id of the script whose picture goes along.
    """

    client_id: UUID
    text: Annotated[str, Field(max_length=8_000)]
    use: Annotated[str, Field(max_length=64)] | None = None
    place: Annotated[int, Field(ge=0, le=9)] | None = None
    confirmed: bool = False
    scripts: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=10)] = []
    picture: Literal["use"] | None = None
    attachment_ids: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=MOST_IN_MESSAGE)] = []


class Give(_Body):
    """``to``: bot, queue, closed, or the id of a colleague."""

    to: Annotated[str, Field(max_length=64)]
    note: Annotated[str, Field(max_length=2_000)] | None = None


class Ask(_Body):
    """For which message (the shopper's newest when left out), and how many."""

    message_id: Annotated[str, Field(max_length=64)] | None = None
    most: Annotated[int, Field(ge=1, le=4)] = 4


class NewNote(_Body):
    """An internal note."""

    text: Annotated[str, Field(max_length=4_000)]


class Pasted(_Body):
    """What a shopper wrote in somebody else's chat, and the number of their order if it is known."""

    text: Annotated[str, Field(max_length=8_000)]
    order_id: Annotated[str, Field(max_length=128)] | None = None
    most: Annotated[int, Field(ge=1, le=4)] = 4


class CompanionOut(BaseModel):
    """Replies to copy. ``order``: what was asked about; ``mentioned``: orders that the words name; ``reason`` says why there is none."""

    order: dict[str, Any] | None
    mentioned: list[dict[str, Any]]
    reason: str | None
    took_ms: int
    suggestions: list[dict[str, Any]]


class TalkOut(BaseModel):
    """A talk in a box. ``waiting_since``: the shopper's oldest message that nobody has answered; ``staff``: number of who has it;
    ``viewers``: who of the staff has it open now; ``unread``: messages that nobody of the shop has seen."""

    id: str
    owner: str
    customer_id: str | None
    customer: str | None
    product_id: str | None
    last_text: str
    last_from: str
    last_at: str
    waiting_since: str | None
    intent: str | None
    unread: int
    last_seq: int
    staff: str | None
    viewers: list[dict[str, str]]


class BoxOut(BaseModel):
    """The talks of a box, whether there are more than these, and the clock they were read by."""

    talks: list[TalkOut]
    more: bool
    now: str


class WantedOut(BaseModel):
    """How many talks wait, and how many of one's own have something that nobody has seen."""

    waiting: int
    unread: int


class InboxOut(BaseModel):
    """One's own talks and those that wait, how many each box has, one's load and capacity, and the clock they were read by."""

    mine: list[TalkOut]
    waiting: list[TalkOut]
    counts: dict[str, int]
    load: int
    capacity: int
    now: str


class ViewOut(BaseModel):
    """A talk with its messages (staff's view), notes and what staff did in it.

    ``here``: whether the shopper would see a message now; ``read``: how far either side has read; ``hand_over``: the last one that has
    a summary; ``blocked``: the block of this shopper; ``recall_seconds``: how long an agent's message can be taken back.
    """

    id: str
    owner: str
    staff: str | None
    customer_id: str | None
    customer: str | None
    product_id: str | None
    created_at: str
    messages: list[dict[str, Any]]
    has_more: bool
    notes: list[dict[str, Any]]
    deeds: list[dict[str, Any]]
    last_seq: int
    read: dict[str, int]
    here: bool
    blocked: dict[str, Any] | None
    hand_over: dict[str, Any] | None
    recall_seconds: int


class OfferOut(BaseModel):
    """Suggested replies; ``use`` counts them; ``reason`` (down, slow, refused, nothing) says why there are none.

    ``mood``: of the shopper at that message: calm, annoyed or angry.
    """

    mood: str
    message_id: str
    use: str | None
    reason: str | None
    took_ms: int
    suggestions: list[dict[str, Any]]


class SentOut(BaseModel):
    """An agent's message as stored, and what became of the suggestion: sent, edited, or None."""

    message: dict[str, Any]
    outcome: str | None
