"""What shoppers ask and what becomes of it, by day and intent, for trainers and the owner: counted from the talks' own traces.

A **visit** is a talk until nothing is written for a day (``PAUSE``). It is *alone* when no person was needed or spoke, and *solved* (by the
bot alone) when besides no message failed, the last one was understood, and it was not rated 1 or 2. It counts on the day it began.
Days are the shop's (Asia/Shanghai). Docs: docs/handbook.md.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from threading import Lock
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from shop.clock import SHANGHAI, Clock, local_day
from shop.db import reading
from shop.models import Conversation, Message

PAUSE = timedelta(hours=24)
# A visit is followed for so long; a day that ended longer ago does not change any more.
FOLLOWED = timedelta(days=3)
MOST_DAYS = 92
MOST_KEPT = 200
FALLBACK = "nlu_fallback"
# Not understood: the bot asked back, or said that it did not understand.
UNCLEAR = (FALLBACK, "unclear_message")
BAD = 2
CONTENT = 4
MOST_LINES = 200
# What a number may be led back from to the messages behind it.
Kind = Literal["asked", "understood", "unclear", "handed_over", "failed", "solved", "bad"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Line(NamedTuple):
    """A message as it is counted: ``intent`` (None: none was found), ``hand_over`` the reason, ``person`` whether it was for a person."""

    talk: str
    seq: int
    sender: str
    at: datetime
    state: str
    intent: str | None
    hand_over: str | None
    person: bool


@dataclass
class AskedDay:
    """One day: counts by intent, of whole visits (key ``""``), and reasons of hand-overs by (reason, intent)."""

    intents: dict[str, Counter[str]] = field(default_factory=dict)
    whole: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, intent: str) -> Counter[str]:
        """The counts of an intent, made when missing."""
        return self.intents.setdefault(intent, Counter())


class Asked:
    """What was asked in one shop; reading changes nothing. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock
        self._kept: OrderedDict[date, AskedDay] = OrderedDict()
        self._counting = Lock()

    def days(self, since: date, until: date) -> list[tuple[date, AskedDay]]:
        """Every day from ``since`` to ``until``, both included. ValueError for a period that is none or longer than 92 days."""
        count = (until - since).days + 1
        if not 1 <= count <= MOST_DAYS:
            raise ValueError(f"{since} – {until}: a period has 1 to {MOST_DAYS} days and ends no sooner than it begins")
        wanted = [since + timedelta(days=number) for number in range(count)]
        with self._counting:
            missing = [day for day in wanted if day not in self._kept]
            found = self._count(missing[0], missing[-1]) if missing else {}
            days = [(day, self._kept.get(day) or found.get(day) or AskedDay()) for day in wanted]
            for day, counted in days:
                if day in missing and begin_of(day) + timedelta(days=1) + FOLLOWED < self._clock.now():
                    self._kept[day] = counted
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return days

    def lines(self, since: date, until: date, kind: Kind, intent: str | None = None, most: int = MOST_LINES) -> list[Line]:
        """The shopper's messages behind a number, newest first, at most ``most``; of ``solved`` and ``bad`` the last one of each visit.

        ValueError as :meth:`days`.
        """
        first, last = begin_of(since), begin_of(until) + timedelta(days=1)
        if not 1 <= (until - since).days + 1 <= MOST_DAYS:
            raise ValueError(f"{since} – {until}: a period has 1 to {MOST_DAYS} days and ends no sooner than it begins")
        found: list[Line] = []
        with reading(self._engine) as session:
            ratings = self._ratings(session, first, last + FOLLOWED)
            for talk, lines in groupby(self._lines(session, first - PAUSE, last + FOLLOWED), key=lambda line: line.talk):
                for visit in visits(lines):
                    if first <= visit[0].at < last:
                        found += behind(visit, ratings.get(talk), kind, intent)
        return sorted(found, key=lambda line: line.at, reverse=True)[:most]

    def _count(self, first: date, last: date) -> dict[date, AskedDay]:
        begin, end = begin_of(first), begin_of(last) + timedelta(days=1)
        found: dict[date, AskedDay] = {}
        if begin > self._clock.now():
            return found
        with reading(self._engine) as session:
            ratings = self._ratings(session, begin, end + FOLLOWED)
            for talk, lines in groupby(self._lines(session, begin - PAUSE, end + FOLLOWED), key=lambda line: line.talk):
                for visit in visits(lines):
                    if begin <= visit[0].at < end:
                        count_visit(found.setdefault(local_day(visit[0].at), AskedDay()), visit, ratings.get(talk))
        return found

    def _ratings(self, session: Session, begin: datetime, end: datetime) -> dict[str, tuple[int, datetime]]:
        query = select(Conversation.id, Conversation.rating, Conversation.rated_at).where(
            Conversation.shop_id == self._shop, Conversation.rated_at >= begin, Conversation.rated_at < end
        )
        return {talk: (rating, at) for talk, rating, at in session.execute(query) if rating is not None and at is not None}

    def _lines(self, session: Session, begin: datetime, end: datetime) -> Iterator[Line]:
        trace: Any = Message.trace
        states = Message.state.in_(("received", "answered", "failed"))  # so that the index over state and time is used
        query = (
            select(
                *(Message.conversation_id, Message.seq, Message.sender, Message.at, Message.state),
                trace["intent"].as_string(),
                trace[("hand_over", "reason")].as_string(),
                trace["for"].as_string(),
            )
            .where(Message.shop_id == self._shop, states, Message.at >= begin, Message.at < end, Message.sender.in_(("shopper", "agent")))
            .order_by(Message.conversation_id, Message.seq)
        )
        for talk, seq, sender, at, state, intent, hand_over, person in session.execute(query.execution_options(yield_per=2000)):
            yield Line(talk, seq, sender, at, state, intent, hand_over, person is not None)


