"""A long talk stays light, a restart keeps what is open, a failing disk is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import text

from engine.tracker_store import LONGEST, BoundedTrackerStore, StoreFailed

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [greet]
entities: [height]
slots:
  height: {type: any, mappings: [{type: from_entity, entity: height}]}
  open_question: {type: categorical, values: [offer], mappings: [{type: custom}]}
forms:
  size_form: {required_slots: [height]}
actions: [action_x]
"""
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "tracker.db")


def turn(number: int) -> list[Event]:
    parsed = {"text": "x", "intent": {"name": "greet", "confidence": 1.0}, "entities": [], "intent_ranking": [{"name": "greet"}] * 10}
    return [
        UserUttered(f"第{number}句", {"name": "greet", "confidence": 1.0}, [], parsed),
        ActionExecuted("action_x"),
        BotUttered(f"答{number}", {"buttons": [{"title": "好", "payload": "/greet"}]}),
        ActionExecuted("action_listen"),
    ]


async def say(store: BoundedTrackerStore, sender: str, *events: Event) -> DialogueStateTracker:
    tracker = await store.get_or_create_tracker(sender)
    tracker.update_with_events(list(events), DOMAIN)
    await store.save(tracker)
    return tracker


async def test_a_long_talk_loads_no_more_than_its_last_events(path: str) -> None:
    store = BoundedTrackerStore(DOMAIN, path)
    await say(store, "a", SlotSet("height", 165.0), ActionExecuted("size_form"), ActiveLoop("size_form"))
    for number in range(60):
        await say(store, "a", *turn(number))
    tracker = await store.retrieve("a")
    assert tracker is not None
    assert len(tracker.events) <= LONGEST + 8
    assert tracker.slots["height"].value == 165.0
    assert tracker.active_loop_name == "size_form"
    assert tracker.latest_message is not None
    assert tracker.latest_message.text == "第59句"


async def test_a_restart_keeps_slots_form_and_question(path: str) -> None:
    await say(
        BoundedTrackerStore(DOMAIN, path),
        "a",
        *turn(1),
        ActiveLoop("size_form"),
        SlotSet("requested_slot", "height"),
        SlotSet("open_question", "offer"),
    )
    again = BoundedTrackerStore(DOMAIN, path)
    tracker = await again.retrieve("a")
    assert tracker is not None
    assert tracker.active_loop_name == "size_form"
    assert tracker.get_slot("requested_slot") == "height"
    open_now = await again.peek("a")
    assert open_now["active_loop"] == "size_form"
    assert open_now["requested_slot"] == "height"
    assert open_now["open_question"] == "offer"
    assert open_now["buttons"] == [{"title": "好", "payload": "/greet"}]


async def test_a_slot_emptied_before_the_window_stays_empty(path: str) -> None:
    store = BoundedTrackerStore(DOMAIN, path)
    await say(store, "a", SlotSet("height", 165.0))
    await say(store, "a", SlotSet("height", None))
    for number in range(40):
        await say(store, "a", *turn(number))
    tracker = await store.retrieve("a")
    assert tracker is not None
    assert tracker.get_slot("height") is None


async def test_a_save_appends_only_what_is_new(path: str) -> None:
    store = BoundedTrackerStore(DOMAIN, path)
    for number in range(30):
        await say(store, "a", *turn(number))
    with store.engine.begin() as connection:
        sizes = [len(row[0]) for row in connection.execute(text("SELECT events FROM turns ORDER BY id"))]
    assert max(sizes[2:]) < 2 * min(sizes[2:])
    full = await store.retrieve_full_tracker("a")
    assert full is not None
    assert sum(isinstance(event, UserUttered) for event in full.events) == 30


async def test_talks_do_not_mix_and_erasing_one_keeps_the_other(path: str) -> None:
    store = BoundedTrackerStore(DOMAIN, path)
    await say(store, "a", *turn(1))
    await say(store, "b", *turn(2))
    assert await store.erase("a") >= 2
    assert await store.retrieve("a") is None
    assert await store.retrieve_full_tracker("a") is None
    assert await store.retrieve("b") is not None
    assert await store.erase("a") == 0
    assert list(await store.keys()) == ["b"]


async def test_old_talks_are_forgotten(path: str) -> None:
    store = BoundedTrackerStore(DOMAIN, path)
    await say(store, "a", *turn(1))
    assert await store.forget_before(0) == 0
    assert await store.forget_before(4e9) >= 2
    assert await store.retrieve("a") is None


async def test_a_failing_disk_is_told_and_wipes_nothing(path: str) -> None:
    store = BoundedTrackerStore(DOMAIN, path)
    await say(store, "a", SlotSet("height", 165.0))
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE talks RENAME TO gone"))
    with pytest.raises(StoreFailed):
        await store.retrieve("a")
    assert "a" in store.failed
    assert store.failure
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO talks"))
    empty = store.init_tracker("a")  # what Rasa goes on with after a failed read
    empty.update(SlotSet("height", 1.0))
    with pytest.raises(StoreFailed):
        await store.save(empty)
    tracker = await store.retrieve("a")
    assert tracker is not None
    assert tracker.get_slot("height") == 165.0
    await store.check()
    assert store.failure is None


def test_an_unusable_file_stops_the_start(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database, only words that go on and on" * 100)
    with pytest.raises(StoreFailed, match=r"broken\.db"):
        BoundedTrackerStore(DOMAIN, str(broken))


def test_sqlite_is_set_up_for_a_server(path: str) -> None:
    store = BoundedTrackerStore(DOMAIN, path)
    with store.engine.begin() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 1
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 5000
        assert "turns_of_talk" in str(
            connection.execute(text("EXPLAIN QUERY PLAN SELECT events FROM turns WHERE sender_id='a' ORDER BY id")).all()
        )
