"""The trainers' inbox of one shop: messages to be labelled, by group, and what was made of them (issue 8, part 2).

It knows no talk: whoever reads it gets masked sentences with the day. What is labelled stays here until its talk goes; the label itself
lives in the project's files (``saved``: the commit that has it).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Engine, Select, and_, case, func, or_, select, update

from shop.clock import Clock
from shop.db import reading, writing
from shop.models import InboxRow

State = Literal["open", "labelled", "dropped"]
STATES: tuple[State, ...] = ("open", "labelled", "dropped")
REASONS = ("fallback", "margin", "edited", "ignored", "rating", "sampled")
Why = Literal["known", "useless", "duplicate"]
Sort = Literal["size", "newest", "unsure"]
SURE = 1000  # a share of 1 in the table's thousandths


@dataclass(frozen=True)
class InboxMessage:
    """A message of the inbox; shares from 0 to 1. ``entities``: [{start, end, entity, value, text}] of ``text`` (places in characters)."""

    id: str
    text: str
    plain: str
    day: date
    reasons: tuple[str, ...]
    intent: str | None
    topic: str | None
    share: float | None
    second: float | None
    ranking: tuple[dict[str, Any], ...]
    asked: str | None
    leader: str
    state: State
    label: str | None
    label_topic: str | None
    entities: tuple[dict[str, Any], ...]
    train: bool
    why: str | None
    judged_by: str | None
    saved: str | None


@dataclass(frozen=True)
class Group:
    """Messages that are alike: how many fit the filter, the newest of them and its day, and the reasons of all."""

    leader: str
    count: int
    newest: date
    first: InboxMessage


@dataclass(frozen=True)
class Filter:
    """Which messages: of a state, for a reason, read as an intent (``-``: as none), since a day, with words in them, of a member."""

    state: State = "open"
    reason: str | None = None
    intent: str | None = None
    since: date | None = None
    words: str = ""
    unsaved: bool = False
    by: str | None = None


def hashed(plain: str) -> str:
    """What stands for bare words in ``plain``: equal for equal ones."""
    return hashlib.sha256(f"inbox {plain}".encode()).hexdigest()[:32]


class InboxMessages:
    """Reads and judges the inbox of one shop. Filling it is gateway/inbox_filling.py."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def get(self, message_id: str) -> InboxMessage | None:
        """A message of the inbox by its id there."""
        with reading(self._engine) as session:
            row = session.get(InboxRow, (self._shop, message_id))
            return None if row is None else _message(row)

    def some(self, ids: Collection[str]) -> list[InboxMessage]:
        """Messages by id, in the order of ``ids``; those that are gone are left out."""
        with reading(self._engine) as session:
            rows = session.scalars(select(InboxRow).where(InboxRow.shop_id == self._shop, InboxRow.id.in_(ids)))
            found = {row.id: _message(row) for row in rows}
        return [found[one] for one in ids if one in found]

    def groups(self, wanted: Filter, *, sort: Sort = "size", limit: int = 50, offset: int = 0) -> tuple[list[Group], int, int]:
        """Groups that have messages of this filter, and how many groups and messages there are in all.

        ``sort``: the largest first, the newest first, or those first of which the engine was least sure.
        """
        conditions = self._where(wanted)
        count, newest = func.count().label("n"), func.max(InboxRow.at).label("newest")
        gap = func.min(func.coalesce(InboxRow.share, 0) - func.coalesce(InboxRow.second, 0)).label("gap")
        first: Any = {"size": count.desc(), "newest": newest.desc(), "unsure": gap.asc()}[sort]
        grouped = select(InboxRow.leader, count, newest, func.max(InboxRow.day).label("day"), gap).where(*conditions)
        grouped = grouped.group_by(InboxRow.leader)
        with reading(self._engine) as session:
            page = session.execute(grouped.order_by(first, newest.desc(), InboxRow.leader).limit(limit).offset(offset)).all()
            inner = grouped.subquery()
            groups, messages = session.execute(select(func.count(), func.coalesce(func.sum(inner.c.n), 0)).select_from(inner)).one()
            heads: dict[str, InboxMessage] = {}
            if page:
                # The oldest of each group that fits: the one the group began with, unless that was judged or erased.
                oldest = select(InboxRow.leader, func.min(InboxRow.at).label("at")).where(*conditions)
                oldest_of = oldest.where(InboxRow.leader.in_([one.leader for one in page])).group_by(InboxRow.leader).subquery()
                same = and_(InboxRow.leader == oldest_of.c.leader, InboxRow.at == oldest_of.c.at)
                for row in session.scalars(select(InboxRow).join(oldest_of, same).where(*conditions).order_by(InboxRow.id)):
                    heads.setdefault(row.leader, _message(row))
        return [Group(one.leader, one.n, one.day, heads[one.leader]) for one in page if one.leader in heads], groups, int(messages)

    def of_group(self, leader: str, wanted: Filter, *, limit: int = 100, offset: int = 0) -> tuple[list[InboxMessage], int]:
        """The messages of a group that fit the filter, the oldest first, and how many there are."""
        return self._page(select(InboxRow).where(*self._where(wanted), InboxRow.leader == leader), limit, offset, newest=False)

    def messages(self, wanted: Filter, *, limit: int = 100, offset: int = 0) -> tuple[list[InboxMessage], int]:
        """Messages that fit the filter, those judged last (else said last) first, and how many there are."""
        return self._page(select(InboxRow).where(*self._where(wanted)), limit, offset, newest=True)

    def counts(self, by: str | None = None) -> dict[str, int]:
        """How many are open, labelled, dropped, labelled and not yet in the files (``unsaved``; ``mine``: by this member), and for each
        reason how many are open."""
        unsaved = and_(InboxRow.state == "labelled", InboxRow.saved.is_(None))
        columns = [func.count().filter(InboxRow.state == state).label(state) for state in STATES]
        columns += [func.count().filter(unsaved).label("unsaved"), func.count().filter(unsaved, InboxRow.judged_by == by).label("mine")]
        columns += [
            func.count().filter(InboxRow.state == "open", InboxRow.reasons.contains(f"|{reason}|")).label(f"reason_{reason}")
            for reason in REASONS
        ]
        with reading(self._engine) as session:
            found = session.execute(select(*columns).where(InboxRow.shop_id == self._shop)).one()
        return {name: int(value) for name, value in found._asdict().items()}

    def intents(self, state: State = "open") -> dict[str, int]:
        """How many messages of a state were read as which intent; ``-``: as none."""
        name = func.coalesce(InboxRow.intent, "-")
        query = select(name, func.count()).where(InboxRow.shop_id == self._shop, InboxRow.state == state).group_by(name)
        with reading(self._engine) as session:
            return {str(intent): int(count) for intent, count in session.execute(query)}

    def label(
        self,
        ids: Collection[str],
        label: str,
        topic: str | None,
        *,
        by: str,
        text: str | None = None,
        plain: str | None = None,
        entities: Sequence[dict[str, Any]] = (),
        train: bool = False,
    ) -> list[str]:
        """Label messages, and every open one that says the same words; which. ``text``: the sentence as it shall stand in the files, for
        the one message of ``ids``; ``plain`` its bare words. Nothing happens to one that is in the files already."""
        values = {"state": "labelled", "label": label, "label_topic": topic, "train": train, "why": None}
        found = self._judge(ids, values, by)
        if (text is not None or entities) and found:
            own = {"entities": list(entities)} | ({"text": text, "plain": hashed(plain or text)} if text is not None else {})
            with writing(self._engine) as session:
                session.execute(self._these([one for one in ids if one in found]).values(**own))
        return found

    def drop(self, ids: Collection[str], why: Why, *, by: str) -> list[str]:
        """Take messages out of the inbox, and every open one that says the same; which."""
        return self._judge(ids, {"state": "dropped", "why": why, "label": None, "label_topic": None, "entities": []}, by)

    def reopen(self, ids: Collection[str]) -> list[str]:
        """Look at judged messages again; which. One whose label is in the files stays labelled: it is changed there."""
        clear: dict[str, Any] = {
            "label": None,
            "label_topic": None,
            "why": None,
            "judged_by": None,
            "judged_at": None,
            "entities": [],
            "train": False,
        }
        with writing(self._engine) as session:
            query = select(InboxRow.id).where(InboxRow.shop_id == self._shop, InboxRow.id.in_(ids), InboxRow.saved.is_(None))
            found = list(session.scalars(query.where(InboxRow.state != "open")))
            session.execute(self._these(found).values(state="open", **clear))
            return found

    def unsaved(self, by: str | None = None, limit: int = 1000) -> list[InboxMessage]:
        """Labelled messages that stand in no file yet, the one labelled first first; of one member, or of all."""
        query = select(InboxRow).where(
            InboxRow.shop_id == self._shop,
            InboxRow.state == "labelled",
            InboxRow.saved.is_(None),
            *([InboxRow.judged_by == by] if by else []),
        )
        with reading(self._engine) as session:
            return [_message(row) for row in session.scalars(query.order_by(InboxRow.judged_at, InboxRow.id).limit(limit))]

    def mark_saved(self, ids: Iterable[str], commit: str) -> int:
        """The labels of these messages stand in the files as of a commit; how many were new to it."""
        with writing(self._engine) as session:
            done = session.execute(
                self._these(list(ids)).where(InboxRow.state == "labelled", InboxRow.saved.is_(None)).values(saved=commit)
            )
            return int(getattr(done, "rowcount", 0))

    def for_training(self) -> set[str]:
        """The bare words (hashed) of labelled messages that a trainer wants to be taught as well."""
        query = select(InboxRow.plain).where(InboxRow.shop_id == self._shop, InboxRow.state == "labelled", InboxRow.train.is_(True))
        with reading(self._engine) as session:
            return set(session.scalars(query.distinct()))

    # What every reader and judge needs

    def _judge(self, ids: Collection[str], values: dict[str, Any], by: str) -> list[str]:
        with writing(self._engine) as session:
            mine = (InboxRow.shop_id == self._shop, InboxRow.saved.is_(None))
            words = list(session.scalars(select(InboxRow.plain).where(*mine, InboxRow.id.in_(ids)).distinct()))
            alike = or_(InboxRow.id.in_(ids), and_(InboxRow.state == "open", InboxRow.plain.in_(words)))
            found = list(session.scalars(select(InboxRow.id).where(*mine, alike).order_by(InboxRow.at, InboxRow.id)))
            session.execute(self._these(found).values(judged_by=by, judged_at=self._clock.now(), **values))
            return found

    def _these(self, ids: Collection[str]) -> Any:
        return update(InboxRow).where(InboxRow.shop_id == self._shop, InboxRow.id.in_(ids))

    def _page(self, query: Select[Any], limit: int, offset: int, *, newest: bool) -> tuple[list[InboxMessage], int]:
        when = case((InboxRow.judged_at.is_(None), InboxRow.at), else_=InboxRow.judged_at)
        order = (when.desc(), InboxRow.id.desc()) if newest else (InboxRow.at, InboxRow.id)
        with reading(self._engine) as session:
            total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
            return [_message(row) for row in session.scalars(query.order_by(*order).limit(limit).offset(offset))], total

    def _where(self, wanted: Filter) -> list[ColumnElement[bool]]:
        found = [InboxRow.shop_id == self._shop, InboxRow.state == wanted.state]
        if wanted.reason:
            found.append(InboxRow.reasons.contains(f"|{wanted.reason}|", autoescape=True))
        if wanted.intent:
            found.append(InboxRow.intent.is_(None) if wanted.intent == "-" else InboxRow.intent == wanted.intent)
        if wanted.since:
            found.append(InboxRow.day >= wanted.since)
        if wanted.words:
            found.append(InboxRow.text.contains(wanted.words, autoescape=True))
        if wanted.unsaved:
            found.append(InboxRow.saved.is_(None))
        if wanted.by:
            found.append(InboxRow.judged_by == wanted.by)
        return found


def _message(row: InboxRow) -> InboxMessage:
    return InboxMessage(
        id=row.id,
        text=row.text,
        plain=row.plain,
        day=row.day,
        reasons=tuple(one for one in row.reasons.split("|") if one),
        intent=row.intent,
        topic=row.topic,
        share=None if row.share is None else row.share / SURE,
        second=None if row.second is None else row.second / SURE,
        ranking=tuple(dict(one) for one in row.ranking),
        asked=row.asked,
        leader=row.leader,
        state=cast(State, row.state),
        label=row.label,
        label_topic=row.label_topic,
        entities=tuple(dict(one) for one in row.entities),
        train=row.train,
        why=row.why,
        judged_by=row.judged_by,
        saved=row.saved,
    )
