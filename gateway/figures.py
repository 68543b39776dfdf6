"""The desk's figures (rules.md §19 tk_06; docs/desk.md says what each means): counted a day at a time, added up over a period.

A day is a day of the shop (Asia/Shanghai). What is counted is in the talks themselves and in ``suggestion_uses``: an erased talk is in no
figure any more. Days that can no longer change are counted once and kept in memory.
"""

from __future__ import annotations

import statistics
from array import array
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from threading import Lock
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway import wording
from shop.clock import SHANGHAI, Clock, local_day
from shop.db import reading
from shop.models import Conversation, Message, Staff, SuggestionUse, TicketEventRow, TicketRow

# rules.md §15: the first answer ideally and at the latest, and no message longer without one (seconds).
IDEAL, LATEST, SILENT = 6, 15, 180
# A matter is solved when the shopper does not come back to a person within this time.
SOLVED_AFTER = timedelta(hours=24)
CONTENT = 4
# A talk is followed so far back; a day that ended longer ago than SETTLED does not change any more.
BACK, SETTLED = timedelta(days=3), timedelta(days=2)
MOST_DAYS = 92
MOST_KEPT = 200
CHUNK = 400
# With fewer answers than these of either kind nothing is said of the time that suggestions save.
ENOUGH = 5
# A message of the shopper's whose trace has one of these is for a person to answer.
FOR_A_PERSON = ("for", "hand_over", "suggestion")
ENDS = (wording.RELEASED, wording.ENDED)
TAKEN = ("sent", "edited")

Use = tuple[str, str, str]


@dataclass
class Tally:
    """Counts, and times in seconds; tallies add up."""

    counts: Counter[str] = field(default_factory=Counter)
    times: dict[str, array[float]] = field(default_factory=dict)

    def time(self, name: str, seconds: float) -> None:
        """Note a time of ``seconds``; never below zero (clocks of two machines differ)."""
        values = self.times.get(name)
        if values is None:
            values = self.times[name] = array("d")
        values.append(max(0.0, seconds))

    def __iadd__(self, other: Tally) -> Tally:
        self.counts.update(other.counts)
        for name, values in other.times.items():
            self.times.setdefault(name, array("d")).extend(values)
        return self


@dataclass
class Day:
    """One day: ``work`` by member, ``uses`` of suggestions by (member, intent, script)."""

    work: dict[str, Tally] = field(default_factory=dict)
    uses: dict[Use, Tally] = field(default_factory=dict)

    def of(self, staff_id: str) -> Tally:
        """The member's tally, made when missing."""
        return self.work.setdefault(staff_id, Tally())

    def and_work(self, more: Mapping[str, Tally]) -> Day:
        """This day with more work in it; the day itself stays as it is."""
        if not more:
            return self
        both = {staff: summed([self.work.get(staff, Tally()), tally]) for staff, tally in more.items()}
        return Day({**self.work, **both}, self.uses)


@dataclass
class _Spell:
    """A person's part of a talk: from the message that wanted one until the talk was given back or closed."""

    begun: datetime
    pending: list[tuple[str, datetime]] = field(default_factory=list)
    staff: str | None = None
    ended: datetime | None = None


