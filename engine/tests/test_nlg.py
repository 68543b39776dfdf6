"""What is said follows the files, and never shows a brace."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from engine.nlg import LOOK_AGAIN, LiveResponses, MissingValue, fill

FILE = """
responses:
  utter_price:
    - text: "售价{price}元。"
      metadata: {script: s_price, source: test}
      buttons:
        - title: "要{size}码"
          payload: '/choose_option{"option": "%s"}'
  utter_twice:
    - text: 甲
    - text: 乙
  utter_smalltalk_missing_value:
    - text: 请稍候，我核实后告诉您。
      metadata: {script: s_missing}
"""


@pytest.fixture
def live(tmp_path: Path) -> LiveResponses:
    (tmp_path / "a.yml").write_text(FILE % "yes", encoding="utf-8")
    return LiveResponses(EndpointConfig(folder=str(tmp_path)), Domain.empty())


def edit(live: LiveResponses, text: str, name: str = "a.yml") -> None:
    path = live._files.folder / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10_000_000))
    live._files._looked -= LOOK_AGAIN + 1


def tracker(*said: str) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("t", [BotUttered(text) for text in said], [])


async def test_values_buttons_and_metadata_come_through(live: LiveResponses) -> None:
    said = await live.generate("utter_price", tracker(), "turn", price="168", size="M", row="r1")
    assert said is not None
    assert said["text"] == "售价168元。"
    assert said["buttons"] == [{"title": "要M码", "payload": '/choose_option{"option": "yes"}'}]
    assert said["metadata"] == {"script": "s_price", "source": "test"}


@pytest.mark.parametrize("values", [{}, {"price": None, "size": "M"}, {"price": "", "size": "M"}, {"price": "168"}])
async def test_a_missing_value_says_another_response(
    live: LiveResponses, values: dict[str, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        said = await live.generate("utter_price", tracker(), "turn", **values)
    assert said is not None
    assert said["metadata"]["said"] == "utter_smalltalk_missing_value"
    assert said["metadata"]["instead_of"] == "utter_price"
    assert "{" not in said["text"]
    assert "None" not in said["text"]
    assert "utter_price lacks a value" in caplog.text


async def test_an_edit_is_spoken_without_training(live: LiveResponses) -> None:
    await live.generate("utter_price", tracker(), "turn", price="1", size="M")
    edit(live, "responses:\n  utter_price:\n    - text: 新话{price}\n")
    said = await live.generate("utter_price", tracker(), "turn", price="1")
    assert said is not None
    assert said["text"] == "新话1"


@pytest.mark.parametrize(
    "broken", ["responses: [", "responses:\n  utter_price: 好", "responses:\n  utter_price:\n    - {text: a, condition: [x]}\n"]
)
async def test_a_broken_file_keeps_the_last_good_wording(live: LiveResponses, broken: str, caplog: pytest.LogCaptureFixture) -> None:
    live.responses  # noqa: B018 the files are read when asked for
    edit(live, broken)
    with caplog.at_level(logging.ERROR):
        said = await live.generate("utter_price", tracker(), "turn", price="168", size="M")
    assert said is not None
    assert said["text"] == "售价168元。"
    assert "cannot be used" in caplog.text
    assert live.broken_files


async def test_a_new_file_and_a_deleted_one_are_noticed(live: LiveResponses) -> None:
    edit(live, "responses:\n  utter_new:\n    - text: 新\n", "b.yml")
    assert "utter_new" in live.responses
    (live._files.folder / "b.yml").unlink()
    live._files._looked -= LOOK_AGAIN + 1
    assert "utter_new" not in live.responses


async def test_what_was_just_said_is_said_differently(live: LiveResponses) -> None:
    for _ in range(20):
        said = await live.generate("utter_twice", tracker("甲"), "turn")
        assert said is not None
        assert said["text"] == "乙"


async def test_an_unknown_name_says_nothing_and_is_logged(live: LiveResponses, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert await live.generate("utter_nobody", tracker(), "turn") is None
    assert "utter_nobody" in caplog.text


async def test_the_model_s_wording_serves_names_without_file(live: LiveResponses) -> None:
    live.responses = {"utter_trained": [{"text": "旧"}], "utter_twice": [{"text": "旧"}]}
    assert live.responses["utter_trained"] == [{"text": "旧"}]
    assert {one["text"] for one in live.responses["utter_twice"]} == {"甲", "乙"}


def test_values_are_never_read_as_variables() -> None:
    assert fill("{name}您好", {"name": "{price}", "price": "1"}) == "{price}您好"
    assert fill('/inform{{"a": "{x}"}}', {"x": "1"}) == '/inform{"a": "1"}'
    with pytest.raises(MissingValue):
        fill(["{x}"], {})
