"""The words of a script by its id: of what only a person says (``data/agent_scripts``), else of the responses (``data/responses``).

Where several responses say one script, the one that needs the fewest values is taken: it stands by itself best.
"""

from __future__ import annotations

import logging
import re
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from gateway.wording import LOADER
from policy.agent_scripts import AgentScriptError, load
from policy.validity import period

log = logging.getLogger(__name__)
GAP = re.compile(r"\{(\w{1,24})\}")


def gaps(text: str) -> list[str]:
    """Names of the values that a text still lacks, each once, in order."""
    return list(dict.fromkeys(GAP.findall(text)))


class ScriptTexts:
    """Scripts by id. Safe to share between threads; a file that has changed is read again, a broken one leaves the last good words."""

    def __init__(self, responses: Path) -> None:
        self._folder = responses
        self._lock = threading.Lock()
        self._stamp: tuple[tuple[str, int, int], ...] = ()
        self._texts: dict[str, str] = {}

    def text(self, script: str, at: datetime) -> str | None:
        """The words of a script with ``{values}`` still open, as they hold at this moment; None when there is no such script."""
        return self._by_people(script, at) or self._said().get(script)

    def _by_people(self, script: str, at: datetime) -> str | None:
        try:
            return next((one.text[0] for one in load(at=at) if one.id == script), None)
        except (AgentScriptError, OSError) as error:
            log.warning("the scripts of the desk cannot be read: %s", error)
            return None

    def _said(self) -> dict[str, str]:
        paths = sorted(self._folder.glob("*.yml"))
        with self._lock:
            try:
                stamp = tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
                if stamp != self._stamp:
                    self._texts, self._stamp = _read(paths), stamp
            except (OSError, yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
                log.warning("keeping the scripts as they were: %s", error)
            return self._texts


def _read(paths: list[Path]) -> dict[str, str]:
    """Script id → everyday words; variations for one outlet, address or time only are nobody's everyday words."""
    found: dict[str, str] = {}
    for path in paths:
        with path.open(encoding="utf-8") as file:
            content: Any = yaml.load(file, Loader=LOADER)  # noqa: S506  # a safe loader, see gateway.wording
        for name, variations in (content.get("responses") or {}).items():
            for one in variations:
                script, text = (one.get("metadata") or {}).get("script"), one.get("text")
                if not script or not text or one.get("condition") or not period(one, f"{path.name}, {name}").always:
                    continue
                if script not in found or len(gaps(str(text))) < len(gaps(found[script])):
                    found[script] = str(text).strip()
    return found
