"""What is measured on: the files are whole, ours are never taught, and nothing real is kept."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from evaluate import entities, messages, report
from evaluate.__main__ import SAVED, main
from evaluate.figures import Settings
from evaluate.messages import Coarse, Missing, Row, Served
from tests.contract.project import ROOT

TAUGHT = {messages.plain(one.text) for one in messages.taught()}
OUTSIDE = messages.outside()
TEST = entities.read()


def shape(text: str) -> set[str]:
    """Pairs of neighbouring characters, for likeness."""
    plain = messages.plain(text)
    return {plain[place : place + 2] for place in range(len(plain) - 1)}


def test_enough_of_our_own_messages_are_measured_on() -> None:
    assert len(set(OUTSIDE)) >= 300
    assert len({one.text for one in TEST.sentences}) >= 400
    assert {name for one in TEST.sentences for name, _ in one.entities} == TEST.scored


def test_no_measured_message_is_taught() -> None:
    assert [text for text in OUTSIDE if messages.plain(text) in TAUGHT] == []
    # A number or a greeting alone is the same message to everybody.
    longer = [one.text for one in TEST.sentences if one.entities and len(messages.plain(one.text)) >= 8]
    assert [text for text in longer if messages.plain(text) in TAUGHT] == []


def test_no_out_of_scope_message_is_a_near_copy_of_a_taught_one() -> None:
    taught = [shape(one.text) for one in messages.taught() if one.intent == messages.OUT_OF_SCOPE]
    near = [text for text in OUTSIDE if any(len(shape(text) & one) / max(len(shape(text) | one), 1) > 0.6 for one in taught)]
    assert near == []


def test_marks_are_read_and_mistakes_in_them_are_told() -> None:
    scored = frozenset({"height", "date", "size"})
    found = entities.annotated("g", "我[一米七](height=170)，[明天](date=+1)要[L](size)", date(2026, 11, 18), scored)
    assert found.text == "我一米七，明天要L"
    assert found.entities == (("height", 170.0), ("date", "2026-11-19"), ("size", "L"))
    for wrong in ("要[L(size)", "[L](colour)"):
        with pytest.raises(Missing):
            entities.annotated("g", wrong, date(2026, 11, 18), scored)


def test_entities_are_compared_one_by_one() -> None:
    table, missed, wrong = entities.score(
        [("size", "L"), ("size", "M"), ("waist", 73.3)], [("size", "L"), ("size", "L"), ("waist", 73.333)]
    )
    assert table["size"] == entities.Score(right=1, wrong=1, missed=1)
    assert table["waist"].f1 == 1
    assert (missed, wrong) == ([("size", "M")], [("size", "L")])
    assert entities.total([table]).f1 == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert not entities.same(("amount", 12.0), ("amount", 12.5))


def test_a_label_is_met_strictly_or_leniently_and_a_topic_overrides_its_family() -> None:
    coarse = Coarse({"pay": Served(("refund",), ("cancel",)), "pay/other": Served((), ("price",))})
    row = Row("…", "refund", frozenset({"price"}))
    assert coarse.strict(row, "pay")
    assert not coarse.strict(row, "pay", "other")
    assert coarse.lenient(row, "pay", "other")
    assert coarse.label(Row("…", "price", frozenset()), "pay") == "refund"
    with pytest.raises(Missing, match="unknown"):
        coarse.of("unknown")


def test_every_taught_intent_has_its_labels() -> None:
    coarse = Coarse.read()
    assert all(coarse.of(one.intent, one.topic) for one in messages.taught())
    mapped = {
        intent.partition("/")[0]
        for intent in yaml.safe_load((messages.NLU_TESTS / "coarse_labels.yml").read_text("utf-8")).get("topics") or {}
    }
    assert mapped <= {one.intent for one in messages.taught()}


def test_missing_real_messages_are_an_error_that_names_the_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XIAOER_REAL_MESSAGES", str(tmp_path))
    assert main(["--no-cross", "--out", str(tmp_path / "out")]) == 2
    assert str(tmp_path / "dev.tsv") in capsys.readouterr().err


def test_a_broken_file_of_real_messages_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "dev.tsv").write_text("text\tlabel\nhello\t\n", "utf-8")
    with pytest.raises(Missing, match="label"):
        messages.read_rows(tmp_path / "dev.tsv")


def test_the_saved_result_holds_figures_and_ids_only() -> None:
    saved = json.loads(SAVED.read_text("utf-8"))
    assert all(len(name) == 12 and set(name) <= set("0123456789abcdef") for name in saved["hits"])
    assert not any("\u3400" <= symbol <= "\u9fff" for symbol in json.dumps(saved, ensure_ascii=False))
    settings = Settings.read()
    assert all(report.at(saved, target["figure"])["value"] is not None for target in settings.targets)


def test_what_lists_messages_is_ignored_by_git() -> None:
    assert "evaluate/out/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
