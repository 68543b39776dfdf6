"""What was made of a text before, kept for those who say the same: shoppers repeat themselves and each other all day.

Whose text a kept one is cannot be told, so whoever erases a talk empties all of them (:func:`forget_all`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakSet

MOST = 4096
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """At most `most` values, those asked for last. A value is shared by all who ask: it is read, never changed."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()
        _all.add(self)

    def get(self, key: Key) -> Value | None:
        """The value kept for a key, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is not None:
                self._values.move_to_end(key)
            return found

    def of(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value kept for a key, else what `make` makes of it, kept from now on. Two at once may both make it."""
        found = self.get(key)
        return self.keep(key, make()) if found is None else found

    def keep(self, key: Key, value: Value) -> Value:
        """Keep a value, and let go of what nobody has asked for longest."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._values.clear()


# Each lives as long as the component that has it, and that as long as its model.
_all: WeakSet[Kept] = WeakSet()


def forget_all() -> None:
    """Empty everything that is kept by text in this process."""
    for one in list(_all):
        one.clear()
