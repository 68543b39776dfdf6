"""One turn as an action sees it: the shopper, the words, the shop; and what it answers.

The rule of this file: everything an action reads or says goes through ``Turn``, so that dry runs write nothing, values that
are missing are never spoken, the same answer is never said twice running and a hand-over always carries its summary.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import cards, responses, tone
from actions.briefing import briefing
from actions.context import Context
from actions.deadlines import Deadlines
from actions.life import FACT, Life
from policy.facts import OrderFacts
from policy.words import fmt, team_of, word
from shop.tickets import PREVIEW, Ticket, Tickets

log = logging.getLogger(__name__)

MISSING = "utter_smalltalk_missing_value"
SECOND_WISH = "utter_smalltalk_second_wish"
SAID_ALREADY = "utter_smalltalk_said_already"
APPROVAL_ASKED = "utter_tickets_approval_asked"
LISTEN = "action_listen"


class Turn(Deadlines):
    """The shopper's message, the talk's slots, the shop's facts; collects what is said and what changes."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker, context: Context) -> None:
        super().__init__(tracker, context)
        self.dispatcher = dispatcher
        self.events: list[dict[str, Any]] = []
        self.asked: str | None = None
        self.urgent = False  # said again even when it is the same as last time: danger, a person asked for
        self._said: list[tuple[str, str]] = []

    @cached_property
    def life(self) -> Life:
        """Tickets, returns, approvals and effects of this shop, with its tables."""
        return Life(self)

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
        effect: str | None = None,
        known: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        """Answer with a response and its values; ``asks`` of the response becomes the open question.

        ``known``: id and source of the reviewed answer that is told, for the message's trace.

        A response that states a deed is spoken only with the id of a stored ``effect`` that is done, else its twin is (decisions.md 7).
        A response whose value is missing is not spoken: an offer of a person takes its place (decisions.md, architecture §4).
        """
        needs = responses.index(self.now).get(response)
        if needs is not None and needs.effect not in (None, FACT) and not self.life.done(str(needs.effect), effect, values):
            log.info("response %s waits for its effect %s: %s is said", response, needs.effect, needs.twin)
            response, effect = needs.twin or MISSING, None
            needs = responses.index(self.now).get(response)
        defaults = self.default_values()
        if needs is None:
            log.error("response %s is not defined in data/responses", response)
            response, needs, values, buttons = MISSING, responses.index(self.now)[MISSING], {}, None
        filled = {name: values.get(name, defaults.get(name)) for name in needs.variables}
        missing = sorted(name for name, value in filled.items() if value in (None, ""))
        if missing and needs.dated:
            # A dated sentence without its value is not said: the everyday one speaks on (engine/nlg.py does the same).
            log.error("response %s: its dated variation lacks %s, the everyday one is said", response, ", ".join(missing))
            needs = responses.index()[response]
            filled = {name: value for name, value in filled.items() if name not in missing}
            filled |= {name: values.get(name, defaults.get(name)) for name in needs.variables}
            missing = sorted(name for name, value in filled.items() if value in (None, ""))
        if missing:
            log.error("response %s lacks %s (row %s)", response, ", ".join(missing), row)
            response, filled, buttons = MISSING, {}, None
            needs = responses.index(self.now)[MISSING]
        self._lead_in()
        if not self._said and tone.is_due(self, response):
            self.dispatcher.utter_message(response=tone.ACKNOWLEDGE)
        # 亲 instead of 您 where a variation has it, and only when the shop turned it on (style.md ad_03).
        style = self.shop.address_style if self.shop.address_style != "nin" else None
        extra: dict[str, Any] = {
            "table": table,
            "row": row,
            "card": card or cards.reference(self, response, values),
            "effect_id": effect,
            "address_style": style,
            "known": dict(known or {}),
        }
        if needs.dated:
            extra["moment"] = self.now.isoformat()  # wording and sums are of one instant
        self.dispatcher.utter_message(response=response, buttons=buttons, **filled, **{k: v for k, v in extra.items() if v})
        self._said.append((response, json.dumps(filled, ensure_ascii=False, sort_keys=True, default=str)))
        if needs.asks:
            self.asked = needs.asks

    def _lead_in(self) -> None:
        """A wish of an earlier message whose turn has come (engine/wishes.py) is named once, so that nobody wonders."""
        wish = word("guesses", self.intent)
        if not (self.meta.get("resumed_wish") and wish) or self._said:
            return
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                break
            if event.get("event") == "bot":
                return
        self.dispatcher.utter_message(response=SECOND_WISH, question=wish)

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
            ticket_id, promised = PREVIEW, due
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
                **self.life.new_ticket(kind, dict(fields or {}), order),
            )
            ticket_id, promised = ticket.id, ticket.due_at
        self.set("ticket_id", ticket_id)
        return ticket_id, {"ticket": ticket_id, "team": team, "deadline": self.spoken_deadline(kind, promised), "within": self.within(kind)}

    def ask_approval(
        self,
        kind: str,
        amount: Decimal | None,
        order: OrderFacts | None = None,
        row: str | None = None,
        fields: Mapping[str, Any] | None = None,
        say: str | None = APPROVAL_ASKED,
    ) -> dict[str, Any]:
        """Ask a supervisor for what is above the bot's authority and tell the shopper until when the answer comes.

        ``kind``: compensation | price_difference | full_refund | purchase_loss | other; ``amount`` in yuan, None without a sum.
        Returns the values ticket, team, deadline, question for an answer of the caller's own (then ``say=None``).
        """
        values = self.life.ask_approval(kind, amount, order, row, fields or {})
        if say is not None:
            self.say(say, row=row, **values)
        return values

    def hand_over(
        self,
        response: str,
        reason: str,
        *,
        kind: str = "person",
        order: OrderFacts | None = None,
        row: str | None = None,
        table: str | None = None,
        fields: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> None:
        """Say ``response`` and give the talk to a person, with a ticket (``fields`` beside the usual ones) and the summary."""
        if order is None and self.slot("order_id"):
            order = self.repo.order(str(self.slot("order_id")))
        summary = self.summary(order.order_id if order else None)
        ticket_id, spoken = self.open_ticket(
            kind,
            order=order,
            row=row,
            fields={
                **briefing(self),
                "reason": reason,
                "summary": summary,
                "wish": self.intent,
                "text": self.whole_text[:500],
                **(fields or {}),
            },
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
