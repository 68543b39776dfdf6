"""What is proposed after the sale (rules.md §5–9, §14): facts, acceptance cases, findings and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from policy import after_sale, postage
from policy.decide import decide
from policy.facts import OrderFacts
from policy.outcomes import FINDINGS, outcome
from tests.policy.postage_support import NOW, PARAMETERS, SHOP, order

MUG = {"price": "6", "paid": "14"}  # worth less than its way back


def proposed(bought: OrderFacts, text: str = "", steps: str = "none", **said: str) -> tuple[str | None, str]:
    """(row or what is asked, remedy proposed) of the chart."""
    facts = after_sale.facts(bought, said, PARAMETERS, SHOP, NOW, text=text, steps=steps)
    found = decide(after_sale.TOPICS[said["reason"]], facts, PARAMETERS)
    return (found.row or f"ask {found.ask}", str(found.then.get("remedy", "none")))


# --- what is proposed first (rules.md §5–7; decisions.md) ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bought", "said", "expected"),
    [
        (order(), {"reason": "quality"}, ("ask severity", "none")),
        (order(), {"reason": "quality", "severity": "minor"}, ("qp_03", "none")),
        (order(), {"reason": "quality", "severity": "severe"}, ("qp_04", "reship")),
        (order(signed=40), {"reason": "quality", "severity": "severe"}, ("qp_04", "reship")),
        (order(paid="1280", kind="furniture"), {"reason": "quality", "severity": "severe"}, ("qp_05", "repair_local")),
        (order(paid="1280"), {"reason": "quality", "severity": "severe"}, ("qp_06", "repair_return")),
        (order(paid="1280", signed=8), {"reason": "quality", "severity": "severe"}, ("qp_08_open", "exchange")),
        (order(paid="1280", signed=30), {"reason": "quality", "severity": "severe"}, ("qp_08_open", "exchange")),
        (order(paid="1280", signed=31), {"reason": "quality", "severity": "severe"}, ("qp_09_open", "repair_return")),
        (order(paid="1280"), {"reason": "quality", "remedy": "return_refund"}, ("qp_z_01", "wished")),
        (order(), {"reason": "description_mismatch"}, ("dm_08", "comp_no_return")),
        (order(), {"reason": "description_mismatch", "remedy": "exchange"}, ("dm_z_01", "wished")),
        (order(), {"reason": "missing_part"}, ("wi_06", "reship")),
        (order(price="300", paid="308"), {"reason": "wrong_item"}, ("wi_02", "exchange")),
        (order(**MUG), {"reason": "wrong_item"}, ("ask usable", "none")),
        (order(**MUG), {"reason": "wrong_item", "usable": "no"}, ("wi_05", "reship")),
        (order(**MUG), {"reason": "wrong_item", "usable": "yes"}, ("wi_04", "comp_no_return")),
        (order(**MUG), {"reason": "wrong_item", "usable": "yes", "worth": "more"}, ("wi_03", "comp_no_return")),
        (order(**MUG), {"reason": "wrong_item", "remedy": "return_refund"}, ("wi_z_01", "wished")),
    ],
)
def test_the_chart_proposes_what_fits_the_case(bought: OrderFacts, said: dict[str, str], expected: tuple[str, str]) -> None:
    assert proposed(bought, **said) == expected


def test_money_is_never_proposed_first_for_a_fault() -> None:
    for severity in ("minor", "severe"):
        for paid in ("67", "1280"):
            for signed in (1, 12, 40):
                row, remedy = proposed(order(paid=paid, signed=signed), reason="quality", severity=severity)
                assert remedy != "comp_no_return", row


@pytest.mark.parametrize("words", ["插上就漏电", "用着冒烟了", "穿了过敏起疹子"])
def test_harm_goes_to_a_person_whatever_is_wished(words: str) -> None:
    assert proposed(order(), text=words, reason="quality", remedy="exchange")[0] == "qp_12"


def test_the_manuals_steps_come_before_the_wish_and_only_once() -> None:
    assert proposed(order(kind="appliance"), steps="first", reason="quality", remedy="exchange")[0] == "qp_02"
    assert proposed(order(kind="appliance"), steps="told", reason="quality", remedy="exchange")[0] == "qp_z_01"


# --- the page against the shopper's words of it ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "fabric", "words", "said"),
    [
        ("纯棉圆领T恤", "100%棉，180克", "你们写的纯棉，收到是化纤", "agrees"),
        ("碎花雪纺连衣裙", "雪纺（100%聚酯纤维），内衬95%棉", "页面写的是纯棉，明明是化纤", "contradicts"),
        ("碎花雪纺连衣裙", "雪纺（100%聚酯纤维）", "跟描述的不一样", "silent"),
        ("推拉门衣柜", "E0级刨花板", "写着实木，收到是板子", "contradicts"),
        ("布艺三人沙发", "棉麻布套，可拆洗", "说是实木架子的", "silent"),
        ("实木床头柜", "橡胶木", "写的实木，收到像贴皮", "agrees"),
        ("桑蚕丝被", None, "写的真丝", "agrees"),
    ],
)
def test_the_catalogue_tells_whether_the_page_says_so(name: str, fabric: str | None, words: str, said: str) -> None:
    product = replace(order().product, name=name, fabric=fabric)
    assert after_sale.page_says(product, words) == said


def test_a_page_that_says_otherwise_is_shown_before_anything_is_offered() -> None:
    dress = replace(order(), product=replace(order().product, name="碎花雪纺连衣裙", fabric="雪纺（100%聚酯纤维）"))
    assert proposed(dress, text="写的纯棉，收到是化纤", reason="description_mismatch")[0] == "dm_04_page"


# --- faults of appliances (§14) ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "steps", "wish", "row"),
    [
        ("系统崩了，全都用不了", "first", None, "fl_01"),
        ("完全不能开机", "none", None, "fl_01"),
        ("灯座发烫，烫手", "first", None, "fl_02"),
        ("灯座发烫，我要退货", "first", "return_refund", "fl_02"),
        ("灯变暗了", "first", None, "fl_04"),
        ("灯变暗了", "told", None, "fl_03"),
        ("有时候闪一下", "first", None, "fl_04"),
        ("有时候闪一下", "told", None, "fl_z_03"),
        ("完全不能开机，换一个", "first", "exchange", "fl_z_01"),
        ("灯不亮", "first", None, "fl_z_03"),
    ],
)
def test_how_far_a_fault_goes_decides_who_looks_at_it(words: str, steps: str, wish: str | None, row: str) -> None:
    facts = after_sale.fault_facts(words, {"remedy": wish} if wish else {}, steps)
    found = decide("fault_levels", facts, PARAMETERS)
    assert found.row == row
    assert (found.then["hand_over"] == "person") is (row in ("fl_01", "fl_02"))


# --- compensation (§8; case 13 and 14) ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reason", "amount", "text", "answer", "row"),
    [
        ("quality", None, "", None, "cl_01"),
        ("quality", "8", "补8块", None, "cl_02"),
        ("quality", "20", "补20块", None, "cl_03"),
        ("quality", None, "全额退给我，东西不寄了", None, "cl_03_full"),
        ("quality", None, "", "accept", "cl_02_taken"),
        ("quality", None, "", "more", "cl_03_more"),
        ("description_mismatch", None, "退差价", None, "cl_04"),
        ("description_mismatch", "50", "退50差价", None, "cl_04_over"),
        ("quality", "5", "给我5块就给好评", None, "cl_07"),
        ("buyer_reason", None, "别人家才卖一百，我亏了", None, "cl_z_01"),
        ("buyer_reason", None, "给点补偿吧", None, "cl_z_02"),
    ],
)
def test_a_sum_is_offered_agreed_or_approved(reason: str, amount: str | None, text: str, answer: str | None, row: str) -> None:
    sum_named = Decimal(amount) if amount else None
    facts = after_sale.compensation_facts(order(), reason, PARAMETERS, amount=sum_named, text=text, answer=answer)
    found = decide("compensation", facts, PARAMETERS)
    assert found.row == row
    assert (found.then["approval"] == "needed") is (row in ("cl_03", "cl_03_full", "cl_03_more", "cl_04_over"))


def test_what_is_due_is_never_refused_for_being_above_the_cap() -> None:
    found = decide("compensation", {"basis": "difference", "amount": "over"}, PARAMETERS)
    assert (found.then["ticket"], found.then["approval"], found.then["hand_over"]) == ("compensation", "needed", "ticket")


@pytest.mark.parametrize(
    ("facts", "row"),
    [
        ({"step": "chosen"}, "dm_09"),
        ({"step": "chosen", "over_cap": "yes"}, "dm_09_over"),
        ({"step": "chosen", "choice": "gift"}, "dm_10"),
        ({"step": "declined"}, "dm_11"),
        ({"step": "declined", "high_value": "yes"}, "dm_11_back"),
        ({"step": "declined", "declined": 2}, "dm_11_person"),
    ],
)
def test_the_three_offers_are_taken_or_declined(facts: dict[str, object], row: str) -> None:
    assert decide("description_mismatch", facts, PARAMETERS).row == row


# --- refunds (§9; case 10 of §23) ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("facts", "row"),
    [
        ({"ask": "arrival", "pay_by": "card"}, "rp_07"),
        ({"ask": "arrival", "pay_by": "paypal"}, "rp_06"),
        ({"ask": "arrival", "pay_by": "alipay"}, "rp_09"),
        ({"ask": "way", "stage": "received"}, "rp_01"),
        ({"ask": "way", "stage": "confirmed"}, "rp_02"),
        ({"about": "cancel"}, "rp_04"),
        ({"about": "compensation"}, "rp_05"),
        ({"about": "return"}, "rp_03"),
        ({"about": "return", "tracking": "yes"}, "rp_10"),
        ({"ask": "advance"}, "rp_z_06"),
        ({"ask": "advance", "tracking": "yes"}, "rp_z_05"),
        ({"ask": "advance", "freight": "shopper"}, "rp_z_03"),
    ],
)
def test_a_refund_is_told_by_its_way_and_stage(facts: dict[str, object], row: str) -> None:
    assert decide("refunds", facts, PARAMETERS).row == row


# --- findings (§5, §7; case 16 of §1.4) ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("signed", "reason", "finding", "remedy", "chart", "freight", "then"),
    [
        (3, "quality", "confirmed", "return_refund", "qp_07", "pr_q_rr_01", "return_refund"),
        (3, "quality", "confirmed", None, "qp_07", "pr_q_ex_01", "exchange"),
        (12, "quality", "confirmed", None, "qp_08", "pr_q_ex_04", "exchange"),
        (40, "quality", "confirmed", None, "qp_09", "pr_q_rr_05", "repair_return"),
        (40, "quality", "confirmed", "return_refund", "qp_09", "pr_q_rr_05", "return_refund"),
        (3, "quality", "no_fault", "return_refund", "qp_10", "pr_n_01", "return_refund"),
        (3, "quality", "misuse", "return_refund", "qp_13", "pr_n_02", "return_refund"),
        (3, "description_mismatch", "light", "return_refund", "dm_02", None, "return_refund"),
        (3, "description_mismatch", "misread", None, "dm_03", None, "open"),
        (3, "description_mismatch", "missed", None, "dm_04", None, "open"),
        (3, "description_mismatch", "wrong_item", None, "dm_05", "pr_w_01", "exchange"),
        (3, "description_mismatch", "missing_part", None, "dm_06", "pr_m_01", "reship"),
        (3, "description_mismatch", "confirmed", None, "dm_07", "pr_x_01", "comp_no_return"),
        (3, "wrong_item", "confirmed", "exchange", None, "pr_w_01", "exchange"),
    ],
)
def test_a_finding_leads_to_its_row_and_its_freight(
    signed: int, reason: str, finding: str, remedy: str | None, chart: str | None, freight: str | None, then: str
) -> None:
    found = outcome(reason, finding, remedy, order(signed=signed), PARAMETERS, SHOP, NOW)
    assert (found.chart.row if found.chart else None) == chart
    assert (found.freight.row if found.freight else None) == freight
    assert found.remedy == then
    assert found.against_shopper is (finding in ("no_fault", "misuse", "light", "misread", "missed"))


def test_a_confirmed_finding_never_leaves_freight_with_the_shopper() -> None:
    for reason in FINDINGS:
        for remedy in (None, "return_refund", "exchange"):
            for signed in (3, 12):
                found = outcome(reason, "confirmed", remedy, order(signed=signed), PARAMETERS, SHOP, NOW)
                assert found.reason in postage.SHOP_REASONS
                assert found.freight is not None
                assert found.freight.then["return"] != "shopper"


def test_an_unknown_finding_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(ValueError, match="no_fault"):
        outcome("quality", "light", None, order(), PARAMETERS, SHOP, NOW)
    with pytest.raises(ValueError, match="quality"):
        outcome("buyer_reason", "confirmed", None, order(), PARAMETERS, SHOP, NOW)
