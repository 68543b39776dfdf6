"""The legal constraints over all combinations of the postage table, and the words of its rows."""

from __future__ import annotations

import re
from itertools import product

import pytest

from policy import postage
from policy.decide import Decision, compile_table
from policy.parameters import load_parameters
from policy.table import Row
from tests.policy.postage_support import FROM_ACTIONS, PARAMETERS, RESPONSES, SHOP, TABLE, order

# --- the law over all combinations -----------------------------------------------------------------------------------------------------
SETTINGS = [
    {"return_postage_cap": cap, "charge_outbound_on_buyer_return": charge, "quality_return_days": days, "half_freight_until_days": half}
    for cap, charge, days, half in product((None, 0, 15, 1000), ("never", "threshold_lost", "always"), (7, 15), (30, 10))
]
BEARS = {"shopper", "half", "insurance"}


def rows_for(settings: dict[str, object], **allowed: set[str]) -> list[str]:
    """Ids of the rows that answer at least one combination of facts within the allowed words, everything else being anything."""
    compiled = compile_table(TABLE, load_parameters(settings))
    region = list(compiled.full)
    for name, words in allowed.items():
        known = TABLE.inputs[name].words
        assert known is not None
        region[compiled.names.index(name)] = sum(1 << known.index(word) for word in words)
    return [TABLE.rows[number].id for number in compiled.firsts(tuple(region))]


@pytest.mark.parametrize("settings", SETTINGS)
def test_freight_of_a_shop_side_reason_is_never_the_shoppers(settings: dict[str, object]) -> None:
    found = rows_for(settings, reason=set(postage.SHOP_REASONS), tier_mode={"shopper_first"})
    left = {row for row in found if BEARS & {str(TABLE.row(row).then[stretch]) for stretch in ("outbound", "return", "reship")}}
    assert left == {"pr_q_rr_05_quote"}  # repair out of warranty, quoted and agreed first: the sole exception
    in_warranty = rows_for(settings, reason=set(postage.SHOP_REASONS), tier_mode={"shopper_first"}, warranty={"yes"})
    assert "pr_q_rr_05_quote" not in in_warranty
    assert len(found) > 40


def test_the_documented_tiers_break_the_rule_and_warn() -> None:
    found = rows_for({}, reason=set(postage.SHOP_REASONS), tier_mode={"strict_001"})
    strict = [row for row in found if row.endswith("_strict")]
    assert len(strict) == 5
    assert {TABLE.row(row).status for row in strict} == {"conflict"}
    assert postage.warning(load_parameters({"postage_time_tier_mode": "strict_001"})) == "strict_001_breaks_law_1"
    assert postage.warning(load_parameters()) is None


def test_no_row_leaves_a_wrong_measurement_of_the_shop_with_the_shopper() -> None:
    for row in rows_for({}, reason={"no_room"}, measured_by={"shop"}, stage={"in_transit", "received", "confirmed"}):
        assert not BEARS & {str(TABLE.row(row).then[stretch]) for stretch in ("outbound", "return", "reship")}


def test_unconditional_free_postage_is_never_deducted() -> None:
    for row in rows_for(
        {}, outbound_kept={"no"}, reason=set(TABLE.inputs["reason"].words or ()) - {"unknown"}, tier_mode={"shopper_first"}
    ):
        assert TABLE.row(row).then["outbound"] != "shopper", row


def test_excluded_goods_meet_no_row_that_offers_a_no_reason_return() -> None:
    found = rows_for(
        {},
        reason={"buyer_reason", "light_color", "misunderstanding"},
        excluded={"yes"},
        remedy={"return_refund"},
        stage={"received", "confirmed"},
    )
    assert found == ["pr_b_rr_05"]
    shop_side = {"reason": set(postage.SHOP_REASONS), "remedy": {"return_refund"}}
    assert rows_for({}, excluded={"yes"}, **shop_side) == rows_for({}, excluded={"no"}, **shop_side)


def test_nothing_is_sent_before_dispatch() -> None:
    for row in rows_for({}, stage={"unshipped"}, reason=set(postage.SHOP_REASONS) | {"buyer_reason"}):
        assert TABLE.row(row).then["return"] == "none", row


# --- what is said ---------------------------------------------------------------------------------------------------------------------
def texts(name: str) -> list[str]:
    return [variation["text"] for variation in RESPONSES[name]]


SAYS = sorted({str(row.then["say"]) for row in TABLE.rows} | {postage.PICKUP, postage.QUOTE, postage.UNCAPPED})


@pytest.mark.parametrize("say", SAYS)
def test_every_row_has_its_words(say: str) -> None:
    assert all(text.strip() for text in texts(say))


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.id)
def test_every_value_a_row_speaks_is_computed(row: Row) -> None:
    bought = order(insurance=True)
    for candidate in (bought, order(delivery="appointment", kind="furniture", freight="0"), order(cross_border=True)):
        then = next(one for one, own in zip(compile_table(TABLE, PARAMETERS).thens, TABLE.rows, strict=True) if own is row)
        decided = Decision("postage", row.id, then)
        said = postage.settled(decided, candidate, PARAMETERS, SHOP)
        spoken = postage.values(postage.amounts(said, candidate, PARAMETERS, SHOP), said, candidate, PARAMETERS, SHOP)
        for text in texts(str(said.then["say"])):
            needed = set(re.findall(r"\{(\w+)\}", text))
            assert needed <= set(spoken) | FROM_ACTIONS, said.then["say"]


def test_rows_with_a_ticket_name_it_and_rows_without_do_not() -> None:
    for row in TABLE.rows:
        for text in texts(str(row.then["say"])):
            assert ("{ticket}" in text) == (row.then["ticket"] != "none"), row.id


def test_shop_side_answers_never_put_freight_on_the_shopper() -> None:
    for row in rows_for({}, reason=set(postage.SHOP_REASONS), tier_mode={"shopper_first"}):
        if row in ("pr_q_rr_05_quote", "pr_q_rl_01_quote"):
            continue
        for text in texts(str(TABLE.row(row).then["say"])):
            assert not re.search("(?<!不用)(?:由您承担|您承担|您自付|由您付)", text), row


def test_what_is_advanced_is_told_with_its_cap_and_its_way_back() -> None:
    for row in TABLE.rows:
        if row.then["advanced_by"] == "shopper" and row.then["return"] == "shop":
            for text in texts(str(row.then["say"])):
                assert "先垫付" in text, row.id
                assert "{cap}元" in text, row.id
                assert "{refund_path}" in text, row.id


def test_own_reason_answers_tell_the_sums_before_anything_is_sent() -> None:
    for say in ("utter_returns_buyer_refund", "utter_returns_buyer_refund_free", "utter_returns_refuse_buyer"):
        assert all({"refund", "freight"} <= set(re.findall(r"\{(\w+)\}", text)) for text in texts(say))
    assert all({"reship_fee", "freight"} <= set(re.findall(r"\{(\w+)\}", text)) for text in texts("utter_returns_buyer_exchange"))
    for say in ("utter_returns_buyer_refund", "utter_returns_buyer_refund_insured"):
        assert all("吊牌" in text and "赠品" in text for text in texts(say))
