"""The statistics of the evaluation on small examples whose answers are known."""

from __future__ import annotations

import math

import pytest

from evaluate import statistics
from evaluate.statistics import Step


def test_macro_f1_is_the_mean_over_labels() -> None:
    labels, predicted = ["a", "a", "b", "b"], ["a", "b", "b", "b"]
    # a: precision 1, recall 1/2 → 2/3; b: precision 2/3, recall 1 → 4/5
    assert statistics.macro_f1(labels, predicted) == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert statistics.macro_f1(labels, predicted, ["a"]) == pytest.approx(2 / 3)
    assert math.isnan(statistics.macro_f1(labels, predicted, ["c"]))


def test_a_label_that_is_never_predicted_counts_as_nothing() -> None:
    assert statistics.macro_f1(["a", "b"], ["a", "a"]) == pytest.approx((2 / 3 + 0) / 2)


def test_calibration_error_weighs_bins_by_their_size() -> None:
    confidences = [0.95, 0.95, 0.95, 0.95, 0.55]
    right = [True, True, True, False, False]
    assert statistics.calibration_error(confidences, right) == pytest.approx(4 / 5 * 0.20 + 1 / 5 * 0.55)


def test_perfect_confidence_has_no_error_and_one_is_in_the_last_bin() -> None:
    assert statistics.calibration_error([1.0, 1.0], [True, True]) == 0
    (only,) = statistics.reliability([1.0, 1.0], [True, False])
    assert (only.low, only.count, only.right) == (0.9, 2, 0.5)


def test_risk_and_coverage_go_from_sure_to_unsure() -> None:
    steps = statistics.risk_coverage([0.9, 0.8, 0.8, 0.1], [True, True, False, False])
    assert steps == [Step(0.9, 0.25, 0.0), Step(0.8, 0.75, pytest.approx(1 / 3)), Step(0.1, 1.0, 0.5)]
    assert statistics.widest(steps, 0.4) == steps[1]
    assert statistics.widest([Step(0.9, 0.1, 0.5)], 0.03) is None


def test_recall_is_measured_where_the_false_alarms_end() -> None:
    inside = [number / 100 for number in range(100)]  # the fifth highest but one is 0.94
    recall, threshold = statistics.recall_at_false_alarms(inside, [0.95, 0.94, 0.5, 0.99], 0.05)
    assert threshold == 0.94
    assert recall == 0.5
    assert sum(score > threshold for score in inside) == 5


def test_without_messages_there_is_no_figure() -> None:
    assert math.isnan(statistics.share([]))
    assert math.isnan(statistics.share_of([]).value)
    assert math.isnan(statistics.recall_at_false_alarms([], [1.0])[0])
    assert math.isnan(statistics.calibration_error([], []))


def test_an_interval_holds_its_figure_and_narrows_with_more_messages() -> None:
    few, many = statistics.share_of([True, True, True, False] * 5), statistics.share_of([True, True, True, False] * 500)
    assert few.value == many.value == 0.75
    assert few.low < 0.75 < few.high
    assert many.high - many.low < (few.high - few.low) / 5
    # the normal approximation: ± 1.96 · sqrt(0.75 · 0.25 / 2000)
    assert many.high - many.low == pytest.approx(2 * 1.96 * math.sqrt(0.75 * 0.25 / 2000), rel=0.15)


def test_both_ways_to_draw_a_share_agree() -> None:
    hits = [True] * 60 + [False] * 40
    drawn = statistics.bootstrap(100, lambda places: sum(hits[place] for place in places) / len(places))
    assert drawn.low == pytest.approx(statistics.share_of(hits).low, abs=0.03)
    assert drawn.high == pytest.approx(statistics.share_of(hits).high, abs=0.03)


def test_a_share_that_is_certain_has_no_width() -> None:
    one = statistics.share_of([True] * 10)
    assert (one.low, one.value, one.high) == (1.0, 1.0, 1.0)


def test_a_paired_change_excludes_zero_only_when_it_is_sure() -> None:
    before = [False] * 40 + [True] * 60
    better = statistics.paired(before, [True] * 30 + [False] * 10 + [True] * 60)
    assert better.value == pytest.approx(0.30)
    assert better.low > 0
    same = statistics.paired([True, False] * 20, [False, True] * 20)
    assert same.value == 0
    assert same.low < 0 < same.high
    assert statistics.paired([True], [True]).high == 0


def test_the_same_seed_draws_the_same_interval() -> None:
    hits = [True, False, True, True]
    assert statistics.share_of(hits) == statistics.share_of(hits)
