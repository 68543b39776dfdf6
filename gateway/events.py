"""What is pushed to open windows of a talk: messages, typing, owner, receipts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Event = dict[str, Any]

# A window that lags this far behind is closed; it catches up from the store when it comes back.
MOST_WAITING = 500
MOST_WINDOWS = 8
MOST_DESKS = 200
# A client without a socket asks for messages now and then; so long after one question it counts as being here (seconds).
STILL_HERE = 60.0
MOST_REMEMBERED = 10_000


class TooManyWindows(Exception):
    """One talk has too many open windows."""


class Lagging(Exception):
    """A window did not read its events in time."""


class Window:
    """One open connection of a talk."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event] = asyncio.Queue(MOST_WAITING)
        self._lagging = False
        # A desk's: whether somebody sees it now.
        self.seen = False

    def put(self, event: Event) -> None:
        """Give an event; a full window is marked as lagging instead of growing."""
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self._lagging = True

    async def get(self) -> Event:
        """The next event. Raises :class:`Lagging` when some were lost."""
        if self._lagging:
            raise Lagging
        return await self._queue.get()


class Hub:
    """Open windows by talk."""

    def __init__(self) -> None:
        self._windows: dict[str, set[Window]] = {}
        self._read: dict[str, float] = {}
        self.closing = False
        self._desks: dict[Window, str] = {}
        self._viewing: dict[Window, str] = {}
        self._fronts: set[Window] = set()

    @contextmanager
    def open_desk(self, staff_id: str, *, front: bool = True) -> Iterator[Window]:
        """A window of a member of staff: it hears of every talk. ``front``: talks are answered in it. Raises :class:`TooManyWindows`."""
        if len(self._desks) >= MOST_DESKS:
            raise TooManyWindows
        window = Window()
        self._desks[window] = staff_id
        if front:
            self._fronts.add(window)
        try:
            yield window
        finally:
            self._desks.pop(window, None)
            self._fronts.discard(window)
            self._viewing.pop(window, None)

    def view(self, window: Window, conversation_id: str) -> bool:
        """This desk shows this talk; whether its member was not looking at it yet."""
        staff = self._desks.get(window)
        news = staff is not None and staff not in self.viewers().get(conversation_id, ())
        if staff is not None:
            self._viewing[window] = conversation_id
        return news

    def look_away(self, window: Window) -> bool:
        """This desk shows no talk any more; whether its member looks at that talk no more, in no other window either."""
        talk, staff = self._viewing.pop(window, None), self._desks.get(window)
        return talk is not None and staff not in self.viewers().get(talk, ())

    def viewed(self, window: Window) -> str | None:
        """The talk this desk shows."""
        return self._viewing.get(window)

    def viewers(self) -> dict[str, list[str]]:
        """Ids of the staff who look at each talk."""
        found: dict[str, list[str]] = {}
        for window, talk in self._viewing.items():
            if (staff := self._desks.get(window)) is not None and staff not in found.setdefault(talk, []):
                found[talk].append(staff)
        return found

    def at_desk(self) -> set[str]:
        """Ids of the staff who are in front of a desk of this gateway."""
        return {staff for window, staff in self._desks.items() if window in self._fronts}

    def in_front(self) -> set[str]:
        """Ids of the staff who see a desk that is open in this gateway: its page is neither hidden nor another one."""
        return {staff_id for window, staff_id in self._desks.items() if window.seen}

    @contextmanager
    def open(self, conversation_id: str) -> Iterator[Window]:
        """A window for as long as the block runs. Raises :class:`TooManyWindows`."""
        if not self.is_here(conversation_id):
            self.publish_to_staff(conversation_id, {"type": "here", "on": True})
        windows = self._windows.setdefault(conversation_id, set())
        if len(windows) >= MOST_WINDOWS:
            raise TooManyWindows
        window = Window()
        windows.add(window)
        try:
            yield window
        finally:
            windows.discard(window)
            if not windows:
                self._windows.pop(conversation_id, None)
                if not self.is_here(conversation_id):
                    self.publish_to_staff(conversation_id, {"type": "here", "on": False})

    def close(self) -> None:
        """The gateway is about to stop: nobody is to wait for news any more."""
        self.closing = True

    def is_open(self, conversation_id: str) -> bool:
        """Whether anybody looks at this talk right now."""
        return conversation_id in self._windows

    def saw(self, conversation_id: str) -> None:
        """The messages of this talk were asked for just now, window or not."""
        if not self.is_here(conversation_id):
            self.publish_to_staff(conversation_id, {"type": "here", "on": True})
        now = time.monotonic()
        if len(self._read) > MOST_REMEMBERED:
            self._read = {talk: at for talk, at in self._read.items() if now - at < STILL_HERE}
        self._read[conversation_id] = now

    def is_here(self, conversation_id: str) -> bool:
        """Whether the shopper of this talk would see a message now: a window is open, or the messages were read just now."""
        return conversation_id in self._windows or time.monotonic() - self._read.get(conversation_id, -STILL_HERE) < STILL_HERE

    def here(self) -> list[str]:
        """The talks for which :meth:`is_here` holds."""
        return [talk for talk in {*self._windows, *self._read} if self.is_here(talk)]

    def publish(self, conversation_id: str, event: Event, for_staff: Event | None = None) -> None:
        """Give an event to every open window of a talk, and to the desks with what is ``for_staff`` alone."""
        for window in self._windows.get(conversation_id, ()):
            window.put(event)
        self.publish_to_staff(conversation_id, {**event, **(for_staff or {})})

    def publish_to_staff(self, conversation_id: str | None, event: Event) -> None:
        """Give an event to the desks only; None when it is about no talk."""
        for window in self._desks:
            window.put({"talk": conversation_id, **event})
