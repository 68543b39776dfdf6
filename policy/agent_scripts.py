"""What only a person says: the scripts of the telephone and the desk (``data/agent_scripts``), loaded and searched. Pure.

Source: scripts.md sections A and I (002 §十六, §十九). The assistant never says them; the desk finds them by words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from policy.validity import ALWAYS, Period, check_overlaps, period
from policy.validity import KEYS as DATES

FOLDER = Path(__file__).resolve().parent.parent / "data" / "agent_scripts"
CHANNELS = ("phone", "desk")
KEYS = ("id", "title", "situation", "channel", "text", "must_say", "must_not", "source")
_ID = re.compile(r"s_[a-z0-9_]+")
_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_BLANK = re.compile(r"\s+")


class AgentScriptError(ValueError):
    """A script file that breaks the format; the message names file, id and what is wrong."""


@dataclass(frozen=True)
class AgentScript:
    """One script. ``text`` are variations (or steps in order) with ``{variables}`` that the speaker fills in.

    ``must_say`` and ``must_not`` are reminders, not sentences; ``channel`` is phone or desk.
    """

    id: str
    title: str
    situation: str
    channel: str
    text: tuple[str, ...]
    must_say: tuple[str, ...]
    must_not: tuple[str, ...]
    source: str
    valid: Period = ALWAYS  # a dated script takes the place of the everyday one of its id for that time

    @property
    def variables(self) -> tuple[str, ...]:
        """The values that the speaker fills in, each once, in order."""
        return tuple(dict.fromkeys(_VARIABLE.findall("\n".join(self.text))))


def read(path: Path) -> tuple[AgentScript, ...]:
    """The scripts of one file; ``AgentScriptError`` names file and id."""
    try:
        body = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise AgentScriptError(f"{path.name}: not readable: {' '.join(str(error).split())}") from error
    entries = body.get("scripts") if isinstance(body, dict) else None
    if not isinstance(entries, list) or not entries:
        raise AgentScriptError(f"{path.name}: no list under scripts:")
    return tuple(_script(path.name, number, entry) for number, entry in enumerate(entries, 1))


def _script(file: str, number: int, entry: Any) -> AgentScript:
    if not isinstance(entry, dict):
        raise AgentScriptError(f"{file}: script {number} is no mapping")
    place = f"{file}: {entry.get('id') or f'script {number}'}"
    wrong = sorted(set(KEYS) ^ (set(entry) - set(DATES)))
    if wrong:
        allowed = ", ".join((*KEYS, *DATES))
        raise AgentScriptError(f"{place}: keys missing or unknown: {', '.join(map(str, wrong))}; allowed: {allowed}")
    for key in ("id", "title", "situation", "channel", "source"):
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise AgentScriptError(f"{place}: {key} is {entry[key]!r}, not a text")
    for key in ("text", "must_say", "must_not"):
        if not isinstance(entry[key], list) or not all(isinstance(one, str) and one.strip() for one in entry[key]):
            raise AgentScriptError(f"{place}: {key} is {entry[key]!r}, not a list of texts")
    if not entry["text"]:
        raise AgentScriptError(f"{place}: text is empty; write at least one variation")
    if not _ID.fullmatch(entry["id"]):
        raise AgentScriptError(f"{place}: the id is not like s_phone_open")
    if entry["channel"] not in CHANNELS:
        raise AgentScriptError(f"{place}: channel is {entry['channel']!r}; allowed: {', '.join(CHANNELS)}")
    lists = {key: tuple(entry[key]) for key in ("text", "must_say", "must_not")}
    try:
        valid = period(entry, place)
    except ValueError as error:
        raise AgentScriptError(str(error)) from error
    return AgentScript(entry["id"], entry["title"], entry["situation"], entry["channel"], source=entry["source"], valid=valid, **lists)


def load(folder: Path = FOLDER, at: datetime | None = None) -> tuple[AgentScript, ...]:
    """The scripts of the folder as they hold at this aware instant, file by file in order; without one the everyday ones.

    Raises:
        AgentScriptError: a file is wrong, an id is in two files, or two scripts of one id hold at the same time; file and id are named.
    """
    every = _every(tuple((path, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.yml"))))
    now = [one for one in every if not one.valid.always and at is not None and one.valid.covers(at)]
    taken = {one.id for one in now}
    return tuple(one for one in every if one in now or (one.valid.always and one.id not in taken))


@lru_cache(maxsize=4)
def _every(files: tuple[tuple[Path, int], ...]) -> tuple[AgentScript, ...]:
    """Every script, dated ones too; read again when a file has changed."""
    found: dict[str, str] = {}
    scripts: list[AgentScript] = []
    for path, _ in files:
        of_file = read(path)
        for one in of_file:
            if found.setdefault(one.id, path.name) != path.name:
                raise AgentScriptError(f"{path.name}: {one.id} is already in {found[one.id]}; one script has one place")
        _check_dates(path.name, of_file)
        scripts.extend(of_file)
    return tuple(scripts)


def _check_dates(file: str, scripts: tuple[AgentScript, ...]) -> None:
    for script_id in dict.fromkeys(one.id for one in scripts):
        same = [one.valid for one in scripts if one.id == script_id]
        if sum(valid.always for valid in same) > 1:
            raise AgentScriptError(f"{file}: {script_id} is already in {file}; one script has one place, or dates (valid_from, valid_to)")
        try:
            check_overlaps(((f"its entry {number}", valid) for number, valid in enumerate(same, 1)), f"{file}: {script_id}")
        except ValueError as error:
            raise AgentScriptError(str(error)) from error


def _bigrams(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _score(query: str, script: AgentScript) -> float:
    """Whole words of the query found count most (title before situation before text), then the share of its bigrams."""
    fields = ((script.title, 4.0), (script.situation, 2.0), (" ".join((*script.text, script.id)), 1.0))
    total = 0.0
    for part in query.split():
        pairs = _bigrams(part)
        for text, weight in fields:
            plain = _BLANK.sub("", text).lower()
            if part in plain:
                total += 2 * weight
            elif pairs:
                total += weight * len(pairs & _bigrams(plain)) / len(pairs)
    return total


def search(
    query: str, channel: str | None = None, *, limit: int = 10, folder: Path = FOLDER, at: datetime | None = None
) -> list[AgentScript]:
    """The scripts that fit ``query`` best, best first; without words all of the channel in their order.

    Args:
        query: words of the situation, title or text, or an id; parted by blanks.
        channel: ``phone`` or ``desk``; None searches both.
        limit: how many at most.
        at: the moment (aware) whose dated scripts count; without it the everyday ones.

    Raises:
        ValueError: for an unknown channel.
    """
    if channel is not None and channel not in CHANNELS:
        raise ValueError(f"channel {channel!r} is unknown; allowed: {', '.join(CHANNELS)}")
    scripts = [one for one in load(folder, at) if channel in (None, one.channel)]
    words = query.strip().lower()
    if not words:
        return scripts[:limit]
    scored = [(_score(words, one), one) for one in scripts]
    ranked = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
    return [one for _, one in ranked[:limit]]
