"""The charts of F5, F6 and F14 as a shopper meets them: what is proposed, what an answer means, whose word a sum needs."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import text as sql

from actions.bargaining import ActionBargain
from actions.compensation import ActionSettleCompensation
from actions.context import Context
from actions.findings import ActionAnswerFinding, tell_finding
from actions.returns import AskReturnRemedy, ValidateReturnForm
from actions.reviews import ActionHearUnsatisfied
from actions.settle_return import ActionSettleReturn
from actions.smalltalk import ActionThankSuggestion
from actions.turn import Turn
from shop.tickets import Tickets
from tests.actions.support import bot, changed, handed_over, next_action, rows, run, said, turn

DRESS, SHIRT, COAT, LAMP, WARDROBE, QUILT = (
    "880000000009",
    "880000000010",
    "880000000012",
    "880000000013",
    "880000000022",
    "880000000014",
)


async def form(intent: str, entities: dict[str, Any] | None = None, slots: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Slots after the form has read one message."""
    events, _ = await run(ValidateReturnForm(), turn(intent, entities, slots, **more))
    return changed(events)


async def settle(order: str, customer: str = "c05", words: str = "", entities: dict[str, Any] | None = None, **slots: Any) -> Any:
    """Events and messages of a settled wish."""
    known = {"order_id": order, **slots}
    return await run(ActionSettleReturn(), turn("choose_option" if entities else "request_return", entities, known, customer, text=words))


async def answer(option: str, reason: str, order: str = DRESS, customer: str = "c05", **settled: Any) -> Any:
    """Events and messages of the shopper's word on an offer: affirm, deny, or an option."""
    slots = {"order_id": order, "open_question": "compensation", "after_return": {"order_id": order, "reason": reason, **settled}}
    intent = option if option in ("affirm", "deny") else "choose_option"
    return await run(ActionSettleCompensation(), turn(intent, {} if intent == option else {"option": option}, slots, customer))


def ticket_of(world: Context, events: Any) -> Any:
    """The ticket the events speak of."""
    found = Tickets(world.engine, "demo", world.clock).get(str(changed(events)["ticket_id"]))
    assert found is not None
    return found


# The proposal is the question


@pytest.mark.parametrize(
    ("slots", "customer", "response", "row"),
    [
        ({"order_id": DRESS, "reason": "quality", "severity": "severe"}, "c05", "utter_returns_propose_reship", "qp_04"),
        ({"order_id": DRESS, "reason": "quality", "severity": "minor"}, "c05", "utter_returns_propose_minor", "qp_03"),
        ({"order_id": WARDROBE, "reason": "quality", "severity": "severe"}, "c10", "utter_returns_propose_local_repair", "qp_05"),
        ({"order_id": QUILT, "reason": "quality", "severity": "severe"}, "c07", "utter_returns_propose_return_repair", "qp_06"),
        ({"order_id": COAT, "reason": "quality", "severity": "severe"}, "c06", "utter_returns_propose_late", "qp_08_open"),
        ({"order_id": DRESS, "reason": "description_mismatch"}, "c05", "utter_returns_ask_remedy_description_mismatch", "dm_08"),
        ({"order_id": DRESS, "reason": "wrong_item"}, "c05", "utter_returns_ask_remedy_wrong_item", "wi_02"),
        ({"order_id": DRESS, "reason": "missing_part"}, "c05", "utter_returns_ask_remedy_missing_part", "wi_06"),
    ],
)
async def test_an_open_wish_hears_the_charts_proposal_after_the_photos(
    slots: dict[str, str], customer: str, response: str, row: str
) -> None:
    events, messages = await run(AskReturnRemedy(), turn("report_quality", slots=slots, customer=customer))
    assert said(messages)[0].startswith("utter_returns_ask_photos")
    assert (said(messages)[-1], rows(messages)[-1]) == (response, row)
    assert next_action(events) == "action_listen"


async def test_photos_are_asked_for_once_and_thanked_for_when_they_are_there() -> None:
    slots = {"order_id": DRESS, "reason": "quality", "severity": "severe"}
    _, again = await run(AskReturnRemedy(), turn("report_quality", slots=slots, memory=[bot("qp_01")]))
    assert said(again) == ["utter_returns_propose_reship"]
    _, sent = await run(AskReturnRemedy(), turn("report_quality", slots=slots, photos=["p1"]))
    assert said(sent) == ["utter_returns_photos_here", "utter_returns_propose_reship"]


