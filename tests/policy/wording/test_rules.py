"""Every rule of style.md §4 and §6 by itself: a sentence that it finds and an honest one beside it (rules.yml), in words of our own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import yaml

from policy.wording import check
from policy.wording.rules import notes, rules
from policy.wording.train import examples

HERE = Path(__file__).parent
IDS = Path(__file__).resolve().parents[3] / "docs" / "handbook_ids.yml"


@cache
def cases() -> dict[str, dict[str, str]]:
    """rules.yml."""
    return dict(yaml.safe_load((HERE / "rules.yml").read_text("utf-8")))


def test_every_rule_of_the_handbook_has_its_sentences() -> None:
    handbook = {str(one) for one in yaml.safe_load(IDS.read_text("utf-8"))["style"] if str(one).startswith(("ng_", "hn_"))}
    assert handbook <= set(cases())
    assert set(cases()) <= {rule.id for rule in rules()} | set(notes())
    assert {rule_id for rule_id, case in cases().items() if "family" in case} == set(notes()), "only what no words give away goes by family"


def test_no_sentence_was_learned_or_tuned_on() -> None:
    seen = {text for _, text in examples()}
    for path in HERE.glob("*.txt"):
        seen |= {line.strip() for line in path.read_text("utf-8").splitlines()}
    own = [text for case in cases().values() for text in (case["found"], case["honest"])]
    assert len(own) == len(set(own))
    assert not seen & set(own)


@pytest.mark.parametrize("rule_id", sorted(cases()))
def test_a_rule_finds_its_sentence_by_its_own_patterns(rule_id: str) -> None:
    case = cases()[rule_id]
    found = [one for one in check(case["found"]) if not one.sounds]
    wanted = (
        [one for one in found if one.rule == rule_id] if rule_id not in notes() else [one for one in found if one.family == case["family"]]
    )
    assert wanted, found
    severities = {rule.severity for rule in rules() if rule.id == rule_id}
    assert {one.severity for one in wanted} <= severities or rule_id in notes()


@pytest.mark.parametrize("rule_id", sorted(cases()))
def test_what_may_be_said_about_the_same_is_not_objected_to(rule_id: str) -> None:
    assert check(cases()[rule_id]["honest"]) == []
