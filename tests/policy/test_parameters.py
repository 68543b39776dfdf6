"""Every number of the shop: declared once, overridden by name or alias, refused by name, value and what is allowed."""

from __future__ import annotations

from decimal import Decimal

import pytest
import yaml

from policy.live import FOLDER
from policy.parameters import NAME, UNSPOKEN, checked, declared_parameters, load_parameters, span, speakable, spoken

# rules.md section 0, with the names of the demonstration shop where it has its own; decisions.md for the rest.
DEFAULTS = {
    "golden_reply_s": 6, "first_reply_max_s": 15, "slow_reply_bad_s": 180, "phone_ring_max": 3, "phone_silence_wait_s": 5,
    "listen_pause_s": "3-5", "ship_cutoff": "17:00", "dispatch_workdays": "2-5", "undispatched_check_days": 5, "tracking_online_days": 5,
    "carrier_update_days": "2-5", "wait_more_days": 2, "forwarder_followup_days": 5, "tracking_stale_days": 15, "untracked_lost_days": 50,
    "reship_days": 3, "refund_submit_days": 3, "refund_arrange_workdays": 3, "diff_refund_days": 3, "changed_order_ship_workdays": 3,
    "card_refund_workdays": "20-30", "quality_return_days": 7, "half_freight_until_days": 30, "postage_time_tier_mode": "shopper_first",
    "return_postage_cap": Decimal(15), "comp_cap": None, "charge_outbound_on_buyer_return": "threshold_lost",
    "high_value_amount": Decimal(500),
    "wholesale_from_quantity": 50, "domestic_stale_days": None, "free_postage_from": Decimal(199), "gift_threshold": None,
    "address_style": "nin",
    "max_concessions": 2, "deal_msg_same_day": "same_day", "no_reply_call_days": 2, "pay_remind_days": 3, "pay_last_remind_days": 7,
    "pay_close_days": 7, "complaint_simple_h": 2, "complaint_complex_h": 24, "aftersales_contact_min": 5, "aftersales_solve_h": 1,
    "onsite_h": 24,
    "support_phone_hours": "8:30-22:00", "opening_hours": "10:00-24:00", "furniture_appointment_days": 3, "smell_ventilation_days": 45,
    "shrink_rate_max_pct": 3, "soak_min": 15, "urge_hours": 48, "domestic_lost_days": 5, "domestic_tracking_online_days": 2,
    "dispatch_hours": None, "unpaid_close_hours": None, "postage": Decimal(8), "inspection_workdays": 1, "proof_tries_per_day": 5,
}  # fmt: skip


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_handbooks_number_is_the_default(name: str) -> None:
    assert load_parameters()[name] == DEFAULTS[name]


@pytest.mark.parametrize("name", declared_parameters())
def test_every_parameter_names_unit_and_source(name: str) -> None:
    parameter = declared_parameters()[name]
    assert parameter.unit
    assert parameter.source
    assert checked(parameter, parameter.default) == parameter.default


@pytest.mark.parametrize(
    ("alias", "name", "value"),
    [
        ("free_ship_threshold", "free_postage_from", 99),
        ("wholesale_min_qty", "wholesale_from_quantity", 20),
        ("chat_hours", "opening_hours", "9:00-18:00"),
        ("support_hours", "support_phone_hours", "9:00-18:00"),
        ("return_window_quality_days", "quality_return_days", 15),
    ],
)
def test_the_digests_name_is_accepted(alias: str, name: str, value: object) -> None:
    assert load_parameters({alias: value})[name] == load_parameters({name: value})[name] != load_parameters()[name]


def test_a_shop_may_empty_a_value() -> None:
    assert load_parameters({"return_postage_cap": None})["return_postage_cap"] is None


def test_money_is_exact() -> None:
    assert load_parameters({"postage": 8.1})["postage"] == Decimal("8.1")


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("max_concessions", "two", "a whole number"),
        ("max_concessions", 1.5, "a whole number"),
        ("max_concessions", True, "not a boolean"),
        ("postage", "free", "an amount in yuan"),
        ("postage", -1, "from 0"),
        ("postage", "nan", "from 0"),
        ("postage", 12.345, "to the cent"),
        ("postage", 999999999999, "below 1000000"),
        ("postage_time_tier_mode", "strict", "shopper_first, strict_001"),
        ("charge_outbound_on_buyer_return", "on", "never, threshold_lost, always"),
        ("ship_cutoff", "25:00", "17:00"),
        ("card_refund_workdays", "30-20", "20-30"),
        ("card_refund_workdays", "soon", "20-30"),
        ("opening_hours", "10 to 12", "10:00-24:00"),
        ("quality_return_days", 3, "7 or more"),
        ("no_reason_return_days", 6, "7 or more"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: object, allowed: str) -> None:
    with pytest.raises(ValueError, match=rf"'{name}' has the value .*; allowed: ") as refused:
        load_parameters({name: value})
    assert repr(value) in str(refused.value)
    assert allowed in str(refused.value)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown parameter 'cap' with the value 3; allowed: .*return_postage_cap"):
        load_parameters({"cap": 3})


def test_two_names_of_one_parameter_are_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        load_parameters({"free_ship_threshold": 99, "free_postage_from": 199})


def test_a_value_the_shop_has_not_confirmed_is_never_spoken() -> None:
    assert not spoken("return_postage_cap", load_parameters())
    assert not speakable("high_value_amount", {})
    assert speakable("return_postage_cap", {"return_postage_cap": 15})
    assert speakable("free_postage_from", {"free_ship_threshold": 99})
    assert spoken("quality_return_days", load_parameters())
    assert set(str(load_parameters()[UNSPOKEN]).split()) >= {
        "return_postage_cap",
        "high_value_amount",
        "free_postage_from",
        "wholesale_from_quantity",
    }


def test_a_range_has_two_ends() -> None:
    assert span("20-30") == (20, 30)
    with pytest.raises(ValueError, match="'soon'"):
        span("soon")


def test_the_file_repeats_no_name() -> None:
    names = [line.split(":")[0] for line in (FOLDER / NAME).read_text(encoding="utf-8").splitlines() if line and line[0].isalpha()]
    assert len(names) == len(set(names)) == len(yaml.safe_load((FOLDER / NAME).read_text(encoding="utf-8")))
