"""The gate and the report: what counts as worse, what is compared with what, and taking what the bot does for a test's expectation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio import exams, gate
from studio.accepting import accept
from studio.deep_check import findings, merged
from studio.edits import apply
from studio.errors import StudioError
from studio.exams import Question, Reading, Served, Side
from studio.findings import Finding
from studio.workspace import Workspace

SERVED = Served({"a": frozenset({"x"}), "b": frozenset()}, {"a": frozenset({"x", "y"}), "b": frozenset({"y"})})


def reading(intent: str, share: float = 0.9) -> Reading:
    return Reading(intent, ((intent, None),), intent, share)


def side(read: dict[str, str], *, intents: str = "ab", dialogues: dict[str, bool] | None = None, speed: float = 10.0) -> Side:
    played = [{"story": name, "file": "test_x.yml", "steps": [], "right": ok} for name, ok in (dialogues or {}).items()]
    spread = {"median": speed}
    return Side(
        {text: reading(intent) for text, intent in read.items()}, frozenset(intents), SERVED, played, {"cpu": spread, "counted": 40}
    )


def own(count: int, label: str = "a") -> list[Question]:
    return [Question(f"{label}{number}", "own", label, "tests/nlu/test_x.yml") for number in range(count)]


def verdicts(asked: list[Question], candidate: Side, live: Side) -> dict[str, gate.Verdict]:
    return {one.figure: one for one in gate.judge(*exams.compare(asked, candidate, live))}


def test_a_candidate_that_reads_the_same_passes() -> None:
    asked = own(100)
    read = {one.text: "a" for one in asked}
    found = verdicts(asked, side(read, dialogues={"s": True}), side(read, dialogues={"s": True}))
    assert [one.name for one in gate.blocked(list(found.values()))] == []
    assert found["own.accuracy"].state == "passed"
    assert found["held_out.accuracy"].state == "skipped", "no message of the inbox is labelled yet"


def test_a_candidate_that_reads_worse_is_blocked_with_the_remedy() -> None:
    asked = own(100)
    live = {one.text: "a" for one in asked}
    found = verdicts(asked, side({**live, "a0": "b", "a1": "b"}), side(live))
    blocked = found["own.accuracy"]
    assert (blocked.state, blocked.candidate, blocked.live, blocked.counted) == ("blocked", 0.98, 1.0, 100)
    assert blocked.remedy
    assert verdicts(asked, side({**live, "a0": "b"}), side(live))["own.accuracy"].state == "passed", "one point is allowed"


def test_a_new_intent_is_no_fault_of_the_live_release() -> None:
    asked = [*own(60), *own(60, "c")]
    new = side({one.text: one.label for one in asked}, intents="abc")
    old = side({one.text: "a" for one in asked})
    found = verdicts(asked, new, old)
    assert (found["own.accuracy"].candidate, found["own.accuracy"].live, found["own.accuracy"].counted) == (1.0, 1.0, 60)
    # And a candidate that reads the new intent badly does not look worse for it, but is listed.
    assert {one["change"] for one in exams.failing(asked, side({one.text: "a" for one in asked}, intents="abc"), old)} == {"new"}


def test_one_intent_may_not_fall_far_while_the_whole_looks_well() -> None:
    asked = [*own(1000), *own(10, "b")]
    live = {one.text: one.label for one in asked}
    worse = {**live, **{f"b{number}": "a" for number in range(4)}}
    found = verdicts(asked, side(worse), side(live))
    assert found["own.accuracy"].state == "passed"
    assert (found["intents.worst_drop"].state, found["intents.worst_drop"].candidate) == ("blocked", pytest.approx(0.4))


def test_dialogues_that_went_well_must_go_well_and_old_failures_do_not_block() -> None:
    read = {"a0": "a"}
    broken = verdicts(own(1), side(read, dialogues={"s": False, "t": True}), side(read, dialogues={"s": True, "t": True}))
    assert (broken["dialogues.newly_failing"].state, broken["dialogues.newly_failing"].candidate) == ("blocked", 1)
    still = verdicts(own(1), side(read, dialogues={"s": False}), side(read, dialogues={"s": False}))
    assert still["dialogues.newly_failing"].state == "passed"


def test_a_slower_candidate_is_blocked_beyond_the_ratio() -> None:
    read = {"a0": "a"}
    assert verdicts(own(1), side(read, speed=14.9), side(read, speed=10.0))["speed.cpu.median"].state == "passed"
    assert verdicts(own(1), side(read, speed=15.1), side(read, speed=10.0))["speed.cpu.median"].state == "blocked"


def test_money_counts_wrong_answers_and_not_questions_back() -> None:
    costly = sorted(gate.money())[0]
    asked = [Question(f"m{number}", "own", costly) for number in range(40)]
    live = {one.text: costly for one in asked}
    back = side({**live, "m0": "nlu_fallback", "m1": "nlu_fallback"}, intents="")
    known = Side(back.readings, frozenset({costly}), SERVED, [], back.speed)
    before = Side({text: reading(intent) for text, intent in live.items()}, frozenset({costly}), SERVED, [], back.speed)
    assert verdicts(asked, known, before)["money.wrong"].state == "passed"
    wrong = Side({**before.readings, "m0": reading("a")}, frozenset({costly}), SERVED, [], back.speed)
    assert verdicts(asked, wrong, before)["money.wrong"].state == "blocked"


def test_real_messages_are_judged_by_what_an_intent_serves_and_kept_without_text() -> None:
    asked = [Question("真话", "real", "x"), Question("别的", "real", "z", also=frozenset({"y"}))]
    read = side({"真话": "a", "别的": "b"})
    found = exams.figures(asked, read)
    assert found["real"] == {"counted": 2, "strict": 0.5, "lenient": 1.0}
    (failed,) = exams.failing(asked[:1], side({"真话": "b"}), None)
    assert (failed["text"], failed["id"]) == (None, exams.text_id("真话"))
    assert "真话" not in str(failed)


def test_without_a_live_release_nothing_is_worse() -> None:
    mine, theirs = exams.compare(own(3), side({f"a{number}": "a" for number in range(3)}), None)
    assert (mine["own"]["accuracy"], theirs) == (1.0, {})
    assert gate.blocked(gate.judge(mine, theirs)) == []


def test_the_weakest_intent_comes_first_with_what_it_is_taken_for() -> None:
    asked = [*own(4), *own(4, "b")]
    read = {one.text: one.label for one in asked} | {"b0": "a", "b1": "a"}
    first, second = exams.by_intent(asked, side(read), side({one.text: one.label for one in asked}))
    assert first == {"intent": "b", "n": 4, "right": 2, "accuracy": 0.5, "before": 1.0, "taken_for": {"a": 2}}
    assert second["accuracy"] == 1.0


def test_a_fault_in_the_rules_of_the_gate_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gate.yml"
    file.write_text("rules:\n  - {figure: own.accuracy, name: x, better: more, drop: 1, least: 1, remedy: y}\n", "utf-8")
    with pytest.raises(StudioError, match=r"gate\.yml 第 1 条"):
        gate.rules(file)


def test_the_questions_of_a_checkout_are_read_once_each(checkout: Path) -> None:
    (checkout / "tests" / "nlu" / "held_out.yml").write_text(
        'version: "3.1"\nnlu:\n  - intent: greet\n    examples: |\n      - 掌柜的在不在呀\n      - 掌柜的在不在呀\n', "utf-8"
    )
    found = exams.questions(checkout)
    assert len(found) == len({one.text for one in found}) > 500
    assert [(one.text, one.label) for one in found if one.source == "held_out"] == [("掌柜的在不在呀", "greet")]
    assert "greet" in exams.intents_of(checkout)


# -- accepting what the bot does

STORY = """version: "3.1"

