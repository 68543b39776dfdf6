"""Bodies of the side panel's API."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Reason = Annotated[str, Field(max_length=500)]
Id = Annotated[str, Field(max_length=64)]
Yuan = Annotated[Decimal, Field(gt=0, le=1_000_000, max_digits=9, decimal_places=2)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewTicket(_Body):
    """A matter to be written down. ``kind``: one of ``kinds`` of the side; ``tell``: the shopper hears its number and the promised time."""

    kind: Annotated[str, Field(max_length=32)]
    text: Reason
    order_id: Id | None = None
    tell: bool = True


class TicketMove(_Body):
    """What happens to a ticket. ``why``: the reason, or how it was solved; ``outcome`` of a solved one: done, stopped, not_stopped,
    failed; ``waits_for``: courier, warehouse, finance, supervisor, shopper; ``to``: whose it is now (else the one who asks)."""

    event: Literal["assign", "wait", "result", "suspend", "resume", "solve", "confirm", "withdraw", "reopen"]
    why: Reason | None = None
    resume_on: date | None = None
    waits_for: Annotated[str, Field(max_length=32)] | None = None
    outcome: Annotated[str, Field(max_length=32)] | None = None
    to: Id | None = None
    version: int | None = None
    tell: bool = True
    confirmed: bool = False


class NewApproval(_Body):
    """A question to a supervisor. ``kind``: one of ``approval_kinds`` of the side; ``amount`` in yuan, None when no sum is at stake."""

    kind: Annotated[str, Field(max_length=32)]
    amount: Yuan | None = None
    reason: Reason
    order_id: Id | None = None
    tell: bool = True


class Decision(_Body):
    """Granted or refused; a refusal has its ``reason``, which the shopper hears. ``version``: the one that was read."""

    decision: Literal["grant", "refuse"]
    reason: Reason | None = None
    version: int | None = None
    tell: bool = True
    confirmed: bool = False


class Extension(_Body):
    """More days before an order confirms itself. ``done``: it was done in the shop's own system; else colleagues are asked to.

    ``so_far``: ``extended_days`` of the order as it was read; sent twice by a bad line, it extends once.
    """

    days: Annotated[int, Field(ge=1, le=30)]
    done: bool
    so_far: Annotated[int, Field(ge=0)] | None = None
    tell: bool = True


class NewFlag(_Body):
    """A flag and note on an order; ``version``: the one that was read (0: none)."""

    flag: Literal["none", "red", "yellow", "green", "blue", "purple"]
    note: Annotated[str, Field(max_length=2_000)] = ""
    version: int | None = None


class NewCard(_Body):
    """Which card: of an order or its parcel (``id``: the order's), or of a return's progress (``id``: the ticket's)."""

    kind: Literal["order", "timeline", "progress"]
    id: Id


class NewCoupon(_Body):
    """Which coupon for which product; ``reason`` asks a supervisor where the member may not give it alone."""

    code: Id
    product_id: Id
    reason: Reason | None = None


class NewFollowUp(_Body):
    """When to come back to a talk, and why."""

    due_at: AwareDatetime
    note: Annotated[str, Field(max_length=2_000)] = ""


class SideOut(BaseModel):
    """What stands beside a talk: the shopper's orders, tickets, coupons and earlier talks.

    ``now`` is the server's; the kinds are those of tickets and approvals with their words.
    """

    customer: dict[str, Any] | None
    signed_in: bool
    product: dict[str, Any] | None
    orders: list[dict[str, Any]]
    tickets: list[dict[str, Any]]
    coupons: list[dict[str, Any]]
    follow_ups: list[dict[str, Any]]
    talks: list[dict[str, Any]]
    now: datetime
    kinds: dict[str, str]
    approval_kinds: dict[str, str]


class DoneOut(BaseModel):
    """What a deed came to: the id of its ticket or approval, its state, and whether the shopper was told (``message``: in which words)."""

    id: str
    state: str
    message: str | None


class FlagsOut(BaseModel):
    """The flags of an order, newest first."""

    flags: list[dict[str, Any]]


class FollowUpsOut(BaseModel):
    """One's own open follow-ups, the earliest first."""

    follow_ups: list[dict[str, Any]]
    now: datetime


class ApprovalsOut(BaseModel):
    """The approvals that one may see, the earliest promised first (decided ones: newest first)."""

    approvals: list[dict[str, Any]]
    now: datetime