async def test_the_photos_of_the_talk_go_with_the_ticket(world: Context) -> None:
    known = {"order_id": DRESS, "reason": "quality", "remedy": "exchange"}
    events, messages = await run(ActionSettleReturn(), turn("request_exchange", slots=known, photos=["p1", "p2"]))
    assert rows(messages) == ["qp_01_sent", "pr_q_ex_01"]
    assert ticket_of(world, events).fields["photos"] == ["p1", "p2"]


@pytest.mark.parametrize(
    ("slots", "remedy", "asks"),
    [
        ({"reason": "quality", "severity": "severe"}, "reship", None),
        ({"reason": "description_mismatch"}, "comp_no_return", None),
        ({"reason": "wrong_item"}, "exchange", None),
        ({"reason": "missing_part"}, "reship", None),
    ],
)
async def test_yes_takes_what_is_proposed(slots: dict[str, str], remedy: str, asks: str | None) -> None:
    known = {"order_id": DRESS, "requested_slot": "remedy", **slots}
    found = await form("affirm", {}, known, loop="return_form", text="好的")
    assert (found["remedy"], found["requested_slot"]) == (remedy, asks)


async def test_yes_to_a_choice_of_several_is_no_answer() -> None:
    known = {"order_id": DRESS, "requested_slot": "remedy", "reason": "quality", "severity": "minor"}
    with pytest.raises(Exception, match="does not answer"):
        await form("affirm", {}, known, loop="return_form", text="好的")


@pytest.mark.parametrize(
    ("intent", "words", "severity"),
    [
        ("nlu_fallback", "还能用的", "minor"),
        ("deny", "不影响", "minor"),
        ("affirm", "影响的", "severe"),
        ("nlu_fallback", "根本没法穿", "severe"),
    ],
)
async def test_how_bad_it_is_may_be_said_in_any_words(intent: str, words: str, severity: str) -> None:
    known = {"order_id": DRESS, "requested_slot": "severity", "reason": "quality"}
    assert (await form(intent, {}, known, loop="return_form", text=words))["severity"] == severity


async def test_a_wish_given_up_in_the_middle_is_no_answer() -> None:
    known = {"order_id": DRESS, "requested_slot": "severity", "reason": "quality"}
    with pytest.raises(Exception, match="does not answer"):
        await form("deny", {}, known, loop="return_form", text="算了不退了")


@pytest.mark.parametrize("intent", ["review", "objection", "deny", "suggestion"])
async def test_a_plain_reason_answers_whatever_the_classifier_makes_of_it(intent: str) -> None:
    known = {"order_id": DRESS, "requested_slot": "reason", "remedy": "return_refund"}
    found = await form(intent, {"reason": "buyer_reason"}, known, loop="return_form", text="就是不好看")
    assert (found["reason"], found["requested_slot"]) == ("buyer_reason", None)


async def test_an_explicit_wish_is_not_asked_how_bad_it_is() -> None:
    found = await form("report_quality", {"order_number": DRESS, "reason": "quality", "remedy": "return_refund"})
    assert found["requested_slot"] is None


async def test_a_cheap_wrong_thing_is_asked_whether_it_is_of_use(world: Context) -> None:
    with world.engine.begin() as connection:
        connection.execute(sql("UPDATE products SET price = 5 WHERE id = 'p1002'"))
    found = await form("report_wrong_item", {"order_number": SHIRT, "reason": "wrong_item"})
    assert found["requested_slot"] == "usable"
    known = {"order_id": SHIRT, "requested_slot": "usable", "reason": "wrong_item"}
    found = await form("affirm", {}, known, loop="return_form", text="用得上")
    assert (found["usable"], found["requested_slot"]) == ("yes", "remedy")
    _, messages = await settle(SHIRT, reason="wrong_item", remedy="open", usable="no")
    assert rows(messages)[-1] == "pr_w_02"
    _, messages = await settle(SHIRT, reason="wrong_item", remedy="open", usable="yes")
    assert rows(messages)[-1] == "pr_w_04"


# What ends in the chart


async def test_harm_goes_to_a_supervisor_before_any_remedy(world: Context) -> None:
    events, messages = await settle(LAMP, "c07", "台灯漏电了，我要退货", reason="quality", remedy="return_refund")
    assert rows(messages) == ["qp_12"]
    assert handed_over(messages)
    assert ticket_of(world, events).kind == "danger"


