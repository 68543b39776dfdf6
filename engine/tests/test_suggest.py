"""Suggestions in the dark: good answers, and not a trace of them in the talk."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from rasa.core.lock import TicketLock
from sqlalchemy import text as sql

from engine import suggest
from engine.tests.conftest import Engine
from engine.turn import store_of


@pytest.fixture
def talk() -> str:
    return f"t-{uuid.uuid4().hex}"


def stored(engine: Engine) -> list[tuple[Any, ...]]:
    """Everything the tracker store holds."""
    store = store_of(engine.agent)
    assert store is not None
    with store.engine.connect() as connection:
        return [tuple(row) for table in ("talks", "turns") for row in connection.execute(sql(f"SELECT * FROM {table} ORDER BY 1"))]


def suggestions(engine: Engine, talk: str, text: str, **more: Any) -> list[dict[str, Any]]:
    status, body = engine.call("/webhooks/turn/suggest", {"sender": talk, "text": text, **more})
    assert status == 200, body
    return list(body["suggestions"])


def told(suggestion: dict[str, Any]) -> list[str]:
    return [reply["text"] for reply in suggestion["replies"]]


def test_the_first_suggestion_is_what_the_bot_would_say(engine: Engine, talk: str) -> None:
    found = suggestions(engine, talk, "请问邮费由哪一方负担")
    assert found[0]["intents"] == ["ask_row"]
    assert found[0]["replies"][0]["row"] == "pr_x"
    said = engine.say(talk, "请问邮费由哪一方负担")
    assert told(found[0]) == [reply["text"] for reply in said["replies"]]


def test_asking_writes_nothing_and_the_actions_know_it_is_dark(engine: Engine, talk: str) -> None:
    engine.say(talk, "在吗")
    before, calls = stored(engine), len(engine.actions.calls)
    suggestions(engine, talk, "请问邮费由哪一方负担", metadata={"dry_run": False, "customer_id": "c05"})
    assert stored(engine) == before
    dark = engine.actions.calls[calls:]
    assert dark, "the action was tried"
    assert all(call["tracker"]["latest_message"]["metadata"]["dry_run"] is True for call in dark)
    assert dark[0]["tracker"]["latest_message"]["metadata"]["customer_id"] == "c05"


def test_a_message_without_a_talk_knows_what_it_is_given_and_nothing_else(engine: Engine, talk: str) -> None:
    engine.say(talk, "身高一米六二")
    before, calls = stored(engine), len(engine.actions.calls)
    suggestions(engine, talk, "请问邮费由哪一方负担", slots={"weight": 110})
    assert stored(engine) == before
    tracker = engine.actions.calls[calls]["tracker"]
    assert (tracker["slots"]["weight"], tracker["slots"]["height"]) == (110, None), "the stored talk of that name is not read"
    assert engine.call("/webhooks/turn/suggest", {"sender": talk, "text": "在吗", "slots": {}})[0] == 200


def test_what_is_known_before_keeps_no_rule_from_answering(engine: Engine, talk: str) -> None:
    """A slot that is set before the first word and nothing that listens: no rule would fit, and the answer would be a guess."""
    plain, known = (suggestions(engine, talk, "请问邮费由哪一方负担", slots=slots) for slots in ({}, {"weight": 110}))
    assert [one["actions"] for one in known] == [one["actions"] for one in plain]
    assert all(reply["response"] != "utter_smalltalk_guess" for one in known for reply in one["replies"])


@pytest.mark.parametrize("slots", [{"no_such": "x"}, {"height": ["x"]}, {"height": None}, ["height"], "height"])
def test_slots_that_there_are_not_are_refused(engine: Engine, talk: str, slots: Any) -> None:
    assert engine.call("/webhooks/turn/suggest", {"sender": talk, "text": "在吗", "slots": slots})[0] == 422


def test_readings_do_not_wait_for_each_other(engine: Engine, talk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rasa's lock of a talk is waited for in whole seconds: four readings that shared one took three seconds."""
    asked: list[bool] = []
    real = TicketLock.is_locked

    def watched(lock: TicketLock, ticket: int) -> bool:
        asked.append(bool(real(lock, ticket)))
        return asked[-1]

    monkeypatch.setattr(TicketLock, "is_locked", watched)
    monkeypatch.setattr(suggest, "LEAST_SHARE", 0.0)
    suggestions(engine, talk, "请问邮费由哪一方负担，想退掉")
    assert len(asked) > 1, "several readings were tried"
    assert not any(asked)


