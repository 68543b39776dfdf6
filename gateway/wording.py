"""The few sentences that the gateway says itself, read live from ``data/responses/smalltalk.yml``.

Python holds no sentence for a shopper: here are only the names. The file is read again when it changes; a file that is
broken in the middle of an edit leaves the last good version speaking. Dated variations (docs/dates.md) speak instead of the
everyday ones while their time lasts.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from policy.validity import KEYS, period
from shop.clock import Clock
from shop.traces import Spoken

log = logging.getLogger(__name__)

OPENING = "utter_smalltalk_opening"
ENGINE_DOWN = "utter_smalltalk_engine_down"
NO_REPLY = "utter_smalltalk_no_reply"
LATE = "utter_smalltalk_late"
PICTURE_ONLY = "utter_smalltalk_picture_only"
ATTACHMENT_ONLY = "utter_smalltalk_attachment_only"
ATTACHMENT_IN_FLOW = "utter_smalltalk_attachment_in_flow"
TOO_LONG = "utter_smalltalk_too_long"
QUEUED = "utter_smalltalk_queued"
RELEASED = "utter_smalltalk_released"
TAKEN = "utter_smalltalk_taken"
PASSED = "utter_smalltalk_passed"
REQUEUED = "utter_smalltalk_requeued"
ENDED = "utter_smalltalk_ended"
NOBODY = "utter_smalltalk_nobody_there"
BREAK = "utter_smalltalk_staff_break"
GONE = "utter_smalltalk_staff_gone"
RECALLED = "utter_smalltalk_recalled"
BLOCKED = "utter_smalltalk_blocked"
UNBLOCKED = "utter_smalltalk_unblocked"
SECRET_ACCOUNT = "utter_smalltalk_secret_account"  # noqa: S105  # names of responses
SECRET_IDENTITY = "utter_smalltalk_secret_identity"  # noqa: S105
SECRET_CODE = "utter_smalltalk_secret_code"  # noqa: S105
BUTTON_RETRY = "utter_smalltalk_button_retry"
BUTTON_RELEASE = "utter_smalltalk_button_release"
NAMES = (
    *(OPENING, ENGINE_DOWN, NO_REPLY, LATE, PICTURE_ONLY, ATTACHMENT_ONLY, ATTACHMENT_IN_FLOW, TOO_LONG),
    *(QUEUED, RELEASED, BUTTON_RETRY, BUTTON_RELEASE),
    *(TAKEN, PASSED, REQUEUED, ENDED, RECALLED, BLOCKED, UNBLOCKED),
    *(NOBODY, BREAK, GONE),
    *(SECRET_ACCOUNT, SECRET_IDENTITY, SECRET_CODE),
)
# The button that asks for a person. Every apology has it, since nobody is left with a machine that does not work.
ASK_PERSON = "/request_human"
APOLOGIES = (ENGINE_DOWN, NO_REPLY, LATE)


# The C loader reads the file in a tenth of the time; it is read while a shopper waits. Both are safe loaders.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class WordingError(Exception):
    """A sentence is missing, or the file cannot be read; names file and response."""


@dataclass(frozen=True)
class Saying:
    """One rendered response: bubbles in order, buttons (title, payload) for the last of them, and what it was made from."""

    name: str
    bubbles: tuple[str, ...]
    buttons: tuple[tuple[str, str], ...]
    script: str | None
    spoken: Spoken


class _Blanks(dict[str, str]):
    def __missing__(self, key: str) -> str:
        raise WordingError(f"no value for {{{key}}}")


class Wording:
    """Sentences by name. ``names`` must be there; each of ``apologies`` has the button that asks for a person."""

    def __init__(self, path: Path, names: Sequence[str] = NAMES, apologies: Sequence[str] = APOLOGIES, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or Clock()
        self._names = tuple(names)
        self._apologies = tuple(apologies)
        self._stamp: tuple[int, int] | None = None
        self._responses: dict[str, list[dict[str, Any]]] = {}

    def check(self) -> None:
        """At start: every name is there. Raises :class:`WordingError` naming the first that is not."""
        self._responses = self._load()
        for name in self._names:
            if not self._variations(name):
                raise WordingError(f"{self._path}: no variation of {name} without a condition that is said every day")
        for name in self._apologies:
            for variation in self._variations(name):
                if not any(button.get("payload") == ASK_PERSON for button in variation.get("buttons") or ()):
                    raise WordingError(f"{self._path}: {name} has a variation without the button {ASK_PERSON}")

    def say(self, name: str, values: Mapping[str, str], turn: int = 0) -> Saying:
        """Render a response. ``turn`` picks the variation, so that two in a row differ when there are several."""
        self._refresh()
        found = self._variations(name)
        # A variation that needs a value we do not have is passed over: an empty bracket is never spoken.
        for offset in range(len(found)):
            variation = found[(turn + offset) % len(found)]
            try:
                text = str(variation["text"]).format_map(_Blanks(values))
            except (WordingError, ValueError, IndexError, AttributeError):
                continue
            buttons = tuple((str(button["title"]), str(button["payload"])) for button in variation.get("buttons") or ())
            script = (variation.get("metadata") or {}).get("script")
            bubbles = tuple(part.strip() for part in text.split("\n\n") if part.strip())
            used = {field: str(values[field]) for _, field, _, _ in Formatter().parse(str(variation["text"])) if field}
            return Saying(name, bubbles, buttons, script if isinstance(script, str) else None, Spoken(name, variation, used))
        raise WordingError(f"{self._path}: {name} has no variation that can be said with {sorted(values)}")

    def lacking(self, name: str, values: Mapping[str, str]) -> list[str]:
        """The values that the first variation of a response would need and does not have."""
        found = self._variations(name)
        fields = [field for _, field, _, _ in Formatter().parse(str(found[0]["text"])) if field] if found else []
        return [field for field in dict.fromkeys(fields) if field not in values]

    def _variations(self, name: str) -> list[dict[str, Any]]:
        """What may be said now: the dated variations of this moment, else the everyday ones."""
        known = [
            item for item in self._responses.get(name, ()) if isinstance(item, dict) and item.get("text") and not item.get("condition")
        ]
        timed = [(period(item, f"{self._path.name}, {name}"), item) for item in known]
        now = self._clock.now()
        dated = [item for valid, item in timed if not valid.always and valid.covers(now)]
        return dated or [item for valid, item in timed if valid.always]

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                loaded = self._load()
                missing = [name for name in self._names if not loaded.get(name)]
                if missing:
                    raise WordingError(f"{self._path}: {', '.join(missing)} is gone")
                self._responses = loaded
                self._stamp = stamp
        except (OSError, WordingError) as error:
            log.warning("keeping the sentences as they were: %s", error)

    def _load(self) -> dict[str, list[dict[str, Any]]]:
        try:
            with self._path.open(encoding="utf-8") as file:
                content = yaml.load(file, Loader=LOADER)  # noqa: S506  # a safe loader, see above
        except (OSError, yaml.YAMLError) as error:
            raise WordingError(f"{self._path} cannot be read: {error}") from error
        responses = content.get("responses") if isinstance(content, dict) else None
        if not isinstance(responses, dict):
            raise WordingError(f"{self._path} has no responses")
        try:
            for name, variations in responses.items():
                for item in variations:
                    period(item, f"{self._path}: {name}")
                    item.update({key: str(item[key]) for key in KEYS if key in item})  # a trace is JSON, which knows no dates
        except (ValueError, TypeError, AttributeError) as error:
            raise WordingError(str(error)) from error
        return responses
