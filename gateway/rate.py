"""Rate limits: token buckets per address and per talk.

They live in the process, since one gateway serves a machine; a bucket that is full again is forgotten, so the table
holds only who was busy lately.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.problems import Problem


@dataclass(frozen=True)
class Limit:
    """At most ``burst`` at once, then ``per_minute`` a minute."""

    burst: int
    per_minute: float


# An address may be a whole dormitory behind one router, hence the generous second figure.
LIMITS = {
    "open": Limit(burst=30, per_minute=60),
    "address": Limit(burst=120, per_minute=600),
    "message": Limit(burst=20, per_minute=60),
    "upload": Limit(burst=12, per_minute=12),
    "read": Limit(burst=120, per_minute=600),
    "copy": Limit(burst=5, per_minute=2),
    "identity": Limit(burst=30, per_minute=60),
    # A desk's team behind one router, with live suggestions while they type; and passwords tried from one place.
    "staff": Limit(burst=400, per_minute=3000),
    "login": Limit(burst=20, per_minute=20),
}
MOST_BUCKETS = 50_000


class RateLimiter:
    """Counts by (limit's name, who). ``factor`` multiplies every limit; 0 switches them off (load tests)."""

    def __init__(self, factor: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._factor = factor
        self._clock = clock
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, name: str, who: str) -> None:
        """Take one. Raises a 429 problem with Retry-After (whole seconds) when there is none left."""
        if self._factor == 0:
            return
        limit = LIMITS[name]
        burst, rate = limit.burst * self._factor, limit.per_minute * self._factor / 60
        now = self._clock()
        if len(self._buckets) > MOST_BUCKETS:
            self._forget(now)
        left, since = self._buckets.get((name, who), (burst, now))
        left = min(burst, left + (now - since) * rate)
        if left < 1:
            self._buckets[name, who] = (left, now)
            wait = max(1, math.ceil((1 - left) / rate))
            raise Problem(429, "rate", f"Too many requests; try again in {wait} s.", headers={"Retry-After": str(wait)})
        self._buckets[name, who] = (left - 1, now)

    def _forget(self, now: float) -> None:
        for key, (left, since) in list(self._buckets.items()):
            limit = LIMITS[key[0]]
            if left + (now - since) * limit.per_minute * self._factor / 60 >= limit.burst * self._factor:
                del self._buckets[key]
        if len(self._buckets) > MOST_BUCKETS:
            # Still too many: a flood from many addresses. The oldest go.
            for key in sorted(self._buckets, key=lambda item: self._buckets[item][1])[: MOST_BUCKETS // 2]:
                del self._buckets[key]