async def test_a_page_that_says_otherwise_is_quoted_and_a_colleague_is_offered() -> None:
    events, messages = await settle(DRESS, words="你们写的纯棉，收到是化纤", reason="description_mismatch", remedy="comp_no_return")
    assert rows(messages) == ["dm_04_page"]
    assert "雪纺" in str(messages[0]["options"])
    assert changed(events)["open_question"] == "finding"
    assert "ticket_id" not in changed(events)


@pytest.mark.parametrize(
    ("words", "row", "kind", "person"),
    [
        ("系统崩了全都用不了", "fl_01", "fault", True),
        ("灯座烫手", "fl_02", "fault", True),
        ("有时候会闪一下", "fl_04", None, False),
        ("灯不亮了", "qp_02", None, False),
    ],
)
async def test_an_appliances_fault_goes_by_its_level(world: Context, words: str, row: str, kind: str | None, person: bool) -> None:
    events, messages = await settle(LAMP, "c07", words, reason="quality")
    assert rows(messages) == [row]
    assert handed_over(messages) is person
    assert (ticket_of(world, events).kind if "ticket_id" in changed(events) else None) == kind


async def test_a_fault_that_stays_after_the_steps_is_looked_at_from_afar(world: Context) -> None:
    known = {"order_id": LAMP, "reason": "quality"}
    tracker = turn("report_quality", slots=known, customer="c07", text="按说明试过，灯还是变暗", memory=[bot("fl_04")])
    events, messages = await run(ActionSettleReturn(), tracker)
    assert rows(messages) == ["fl_03"]
    assert ticket_of(world, events).kind == "fault"


# Money without a return


@pytest.mark.parametrize(
    ("amount", "expected", "approval", "person"),
    [(8.0, ["cl_02", "rp_01"], None, False), (20.0, ["cl_03"], "needed", True), (176.0, ["pr_q_cp_01"], None, False)],
)
async def test_a_named_sum_is_agreed_or_goes_to_a_supervisor(
    world: Context, amount: float, expected: list[str], approval: str | None, person: bool
) -> None:
    events, messages = await settle(DRESS, entities={"amount": amount}, reason="quality", remedy="comp_no_return")
    assert rows(messages) == expected
    assert handed_over(messages) is person
    if expected != ["pr_q_cp_01"]:
        fields = ticket_of(world, events).fields
        assert fields.get("approval") == approval
        assert float(fields["amount"]) == amount


async def test_a_confirmed_orders_compensation_goes_back_the_way_it_was_paid() -> None:
    _, messages = await settle("880000000011", "c06", entities={"amount": 5.0}, reason="quality", remedy="comp_no_return")
    assert rows(messages) == ["cl_02", "rp_02"]


async def test_no_money_is_tied_to_a_review() -> None:
    _, messages = await settle(DRESS, words="给我5块就给好评", reason="quality", remedy="comp_no_return")
    assert rows(messages) == ["cl_07"]


@pytest.mark.parametrize("words", ["别人店才卖一百我亏了，退点差价", "感觉被坑了，补偿我点"])
async def test_a_feeling_of_having_paid_too_much_needs_no_order(words: str) -> None:
    found = await form("request_compensation", {"remedy": "comp_no_return"}, text=words)
    assert found["requested_slot"] is None
    _, messages = await run(ActionSettleReturn(), turn("request_compensation", {"remedy": "comp_no_return"}, text=words))
    assert (said(messages), rows(messages)) == (["utter_returns_vent"], ["cl_z_01"])


async def test_goods_kept_with_a_fault_are_a_compensation_and_no_bargain() -> None:
    words = "裙子勾丝了，懒得退，便宜点行不"
    said_so = {"reason": "quality", "product": "p1001", "remedy": "return_refund"}
    events, messages = await run(ActionBargain(), turn("bargain", said_so, text=words))
    assert not messages
    assert next_action(events) == "return_form"
    found = await form("bargain", said_so, text=words)
    assert (found["remedy"], found["requested_slot"]) == ("comp_no_return", None)
    _, messages = await settle(DRESS, reason="quality", remedy="comp_no_return")
    assert rows(messages) == ["pr_q_cp_01"]


# The three offers


@pytest.mark.parametrize(("option", "row"), [("difference", "dm_09"), ("gift", "dm_10"), ("coupon", "dm_10"), ("affirm", "dm_09")])
async def test_one_of_the_three_offers_is_taken_and_the_page_is_mended(world: Context, option: str, row: str) -> None:
    events, messages = await answer(option, "description_mismatch")
    assert rows(messages) == [row]
    ticket = ticket_of(world, events)
    assert ticket.kind == "compensation"
    kinds = {t.kind for t in Tickets(world.engine, "demo", world.clock).of_conversation(str(ticket.conversation_id))}
    assert kinds == {"compensation", "improve"}


