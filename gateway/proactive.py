"""Sends what is due of the outbox: decided again, rendered live, put into the talk or given to the webhook, told once.

The message and the word that it was told are one transaction, so a crash between them cannot tell it twice. A talk that a
person has, or that waits for one, gets nothing: facts wait for the bot's turn, everything else is dropped. The person sees
what waits in the outbox.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gateway import proactive_values as spoken
from gateway.events import Hub
from gateway.settings import Settings
from gateway.store import NoSuchTalk, Store
from gateway.talks import REFUSE, SUBSCRIBE, Draft, StoredMessage, instant
from gateway.threads import in_thread
from gateway.webhook import Webhook, next_try
from gateway.wording import Saying, Wording, WordingError
from policy import ages
from policy import proactive as rules
from policy import witness as decisions
from policy.decide import Decision, decide, load_table
from policy.facts import OrderFacts, ProductFacts
from policy.lifecycle import Lifecycle
from policy.parameters import Parameters, load_parameters
from shop import witness as facts
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.consents import Consents
from shop.counters import hold
from shop.db import writing
from shop.hours import due_in
from shop.news import News
from shop.outbox import Entry, LeaseLost, Outbox, Said
from shop.snapshots import Snapshots
from shop.ticket_moves import TicketMoves
from shop.tickets import Tickets
from shop.traces import call_told

log = logging.getLogger(__name__)

BUTTONS = (("utter_proactive_button_subscribe", SUBSCRIBE), ("utter_proactive_button_refuse", REFUSE))
SUBSCRIBED, UNSUBSCRIBED = "utter_proactive_subscribed", "utter_proactive_unsubscribed"
AFTER_ERROR = timedelta(minutes=1)
MOST_TRIES = 5
MOST_FAILURES = 3
LOOK_AGAIN = timedelta(hours=1)
NEVER_OFFERED = 9999


def names() -> tuple[str, ...]:
    """Every response that the gateway may say unasked: those of the table, the two buttons, the two answers to them."""
    said = {str(row.then["say"]) for row in load_table("proactive").rows} - {"nothing"}
    return (*sorted(said), *(name for name, _ in BUTTONS), SUBSCRIBED, UNSUBSCRIBED)


@dataclass(frozen=True)
class Sent:
    """What was stored for open windows: the talk and its new messages."""

    talk_id: str
    messages: tuple[StoredMessage, ...]


@dataclass(frozen=True)
class Target:
    """The talk a message goes to (None: there is none) and what that place is in the words of the table."""

    talk_id: str | None
    place: str


class Proactive:
    """Sends the messages of one shop."""

    def __init__(
        self, settings: Settings, engine: Engine, shop: ShopRepository, store: Store, hub: Hub, words: Wording, clock: Clock
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._shop = shop
        self._store = store
        self._hub = hub
        self._words = words
        self._clock = clock
        self.outbox = Outbox(engine, settings.shop_id, clock)
        self.news = News(engine, settings.shop_id)
        self.consents = Consents(engine, settings.shop_id, clock)
        self._tickets = Tickets(engine, settings.shop_id, clock)
        self._snapshots = Snapshots(engine, settings.shop_id, clock)

    async def send(self) -> int:
        """Everything that is due now; how many entries were looked at."""
        count = 0
        while entries := await in_thread(self.outbox.claim):
            for entry in entries:
                count += 1
                try:
                    sent = await in_thread(self._entry, entry)
                except LeaseLost:
                    log.info("proactive: %s went to another scheduler", entry.id)
                    continue
                except Exception as error:
                    log.exception("proactive: %s (%s) could not be sent now", entry.id, entry.event)
                    await in_thread(self._stumbled, entry, error)
                    continue
                if sent is not None:
                    for message in sent.messages:
                        shown = message.public(self._settings.trace_to_shopper)
                        self._hub.publish(sent.talk_id, {"type": "message", "message": shown})
        return count

    async def post(self, webhook: Webhook) -> int:
        """One try for every entry whose webhook is due; how many there were."""
        count = failed = 0
        while failed < MOST_FAILURES and (entries := await in_thread(self.outbox.claim_hooks)):
            for entry in entries:
                count += 1
                body = {
                    "id": entry.id,
                    "event": entry.event,
                    "order_id": entry.order_id,
                    "customer_id": entry.customer_id,
                    "text": entry.text,
                    "at": instant(entry.sent_at or entry.event_at),
                }
                # Signed with the real time, whatever XIAOER_NOW says: the receiver compares it with its own clock.
                answer = await webhook.post(body, datetime.now(UTC))
                # A receiver that is down is not asked for everything that waits: the rest is due at the next tick.
                failed = 0 if answer.taken else failed + 1
                now = self._clock.now()
                again = None if answer.taken else next_try(entry.hook_first or now, entry.hook_tries + 1, now)
                if not answer.taken:
                    log.warning("proactive: the webhook did not take %s (%s)%s", entry.id, answer.why, "" if again else ", given up")
                try:
                    await in_thread(self.outbox.hook_ended, entry, delivered=answer.taken, again=again, why=f"webhook: {answer.why}")
                except LeaseLost:
                    log.info("proactive: %s was tried by another scheduler, too", entry.id)
        return count

    def _stumbled(self, entry: Entry, error: Exception) -> None:
        until = None if entry.tries + 1 >= MOST_TRIES else self._clock.now() + AFTER_ERROR * 2**entry.tries
        try:
            self.outbox.stumbled(entry, until, f"error: {type(error).__name__}")
        except LeaseLost:
            log.info("proactive: %s went to another scheduler", entry.id)

    def _entry(self, entry: Entry) -> Sent | None:
        """Decide one entry and do what was decided."""
        with decisions.watching(), facts.watching():
            return self._decided(entry)

    def _decided(self, entry: Entry) -> Sent | None:
        now = self._clock.now()
        parameters = load_parameters(self._shop.parameters(), now)
        order = self._shop.order(entry.order_id) if entry.order_id else None
        what = decide("proactive", self._facts(entry, order), parameters)
        kind = str(what.then.get("kind"))
        if kind == "nothing" or self._moved_on(entry, order, parameters, now):
            self.outbox.end(entry, "suppressed", "moved_on", row_id=what.row)
            return None
        target = self._target(entry)
        how = decide("proactive_delivery", self._circumstances(entry, kind, target, parameters, now), parameters)
        why, row = str(how.then["why"]), f"{what.row}/{how.row}"
        when = how.then["when"]
        if when == "never":
            self.outbox.end(entry, "suppressed", why, kind=kind, row_id=row[:32])
        elif when != "now":
            self.outbox.put_off(entry, self._until(str(when), parameters, now), why)
        elif how.then["channel"] == "staff":
            self._for_staff(entry, what)
            self.outbox.end(entry, "delivered", why, kind=kind, row_id=row[:32])
        else:
            return self._say(entry, order, what, how, target, parameters, now)
        return None

    def _facts(self, entry: Entry, order: OrderFacts | None) -> dict[str, object]:
        facts: dict[str, object] = {"event": entry.event, "state": order.state if order else "none"}
        if order is not None:
            facts["open_ticket"] = "yes" if self.news.trouble(order.order_id) else "no"
            facts["tracked"] = "yes" if order.tracking else "no"
            facts["complete"] = "no" if spoken.missing(order, self.news.phone_known(order.customer_id)) else "yes"
        if entry.event == "browse_not_order" and entry.ref and entry.customer_id:
            product = self._shop.product(entry.ref)
            facts["stock"] = "yes" if product is not None and self._in_stock(product) else "no"
            facts["ordered"] = (
                "yes" if any(each.product.product_id == entry.ref for each in self._shop.orders_of(entry.customer_id)) else "no"
            )
        return facts

    def _in_stock(self, product: ProductFacts) -> bool:
        """Whether it can be had, by a stock figure that is young enough to be told."""
        now = self._clock.now()
        parameters = load_parameters(self._shop.parameters(), now)
        return any(product.stock.values()) and ages.stock_age(product, parameters, now) == "fresh"

    def _moved_on(self, entry: Entry, order: OrderFacts | None, parameters: Parameters, now: datetime) -> bool:
        """Whether what was planned is no longer so."""
        if order is not None and not rules.still_true(entry.event, order, parameters, now):
            return True
        if entry.event == "no_reply" and entry.customer_id is not None:
            return self.news.spoke_since(entry.customer_id, entry.event_at)
        if entry.event == "complaint_due":
            return not self.news.complaint_late(entry.ref or "", now)
        if entry.event == "satisfied" and entry.conversation_id is not None:
            return self.news.said_script(entry.conversation_id, "s_review_invite", entry.event_at)
        if entry.event in ("idle", "consent_offer"):
            word = self.news.last_word(entry.conversation_id or "")
            return word is None or str(word.seq) != entry.step
        return False

    def _target(self, entry: Entry) -> Target:
        """The talk of the event, else one of the customer's that somebody looks at, else the newest."""
        own = self.news.talk(entry.conversation_id) if entry.conversation_id else None
        talks = ([own] if own else []) + (self.news.talks_of(entry.customer_id) if entry.customer_id else [])
        if not talks:
            return Target(None, "nowhere")
        here = next((talk for talk in talks if self._hub.is_here(talk[0])), None)
        talk_id, owner = here or talks[0]
        if owner != "bot":
            return Target(talk_id, "person")
        return Target(talk_id, "online" if here else "away")

    def _circumstances(self, entry: Entry, kind: str, target: Target, parameters: Parameters, now: datetime) -> dict[str, object]:
        offered = self.outbox.last_offer(entry.customer_id, entry.conversation_id)
        return {
            "kind": kind,
            "age_hours": max(0, int((now - entry.event_at) / timedelta(hours=1))),
            "place": target.place,
            "hours": "quiet" if rules.is_quiet(parameters["proactive_quiet_hours"], now) else "open",
            "sent_today": self.outbox.told(entry.customer_id, entry.conversation_id, rules.midnight(now)),
            "consent": self.consents.word(entry.customer_id, entry.conversation_id),
            "marketing_days": NEVER_OFFERED if offered is None else max(0, (now - offered).days),
            "webhook": "yes" if self._settings.webhook_url and not entry.hook_first else "no",
        }

    def _until(self, when: str, parameters: Parameters, now: datetime) -> datetime:
        hours = parameters["proactive_quiet_hours"]
        if when == "morning":
            return rules.morning(hours, now)
        return rules.tomorrow(hours, now) if when == "tomorrow" else now + LOOK_AGAIN

    def _for_staff(self, entry: Entry, what: Decision) -> None:
        """pm_06 and the like: a ticket for the shop's people, once for the order."""
        kind = str(what.then["ticket"])
        if any(ticket.kind == kind for ticket in self._tickets.of_order(entry.order_id or "")):
            return
        self._tickets.open(
            kind, conversation_id=None, order_id=entry.order_id, customer_id=entry.customer_id, row=str(what.then["rule"]),
            due_at=self._clock.now() + timedelta(days=1),
        )  # fmt: skip

    def _say(
        self, entry: Entry, order: OrderFacts | None, what: Decision, how: Decision, target: Target, parameters: Parameters, now: datetime
    ) -> Sent | None:
        values = self._values(entry, order, parameters, now)
        name, row = str(what.then["say"]), str(what.row)
        try:
            said = self._words.say(name, values, int(entry.id[-4:], 16))
        except WordingError as error:
            log.warning("proactive: %s is not said: %s", entry.id, error)
            lacking = ", ".join(self._words.lacking(name, values))
            self.outbox.end(entry, "suppressed", f"missing value: {lacking}", kind=str(what.then["kind"]), row_id=row)
            return None
        if entry.event == "complaint_due":
            # The new time is written on the ticket before it is told: a promise nobody has would be worse than one told late.
            moves = TicketMoves(self._engine, self._settings.shop_id, self._clock, Lifecycle(parameters))
            moves.late(entry.ref or "", self._promise(parameters, now))
        channel = str(how.then["channel"])
        into_talk = target.talk_id if channel in ("talk", "talk_and_webhook") else None
        spoken_now = Said(str(what.then["kind"]), row, name, "\n\n".join(said.bubbles), values)
        stored: tuple[StoredMessage, ...] = ()
        drafts = self._drafts(said, entry, what, parameters, now)
        limited = spoken_now.kind in ("reminder", "visit", "marketing")
        with writing(self._engine) as session:
            # Two schedulers with two messages for one shopper count one after the other.
            hold(session, self._settings.shop_id, "proactive")
            told = self.outbox.told(entry.customer_id, entry.conversation_id, rules.midnight(now), session)
            if limited and told >= int(str(parameters["proactive_per_day"])):
                self._later(session, entry, rules.tomorrow(parameters["proactive_quiet_hours"], now), "enough_today")
                return None
            if into_talk is not None:
                # The talk is locked before the entry, as an erasure does it.
                put = self._put(session, into_talk, drafts)
                if put is None:
                    self._later(session, entry, now + timedelta(seconds=1), "talk_changed")
                    return None
                stored = put
            self.outbox.tell(
                session, entry, spoken_now, talk=into_talk, message_id=stored[-1].id if stored else None,
                here=target.place == "online", hook="webhook" in channel, why=str(how.then["why"]),
            )  # fmt: skip
        return Sent(into_talk, stored) if into_talk is not None else None

    def _promise(self, parameters: Parameters, now: datetime) -> datetime:
        """cd_04: when the next word comes, within people's hours."""
        return due_in(self._shop.shop().opening_hours, now, float(str(parameters["late_promise_h"])))

    def _put(self, session: Session, talk_id: str, drafts: list[Draft]) -> tuple[StoredMessage, ...] | None:
        """Store the bubbles; None when the talk was erased, or taken by a person, in this moment."""
        try:
            put = self._store.append_in(session, talk_id, drafts, ("bot",))
        except NoSuchTalk:
            return None
        return None if put is None else tuple(put)

    def _later(self, session: Session, entry: Entry, at: datetime, why: str) -> None:
        row = self.outbox.mine(session, entry)
        row.due_at, row.why = at, why
        row.lease = row.lease_until = None

    def _drafts(self, said: Saying, entry: Entry, what: Decision, parameters: Parameters, now: datetime) -> list[Draft]:
        buttons = list(said.buttons)
        if what.then["kind"] == "offer":
            buttons += [(self._words.say(title, {}).bubbles[0], payload) for title, payload in BUTTONS]
        last = len(said.bubbles) - 1
        trace = {"script": said.script, "response": said.name, "table": "proactive", "row": what.row, "rule": what.then["rule"]}
        trace |= {"proactive": entry.id, "event": entry.event}
        read = {name: parameters[name] for one in decisions.seen() for name in one.parameters}
        record = {"calls": [call_told(f"proactive:{entry.event}", now, decisions.seen(), facts.seen(), read, self._snapshots)]}
        spoken = replace(said.spoken, given=tuple(title for title, _ in buttons[len(said.buttons) :]), record=record)
        return [
            Draft("bot", text, tuple(buttons) if place == last else (), None, None, dict(trace), spoken.bubbled(place))
            for place, text in enumerate(said.bubbles)
        ]

    def _values(self, entry: Entry, order: OrderFacts | None, parameters: Parameters, now: datetime) -> dict[str, str]:
        values: dict[str, str] = {}
        if order is not None:
            values |= spoken.of_order(order, self._shop, parameters, now)
            lacking = spoken.missing(order, self.news.phone_known(order.customer_id))
            values |= spoken.known({"options": "、".join(lacking)})
        if entry.event in ("reshipped", "refunded", "diff_refunded", "return_received", "repair_fee_paid"):
            # The sum and the parcel of the deed, never those of the order.
            values = {name: value for name, value in values.items() if name not in ("refund", "difference", "tracking", "deadline")}
            values |= spoken.of_deed(self.news.deed(entry.ref), order, parameters, now)
        elif entry.event == "complaint_due":
            ticket = self._tickets.get(entry.ref or "")
            values |= spoken.of_complaint(ticket.id, ticket.kind, self._promise(parameters, now), now) if ticket else {}
        elif entry.event in ("idle", "consent_offer", "browse_not_order") and entry.ref:
            product = self._shop.product(entry.ref)
            values |= spoken.of_product(product) if product else {}
        return values
