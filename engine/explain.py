"""What a turn's answers were made from: the variations of responses as they were, their values, and what the actions told.

It travels in the channel's answer to the gateway, which stores it with the messages. In Rasa's events only a number of it
stays (`explain`: which of the turn's sentences this was), so nothing of it is in the tracker.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.model_files import note_path
from engine.paths import MODELS

KEY = "explain"
_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass
class Record:
    """One turn: `spoken` are its sentences in order, `calls` what each action call was decided by."""

    spoken: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def given(self, said: Mapping[str, Any]) -> None:
        """Note the buttons that a sentence was sent with beside its variation's own: an action adds them."""
        number = said.get(KEY)
        if isinstance(number, int) and 0 < number <= len(self.spoken):
            sentence = self.spoken[number - 1]
            own = len(sentence["variation"].get("buttons") or [])
            sentence["given"] = [str(button.get("title")) for button in (said.get("buttons") or [])[own:]]

    def as_dict(self, model: str | None) -> dict[str, Any]:
        """As the gateway gets it; `model` is the archive the engine has loaded."""
        return {"model": model_of(model) if model else {}, "calls": self.calls, "spoken": self.spoken}


_current: ContextVar[Record | None] = ContextVar("explain", default=None)


@contextmanager
def recording() -> Iterator[Record]:
    """Keeps what is told inside the block, in this task only."""
    record = Record()
    token = _current.set(record)
    try:
        yield record
    finally:
        _current.reset(token)


def called(answer: Any) -> Any:
    """The action server's answer without its explanation, which is kept."""
    if isinstance(answer, dict) and KEY in answer:
        record, told = _current.get(), answer.pop(KEY)
        if record is not None and isinstance(told, dict) and told:
            record.calls.append(told)
    return answer


def spoke(response: str, variation: Mapping[str, Any], values: Mapping[str, Any], rendered: dict[str, Any]) -> dict[str, Any]:
    """A response was rendered from this variation; `rendered` gets the number of the sentence and is returned."""
    record = _current.get()
    if record is not None:
        used = sorted(set(_VARIABLE.findall(json.dumps(variation, ensure_ascii=False, default=str))))
        rendered[KEY] = len(record.spoken) + 1  # from 1: Rasa drops empty values
        record.spoken.append(
            {
                "response": response,
                "variation": copy.deepcopy(dict(variation)),
                "values": {name: spoken(values[name]) for name in used if values.get(name) not in (None, "")},
                "given": [],
            }
        )
    return rendered


def spoken(value: Any) -> str:
    """A value as it is said: floats without needless digits."""
    return f"{value:g}" if isinstance(value, float) else str(value)


@lru_cache(maxsize=4)
def model_of(filename: str) -> dict[str, str]:
    """Name of a model and the fingerprints noted after its training: of the archive and of what it was made from."""
    path = Path(filename) if Path(filename).is_absolute() else MODELS / filename
    try:
        note = json.loads(note_path(path).read_text())
    except (OSError, ValueError):
        note = {}
    return {"name": path.name, **{key: str(note[key]) for key in ("made_from", "sha256") if note.get(key)}}