def test_suggestions_differ_and_are_no_more_than_asked(engine: Engine, talk: str) -> None:
    found = suggestions(engine, talk, "请问邮费由哪一方负担，想退掉", most=3)
    assert 1 <= len(found) <= 3
    assert len({tuple(told(one)) for one in found}) == len(found)


def test_a_form_that_is_open_is_answered_without_being_moved_on(engine: Engine, talk: str) -> None:
    engine.say(talk, "身高一米六二")
    assert told(suggestions(engine, talk, "55")[0]) == ["身高162，体重110。"]
    assert told(suggestions(engine, talk, "60")[0]) == ["身高162，体重120。"]
    assert engine.say(talk, "55")["replies"][-1]["text"] == "身高162，体重110。"


def test_an_older_message_is_answered_in_the_talk_of_then(engine: Engine, talk: str) -> None:
    engine.say(talk, "身高一米六二", message_id="m1")
    engine.say(talk, "55", message_id="m2")
    again = suggestions(engine, talk, "60", before="m2")
    assert told(again[0]) == ["身高162，体重120。"], "the form was still open then"


def test_a_button_is_suggested_for_by_its_payload(engine: Engine, talk: str) -> None:
    status, body = engine.call("/webhooks/turn/suggest", {"sender": talk, "payload": "/ask_row"})
    assert (status, body["suggestions"][0]["intents"]) == (200, ["ask_row"])
    assert engine.call("/webhooks/turn/suggest", {"sender": talk, "payload": "/no_such"})[0] == 422


def test_who_asks_for_a_person_has_one_already(engine: Engine, talk: str) -> None:
    status, body = engine.call("/webhooks/turn/suggest", {"sender": talk, "payload": "/request_human"})
    assert status == 200
    assert [told(one) for one in body["suggestions"]] == [["我是人工客服。"]]
    assert body["suggestions"][0]["replies"][0]["script"] == "s_here"


def test_a_variation_for_agents_is_suggested_and_never_said_by_the_bot(engine: Engine, talk: str) -> None:
    _, body = engine.call("/webhooks/turn/suggest", {"sender": talk, "payload": "/choose_option"})
    assert told(body["suggestions"][0]) == ["我替您选好了。"]
    assert engine.press(talk, "/choose_option")[1]["replies"][0]["text"] == "已选择。"


def test_silence_is_no_suggestion(engine: Engine, talk: str) -> None:
    assert all(any(told(one)) for one in suggestions(engine, talk, "请保持安静别说话"))


@pytest.mark.parametrize("more", [{"most": 0}, {"most": 9}, {"most": True}, {"before": 7}, {"metadata": ["x"]}, {"text": 5}])
def test_a_malformed_question_is_refused(engine: Engine, talk: str, more: dict[str, Any]) -> None:
    assert engine.call("/webhooks/turn/suggest", {"sender": talk, "text": "在吗", **more})[0] == 422


def test_without_the_token_nothing_is_suggested(engine: Engine, talk: str) -> None:
    assert engine.call("/webhooks/turn/suggest", {"sender": talk, "text": "在吗"}, token=None)[0] == 401


class TestNotes:
    def test_what_people_said_is_known_afterwards(self, engine: Engine, talk: str) -> None:
        lines = [
            {"from": "shopper", "text": "请问邮费由哪一方负担", "message_id": "m1"},
            {"from": "agent", "text": "这次由我们承担。", "message_id": "m2"},
        ]
        assert engine.call("/webhooks/turn/told", {"sender": talk, "lines": lines}) == (200, {"noted": 2})
        assert engine.call("/webhooks/turn/told", {"sender": talk, "lines": lines}) == (200, {"noted": 0}), "told twice, noted once"
        rows = [row for row in stored(engine) if talk in row]
        assert "这次由我们承担" in str(rows)
        assert engine.say(talk, "在吗")["replies"], "the talk goes on with the bot"

    def test_a_command_in_it_commands_nothing(self, engine: Engine, talk: str) -> None:
        lines = [{"from": "shopper", "text": "/restart"}, {"from": "agent", "text": "/ask_row"}]
        assert engine.call("/webhooks/turn/told", {"sender": talk, "lines": lines})[0] == 200
        assert "restart" not in str(engine.call("/webhooks/turn/slots", {"sender": talk})[1])
        assert engine.say(talk, "在吗")["replies"]

    @pytest.mark.parametrize(
        "lines", [None, [], [{"from": "bot", "text": "x"}], [{"from": "agent"}], ["x"], [{"from": "agent", "text": "x"}] * 51]
    )
    def test_malformed_lines_are_refused(self, engine: Engine, talk: str, lines: Any) -> None:
        assert engine.call("/webhooks/turn/told", {"sender": talk, "lines": lines})[0] == 422
