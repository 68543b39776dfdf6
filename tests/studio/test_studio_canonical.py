"""One form of every file: a round trip changes no byte, and after hundreds of edits every file has it, loads and passes the checks."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest

from studio import canonical as module
from studio.blocks import render
from studio.canonical import canonical
from studio.errors import StudioError
from studio.guard import look
from studio.loading import load
from studio.rendering import normal, plain
from studio.workspace import Workspace
from tests.studio.random_edits import ours, randomly_edited

SEED, EDITS = 20261123, 200


@pytest.fixture(scope="module")
def base(checkout_of_session: Path) -> Workspace:
    return Workspace(checkout_of_session)


def test_loading_and_saving_every_file_changes_no_byte(base: Workspace) -> None:
    texts = {path: (base.root / path).read_bytes() for path in ours(base)}
    different = [path for path, text in texts.items() if canonical(text.decode("utf-8"), path).encode() != text]
    assert different == [], "make format"


def test_every_line_of_a_file_is_in_one_block_or_none_and_rendering_a_block_gives_it_back(base: Workspace) -> None:
    chosen = random.Random(SEED)
    for path in ours(base):
        kind, found = base.kind_of(path), base.blocks(path)
        lines = base.text(path).splitlines(keepends=True)
        assert [one.text for one in found] == ["".join(lines[one.start : one.end]) for one in found]
        assert all(one.end <= two.start for one, two in pairwise(found)), path
        assert len({one.key for one in found}) == len(found)
        for one in chosen.sample(found, min(3, len(found))):
            assert normal(one.key, one.text) == one.text
            assert render(kind, one.key, plain(one.key, one.text), one.text) == one.text


def test_after_hundreds_of_random_edits_every_file_loads_keeps_its_form_and_passes_the_checks(base: Workspace) -> None:
    texts = randomly_edited(base, EDITS, SEED)
    after = base.overlay(texts)
    assert len(texts) > 60
    for path, text in texts.items():
        assert load(text, path) is not None
    for path in random.Random(SEED).sample(sorted(texts), 15):
        assert canonical(after.text(path), path) == after.text(path)
    assert [one for one in look(after, sorted(texts)) if one.severity == "error"] == []


class TestForm:
    @pytest.mark.parametrize(
        ("written", "form"),
        [
            ("a:\n- 1\n- 2\n", "a:\n  - 1\n  - 2\n"),
            ("a: [{b: c}]   \n", "a: [{b: c}]\n"),
            ("a:\r\n  b: 'x'\r\n", "a:\n  b: 'x'\n"),
            ("# above\n\na: ~ # beside\n", "# above\n\na: null # beside\n"),
            ("", ""),
            ("a: |\n  - x  \n  # no comment\n", "a: |\n  - x  \n  # no comment\n"),
            (f"a: [{', '.join(['word'] * 40)}]\n", "a:\n" + "  - word\n" * 40),
            ('a: yes\nb: "yes"\nc: 012\n', 'a: yes\nb: "yes"\nc: 012\n'),
        ],
    )
    def test_what_people_write_becomes_the_form_and_stays_it(self, written: str, form: str) -> None:
        assert canonical(written) == form
        assert canonical(form) == form

    def test_what_is_no_yaml_names_file_and_line(self) -> None:
        with pytest.raises(StudioError, match=r"data/nlu/x\.yml 第 3 行"):
            canonical("a: 1\nb: [1\n", "data/nlu/x.yml")

    def test_the_program_checks_writes_and_says_what_it_cannot_read(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "x.yml"
        path.write_text("a:\n- 1\n", "utf-8")
        assert module.main(["--check", str(tmp_path)]) == 1
        assert "make format" in capsys.readouterr().out
        assert module.main(["--write", str(tmp_path)]) == 0
        assert module.main(["--check", str(tmp_path)]) == 0
        path.write_bytes(b"\xff")
        assert module.main(["--check", str(path)]) == 2


class TestRender:
    def test_comments_quotes_and_order_stay_where_nothing_changed(self) -> None:
        old = '  # why\n  - id: r_1\n    when: {a: "yes"}  # only then\n    # inside\n    then: {say: utter_x}\n    source: "x"\n'
        data = plain("row:r_1", old)
        data["then"] = {"say": "utter_y"}
        new = render("tables", "row:r_1", data, old)
        assert new == old.replace("utter_x", "utter_y")

    def test_a_comment_whose_place_goes_stands_above(self) -> None:
        old = "  - story: s\n    steps:\n      - intent: a\n      # then the shop\n      - action: b\n      - action: c\n"
        new = render("stories", "story:s", {"story": "s", "steps": [{"action": "c"}]}, old)
        assert "# then the shop" in new
        assert plain("story:s", new) == {"story": "s", "steps": [{"action": "c"}]}

    def test_words_that_yaml_reads_otherwise_are_quoted(self) -> None:
        data = {
            "rule": "r",
            "steps": [{"slot_was_set": [{"size": "yes"}, {"time": "12:30"}, {"day": "2026-11-11"}, {"code": "012"}, {"x": "a: b"}]}],
        }
        text = render("rules", "rule:r", data)
        for word in ('"yes"', '"12:30"', '"2026-11-11"', '"012"'):
            assert word in text
        assert plain("rule:r", text) == data

    def test_examples_are_a_list_or_a_text_and_never_two_lines(self) -> None:
        text = render("nlu", "intent:x", {"intent": "x", "examples": ["第一句", "第二\n句"]})
        assert text == "  - intent: x\n    examples: |\n      - 第一句\n      - 第二 句\n"
