"""The form of a quality review (``policy/review_form.yml``) and its score. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("review_form.yml")
# What a criterion is marked with: done, partly, not done; None when it did not apply.
MARKS = (2, 1, 0)


class InvalidMarks(ValueError):
    """A form that is not filled in as it should be; the message names the place and what is allowed."""


@dataclass(frozen=True)
class Criterion:
    """One line of the form. ``points`` of all criteria add up to 100; a fault has none."""

    id: str
    name: str
    ask: str
    source: str
    points: int = 0


@dataclass(frozen=True)
class Form:
    """The whole form."""

    criteria: tuple[Criterion, ...]
    faults: tuple[Criterion, ...]


@lru_cache(maxsize=1)
def form() -> Form:
    """The form as the file has it."""
    body = yaml.safe_load(FILE.read_text("utf-8"))
    criteria, faults = (tuple(Criterion(id=str(key), **entry) for key, entry in body[part].items()) for part in ("criteria", "faults"))
    return Form(criteria, faults)


def score(marks: Mapping[str, int | None], faults: Collection[str]) -> int:
    """Points of a filled-in form, 0 to 100, of the criteria that applied; a fault makes it 0.

    Raises:
        InvalidMarks: a criterion is missing or unknown, a mark is none of 2, 1, 0 and None, a fault is unknown, or nothing applied.
    """
    known = {one.id: one for one in form().criteria}
    if wrong := sorted(set(known) ^ set(marks)):
        raise InvalidMarks(f"marks: {', '.join(wrong)} missing or unknown; mark every one of {', '.join(known)}")
    if wrong := sorted(name for name, mark in marks.items() if mark is not None and mark not in MARKS):
        raise InvalidMarks(f"marks: {', '.join(wrong)}: a mark is 2 (done), 1 (partly), 0 (not done) or null (did not apply)")
    if wrong := sorted(set(faults) - {one.id for one in form().faults}):
        raise InvalidMarks(f"faults: {', '.join(wrong)} unknown; allowed: {', '.join(one.id for one in form().faults)}")
    applied = {name: mark for name, mark in marks.items() if mark is not None}
    if not applied:
        raise InvalidMarks("marks: nothing applied; mark at least one criterion, or review another talk")
    if faults:
        return 0
    most = sum(known[name].points * max(MARKS) for name in applied)
    reached = sum(known[name].points * mark for name, mark in applied.items())
    # Halves upwards, as the page counts beside the form.
    return (200 * reached + most) // (2 * most)
