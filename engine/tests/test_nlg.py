"""What is said follows the files, and never shows a brace."""

from __future__ import annotations

import itertools
import logging
import os
import time
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
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


edits = itertools.count()


@pytest.fixture
def live(tmp_path: Path) -> LiveResponses:
    (tmp_path / "a.yml").write_text(FILE % "yes", encoding="utf-8")
    return LiveResponses(EndpointConfig(folder=str(tmp_path)), Domain.empty())


def edit(live: LiveResponses, text: str, name: str = "a.yml") -> None:
    path = live._files.folder / name
    path.write_text(text, encoding="utf-8")
    # Every edit has a time of its own, long enough ago to count as written.
    os.utime(path, (0, 1_700_000_000 + next(edits)))
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


async def test_the_shop_s_way_of_address_is_taken_from_what_the_action_gives(live: LiveResponses) -> None:
    dear = "    - {text: '亲，{price}元', condition: [{type: slot, name: address_style, value: qin}]}\n"
    edit(live, "responses:\n  utter_price:\n    - text: '您好，{price}元'\n" + dear)
    for style, expected in (({}, "您好，168元"), ({"address_style": "nin"}, "您好，168元"), ({"address_style": "qin"}, "亲，168元")):
        said = await live.generate("utter_price", tracker(), "turn", price="168", **style)
        assert said is not None
        assert said["text"] == expected


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


# -- dates (docs/dates.md) -----------------------------------------------------------------------------------------------------

DATED = """
responses:
  utter_when:
    - text: 平日
    - {text: 双十一, valid_from: 2026-11-10, valid_to: 2026-11-11}
    - {text: 双十一在平台, valid_from: 2026-11-10, valid_to: 2026-11-11, condition: [{type: slot, name: outlet, value: taobao}]}
    - {text: "停发到{until}", valid_from: "2027-02-02T18:00", valid_to: 2027-02-14}
"""


async def heard(live: LiveResponses, **values: str) -> str:
    said = await live.generate("utter_when", tracker(), "turn", **values)
    assert said is not None
    assert not {"valid_from", "valid_to"} & set(said)
    return str(said["text"])


async def test_the_clock_switches_the_wording_on_and_off(live: LiveResponses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(live, DATED)
    hand = tmp_path / "clock"
    monkeypatch.setenv("XIAOER_NOW", f"@{hand}")
    for now, expected in (
        ("2026-11-09T23:59:59+08:00", "平日"),
        ("2026-11-10T00:00:00+08:00", "双十一"),
        ("2026-11-11T23:59:59+08:00", "双十一"),
        ("2026-11-12T00:00:00+08:00", "平日"),
        ("2027-02-02T17:59:00+08:00", "平日"),
        ("2027-02-02T10:00:00+00:00", "停发到十五"),
        ("2027-02-15", "平日"),
    ):
        hand.write_text(now, encoding="utf-8")
        assert await heard(live, until="十五") == expected, now


async def test_the_action_s_own_moment_counts_before_the_clock(live: LiveResponses) -> None:
    edit(live, DATED)
    assert await heard(live, moment="2026-11-11T04:00:00+00:00") == "双十一"
    assert await heard(live, moment="2026-11-13T04:00:00+00:00") == "平日"


async def test_an_outlet_has_its_own_variation(live: LiveResponses) -> None:
    edit(live, DATED)
    there = tracker()
    there.update(UserUttered("在吗", metadata={"outlet": "taobao"}))
    said = await live.generate("utter_when", there, "turn", moment="2026-11-11T04:00:00+00:00")
    assert said is not None
    assert said["text"] == "双十一在平台"


@pytest.mark.parametrize(
    ("variations", "place"),
    [
        ("[{text: 甲}, {text: 乙, valid_from: 2026-11-01, valid_to: 2026-11-11}, {text: 丙, valid_from: 2026-11-11}]", "variation 3"),
        ("[{text: 乙, valid_from: 2026-11-01}]", "every day"),
        ("[{text: 甲}, {text: 乙, valid_from: 双十一}]", "Remedy: write a day"),
        ("[{text: 甲}, {text: 乙, valid_from: 2026-11-12, valid_to: 2026-11-11}]", "is before"),
    ],
)
async def test_dates_that_cannot_be_right_leave_the_last_good_wording(live: LiveResponses, variations: str, place: str) -> None:
    edit(live, DATED)
    assert await heard(live, moment="2026-01-01T00:00:00+08:00") == "平日"
    edit(live, f"responses: {{utter_when: {variations}}}")
    assert await heard(live, moment="2026-01-01T00:00:00+08:00") == "平日"
    [why] = live.broken_files.values()
    assert "utter_when" in why
    assert place in why


async def test_a_file_in_the_middle_of_being_written_is_left_for_the_next_look(live: LiveResponses) -> None:
    edit(live, DATED)
    assert "utter_when" in live.responses
    path = live._files.folder / "a.yml"
    path.write_text("responses:\n", encoding="utf-8")
    live._files._looked -= LOOK_AGAIN + 1
    assert "utter_when" in live.responses
    assert not live.broken_files
    os.utime(path, (0, time.time() - 1))
    live._files._looked -= LOOK_AGAIN + 1
    assert "utter_when" in live.responses
    assert live.broken_files
