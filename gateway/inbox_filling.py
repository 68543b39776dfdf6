"""Fills the trainers' inbox from what is stored, a piece at a time: no turn waits for it, and a restart goes on where it stopped.

Three sources, each read from where the last piece ended: messages that have settled, suggestions that agents changed or passed over,
and bad ratings. What is kept is masked and without its numbers (``anonymous``); buttons, pictures and what was judged before stay out.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, func, select, tuple_
from sqlalchemy.orm import Session

from gateway.inbox import NOT_UNDERSTOOD, UNSURE
from gateway.talks import joined
from gateway.threads import counting
from policy.masking import personal
from shop.clock import Clock, local_day
from shop.counters import hold
from shop.db import reading, writing
from shop.inbox import SURE, hashed
from shop.models import Conversation, Counter, Customer, Erasure, InboxRow, Message, SuggestionUse
from studio.likeness import ALIKE, Likeness, plain

log = logging.getLogger(__name__)

# A message is read when its turn is long over; a share of those that nothing was wrong with is looked at as well, drawn by their ids.
SETTLED = timedelta(seconds=60)
SAMPLED = 0.02
# The engine wavered between two wishes when the second came so near to the first.
MARGIN = 0.3
UNHAPPY = 2
# Messages before a bad rating that may have earned it, and how far back mates of a turn and the bot's question stand.
RATED, BEFORE = 6, 3
PIECE = 300
# The same words again and again say nothing new.
MOST_ALIKE = 20
LONGEST = 300
FIRST, PAUSE, ON = 20.0, 30.0, 1.0
_NUMBER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}[0-9][A-Za-z0-9]{6,}(?![A-Za-z0-9])")
_SAYS = re.compile(r"[A-Za-z\u3400-\u9fff]")
_MARKED = re.compile(r"[\[【［][^\]】］]{0,12}[\]】］]|\*+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff]+")
Position = int  # microseconds since 1970
# What is known of a message by how it was read.
READING = ("intent", "topic", "share", "second", "ranking")


@dataclass
class _Found:
    """A message for the inbox: why, and how it was read when its own trace does not say."""

    reasons: list[str]
    ranking: Sequence[Mapping[str, Any]] = ()
    row: Any = None
    before: dict[int, Any] = field(default_factory=dict)


def anonymous(text: str, known: Iterable[str] = ()) -> str:
    """A text as a trainer may read it and a file may keep it: masked, order and tracking numbers in their form only, on one line."""
    masked = personal(text[:LONGEST], known).text
    return _NUMBER.sub(lambda found: found[0][:2] + re.sub(r"[0-9]", "0", found[0][2:]), " ".join(_UNSEEN.sub(" ", masked).split()))


def why(message_id: str, trace: Mapping[str, Any]) -> list[str]:
    """The reasons to show a message, of its trace alone: fallback, margin, sampled; none for one that was understood."""
    intent, share = trace.get("intent"), trace.get("confidence")
    found = []
    if intent in NOT_UNDERSTOOD:
        found.append("fallback")
    elif isinstance(share, int | float):
        ranking = _wishes(trace.get("ranking") or ())
        second = next((one["confidence"] for one in ranking if one["name"] != intent), 0.0)
        if share < UNSURE or share - second < MARGIN:
            found.append("margin")
    if not found and int(hashlib.sha256(message_id.encode()).hexdigest()[:8], 16) < SAMPLED * 0x1_0000_0000:
        found.append("sampled")
    return found


class InboxFilling:
    """Fills the inbox of one shop. ``settled``: how old a message is before it is read."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock, settled: timedelta = SETTLED) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock
        self._settled = settled
        self._groups: Likeness[str] | None = None
        self._erased: object = None

    async def run(self) -> None:
        """For as long as the gateway runs; an error ends a piece, never the job."""
        await asyncio.sleep(FIRST)
        while True:
            more = 0
            try:
                more = await counting(self.piece)
            except Exception:
                log.exception("the trainers' inbox could not be filled now")
            await asyncio.sleep(ON if more else PAUSE)

    def piece(self, most: int = PIECE) -> int:
        """Read at most ``most`` of each source and keep what is for trainers; how many sources have more."""
        return sum((self._messages(most), self._uses(most), self._ratings(most)))

    # The sources

    def _messages(self, most: int) -> bool:
        until = self._clock.now() - self._settled

        def query(since: datetime) -> Any:
            spoken = (Message.shop_id == self._shop, Message.state == "answered", Message.sender == "shopper")
            return select(Message.id, Message.at.label("moment"), Message.trace).where(*spoken, Message.at >= since, Message.at <= until)

        def found(row: Row[Any]) -> Iterable[tuple[str, _Found]]:
            reasons = why(row.id, row.trace or {})
            return [(row.id, _Found(reasons))] if reasons else []

        return self._read("messages", query, Message.at, found, most)

    def _uses(self, most: int) -> bool:
        def query(since: datetime) -> Any:
            settled = (SuggestionUse.shop_id == self._shop, SuggestionUse.settled_at >= since, SuggestionUse.together.is_(False))
            columns = (SuggestionUse.message_id, SuggestionUse.outcome, SuggestionUse.offered, SuggestionUse.settled_at.label("moment"))
            return select(*columns).where(*settled, SuggestionUse.outcome.in_(("edited", "ignored")))

        def found(row: Row[Any]) -> Iterable[tuple[str, _Found]]:
            ranking = [{"name": one.get("intent"), "confidence": one.get("confidence"), "topic": one.get("topic")} for one in row.offered]
            return [(row.message_id, _Found([row.outcome], ranking))]

        return self._read("uses", query, SuggestionUse.settled_at, found, most)

    def _ratings(self, most: int) -> bool:
        def query(since: datetime) -> Any:
            rated = (Conversation.shop_id == self._shop, Conversation.rated_at >= since, Conversation.rating <= UNHAPPY)
            return select(Conversation.id, Conversation.rated_at.label("moment")).where(*rated)

        def found(row: Row[Any]) -> Iterable[tuple[str, _Found]]:
            said = (Message.shop_id == self._shop, Message.conversation_id == row.id, Message.sender == "shopper")
            with reading(self._engine) as session:
                last = select(Message.id).where(*said, Message.at <= row.moment).order_by(Message.seq.desc()).limit(RATED)
                return [(one, _Found(["rating"])) for one in session.scalars(last)]

        return self._read("ratings", query, Conversation.rated_at, found, most // 10 or 1)

    def _read(
        self,
        source: str,
        query: Callable[[datetime], Any],
        order: Any,
        found: Callable[[Row[Any]], Iterable[tuple[str, _Found]]],
        most: int,
    ) -> bool:
        """Read a source on from its position; whether there is more."""
        name = f"inbox {source}"
        with reading(self._engine) as session:
            counter = session.get(Counter, (self._shop, name))
            position = counter.value if counter is not None else 0
            # Those of the position's own instant are read again: none of them is kept twice, and none is missed.
            while True:
                rows = session.execute(query(_instant(position)).order_by(order).limit(most)).all()
                if len(rows) < most or _micro(rows[-1].moment) > position:
                    break
                most *= 4
        if not rows:
            return False
        wanted: dict[str, _Found] = {}
        for row in rows:
            for message_id, one in found(row):
                known = wanted.setdefault(message_id, one)
                known.reasons += [reason for reason in one.reasons if reason not in known.reasons]
        last = _micro(rows[-1].moment)
        self._keep(wanted, name, position, last)
        return len(rows) == most

    def _keep(self, wanted: dict[str, _Found], name: str, position: Position, last: Position) -> None:
        with reading(self._engine) as session:
            self._gather(session, wanted)
            made = [one for message_id, found in wanted.items() if (one := self._row(message_id, found)) is not None]
        with writing(self._engine) as session:
            hold(session, self._shop, "inbox")
            counter = session.get(Counter, (self._shop, name))
            if (counter.value if counter is not None else 0) != position:
                return  # another gateway was quicker
            if counter is None:
                session.add(Counter(shop_id=self._shop, name=name, value=last))
            else:
                counter.value = last
            self._add(session, made)

    def _gather(self, session: Session, wanted: dict[str, _Found]) -> None:
        """The messages themselves, whose they are, and what stands just before each."""
        talk = (Conversation.shop_id == Message.shop_id) & (Conversation.id == Message.conversation_id)
        person = (Customer.shop_id == Conversation.shop_id) & (Customer.id == Conversation.customer_id)
        query = select(Message, Customer.name, Customer.phone).join(Conversation, talk).outerjoin(Customer, person)
        places: dict[tuple[str, int], list[_Found]] = {}
        for row in session.execute(query.where(Message.shop_id == self._shop, Message.id.in_(wanted))):
            found = wanted[row.Message.id]
            found.row = row
            for back in range(1, BEFORE + 1):
                places.setdefault((row.Message.conversation_id, row.Message.seq - back), []).append(found)
        key = tuple_(Message.conversation_id, Message.seq)
        for message in session.scalars(select(Message).where(Message.shop_id == self._shop, key.in_(list(places)))):
            for found in places[message.conversation_id, message.seq]:
                found.before[message.seq] = message

    def _row(self, message_id: str, found: _Found) -> dict[str, Any] | None:
        """A message as the inbox keeps it; None for one that says nothing that could be learned."""
        if found.row is None:
            return None
        message, name, phone = found.row
        trace = message.trace or {}
        turn = trace.get("turn")
        if trace.get("payload") or not (message.text or "").strip() or (turn and turn != message_id):
            return None  # a button, a picture, or a line that is told with the last line of its turn
        before = sorted(found.before.items())
        mates = [one.text or "" for _, one in before if one.sender == "shopper" and turn and (one.trace or {}).get("turn") == turn]
        text = anonymous(joined([*mates, message.text]), [one for one in (name, phone) if one])
        if not _SAYS.search(_MARKED.sub("", text)):
            return None
        asked = next((one for _, one in reversed(before) if one.sender == "bot"), None)
        ranking = _wishes(trace.get("ranking") or found.ranking)
        intent = ranking[0]["name"] if ranking else None
        shares = [one["confidence"] for one in ranking if one["confidence"] is not None]
        topic = trace.get("topic") if trace.get("intent") == intent else next((one.get("topic") for one in ranking[:1]), None)
        response = (asked.trace or {}).get("response") if asked is not None else None
        return {
            "message": message,
            "reasons": found.reasons,
            "values": {
                "text": text,
                "plain": hashed(plain(text)),
                "intent": intent,
                "topic": topic,
                "share": _thousandths(shares[0]) if shares else None,
                "second": _thousandths(shares[1]) if len(shares) > 1 else None,
                "ranking": ranking[:5],
                "asked": response if isinstance(response, str) else None,
            },
        }

    def _add(self, session: Session, made: Sequence[dict[str, Any]]) -> None:
        """Store what is new and not judged yet; what is known already gets the further reasons."""
        if not made:
            return
        of_shop = InboxRow.shop_id == self._shop
        ids = [one["message"].id for one in made]
        there = {row.message_id: row for row in session.scalars(select(InboxRow).where(of_shop, InboxRow.message_id.in_(ids)))}
        hashes = {one["values"]["plain"] for one in made}
        query = select(InboxRow.plain, InboxRow.state, func.count()).where(of_shop, InboxRow.plain.in_(hashes))
        alike = {(words, state): count for words, state, count in session.execute(query.group_by(InboxRow.plain, InboxRow.state))}
        groups = self._likeness(session)
        for one in made:
            message, values = one["message"], one["values"]
            known = there.get(message.id)
            if known is not None:
                old = known.reasons.strip("|").split("|")
                known.reasons = _joined([*old, *(reason for reason in one["reasons"] if reason not in old)])
                if not known.ranking:
                    # Said to a person, it was read by nobody until a suggestion was asked for.
                    for name in READING:
                        setattr(known, name, values[name])
                continue
            words = values["plain"]
            if any((words, state) in alike for state in ("labelled", "dropped")) or alike.get((words, "open"), 0) >= MOST_ALIKE:
                continue
            alike[words, "open"] = alike.get((words, "open"), 0) + 1
            row_id = f"i_{secrets.token_urlsafe(9)}"
            near = groups.near(values["text"], ALIKE, 1)
            leader = near[0].key if near else row_id
            if not near:
                groups.add(row_id, values["text"])
            about = {"shop_id": self._shop, "id": row_id, "conversation_id": message.conversation_id, "message_id": message.id}
            when = {"at": message.at, "day": local_day(message.at), "reasons": _joined(one["reasons"]), "leader": leader}
            session.add(InboxRow(**about, **when, **values, state="open", entities=[], train=False))

    def _likeness(self, session: Session) -> Likeness[str]:
        """The groups by one text of each; read anew after something was erased, so that no text outlives its talk here."""
        last = select(func.count(), func.max(Erasure.at)).where(Erasure.shop_id == self._shop)
        erased = tuple(session.execute(last).one())
        if self._groups is None or erased != self._erased:
            heads = select(InboxRow.leader, func.min(InboxRow.text)).where(InboxRow.shop_id == self._shop).group_by(InboxRow.leader)
            self._groups = Likeness((leader, text) for leader, text in session.execute(heads))
            self._erased = erased
        return self._groups


def _wishes(ranking: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A ranking without the engine's own words for doubt: name, confidence and, where it is told, the topic."""
    found = [
        {"name": str(one["name"]), "confidence": one.get("confidence"), **({"topic": one["topic"]} if one.get("topic") else {})}
        for one in ranking
        if isinstance(one, Mapping) and one.get("name") and one["name"] not in ("nlu_fallback", "unclear_message")
    ]
    return list({one["name"]: one for one in reversed(found)}.values())[::-1]


def _thousandths(share: float) -> int:
    return round(share * SURE)


def _joined(reasons: Iterable[str]) -> str:
    return f"|{'|'.join(reasons)}|"


def _micro(moment: datetime) -> Position:
    return (moment - _instant(0)) // timedelta(microseconds=1)


def _instant(position: Position) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=position)
