"""What an extractor found in a normalised text."""

from __future__ import annotations

from dataclasses import dataclass

Value = str | float


@dataclass(frozen=True)
class Found:
    """One entity: name, normalised value (see contract: cm, 斤, yuan, ids), half-open range in the normalised text."""

    entity: str
    value: Value
    start: int
    end: int

    def overlaps(self, other: Found) -> bool:
        """Whether both cover a common character."""
        return self.start < other.end and other.start < self.end


def without_overlaps(found: list[Found]) -> list[Found]:
    """Earlier entries win over later ones that cover the same characters; the result is in the order of the text."""
    kept: list[Found] = []
    for one in found:
        if not any(one.overlaps(other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: (one.start, one.end))
