"""Size advice from the product's own chart, and none without one (rules.md §11)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy import sizing
from policy.decide import Decision, decide, gap, load_table, unreachable
from policy.facts import Measurements, ProductFacts, SizeRow
from tests.policy.demo import parameters, product


def advised(one: ProductFacts, measurements: Measurements, step: str = "advise") -> Decision:
    """What the shopper is told."""
    return decide("sizing", sizing.facts(one, measurements, step), parameters())


def test_the_table_is_complete_and_every_row_reachable() -> None:
    table = load_table("sizing")
    assert gap(table, parameters()) is None
    assert unreachable(table, parameters()) == []
    assert {f"sz_{number:02}" for number in range(1, 7)} <= {row.id for row in table.rows} | {note.id for note in table.notes}


def test_158_cm_and_98_jin_is_an_m_and_nothing_else() -> None:
    said = Measurements(height=158, weight=98)
    advice = sizing.advise(product("p1001"), said)
    assert (advice.fits, advice.sizes, advice.other) == ("one", ("M",), "S")
    assert [reach.measure for reach in advice.against] == ["weight"]
    assert advised(product("p1001"), said).row == "sz_01"
    spoken = sizing.values(product("p1001"), said)
    assert spoken["size"] == "M码"
    assert spoken["size_reason"] == "身高156到163厘米、体重92到108斤"
    assert spoken["other_size"] == "体重98斤，S码对应的是体重80到95斤"


def test_161_cm_and_106_jin_is_between_m_and_l() -> None:
    said = Measurements(height=161, weight=106)
    advice = sizing.advise(product("p1001"), said)
    assert (advice.fits, advice.sizes) == ("two", ("M", "L"))
    assert advice.difference == {"bust": 4, "waist": 4, "shoulder": 1, "length": 2}
    assert advised(product("p1001"), said).row == "sz_03"
    spoken = sizing.values(product("p1001"), said)
    assert spoken["sizes"] == "M码和L码"
    assert spoken["size_difference"] == "胸围大4厘米、腰围大4厘米、肩宽大1厘米、衣长大2厘米"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (Measurements(), ("height", "weight")),
        (Measurements(weight=98), ("height",)),
        (Measurements(height=158), ("weight",)),
        (Measurements(height=16, weight=98), ("height",)),
        (Measurements(height=300, weight=98), ("height",)),
        (Measurements(bust=86), ("waist",)),
        (Measurements(hip=92), ("height", "weight")),
        (Measurements(bust=86, waist=70), ()),
        (Measurements(height=158, weight=98), ()),
    ],
)
def test_asks_only_for_what_the_dress_chart_has(said: Measurements, asked: tuple[str, ...]) -> None:
    assert sizing.missing(product("p1001"), said) == asked
    assert advised(product("p1001"), said).ask == ("fits" if asked else None)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (Measurements(), ("weight", "waist")),
        (Measurements(height=165), ("weight", "waist")),
        (Measurements(weight=100), ("waist",)),
        (Measurements(waist=72), ("hip",)),
        (Measurements(waist=72, hip=92), ()),
        (Measurements(weight=105, waist=72), ()),
    ],
)
def test_asks_only_for_what_the_jeans_chart_has(said: Measurements, asked: tuple[str, ...]) -> None:
    assert sizing.missing(product("p1003"), said) == asked


@pytest.mark.parametrize(
    ("said", "fits", "sizes"),
    [
        (Measurements(waist=72, hip=92), "one", ("28",)),
        (Measurements(waist=72, weight=105), "one", ("28",)),
        (Measurements(waist=70, hip=90), "two", ("27", "28")),
        (Measurements(waist=72, hip=95), "two", ("28", "29")),
        (Measurements(waist=66, hip=101), "none", ()),
        (Measurements(waist=95, hip=110), "none", ()),
        (Measurements(waist=50, hip=70), "none", ()),
        (Measurements(waist=65, hip=85), "one", ("26",)),
    ],
)
def test_compares_measures_with_the_jeans(said: Measurements, fits: str, sizes: tuple[str, ...]) -> None:
    advice = sizing.advise(product("p1003"), said)
    assert (advice.fits, advice.sizes) == (fits, sizes)


@pytest.mark.parametrize(
    "said", [Measurements(height=150, weight=130), Measurements(height=190, weight=90), Measurements(height=158, weight=390)]
)
def test_facts_that_no_size_fits_lead_to_measuring(said: Measurements) -> None:
    assert sizing.advise(product("p1001"), said).fits == "none"
    decision = advised(product("p1001"), said)
    assert (decision.row, decision.then["offer_person"]) == ("sz_02", "yes")
    spoken = sizing.values(product("p1001"), said)
    assert "size" not in spoken
    assert spoken["measure"] == "腰围、胸围、肩宽"


@pytest.mark.parametrize("said", [Measurements(), Measurements(height=165, weight=110), Measurements(bust=88, waist=70)])
def test_a_coat_without_a_chart_gets_no_size_and_a_person(said: Measurements) -> None:
    decision = advised(product("p1004"), said)
    assert (decision.row, decision.then["offer_person"]) == ("sz_04", "yes")
    assert sizing.missing(product("p1004"), said) == ()
    assert not {"size", "sizes", "other_size"} & sizing.values(product("p1004"), said).keys()


@pytest.mark.parametrize("product_id", ["p2001", "p3001", "p4001"])
def test_goods_that_nobody_wears_are_not_advised_by_the_body(product_id: str) -> None:
    goods = product(product_id)
    assert advised(goods, Measurements(height=165, weight=110)).row == "sz_z_02"
    assert sizing.values(goods, Measurements())["options"] == "、".join(goods.sizes)


def test_numbers_no_body_has_are_asked_again() -> None:
    assert sizing.implausible(Measurements(height=16, weight=98)) == ("height",)
    assert sizing.implausible(Measurements(height=300, weight=1000)) == ("height", "weight")
    assert sizing.implausible(Measurements(height=158, weight=98)) == ()


def test_does_not_know_how_to_choose() -> None:
    assert advised(product("p1001"), Measurements(), step="measure").row == "sz_02"


def test_the_advised_size_does_not_fit() -> None:
    assert advised(product("p1001"), Measurements(), step="misfit").then["reason"] == "buyer_reason"
    wrong = decide("sizing", {**sizing.facts(product("p1001"), Measurements(), "misfit"), "chart_wrong": "yes"}, parameters())
    assert wrong.then["reason"] == "description_mismatch"


def test_four_sizes_that_fit_become_the_middle_two() -> None:
    wide = tuple(
        SizeRow(name, {"height": (150, 180), "weight": (80, 150)}, {"bust": bust})
        for name, bust in (("S", 84), ("M", 88), ("L", 92), ("XL", 96))
    )
    advice = sizing.advise(replace(product("p1001"), size_chart=wide), Measurements(height=165, weight=110))
    assert advice.sizes == ("M", "L")


def test_two_sizes_of_a_chart_without_measures_are_told_apart_by_whom_they_are_for() -> None:
    bare = tuple(SizeRow(name, {"height": span, "weight": (80, 150)}) for name, span in (("M", (155, 165)), ("L", (160, 170))))
    spoken = sizing.values(replace(product("p1001"), size_chart=bare), Measurements(height=162, weight=110))
    assert spoken["size_difference"].startswith("M码对应身高155到165厘米")


def test_the_chart_is_told_line_by_line() -> None:
    lines = sizing.chart_lines(product("p1003")).split("\n")
    assert len(lines) == 6
    assert lines[0] == "26码：体重80到92斤、腰围66厘米、臀围86厘米"
