"""The boxes of the desk in the database: which talks, since when each shopper waits, how much is unread, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from gateway import wording
from gateway.rows import talk_of
from gateway.store import Store
from gateway.talks import Talk
from shop.db import reading
from shop.models import Conversation, Customer, Message, Order, Shipment

Box = Literal["mine", "waiting", "bot", "agents", "closed", "all"]
BOXES: tuple[Box, ...] = ("mine", "waiting", "bot", "agents", "closed", "all")
# Talks with the bot that were still for so long have ended by themselves; nobody scrolls through them.
BOT_BOX = timedelta(hours=24)
MOST = 200
# So many of a talk's newest messages are looked through for its last wish and for a hand-over that nobody has answered.
RECENT = 12


@dataclass(frozen=True)
class Summary:
    """A talk in a box. ``waiting_since``: the shopper's oldest message that nobody has answered, ``last``: the newest message.

    ``unread``: messages of the shopper that nobody of the shop has seen.
    """

    talk: Talk
    customer: str | None
    last_text: str
    last_from: str
    last_at: datetime
    waiting_since: datetime | None
    intent: str | None
    unread: int = 0


class BoxStore(Store):
    """The boxes of one shop's talks."""

    def box(self, box: Box, staff_id: str, *, search: str = "", limit: int = 100) -> list[Summary]:
        """The talks of a box: who waits longest first, then the newest.

        ``search``: words of messages, a customer's name or id, the number of an order or parcel, or a talk's id.
        ``mine`` are the talks of ``staff_id``; ``agents`` those of anybody; ``all`` every talk, however old.
        """
        query = self._listed().where(self._whose(box, staff_id), Conversation.last_seq > 0)
        if search.strip():
            query = query.where(self._found(search.strip()))
        order = (Conversation.updated_at.asc(),) if box == "waiting" else (Conversation.updated_at.desc(),)
        return self._summaries(query.order_by(*order, Conversation.id).limit(min(limit, MOST)))

    def summary(self, talk_id: str) -> Summary | None:
        """One talk as a box lists it, or None."""
        found = self._summaries(self._listed().where(Conversation.id == talk_id, Conversation.last_seq > 0))
        return found[0] if found else None

    def _listed(self) -> Select[Conversation, str | None, datetime | None, int]:
        answer, asked, unseen = aliased(Message), aliased(Message), aliased(Message)

        def of_talk(table: type[Message]) -> ColumnElement[bool]:
            return and_(table.shop_id == Conversation.shop_id, table.conversation_id == Conversation.id)

        # It stands inside another subquery: without the word, the newest answer of any talk would be taken for this one's.
        answered = (
            select(func.coalesce(func.max(answer.seq), 0))
            .where(of_talk(answer), answer.sender.in_(("agent", "bot")))
            .correlate(Conversation)
            .scalar_subquery()
        )
        waiting = select(func.min(asked.at)).where(of_talk(asked), asked.sender == "shopper", asked.seq > answered).scalar_subquery()
        unread = (
            select(func.count())
            .select_from(unseen)
            .where(of_talk(unseen), unseen.sender == "shopper", unseen.seq > Conversation.read_by_shop)
            .scalar_subquery()
        )
        return (
            select(Conversation, Customer.name, waiting, unread)
            .outerjoin(Customer, and_(Customer.shop_id == Conversation.shop_id, Customer.id == Conversation.customer_id))
            .where(Conversation.shop_id == self._shop)
        )

    def _summaries(self, query: Select[Conversation, str | None, datetime | None, int]) -> list[Summary]:
        with reading(self._engine) as session:
            rows = session.execute(query).all()
            recent = self._recent(session, [row.id for row, *_ in rows])
            return [_summary(row, name, since, count, recent[row.id]) for row, name, since, count in rows if row.id in recent]

    def counts(self, staff_id: str) -> dict[str, int]:
        """How many talks each box has (``all`` is not counted: it only serves a search)."""
        names: tuple[Box, ...] = ("mine", "waiting", "bot", "agents", "closed")
        columns = [func.coalesce(func.sum(case((self._whose(name, staff_id), 1), else_=0)), 0) for name in names]
        with reading(self._engine) as session:
            found = session.execute(select(*columns).where(Conversation.shop_id == self._shop)).one()
        return {name: int(count) for name, count in zip(names, found, strict=True)}

    def wanted(self, staff_id: str) -> dict[str, int]:
        """What wants somebody: how many talks wait, and how many of one's own have something that nobody has seen."""
        unseen = aliased(Message)
        unread = exists().where(
            unseen.shop_id == Conversation.shop_id,
            unseen.conversation_id == Conversation.id,
            unseen.sender == "shopper",
            unseen.seq > Conversation.read_by_shop,
        )
        count = select(func.count()).select_from(Conversation).where(Conversation.shop_id == self._shop)
        with reading(self._engine) as session:
            return {
                "waiting": session.scalar(count.where(Conversation.owner == "queue")) or 0,
                "unread": session.scalar(count.where(Conversation.owner == f"agent:{staff_id}", unread)) or 0,
            }

    def loads(self) -> dict[str, int]:
        """How many talks each member has now."""
        with reading(self._engine) as session:
            rows = session.execute(
                select(Conversation.owner, func.count())
                .where(Conversation.shop_id == self._shop, Conversation.owner.startswith("agent:", autoescape=True))
                .group_by(Conversation.owner)
            )
            return {owner.removeprefix("agent:"): int(count) for owner, count in rows}

    def talks_of(self, customer_id: str, limit: int) -> list[Talk]:
        """A customer's talks, newest first."""
        with reading(self._engine) as session:
            mine = (Conversation.shop_id == self._shop, Conversation.customer_id == customer_id)
            rows = session.scalars(select(Conversation).where(*mine).order_by(Conversation.updated_at.desc()).limit(limit))
            return [talk_of(row) for row in rows]

    def _whose(self, box: Box, staff_id: str) -> ColumnElement[bool]:
        now = self._clock.now()
        whose: dict[Box, ColumnElement[bool]] = {
            "mine": Conversation.owner == f"agent:{staff_id}",
            "waiting": Conversation.owner == "queue",
            "bot": and_(Conversation.owner == "bot", Conversation.updated_at >= now - BOT_BOX),
            "agents": Conversation.owner.startswith("agent:", autoescape=True),
            "closed": Conversation.owner == "closed",
            "all": true(),
        }
        return whose[box]

    def _found(self, words: str) -> ColumnElement[bool]:
        said = aliased(Message)
        text = exists().where(
            said.shop_id == Conversation.shop_id,
            said.conversation_id == Conversation.id,
            said.text.contains(words, autoescape=True),
        )
        orders = select(Order.customer_id).where(Order.shop_id == self._shop, Order.id == words)
        parcels = (
            select(Order.customer_id)
            .join(Shipment, and_(Shipment.shop_id == Order.shop_id, Shipment.order_id == Order.id))
            .where(Order.shop_id == self._shop, Shipment.tracking == words)
        )
        named = select(Customer.id).where(Customer.shop_id == self._shop, Customer.name.contains(words, autoescape=True))
        return or_(
            text,
            Conversation.customer_id == words,
            Conversation.id == words,
            Conversation.customer_id.in_(orders),
            Conversation.customer_id.in_(parcels),
            Conversation.customer_id.in_(named),
        )

    def _recent(self, session: Session, talk_ids: Sequence[str]) -> dict[str, list[_Line]]:
        """The newest messages of each of these talks, newest first. Of a trace only two words are read: it is long."""
        if not talk_ids:
            return {}
        rows = session.execute(
            select(
                Message.conversation_id,
                Message.sender,
                Message.text,
                Message.at,
                Message.trace["intent"].as_string(),
                Message.trace["response"].as_string(),
            )
            .join(Conversation, and_(Conversation.shop_id == Message.shop_id, Conversation.id == Message.conversation_id))
            .where(
                Message.shop_id == self._shop,
                Message.conversation_id.in_(talk_ids),
                Message.seq > Conversation.last_seq - RECENT,
            )
            .order_by(Message.seq.desc())
        )
        found: dict[str, list[_Line]] = {}
        for talk_id, *line in rows:
            found.setdefault(talk_id, []).append(_Line(*line))
        return found


