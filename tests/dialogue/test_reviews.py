"""F17 through the product: praise, discontent and reviews; nothing is bought, nothing pressed away."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]


def test_praise_is_asked_for_an_honest_review_once(talk: Begin) -> None:
    said = talk().say("裙子穿上身特别好看 我很满意")
    answered(said)
    assert said.scripts == ["s_review_invite"]
    assert "返现" not in said.text
    answered(said.say("被子也很暖和 满意得很"))
    assert said.scripts != ["s_review_invite"]


def test_who_is_not_content_is_followed_to_the_fault(talk: Begin) -> None:
    said = talk("c05").say("换回来的这件还是坏的，我不满意")
    answered(said)
    assert said.owner == "bot"
    assert said.titles or said.row, said.transcript


def test_not_content_twice_becomes_a_complaint_with_a_number(talk: Begin) -> None:
    said = talk("c05").say("处理完了我还是很不满意")
    answered(said)
    said.say("反正就是不满意")
    answered(said)
    assert said.ticket, said.transcript


def test_a_bad_review_is_listened_to_and_answered_openly(talk: Begin) -> None:
    said = talk("c05").say("信不信我给你们打个差评")
    answered(said)
    assert (said.row, said.owner) == ("re_02", "bot")
    assert "删除" in said.text or "由您决定" in said.text
    said.say("线头多得跟拖把似的")
    answered(said)
    assert said.owner == "bot"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("写好评有没有返现红包啊", "re_01_cashback"),
        ("我写的评价还能改不能改", "re_02_change"),
        ("凭什么把我的评论给删了", "re_02_deleted"),
        ("评价在哪里写呀", "re_01_how"),
    ],
)
def test_questions_about_reviews_have_an_honest_answer(talk: Begin, text: str, row: str) -> None:
    said = talk("c05").say(text)
    answered(said)
    assert said.row == row, said.transcript


def test_a_review_for_money_goes_to_a_person(talk: Begin) -> None:
    said = talk("c05").say("不给钱就差评，看着办")
    answered(said)
    assert (said.row, said.owner) == ("re_04", "queue")
