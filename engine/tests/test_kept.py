"""What is kept by text between messages saves work and changes nothing."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from engine.nlu import kept
from engine.nlu.components import classifier, entities
from engine.nlu.kept import Kept
from engine.tests.conftest import Engine

SAID = "身高一米六二，什么时候发货"


def test_who_was_not_asked_for_longest_goes_first() -> None:
    some: Kept[str, int] = Kept(2)
    some.keep("one", 1)
    some.keep("two", 2)
    assert some.get("one") == 1
    some.keep("three", 3)
    assert (some.get("one"), some.get("two"), some.get("three")) == (1, None, 3)


def test_forgetting_empties_all_and_keeps_none_alive() -> None:
    some: Kept[str, int] = Kept()
    some.keep("one", 1)
    kept.forget_all()
    assert some.get("one") is None
    gone = weakref.ref(some)
    del some
    gc.collect()
    assert gone() is None, "a model that is replaced takes its own with it"


def components(agent: Agent, kind: type) -> Any:
    """The component of this kind of a loaded agent."""
    assert agent.processor is not None
    nodes = getattr(agent.processor.graph_runner, "_instantiated_nodes", {})
    return next(node._component for node in nodes.values() if isinstance(node._component, kind))


async def test_a_text_read_again_is_read_the_same_without_work(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = engine.agent
    assert agent.processor is not None
    kept.forget_all()
    first = await agent.processor.parse_message(UserMessage(SAID))
    assert first["intent"]["name"]
    assert [one["entity"] for one in first["entities"]]
    ranking, found = components(agent, classifier.RegressionClassifier), components(agent, entities.ShopEntityExtractor)

    def work(*_: Any) -> Any:
        raise AssertionError("worked again")

    monkeypatch.setattr(ranking, "probabilities", work)
    monkeypatch.setattr(found._extractor, "find", work)
    second = await agent.processor.parse_message(UserMessage(SAID))
    assert second["intent_ranking"] == first["intent_ranking"]
    assert second["entities"] == first["entities"]
    # Who adds to what they were given adds to their own.
    second["intent_ranking"][0]["confidence"] = 0.0
    second["intent_ranking"].clear()
    second["entities"][0]["value"] = "changed"
    third = await agent.processor.parse_message(UserMessage(SAID))
    assert third["intent_ranking"] == first["intent_ranking"]
    assert third["entities"] == first["entities"]


async def test_yesterday_is_another_date_tomorrow(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    found = components(engine.agent, entities.ShopEntityExtractor)
    now = found.entities("昨天")[0]["value"]
    moved = entities.today().replace(year=entities.today().year + 1)
    monkeypatch.setattr(entities, "today", lambda: moved)
    asked: list[str] = []
    monkeypatch.setattr(found._extractor, "find", lambda text: asked.append(text) or [])
    assert now
    assert found.entities("昨天") == []
    assert asked == ["昨天"]
