"""What is a right suggestion is written down whole, and judged by script and wish."""

from __future__ import annotations

import pytest

from evaluate import messages, suggestions
from evaluate.messages import Coarse, Row, Served
from evaluate.suggestions import OURS, REAL, Asked, Judged, Offered, Truth, chosen, failing, figures
from tests.contract.project import responses

TRUTH = Truth.read()
COARSE = Coarse({"track_parcel": Served(("track_order",), ()), "request_return": Served(("return_goods",), ()), "greet": Served((), ())})
PARCEL = Row("包裹到哪了", "track_order", frozenset())


def test_every_script_of_the_file_is_spoken_by_some_response() -> None:
    spoken = {(one.get("metadata") or {}).get("script") for several in responses().values() for one in several}
    assert {script for scripts in TRUTH.scripts.values() for script in scripts} - spoken == set()


def test_every_label_in_scope_has_its_scripts() -> None:
    served = Coarse.read()
    labels = {label for one in messages.taught() for label in served.of(one.intent, one.topic).strict}
    assert labels - TRUTH.neither - {messages.OUT_OF_SCOPE} <= set(TRUTH.scripts)


@pytest.mark.parametrize(
    ("one", "right"),
    [
        (Offered((("track_parcel", None),), ("s_log_in_transit",)), True),
        (Offered((("request_return", None), ("track_parcel", None)), ("s_as_first_calm", "s_log_in_transit")), True),
        (Offered((("request_return", None),), ("s_need_order_id",)), False),
        (Offered((("track_parcel", None),), ("s_welcome_thanks",)), False),
        (Offered((("track_parcel", None),), ()), False),
    ],
)
def test_right_is_the_script_of_the_label_for_a_wish_that_serves_it(one: Offered, right: bool) -> None:
    assert TRUTH.right(COARSE, PARCEL, one) is right


def test_so_many_are_asked_as_promised_and_none_that_is_out_of_scope() -> None:
    rows = [PARCEL, Row("今天天气", "out_of_scope", frozenset()), Row("哈哈", "chitchat", frozenset())]
    asked = chosen(TRUTH, rows, Coarse.read())
    assert len(asked) == TRUTH.messages
    assert [one.row for one in asked if one.source == REAL] == [PARCEL]
    assert {one.row.label for one in asked} <= set(TRUTH.scripts)
    assert len({one.row.text for one in asked}) > TRUTH.messages * 0.95, "evenly spread, not the same again"


def test_figures_count_places() -> None:
    some = (Offered((("greet", None),), ("s_x",)),)
    places = [(REAL, 0), (REAL, 2), (OURS, 3), (OURS, None)]
    judged = [Judged(Asked(PARCEL, source), some if place is not None else (), place, 10.0) for source, place in places]
    found = figures(judged)
    told = {name: found[name].value for name in ("first", "first_three", "any", "none", REAL, OURS)}
    assert told == {"first": 0.25, "first_three": 0.5, "any": 0.75, "none": 0.25, REAL: 1.0, OURS: 0.0}
    assert [row[0] for row in failing(judged)] == [OURS, OURS]


def test_a_file_without_a_part_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("truth") / "suggestions.yml"
    path.write_text("version: 1\nscripts: {}\n", "utf-8")
    with pytest.raises(messages.Missing, match="shopper"):
        suggestions.Truth.read(path)