async def test_an_offer_pressed_in_the_question_is_taken_at_once() -> None:
    known = {"order_id": DRESS, "requested_slot": "remedy", "reason": "description_mismatch"}
    found = await form("choose_option", {"option": "coupon"}, known, loop="return_form")
    assert (found["remedy"], found["requested_slot"]) == ("comp_no_return", None)
    _, messages = await settle(DRESS, entities={"option": "coupon"}, reason="description_mismatch", remedy="comp_no_return")
    assert rows(messages) == ["dm_10"]


@pytest.mark.parametrize(("words", "row"), [("优惠券吧", "dm_10"), ("那就退差价", "dm_09"), ("第二种", "dm_10")])
async def test_an_offer_may_be_typed(words: str, row: str) -> None:
    known = {"order_id": DRESS, "requested_slot": "remedy", "reason": "description_mismatch"}
    found = await form("choose_option", {}, known, loop="return_form", text=words)
    assert (found["remedy"], found["requested_slot"]) == ("comp_no_return", None)
    slots = {"order_id": DRESS, "open_question": "compensation", "after_return": {"order_id": DRESS, "reason": "description_mismatch"}}
    _, messages = await run(ActionSettleCompensation(), turn("choose_option", {}, slots, text=words))
    assert rows(messages) == [row]


async def test_a_wish_that_names_the_difference_hears_all_three_offers() -> None:
    _, messages = await settle(DRESS, words="有色差，退点差价就算了", reason="description_mismatch", remedy="comp_no_return")
    assert rows(messages) == ["pr_x_01"]


async def test_another_sum_named_to_an_offer_is_no_bargain() -> None:
    slots = {"order_id": DRESS, "open_question": "compensation", "after_return": {"order_id": DRESS, "reason": "quality"}}
    events, messages = await run(ActionBargain(), turn("bargain", {"amount": 20.0}, slots, text="20块行不"))
    assert not messages
    assert next_action(events) == "return_form"
    assert (changed(events)["reason"], changed(events)["remedy"]) == ("quality", "comp_no_return")


async def test_not_content_with_an_offer_is_an_answer_to_it() -> None:
    slots = {"order_id": DRESS, "open_question": "compensation", "after_return": {"order_id": DRESS, "reason": "quality"}}
    events, _ = await run(ActionHearUnsatisfied(), turn("unsatisfied", slots=slots, text="还是不行"))
    assert next_action(events) == "action_settle_compensation"
    events, messages = await run(ActionSettleCompensation(), turn("unsatisfied", slots=slots, text="还是不行"))
    assert (rows(messages), handed_over(messages)) == (["cl_03_more"], True)
    assert changed(events)["reason"] is None


async def test_too_little_is_no_missing_part() -> None:
    slots = {"order_id": DRESS, "open_question": "compensation", "after_return": {"order_id": DRESS, "reason": "quality"}}
    _, messages = await run(ActionSettleCompensation(), turn("deny", {"reason": "missing_part"}, slots, text="不行太少了"))
    assert "质量问题" in str(messages[0]["card"]["hand_over"]["summary"])


async def test_who_leaves_it_to_the_shop_in_the_first_message_is_not_asked_again() -> None:
    found = await form("report_quality", {"order_number": DRESS, "reason": "quality", "severity": "severe"}, text="裙子坏了，你们看着办")
    assert (found["remedy"], found["requested_slot"]) == ("open", None)


async def test_a_difference_beyond_authority_is_approved_not_refused(world: Context) -> None:
    slots = {"order_id": DRESS, "after_return": {"order_id": DRESS, "reason": "description_mismatch"}}
    events, messages = await run(ActionSettleCompensation(), turn("choose_option", {"option": "difference", "amount": 60.0}, slots))
    assert rows(messages) == ["dm_09_over"]
    assert ticket_of(world, events).fields["approval"] == "needed"
    assert not handed_over(messages)


