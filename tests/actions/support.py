"""Actions called as the action server calls them, without Rasa and without HTTP: a turn in, events and messages out.

The slots that entities fill are filled as domain.yml maps them. `memory` is what happened before this message:
`bot("co_04")` for something said, `active("return_form")` for an open form.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

DOMAIN = Path(__file__).resolve().parents[2] / "domain.yml"
_numbers = itertools.count(1)


@lru_cache(maxsize=1)
def domain() -> dict[str, Any]:
    """domain.yml as the action server receives it."""
    found: dict[str, Any] = yaml.safe_load(DOMAIN.read_text("utf-8"))
    return found


def filled(entities: Mapping[str, Any]) -> dict[str, Any]:
    """The slots that these entities fill (mapping ``from_entity``)."""
    found: dict[str, Any] = {}
    for slot, settings in domain()["slots"].items():
        for mapping in settings["mappings"]:
            if mapping["type"] == "from_entity" and mapping["entity"] in entities:
                found[slot] = entities[mapping["entity"]]
    return found


def bot(row: str | None = None, **metadata: Any) -> dict[str, Any]:
    """Something the assistant said earlier, resting on ``row``."""
    return {"event": "bot", "text": "", "timestamp": 0, "metadata": {**metadata, **({"row": row} if row else {})}}


def turn(
    intent: str,
    entities: Mapping[str, Any] | None = None,
    slots: Mapping[str, Any] | None = None,
    customer: str | None = "c05",
    text: str = "",
    *,
    loop: str | None = None,
    talk: str | None = None,
    address: str = "test",
    photos: Sequence[str] = (),
    product_id: str | None = None,
    dry_run: bool = False,
    memory: Sequence[dict[str, Any]] = (),
    ranking: Sequence[str] = (),
) -> Tracker:
    """A shopper's message: ``slots`` is what the talk knows before it, ``loop`` the open form, ``talk`` the conversation's id.

    Without ``talk`` every turn is a talk of its own.
    """
    number = next(_numbers)
    talk = talk or f"talk-{number}"
    said = dict(entities or {})
    known = dict.fromkeys(domain()["slots"]) | {"requested_slot": None} | dict(slots or {})
    meta = {
        "shop_id": "demo",
        "customer_id": customer,
        "conversation_id": talk,
        "address": address,
        "dry_run": dry_run,
        "product_id": product_id,
        "photo_ids": list(photos),
        "message_id": f"m-{number}",
    }
    parsed = {
        "intent": {"name": intent, "confidence": 1.0},
        "entities": [{"entity": name, "value": value} for name, value in said.items()],
        "intent_ranking": [{"name": name, "confidence": 0.5} for name in ranking],
    }
    before = [{"event": "slot", "name": name, "value": value, "timestamp": 0} for name, value in known.items() if value is not None]
    heard = {"event": "user", "text": text, "parse_data": parsed, "metadata": meta, "timestamp": float(number)}
    after = [{"event": "slot", "name": name, "value": value, "timestamp": float(number)} for name, value in filled(said).items()]
    return Tracker(
        sender_id=talk,
        slots={**known, **filled(said)},
        latest_message={**parsed, "text": text, "metadata": meta},
        events=[*before, *memory, heard, *after],
        paused=False,
        followup_action=None,
        active_loop={"name": loop} if loop else {},
        latest_action_name="action_listen",
    )


async def run(action: Action, tracker: Tracker) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Events and messages of an action."""
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, tracker, domain())
    return list(events), list(dispatcher.messages)


def changed(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Slots that the events set, the last value of each."""
    return {str(event["name"]): event.get("value") for event in events if event.get("event") == "slot"}


def next_action(events: Sequence[Mapping[str, Any]]) -> str | None:
    """What is to run next by the events (``followup``)."""
    return next((str(event["name"]) for event in reversed(events) if event.get("event") == "followup"), None)


def said(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the responses, in order."""
    return [str(message["response"]) for message in messages]


def rows(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Decision rows behind the messages, each once."""
    return list(dict.fromkeys(str(message["row"]) for message in messages if message.get("row")))


def handed_over(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the talk was given to a person."""
    return any("hand_over" in (message.get("card") or {}) for message in messages)


# Of customer c01.
GOODS = {"裙子": "p1001", "牛仔裤": "p1003"}


def naming(intent: str, text: str, **more: Any) -> Tracker:
    """A message that names several goods, each where it stands."""
    heard = turn(intent, text=text, customer="c01", **more)
    message: dict[str, Any] = heard.latest_message
    message["entities"] += [
        {"entity": "product", "value": value, "start": text.index(word), "end": text.index(word) + len(word)}
        for word, value in GOODS.items()
        if word in text
    ]
    return heard