class Figures:
    """The figures of one shop; reading them changes nothing. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock
        self._kept: OrderedDict[date, Day] = OrderedDict()
        # Who asks while another one's days are being counted finds them counted.
        self._counting = Lock()

    def days(self, since: date, until: date) -> list[tuple[date, Day]]:
        """Every day from ``since`` to ``until``, both included. ValueError for a period that is none or longer than 92 days."""
        return self._days(since, _length(since, until))

    def with_before(self, since: date, until: date) -> tuple[list[tuple[date, Day]], list[tuple[date, Day]]]:
        """The days of a period, and as many before it. ValueError as :meth:`days`."""
        count = _length(since, until)
        found = self._days(since - timedelta(days=count), 2 * count)
        return found[count:], found[:count]

    def _days(self, since: date, count: int) -> list[tuple[date, Day]]:
        wanted = [since + timedelta(days=number) for number in range(count)]
        with self._counting:
            missing = [day for day in wanted if day not in self._kept]
            found = self._count(missing[0], missing[-1]) if missing else {}
            days = {day: self._kept[day] if day in self._kept else found.get(day, Day()) for day in wanted}
            for day in missing:
                if _begin(day) + timedelta(days=1) + SETTLED < self._clock.now():
                    self._kept[day] = days[day]
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        tickets = self._tickets(_begin(wanted[0]), _begin(wanted[-1]) + timedelta(days=1))
        return [(day, days[day].and_work(tickets.get(day, {}))) for day in wanted]

    def _count(self, first: date, last: date) -> dict[date, Day]:
        """Days in one pass: every talk is read once, however many days it is part of."""
        begin, end = _begin(first), _begin(last) + timedelta(days=1)
        found: dict[date, Day] = {}
        if begin <= self._clock.now():
            with reading(self._engine) as session:
                self._count_uses(session, found, begin, end)
                self._count_talks(session, found, begin, end)
                self._count_ratings(session, found, begin, end)
        return found

    def _count_uses(self, session: Session, found: dict[date, Day], begin: datetime, end: datetime) -> None:
        columns = (SuggestionUse.staff_id, SuggestionUse.intents, SuggestionUse.script, SuggestionUse.outcome, SuggestionUse.place)
        query = select(*columns, SuggestionUse.shown_ms, SuggestionUse.settled_at).where(
            SuggestionUse.shop_id == self._shop,
            SuggestionUse.at >= begin - BACK,
            SuggestionUse.at < end,
            SuggestionUse.settled_at >= begin,
            SuggestionUse.settled_at < end,
            SuggestionUse.together.is_(False),
        )
        for row in session.execute(query.execution_options(yield_per=2000)):
            key = (row.staff_id, (row.intents or "").partition("|")[0], row.script or "")
            uses = _of(found, row.settled_at).uses
            tally = uses.get(key)
            if tally is None:
                tally = uses[key] = Tally()
            tally.counts["offered"] += 1
            tally.counts[row.outcome] += 1
            if row.outcome in TAKEN and row.place == 0:
                tally.counts["first"] += 1
            if row.shown_ms is not None:
                tally.time("shown", row.shown_ms / 1000)

    def _count_talks(self, session: Session, found: dict[date, Day], begin: datetime, end: datetime) -> None:
        states = Message.state.in_(("received", "answered", "failed"))  # so that the index over state and time is used
        near = (Message.shop_id == self._shop, states, Message.at >= begin - BACK, Message.at < end + SOLVED_AFTER)
        talks = list(session.scalars(select(Message.conversation_id).where(*near, Message.sender == "agent").distinct()))
        for place in range(0, len(talks), CHUNK):
            some = talks[place : place + CHUNK]
            uses = select(SuggestionUse.message_id).where(SuggestionUse.shop_id == self._shop, SuggestionUse.conversation_id.in_(some))
            covered = set(session.scalars(uses))
            columns = (Message.conversation_id, Message.id, Message.sender, Message.at, Message.trace)
            mine = (
                Message.shop_id == self._shop,
                Message.conversation_id.in_(some),
                Message.at >= begin - BACK,
                Message.at < end + SOLVED_AFTER,
            )
            query = select(*columns).where(*mine).order_by(Message.conversation_id, Message.seq)
            for _, lines in groupby(session.execute(query.execution_options(yield_per=2000)), key=lambda row: row[0]):
                self._walk(found, ((row[1], row[2], row[3], row[4] or {}) for row in lines), covered, begin, end)

    def _walk(
        self,
        found: dict[date, Day],
        lines: Iterable[tuple[str, str, datetime, dict[str, Any]]],
        covered: set[str],
        begin: datetime,
        end: datetime,
    ) -> None:
        """One talk in order: who waited how long for whom, and how it ended."""
        spells: list[_Spell] = []
        spell: _Spell | None = None
        for message, sender, at, trace in lines:
            if sender == "shopper" and any(trace.get(name) is not None for name in FOR_A_PERSON):
                if spell is None:
                    spell = _Spell(at)
                    spells.append(spell)
                spell.pending.append((message, at))
            elif sender == "agent":
                if spell is None:
                    spell = _Spell(at)
                    spells.append(spell)
                staff = str(trace.get("staff") or "")
                if begin <= at < end:
                    _answered(_of(found, at).of(staff), spell, at, bool(trace.get("use")), covered)
                spell.staff, spell.pending = staff, []
            elif sender == "system" and trace.get("response") in ENDS and spell is not None:
                spell.ended, spell = at, None
        now = self._clock.now()
        for number, one in enumerate(spells):
            if one.staff is None or one.ended is None or not begin <= one.ended < end:
                continue
            tally = _of(found, one.ended).of(one.staff)
            tally.counts["ended"] += 1
            again = spells[number + 1].begun if number + 1 < len(spells) else None
            if again is not None and again - one.ended < SOLVED_AFTER:
                tally.counts["decided"] += 1
            elif one.ended + SOLVED_AFTER <= now:
                tally.counts.update(["decided", "solved"])

    def _tickets(self, begin: datetime, end: datetime) -> dict[date, dict[str, Tally]]:
        """What members closed, by day: counted anew each time, since a ticket may be opened again a week later."""
        with reading(self._engine) as session:
            return self._closed(session, begin, end)

    def _closed(self, session: Session, begin: datetime, end: datetime) -> dict[date, dict[str, Tally]]:
        found: dict[date, dict[str, Tally]] = {}
        staff = set(session.scalars(select(Staff.id).where(Staff.shop_id == self._shop)))
        same = (TicketRow.shop_id == TicketEventRow.shop_id) & (TicketRow.id == TicketEventRow.ticket_id)
        query = (
            select(TicketEventRow.ticket_id, TicketEventRow.seq, TicketEventRow.by, TicketEventRow.at, TicketRow.created_at)
            .join(TicketRow, same)
            .where(
                TicketEventRow.shop_id == self._shop,
                TicketEventRow.at >= begin,
                TicketEventRow.at < end,
                TicketEventRow.to_state == "closed",
                func.coalesce(TicketEventRow.from_state, "") != "closed",
            )
        )
        closed = [row for row in session.execute(query) if row.by in staff]
        opened = select(TicketEventRow.ticket_id, func.max(TicketEventRow.seq)).where(
            TicketEventRow.shop_id == self._shop,
            TicketEventRow.event == "reopen",
            TicketEventRow.ticket_id.in_([row.ticket_id for row in closed]),
        )
        again = {row[0]: int(row[1]) for row in session.execute(opened.group_by(TicketEventRow.ticket_id))} if closed else {}
        for row in closed:
            tally = found.setdefault(local_day(row.at), {}).setdefault(row.by, Tally())
            tally.counts["tickets"] += 1
            tally.time("ticket", (row.at - row.created_at).total_seconds())
            tally.counts["tickets_solved"] += again.get(row.ticket_id, 0) < row.seq
        return found

    def _count_ratings(self, session: Session, found: dict[date, Day], begin: datetime, end: datetime) -> None:
        query = select(Conversation.id, Conversation.rating, Conversation.rated_at).where(
            Conversation.shop_id == self._shop, Conversation.rated_at >= begin, Conversation.rated_at < end
        )
        for talk, rating, at in session.execute(query):
            last = (
                select(Message.trace)
                .where(Message.shop_id == self._shop, Message.conversation_id == talk, Message.sender == "agent", Message.at <= at)
                .order_by(Message.seq.desc())
                .limit(1)
            )
            trace = session.scalar(last)
            if rating is None or at is None or not trace or not trace.get("staff"):
                continue  # a talk with the bot alone says nothing of an agent
            tally = _of(found, at).of(str(trace["staff"]))
            tally.counts.update({"rated": 1, "stars": rating, "content": rating >= CONTENT})


def _length(since: date, until: date) -> int:
    count = (until - since).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise ValueError(f"{since} – {until}: a period has 1 to {MOST_DAYS} days and ends no sooner than it begins")
    return count


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _of(found: dict[date, Day], at: datetime) -> Day:
    return found.setdefault(local_day(at), Day())


def _answered(tally: Tally, spell: _Spell, at: datetime, helped: bool, covered: set[str]) -> None:
    tally.counts["answers"] += 1
    tally.counts["talks"] += spell.staff is None
    if not spell.pending:
        return
    waited = (at - spell.pending[0][1]).total_seconds()
    tally.counts.update({"asked": len(spell.pending), "covered": sum(message in covered for message, _ in spell.pending)})
    tally.time("reply", waited)
    tally.time("helped" if helped else "by_hand", waited)
    if spell.staff is None:
        tally.time("first_reply", waited)


def summed(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    total = Tally()
    for one in tallies:
        total += one
    return total


def of_work(days: Iterable[Day], staff_id: str | None = None) -> Iterator[Tally]:
    """What was done: by one member, or by all."""
    for day in days:
        for staff, tally in day.work.items():
            if staff_id in (None, staff):
                yield tally


def of_uses(days: Iterable[Day], staff_id: str | None = None, *, intent: str | None = None, script: str | None = None) -> Iterator[Tally]:
    """What became of suggestions: of one member, intent or script, or of all."""
    for day in days:
        for (staff, heard, said), tally in day.uses.items():
            if staff_id in (None, staff) and intent in (None, heard) and script in (None, said):
                yield tally


def ratio(part: float, whole: float) -> float | None:
    """A share from 0 to 1 with four decimals; None of nothing."""
    return round(part / whole, 4) if whole else None


def middle(values: array[float] | None) -> float | None:
    """The median with one decimal; None without values."""
    return round(statistics.median(values), 1) if values else None


def measures(tally: Tally) -> dict[str, Any]:
    """The figures of a tally, by the names of docs/desk.md. Times in seconds (``saved``: minutes), shares from 0 to 1, None: no case."""
    count, times = tally.counts, tally.times
    taken = count["sent"] + count["edited"]
    none = array("d")
    first = times.get("first_reply", none)
    helped, by_hand = times.get("helped", none), times.get("by_hand", none)
    saved = None
    if len(helped) >= ENOUGH and len(by_hand) >= ENOUGH:
        saved = round(max(0.0, statistics.median(by_hand) - statistics.median(helped)) * len(helped) / 60, 1)
    return {
        **{name: count[name] for name in ("offered", "sent", "edited", "ignored", "first")},
        "acceptance": ratio(taken, taken + count["ignored"]),
        "unedited": ratio(count["sent"], taken),
        "first_taken": ratio(count["first"], taken),
        **{name: count[name] for name in ("talks", "answers", "asked", "covered")},
        "coverage": ratio(count["covered"], count["asked"]),
        "first_reply": middle(first),
        "first_reply_ideal": ratio(sum(one <= IDEAL for one in first), len(first)),
        "first_reply_in_time": ratio(sum(one <= LATEST for one in first), len(first)),
        "reply": middle(times.get("reply")),
        "silent": sum(one > SILENT for one in times.get("reply", none)),
        "helped": middle(helped),
        "by_hand": middle(by_hand),
        "saved": saved,
        "ended": count["ended"],
        "solved": count["solved"],
        "solve_rate": ratio(count["solved"], count["decided"]),
        "tickets": count["tickets"],
        "ticket_time": middle(times.get("ticket")),
        "ticket_solve_rate": ratio(count["tickets_solved"], count["tickets"]),
        "rated": count["rated"],
        "satisfaction": ratio(count["stars"], count["rated"]),
        "content": ratio(count["content"], count["rated"]),
        "shown": middle(times.get("shown")),
    }
