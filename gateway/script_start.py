"""The library's starting content: the scripts that only people say (data/agent_scripts), laid out in public folders.

Each is made once; who edits or bins one keeps it so. What nobody has touched follows the handbook's file when that changes.
"""

from __future__ import annotations

import logging
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import Engine

from policy.agent_scripts import AgentScript, AgentScriptError, load
from policy.words import words
from shop.clock import Clock
from shop.script_rules import InvalidScript
from shop.script_start import put

log = logging.getLogger(__name__)
_NUMBERS = "一二三四五六七八九"


def put_starting_content(engine: Engine, shop_id: str, clock: Clock) -> int:
    """Make what is not there yet and bring up to date what nobody has touched; how many scripts were made or changed."""
    try:
        wanted = [record for one in load() for record in _records(one)]
        return put(engine, shop_id, clock, wanted, words()["script_folders"])
    except (AgentScriptError, InvalidScript) as error:
        log.error("the agents' scripts cannot be put into the library, which stays as it is: %s", error)
        return 0


def folder_of(script: AgentScript) -> str:
    """The origin of the starting folder that takes a script."""
    channel = "phone" if script.channel == "phone" else "chat"
    for one in words()["script_folders"]:
        if one["channel"] == channel and any(fnmatchcase(script.id, pattern) for pattern in one["takes"]):
            return str(one["origin"])
    raise ValueError(f"scripts.yml: no folder takes {script.id} ({channel}): add one that takes *")


def _records(script: AgentScript) -> list[dict[str, Any]]:
    """One script for each variation (or step) of the handbook's, numbered when there are several."""
    several = len(script.text) > 1
    return [
        {
            "origin": f"{script.id}#{number}",
            "folder_origin": folder_of(script),
            "title": f"{script.title}（{_NUMBERS[number - 1]}）" if several and number <= len(_NUMBERS) else script.title,
            "text": text.strip(),
            "code": words()["script_codes"].get(script.id) if number == 1 else None,
            "situation": script.situation,
            "must_say": list(script.must_say),
            "must_not": list(script.must_not),
            "source": script.source,
        }
        for number, text in enumerate(script.text, 1)
    ]
