"""Who gets the next talk that waits for a person: by presence, capacity and topic (issue 7, inbox). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Candidate:
    """A member of staff as far as it matters here.

    ``there``: in front of an open desk and 在线; ``load`` and ``capacity`` in talks; ``topics``: intents of their own (empty: all);
    ``last_given``: when a talk was last given to them, None for never today.
    """

    id: str
    there: bool
    capacity: int
    load: int
    topics: Collection[str] = ()
    last_given: datetime | None = None


def choose(candidates: Iterable[Candidate], intent: str | None) -> str | None:
    """The id of the member who gets a talk about ``intent``, or None when nobody is free for it.

    Specialists of the topic come before those who take everything, then who is least busy for their capacity, then who was given
    one longest ago. Nobody gets more than their capacity, and no specialist a topic of somebody else.
    """
    free = [
        one
        for one in candidates
        if one.there and one.load < one.capacity and (not one.topics or (intent is not None and intent in one.topics))
    ]
    if not free:
        return None

    def rank(one: Candidate) -> tuple[bool, float, float, str]:
        since = one.last_given.timestamp() if one.last_given is not None else 0.0
        return not one.topics, one.load / one.capacity, since, one.id

    return min(free, key=rank).id
