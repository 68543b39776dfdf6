"""What an action's answer was made from travels with it, bounded, without a floor price, and never at the answer's cost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actions import context, explain
from actions.explain import Executor, Watched
from policy.parameters import UNSPOKEN
from shop.snapshots import Snapshots
from tests.actions.support import turn


@pytest.fixture(scope="module")
def executor() -> Executor:
    found = Executor()
    found.register_package("actions")
    return found


def call(action: str, **said: Any) -> dict[str, Any]:
    """The body of an action call, as the engine sends it."""
    tracker = turn(**said)
    return {"next_action": action, "tracker": tracker.current_state() | {"events": tracker.events}, "domain": {}, "version": "3.6.21"}


async def test_decisions_facts_and_parameters_travel_with_the_answer(executor: Executor) -> None:
    result = await executor.run(call("action_bargain", intent="bargain", text="能便宜点吗", customer=None, product_id="p1001"))
    assert result is not None
    told = result.model_dump()["explain"]
    (decided,) = [one for one in told["decisions"] if one["table"] == "bargaining"]
    assert decided["row"] == result.responses[0]["row"] == "bg_01"
    assert decided["facts"]["ask"] == "request"
    assert decided["parameters"]["max_concessions"] == 2
    assert told["parameters"]["max_concessions"] == 2
    assert told["products"]["p1001"]["price"] == "168.00"
    assert told["at"].startswith(context.current().clock.now().isoformat()[:16])
    found = context.current()
    assert Snapshots(found.engine, "demo", found.clock).text(decided["hash"]), "the table is kept under its hash"
    product = json.dumps(told, ensure_ascii=False)
    assert "floor" not in product


async def test_an_answer_is_worth_more_than_its_explanation(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(explain, "call_told", fails)
    result = await executor.run(call("action_bargain", intent="bargain", text="能便宜点吗", customer=None, product_id="p1001"))
    assert result is not None
    assert result.responses
    assert "explain" not in result.model_dump()


async def test_nothing_of_one_call_is_told_with_the_next(executor: Executor) -> None:
    await executor.run(call("action_bargain", intent="bargain", text="能便宜点吗", customer=None, product_id="p1001"))
    result = await executor.run(call("action_welcome_thanks", intent="thank_you", text="谢谢", customer=None))
    assert result is not None
    told = result.model_dump()["explain"]
    assert told["action"] == "action_welcome_thanks"
    assert told["products"] == {}
    assert not [one for one in told["decisions"] if one["table"] == "bargaining"]


async def test_in_the_dark_nothing_is_explained_and_no_table_is_kept(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    monkeypatch.setattr(Snapshots, "keep", lambda *told: kept.append(told))
    said = {"intent": "bargain", "text": "能便宜点吗", "customer": None, "product_id": "p1001"}
    result = await executor.run(call("action_bargain", dry_run=True, **said))
    assert result is not None
    assert result.responses[0]["row"] == "bg_01"
    assert "explain" not in result.model_dump()
    assert kept == []
    await executor.run(call("action_bargain", **said))
    assert kept, "an answer that is given is explained as before"


async def test_an_unknown_action_is_refused_as_before(executor: Executor) -> None:
    with pytest.raises(Exception, match="action_nowhere"):
        await executor.run(call("action_nowhere", intent="greet"))


def test_only_parameters_that_are_read_are_noted() -> None:
    parameters = Watched({"a": 1, "b": 2, UNSPOKEN: "a"})
    assert parameters["a"] == 1
    with explain._reading() as read:
        assert parameters["a"] == 1
        assert parameters.get("c") is None
        assert parameters[UNSPOKEN] == "a"
    assert read == {"a": 1, "c": None}


async def test_a_rehearsal_is_explained_and_keeps_nothing(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    monkeypatch.setattr(Snapshots, "keep", lambda _self, _kind, content_hash, _text: kept.append(content_hash))
    dark = call("action_bargain", intent="bargain", text="能便宜点吗", customer=None, product_id="p1001", dry_run=True)
    metadata = dark["tracker"]["latest_message"]["metadata"]
    suggested = await executor.run(dark)
    assert suggested is not None
    assert "explain" not in suggested.model_dump()
    dark["tracker"]["latest_message"]["metadata"] = {**metadata, "rehearsal": True}
    rehearsed = await executor.run(dark)
    assert rehearsed is not None
    assert "bg_01" in [one["row"] for one in rehearsed.model_dump()["explain"]["decisions"]]
    assert kept == []
