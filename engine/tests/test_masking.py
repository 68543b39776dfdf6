"""A secret typed through any channel is not in the tracker store; what the gateway has let pass stays."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from engine.tracker_store import BoundedTrackerStore

CARD = "6222021234567890128"
DOMAIN = """
version: "3.1"
intents: [greet]
slots:
  order_number: {type: text, influence_conversation: false, mappings: [{type: custom}]}
"""


def stored(store: BoundedTrackerStore) -> str:
    """Everything the store has on disk."""
    with store.engine.connect() as connection:
        tables = ("talks", "turns")
        return "".join(str(value) for name in tables for row in connection.execute(sa.text(f"SELECT * FROM {name}")) for value in row)


async def save(store: BoundedTrackerStore, text: str, **metadata: object) -> None:
    entity = {"entity": "order_number", "value": CARD, "start": 0, "end": 5}
    parsed = {"text": text, "intent": {"name": "greet", "confidence": 1.0}, "entities": [entity], "intent_ranking": []}
    events = [
        ActionExecuted("action_listen"),
        UserUttered(text, parsed["intent"], [entity], parse_data=parsed, metadata=metadata),
        SlotSet("order_number", CARD),
    ]
    await store.save(DialogueStateTracker.from_events("t", events, store.domain.slots))


async def test_a_card_number_from_rasas_own_channel_is_not_stored(tmp_path: Path) -> None:
    store = BoundedTrackerStore(Domain.from_yaml(DOMAIN), str(tmp_path / "tracker.db"))
    await save(store, f"卡号 {CARD} 退这里")
    assert CARD not in stored(store)
    assert "已隐去" in stored(store)
    assert await store.retrieve("t") is not None


async def test_a_number_that_the_gateway_knows_as_an_order_is_kept(tmp_path: Path) -> None:
    store = BoundedTrackerStore(Domain.from_yaml(DOMAIN), str(tmp_path / "tracker.db"))
    await save(store, f"{CARD} 到哪了", masked=True)
    assert CARD in stored(store)
