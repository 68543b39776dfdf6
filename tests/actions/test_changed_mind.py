"""A return that changes while it is talked about: kept after all, another remedy, refused at the door, photos, what is said once."""

from __future__ import annotations

from typing import Any

import pytest

from actions.after_sale import ActionAnswerPhotos, ActionTellPostage, ActionTellReturnPolicy, ActionTellWarranty
from actions.changed_mind import declines_offers, takes
from actions.context import Context
from actions.logistics import ActionAdviseSigning, ActionTrackParcel
from actions.returns import AskReturnRemedy, ValidateReturnForm
from actions.settle_return import ActionSettleReturn
from actions.tickets import ActionTellReturnProgress
from actions.turn import Turn
from tests.actions.support import bot, changed, handed_over, next_action, rows, run, said, turn
from tests.actions.test_returns import DRESS, LATE_COAT, SHIRT

PILLOW, QUILT_SET, LAMP = "880000000008", "880000000011", "880000000013"
EXCHANGED = {"order_id": DRESS, "reason": "buyer_reason", "remedy": "exchange", "row": "pr_b_ex_01", "ticket": None}
REFUSED = {"order_id": PILLOW, "reason": "courier_damage", "remedy": "refuse_delivery", "row": "pr_d_01", "ticket": None}


async def read(intent: str, text: str, entities: dict[str, Any] | None = None, slots: dict[str, Any] | None = None, **more: Any) -> Any:
    """Slots after the return form has read one message."""
    events, _ = await run(ValidateReturnForm(), turn(intent, entities, slots, text=text, **more))
    return changed(events)


# What is said once a talk


async def test_settled_anew_the_address_and_the_photos_are_not_said_again(world: Context) -> None:
    slots = {"order_id": SHIRT, "reason": "wrong_item", "remedy": "exchange"}
    events, first = await run(ActionSettleReturn(), turn("request_exchange", slots=slots, talk="anew"))
    assert {"utter_returns_ask_photos_wrong", "utter_returns_address"} <= set(said(first))
    known = {**slots, "remedy": "return_refund", "told_once": changed(events)["told_once"], "after_return": changed(events)["after_return"]}
    _, second = await run(ActionSettleReturn(), turn("request_return", slots=known, talk="anew"))
    assert "utter_returns_address_same" in said(second)
    assert not {"utter_returns_ask_photos_wrong", "utter_returns_address"} & set(said(second))


# Kept after all


@pytest.mark.parametrize("text", ["不退了，凑合用吧", "麻烦，留着自己用了", "那我不换了"])
async def test_goods_that_are_kept_for_nothing_end_the_return_kindly(world: Context, text: str) -> None:
    slots = await read("request_return", text, slots={"after_return": EXCHANGED, "order_id": DRESS})
    assert slots["requested_slot"] is None
    _, messages = await run(ActionSettleReturn(), turn("request_return", slots={"after_return": EXCHANGED, "order_id": DRESS}, text=text))
    assert said(messages) == ["utter_returns_left"]


async def test_in_the_middle_of_the_questions_it_ends_as_well(world: Context) -> None:
    known = {"order_id": DRESS, "requested_slot": "reason", "remedy": "return_refund"}
    slots = await read("nlu_fallback", "不退了", {"option": "compensation"}, known, loop="return_form")
    assert slots["requested_slot"] is None


@pytest.mark.parametrize(("text", "remedy"), [("不换了，退吧", "return_refund"), ("懒得退，便宜点", "comp_no_return")])
async def test_another_way_or_some_money_is_no_end(world: Context, text: str, remedy: str) -> None:
    known = {"order_id": DRESS, "reason": "quality", "severity": "minor"}
    slots = await read("request_return", text, {"remedy": remedy} if remedy == "return_refund" else {}, known)
    assert slots["remedy"] == remedy


# Another size, another remedy


async def test_an_exchange_for_another_size_needs_no_reason(world: Context) -> None:
    slots = await read("request_exchange", "T恤给我换小一号的", {"order_number": SHIRT, "remedy": "exchange"})
    assert (slots["reason"], slots["requested_slot"]) == ("buyer_reason", None)


