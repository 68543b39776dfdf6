"""Scripts for people: found by words of the situation, checked when read, and never in the assistant's own mouth."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from policy.agent_scripts import AgentScriptError, load, read, search

PHONE = {
    *("s_phone_open", "s_name_address", "s_phone_silent", "s_phone_unclear_speaker", "s_phone_low_volume", "s_phone_noise"),
    *("s_phone_dialect", "s_phone_dialect_understood", "s_agent_volume_up"),
}
DESK = {
    *(
        "s_hold_wait",
        "s_hold_back",
        "s_callback_needed",
        "s_ask_forgiveness",
        "s_complaint_1_fast",
        "s_complaint_2_warm",
        "s_complaint_3_help",
    ),
    *(
        "s_complaint_when",
        "s_complaint_topic_soft",
        "s_complaint_pause",
        "s_complaint_listen",
        "s_complaint_empathy",
        "s_complaint_explain",
    ),
    *("s_complaint_apology", "s_complaint_remedy", "s_complaint_follow", "s_complaint_ack", "s_complaint_close", "s_complaint_escalate"),
}
GOOD = """
scripts:
  - {id: s_x, title: t, situation: s, channel: desk, text: [a], must_say: [], must_not: [], source: "002"}
"""


def test_telephone_and_desk_have_their_scripts() -> None:
    by_channel = {channel: {one.id for one in load() if one.channel == channel} for channel in ("phone", "desk")}
    assert by_channel["phone"] >= PHONE
    assert by_channel["desk"] >= DESK


@pytest.mark.parametrize("script", load(), ids=lambda one: one.id)
def test_no_script_says_what_it_forbids(script: object) -> None:
    assert not [word for word in script.must_not for text in script.text if word in text]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "channel", "first"),
    [
        ("没有声音", "phone", "s_phone_silent"),
        ("杂音", None, "s_phone_noise"),
        ("方言", "phone", "s_phone_dialect"),
        ("稍等", "desk", "s_hold_wait"),
        ("请示", "desk", "s_complaint_pause"),
        ("态度", None, "s_complaint_attitude"),
        ("s_complaint_close", None, "s_complaint_close"),
        ("复述", "desk", "s_complaint_listen"),
    ],
)
def test_a_situation_finds_its_script(query: str, channel: str | None, first: str) -> None:
    assert first in [one.id for one in search(query, channel)][:2]


def test_a_query_in_other_words_finds_by_pairs_of_characters() -> None:
    assert "s_phone_low_volume" in [one.id for one in search("顾客说话声音太小了", "phone")][:3]


def test_a_channel_keeps_the_other_out() -> None:
    assert {one.channel for one in search("投诉 顾客", "desk", limit=50)} == {"desk"}


def test_an_empty_query_lists_the_channel() -> None:
    assert [one.channel for one in search("", "phone", limit=3)] == ["phone"] * 3


def test_nothing_is_found_for_what_no_script_is_about() -> None:
    assert search("量子力学") == []


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(ValueError, match="fax"):
        search("x", "fax")


def test_variables_are_told_once_each() -> None:
    opening = next(one for one in load() if one.id == "s_phone_open")
    assert opening.variables == ("shop", "agent_no")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("channel: desk", "channel: fax"), "s_x: channel"),
        (("text: [a]", "text: []"), "s_x: text"),
        ((', source: "002"', ""), "source"),
        (("id: s_x", "id: X"), "X: the id"),
        (("title: t", "title: 3"), "s_x: title"),
        (("must_say: []", "must_say: a"), "s_x: must_say"),
        (("scripts:", "other:"), "no list"),
        (("  - {", "  - {{"), "not readable"),
    ],
)
def test_a_broken_file_is_named_with_its_script(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    path = tmp_path / "desk.yml"
    path.write_text(GOOD.replace(*change), "utf-8")
    with pytest.raises(AgentScriptError, match=f"desk.yml.*{named}"):
        read(path)


def test_a_script_has_one_place(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text(GOOD, "utf-8")
    with pytest.raises(AgentScriptError, match=r"b\.yml: s_x is already in a\.yml"):
        load(tmp_path)


DATED = """  - {id: s_x, title: t, situation: s, channel: desk, text: [b], must_say: [], must_not: [], source: "002",
     valid_from: 2026-11-11, valid_to: 2026-11-11}
"""


def test_a_dated_script_is_the_one_to_read_out_for_its_time(tmp_path: Path) -> None:
    (tmp_path / "desk.yml").write_text(GOOD + DATED, "utf-8")
    moments = (None, datetime.fromisoformat("2026-11-11T09:00:00+08:00"), datetime.fromisoformat("2026-11-12T00:00:00+08:00"))
    assert [[one.text for one in load(tmp_path, at)] for at in moments] == [[("a",)], [("b",)], [("a",)]]
    assert [one.text for one in search("t", folder=tmp_path, at=moments[1])] == [("b",)]


@pytest.mark.parametrize(
    ("more", "place"),
    [(DATED + DATED, "valid at the same time"), (DATED.replace("valid_to: 2026-11-11", "valid_to: 2026-11-01"), "is before")],
)
def test_dated_scripts_that_contradict_each_other_do_not_load(tmp_path: Path, more: str, place: str) -> None:
    (tmp_path / "desk.yml").write_text(GOOD + more, "utf-8")
    with pytest.raises(AgentScriptError, match=place) as caught:
        load(tmp_path)
    assert "desk.yml" in str(caught.value)
    assert "s_x" in str(caught.value)
