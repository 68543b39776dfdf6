"""What actions must know of ``data/responses`` before they speak: which variables a response needs, what it asks for.

The wording itself is rendered by the engine (engine/nlg.py, live), never here. A file is read again when it has changed; one
that is broken or still being written leaves what was known of it, as the engine keeps the last good wording.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from policy.validity import Period, period

log = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parent.parent / "data" / "responses"
LOOK_AGAIN = 0.5  # seconds between looks at the files, as the engine has it
SETTLED = 0.3  # seconds without a change until a file counts as written, as in engine/nlg.py
_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class ResponseNeeds:
    """Variables of the variations that may be said; ``asks``: the open question it leaves, None when it asks nothing.

    ``offers_person``: it has a button for a person of its own. ``effect``: the kind of deed it states as done (``fact``: something
    that the shop's data tell), ``twin``: what is said while the deed is not done. ``dated``: some variation speaks only for a time.
    """

    variables: frozenset[str]
    asks: str | None
    offers_person: bool = False
    effect: str | None = None
    twin: str | None = None
    dated: bool = False


def _needs(variations: Iterable[dict[str, Any]], every: Iterable[dict[str, Any]], *, dated: bool = False) -> ResponseNeeds:
    """What ``variations`` need; what the response is (question, deed, person) is told by ``every`` variation of it."""
    texts: list[str] = []
    asks, person, effect, twin = None, False, None, None
    for variation in variations:
        texts.append(str(variation.get("text", "")))
        texts.extend(str(button.get("title", "")) for button in variation.get("buttons") or [])
        person = person or any(button.get("payload") == "/request_human" for button in variation.get("buttons") or [])
    for variation in every:
        metadata = variation.get("metadata") or {}
        asks, effect, twin = metadata.get("asks") or asks, metadata.get("effect") or effect, metadata.get("twin") or twin
    return ResponseNeeds(frozenset(_VARIABLE.findall("\n".join(texts))), asks, person, effect, twin, dated)


@dataclass(frozen=True)
class _Known:
    """One file: what its responses need every day, and of the dated ones every variation with its period."""

    everyday: Mapping[str, ResponseNeeds]
    dated: Mapping[str, tuple[tuple[Period, dict[str, Any]], ...]]


def _read(path: Path) -> _Known:
    """Raises ValueError with the place when the file cannot be used."""
    try:
        loaded = yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader, in C
        found = loaded["responses"].items()
        everyday: dict[str, ResponseNeeds] = {}
        dated: dict[str, tuple[tuple[Period, dict[str, Any]], ...]] = {}
        for name, variations in found:
            timed = tuple((period(one, f"{path.name}, {name}"), one) for one in variations)
            plain = [one for valid, one in timed if valid.always]
            everyday[name] = _needs(plain, variations, dated=len(plain) < len(timed))
            if len(plain) < len(timed):
                dated[name] = timed
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name}: {' '.join(str(error).split()) or 'it has no responses'}") from error
    return _Known(everyday, dated)


@dataclass
class _Folder:
    looked: float | None = None  # monotonic seconds
    stamps: dict[Path, tuple[int, int]] = field(default_factory=dict)
    files: dict[Path, _Known] = field(default_factory=dict)
    everyday: dict[str, ResponseNeeds] = field(default_factory=dict)

    def refresh(self, folder: Path) -> None:
        stamps: dict[Path, tuple[int, int]] = {}
        changed = False
        for path in sorted(folder.glob("*.yml")):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue  # replaced in this moment
            stamps[path] = (stat.st_mtime_ns, stat.st_size)
            if self.stamps.get(path) == stamps[path]:
                continue
            if path in self.files and 0 <= time.time() - stat.st_mtime < SETTLED:
                stamps[path] = self.stamps[path]
                continue
            try:
                self.files[path] = _read(path)
                changed = True
            except ValueError as error:
                log.error("the responses are kept as they were: %s", error)
        for gone in self.stamps.keys() - stamps.keys():
            changed = self.files.pop(gone, None) is not None or changed
        self.stamps = stamps
        if changed:
            self.everyday = {name: needs for path in sorted(self.files) for name, needs in self.files[path].everyday.items()}

    def at(self, moment: datetime | None) -> dict[str, ResponseNeeds]:
        special: dict[str, ResponseNeeds] = {}
        for known in self.files.values():
            for name, timed in known.dated.items():
                now = [one for valid, one in timed if moment is not None and not valid.always and valid.covers(moment)]
                if now:
                    # For an outlet that none of them is for, the everyday ones speak on: their values are needed too.
                    said = now if any(not one.get("condition") for one in now) else [one for _, one in timed]
                    special[name] = _needs(said, [one for _, one in timed], dated=True)
        return {**self.everyday, **special} if special else self.everyday


_folders: dict[Path, _Folder] = {}


def folder() -> Path:
    """Where the responses are: ``XIAOER_RESPONSES``, else ``data/responses``."""
    given = os.environ.get("XIAOER_RESPONSES")
    return Path(given) if given else FOLDER


def index(at: datetime | None = None) -> Mapping[str, ResponseNeeds]:
    """Every response by name, as it is now and as it speaks at this aware instant (without one: every day)."""
    where = folder()
    known = _folders.setdefault(where, _Folder())
    now = time.monotonic()
    if known.looked is None or now - known.looked >= LOOK_AGAIN:
        known.refresh(where)
        known.looked = now
    return known.at(at)
