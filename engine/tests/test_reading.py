"""What the model reads in a message alone: its words are where they stand in it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.tests.conftest import Engine

PATH = "/webhooks/turn/read"


def read(engine: Engine, *texts: str) -> list[dict[str, Any]]:
    status, answer = engine.call(PATH, {"texts": list(texts)})
    assert status == 200, answer
    return list(answer["texts"])


@pytest.mark.parametrize("text", ["请问邮费由哪一方负担", "  /👍👍 身高１６２ＣＭ 呢\u200b", "請問運費"])
def test_words_and_entities_stand_where_they_were_typed(engine: Engine, text: str) -> None:
    (found,) = read(engine, text)
    ends = 0
    for start, end in found["tokens"]:
        assert ends <= start < end <= len(text)
        ends = end
    assert all(text[one["start"] : one["end"]].strip() for one in found["entities"])


def test_the_ranking_is_told_and_nothing_is_kept(engine: Engine) -> None:
    first, empty = read(engine, "请问邮费由哪一方负担", " / ")
    assert first["intent"] == first["ranking"][0]["name"] == "ask_row"
    assert (empty["tokens"], empty["intent"]) == ([], None)


@pytest.mark.parametrize("body", [{}, {"texts": "a"}, {"texts": [1]}, {"texts": ["a"] * 51}])
def test_a_malformed_request_is_told_what_is_wrong(engine: Engine, body: Any) -> None:
    assert engine.call(PATH, body)[0] == 422
