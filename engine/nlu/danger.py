"""Whether a message tells of harm: electric shock, fire, injury, allergy, something swallowed (engine/nlu/data/danger.yml)."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.nlu.files import data_file

_CLAUSE = re.compile(r"[，,。．.!！;；\s]+")


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    raw = data_file("danger")
    signs, unless = ("|".join(re.escape(str(word)) for word in raw[name]) for name in ("signs", "unless"))
    return re.compile(signs), re.compile(f"{unless}|[?？]")


def tells_of_harm(text: str) -> bool:
    """Whether a clause of this normalised text holds a word of harm and none that makes it a question or a worry."""
    signs, unless = _patterns()
    return any(signs.search(clause) and not unless.search(clause) for clause in _CLAUSE.split(text))
