"""What actions must know of ``data/responses`` before they speak: which variables a response needs, what it asks for.

The wording itself is rendered by the engine (live), never here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "data" / "responses"
_VARIABLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class ResponseNeeds:
    """Variables of all variations of a response; ``asks``: the open question it leaves, None when it asks nothing.

    ``offers_person``: it has a button for a person of its own.
    """

    variables: frozenset[str]
    asks: str | None
    offers_person: bool = False


def _needs(variations: Iterable[dict[str, Any]]) -> ResponseNeeds:
    texts: list[str] = []
    asks, person = None, False
    for variation in variations:
        texts.append(str(variation.get("text", "")))
        texts.extend(str(button.get("title", "")) for button in variation.get("buttons") or [])
        person = person or any(button.get("payload") == "/request_human" for button in variation.get("buttons") or [])
        asks = (variation.get("metadata") or {}).get("asks") or asks
    return ResponseNeeds(frozenset(_VARIABLE.findall("\n".join(texts))), asks, person)


def _read(stamp: tuple[tuple[str, int], ...]) -> dict[str, ResponseNeeds]:
    found: dict[str, ResponseNeeds] = {}
    for name, _ in stamp:
        loaded = yaml.safe_load(Path(name).read_text("utf-8")) or {}
        for response, variations in (loaded.get("responses") or {}).items():
            found[response] = _needs(variations)
    return found


_cached = lru_cache(maxsize=2)(_read)


def index(folder: Path = FOLDER) -> dict[str, ResponseNeeds]:
    """Every response by name. Edited files are read again (by their time of change), so wording stays live."""
    return _cached(tuple((str(path), path.stat().st_mtime_ns) for path in sorted(folder.glob("*.yml"))))
