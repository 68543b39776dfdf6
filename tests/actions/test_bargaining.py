"""Bargaining (flow F7): a present, then a coupon, then no more; the page's price and nothing under it, in whatever words it is asked."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from actions.bargaining import (
    ActionAcceptOffer,
    ActionAnswerBargainReason,
    ActionBargain,
    ActionDeclineOffer,
    ActionTellFreePostage,
    ActionTellOffers,
)
from actions.context import Context
from actions.goods import quantity
from shop.concessions import Concessions
from tests.actions.support import bot, changed, rows, run, said, turn

FLOORS = {"p1001": "149", "p1003": "125", "p1004": "1180", "p2001": "239", "p2003": "649"}


async def haggle(times: int, product: str, customer: str | None, talk: str, text: str = "再便宜点") -> list[list[dict[str, Any]]]:
    """So many wishes for a lower price, one after the other; the messages of each."""
    slots: dict[str, Any] = {"product_id": product}
    memory: list[dict[str, Any]] = []
    answers = []
    for _ in range(times):
        events, messages = await run(ActionBargain(), turn("bargain", {}, slots, customer, text, talk=talk, memory=memory))
        slots |= changed(events)
        memory += [bot(message.get("row"), table=message.get("table"), utter_action=message["response"]) for message in messages]
        answers.append(messages)
    return answers


@pytest.mark.parametrize("product", ["p1001", "p1003", "p1004", "p2001"])
async def test_ten_wishes_give_a_present_then_a_coupon_then_nothing(world: Context, product: str) -> None:
    answers = await haggle(10, product, "c01", "ten")
    assert [rows(messages)[0] for messages in answers[:4]] == ["bg_01", "bg_05", "bg_06", "bg_07"]
    assert {row for messages in answers[4:] for row in rows(messages)} == {"bg_09"}
    given = Concessions(world.engine, "demo", world.clock).given(customer_id="c01", conversation_id="ten", product_id=product)
    assert sorted(entry.partition(":")[0] for entry in given) == ["coupon", "gift"]


@pytest.mark.parametrize("product", ["p1001", "p1003"])
async def test_a_new_talk_of_the_same_shopper_starts_no_new_concessions(world: Context, product: str) -> None:
    await haggle(4, product, "c01", "first")
    answers = await haggle(10, product, "c01", "second")
    assert rows(answers[0]) == ["bg_07"]
    assert not {row for messages in answers for row in rows(messages)} & {"bg_05", "bg_06"}
    given = Concessions(world.engine, "demo", world.clock).given(customer_id="c01", conversation_id="x", product_id=product)
    assert len(given) == 2


@pytest.mark.parametrize("product", sorted(FLOORS))
async def test_the_floor_price_is_in_nothing_that_is_said(product: str) -> None:
    answers = await haggle(10, product, None, "floor")
    spoken = json.dumps(answers, ensure_ascii=False)
    assert FLOORS[product] not in spoken
    assert "floor" not in spoken


async def test_the_same_is_never_said_twice_running() -> None:
    answers = await haggle(10, "p1001", None, "twice")
    names = [tuple(said(messages)) for messages in answers]
    assert all(first != second for first, second in pairwise(names))


async def test_discounted_goods_are_not_discounted_again() -> None:
    answers = await haggle(6, "p1002", None, "sale")
    assert rows(answers[0]) == ["bg_02"]
    assert not any(row == "bg_06" for messages in answers for row in rows(messages))


async def test_wishes_are_counted_for_each_product() -> None:
    slots = {"product_id": "p1003", "tally": {"bargain": {"p1001": [3, 0]}}}
    _, messages = await run(ActionBargain(), turn("bargain", slots=slots, text="便宜点"))
    assert rows(messages) == ["bg_01"]


async def test_a_dry_run_gives_nothing(world: Context) -> None:
    slots = {"product_id": "p1001", "tally": {"bargain": {"p1001": [1, 0]}}}
    _, messages = await run(ActionBargain(), turn("bargain", slots=slots, talk="dry", text="便宜点", dry_run=True))
    assert rows(messages) == ["bg_05"]
    assert Concessions(world.engine, "demo", world.clock).given(customer_id="c05", conversation_id="dry", product_id="p1001") == []


@pytest.mark.parametrize(
    ("text", "entities", "row"),
    [
        ("100卖不卖", {"amount": 100.0}, "bg_08"),
        ("不便宜我就去别家了", {}, "bg_10"),
        ("老顾客了给个优惠", {}, "bg_z_05"),
        ("买50件能便宜吗", {}, "bg_04"),
        ("买49件能便宜吗", {}, "bg_01"),
    ],
)
async def test_each_kind_of_wish_has_its_answer(text: str, entities: dict[str, Any], row: str) -> None:
    _, messages = await run(ActionBargain(), turn("bargain", entities, text=text, customer=None, product_id="p1001"))
    assert rows(messages) == [row]


async def test_a_second_offer_is_a_wish_like_any_other() -> None:
    slots = {"product_id": "p1001", "tally": {"bargain": {"p1001": [1, 1]}}}
    _, messages = await run(ActionBargain(), turn("bargain", {"amount": 120.0}, slots, None, "120行不行"))
    assert rows(messages) == ["bg_05"]


async def test_an_ordered_unpaid_item_is_not_bargained_down() -> None:
    _, messages = await run(ActionBargain(), turn("bargain", customer="c09", text="便宜点", product_id="p1001"))
    assert rows(messages) == ["bg_17"]


async def test_furniture_is_bargained_for_with_what_its_price_is_made_of() -> None:
    _, messages = await run(ActionBargain(), turn("bargain", text="折扣还能再低吗", product_id="p3001"))
    assert (rows(messages), said(messages)) == (["bg_01_a"], ["utter_furniture_discount"])


async def test_discounted_furniture_is_not_discounted_again() -> None:
    _, messages = await run(ActionBargain(), turn("bargain", text="再打个折吧", product_id="p3003"))
    assert rows(messages) == ["bg_02"]


async def test_whoever_asks_for_a_present_has_one_and_the_coupon_beside_it(world: Context) -> None:
    _, messages = await run(ActionTellOffers(), turn("ask_discount", text="有赠品吗", talk="gift", product_id="p1001"))
    assert rows(messages) == ["bg_05_a", "bg_03"]
    given = Concessions(world.engine, "demo", world.clock).given(customer_id="c05", conversation_id="gift", product_id="p1001")
    assert given == ["gift:收纳袋"]


async def test_a_present_asked_for_twice_is_the_same_present(world: Context) -> None:
    for _ in range(2):
        _, messages = await run(ActionTellOffers(), turn("ask_discount", text="买了送什么", talk="twice", product_id="p2002"))
    assert rows(messages) == ["bg_z_07"]
    assert "收纳袋" in messages[-1]["options"]
    given = Concessions(world.engine, "demo", world.clock).given(customer_id="c05", conversation_id="twice", product_id="p2002")
    assert len(given) == 1


async def test_an_end_of_the_offers_that_is_not_set_is_not_made_up() -> None:
    _, messages = await run(ActionTellOffers(), turn("ask_discount", text="活动到几号", product_id="p1001"))
    assert said(messages) == ["utter_bargaining_retail_offer", "utter_bargaining_no_deadline"]


async def test_the_product_named_after_the_question_keeps_the_wish_and_its_number() -> None:
    before = [
        {"event": "user", "text": "买50件能便宜吗", "parse_data": {"intent": {"name": "bargain"}}, "timestamp": 0},
        bot(utter_action="utter_bargaining_which_product"),
    ]
    _, messages = await run(ActionBargain(), turn("nlu_fallback", {"product": "p1001"}, text="连衣裙", memory=before))
    assert rows(messages) == ["bg_04"]


@pytest.mark.parametrize(
    ("option", "response"), [("budget", "utter_bargaining_budget"), ("elsewhere", "utter_bargaining_objection_elsewhere")]
)
async def test_what_is_minded_is_answered(option: str, response: str) -> None:
    _, messages = await run(ActionAnswerBargainReason(), turn("choose_option", {"option": option}, {"product_id": "p1001"}))
    assert said(messages) == [response]


async def test_offers_as_the_reason_tells_the_offers() -> None:
    _, messages = await run(ActionAnswerBargainReason(), turn("choose_option", {"option": "offers"}, {"product_id": "p1001"}))
    assert rows(messages) == ["bg_03"]


@pytest.mark.parametrize(("product", "row"), [("p1001", "bg_03"), ("p1002", "bg_z_03"), ("p2002", "bg_z_04")])
async def test_the_offers_in_force_are_told_and_not_given(world: Context, product: str, row: str) -> None:
    _, messages = await run(ActionTellOffers(), turn("ask_discount", talk="offers", product_id=product))
    assert rows(messages) == [row]
    assert Concessions(world.engine, "demo", world.clock).given(customer_id="c05", conversation_id="offers", product_id=product) == []


@pytest.mark.parametrize(("product", "row", "gap"), [("p1001", "bg_16", "31"), ("p2001", "bg_z_01", None), ("p2002", "bg_16", "179")])
async def test_what_is_missing_for_free_postage_is_told(product: str, row: str, gap: str | None) -> None:
    _, messages = await run(ActionTellFreePostage(), turn("ask_free_shipping", product_id=product))
    assert rows(messages) == [row]
    assert messages[0].get("gap") == gap


@pytest.mark.parametrize("action", [ActionBargain, ActionTellOffers, ActionTellFreePostage, ActionAnswerBargainReason])
async def test_without_a_product_it_is_asked_which(action: type[ActionBargain]) -> None:
    _, messages = await run(action(), turn("bargain", text="便宜点"))
    assert said(messages) == ["utter_bargaining_which_product"]
    assert all(button["payload"].startswith("/bargain{") for button in messages[0]["buttons"])


async def test_an_accepted_offer_ends_the_bargaining() -> None:
    events, messages = await run(ActionAcceptOffer(), turn("affirm", slots={"product_id": "p1001", "open_question": "bargain_offer"}))
    assert said(messages) == ["utter_bargaining_accepted"]
    assert changed(events)["open_question"] is None


async def test_a_declined_offer_leaves_the_door_open() -> None:
    _, messages = await run(ActionDeclineOffer(), turn("deny", slots={"open_question": "bargain_offer"}))
    assert said(messages) == ["utter_bargaining_declined"]


@pytest.mark.parametrize(
    ("text", "pieces"), [("买50件", 50), ("来 3 套", 3), ("一件", 1), ("便宜50元", 1), ("0件", 1), ("要两件", 2), ("来三套", 3)]
)
def test_pieces_are_counted_and_money_is_not(text: str, pieces: int) -> None:
    assert quantity(text) == pieces
