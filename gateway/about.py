"""What a window is told of its talk beside the messages: who has it, the place in the queue, and whether to ask for a rating."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select

from gateway.store import NoSuchTalk, Store
from gateway.talks import Talk, instant
from shop.clock import Clock
from shop.db import reading, writing
from shop.models import Conversation, Message, Staff

# With these the shopper ends a talk in words of their own (intents of the domain).
FAREWELLS = frozenset({"thank_you", "goodbye"})
# What is no wish that could have been served well or badly.
SMALL_TALK = frozenset(
    {"greet", "thank_you", "goodbye", "affirm", "deny", "wait_request", "ask_repeat", "unclear_message", "nlu_fallback", "ask_bot"}
)
# So many of the newest messages are looked at.
LOOK_BACK = 40


class About:
    """Reads the talk's circumstances; keeps that a rating was put away."""

    def __init__(self, store: Store, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def describe(self, talk: Talk) -> dict[str, Any]:
        """The talk as the API says it (``schemas.ConversationOut``)."""
        return {
            "id": talk.id,
            "owner": talk.owner_word,
            "staff": self.number(talk),
            "waiting_place": self._store.positions.waiting_place(talk),
            "created_at": instant(talk.created_at),
            "last_seq": talk.last_seq,
            "rating_due": self.rating_due(talk),
        }

    def news(self, talk: Talk) -> dict[str, Any]:
        """The ``owner`` event of a window."""
        told = self.describe(talk)
        return {"type": "owner", **{name: told[name] for name in ("owner", "staff", "waiting_place", "rating_due")}}

    def number(self, talk: Talk) -> str | None:
        """The number of the agent who has the talk: all a shopper learns of them (style.md ad_05)."""
        if talk.agent is None:
            return None
        with reading(self._engine) as session:
            row = session.get(Staff, (self._shop, talk.agent))
            return None if row is None else row.number

    def queued(self, talks: list[str]) -> list[Talk]:
        """Those of these talks that wait for a person."""
        if not talks:
            return []
        with reading(self._engine) as session:
            query = select(Conversation.id).where(
                Conversation.shop_id == self._shop, Conversation.owner == "queue", Conversation.id.in_(talks)
            )
            ids = list(session.scalars(query))
        return [talk for talk in map(self._store.talk, ids) if talk is not None]

    def rating_due(self, talk: Talk) -> bool:
        """Whether this is the moment to ask for a rating.

        Once a talk: never again after a rating or after the question was put away. The matter is settled when a person's
        part is over (closed, or back with the bot), or when the shopper says thanks or goodbye to the bot after a real
        question was answered and nothing is left open.
        """
        # The opening bubbles, a question, its answer and the thanks: less is no talk to rate.
        if talk.last_seq < 4 or talk.owner_word in ("queue", "agent"):
            return False
        with reading(self._engine) as session:
            row = session.get(Conversation, (self._shop, talk.id))
            if row is None or row.rated_at is not None:
                return False
            query = select(Message.sender, Message.state, Message.trace).where(
                Message.shop_id == self._shop, Message.conversation_id == talk.id
            )
            newest = [
                (sender, state, trace or {})
                for sender, state, trace in session.execute(query.order_by(Message.seq.desc()).limit(LOOK_BACK))
            ]
        return _settled(talk.owner_word, newest)

    def skip_rating(self, talk_id: str) -> None:
        """The question was put away: it is not asked again. A rating that was given stays. Raises :class:`NoSuchTalk`."""
        with writing(self._engine) as session:
            row = session.get(Conversation, (self._shop, talk_id), with_for_update=True)
            if row is None:
                raise NoSuchTalk
            if row.rated_at is None:
                row.rated_at = self._clock.now()


def _settled(owner: str, newest: list[tuple[str, str, dict[str, Any]]]) -> bool:
    mine = [(state, trace) for sender, state, trace in newest if sender == "shopper"]
    if not mine:
        return False
    if owner == "closed":
        return True
    # A person spoke, and since the bot has the talk again the shopper has said nothing new.
    for sender, _, _ in newest:
        if sender == "shopper":
            break
        if sender == "agent":
            return True
    state, trace = mine[0]
    if state != "answered" or trace.get("intent") not in FAREWELLS:
        return False
    said = next((trace for sender, _, trace in newest if sender == "bot"), {})
    open_state = said.get("state") or {}
    if open_state.get("active_loop") or open_state.get("requested_slot") or open_state.get("open_question") not in (None, "", "none"):
        return False
    return any(state == "answered" and trace.get("intent") and trace["intent"] not in SMALL_TALK for state, trace in mine[1:])
