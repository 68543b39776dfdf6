"""What a release is examined by, and what is found in content before it is trained, with Rasa itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from engine import content_check, paths
from engine.exam import exam

FIXTURE = Path(__file__).resolve().parent / "fixtures" / "talk"
STORY = """version: "3.1"
stories:
  - story: right
    steps:
      - intent: {intent}
      - action: {action}
  - story: wrong
    steps:
      - intent: {intent}
      - action: action_default_fallback
"""


def rule_of(folder: Path) -> tuple[str, str]:
    """(intent, action) of the first rule of one turn of the fixture."""
    import yaml

    for path in sorted((folder / "data").rglob("*.yml")):
        for rule in (yaml.safe_load(path.read_text("utf-8")) or {}).get("rules") or []:
            steps = rule["steps"]
            if len(steps) == 2 and "intent" in steps[0] and "action" in steps[1] and "condition" not in rule:
                return steps[0]["intent"], steps[1]["action"]
    raise AssertionError("the fixture has no rule of one turn")


def test_an_exam_tells_readings_dialogues_and_speed(model: Path, tmp_path: Path) -> None:
    intent, action = rule_of(FIXTURE)
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "test_x.yml").write_text(STORY.format(intent=intent, action=action), "utf-8")
    asked = {"questions": ["你好"], "whole": ["转人工"], "stories": str(tmp_path / "stories"), "speed": ["在吗"], "vectors": None}
    found = exam(model, asked)
    assert [one["text"] for one in found["answers"]] == ["你好", "转人工"]
    assert all(one["wishes"] and one["classifier"] for one in found["answers"])
    assert found["speed"]["cpu"]["median"] > 0
    right, wrong = sorted(found["stories"], key=lambda one: str(one["story"]))
    assert (right["story"], right["right"], right["file"]) == ("right", True, "test_x.yml")
    assert (wrong["story"], wrong["right"]) == ("wrong", False)
    assert {"kind": "action", "expected": "action_default_fallback", "actual": action} in wrong["steps"]
    assert wrong["steps"][0] == {"kind": "user", "expected": intent, "actual": None}


def test_a_file_of_dialogues_that_cannot_be_read_is_named_and_hides_no_other(model: Path, tmp_path: Path) -> None:
    intent, action = rule_of(FIXTURE)
    (tmp_path / "test_a.yml").write_text("stories:\n  - story: [not closed\n", "utf-8")
    (tmp_path / "test_b.yml").write_text(STORY.format(intent=intent, action=action), "utf-8")
    found = exam(model, {"questions": [], "stories": str(tmp_path)})["stories"]
    assert [(one["file"], one["right"]) for one in found if one.get("error")] == [("test_a.yml", False)]
    assert {one["story"] for one in found if one["file"] == "test_b.yml"} == {"right", "wrong"}


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the fixture in the place of the project's content."""
    root = tmp_path / "content"
    shutil.copytree(FIXTURE, root)
    monkeypatch.setattr(paths, "CONFIG", root / "config.yml")
    monkeypatch.setattr(paths, "DOMAIN", root / "domain.yml")
    monkeypatch.setattr(paths, "RESPONSES", root / "responses")
    monkeypatch.setattr(paths, "TRAINING", (root / "data", root / "responses"))
    return root


def errors(found: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [dict(one) for one in found if one["severity"] == "error"]


def test_good_content_has_no_errors(content: Path) -> None:
    assert errors(content_check.check()) == []


def test_what_only_a_training_rejects_is_found_without_one(content: Path) -> None:
    intent, _ = rule_of(content)
    rule = f'version: "3.1"\nrules:\n  - rule: against it\n    steps:\n      - intent: {intent}\n      - action: action_default_fallback\n'
    (content / "data" / "against.yml").write_text(rule, "utf-8")
    found = errors(content_check.check())
    assert any(one["step"] == "rules" and "contradicting" in one["text"] and "against it" in one["text"] for one in found), found


def test_a_file_that_cannot_be_read_is_an_error(content: Path) -> None:
    (content / "data" / "broken.yml").write_text('version: "3.1"\nrules:\n  - rule: [not closed\n', "utf-8")
    assert any(one["step"] == "read" for one in errors(content_check.check()))