@pytest.mark.parametrize(
    ("text", "goes_on"), [("邮费这么贵，还是退了吧，退几块", True), ("如果直接退，退几块", False), ("退的话运费谁付", False)]
)
async def test_a_remedy_chosen_beside_the_question_for_money_is_taken_up(world: Context, text: str, goes_on: bool) -> None:
    asks = turn("ask_postage_payer", {"remedy": "return_refund"}, {"order_id": DRESS, "after_return": EXCHANGED}, text=text)
    events, messages = await run(ActionTellPostage(), asks)
    assert (next_action(events) == "return_form") is goes_on
    assert said(messages) == ([] if goes_on else ["utter_returns_postage_refund"])
    if goes_on:
        assert changed(events)["reason"] == "buyer_reason"


# A question whether an own order can be returned


async def test_whether_an_own_order_goes_back_is_answered_and_the_reason_asked_for(world: Context) -> None:
    asks = turn("ask_return_policy", {"product": "p2001", "remedy": "return_refund"}, customer="c06", text="四件套还可以退货不")
    events, messages = await run(ActionTellReturnPolicy(), asks)
    assert said(messages) == ["utter_returns_policy"]
    assert next_action(events) == "return_form"
    assert changed(events)["order_id"] == QUILT_SET


async def test_with_the_reason_it_is_answered_in_yuan_and_nothing_is_registered(world: Context) -> None:
    told = {"remedy": "return_refund", "reason": "buyer_reason"}
    asks = turn("ask_return_policy", told, {"order_id": QUILT_SET}, customer="c06", text="尺寸不合适，可以退货不")
    events, messages = await run(ActionTellReturnPolicy(), asks)
    assert said(messages) == ["utter_returns_postage_refund"]
    assert changed(events)["after_return"]["remedy"] == "return_refund"
    assert "ticket_id" not in changed(events)


async def test_too_late_for_it_the_specialist_is_asked_at_once(world: Context) -> None:
    told = {"remedy": "return_refund", "reason": "buyer_reason"}
    asks = turn("ask_return_policy", told, {"order_id": LATE_COAT}, customer="c06", text="不喜欢，可以退货不")
    events, _ = await run(ActionTellReturnPolicy(), asks)
    assert next_action(events) == "return_form"
    known = {"order_id": LATE_COAT, "reason": "buyer_reason", "remedy": "return_refund"}
    _, messages = await run(ActionSettleReturn(), turn("request_return", slots=known, customer="c06"))
    assert rows(messages) == ["pr_b_rr_04"]
    assert handed_over(messages)


async def test_for_goods_that_are_only_looked_at_it_stays_the_rule(world: Context) -> None:
    asks = turn("ask_return_policy", {"product": "p1001", "remedy": "return_refund"}, text="可以退货不", product_id="p1001")
    events, messages = await run(ActionTellReturnPolicy(), asks)
    assert (said(messages), next_action(events)) == (["utter_returns_policy"], "action_listen")


# Refused at the door


async def test_a_parcel_damaged_at_the_door_is_refused_not_repaired(world: Context) -> None:
    slots = await read("report_courier_damage", "盒子烂了一个角", {"order_number": PILLOW, "reason": "courier_damage"}, customer="c04")
    assert (slots["remedy"], slots["requested_slot"]) == ("refuse_delivery", None)


async def test_sign_or_not_is_answered_by_what_was_settled(world: Context) -> None:
    known = {"order_id": PILLOW, "after_return": REFUSED}
    _, messages = await run(ActionAdviseSigning(), turn("sign_for_question", slots=known, customer="c04"))
    assert said(messages) == ["utter_returns_refuse_now"]


async def test_refused_and_another_one_wanted_goes_to_the_same_ticket(world: Context) -> None:
    known = {"order_id": PILLOW, "after_return": REFUSED}
    events, messages = await run(ActionTrackParcel(), turn("reship_parcel", slots=known, customer="c04", text="再给我寄一个"))
    assert (said(messages), next_action(events)) == ([], "return_form")
    slots = {**known, "reason": "courier_damage", "remedy": "refuse_delivery"}
    _, messages = await run(ActionSettleReturn(), turn("reship_parcel", slots=slots, customer="c04", text="再给我寄一个"))
    assert (said(messages), rows(messages)) == (["utter_returns_refusal_noted"], ["pr_d_01"])


async def test_the_way_back_of_a_refused_parcel_costs_the_shopper_nothing(world: Context) -> None:
    known = {"order_id": PILLOW, "after_return": REFUSED}
    _, messages = await run(ActionTellPostage(), turn("ask_postage_payer", slots=known, customer="c04", text="退回去的运费算谁的"))
    assert said(messages) == ["utter_returns_postage_refused"]