stories:
  # Why this dialogue is here.
  - story: greets twice
    steps:
      - intent: greet
      - action: action_one  # the first
      - slot_was_set:
          - some: thing
      - intent: greet
      - action: action_two
"""
PATH = "tests/stories/test_new.yml"


def step(kind: str, expected: str, actual: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "expected": expected, "actual": expected if kind == "action" and actual is None else actual}


def accepted(checkout: Path, *steps: dict[str, Any]) -> str:
    (checkout / PATH).write_text(STORY, "utf-8")
    workspace = Workspace(checkout)
    text = apply(workspace, [accept(workspace, PATH, "greets twice", steps)]).texts[PATH]
    assert text is not None
    return text


def test_an_action_done_instead_takes_the_place_and_comments_stay(checkout: Path) -> None:
    steps = (step("user", "greet"), step("action", "action_one", "action_new"), step("user", "greet"), step("action", "action_two"))
    assert accepted(checkout, *steps) == STORY.replace("action_one", "action_new")


def test_an_action_not_done_goes_and_one_done_besides_comes_in(checkout: Path) -> None:
    besides = (step("action", "action_one"), step("action", "action_listen", "action_more"), step("action", "action_two", "action_listen"))
    wanted = STORY.replace("# the first\n", "# the first\n      - action: action_more\n").replace("      - action: action_two\n", "")
    assert accepted(checkout, *besides) == wanted


def test_a_dialogue_that_was_changed_since_is_not_touched(checkout: Path) -> None:
    with pytest.raises(StudioError, match="改过"):
        accepted(checkout, step("action", "action_other", "action_new"))
    workspace = Workspace(checkout)
    with pytest.raises(StudioError, match="没有这段对话"):
        accept(workspace, PATH, "another", [])


# -- what Rasa says


def said(text: str, step: str = "validate", severity: str = "error") -> dict[str, str]:
    return {"step": step, "severity": severity, "text": text}


def test_what_rasa_says_leads_to_the_block_with_a_remedy(checkout: Path) -> None:
    workspace = Workspace(checkout)
    rules = workspace.files("rules")[0]
    name = next(one.key for one in workspace.blocks(rules) if one.key.startswith("rule:")).partition(":")[2]
    contradiction = (
        f"the prediction of the action 'action_x' in rule '{name}' is contradicting with rule(s) 'other' which predicted action 'action_y'."
    )
    (found,) = findings([said(contradiction, "rules")], workspace)
    assert (found.severity, found.code, found.path, found.key) == ("error", "rasa-rule-contradiction", rules, f"rule:{name}")
    assert name in found.what
    assert found.remedy
    missing = "The intent 'request_return' is listed in the domain file, but is not found in the NLU training data."
    (found,) = findings([said(missing, severity="warning")], workspace)
    assert (found.severity, found.path) == ("warning", "domain.yml")
    assert found.line is not None


def test_what_nobody_foresaw_is_shown_as_it_was_said(checkout: Path) -> None:
    (found,) = findings([said("Something quite new in domain.yml, line 7.", severity="warning")], Workspace(checkout))
    assert (found.severity, found.path, found.line, found.what) == (
        "warning",
        "domain.yml",
        7,
        "Something quite new in domain.yml, line 7.",
    )


def test_our_own_explanation_of_a_fault_is_not_repeated_by_rasa() -> None:
    ours = Finding("error", "contradiction", "data/rules/a.yml", "rule:x", 3, "矛盾", "改")
    rasas = Finding("error", "rasa-rule-contradiction", "data/rules/a.yml", "rule:x", 3, "contradiction", "改")
    other = Finding("error", "rasa-read", "domain.yml", None, None, "x", "y")
    assert merged([ours], [rasas, other]) == [ours, other]
