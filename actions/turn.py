"""One turn as an action sees it: the shopper, the words, the shop; and what it answers.

The rule of this file: everything an action reads or says goes through ``Turn``, so that dry runs write nothing, values that
are missing are never spoken, the same answer is never said twice running and a hand-over always carries its summary.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import responses
from actions.context import Context
from policy.facts import OrderFacts, ProductFacts, ShopFacts
from policy.parameters import load_parameters
from policy.words import fmt, team_of, word
from shop.catalogue import ShopRepository
from shop.tickets import Ticket, Tickets
from shop.workdays import WorkdayDataMissing, add_workdays, speak_date, speak_time

log = logging.getLogger(__name__)

MISSING = "utter_smalltalk_missing_value"
SAID_ALREADY = "utter_smalltalk_said_already"
LISTEN = "action_listen"


class Turn:
    """The shopper's message, the talk's slots, the shop's facts; collects what is said and what changes."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker, context: Context) -> None:
        self.dispatcher = dispatcher
        self.tracker = tracker
        self.context = context
        message = tracker.latest_message or {}
        self.meta: Mapping[str, Any] = message.get("metadata") or {}
        self.intent: str = (message.get("intent") or {}).get("name") or ""
        self.text: str = message.get("text") or ""
        self.events: list[dict[str, Any]] = []
        self.asked: str | None = None
        self.urgent = False  # said again even when it is the same as last time: danger, a person asked for
        self._slots: dict[str, Any] = {}
        self._said: list[tuple[str, str]] = []

    # -- who and where -------------------------------------------------------------------------------------------------
    @property
    def shop_id(self) -> str:
        """The shop whose data may be read. Set by the gateway, never by text."""
        return str(self.meta.get("shop_id") or "demo")

    @property
    def customer_id(self) -> str | None:
        """The signed-in shopper, None for an anonymous one."""
        value = self.meta.get("customer_id")
        return str(value) if value else None

    @property
    def conversation_id(self) -> str:
        """The gateway's id of the talk."""
        return str(self.meta.get("conversation_id") or self.tracker.sender_id)

    @property
    def message_id(self) -> str:
        """The id of the shopper's message (the same for all action calls of one turn)."""
        return str(self.meta.get("message_id") or (self.tracker.latest_message or {}).get("message_id") or "")

    @property
    def address(self) -> str:
        """Keyed hash of the client's network address, for the limits of proofs."""
        return str(self.meta.get("address") or "unknown")

    @property
    def dry_run(self) -> bool:
        """True in the dark run of a suggestion: nothing is written."""
        return bool(self.meta.get("dry_run"))

    @property
    def photo_ids(self) -> list[str]:
        """Attachments of this message."""
        return [str(p) for p in self.meta.get("photo_ids") or []]

    # -- the shop ------------------------------------------------------------------------------------------------------
    @cached_property
    def repo(self) -> ShopRepository:
        """Products and orders of this shop only."""
        return ShopRepository(self.context.engine, self.shop_id, self.context.clock)

    @cached_property
    def shop(self) -> ShopFacts:
        """The shop's own facts."""
        return self.repo.shop()

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Every number of the tables, with the shop's own values."""
        return dict(load_parameters(self.repo.parameters()))

    @cached_property
    def now(self) -> datetime:
        """One instant for the whole action (aware)."""
        return self.context.clock.now()

    # -- what was understood -------------------------------------------------------------------------------------------
    def slot(self, name: str) -> Any:
        """A slot, with the changes of this turn."""
        return self._slots[name] if name in self._slots else self.tracker.get_slot(name)

    def entities(self, name: str) -> list[Any]:
        """All values of an entity in this message."""
        return [e.get("value") for e in (self.tracker.latest_message or {}).get("entities") or [] if e.get("entity") == name]

    def entity(self, name: str) -> Any:
        """The last value of an entity in this message, None when it has none."""
        found = self.entities(name)
        return found[-1] if found else None

    @property
    def loop(self) -> str | None:
        """The form that is open."""
        return (self.tracker.active_loop or {}).get("name")

    def before(self, name: str) -> Any:
        """The value of a slot before this message ('what if' questions change nothing)."""
        value, seen_user = None, False
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                seen_user = True
            elif seen_user and event.get("event") == "slot" and event.get("name") == name:
                value = event.get("value")
                break
        return value

    def product(self) -> ProductFacts | None:
        """The product spoken of: named in the message, else in the talk, else that of the page."""
        for product_id in (self.entity("product"), self.slot("product_id"), self.meta.get("product_id")):
            if product_id:
                found = self.repo.product(str(product_id))
                if found:
                    return found
        return None

    # -- what changes --------------------------------------------------------------------------------------------------
    def set(self, name: str, value: Any) -> None:
        """Set a slot (an event, and visible to ``slot`` at once)."""
        self._slots[name] = value
        self.events.append(SlotSet(name, value))

    def say(
        self,
        response: str,
        *,
        table: str | None = None,
        row: str | None = None,
        card: dict[str, Any] | None = None,
        buttons: list[dict[str, str]] | None = None,
        **values: Any,
    ) -> None:
        """Answer with a response and its values; ``asks`` of the response becomes the open question.

        A response whose value is missing is not spoken: an offer of a person takes its place (decisions.md, architecture §4).
        """
        needs = responses.index().get(response)
        defaults = self.default_values()
        if needs is None:
            log.error("response %s is not defined in data/responses", response)
            response, needs, values, buttons = MISSING, responses.index()[MISSING], {}, None
        filled = {name: values.get(name, defaults.get(name)) for name in needs.variables}
        missing = sorted(name for name, value in filled.items() if value in (None, ""))
        if missing:
            log.error("response %s lacks %s (row %s)", response, ", ".join(missing), row)
            response, filled, buttons = MISSING, {}, None
            needs = responses.index()[MISSING]
        extra: dict[str, Any] = {"table": table, "row": row, "card": card}
        self.dispatcher.utter_message(response=response, buttons=buttons, **filled, **{k: v for k, v in extra.items() if v})
        self._said.append((response, json.dumps(filled, ensure_ascii=False, sort_keys=True, default=str)))
        if needs.asks:
            self.asked = needs.asks

    def default_values(self) -> dict[str, Any]:
        """Values that any response may use without being given them."""
        return {"shop": self.shop.name, "hours": self.shop.opening_hours}

    @property
    def spoke(self) -> bool:
        """Whether this action has said anything yet."""
        return bool(self._said)

    def open_ticket(
        self,
        kind: str,
        *,
        order: OrderFacts | None = None,
        row: str | None = None,
        fields: Mapping[str, Any] | None = None,
        priority: str = "normal",
    ) -> tuple[str, dict[str, Any]]:
        """Open (or find) the talk's ticket of this kind; returns (id, values ticket, team, deadline).

        In a dry run nothing is written and the id is a preview.
        """
        due = self.deadline(kind)
        team = team_of(kind)[0]
        if self.dry_run:
            ticket_id, promised = "T-PREVIEW", due
        else:
            ticket: Ticket = Tickets(self.context.engine, self.shop_id, self.context.clock).open(
                kind,
                conversation_id=self.conversation_id,
                order_id=order.order_id if order else None,
                customer_id=self.customer_id,
                row=row,
                fields=dict(fields or {}),
                due_at=due,
                priority=priority,
            )
            ticket_id, promised = ticket.id, ticket.due_at
        self.set("ticket_id", ticket_id)
        return ticket_id, {"ticket": ticket_id, "team": team, "deadline": self.spoken_deadline(kind, promised)}

    def deadline(self, kind: str) -> datetime | None:
        """When the team of this ticket kind must have answered (aware); None when the calendar has no data for that year."""
        _, parameter, unit = team_of(kind)
        amount = float(self.parameters[parameter])
        if unit == "hours":
            return self.now + timedelta(hours=amount)
        if unit == "days":
            return self.now + timedelta(days=amount)
        try:
            day = add_workdays(self.context.clock.today(), int(amount))
        except WorkdayDataMissing as missing:
            log.warning("%s", missing)
            return None
        return self.now + timedelta(days=(day - self.context.clock.today()).days)

    def spoken_deadline(self, kind: str, due: datetime | None) -> str:
        """A deadline as it is said: a clock time within a day, a date beyond it, the number of working days without data."""
        _, parameter, unit = team_of(kind)
        if due is None:
            return fmt("workdays", n=int(float(self.parameters[parameter])))
        return speak_time(due, self.now) if unit == "hours" else speak_date(due)

    def team(self, kind: str) -> str:
        """The team's name of a ticket kind."""
        return team_of(kind)[0]

    def ticket_deadline(self, ticket_id: str, kind: str) -> str:
        """The promised time of an existing ticket, as it is said."""
        found = None if self.dry_run else Tickets(self.context.engine, self.shop_id, self.context.clock).get(ticket_id)
        return self.spoken_deadline(kind, found.due_at if found else self.deadline(kind))

    def hand_over(
        self,
        response: str,
        reason: str,
        *,
        kind: str = "person",
        order: OrderFacts | None = None,
        row: str | None = None,
        table: str | None = None,
        **values: Any,
    ) -> None:
        """Say ``response`` and give the talk to a person, with a ticket and the summary."""
        if order is None and self.slot("order_id"):
            order = self.repo.order(str(self.slot("order_id")))
        summary = self.summary(order.order_id if order else None)
        ticket_id, spoken = self.open_ticket(
            kind,
            order=order,
            row=row,
            fields={"reason": reason, "summary": summary, "wish": self.intent, "text": self.text[:500]},
            priority="high",
        )
        card = {"hand_over": {"reason": reason, "summary": summary, "ticket": ticket_id}}
        self.say(response, table=table, row=row, card=card, **{**values, **spoken, "summary": summary})

    def summary(self, order_id: str | None) -> str:
        """What the next person should know, in the words of ``policy/words.yml``; empty facts are left out.

        The shopper's own words are not in it (they are stored with the ticket): it is spoken to the shopper.
        """
        parts = [word("reasons", self.slot("reason")), word("remedies", self.slot("remedy"))]
        if order_id:
            order = self.repo.order(str(order_id))
            if order:
                parts.append(fmt("order_line", product=order.product.name, variant=order.variant, order_id=order.order_id))
        if not any(parts):
            product = self.product()
            parts = [word("guesses", self._wish()), product.name if product else None]
        return fmt("list_separator").join(p for p in parts if p) or fmt("whole_talk")

    def _wish(self) -> str | None:
        """The last intent of this talk that has words (``guesses``)."""
        earlier = [e.get("parse_data") or {} for e in reversed(self.tracker.events) if e.get("event") == "user"]
        names = [self.intent, *(str((p.get("intent") or {}).get("name")) for p in earlier)]
        return next((name for name in names if word("guesses", name)), None)

    # -- end -----------------------------------------------------------------------------------------------------------
    def finish(self, *, question: bool = False) -> None:
        """Keep the open question and the fingerprint of what was said; say it otherwise when it is the same as last time."""
        if not self._said:
            return
        fingerprint = hashlib.sha256(repr(self._said).encode()).hexdigest()[:16]
        if fingerprint == self.tracker.get_slot("last_said") and not (self.urgent or question):
            cards = [m.get("card") for m in self.dispatcher.messages if m.get("card")]
            last = self.dispatcher.messages[-1]
            self.dispatcher.messages.clear()
            self.dispatcher.utter_message(
                response=SAID_ALREADY, **{k: last[k] for k in ("table", "row") if last.get(k)}, **({"card": cards[-1]} if cards else {})
            )
            fingerprint = "again:" + fingerprint
        self.set("last_said", fingerprint)
        if self.asked != self.tracker.get_slot("open_question"):
            self.set("open_question", self.asked)
        if self.slot("misunderstood") and "misunderstood" not in self._slots:
            self.set("misunderstood", None)