class _Line(NamedTuple):
    """A message as far as a box needs it."""

    sender: str
    text: str | None
    at: datetime
    intent: str | None
    response: str | None


def _summary(row: Conversation, name: str | None, since: datetime | None, unread: int, recent: Sequence[_Line]) -> Summary:
    talk = talk_of(row)
    # What the gateway says of the talk ("a person is on the way") is no news of it, nor is what the bot said before.
    with_people = talk.owner_word in ("queue", "agent")
    news = ("shopper", "agent") if with_people else ("shopper", "agent", "bot")
    newest = next((line for line in recent if line.sender in news), recent[0])
    wish = next((line.intent for line in recent if line.sender == "shopper" and line.intent), None)
    moments = [moment for moment in (since, _handed_over(recent) if with_people else None) if moment is not None]
    if not moments and talk.owner_word == "queue":
        moments = [row.updated_at]
    return Summary(talk, name, newest.text or "", newest.sender, newest.at, min(moments, default=None), wish, unread)


def _handed_over(recent: Sequence[_Line]) -> datetime | None:
    """When the shopper asked what the bot handed over and no agent has answered since; "a person is on the way" is no answer."""
    handing = False
    for line in recent:
        if line.sender == "agent":
            return None
        if line.response in (wording.QUEUED, wording.NOBODY):
            handing = True
        elif line.sender == "shopper" and handing:
            return line.at
        elif line.sender == "bot" and not handing:
            return None
    return None