async def test_offers_declined_lead_to_a_part_of_the_money_then_to_a_person() -> None:
    events, messages = await answer("deny", "description_mismatch")
    assert rows(messages) == ["dm_11"]
    assert changed(events).get("open_question", "compensation") == "compensation"
    settled = changed(events)["after_return"]
    _, taken = await answer("affirm", "description_mismatch", **{k: v for k, v in settled.items() if k not in ("order_id", "reason")})
    assert rows(taken) == ["cl_02_taken", "rp_01"]
    _, declined = await answer("deny", "description_mismatch", **{k: v for k, v in settled.items() if k not in ("order_id", "reason")})
    assert rows(declined) == ["dm_11_person"]
    assert handed_over(declined)


async def test_offers_declined_for_a_thing_of_value_lead_to_sending_it_back() -> None:
    _, messages = await answer("deny", "description_mismatch", COAT, "c06")
    assert (rows(messages), handed_over(messages)) == (["dm_11_back"], False)


async def test_whoever_does_not_keep_a_wrong_thing_gets_the_right_one() -> None:
    events, _ = await answer("deny", "wrong_item")
    assert next_action(events) == "return_form"
    assert (changed(events)["reason"], changed(events)["remedy"]) == ("wrong_item", "reship")


# What a colleague found


@pytest.mark.parametrize(
    ("reason", "finding", "told"),
    [
        ("description_mismatch", "light", ["dm_02"]),
        ("description_mismatch", "misread", ["dm_03"]),
        ("description_mismatch", "missed", ["dm_04"]),
        ("description_mismatch", "missing_part", ["pr_m_01"]),
        ("description_mismatch", "confirmed", ["pr_x_01"]),
        ("quality", "no_fault", ["pr_n_01"]),
        ("quality", "confirmed", ["qp_07", "pr_q_ex_01"]),
    ],
)
async def test_a_finding_is_told_with_what_follows(world: Context, reason: str, finding: str, told: list[str]) -> None:
    dispatcher = CollectingDispatcher()
    spoken = Turn(dispatcher, turn("ask_ticket_status", slots={"order_id": DRESS}), world)
    order = spoken.repo.order(DRESS)
    assert order is not None
    remedy = "exchange" if reason == "quality" else None
    ticket_id, _ = spoken.open_ticket("specialist", order=order, fields={"reason": reason, "remedy": remedy, "quote": "雪纺"})
    ticket = Tickets(world.engine, "demo", world.clock).get(ticket_id)
    assert ticket is not None
    found = tell_finding(spoken, ticket, order, finding)
    assert rows(dispatcher.messages) == told
    assert (spoken.asked == "finding") is found.against_shopper
    assert changed(spoken.events)["after_return"]["ticket"] == ticket_id


@pytest.mark.parametrize(
    ("intent", "entities", "response", "person"),
    [
        ("affirm", {}, "utter_returns_finding_settled", False),
        ("deny", {}, "utter_returns_finding_disputed", True),
        ("choose_option", {"option": "review"}, "utter_returns_finding_disputed", True),
    ],
)
async def test_a_finding_is_accepted_or_disputed(intent: str, entities: dict[str, Any], response: str, person: bool) -> None:
    slots = {"order_id": DRESS, "open_question": "finding"}
    _, messages = await run(ActionAnswerFinding(), turn(intent, entities, slots))
    assert said(messages) == [response]
    assert handed_over(messages) is person


async def test_after_a_finding_the_goods_may_still_go_back_as_an_own_reason() -> None:
    slots = {"order_id": DRESS, "open_question": "finding"}
    events, _ = await run(ActionAnswerFinding(), turn("choose_option", {"option": "return_refund"}, slots))
    assert next_action(events) == "return_form"
    assert (changed(events)["reason"], changed(events)["remedy"]) == ("buyer_reason", "return_refund")


# Only told


@pytest.mark.parametrize(
    ("slots", "response"),
    [
        ({"order_id": DRESS}, "utter_returns_feedback_care"),
        ({}, "utter_returns_feedback"),
        ({"order_id": WARDROBE}, "utter_returns_feedback"),
    ],
)
async def test_a_flaw_told_without_a_wish_is_passed_on_with_advice(world: Context, slots: dict[str, str], response: str) -> None:
    customer = "c10" if slots.get("order_id") == WARDROBE else "c05"
    tracker = turn("suggestion", {"topic": "feedback"}, slots, customer, text="做工有点粗，提一下", talk="told")
    _, messages = await run(ActionThankSuggestion(), tracker)
    assert said(messages) == [response]
    (ticket,) = Tickets(world.engine, "demo", world.clock).of_conversation("told")
    assert ticket.kind == "improve"
