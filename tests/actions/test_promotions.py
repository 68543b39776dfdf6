"""Promotions and sums as a shopper hears them, at clocks where they are in force and where they are not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from rasa_sdk import Tracker

from actions import context
from actions.bargaining import ActionTellFreePostage, ActionTellOffers
from actions.context import Context
from actions.products import ActionTellPrice
from shop.clock import Clock
from tests.actions.support import changed, rows, run, said, turn

EVERYDAY = "2026-11-18T12:00:00"
ELEVEN = "2026-11-05T12:00:00"
NIGHT = "2026-11-10T21:00:00"
PILLOW = "2026-11-22T12:00:00"
PRESALE = "2026-11-30T12:00:00"
TWELVE = "2026-12-11T12:00:00"
SPRING = "2027-01-20T12:00:00"

# Spoken names and counts of these tests, as engine/nlu finds them (engine/tests/test_quantities.py).
WORDS: list[tuple[str, str, Any]] = [
    ("T恤", "product", "p1002"), ("牛仔裤", "product", "p1003"), ("裙子", "product", "p1001"), ("枕芯", "product", "p2002"),
    ("四件套", "product", "p2001"), ("蚕丝被", "product", "p2003"), ("大衣", "product", "p1004"), ("台灯", "product", "p4001"),
    ("沙发", "product", "p3001"), ("一件", "quantity", 1), ("一条", "quantity", 1), ("两件", "quantity", 2), ("两条", "quantity", 2),
    ("两个", "quantity", 2), ("三件", "quantity", 3), ("三个", "quantity", 3),
    ("两套", "quantity", 2), ("两床", "quantity", 2), ("一对", "quantity", 2),
]  # fmt: skip


def heard(text: str, intent: str = "ask_price", slots: Mapping[str, Any] | None = None, product_id: str | None = None) -> Tracker:
    """A message with the names and counts that stand in it, at their places."""
    found = [
        {"entity": entity, "value": value, "start": at, "end": at + len(word)}
        for word, entity, value in WORDS
        for at in range(len(text))
        if text.startswith(word, at) and not (word == "两件" and text.startswith("两件套", at))
    ]
    tracker = turn(intent, {}, slots, None, text, product_id=product_id)
    tracker.latest_message["entities"] = found
    return tracker


@pytest.fixture
def at(world: Context) -> Any:
    """Sets the clock of this test to a time in Shanghai."""

    def set_clock(text: str) -> None:
        context.use(Context(world.engine, Clock(fixed=datetime.fromisoformat(f"{text}+08:00"))))

    return set_clock


async def priced(text: str, **options: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return await run(ActionTellPrice(), heard(text, **options))


async def offered(text: str, **options: Any) -> list[dict[str, Any]]:
    return (await run(ActionTellOffers(), heard(text, "ask_discount", **options)))[1]


@pytest.mark.parametrize(
    ("clock", "text", "page", "row", "paid", "lines"),
    [
        (
            EVERYDAY,
            "两件多少",
            "p1001",
            "pn_05",
            "326",
            ["碎花雪纺连衣裙：168元×2＝336元", "优惠券「满199减10」：-10元", "邮费：0元（满199元包邮）"],
        ),
        (
            EVERYDAY,
            "T恤加牛仔裤到手价",
            None,
            "pn_05",
            "201",
            ["纯棉圆领T恤：59元", "高腰直筒牛仔裤：139元", "优惠券「新客立减5元」：-5元", "邮费：8元"],
        ),
        (EVERYDAY, "一共多少", "p1002", "pn_06", "67", ["纯棉圆领T恤：59元", "邮费：8元"]),
        (EVERYDAY, "T恤两件，牛仔裤一条，枕芯三个", None, "pn_05", "307", ["59元×2＝118元", "高腰直筒牛仔裤：139元", "20元×3＝60元"]),
        (EVERYDAY, "两件T恤三个枕芯加一条牛仔裤", None, "pn_05", "307", ["59元×2＝118元", "20元×3＝60元", "高腰直筒牛仔裤：139元"]),
        (EVERYDAY, "T恤和牛仔裤各两件", None, "pn_05", "386", ["59元×2＝118元", "139元×2＝278元"]),
        (ELEVEN, "两套四件套一共多少", None, "pn_05", "458", ["双11满减：-50元", "优惠券「满199减10」：-10元", "赠品：香薰小样×1"]),
        (NIGHT, "裙子到手价", None, "pn_05", "152", ["双11限时价：-19元", "新客立减5元", "邮费：8元"]),
        (PILLOW, "两个枕芯多少钱", None, "pn_05", "38", ["20元×2＝40元", "枕芯第二件半价：-10元", "邮费：8元"]),
        (TWELVE, "四件套加裙子一共", None, "pn_05", "387", ["双12每满300减40：-40元", "邮费：0元"]),
        (SPRING, "两件T恤加四件套", None, "pn_05", "352", ["年货节满减：-15元", "优惠券「满199减10」：-10元", "赠品：收纳袋×1"]),
        (PRESALE, "两床蚕丝被多少钱", None, "pn_02", "1208", ["桑蚕丝被×2（蚕丝被暖冬预售）：定金200元，可抵300元，尾款1008元"]),
        (
            PRESALE,
            "蚕丝被加两个枕芯一共",
            None,
            "pn_03",
            "637",
            ["枕芯第二件半价：-10元", "桑蚕丝被×1（蚕丝被暖冬预售）：定金100元，可抵150元，尾款499元"],
        ),
    ],
)
async def test_a_sum_is_told_line_by_line(at: Any, clock: str, text: str, page: str | None, row: str, paid: str, lines: list[str]) -> None:
    at(clock)
    _, messages = await priced(text, product_id=page)
    assert rows(messages)[0] == row
    assert messages[0]["paid"] == paid
    # Prices that the shop's system has not confirmed for days are told with their time.
    assert ("utter_products_price_as_of" in said(messages)) is (clock > EVERYDAY)
    for line in lines:
        assert line in messages[0]["lines"]


async def test_the_everyday_sum_of_the_pillow_is_the_list_price(at: Any) -> None:
    at(EVERYDAY)
    _, messages = await priced("两个枕芯多少钱")
    assert (rows(messages), messages[0]["paid"]) == (["pn_06"], "48")
    assert "半价" not in messages[0]["lines"]


async def test_a_presale_is_paid_in_two_parts_with_their_dates(at: Any) -> None:
    at(PRESALE)
    _, messages = await priced("蚕丝被加两个枕芯一共")
    told = messages[0]
    assert (told["amount_now"], told["deposit"], told["balance"]) == ("138", "100", "499")
    assert (told["balance_from"], told["balance_to"]) == ("12月5日20:00", "12月8日（周二）")


async def test_far_places_leave_the_postage_open(at: Any) -> None:
    at(EVERYDAY)
    _, messages = await priced("两件T恤发新疆一共多少")
    assert rows(messages) == ["pn_04"]
    assert "邮费" not in messages[0]["lines"]
    assert messages[0]["paid"] == "118"


async def test_more_goods_than_are_worked_out_are_not_guessed(at: Any) -> None:
    at(ELEVEN)
    _, messages = await priced("T恤牛仔裤裙子枕芯一共多少")
    assert (rows(messages), messages[0]["price"]) == (["pn_01"], "386")
    assert messages[0]["buttons"][0]["payload"] == "/request_human"


async def test_goods_are_added_to_the_sum_told_last(at: Any) -> None:
    at(EVERYDAY)
    events, _ = await priced("T恤加牛仔裤到手价")
    kept = {"tally": changed(events)["tally"], "product_id": "p1003"}
    events, messages = await priced("再加一件裙子呢", slots=kept)
    assert messages[0]["paid"] == "356"  # 198 + 168 = 366, a coupon of 10, free of postage
    _, messages = await priced("那一共多少钱", slots={"tally": changed(events)["tally"], "product_id": "p1001"})
    assert messages[0]["paid"] == "356"
    _, messages = await priced("再来两件", slots=kept)  # of what was named last
    assert "139元×3＝417元" in messages[0]["lines"]
    _, messages = await priced("加上邮费一共多少", slots=kept)  # nothing more: the same once again
    assert messages[0]["paid"] == "201"
    _, messages = await priced("裙子加上枕芯一共多少", slots=kept)  # a basket of its own
    assert messages[0]["paid"] == "191"  # 188 - 5 + 8


async def test_goods_out_of_stock_in_a_sum_are_named(at: Any) -> None:
    at(EVERYDAY)
    _, messages = await priced("T恤加牛仔裤到手价")
    assert "utter_promotions_out_of_stock" not in said(messages)


async def test_a_plain_price_stays_a_plain_price(at: Any) -> None:
    at(EVERYDAY)
    for page in ("p1001", "p2002", "p2003"):
        _, messages = await priced("这个多少钱", product_id=page)
        assert said(messages) == ["utter_products_price"]
    _, messages = await priced("四件套多少钱")
    assert (said(messages), messages[0]["price"]) == (["utter_products_price"], "259")


@pytest.mark.parametrize(
    ("clock", "page", "row", "rule"),
    [
        (NIGHT, "p1001", "pn_09", "每件149元，每单限2件"),
        (PRESALE, "p2003", "pn_07", "预售价659元，定金100元可抵150元，每单限2件"),
    ],
)
async def test_a_price_that_a_promotion_changes_is_told_with_its_end(at: Any, clock: str, page: str, row: str, rule: str) -> None:
    at(clock)
    _, messages = await priced("多少钱", product_id=page)
    assert (rows(messages)[0], messages[0]["promotion_rule"]) == (row, rule)  # stock that is old by then is told after it
    assert messages[0]["until"]


async def test_free_postage_of_several_goods_is_told_by_their_sum(at: Any) -> None:
    at(EVERYDAY)
    _, messages = await run(ActionTellFreePostage(), heard("T恤加牛仔裤包邮吗", "ask_free_shipping"))
    assert "邮费：8元" in messages[0]["lines"]


# Rules


@pytest.mark.parametrize(
    ("clock", "text", "page", "row", "values"),
    [
        (PILLOW, "第二件半价怎么算", "p2002", "pn_13", {"promotion": "枕芯第二件半价", "until": "12月5日（周六）"}),
        (PILLOW, "第二件半价怎么算", None, "pn_13", {"promotion_rule": "第二件半价，每单最多2件享受"}),
        (PILLOW, "第二件半价吗", "p1001", "pn_11", {"goods": "决明子枕芯", "product": "碎花雪纺连衣裙"}),
        (EVERYDAY, "第二件半价吗", None, "pn_16", {"kind_word": "第二件半价"}),
        (ELEVEN, "满减怎么减", "p1001", "pn_13", {"promotion_rule": "满200元减20元，满400元减50元，满1000元减150元"}),
        (ELEVEN, "双十一满减怎么算", None, "pn_13", {"goods": "全店商品，已打折的除外", "until": "11月11日（周三）"}),
        (EVERYDAY, "双11还有活动吗", None, "pn_15", {"promotion": "双11满减", "until": "11月11日（周三）"}),
        ("2026-10-25T12:00:00", "双十一有活动吗", None, "pn_14", {"begins": "11月1日（周日）", "until": "11月11日（周三）"}),
        ("2026-12-07T12:00:00", "下次活动什么时候", None, "pn_14", {"promotion_rule": "每满300元减40元，最多减3次"}),
        (EVERYDAY, "下次活动什么时候", None, "pn_18", {}),
        (ELEVEN, "有什么活动", None, "pn_17", {"lines": "「双11满赠」满300元送香薰小样一份（全店商品，已打折的除外），到11月11日（周三）\n"
                                            "「双11满减」满200元减20元，满400元减50元，满1000元减150元（全店商品，已打折的除外），"
                                            "到11月11日（周三）"}),
    ],
)  # fmt: skip
async def test_a_promotion_is_told_from_its_data(
    at: Any, clock: str, text: str, page: str | None, row: str, values: dict[str, str]
) -> None:
    at(clock)
    messages = await offered(text, product_id=page)
    assert rows(messages)[0] == row
    assert {name: messages[0].get(name) for name in values} == values


async def test_how_the_second_piece_is_reckoned_is_shown_with_two(at: Any) -> None:
    at(PILLOW)
    messages = await offered("第二件半价怎么算")
    assert said(messages) == ["utter_promotions_rule_active", "utter_promotions_example"]
    assert (messages[1]["quantity"], messages[1]["paid"]) == ("2", "38")


async def test_what_is_not_announced_is_not_mentioned(at: Any) -> None:
    at(EVERYDAY)
    for text in ("双十二有活动吗", "年货节有活动吗", "春节打折吗", "有预售吗", "有什么活动", "下次活动什么时候"):
        messages = await offered(text, product_id="p1001")
        spoken = json.dumps(messages, ensure_ascii=False)
        assert not [name for name in ("双12", "年货节", "暖冬", "659", "收纳袋一份") if name in spoken], text


async def test_lowered_goods_that_a_promotion_reaches_are_not_said_to_have_no_offer(at: Any) -> None:
    at(SPRING)
    messages = await offered("有什么优惠", product_id="p1002")
    assert rows(messages) == ["pn_17"]
    at(ELEVEN)
    assert rows(await offered("有什么优惠", product_id="p1002")) == ["bg_z_03"]
    assert rows(await offered("有什么优惠", product_id="p1001")) == ["pn_17", "bg_03"]


@pytest.mark.parametrize(
    ("clock", "text", "page", "row"),
    [
        (ELEVEN, "满减能和券一起用吗", None, "pn_22"),
        (TWELVE, "满减能和券一起用吗", None, "pn_23"),
        (EVERYDAY, "满减能和券一起用吗", None, "pn_26"),
        ("2026-11-11T12:00:00", "限时价和满减能叠加吗", "p4001", "pn_25"),
        (NIGHT, "限时价和满减能叠加吗", "p1001", "pn_24"),
        (ELEVEN, "这些活动能叠加吗", None, "pn_26"),
        (ELEVEN, "两张券可以叠加不", None, "pn_21"),
        (EVERYDAY, "两张券能一起用么", "p1001", "pn_21"),
    ],
)
async def test_what_may_be_used_together(at: Any, clock: str, text: str, page: str | None, row: str) -> None:
    at(clock)
    assert rows(await offered(text, product_id=page)) == [row]


@pytest.mark.parametrize(
    ("clock", "row", "values"),
    [
        ("2026-11-26T12:00:00", "pn_31", {"begins": "11月27日（周五）", "until": "12月3日（周四）", "balance_from": "12月5日20:00"}),
        (PRESALE, "pn_32", {"until": "12月3日（周四）", "balance": "509", "balance_from": "12月5日20:00", "balance_to": "12月8日（周二）"}),
        ("2026-12-04T12:00:00", "pn_33", {"balance_from": "明天20:00"}),
        ("2026-12-06T12:00:00", "pn_34", {"balance_to": "12月8日（周二）"}),
        ("2026-12-09T12:00:00", "pn_35", {"balance_to": "12月8日（周二）"}),
        (EVERYDAY, "pn_36", {}),
    ],
)
async def test_when_the_balance_is_due(at: Any, clock: str, row: str, values: dict[str, str]) -> None:
    at(clock)
    messages = await offered("定金什么时候付尾款")
    assert rows(messages) == [row]
    assert {name: messages[0].get(name) for name in values} == values


async def test_a_presale_says_when_it_is_sent(at: Any) -> None:
    at(PRESALE)
    messages = await offered("付了定金啥时候发货", product_id="p2003")
    assert messages[1]["ship_by"] == "12月15日（周二）"


@pytest.mark.parametrize(
    ("clock", "page", "row", "values"),
    [
        (ELEVEN, "p2001", "pn_43", {"gap": "61"}),  # 259 - 20 = 239
        (ELEVEN, "p2003", "pn_42", {"promotion_rule": "满300元送香薰小样一份"}),
        (ELEVEN, "p1002", "pn_41", {"goods": "全店商品，已打折的除外"}),
        (ELEVEN, None, "pn_13", {"promotion": "双11满赠"}),
        (EVERYDAY, "p1001", "bg_05_a", {"gift": "收纳袋"}),
    ],
)
async def test_which_present_there_is(at: Any, clock: str, page: str | None, row: str, values: dict[str, str]) -> None:
    at(clock)
    messages = await offered("送什么赠品", product_id=page)
    assert rows(messages)[0] == row
    assert {name: messages[0].get(name) for name in values} == values


async def test_a_price_and_a_present_without_an_end_name_none(at: Any, world: Context) -> None:
    from shop.db import writing
    from shop.models import PromotionRow

    with writing(world.engine) as session:
        for key in ("d11-dress", "d11-steps", "d11-gift"):
            row = session.get_one(PromotionRow, ("demo", key))
            row.valid_from = row.valid_to = None
    at("2026-10-01T12:00:00")
    _, messages = await priced("多少钱", product_id="p1001")
    assert rows(messages) == ["pn_08"]
    assert rows(await offered("满减怎么减", product_id="p1001"))[0] == "pn_12"
    assert rows(await offered("送什么赠品", product_id="p2003"))[0] == "pn_42"
    assert "，到" not in (await offered("有什么活动"))[0]["lines"]


FLOORS = ("149", "125", "1180", "239", "649", "2480", "1760", "119")


@pytest.mark.parametrize("clock", [EVERYDAY, ELEVEN, PILLOW, PRESALE, TWELVE, SPRING])
async def test_no_floor_price_is_in_what_is_said(at: Any, clock: str) -> None:
    at(clock)
    for text in ("两件裙子多少钱", "四件套到手价", "大衣一共多少", "沙发到手多少", "台灯含邮费多少", "牛仔裤到手价"):
        _, messages = await priced(text)
        numbers = set("".join(c if c.isdigit() else " " for c in json.dumps(messages, ensure_ascii=False)).split())
        assert not numbers & set(FLOORS), text
