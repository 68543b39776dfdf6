"""What is pushed to open windows of a talk: messages, typing, owner, receipts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Event = dict[str, Any]

# A window that lags this far behind is closed; it catches up from the store when it comes back.
MOST_WAITING = 500
MOST_WINDOWS = 8


class TooManyWindows(Exception):
    """One talk has too many open windows."""


class Lagging(Exception):
    """A window did not read its events in time."""


class Window:
    """One open connection of a talk."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event] = asyncio.Queue(MOST_WAITING)
        self._lagging = False

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

    @contextmanager
    def open(self, conversation_id: str) -> Iterator[Window]:
        """A window for as long as the block runs. Raises :class:`TooManyWindows`."""
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

    def is_open(self, conversation_id: str) -> bool:
        """Whether anybody looks at this talk right now."""
        return conversation_id in self._windows

    def publish(self, conversation_id: str, event: Event) -> None:
        """Give an event to every open window of a talk."""
        for window in self._windows.get(conversation_id, ()):
            window.put(event)
