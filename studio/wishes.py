"""What may be chosen as a label: every wish of the domain, and every part of a family, with its name and how that is typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pypinyin import Style, lazy_pinyin

from policy import intent_names
from studio import labels
from studio.nlu import examples
from studio.workspace import Workspace

NAMES = Path(__file__).with_name("wish_names.yml")
INTENT_NAMES = "policy/intent_names.yml"
_SIGNS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Wish:
    """An intent, or a part (``topic``) of one that is a family. ``pinyin`` and ``initials`` of the name, without tones and blanks;
    ``taught`` and ``tests``: how many examples it has."""

    intent: str
    topic: str | None
    name: str
    group: str
    pinyin: str
    initials: str
    taught: int
    tests: int


def all_of(workspace: Workspace) -> list[Wish]:
    """Every wish that may be chosen, in the order of the names' file; an intent without a name comes last under its own."""
    known = examples(workspace)
    taught, tests = known.taught, known.measured
    parts = labels.topics(workspace)
    groups = groups_of(workspace)
    order = {intent: (group, name) for group, names in groups.items() for intent, name in names.items()}
    wanted = [one for one in labels.intents(workspace) if one != "nlu_fallback"]
    places = {intent: place for place, intent in enumerate(order)}
    found = []
    for intent in sorted(wanted, key=lambda one: places.get(one, len(places))):
        group, name = order.get(intent, ("", intent))
        for topic in parts.get(intent) or (None,):
            full = name if topic is None else f"{name} · {topic_name(intent, topic)}"
            found.append(
                Wish(intent, topic, full, group, *spelt(full), taught.get((intent, topic), 0), tests.get((intent, topic), 0)),
            )
    return found


def groups_of(workspace: Workspace) -> dict[str, dict[str, str]]:
    """Group → intent → name, as the checkout has them, else as this program was made with."""
    path = workspace.root / INTENT_NAMES
    try:
        stat = path.stat()
    except OSError:
        return intent_names.groups()
    return _groups(path, stat.st_mtime_ns)


@lru_cache(maxsize=4)
def _groups(path: Path, _: int) -> dict[str, dict[str, str]]:
    body = yaml.safe_load(path.read_text("utf-8")) or {}
    return {str(group): {str(intent): str(name) for intent, name in names.items()} for group, names in body.items()}


def name_of(workspace: Workspace, intent: str | None, topic: str | None = None) -> str:
    """What trainers call a wish; what has no name is said as it is."""
    if intent is None:
        return ""
    name = next((names[intent] for names in groups_of(workspace).values() if intent in names), intent)
    return name if topic is None else f"{name} · {topic_name(intent, topic)}"


def topic_name(intent: str, topic: str) -> str:
    """What trainers call a part of a family."""
    return str(_names()["topics"].get(intent, {}).get(topic, topic))


def entity_name(entity: str) -> str:
    """What trainers call an entity."""
    return str(_names()["entities"].get(entity, entity))


@lru_cache(maxsize=1)
def _names() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(NAMES.read_text("utf-8")))


@lru_cache(maxsize=2000)
def spelt(name: str) -> tuple[str, str]:
    """A name in pinyin without tones, and its initials; other letters and digits stay, blanks and signs do not."""
    whole = "".join(lazy_pinyin(name)).lower()
    first = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
    return _SIGNS.sub("", whole), _SIGNS.sub("", first)
