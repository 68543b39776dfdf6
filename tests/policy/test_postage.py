"""Who pays the postage: acceptance cases, facts, amounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from policy import postage
from policy.decide import decide
from policy.parameters import load_parameters
from tests.policy.postage_support import NOW, OWN_VALUES, PARAMETERS, SHOP, order, settle

# --- rules.md 1.4 ------------------------------------------------------------------------------------------------------------
CASES: dict[str, tuple[dict[str, object], str, str | None]] = {
    "1": ({"reason": "quality", "remedy": "exchange", "insurance": "no", "stage": "received", "days": 3}, "pr_q_ex_01", None),
    "2": ({"reason": "quality", "remedy": "return_refund", "insurance": "no", "stage": "confirmed", "days": 6}, "pr_q_rr_02", None),
    "3": (
        {"reason": "quality", "remedy": "exchange", "insurance": "no", "stage": "received", "days": 20},
        "pr_q_ex_04",
        "pr_q_ex_04_strict",
    ),
    "4": (
        {"reason": "quality", "remedy": "repair_return", "insurance": "no", "stage": "received", "days": 40},
        "pr_q_rr_05",
        "pr_q_rr_05_strict",
    ),
    "5": ({"reason": "buyer_reason", "remedy": "return_refund", "insurance": "no", "stage": "received", "days": 2}, "pr_b_rr_01", None),
    "6": ({"reason": "buyer_reason", "remedy": "exchange", "insurance": "no", "stage": "received", "days": 4}, "pr_b_ex_01", None),
    "7": ({"reason": "buyer_reason", "remedy": "exchange", "insurance": "yes", "stage": "received", "days": 4}, "pr_b_ex_02", None),
    "8": ({"reason": "courier_damage", "remedy": "refuse_delivery", "stage": "in_transit"}, "pr_d_01", None),
    "9": ({"reason": "courier_damage", "remedy": "exchange", "insurance": "no", "stage": "received", "days": 1}, "pr_d_02", None),
    "10": ({"reason": "missing_part", "remedy": "reship", "stage": "received"}, "pr_m_01", None),
    "11": (
        {"reason": "wrong_item", "remedy": "reship", "stage": "received", "value_vs_freight": "not_over", "usable": "no"},
        "pr_w_02",
        None,
    ),
    "12": ({"reason": "wrong_item", "remedy": "exchange", "stage": "received", "value_vs_freight": "over"}, "pr_w_01", None),
    "13": ({"reason": "quality", "remedy": "comp_no_return", "stage": "received", "severity": "minor"}, "pr_q_cp_01", None),
    "14": ({"reason": "description_mismatch", "remedy": "comp_no_return", "stage": "received"}, "pr_x_01", None),
    "15": ({"reason": "seller_oos", "remedy": "cancel", "stage": "unshipped"}, "pr_s_01", None),
    "16": ({"reason": "no_fault", "remedy": "return_refund", "stage": "received"}, "pr_n_01", None),
    "17": ({"reason": "lost_parcel", "remedy": "reship", "stage": "in_transit"}, "pr_l_01", None),
    "18": ({"reason": "unknown", "remedy": "return_refund"}, "pr_z_06", None),
}


@pytest.mark.parametrize("case", CASES)
def test_acceptance_case_hits_its_row(case: str) -> None:
    facts, row, strict = CASES[case]
    assert decide("postage", facts, PARAMETERS).row == row
    assert decide("postage", facts, load_parameters({"postage_time_tier_mode": "strict_001"})).row == (strict or row)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("1", {"outbound": "shop", "return": "shop", "reship": "shop", "advanced_by": "shopper"}),
        ("2", {"outbound": "shop", "return": "shop", "reship": "none", "advanced_by": "shopper"}),
        ("3", {"return": "shop", "ticket": "specialist"}),
        ("5", {"outbound": "shopper", "return": "shopper"}),
        ("6", {"outbound": "shop", "return": "shopper", "reship": "shopper"}),
        ("7", {"return": "insurance", "reship": "shopper"}),
        ("8", {"outbound": "shop", "return": "shop", "advanced_by": "none"}),
        ("9", {"return": "shop", "reship": "shop"}),
        ("10", {"return": "none", "reship": "shop", "advanced_by": "none"}),
        ("11", {"return": "none", "reship": "shop"}),
        ("12", {"return": "shop", "reship": "shop"}),
        ("13", {"return": "none", "cap": "comp_cap"}),
        ("14", {"return": "none", "cap": "difference"}),
        ("15", {"outbound": "shop", "return": "none"}),
        ("16", {"return": "shopper"}),
        ("18", {"return": "open", "hand_over": "person"}),
    ],
)
def test_acceptance_case_says_who_pays(case: str, expected: dict[str, object]) -> None:
    then = decide("postage", CASES[case][0], PARAMETERS).then
    assert {name: then[name] for name in expected} == expected


def test_who_only_wants_to_return_is_asked_for_the_reason() -> None:
    facts = postage.facts(order(), {"remedy": "return_refund"}, PARAMETERS, SHOP, NOW)
    assert decide("postage", facts, PARAMETERS).ask == "reason"


# --- the orders of the demonstration shop ----------------------------------------------------------------------------------------
def test_a_dress_with_an_open_seam_is_exchanged_at_the_shops_cost() -> None:
    assert settle(order(), "quality", "exchange").row == "pr_q_ex_01"


def test_a_disliked_dress_goes_back_with_the_amounts_in_yuan() -> None:
    bought = order()
    decision = settle(bought, "buyer_reason", "return_refund")
    sums = postage.amounts(decision, bought, PARAMETERS, SHOP)
    assert decision.row == "pr_b_rr_01"
    assert [sums.paid, sums.outbound, sums.refund, sums.freight] == [176, 8, 168, 8]
    spoken = postage.values(sums, decision, bought, PARAMETERS, SHOP)
    assert [spoken[name] for name in ("paid", "outbound", "refund", "freight", "courier", "days")] == ["176", "8", "168", "8", "圆通", "1"]


def test_another_size_with_insurance_saves_one_postage() -> None:
    bought = order(price="59", paid="67", insurance=True)
    decision = settle(bought, "buyer_reason", "exchange", insurance="yes")
    sums = postage.amounts(decision, bought, PARAMETERS, SHOP)
    assert decision.row == "pr_b_ex_02"
    assert sums.insurance == "pays_return"
    assert sums.reship_fee == 8


def test_a_faulty_coat_after_twelve_days_goes_to_the_specialist() -> None:
    decision = settle(order(price="1280", paid="1280", freight="0", signed=12), "quality", "exchange")
    assert decision.row == "pr_q_ex_04"
    assert (decision.then["return"], decision.then["ticket"], decision.then["hand_over"]) == ("shop", "specialist", "ticket")


def test_severity_is_asked_only_of_an_ordinary_item_to_be_sent_again() -> None:
    assert settle(order(), "quality", "reship").ask == "severity"
    assert settle(order(price="1280", paid="1280"), "quality", "reship").row == "pr_z_01"
    assert settle(order(), "quality", "exchange").ask is None


def test_damage_is_asked_only_when_misuse_is_to_be_repaired() -> None:
    assert settle(order(), "misuse", "repair_return").ask == "damaged"
    assert settle(order(), "misuse", "return_refund").row == "pr_n_02"


# --- facts -----------------------------------------------------------------------------------------------------------------------
def test_the_order_wins_over_words() -> None:
    bought = order(insurance=False)
    facts = postage.facts(bought, {"insurance": "yes", "stage": "in_transit"}, PARAMETERS, SHOP, NOW)
    assert (facts["insurance"], facts["stage"]) == ("no", "received")
    assert postage.contradictions(bought, {"insurance": "yes"}) == ("insurance",)
    assert postage.contradictions(bought, {"insurance": "no"}) == ()
    assert postage.contradictions(bought, {}) == ()


def test_without_an_order_only_words_count() -> None:
    assert postage.facts(None, {"reason": "quality", "insurance": "yes", "mood": "bad"}, PARAMETERS, SHOP, NOW) == {
        "reason": "quality",
        "insurance": "yes",
    }


def test_days_are_dates_in_shanghai() -> None:
    late_evening = datetime(2026, 11, 21, 15, 59, tzinfo=UTC)  # 23:59 on the 21st
    after_midnight = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 00:00 on the 22nd
    signed = replace(order(), signed_at=late_evening)
    assert postage.days_since_signing(signed, SHOP, after_midnight) == 1
    assert postage.days_since_signing(signed, SHOP, late_evening) == 0


@pytest.mark.parametrize(("signed", "row"), [(0, "pr_b_rr_01"), (7, "pr_b_rr_01"), (8, "pr_b_rr_04")])
def test_the_notice_counts_until_the_seventh_day(signed: int, row: str) -> None:
    assert settle(order(signed=signed), "buyer_reason", "return_refund").row == row


def test_an_unknown_day_of_signing_is_read_kindly() -> None:
    assert settle(order(signed=None), "buyer_reason", "return_refund").row == "pr_b_rr_01"


@pytest.mark.parametrize(
    ("state", "stage"),
    [("unpaid", "unshipped"), ("paid", "unshipped"), ("shipped", "in_transit"), ("received", "received"), ("confirmed", "confirmed")],
)
def test_the_state_of_an_order_is_a_stage(state: str, stage: str) -> None:
    assert postage.facts(order(state=state), {}, PARAMETERS, SHOP, NOW)["stage"] == stage


@pytest.mark.parametrize(("months", "signed", "expected"), [(None, 40, None), (1, 40, False), (24, 40, True)])
def test_the_products_own_warranty_counts_from_signing(months: int | None, signed: int, expected: bool | None) -> None:
    assert postage.in_warranty(order(warranty_months=months, signed=signed), SHOP, NOW) is expected


def test_a_month_later_is_never_past_its_end() -> None:
    assert postage.add_months(datetime(2026, 1, 31, tzinfo=UTC).date(), 1).isoformat() == "2026-02-28"
    assert postage.add_months(datetime(2026, 12, 1, tzinfo=UTC).date(), 12).isoformat() == "2027-12-01"


def test_out_of_warranty_a_repair_is_quoted_first() -> None:
    lamp = order(state="confirmed", signed=40, kind="appliance", warranty_months=1)
    assert settle(lamp, "quality", "repair_return").row == "pr_q_rr_05_quote"
    assert settle(lamp, "quality", "return_refund").then["return"] == "shop"


@pytest.mark.parametrize("flag", ["no_reason_excluded", "custom_made"])
def test_excluded_goods_are_not_offered_a_no_reason_return(flag: str) -> None:
    assert settle(order(**{flag: True}), "buyer_reason", "return_refund").row == "pr_b_rr_05"  # type: ignore[arg-type]
    assert settle(order(**{flag: True}), "quality", "return_refund").row == "pr_q_rr_01"  # type: ignore[arg-type]


def test_a_wrong_item_worth_less_than_its_freight_stays() -> None:
    assert settle(order(price="6", paid="14"), "wrong_item", "exchange").row == "pr_w_02"
    assert settle(order(), "wrong_item", "exchange").row == "pr_w_01"


# --- amounts -----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("paid", "freight", "mode", "free", "row", "outbound", "refund"),
    [
        ("176", "8", "threshold_lost", 199, "pr_b_rr_01", "8", "168"),
        ("259", "0", "threshold_lost", 199, "pr_b_rr_01", "8", "251"),
        ("259", "0", "never", 199, "pr_b_rr_01_free", "0", "259"),
        ("259", "0", "threshold_lost", None, "pr_b_rr_01_free", "0", "259"),
        ("120", "0", "threshold_lost", 199, "pr_b_rr_01_free", "0", "120"),
        ("120", "0", "always", 199, "pr_b_rr_01", "8", "112"),
        ("176", "8", "never", 199, "pr_b_rr_01", "8", "168"),
    ],
)
def test_the_first_postage_of_an_own_reason_return(
    paid: str, freight: str, mode: str, free: int | None, row: str, outbound: str, refund: str
) -> None:
    loaded = load_parameters({**OWN_VALUES, "charge_outbound_on_buyer_return": mode, "free_postage_from": free})
    bought = order(paid=paid, freight=freight)
    decision = decide("postage", postage.facts(bought, {"reason": "buyer_reason", "remedy": "return_refund"}, loaded, SHOP, NOW), loaded)
    sums = postage.amounts(decision, bought, loaded, SHOP)
    assert (decision.row, sums.outbound, sums.refund) == (row, Decimal(outbound), Decimal(refund))


def test_a_refused_parcel_costs_both_ways_and_says_so_first() -> None:
    bought = order(state="shipped")
    decision = settle(bought, "buyer_reason", "refuse_delivery")
    assert decision.row == "pr_b_rf_01"
    assert postage.amounts(decision, bought, PARAMETERS, SHOP).refund == 160


@pytest.mark.parametrize(("freight", "own", "cap"), [("8", None, 8), ("0", None, 8), ("30", None, 30), ("8", 25, 25)])
def test_a_compensation_stays_within_the_postage(freight: str, own: int | None, cap: int) -> None:
    bought = order(freight=freight)
    loaded = load_parameters({**OWN_VALUES, "comp_cap": own})
    decision = decide("postage", postage.facts(bought, {"reason": "quality", "remedy": "comp_no_return"}, loaded, SHOP, NOW), loaded)
    assert postage.amounts(decision, bought, loaded, SHOP).cap == cap


def test_a_new_order_over_the_threshold_has_no_second_postage() -> None:
    bought = order(price="259", paid="259", freight="0", insurance=True)
    assert postage.amounts(settle(bought, "buyer_reason", "exchange"), bought, PARAMETERS, SHOP).reship_fee == 0


@pytest.mark.parametrize("more", [{"delivery": "appointment"}, {"cross_border": True}])
def test_no_freight_is_guessed_for_furniture_or_from_abroad(more: dict[str, object]) -> None:
    bought = order(kind="furniture", price="1880", paid="1880", freight="0", signed=1, **more)  # type: ignore[arg-type]
    decision = settle(bought, "buyer_reason", "return_refund")
    assert decision.row == "pr_b_rr_01"
    assert postage.amounts(decision, bought, PARAMETERS, SHOP).freight is None
    said = postage.settled(decision, bought, PARAMETERS, SHOP)
    assert (said.row, said.then["return"]) == ("pr_b_rr_01", "shopper")
    assert (said.then["say"], said.then["ticket"]) == ("utter_returns_buyer_quote", "specialist")


def test_the_shop_fetches_furniture_it_pays_for() -> None:
    bought = order(kind="furniture", price="1880", paid="1880", freight="0", signed=1, delivery="appointment")
    decision = settle(bought, "quality", "return_refund")
    said = postage.settled(decision, bought, PARAMETERS, SHOP)
    assert (said.row, said.then["say"], said.then["advanced_by"]) == ("pr_q_rr_01", "utter_returns_shop_pickup", "none")


@pytest.mark.parametrize("own", [{}, {"return_postage_cap": None}])
def test_a_cap_the_shop_has_not_confirmed_is_not_spoken(own: dict[str, object]) -> None:
    loaded = load_parameters(own)
    bought = order()
    decision = decide("postage", postage.facts(bought, {"reason": "quality", "remedy": "exchange"}, loaded, SHOP, NOW), loaded)
    assert postage.settled(decision, bought, loaded, SHOP).then["say"] == "utter_returns_shop_side_uncapped"


def test_a_cap_of_nothing_means_that_the_shop_fetches_it() -> None:
    loaded = load_parameters({"return_postage_cap": 0})
    bought = order()
    decision = decide("postage", postage.facts(bought, {"reason": "quality", "remedy": "exchange"}, loaded, SHOP, NOW), loaded)
    assert postage.settled(decision, bought, loaded, SHOP).then["say"] == "utter_returns_shop_pickup"


def test_an_ordinary_answer_is_said_as_its_row_says_it() -> None:
    bought = order()
    decision = settle(bought, "quality", "exchange")
    assert postage.settled(decision, bought, PARAMETERS, SHOP) == decision


def test_an_open_decision_has_no_amounts() -> None:
    bought = order()
    decision = decide("postage", postage.facts(bought, {}, PARAMETERS, SHOP, NOW), PARAMETERS)
    assert postage.settled(decision, bought, PARAMETERS, SHOP) == decision
    with pytest.raises(ValueError, match="it asks for reason"):
        postage.amounts(decision, bought, PARAMETERS, SHOP)


@pytest.mark.parametrize(("amount", "text"), [("168", "168"), ("8.50", "8.5"), ("8.55", "8.55"), ("0", "0"), ("100", "100"), (None, None)])
def test_yuan_are_spoken_plainly(amount: str | None, text: str | None) -> None:
    assert postage.money(None if amount is None else Decimal(amount)) == text
