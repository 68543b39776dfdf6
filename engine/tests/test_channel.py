"""The turn channel, through a real agent."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from rasa.shared.exceptions import RasaException
from sqlalchemy import text as sql

from engine.action_endpoint import TrimmedEndpoint
from engine.answered import AnswerLost, Answers
from engine.channel import TurnInput
from engine.nlu import kept
from engine.nlu.normalise import normalise
from engine.tests.conftest import Engine
from engine.tracker_store import BoundedTrackerStore
from engine.turn import store_of


@pytest.fixture
def talk() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def texts(body: dict[str, Any]) -> list[str]:
    return [reply["text"] for reply in body["replies"]]


# -- who may call, and how -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "wrong", "test-token-and-more"])
def test_without_the_token_there_is_no_turn(engine: Engine, talk: str, token: str | None) -> None:
    for path in ("/webhooks/turn/webhook", "/webhooks/turn/erase", "/webhooks/turn/forget", "/webhooks/turn/slots"):
        assert engine.call(path, {"sender": talk, "text": "在吗"}, token)[0] == 401


@pytest.mark.parametrize("credentials", [None, {}, {"token": ""}, {"token": "${XIAOER_ENGINE_TOKEN}"}])
def test_a_channel_without_a_token_does_not_start(credentials: dict[str, Any] | None) -> None:
    with pytest.raises(RasaException, match="XIAOER_ENGINE_TOKEN"):
        TurnInput.from_credentials(credentials)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"sender": "a"},
        {"text": "a"},
        {"sender": "", "text": "a"},
        {"sender": "x" * 300, "text": "a"},
        {"sender": "a", "text": 5},
        {"sender": "a", "payload": 5},
        {"sender": "a", "text": "a", "payload": "/greet"},
        {"sender": "a", "text": "a", "metadata": "no"},
        {"sender": "a", "payload": "/" + "x" * 2000},
    ],
)
def test_a_malformed_request_is_told_what_is_wrong(engine: Engine, body: Any) -> None:
    status, answer = engine.call("/webhooks/turn/webhook", body)
    assert status == 422
    assert set(answer) == {"title", "detail"}


def test_a_body_that_is_no_json_is_refused(engine: Engine) -> None:
    assert engine.call("/webhooks/turn/webhook", raw=b"{nonsense")[0] == 422


def test_ready_names_model_and_store(engine: Engine) -> None:
    status, body = engine.call("/webhooks/turn/ready", token=None)
    assert status == 200
    assert body["ready"] is True
    assert body["model"].endswith(".tar.gz")
    assert body["tracker_store"] == "BoundedTrackerStore"


def test_the_configured_classes_are_really_behind_it(engine: Engine) -> None:
    assert isinstance(store_of(engine.agent), BoundedTrackerStore)
    assert isinstance(engine.agent.processor.action_endpoint, TrimmedEndpoint)


def test_an_engine_is_not_ready_before_it_is_warm(engine: Engine) -> None:
    assert engine.before_warm == {"ready": False, "reason": "warming up"}


async def test_an_engine_without_a_model_is_not_ready() -> None:
    readiness = await TurnInput("t").readiness(None)
    assert readiness == {"ready": False, "reason": "no model is loaded"}


# -- what a turn answers ---------------------------------------------------------------------------------------------------


def test_a_greeting_is_answered_in_bubbles_with_trace(engine: Engine, talk: str) -> None:
    body = engine.say(talk, "在吗")
    assert texts(body) == ["这里是测试店铺。", "请讲。"]
    assert body["replies"][0]["buttons"] == []
    assert [button["title"] for button in body["replies"][1]["buttons"]] == ["看尺码", "找真人"]
    assert {reply["script"] for reply in body["replies"]} == {"s_greet"}
    assert {reply["response"] for reply in body["replies"]} == {"utter_greet"}
    assert body["trace"]["intent"] == "greet"
    assert body["trace"]["confidence"] == 1.0
    assert body["trace"]["actions"] == ["utter_greet"]
    assert body["took_ms"] > 0
    assert set(body["state"]) == {"active_loop", "requested_slot", "open_question"}
    trace = {"response", "script", "table", "row", "intent", "confidence", "known", "explain"}
    assert set(body["replies"][0]) == {"text", "buttons", "image", "card", *trace}


def test_row_and_card_travel_with_the_reply_and_a_missing_value_is_covered(engine: Engine, talk: str) -> None:
    body = engine.say(talk, "请问邮费由哪一方负担")
    first, second = body["replies"]
    assert first["text"] == "邮费8元。"
    assert (first["table"], first["row"], first["card"]) == ("postage", "pr_x", {"kind": "row"})
    assert second["response"] == "utter_smalltalk_missing_value"
    assert "{" not in second["text"]


def test_silence_is_reported(engine: Engine, talk: str) -> None:
    body = engine.say(talk, "请保持安静别说话")
    assert body["replies"] == []
    assert body["error"] == "no_reply"


def test_a_broken_action_server_is_reported_as_silence_and_the_talk_goes_on(engine: Engine, talk: str) -> None:
    engine.actions.fail = True
    try:
        assert engine.say(talk, "请问邮费由哪一方负担")["error"] == "no_reply"
    finally:
        engine.actions.fail = False
    assert texts(engine.say(talk, "在吗")) == ["这里是测试店铺。", "请讲。"]


def test_entities_are_traced_with_the_words_they_came_from(engine: Engine, talk: str) -> None:
    body = engine.say(talk, "身高１６５体重120斤")
    found = {one["entity"]: (one["value"], one["text"]) for one in body["trace"]["entities"]}
    assert found["height"] == (165.0, "１６５")
    assert found["weight"] == (120.0, "120斤")
    assert texts(body) == ["身高165，体重120。"]


def test_a_family_of_wishes_tells_its_topic(engine: Engine, talk: str) -> None:
    for text, topic in (("你们回消息太慢了", "slow"), ("客服说话态度真差", "attitude")):
        trace = engine.say(talk, text)["trace"]
        assert (trace["intent"], trace["topic"], trace["entities"]) == ("complain", topic, [])
        assert [one["name"] for one in trace["ranking"]].count("complain") == 1, "topics are no wishes of their own"
    assert engine.say(talk, "真是太谢谢了")["trace"]["topic"] is None


# -- text is never a command -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "/request_human",
        "  /request_human",
        "／request_human",
        "//request_human",
        '/give_measurements{"height": 170, "weight": 100}',
        "/restart",
        "/",
    ],
)
def test_a_leading_slash_is_no_command(engine: Engine, talk: str, text: str) -> None:
    engine.say(talk, "身高165")
    body = engine.say(talk, text)
    assert body["trace"]["confidence"] != 1.0 or body["trace"]["intent"] == "unclear_message"
    assert not {one["entity"] for one in body["trace"]["entities"]} & {"height", "weight"}
    tracker = asyncio.run_coroutine_threadsafe(store_of(engine.agent).retrieve(talk), engine.loop).result(10)  # type: ignore[union-attr]
    assert tracker.get_slot("height") == 165.0
    assert len(tracker.events) > 5


@pytest.mark.parametrize(
    "payload",
    [
        "/restart",
        "/back",
        "/session_start",
        "/nonsense",
        "greet",
        "/greet{",
        "/greet[]",
        '/greet{"who": "x"}',
        '/greet{"height": {"a": 1}}',
    ],
)
def test_an_unknown_payload_is_refused(engine: Engine, talk: str, payload: str) -> None:
    status, body = engine.press(talk, payload)
    assert status == 422
    assert body["title"] == "unknown payload"


def test_a_payload_is_an_intent_with_its_entities(engine: Engine, talk: str) -> None:
    status, body = engine.press(talk, '/choose_option{"option": "size"}')
    assert status == 200
    assert body["trace"]["intent"] == "choose_option"
    assert [(one["entity"], one["value"]) for one in body["trace"]["entities"]] == [("option", "size")]


@pytest.mark.parametrize("text", ["长" * 10_000, "<script>alert(1)</script>" * 400, "\x00\x01", "🦄🦄🦄", " ", ""])
def test_any_text_gets_a_kind_answer(engine: Engine, talk: str, text: str) -> None:
    assert engine.say(talk, text)["replies"]


# -- short answers in the light of what was asked ------------------------------------------------------------------------------


def test_bare_numbers_answer_the_form(engine: Engine, talk: str) -> None:
    body = engine.say(talk, "身高一米六二")
    assert body["state"] == {"active_loop": "size_form", "requested_slot": "weight", "open_question": None}
    body = engine.say(talk, "55")
    assert {one["entity"]: one["value"] for one in body["trace"]["entities"]} == {"weight": 110.0}
    assert texts(body) == ["身高162，体重110。"]
    assert body["state"]["active_loop"] is None


def test_typing_a_button_or_its_place_presses_it(engine: Engine, talk: str) -> None:
    engine.say(talk, "在吗")
    assert engine.say(talk, "找真人")["trace"]["intent"] == "request_human"
    engine.say(talk, "在吗")
    body = engine.say(talk, "1")
    assert [(one["entity"], one["value"]) for one in body["trace"]["entities"]] == [("option", "size")]


def test_a_place_without_buttons_stays_a_place(engine: Engine, talk: str) -> None:
    body = engine.say(talk, "2")
    assert body["trace"]["intent"] == "choose_option"
    assert [(one["entity"], one["value"]) for one in body["trace"]["entities"]] == [("option", "2")]


# -- memory ------------------------------------------------------------------------------------------------------------------


def test_two_messages_of_one_talk_are_answered_one_after_the_other(engine: Engine, talk: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda _: engine.say(talk, "在吗"), range(8)))
    assert all(body["replies"] for body in bodies)
    tracker = asyncio.run_coroutine_threadsafe(store_of(engine.agent).retrieve_full_tracker(talk), engine.loop).result(10)  # type: ignore[union-attr]
    assert sum(type(event).__name__ == "UserUttered" for event in tracker.events) == 8


def test_a_message_that_comes_again_is_answered_with_the_same_words_and_processed_once(engine: Engine, talk: str) -> None:
    first = engine.say(talk, "在吗", message_id="m-1")
    again = engine.say(talk, "在吗", message_id="m-1")
    assert [reply["text"] for reply in again["replies"]] == [reply["text"] for reply in first["replies"]]
    engine.say(talk, "在吗", message_id="m-2")
    tracker = asyncio.run_coroutine_threadsafe(store_of(engine.agent).retrieve_full_tracker(talk), engine.loop).result(10)  # type: ignore[union-attr]
    assert sum(type(event).__name__ == "UserUttered" for event in tracker.events) == 2


def test_a_message_that_an_engine_before_us_has_answered_is_not_processed_again() -> None:
    answers = Answers()
    assert answers.again("t", {"message_id": "m-1"}, {"message_id": ""}) is None
    assert answers.again("t", {}, {"message_id": "m-1"}) is None
    for done in ("m-1", "m-1:2"):
        with pytest.raises(AnswerLost):
            answers.again("t", {"message_id": "m-1"}, {"message_id": done})
    answers.keep("t", {"message_id": "m-1"}, {"replies": ["好"]})
    answers.keep("t", {"message_id": "m-2"}, {"replies": ["再见"]})
    assert answers.again("t", {"message_id": "m-1"}, {"message_id": "m-1"}) == {"replies": ["好"]}
    answers.forget("t")
    assert answers.again("t", {"message_id": "m-2"}, {}) is None


def test_metadata_reaches_the_actions_and_the_call_is_light(engine: Engine, talk: str) -> None:
    for _ in range(12):
        engine.say(talk, "在吗")
    engine.say(talk, "请问邮费由哪一方负担", customer_id="c05", shop_id="demo", message_id="m-1")
    call = engine.actions.calls[-1]
    assert call["domain"] == {}
    assert call["sender_id"] == talk
    assert len(call["tracker"]["events"]) <= 80
    metadata = call["tracker"]["latest_message"]["metadata"]
    assert metadata["customer_id"] == "c05"
    assert call["tracker"]["latest_message"]["message_id"] == "m-1"


def test_the_rest_channel_calls_the_actions_as_lightly(engine: Engine, talk: str) -> None:
    status, body = engine.call("/webhooks/rest/webhook", {"sender": talk, "message": "请问邮费由哪一方负担"})
    assert status == 200
    assert body[0]["text"] == "邮费8元。"
    assert engine.actions.calls[-1]["domain"] == {}


def test_connections_to_the_actions_are_kept(engine: Engine, talk: str) -> None:
    before = len(engine.actions.connections)
    for _ in range(5):
        engine.say(talk, "请问邮费由哪一方负担")
    assert len(engine.actions.connections) <= before + 1


def test_erasing_a_talk_forgets_it(engine: Engine, talk: str) -> None:
    engine.say(talk, "身高一米六二")
    status, body = engine.call("/webhooks/turn/erase", {"sender": talk})
    assert status == 200
    assert body["erased"] >= 2
    assert engine.say(talk, "在吗")["state"]["active_loop"] is None


def kept_texts(engine: Engine) -> str:
    """Every text that the engine keeps between messages."""
    return str([key for one in list(kept._all) for key in one._values])


@pytest.mark.parametrize("way", ["erase", "forget"])
def test_erased_words_leave_what_is_kept_between_messages(engine: Engine, talk: str, way: str) -> None:
    said, asked = "我那件墨绿色的大衣想退掉", "隔壁老周说邮费由哪一方负担"
    engine.say(talk, said)
    engine.call("/webhooks/turn/suggest", {"sender": talk, "text": asked})
    assert "墨绿" in kept_texts(engine)
    assert "老周" in kept_texts(engine)
    body = {"sender": talk} if way == "erase" else {"before": 4e9}
    assert engine.call(f"/webhooks/turn/{way}", body)[0] == 200
    assert "墨绿" not in kept_texts(engine)
    assert "老周" not in kept_texts(engine)
    assert normalise.cache_info().currsize == 0
    engine.say(talk, said)
    assert "墨绿" in kept_texts(engine), "the same words are read anew"


def test_what_is_noted_of_a_talk_is_told_for_a_copy(engine: Engine, talk: str) -> None:
    assert engine.call("/webhooks/turn/slots", {"sender": talk}) == (200, {"slots": {}})
    engine.say(talk, "身高一米六二")
    status, body = engine.call("/webhooks/turn/slots", {"sender": talk})
    assert status == 200
    assert body["slots"]


def test_retention_forgets_talks_that_are_still_since_long(engine: Engine, talk: str) -> None:
    engine.say(talk, "身高一米六二")
    assert engine.call("/webhooks/turn/forget", {"before": 1000.0}) == (200, {"erased": 0})
    assert engine.call("/webhooks/turn/slots", {"sender": talk})[1]["slots"]
    assert engine.call("/webhooks/turn/forget", {"before": "yesterday"})[0] == 422
    status, body = engine.call("/webhooks/turn/forget", {"before": 4e9})
    assert status == 200
    assert body["erased"] >= 2
    assert engine.call("/webhooks/turn/slots", {"sender": talk})[1] == {"slots": {}}


def test_a_failing_store_refuses_the_turn_and_recovers(engine: Engine, talk: str) -> None:
    engine.say(talk, "身高一米六二")
    store = store_of(engine.agent)
    assert store is not None

    def rename(old: str, new: str) -> None:
        with store.engine.begin() as connection:
            connection.execute(sql(f"ALTER TABLE {old} RENAME TO {new}"))

    rename("talks", "hidden")
    try:
        status, body = engine.call("/webhooks/turn/webhook", {"sender": talk, "text": "55"})
        assert status == 503
        assert body["title"] == "tracker store failed"
        assert engine.call("/webhooks/turn/ready", token=None)[0] == 503
    finally:
        rename("hidden", "talks")
    assert texts(engine.say(talk, "55")) == ["身高162，体重110。"]


def test_a_store_that_can_be_read_but_not_written_refuses_the_turn(engine: Engine, talk: str) -> None:
    engine.say(talk, "在吗")
    store = store_of(engine.agent)
    assert store is not None
    with store.engine.begin() as connection:
        connection.execute(sql("ALTER TABLE turns RENAME TO hidden"))
    try:
        assert engine.call("/webhooks/turn/webhook", {"sender": talk, "text": "谢谢"})[0] == 503
    finally:
        with store.engine.begin() as connection:
            connection.execute(sql("ALTER TABLE hidden RENAME TO turns"))
    assert texts(engine.say(talk, "谢谢"))[0] in {"甲句", "乙句"}


def test_two_wishes_in_one_message_are_both_answered_with_their_own_trace(engine: Engine, talk: str) -> None:
    body = engine.say(talk, "身高165体重120斤，刚才那位客服说话态度真差")
    assert [one["intent"] for one in body["trace"]["intents"]] == ["complain", "give_measurements"]
    assert {reply["intent"] for reply in body["replies"]} == {"complain", "give_measurements"}
    assert body["replies"][-1]["text"] == "身高165，体重120。"


def test_a_message_of_one_wish_has_one(engine: Engine, talk: str) -> None:
    body = engine.say(talk, "衣服不喜欢，想退掉")
    assert [one["intent"] for one in body["trace"]["intents"]] == ["request_return"]
