"""What a shopper is told after an agent's deed: reviewed responses only, put into the talk, published, told to the engine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine

from gateway.desk_store import DeskStore
from gateway.drafts import finding_out
from gateway.events import Hub
from gateway.problems import Problem
from gateway.store import NoSuchTalk
from gateway.talks import Draft, Offer, StoredMessage, Talk
from gateway.threads import in_thread
from gateway.wording import Wording
from policy.wording import blocks, check
from shop.db import writing
from shop.staff import LEADS, Member

log = logging.getLogger(__name__)

OPENED = "utter_tickets_desk_opened"
CLOSED = "utter_tickets_desk_closed"
WITHDRAWN = "utter_tickets_left_closed"
SUSPENDED = "utter_tickets_desk_suspended"
REOPENED = "utter_tickets_reopened"
ASKED = "utter_tickets_approval_asked"
GRANTED = "utter_tickets_approval_granted"
REFUSED = "utter_tickets_approval_refused"
EXTENDED = "utter_tickets_receipt_extended"
EXTENSION_ASKED = "utter_tickets_receipt_asked"
COUPON = "utter_tickets_coupon"
COUPON_UNTIL = "utter_tickets_coupon_until"
CARD_ORDER = "utter_tickets_card_order"
CARD_PARCEL = "utter_tickets_card_parcel"
CARD_PROGRESS = "utter_tickets_card_progress"
NAMES = (
    *(OPENED, CLOSED, WITHDRAWN, SUSPENDED, REOPENED, ASKED, GRANTED, REFUSED, EXTENDED, EXTENSION_ASKED),
    *(COUPON, COUPON_UNTIL, CARD_ORDER, CARD_PARCEL, CARD_PROGRESS),
)


class Voice:
    """Tells the shoppers of one shop. ``told_later`` lets the engine know of a talk's new lines without keeping anybody waiting."""

    def __init__(
        self, database: Engine, store: DeskStore, hub: Hub, words: Wording, told_later: Callable[[Talk], None], *, with_trace: bool
    ) -> None:
        self._database = database
        self._store = store
        self._hub = hub
        self.words = words
        self._told_later = told_later
        self._with_trace = with_trace

    async def tell(
        self,
        member: Member,
        talk_id: str | None,
        name: str,
        values: Mapping[str, str | None],
        *,
        table: str | None = None,
        row: str | None = None,
        card: Mapping[str, Any] | None = None,
        offers: tuple[Offer, ...] = (),
    ) -> StoredMessage | None:
        """Say a response in a talk; its last message, or None when the talk is gone (erased): nobody is left to be told.

        In the agent's own talk these are the agent's words, in any other the shop's. ``card`` stands on the last bubble.
        """
        talk = await in_thread(self._store.talk, talk_id) if talk_id else None
        if talk is None:
            return None
        stored = await in_thread(lambda: self._put(member, talk, name, values, table, row, card, offers))
        for message in stored:
            self._hub.publish(talk.id, {"type": "message", "message": message.public(self._with_trace)})
        if talk.owner == f"agent:{member.id}":
            self._told_later(talk)
        return stored[-1] if stored else None

    def changed(self, talk_id: str | None) -> None:
        """What stands beside a talk has changed: open desks read it again. ``talk_id`` empty: no talk shows it."""
        if talk_id:
            self._hub.publish_to_staff(talk_id, {"type": "side"})

    def _put(
        self,
        member: Member,
        talk: Talk,
        name: str,
        values: Mapping[str, str | None],
        table: str | None,
        row: str | None,
        card: Mapping[str, Any] | None,
        offers: tuple[Offer, ...],
    ) -> list[StoredMessage]:
        said = self.words.say(name, {key: value for key, value in values.items() if value}, talk.last_seq)
        mine = talk.owner == f"agent:{member.id}"
        trace = {"script": said.script, "response": name, "staff": member.id, "number": member.number}
        trace |= {key: value for key, value in (("table", table), ("row", row)) if value}
        last = len(said.bubbles) - 1
        drafts = [
            Draft(
                "agent" if mine else "system",
                text,
                said.buttons if place == last and not mine else (),
                None,
                card if place == last else None,
                trace,
                said.spoken.bubbled(place),
                offers if place == last else (),
            )
            for place, text in enumerate(said.bubbles)
        ]
        try:
            with writing(self._database) as session:
                return self._store.append_in(session, talk.id, drafts, ("bot", "queue", "agent", "closed")) or []
        except NoSuchTalk:
            return []


def must_not_disturb(member: Member, talk: Talk) -> None:
    """409 when a colleague has this talk; leads may do what they must beside it."""
    if talk.owner_word == "agent" and talk.owner != f"agent:{member.id}" and member.role not in LEADS:
        raise Problem(409, "not-yours", "Somebody else has this conversation now.", owner=talk.owner)


def must_hold(member: Member, talk: Talk) -> None:
    """409 when the talk is not this member's own."""
    if talk.owner != f"agent:{member.id}":
        raise Problem(409, "not-yours", "Take this conversation first.", owner=talk.owner)


def must_be_sayable(words: str, *, confirmed: bool) -> list[str]:
    """The rules that an agent's own words, about to reach a shopper, are against; 422 with findings unless ``confirmed``."""
    serious = [one for one in check(words) if one.severity in ("block", "ask")]
    if serious and not confirmed:
        kind = "wording-block" if blocks(serious) else "wording-ask"
        raise Problem(422, kind, "The words want a second look.", findings=[finding_out(one) for one in serious])
    return sorted({one.rule for one in serious})