# Photos


@pytest.mark.parametrize(
    ("text", "response"), [("周末再拍给你", "utter_returns_photos_later"), ("盒子扔了，拍不到", "utter_returns_photos_not_needed")]
)
async def test_a_photo_that_is_late_or_missing_holds_nothing_up(text: str, response: str) -> None:
    events, messages = await run(ActionAnswerPhotos(), turn("about_photos", slots={"open_question": "return_tracking"}, text=text))
    assert said(messages) == [response]
    assert changed(events).get("open_question", "return_tracking") == "return_tracking"


# The offers for kept goods


@pytest.mark.parametrize(("text", "refused"), [("优惠券不要，差价也不要", True), ("不要优惠券，退差价吧", False), ("退差价", False)])
async def test_offers_named_to_be_refused_are_not_taken(text: str, refused: bool) -> None:
    talk = turn("request_compensation", text=text)
    assert declines_offers(Turn(None, talk, None)) is refused  # type: ignore[arg-type]
    slots = await read("request_compensation", text, {"remedy": "comp_no_return"}, {"order_id": DRESS, "reason": "description_mismatch"})
    assert (slots["requested_slot"] == "remedy") is refused


def test_a_refused_word_is_not_taken() -> None:
    assert takes("给我差价", "差价")
    assert not takes("不要差价", "差价")


async def test_the_remedy_is_asked_for_in_other_words_the_second_time(world: Context) -> None:
    slots = {"order_id": DRESS, "reason": "description_mismatch", "told_once": ["photos"]}
    first = await run(AskReturnRemedy(), turn("report_mismatch", slots=slots))
    again = await run(AskReturnRemedy(), turn("report_mismatch", slots=slots, memory=[bot("dm_08")]))
    declined = await run(AskReturnRemedy(), turn("deny", slots=slots, text="券不要，差价也不要"))
    assert len({tuple(said(messages)) for _, messages in (first, again, declined)}) == 3


# The talk's own matter


async def test_the_ticket_of_this_talk_wins_over_those_of_others(world: Context) -> None:
    for talk, order in (("earlier", SHIRT), ("now", DRESS)):
        known = {"order_id": order, "reason": "buyer_reason", "remedy": "return_refund"}
        await run(ActionSettleReturn(), turn("request_return", slots=known, talk=talk))
    _, messages = await run(ActionTellReturnProgress(), turn("ask_return_progress", talk="now"))
    assert said(messages) != ["utter_tickets_which"]
    _, messages = await run(ActionTellReturnProgress(), turn("ask_return_progress", talk="a third one"))
    assert said(messages) == ["utter_tickets_which"]


async def test_the_fault_tells_which_order_is_meant(world: Context) -> None:
    slots = await read("report_quality", "用着用着不通电了", {"reason": "quality"}, customer="c07")
    assert slots["order_id"] == LAMP


# Supposed, asked, not wished


async def test_another_way_that_is_only_supposed_changes_nothing_of_the_return(world: Context) -> None:
    known = {"order_id": SHIRT, "reason": "wrong_item", "remedy": "return_refund"}
    events, _ = await run(ActionSettleReturn(), turn("request_return", slots=known, talk="supposing"))
    settled = changed(events)["after_return"]
    supposed = {"order_id": SHIRT, "reason": "wrong_item", "remedy": "exchange", "after_return": settled}
    events, messages = await run(ActionSettleReturn(), turn("request_exchange", slots=supposed, talk="supposing", text="假如换一件呢"))
    assert not {"ticket_id", "after_return"} & set(changed(events))
    assert all(name.startswith("utter_returns_postage") for name in said(messages))


async def test_a_question_for_the_warranty_wishes_no_repair(world: Context) -> None:
    known = {"order_id": LAMP, "reason": "quality"}
    asks = turn("ask_warranty", {"remedy": "repair_return"}, known, customer="c07", text="还在保修期里么")
    events, messages = await run(ActionTellWarranty(), asks)
    assert said(messages)
    assert changed(events)["remedy"] is None


async def test_another_piece_wanted_in_the_middle_of_a_fault_is_the_remedy(world: Context) -> None:
    known = {"order_id": LAMP, "reason": "quality", "severity": "severe", "requested_slot": "remedy"}
    slots = await read("reship_parcel", "再寄一台新的来吧", {}, known, customer="c07", loop="return_form")
    assert slots["remedy"] == "reship"