def begin_of(day: date) -> datetime:
    """The first instant of a day of the shop."""
    return datetime.combine(day, time(), SHANGHAI)


def visits(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """A talk's lines in order, cut where nothing was written for a day; a piece without a word of the shopper's is no visit."""
    piece: list[Line] = []
    for line in lines:
        if piece and line.at - piece[-1].at >= PAUSE:
            yield from _asked(piece)
            piece = []
        piece.append(line)
    yield from _asked(piece)


def _asked(piece: list[Line]) -> Iterator[list[Line]]:
    if any(line.sender == "shopper" for line in piece):
        yield piece


def count_visit(day: AskedDay, visit: list[Line], rating: tuple[int, datetime] | None) -> None:
    """Add a visit to the day on which it began; ``rating`` of the talk: stars (1–5) and when."""
    said = [line for line in visit if line.sender == "shopper"]
    stars = _stars(visit, rating)
    alone = _alone(visit)
    solved = _solved(visit, stars)
    day.whole.update({"visits": 1, "alone": alone, "solved": solved})
    if stars is not None:
        day.whole.update({"rated": 1, "stars": stars, "bad": stars <= BAD, "content": stars >= CONTENT})
    wishes = set()
    for line in said:
        intent = _wish(line)
        day.whole["asked"] += 1
        if line.state == "failed":
            day.whole["failed"] += 1
        if intent is None:
            # A message in a person's hands; a hand-over by a button of ours has a reason and no wish.
            day.whole["to_person"] += line.person
            if line.hand_over:
                day.whole["handed_over"] += 1
                day.reasons[line.hand_over, ""] += 1
            continue
        wishes.add(intent)
        counts = day.of(intent)
        counts["asked"] += 1
        kind = "unclear" if intent in UNCLEAR else "understood"
        counts[kind] += 1
        day.whole[kind] += 1
        counts["failed"] += line.state == "failed"
        if line.hand_over:
            counts["handed_over"] += 1
            day.whole["handed_over"] += 1
            day.reasons[line.hand_over, intent] += 1
    for intent in wishes:
        counts = day.of(intent)
        counts.update({"visits": 1, "solved": solved})
        if stars is not None:
            counts.update({"rated": 1, "stars": stars, "bad": stars <= BAD})


def behind(visit: list[Line], rating: tuple[int, datetime] | None, kind: Kind, intent: str | None) -> list[Line]:
    """The shopper's lines of a visit that a count holds."""
    said = [line for line in visit if line.sender == "shopper" and (intent is None or _wish(line) == intent)]
    if kind in ("solved", "bad"):
        stars = _stars(visit, rating)
        counts = _solved(visit, stars) if kind == "solved" else stars is not None and stars <= BAD
        return said[-1:] if counts else []
    return [line for line in said if _is(line, kind)]


def _is(line: Line, kind: Kind) -> bool:
    if kind == "failed":
        return line.state == "failed"
    if kind == "handed_over":
        return bool(line.hand_over)
    if kind == "asked":
        return True
    wish = _wish(line)
    return wish is not None and (wish in UNCLEAR) == (kind == "unclear")


def _wish(line: Line) -> str | None:
    return line.intent or (FALLBACK if line.state == "failed" else None)


def _stars(visit: list[Line], rating: tuple[int, datetime] | None) -> int | None:
    return rating[0] if rating is not None and visit[0].at <= rating[1] < visit[-1].at + PAUSE else None


def _alone(visit: list[Line]) -> bool:
    return not any(line.sender == "agent" or line.person or line.hand_over for line in visit)


def _solved(visit: list[Line], stars: int | None) -> bool:
    said = [line for line in visit if line.sender == "shopper"]
    clear = said[-1].state == "answered" and said[-1].intent not in UNCLEAR and not any(line.state == "failed" for line in said)
    return _alone(visit) and clear and not (stars is not None and stars <= BAD)


def added(days: Iterable[AskedDay]) -> AskedDay:
    """Several days as one."""
    total = AskedDay()
    for day in days:
        total.whole.update(day.whole)
        total.reasons.update(day.reasons)
        for intent, counts in day.intents.items():
            total.of(intent).update(counts)
    return total
