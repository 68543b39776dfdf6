"""Rasa's tracker store, bounded: a turn loads and sends the state of the talk and its last events, however long it is.

Two tables: `talks` holds one row a talk (slots and open form before the window, the window of last events, a small summary
for reading short answers), `turns` one row a save with the events that were new (the archive, for retention and erasure).
SQLite (a path) or PostgreSQL (a URL). A failure is remembered, so that the channel can refuse the turn: Rasa's own wrapper
would quietly go on in memory.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, ConversationPaused, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from engine import paths, quick_json
from engine.masking import scrub, secrets
from engine.wishes import rules

logger = logging.getLogger(__name__)
T = TypeVar("T")

# The window is cut back to SHORTEST events when it passes LONGEST, always before an action_listen, so between two turns.
LONGEST = 60
SHORTEST = 30
TRIES = 3
_KEPT_PARSE = ("text", "intent", "entities", "intent_ranking", "message_id", "metadata", "commands")

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS talks (sender_id VARCHAR(255) PRIMARY KEY, state TEXT NOT NULL, events TEXT NOT NULL,"
    " summary TEXT NOT NULL, updated DOUBLE PRECISION NOT NULL)",
    "CREATE TABLE IF NOT EXISTS turns (id {serial}, sender_id VARCHAR(255) NOT NULL, at DOUBLE PRECISION NOT NULL, events TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS turns_of_talk ON turns (sender_id, id)",
)
_SAVE_TALK = sa.text(
    "INSERT INTO talks (sender_id, state, events, summary, updated) VALUES (:sender, :state, :events, :summary, :at)"
    " ON CONFLICT (sender_id) DO UPDATE SET state = excluded.state, events = excluded.events,"
    " summary = excluded.summary, updated = excluded.updated"
)
_SAVE_TURN = sa.text("INSERT INTO turns (sender_id, at, events) VALUES (:sender, :at, :events)")
_LOAD = sa.text("SELECT state, events FROM talks WHERE sender_id = :sender")
_PEEK = sa.text("SELECT summary FROM talks WHERE sender_id = :sender")
_ERASE = (sa.text("DELETE FROM turns WHERE sender_id = :sender"), sa.text("DELETE FROM talks WHERE sender_id = :sender"))
_FORGET = (
    sa.text("DELETE FROM turns WHERE sender_id IN (SELECT sender_id FROM talks WHERE updated < :moment)"),
    sa.text("DELETE FROM talks WHERE updated < :moment"),
)
_ARCHIVE = sa.text("SELECT events FROM turns WHERE sender_id = :sender ORDER BY id")


class StoreFailed(Exception):
    """The tracker store could not be read or written."""


def _engine(where: str) -> sa.engine.Engine:
    if "://" in where and not where.startswith("sqlite"):
        return sa.create_engine(where, pool_size=4, max_overflow=4, pool_pre_ping=True, future=True)
    path = Path(where.split("///", 1)[1] if where.startswith("sqlite") else where)
    path.parent.mkdir(parents=True, exist_ok=True)
    # One connection for the one process that owns this file; the lock of the store keeps threads apart.
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=StaticPool, connect_args={"check_same_thread": False}, future=True)

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _: Any) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 5000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


class BoundedTrackerStore(TrackerStore):
    """A tracker store whose work does not grow with the talk."""

    def __init__(
        self, domain: Domain | None = None, host: str | None = None, event_broker: EventBroker | None = None, **kwargs: Any
    ) -> None:
        """Open (and create) the database.

        Args:
            domain: the model's domain; Rasa sets it after loading the model.
            host: path of an SQLite file or a `postgresql://` URL; by default `<XIAOER_HOME>/tracker.db`.
            event_broker: as in Rasa.
            kwargs: further options of endpoints.yml (none is used).

        Raises:
            StoreFailed: the database cannot be opened; the message names it and the remedy.
        """
        super().__init__(domain, event_broker, **kwargs)
        self.where = host or str(paths.home() / "tracker.db")
        self.engine = _engine(self.where)
        self._lock = threading.Lock()
        self.failure: str | None = None
        self.failed: dict[str, str] = {}  # talks whose last turn could not be read or written, with the reason
        self._unread: set[str] = set()
        serial = "INTEGER PRIMARY KEY AUTOINCREMENT" if self.engine.dialect.name == "sqlite" else "BIGSERIAL PRIMARY KEY"
        try:
            with self.engine.begin() as connection:
                for statement in _SCHEMA:
                    connection.execute(sa.text(statement.format(serial=serial)))
        except SQLAlchemyError as error:
            where = self.engine.url.render_as_string(hide_password=True)
            why = str(error).splitlines()[0]
            raise StoreFailed(
                f"the tracker store {where} cannot be opened: {why}; mend it or move it away (talks then begin anew)"
            ) from error

    # -- running SQL ---------------------------------------------------------------------------------------------------

    def _attempt(self, work: Callable[[sa.engine.Connection], T]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                with self._lock, self.engine.begin() as connection:
                    found = work(connection)
                self.failure = None
                return found
            except SQLAlchemyError as error:
                self.engine.dispose()
                if attempt == TRIES:
                    self.failure = f"{type(error).__name__}: {str(error).splitlines()[0]}"
                    logger.error("tracker store %s failed: %s", self.engine.url.render_as_string(hide_password=True), self.failure)
                    raise StoreFailed(self.failure) from error
                time.sleep(0.02 * attempt)
        raise AssertionError("unreachable")

    async def _run(self, work: Callable[[sa.engine.Connection], T]) -> T:
        if self.engine.dialect.name == "sqlite":  # well under a millisecond: a thread would cost more
            return self._attempt(work)
        return await asyncio.get_running_loop().run_in_executor(None, self._attempt, work)

    # -- what Rasa calls -----------------------------------------------------------------------------------------------

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The talk's tracker: its state before the window as events, then the window."""
        try:
            row = await self._run(lambda connection: connection.execute(_LOAD, {"sender": sender_id}).first())
        except StoreFailed as error:
            self.failed[sender_id] = str(error)
            self._unread.add(sender_id)
            raise
        self._unread.discard(sender_id)
        if row is None:
            return None
        state, events = quick_json.loads(row[0]), quick_json.loads(row[1])
        tracker = DialogueStateTracker.from_events(sender_id, _prefix(state, events) + _deserialised(events), self.domain.slots)
        tracker.xiaoer_state, tracker.xiaoer_window = state, events  # type: ignore[attr-defined]
        tracker.xiaoer_stored = len(tracker.events)  # type: ignore[attr-defined]
        return tracker

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """Every event of the talk, from the archive."""
        rows = await self._run(lambda connection: connection.execute(_ARCHIVE, {"sender": conversation_id}).all())
        events = [event for row in rows for event in quick_json.loads(row[0])]
        if not events:
            return None
        return DialogueStateTracker.from_dict(conversation_id, events, self.domain.slots)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append the new events and replace the talk's row."""
        sender = tracker.sender_id
        if sender in self._unread:
            # What we hold began empty because reading failed: writing it would wipe the talk.
            raise StoreFailed("the talk could not be read, so it is not written")
        if self.event_broker is not None:
            await self.stream_events(tracker)
        stored = getattr(tracker, "xiaoer_stored", 0)
        fresh, hidden = _without_secrets([_light(event.as_dict()) for event in list(tracker.events)[stored:]])
        if not fresh and stored:
            return
        state, window = self._bounded(sender, getattr(tracker, "xiaoer_state", {}), [*getattr(tracker, "xiaoer_window", []), *fresh])
        values = {
            "sender": sender,
            "state": quick_json.dumps(state),
            "events": quick_json.dumps(window),
            "summary": quick_json.dumps(scrub(summary(tracker), hidden)),
            "at": time.time(),
        }

        def write(connection: sa.engine.Connection) -> None:
            if fresh:
                connection.execute(_SAVE_TURN, {"sender": sender, "at": values["at"], "events": quick_json.dumps(fresh)})
            connection.execute(_SAVE_TALK, values)

        try:
            await self._run(write)
        except StoreFailed as error:
            self.failed[sender] = str(error)
            raise
        tracker.xiaoer_state, tracker.xiaoer_window = state, window  # type: ignore[attr-defined]
        tracker.xiaoer_stored = len(tracker.events)  # type: ignore[attr-defined]

    async def keys(self) -> Iterable[str]:
        """Ids of all talks."""
        rows = await self._run(lambda connection: connection.execute(sa.text("SELECT sender_id FROM talks")).all())
        return [row[0] for row in rows]

    # -- what our channel calls ----------------------------------------------------------------------------------------

    async def peek(self, sender_id: str) -> dict[str, Any]:
        """What the talk has open (see `summary`), without its events; empty for a new talk.

        Raises:
            StoreFailed: the database cannot be read.
        """
        row = await self._run(lambda connection: connection.execute(_PEEK, {"sender": sender_id}).first())
        return {} if row is None else dict(quick_json.loads(row[0]))

    async def check(self) -> None:
        """Raises StoreFailed when the database cannot be read."""
        await self._run(lambda connection: connection.execute(sa.text("SELECT 1 FROM talks LIMIT 1")).first())

    async def erase(self, sender_id: str) -> int:
        """Delete everything of a talk; how many rows were deleted."""
        found = await self._delete(_ERASE, {"sender": sender_id})
        self.failed.pop(sender_id, None)
        self._unread.discard(sender_id)
        return found

    async def forget_before(self, moment: float) -> int:
        """Retention: delete talks whose last event is older than `moment` (seconds since 1970); how many rows."""
        return await self._delete(_FORGET, {"moment": moment})

    async def _delete(self, statements: tuple[sa.sql.elements.TextClause, ...], values: dict[str, Any]) -> int:
        return await self._run(lambda connection: sum(int(connection.execute(one, values).rowcount) for one in statements))

    # -- bounding ------------------------------------------------------------------------------------------------------

    def _bounded(self, sender: str, state: dict[str, Any], window: list[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Fold what is too old into the state, so that at most LONGEST events stay."""
        if len(window) <= LONGEST:
            return state, window
        cut = next(
            (
                place
                for place in range(len(window) - SHORTEST, 0, -1)
                if window[place].get("event") == "action" and window[place].get("name") == ACTION_LISTEN_NAME
            ),
            0,
        )
        if not cut:  # one turn of more than SHORTEST events: keep it whole
            return state, window
        old = window[:cut]
        past = DialogueStateTracker.from_events(sender, _prefix(state, old) + _deserialised(old), self.domain.slots)
        return _state(past), window[cut:]


def _state(tracker: DialogueStateTracker) -> dict[str, Any]:
    slots = {name: slot.value for name, slot in tracker.slots.items() if slot.value != slot.initial_value}
    return {"slots": slots, "loop": tracker.active_loop_name, "paused": tracker.is_paused()}


def _prefix(state: dict[str, Any], events: list[dict[str, Any]]) -> list[Event]:
    """Events that bring an empty tracker to `state`; Rasa rebuilds slots and open form only from events."""
    if not state:
        return []
    at = events[0].get("timestamp") if events else None
    prefix: list[Event] = [SessionStarted(timestamp=at)]
    prefix.extend(SlotSet(name, value, timestamp=at) for name, value in state.get("slots", {}).items())
    if state.get("loop"):
        # A turn of the form before the window: else Rasa would take its next turn for its first.
        prefix.append(ActionExecuted(state["loop"], timestamp=at))
        prefix.append(ActiveLoop(state["loop"], timestamp=at))
    if state.get("paused"):
        prefix.append(ConversationPaused(timestamp=at))
    return prefix


def _deserialised(events: list[dict[str, Any]]) -> list[Event]:
    found = (Event.from_parameters(dict(event)) for event in events)
    return [event for event in found if event is not None]


def _light(event: dict[str, Any]) -> dict[str, Any]:
    """A user event without what only the parser needed."""
    parsed = event.get("parse_data")
    if not isinstance(parsed, dict):
        return event
    light = {key: parsed[key] for key in _KEPT_PARSE if key in parsed}
    light["intent_ranking"] = (light.get("intent_ranking") or [])[:3]
    return {**event, "parse_data": light}


def _without_secrets(events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Events without identity and card numbers, accounts, passwords and codes, and what was taken out.

    The gateway has masked what comes from it (`metadata.masked`, it knows which numbers are orders); Rasa's own `rest` channel has nobody.
    """
    hidden: list[str] = []
    clean = []
    for event in events:
        said = event.get("text") if event.get("event") == "user" and not (event.get("metadata") or {}).get("masked") else None
        found = secrets(said) if isinstance(said, str) else None
        if found is not None and found.hidden:
            hidden += found.hidden
            event = {**event, "text": found.text, "parse_data": {**(event.get("parse_data") or {}), "text": found.text}}
        clean.append(event)
    return [dict(scrub(event, hidden)) for event in clean] if hidden else clean, hidden


def _last_wish(tracker: DialogueStateTracker) -> dict[str, str | None]:
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered) and rules().group.get(str(event.intent_name), "answer") != "answer":
            topic = next((str(one.get("value")) for one in event.entities or [] if one.get("entity") == "topic"), None)
            return {"last_wish": event.intent_name, "last_topic": topic}
    return {"last_wish": None, "last_topic": None}


def summary(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What is open after a turn: form, its question, `open_question`, the last buttons, the height (to read a bare weight)."""
    buttons: list[dict[str, str]] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            buttons = [{"title": one.get("title"), "payload": one.get("payload")} for one in event.data.get("buttons") or []] + buttons

    def slot(name: str) -> Any:
        return tracker.slots[name].value if name in tracker.slots else None

    return {
        "active_loop": tracker.active_loop_name,
        "requested_slot": slot("requested_slot") if tracker.active_loop_name else None,
        "open_question": slot("open_question"),
        "height": slot("height"),
        "second_wish": slot("second_wish"),
        **_last_wish(tracker),
        "order_named": bool(slot("order_id") or slot("order_number")),
        "buttons": buttons,
        "message_id": str(tracker.latest_message.message_id or "") if tracker.latest_message else "",
    }
