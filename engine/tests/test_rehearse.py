"""A talk tried out: it goes on from message to message, tells its work, and leaves no trace."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from engine import rehearse
from engine.rehearse import KEPT, MOST_TALKS, Lost, Rehearsals
from engine.tests.conftest import Engine
from engine.tests.test_suggest import stored

PATH = "/webhooks/turn/try"


@pytest.fixture
def talk() -> str:
    return f"try:{uuid.uuid4().hex}"


def tried(engine: Engine, talk: str, *texts: str, said: int = 0, **metadata: Any) -> list[dict[str, Any]]:
    body = {"sender": talk, "said": said, "lines": [{"text": text} for text in texts], "metadata": metadata}
    status, answer = engine.call(PATH, body)
    assert status == 200, answer
    assert answer["model"]
    return list(answer["turns"])


def texts_of(turn: dict[str, Any]) -> list[str]:
    return [reply["text"] for reply in turn["replies"]]


def test_the_whole_trace_of_a_message_is_told(engine: Engine, talk: str) -> None:
    (turn,) = tried(engine, talk, "请问邮费由哪一方负担")
    (wish,) = turn["wishes"]
    assert (wish["intent"], wish["actions"]) == ("ask_row", ["action_row"])
    assert len(wish["ranking"]) > 1
    assert wish["ranking"][0]["name"] == "ask_row"
    assert "".join(turn["tokens"]) == "请问邮费由哪一方负担"
    assert len(turn["tokens"]) > 3
    assert [reply["row"] for reply in turn["replies"]] == ["pr_x", "pr_y"]
    assert [one["response"] for one in turn["spoken"]] == ["utter_postage", "utter_smalltalk_missing_value"]
    actions = [one for one in turn["events"] if one["event"] == "action"]
    assert [one["name"] for one in actions][-1] == "action_row"
    assert actions[-1]["policy"] == "RulePolicy"


def test_a_talk_goes_on_and_says_what_it_has_learned(engine: Engine, talk: str) -> None:
    first = tried(engine, talk, "身高一米六二")[0]
    assert (first["slots"]["height"], first["state"]["requested_slot"]) == (162, "weight")
    assert first["changed"]["height"] == [None, 162]
    second = tried(engine, talk, "55", said=1)[0]
    assert texts_of(second) == ["身高162，体重110。"]
    assert "height" not in second["changed"]
    assert "session_started_metadata" not in str(first["slots"]) + str(first["events"])
    assert [one["event"] for one in second["events"] if one["event"] == "form"] == ["form"]
    both = tried(engine, talk, "身高一米六二", "55")
    assert texts_of(both[1]) == texts_of(second), "begun anew, in one request"


def test_nothing_is_written_and_the_actions_know_that_it_is_a_rehearsal(engine: Engine, talk: str) -> None:
    before, calls = stored(engine), len(engine.actions.calls)
    tried(engine, talk, "请问邮费由哪一方负担", dry_run=False, customer_id="c05")
    assert stored(engine) == before
    told = [call["tracker"]["latest_message"]["metadata"] for call in engine.actions.calls[calls:]]
    assert told
    assert all(one["dry_run"] is True and one["rehearsal"] is True and one["customer_id"] == "c05" for one in told)


def test_it_speaks_as_the_bot_and_not_as_an_agent(engine: Engine, talk: str) -> None:
    status, body = engine.call(PATH, {"sender": talk, "lines": [{"payload": "/choose_option"}]})
    assert status == 200
    assert texts_of(body["turns"][0]) == ["已选择。"]
    assert body["turns"][0]["tokens"] == []


def test_two_engines_that_are_compared_do_not_differ_by_chance(engine: Engine, talk: str) -> None:
    said = {tuple(texts_of(tried(engine, talk, "谢谢", steady=True)[0])) for _ in range(6)}
    assert len(said) == 1


def test_a_talk_that_was_forgotten_is_said_to_be_lost(engine: Engine, talk: str) -> None:
    assert engine.call(PATH, {"sender": talk, "said": 3, "lines": [{"text": "在吗"}]})[0] == 409
    tried(engine, talk, "在吗")
    engine.say("somebody", "在吗")
    assert engine.call("/webhooks/turn/erase", {"sender": "somebody"})[0] == 200
    assert engine.call(PATH, {"sender": talk, "said": 1, "lines": [{"text": "在吗"}]})[0] == 409, "an erasure forgets all that was tried"


@pytest.mark.parametrize(
    "more",
    [
        {"lines": []},
        {"lines": ["在吗"]},
        {"lines": [{"text": "a", "payload": "/greet"}]},
        {"lines": [{"payload": "/no_such"}]},
        {"lines": [{"text": "a"}] * 11},
        {"said": -1},
        {"said": True},
        {"said": 100},
        {"metadata": ["x"]},
    ],
)
def test_what_is_malformed_is_refused(engine: Engine, talk: str, more: dict[str, Any]) -> None:
    body = {"sender": talk, "lines": [{"text": "在吗"}], **more}
    assert engine.call(PATH, body)[0] == 422
    assert engine.call(PATH, body, token=None)[0] == 401


def test_a_button_and_a_leading_slash_are_no_command(engine: Engine, talk: str) -> None:
    assert tried(engine, talk, "/restart")[0]["wishes"][0]["text"] == "restart", "words, and no command"


class TestMemory:
    def tracker(self) -> DialogueStateTracker:
        return DialogueStateTracker.from_events("t", [UserUttered("在吗")], [])

    def test_the_oldest_and_the_still_ones_go(self) -> None:
        now = [0.0]
        kept = Rehearsals(lambda: now[0])
        for number in range(MOST_TALKS + 1):
            kept.keep(str(number), self.tracker(), 1)
        with pytest.raises(Lost):
            kept.past("0", 1)
        assert len(kept.past("1", 1).events) == 1
        now[0] = KEPT + 1
        with pytest.raises(Lost):
            kept.past("2", 1)

    def test_beginning_anew_forgets_and_another_length_is_another_talk(self) -> None:
        kept = Rehearsals()
        kept.keep("t", self.tracker(), 1)
        with pytest.raises(Lost):
            kept.past("t", 2)
        assert kept.past("t", 0).events == ()
        with pytest.raises(Lost):
            kept.past("t", 1)

    async def test_a_talk_has_an_end(self) -> None:
        class Ready:
            processor = object()

        with pytest.raises(rehearse.TooLong):
            await rehearse.rehearse(Ready(), Rehearsals(), "t", 100, [rehearse.Line("在吗", None)], {})  # type: ignore[arg-type]
