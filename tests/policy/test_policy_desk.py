"""Names of intents, the ground for auto, and the score of a review."""

from __future__ import annotations

import pytest
import yaml

from policy.admission import Acceptance, auto_is_offered
from policy.intent_names import groups, intents, name_of
from policy.review_form import MARKS, InvalidMarks, form, score
from tests.contract.project import ROOT

DONE: dict[str, int | None] = {one.id: 2 for one in form().criteria}


def test_every_intent_of_the_domain_has_one_name() -> None:
    listed = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))["intents"]
    domain = [next(iter(one)) if isinstance(one, dict) else one for one in listed]
    assert sorted(intents()) == sorted(domain)
    names = [name for group in groups().values() for name in group.values()]
    assert len(set(names)) == len(names)
    assert (name_of("ask_stock"), name_of("unknown")) == ("问有没有货", "unknown")


@pytest.mark.parametrize(
    ("sent", "edited", "ignored", "offered"),
    [(0, 0, 0, False), (29, 0, 0, False), (30, 0, 0, True), (27, 3, 0, True), (26, 4, 0, False), (27, 3, 500, True), (269, 31, 0, False)],
)
def test_auto_is_offered_from_thirty_sends_with_nine_tenths_unedited(sent: int, edited: int, ignored: int, offered: bool) -> None:
    assert auto_is_offered(Acceptance(sent, edited, ignored)) is offered


def test_shares_of_nothing_are_none() -> None:
    assert (Acceptance().unedited, Acceptance().accepted) == (None, None)
    assert (Acceptance(27, 3, 10).unedited, Acceptance(27, 3, 10).accepted) == (0.9, 0.75)


def test_the_points_of_the_form_add_up_and_every_line_names_its_source() -> None:
    assert sum(one.points for one in form().criteria) == 100
    assert all(one.name and one.ask and one.source for one in (*form().criteria, *form().faults))


def test_the_score_is_the_share_of_what_applied() -> None:
    assert score(DONE, []) == 100
    assert score({**DONE, "direct": 0}, []) == 85
    assert score({**DONE, "direct": 1, "empathy": None}, []) == round(100 * (180 - 15) / 180)
    assert score(dict.fromkeys(DONE, 0), []) == 0
    assert score(DONE, ["leak"]) == 0
    assert set(MARKS) == {0, 1, 2}


@pytest.mark.parametrize(
    ("marks", "faults", "named"),
    [
        ({}, [], "missing"),
        ({**DONE, "style": 2}, [], "style"),
        ({**DONE, "direct": 3}, [], "direct"),
        (DONE, ["rude"], "rude"),
        (dict.fromkeys(DONE), [], "nothing applied"),
    ],
)
def test_a_form_filled_in_wrongly_is_refused_with_the_place(marks: dict[str, int | None], faults: list[str], named: str) -> None:
    with pytest.raises(InvalidMarks, match=named):
        score(marks, faults)
