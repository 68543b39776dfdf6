"""F17: a review is asked for once and honestly; discontent is followed until solved; reviews are never bought or pressed away."""

from __future__ import annotations

from typing import Any

import pytest

from actions.context import Context
from actions.reviews import ActionAnswerReview, ActionHearReview, ActionHearSatisfied, ActionHearUnsatisfied
from actions.unclear import ActionAskAgain
from shop.tickets import Tickets
from tests.actions.support import bot, changed, handed_over, next_action, rows, run, said, turn


def kinds(world: Context, talk: str) -> list[str]:
    return [one.kind for one in Tickets(world.engine, "demo", world.clock).of_conversation(talk)]


async def test_praise_is_asked_for_a_review_once() -> None:
    slots: dict[str, Any] = {"order_id": "880000000009"}
    events, messages = await run(ActionHearSatisfied(), turn("satisfied", slots=slots, text="用着挺好"))
    assert rows(messages) == ["re_01"]
    slots |= changed(events)
    _, messages = await run(ActionHearSatisfied(), turn("satisfied", slots=slots, text="真的很好"))
    assert rows(messages) == ["re_01_once"]


async def test_nobody_is_asked_for_a_review_of_goods_on_their_way() -> None:
    _, messages = await run(ActionHearSatisfied(), turn("satisfied", slots={"order_id": "880000000004"}, customer="c04", text="不错"))
    assert rows(messages) == ["re_01_early"]


async def test_a_review_that_is_written_is_thanked_for() -> None:
    _, messages = await run(ActionHearSatisfied(), turn("satisfied", text="已经给了五分", customer=None))
    assert rows(messages) == ["re_01_done"]


async def test_what_is_open_comes_before_a_review(world: Context) -> None:
    Tickets(world.engine, "demo", world.clock).open("exchange", conversation_id="open", due_at=world.clock.now())
    _, messages = await run(ActionHearSatisfied(), turn("satisfied", text="还不错", talk="open"))
    assert rows(messages) == ["re_01_open"]
    told = [bot(utter_action="utter_reviews_glad_open")]
    _, messages = await run(ActionHearSatisfied(), turn("satisfied", text="真不错", talk="open", memory=told))
    assert rows(messages) == ["re_01_once"]


@pytest.mark.parametrize(("before", "row"), [("utter_returns_guide_steps", "fv_02"), ("utter_delivery_installed", "fv_03")])
async def test_what_helped_is_heard_as_that(before: str, row: str) -> None:
    _, messages = await run(ActionHearSatisfied(), turn("satisfied", text="好了", memory=[bot(utter_action=before)]))
    assert rows(messages) == [row]


@pytest.mark.parametrize(
    ("text", "before", "row", "then"),
    [
        ("还是不满意", None, "fv_04", "action_listen"),
        ("换来的还是坏的", None, "fv_01_matter", "return_form"),
        ("照着做了还是没好", "utter_returns_guide_steps", "fv_02_again", "return_form"),
    ],
)
async def test_who_is_not_content_is_followed(text: str, before: str | None, row: str, then: str) -> None:
    memory = [bot(utter_action=before)] if before else []
    events, messages = await run(ActionHearUnsatisfied(), turn("unsatisfied", text=text, memory=memory))
    assert (rows(messages), next_action(events)) == ([row], then)


async def test_not_content_twice_is_a_complaint(world: Context) -> None:
    events, _ = await run(ActionHearUnsatisfied(), turn("unsatisfied", text="我不满意", talk="again"))
    slots = {**changed(events), "open_question": None}
    _, messages = await run(ActionHearUnsatisfied(), turn("unsatisfied", text="我不满意", talk="again", slots=slots))
    assert rows(messages) == ["fv_04_again", "cd_02"] or rows(messages)[-1].startswith("cd_0")
    assert kinds(world, "again") == ["complaint_simple"]


async def test_what_is_wrong_is_listened_to_when_it_was_asked(world: Context) -> None:
    events, _ = await run(ActionHearUnsatisfied(), turn("unsatisfied", text="我不满意", talk="ask"))
    assert changed(events)["open_question"] == "complaint_details"
    _, messages = await run(ActionAskAgain(), turn("nlu_fallback", text="包装太随意了", talk="ask", slots=changed(events)))
    assert rows(messages)[0].startswith("cd_0")
    assert kinds(world, "ask")


async def test_a_bad_review_is_listened_to_and_put_right(world: Context) -> None:
    events, messages = await run(ActionAnswerReview(), turn("review", {"topic": "negative"}, text="我要给差评", talk="bad"))
    assert rows(messages) == ["re_02"]
    assert kinds(world, "bad") == []
    slots = changed(events)
    assert slots["open_question"] == "review_details"
    _, messages = await run(ActionAskAgain(), turn("nlu_fallback", text="裙子线头太多", slots=slots, talk="bad"))
    assert (rows(messages), kinds(world, "bad")) == (["re_02_details"], ["review"])
    assert messages[0]["deadline"]


async def test_a_reason_may_be_kept_to_oneself() -> None:
    _, messages = await run(ActionHearReview(), turn("deny", slots={"open_question": "review_details"}, text="不想说"))
    assert said(messages) == ["utter_reviews_as_you_like"]


@pytest.mark.parametrize("text", ["不给钱就差评", "打钱我就删，不然找人刷差评"])
async def test_reviews_for_money_go_to_a_person(world: Context, text: str) -> None:
    _, messages = await run(ActionAnswerReview(), turn("review", {"topic": "negative"}, text=text, talk="malice"))
    assert (rows(messages), handed_over(messages), kinds(world, "malice")) == (["re_04"], True, ["complaint_supervisor"])


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("好评有返现吗", "re_01_cashback"),
        ("给好评送什么", "re_01_cashback"),
        ("评价能改吗", "re_02_change"),
        ("为什么删我评论", "re_02_deleted"),
        ("怎么写评价", "re_01_how"),
        ("你们差评那么多是怎么回事", "re_03"),
        ("给差评会被拉黑吗", "re_05"),
    ],
)
async def test_questions_about_reviews_are_answered_honestly(text: str, row: str) -> None:
    _, messages = await run(ActionAnswerReview(), turn("review", {"topic": "question"}, text=text))
    assert rows(messages) == [row]
