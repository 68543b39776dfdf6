"""Talks beside the matter: bare first messages, who is speaking, thanks, what is out of scope, misunderstandings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered, never_twice_running
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]


@pytest.mark.parametrize(
    "text",
    ["在吗", "亲", "？", "???", "人呢", "你好", "https://shop.example/products/p1001", "😀", "😭😭😭", "。", "嗯", "1", "YT8800000000006"],
)
def test_a_bare_first_message_has_an_answer(talk: Begin, text: str) -> None:
    answered(talk().say(text))


def test_an_order_number_alone_shows_an_own_order_with_buttons(talk: Begin) -> None:
    said = talk("c05").say("880000000009")
    answered(said)
    assert "连衣裙" in said.text
    assert said.titles


def test_an_order_number_alone_asks_an_anonymous_shopper_for_proof(talk: Begin) -> None:
    said = talk().say("880000000009")
    answered(said)
    assert "连衣裙" not in said.text
    assert "后四位" in said.text


@pytest.mark.parametrize("text", ["你是机器人吗", "是真人还是机器", "你是ai吧"])
def test_it_never_passes_for_a_person(talk: Begin, text: str) -> None:
    said = talk().say(text)
    answered(said)
    assert "自动助手" in said.text
    assert "转人工" in said.titles


@pytest.mark.parametrize("text", ["今天天气怎么样", "帮我写首诗", "股票怎么看"])
def test_what_is_out_of_scope_is_said_so(talk: Begin, text: str) -> None:
    said = talk().say(text)
    answered(said)
    assert said.scripts == ["s_out_of_scope"]


def test_opening_hours_are_told(talk: Begin) -> None:
    assert "10:00-24:00" in talk().say("几点上班").text


def test_thanks_and_goodbye_end_a_talk_politely(talk: Begin) -> None:
    said = talk().say("谢谢")
    answered(said)
    answered(said.say("再见"))


def test_two_misunderstandings_offer_a_person_who_is_taken(talk: Begin) -> None:
    said = talk("c05").say("asdfghjkl")
    answered(said)
    said.say("那个那个那个啥来着")
    answered(said)
    assert said.scripts == ["s_handover_human"]
    assert said.say("好的").owner == "queue"


def test_two_misunderstandings_and_no_person_wanted(talk: Begin) -> None:
    said = talk().say("asdfghjkl").say("那个那个那个啥来着").say("不用")
    answered(said)
    assert said.owner == "bot"


@pytest.mark.parametrize("text", ["在吗", "今天天气怎么样", "asdfghjkl", "谢谢", "包邮吗"])
def test_the_same_message_again_is_not_answered_with_the_same_words(talk: Begin, text: str) -> None:
    said = talk(product_id="p1001")
    for _ in range(4):
        said.say(text)
        answered(said)
    never_twice_running(said)


@pytest.mark.parametrize("text", ["好的", "不用了", "第一个", "行", "没有了"])
def test_a_short_word_with_nothing_open_is_acknowledged(talk: Begin, text: str) -> None:
    answered(talk().say(text))


def test_a_moment_asked_for_leaves_the_question_open(talk: Begin) -> None:
    said = talk(product_id="p1001").say("161，106斤").say("等一下")
    answered(said)
    assert "L码" in said.say("宽松一点").text


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("晚上一起撸串吗我请客", "s_invitation_decline"),
        ("刚刚我语气冲了点 抱歉哈", "s_accept_apology"),
        ("能不能把别的买家电话给我一个", "s_cannot_do"),
        ("无聊 你陪我唠五毛钱的", "s_nuisance"),
    ],
)
def test_what_lies_beside_shopping_has_its_polite_answer(talk: Begin, text: str, script: str) -> None:
    said = talk().say(text)
    answered(said)
    # One variation of the refusal asks for forgiveness first.
    assert {script, "s_ask_forgiveness" if script == "s_cannot_do" else script} & set(said.scripts), said.transcript


def test_the_last_answer_is_given_again_when_asked_for(talk: Begin) -> None:
    said = talk(product_id="p1001").say("包邮吗")
    before = said.text
    answered(said.say("再说一遍"))
    assert "s_not_understood_again" in said.scripts or "s_long_info_note" in said.scripts
    assert len(said.text) > len(before) // 2


def test_a_shopper_who_has_ordered_is_welcomed_back(talk: Begin) -> None:
    said = talk("c05").say("您好呀")
    answered(said)
    assert said.scripts == ["s_greet_return"]
