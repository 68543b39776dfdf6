"""Parcels of today, the pure half (issue 4): who pays the way back, where a parcel lies, an address, a day and a slot, one parcel."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest

from policy import addresses, combine, not_received, pick_up, postage, return_cover
from policy.decide import decide
from policy.facts import Scan
from policy.parameters import load_parameters
from tests.policy import demo
from tests.policy.postage_support import NOW, PARAMETERS, SHOP, order

# What pays the way back
REASONS = ("quality", "description_mismatch", "wrong_item", "missing_part", "courier_damage", "buyer_reason")
REMEDIES = ("return_refund", "exchange", "repair_return", "reship", "open", "comp_no_return")


@pytest.mark.parametrize(
    ("own", "insurance", "shop", "found"),
    [
        (None, False, "none", "none"),
        (None, True, "none", "insurance"),
        (None, False, "prepaid_pickup", "prepaid_pickup"),
        ("prepaid_pickup", False, "none", "prepaid_pickup"),
        ("none", True, "insurance", "none"),
    ],
)
def test_the_order_s_own_cover_wins_then_its_insurance_then_the_shop(own: str | None, insurance: bool, shop: str, found: str) -> None:
    bought = replace(order(insurance=insurance), return_cover=own)
    assert return_cover.cover(bought, load_parameters({"return_cover": shop})) == found


@pytest.mark.parametrize(("state", "signed"), [("received", 3), ("received", 12), ("confirmed", 5), ("received", 40)])
@pytest.mark.parametrize("severity", ["minor", "severe"])
def test_with_a_prepaid_pick_up_nobody_advances_money(state: str, signed: int, severity: str) -> None:
    for reason, remedy, worth in product(REASONS, REMEDIES, ("80", "1280")):
        bought = replace(order(state=state, signed=signed, price=worth, paid=worth), return_cover="prepaid_pickup")
        said = {"reason": reason, "remedy": remedy, "severity": severity, "damaged": "no"}
        found = decide("postage", postage.facts(bought, said, PARAMETERS, SHOP, NOW), PARAMETERS)
        if found.row is None or found.then["return"] in ("none", "open") or found.then["say"] in return_cover._NO_RETURN:
            continue
        settled = postage.settled(found, bought, PARAMETERS, SHOP)
        assert settled.row == found.row
        assert settled.then["advanced_by"] == "none", (reason, remedy, found.row)
        assert settled.then["cap"] is None
        if reason in postage.SHOP_REASONS:
            assert settled.then["return"] in ("shop", "insurance_then_shop"), found.row


@pytest.mark.parametrize(
    ("reason", "remedy", "free", "say", "refund"),
    [
        ("quality", "return_refund", False, "utter_pick_up_shop_refund", "176"),
        ("quality", "exchange", False, "utter_pick_up_shop_other", None),
        ("buyer_reason", "return_refund", False, "utter_pick_up_own_refund", "168"),
        ("buyer_reason", "return_refund", True, "utter_pick_up_own_refund_free", "176"),
        ("buyer_reason", "exchange", False, "utter_pick_up_own_exchange", None),
    ],
)
def test_prepaid_answers_name_their_sums(reason: str, remedy: str, free: bool, say: str, refund: str | None) -> None:
    bought = replace(order(freight="0" if free else "8"), return_cover="prepaid_pickup")
    said = {"reason": reason, "remedy": remedy, "severity": "severe", "damaged": "no"}
    found = decide("postage", postage.facts(bought, said, PARAMETERS, SHOP, NOW), PARAMETERS)
    settled = postage.settled(found, bought, PARAMETERS, SHOP)
    assert settled.then["say"] == say
    sums = postage.values(postage.amounts(settled, bought, PARAMETERS, SHOP), settled, bought, PARAMETERS, SHOP)
    if refund is not None:
        assert sums["refund"] == refund


@pytest.mark.parametrize("changes", [{"delivery": "appointment"}, {"cross_border": True}])
def test_furniture_and_parcels_abroad_are_not_fetched_by_a_courier(changes: dict[str, object]) -> None:
    bought = replace(order(freight="0"), return_cover="prepaid_pickup", **changes)  # type: ignore[arg-type]
    said = {"reason": "buyer_reason", "remedy": "return_refund"}
    found = decide("postage", postage.facts(bought, said, PARAMETERS, SHOP, NOW), PARAMETERS)
    assert not return_cover.by_pick_up(postage.settled(found, bought, PARAMETERS, SHOP).then)


# Where a parcel lies
@pytest.mark.parametrize(
    ("text", "where", "code"),
    [
        ("已放入丰巢快递柜，取件码 4821-37，请及时取件", "locker", "4821-37"),
        ("已到达菜鸟驿站（江南路店），取件码：12-6-3307", "station", "12-6-3307"),
        ("快件已放在家门口", "door", None),
        ("已签收，签收人：门卫代收", "person", None),
        ("已签收，签收人：本人", "self", None),
        ("运输中", "unknown", None),
    ],
)
def test_the_newest_scan_says_where_it_lies(text: str, where: str, code: str | None) -> None:
    lying = demo.order(9, scans=(Scan(demo.NOW - timedelta(hours=3), "武汉", text),))
    place = not_received.place(lying)
    assert (place.where, place.code) == (where, code)
    assert code is None or code not in str(place.what)
    assert code is None or not_received.facts(lying, "first", identity="proved")["code"] == "no"


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("柜子是空的", "absent"),
        ("不想去驿站拿，送上门吧", "home"),
        ("谁签收的啊", "first"),
        ("取件码多少", "status"),
        ("找到了，在门卫那", "found"),
        ("到哪了", None),
        ("上面写已经收到，可我没收到", "first"),
        ("那个包裹找到了吗", None),
        ("快递什么时候送到家", None),
        ("我还没拿到了呢", "first"),
    ],
)
def test_words_tell_what_is_wanted_of_it(text: str, step: str | None) -> None:
    assert not_received.step_of(text) == step


# An address in words
@pytest.mark.parametrize(
    ("text", "given", "spoken"),
    [
        ("改成江苏省苏州市姑苏区人民路12号3幢502 王先生 13912345678", True, "江苏省苏州市姑苏区****"),
        ("换到上海浦东张江路500弄", True, "上海****"),
        ("收货电话改成13800001234", True, "138****1234"),
        ("正在派送，能改送到北京市海淀区中关村大街1号吗", True, "北京市海淀区****"),
        ("地址写错了", False, None),
        ("寄到公司吧", False, None),
    ],
)
def test_an_address_is_found_and_only_its_district_said(text: str, given: bool, spoken: str | None) -> None:
    assert addresses.given(text) is given
    assert addresses.spoken(text) == spoken
    kept = addresses.masked(text)
    assert not any(part in kept for part in ("人民路", "12号", "502", "13912345678", "张江路", "500弄", "00001234"))


# A day and a slot
@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("明天上午", "09:00-12:00"),
        ("下午两点", "12:00-15:00"),
        ("晚上", "15:00-18:00"),
        ("都行", "09:00-12:00"),
        ("明天", None),
        ("夜里3点", None),
    ],
)
def test_a_part_of_the_day_is_a_slot(text: str, slot: str | None) -> None:
    assert pick_up.slot_in(text, PARAMETERS) == slot


def test_only_the_next_days_can_be_booked() -> None:
    today = date(2026, 11, 22)
    assert pick_up.usable_day("2026-11-23", PARAMETERS, NOW) == date(2026, 11, 23)
    assert pick_up.usable_day(today.isoformat(), PARAMETERS, NOW) is None
    assert pick_up.usable_day("2026-12-20", PARAMETERS, NOW) is None
    assert pick_up.usable_day("soon", PARAMETERS, NOW) is None
    assert pick_up.parts(pick_up.detail(date(2026, 11, 23), "09:00-12:00")) == (date(2026, 11, 23), "09:00-12:00")


# One parcel
def test_the_dearest_postage_stays_and_the_others_come_back() -> None:
    first, second = demo.order(1, address_id="a"), demo.order(2, address_id="a")
    assert combine.second_postage([first, second]) == Decimal(8)
    assert combine.second_postage([first]) == Decimal(0)
    known = combine.facts([first, second], identity="signed")
    assert (known["address"], known["postage"], known["unsent"]) == ("same", "twice", "several")
    assert combine.facts([first, demo.order(2)], identity="signed")["address"] == "unknown"
    assert combine.facts([first, demo.order(2, address_id="b")], identity="signed")["address"] == "different"
    assert combine.facts([first, demo.order(4)], identity="signed")["sent"] == "yes"
