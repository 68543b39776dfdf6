"""What a turn's answers were made from is told to the gateway and never kept in the talk's events."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from engine import explain

VARIATION = {"text": "{product}售价{price}元。", "buttons": [{"title": "要{size}", "payload": "/x"}], "metadata": {"script": "s_price"}}
VALUES = {"product": "裙子", "price": 168.0, "size": "M", "secret": "nobody asked", "empty": None}


def test_a_sentence_is_told_with_its_variation_and_the_values_it_used() -> None:
    with explain.recording() as record:
        rendered = explain.spoke("utter_price", VARIATION, VALUES, {"text": "裙子售价168元。"})
        assert rendered == {"text": "裙子售价168元。", explain.KEY: 1}
        record.given({**rendered, "buttons": [{"title": "要M"}, {"title": "转人工"}]})
    told = record.as_dict(None)
    (spoken,) = told["spoken"]
    assert spoken == {
        "response": "utter_price",
        "variation": VARIATION,
        "values": {"product": "裙子", "price": "168", "size": "M"},
        "given": ["转人工"],
    }


def test_the_variation_told_is_the_one_of_that_moment() -> None:
    live = {"text": "早"}
    with explain.recording() as record:
        explain.spoke("utter_hi", live, {}, {})
    live["text"] = "晚"
    assert record.spoken[0]["variation"] == {"text": "早"}


def test_what_the_actions_told_is_taken_off_their_answer() -> None:
    answer = {"events": [], "responses": [], "explain": {"decisions": [1]}}
    with explain.recording() as record:
        assert explain.called(answer) == {"events": [], "responses": []}
        assert explain.called({"events": [], "explain": {}}) == {"events": []}
    assert record.calls == [{"decisions": [1]}]
    assert explain.called({"events": [], "explain": {"decisions": [1]}}) == {"events": []}, "with nobody recording, too"
    assert explain.called(None) is None


def test_outside_a_turn_nothing_is_noted() -> None:
    assert explain.spoke("utter_price", VARIATION, VALUES, {"text": "x"}) == {"text": "x"}


def test_two_talks_at_once_are_kept_apart() -> None:
    async def talk(name: str) -> list[str]:
        with explain.recording() as record:
            for _ in range(3):
                explain.spoke(name, {"text": name}, {}, {})
                await asyncio.sleep(0)
        return [one["response"] for one in record.spoken]

    async def both() -> list[list[str]]:
        return list(await asyncio.gather(talk("a"), talk("b")))

    assert asyncio.run(both()) == [["a"] * 3, ["b"] * 3]


def test_the_model_is_named_with_its_fingerprints(tmp_path: Path) -> None:
    model = tmp_path / "a.tar.gz"
    assert explain.model_of(str(model)) == {"name": "a.tar.gz"}
    other = tmp_path / "b.tar.gz"
    (tmp_path / "b.json").write_text(json.dumps({"model": "b.tar.gz", "made_from": "f1", "sha256": "f2"}))
    assert explain.model_of(str(other)) == {"name": "b.tar.gz", "made_from": "f1", "sha256": "f2"}
