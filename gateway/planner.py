"""Derives from the shop's data what shoppers should hear of, and plans it in the outbox: again and again, each event once.

Orders are looked at when they are new, changed or have something due by time; tickets, returns, deeds and talks by the time of
what happened. Nothing from before the shop's first scheduler, and nothing older than ``proactive_max_age_hours``, is planned.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from policy.parameters import Parameters, load_parameters
from policy.proactive import Moment, look
from policy.words import words
from shop.catalogue import ShopRepository
from shop.clock import Clock, local_day
from shop.consents import Consents
from shop.news import Happened, Heard, News
from shop.outbox import Outbox, Plan
from shop.watch import Watch

log = logging.getLogger(__name__)

BATCH = 200
# Looks at orders in one round: what a whole shop's orders just read need goes on in the next ones. Each is a write, and those who
# talk wait for it: beside 10,000 orders that had all just come a turn took 9 ms longer for as long as they were looked at.
MOST = 400
LOOK_AGAIN = timedelta(hours=1)
# Messages may be stored a little out of order by several processes: the last minutes are read twice.
OVERLAP = timedelta(minutes=2)
INVITE_AFTER = timedelta(minutes=1)


class Planner:
    """The planner of one shop. Synchronous: it belongs into a thread."""

    def __init__(self, shop: ShopRepository, outbox: Outbox, watch: Watch, news: News, consents: Consents, clock: Clock) -> None:
        self._shop = shop
        self._outbox = outbox
        self._watch = watch
        self._news = news
        self._consents = consents
        self._clock = clock

    def plan(self, here: Collection[str] = ()) -> int:
        """Plan everything that is news now; ``here`` are the talks that somebody looks at. How many events were new."""
        now = self._clock.now()
        parameters = load_parameters(self._shop.parameters(), now)
        since = max(self._watch.since(), now - timedelta(hours=_int(parameters, "proactive_max_age_hours")))
        return sum(
            self._safely(name, step)
            for name, step in {
                "orders": lambda: self._orders(parameters, since, now),
                "tickets": lambda: self._outbox.plan(self._tickets(parameters, since, now)),
                "replies": lambda: self._outbox.plan(self._replies(parameters, since, now)),
                "talks": lambda: self._talks(parameters, since, now),
                "windows": lambda: self._outbox.plan(self._windows(here, parameters, since, now)),
            }.items()
        )

    def _safely(self, name: str, step: Callable[[], int]) -> int:
        """One source of news that fails does not stop the others; it is read again at the next tick."""
        try:
            return step()
        except Exception:
            log.exception("proactive: %s could not be read now", name)
            return 0

    def _orders(self, parameters: Parameters, since: datetime, now: datetime) -> int:
        new = 0
        seen_now: set[str] = set()
        while len(seen_now) < MOST and (batch := [item for item in self._watch.to_look_at(BATCH) if item[0] not in seen_now]):
            for order_id, before in batch:
                seen_now.add(order_id)
                new += self._safely(f"order {order_id}", lambda: self._order(order_id, before, parameters, since, now))  # noqa: B023
        return new

    def _order(self, order_id: str, before: dict[str, str] | None, parameters: Parameters, since: datetime, now: datetime) -> int:
        order = self._shop.order(order_id)
        if order is None:
            return 0
        try:
            outlook = look(order, before, parameters, now)
        except Exception:
            # It is looked at again in an hour; until then it holds up nobody.
            log.exception("proactive: order %s could not be looked at", order_id)
            return self._watch.keep(order_id, before or {}, now + LOOK_AGAIN, [])
        plans = [self._of_order(moment, order_id, order.customer_id, now) for moment in outlook.due if moment.at >= since]
        # A parameter may change meanwhile, so no look is further away than that.
        next_at = None if outlook.next_at is None else min(outlook.next_at, now + LOOK_AGAIN)
        return self._watch.keep(order_id, outlook.seen, next_at, plans)

    def _of_order(self, moment: Moment, order_id: str, customer_id: str, now: datetime) -> Plan:
        key = f"{moment.event}:{order_id}:{moment.step}"
        return Plan(key, moment.event, moment.at, now, step=moment.step, order_id=order_id, customer_id=customer_id)

    def _tickets(self, parameters: Parameters, since: datetime, now: datetime) -> Iterable[Plan]:
        times = _int(parameters, "complaint_follow_times")
        wait = timedelta(days=_int(parameters, "followup_service_days"))
        found = [*self._news.returns(since), *self._news.deeds(since), *self._news.complaints(now, since, times)]
        for each in found:
            yield self._of_news(each, now)
        for each in self._news.services(since - wait):
            if each.at + wait <= now:
                yield self._of_news(each, now, each.at + wait)

    def _of_news(self, each: Happened, now: datetime, at: datetime | None = None) -> Plan:
        customer = each.customer_id
        if customer is None and each.order_id is not None:
            order = self._shop.order(each.order_id)
            customer = order.customer_id if order else None
        return Plan(
            f"{each.event}:{each.order_id or '-'}:{each.mark}", each.event, at or each.at, now,
            order_id=each.order_id, customer_id=customer, conversation_id=each.conversation_id, ref=each.ref,
        )  # fmt: skip

    def _replies(self, parameters: Parameters, since: datetime, now: datetime) -> Iterable[Plan]:
        """ev_no_reply_2d: a confirmation that nobody answered, while the order is still unpaid (decided again when it is sent)."""
        wait = timedelta(days=_int(parameters, "no_reply_call_days"))
        for entry in self._outbox.confirmed_between(since - wait, now - wait):
            if entry.sent_at is None or entry.customer_id is None or self._news.spoke_since(entry.customer_id, entry.sent_at):
                continue
            yield self._of_order(Moment("no_reply", entry.sent_at + wait), entry.order_id or "", entry.customer_id, now)

    def _talks(self, parameters: Parameters, since: datetime, now: datetime) -> int:
        mark = max(since, self._watch.bookmark(since))
        new, heard = 0, self._news.heard(mark - OVERLAP, now)
        if not heard:
            return 0
        new += self._outbox.plan(plan for each in heard if (plan := self._of_talk(each, parameters)) is not None)
        last = heard[-1].at
        # A whole batch within the overlap would be read for ever: then the mark moves past it.
        self._watch.set_bookmark(last if last > mark or len(heard) < BATCH else now)
        return new

    def _of_talk(self, each: Heard, parameters: Parameters) -> Plan | None:
        listed = words()["proactive"]
        talk, customer = each.conversation_id, each.customer_id
        if each.sender == "bot" and each.script in listed["guide_scripts"]:
            at = each.at + timedelta(hours=_int(parameters, "followup_guide_hours"))
            key = f"guide_visit:{talk}:{local_day(each.at).isoformat()}"
            return Plan(key, "guide_visit", at, at, customer_id=customer, conversation_id=talk)
        if each.sender != "shopper":
            return None
        if each.intent in listed["satisfied_intents"]:
            return self._invitation(each)
        if each.intent in listed["presale_intents"] and customer is not None and each.product_id is not None:
            if self._consents.word(customer, talk) != "given":
                return None
            at = each.at + timedelta(days=_int(parameters, "browse_follow_days"))
            key = f"browse_not_order:{customer}:{each.product_id}"
            return Plan(key, "browse_not_order", at, at, customer_id=customer, conversation_id=talk, ref=each.product_id)
        return None

    def _invitation(self, each: Heard) -> Plan | None:
        """ev_satisfied: only after a visit of ours in this talk, and once for each order."""
        visits = [
            entry
            for event in ("signed_visit", "service_visit")
            for entry in self._outbox.entries(event=event, conversation_id=each.conversation_id)
            if entry.order_id is not None and entry.sent_at is not None and entry.sent_at <= each.at
        ]
        if not visits:
            return None
        order_id = visits[-1].order_id
        return Plan(
            f"satisfied:{order_id}:", "satisfied", each.at, each.at + INVITE_AFTER,
            order_id=order_id, customer_id=each.customer_id, conversation_id=each.conversation_id,
        )  # fmt: skip

    def _windows(self, here: Collection[str], parameters: Parameters, since: datetime, now: datetime) -> Iterable[Plan]:
        """What only somebody who is here is told: an unpaid order (pm_03), that the talk waits (ev_idle), the question of consent."""
        soft = timedelta(minutes=_int(parameters, "proactive_soft_minutes"))
        silence = timedelta(minutes=_int(parameters, "proactive_idle_minutes"))
        presale = frozenset(words()["proactive"]["presale_intents"])
        for customer in sorted({each for each in self._news.customers_of(here).values() if each is not None}):
            for order in self._shop.orders_of(customer):
                if order.state == "unpaid" and since <= order.ordered_at + soft <= now:
                    yield self._of_order(Moment("unpaid_online", order.ordered_at + soft), order.order_id, customer, now)
        for talk_id in here:
            word = self._news.last_word(talk_id)
            if word is None or word.owner != "bot" or word.sender != "bot" or not since <= word.at + silence <= now:
                continue
            whose = {"customer_id": word.customer_id, "conversation_id": talk_id}
            if word.asked:
                yield Plan(f"idle:{talk_id}:", "idle", word.at + silence, now, step=str(word.seq), ref=word.product_id, **whose)
            elif word.customer_id is not None and word.product_id is not None and word.intents & presale:
                if self._consents.word(word.customer_id, talk_id) == "none":
                    key = f"consent_offer:{word.customer_id}:"
                    yield Plan(key, "consent_offer", word.at + silence, now, step=str(word.seq), ref=word.product_id, **whose)


def _int(parameters: Parameters, name: str) -> int:
    value = parameters[name]
    if value is None:
        raise ValueError(f"the parameter {name!r} has no value; proactive messages need one")
    return int(value)
