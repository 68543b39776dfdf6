"""Short answers in the light of what was asked."""

from __future__ import annotations

import pytest

from engine.nlu.answers import Question, chosen_button, is_story, place_named, read_answer


def asked(slot: str, **more: object) -> Question:
    return Question(active_loop="some_form", requested_slot=slot, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("slot", "typed", "value"),
    [
        ("height", "158", 158.0),
        ("height", "1.65", 165.0),
        ("height", "一米六五", 165.0),
        ("height", "我身高大概一百六十吧", 160.0),
        ("height", "165cm左右", 165.0),
        ("weight", "98", 98.0),
        ("weight", "50", 100.0),
        ("weight", "55公斤", 110.0),
        ("weight", "一百一", 110.0),
        ("waist", "70", 70.0),
        ("phone_tail", "0005", "0005"),
        ("phone_tail", "尾号是0005", "0005"),
        ("phone_tail", "13800000005", "0005"),
        ("order_id", "880000000009", "880000000009"),
        ("order_id", "刚才输错了 0007", "0007"),
        ("phone_tail", "哎呀 写错了，应该是0007", "0007"),
        ("phone_tail", "不对 0007才对", "0007"),
        ("tracking_number", "yt8800000000009", "YT8800000000009"),
        ("severity", "挺严重的", "severe"),
        ("severity", "一点点", "minor"),
        ("remedy", "换吧", "exchange"),
        ("remedy", "退", "return_refund"),
        ("reason", "质量问题", "quality"),
        ("reason", "大了", "buyer_reason"),
    ],
)
def test_a_bare_answer_becomes_the_value_asked_for(slot: str, typed: str, value: object) -> None:
    answer = read_answer(typed, asked(slot))
    assert answer is not None
    assert answer.entity.value == value


def test_a_bare_weight_is_read_by_the_height() -> None:
    tall = read_answer("80", asked("weight", height=180.0))
    small = read_answer("80", asked("weight", height=150.0))
    assert tall is not None
    assert tall.entity.value == 160.0
    assert small is not None
    assert small.entity.value == 80.0


@pytest.mark.parametrize(
    ("slot", "typed"),
    [
        ("height", "你们发什么快递"),
        ("height", "50"),
        ("phone_tail", "我不想说"),
        ("phone_tail", "12345"),
        ("order_id", "忘了订单号是多少了"),
        ("severity", "我要找人工"),
    ],
)
def test_a_sentence_of_its_own_is_left_alone(slot: str, typed: str) -> None:
    assert read_answer(typed, asked(slot)) is None


def test_nothing_asked_nothing_read() -> None:
    assert read_answer("158", Question()) is None


BUTTONS = ({"title": "退款", "payload": '/choose_option{"option": "refund"}'}, {"title": "换一件", "payload": "/request_exchange"})


@pytest.mark.parametrize(("typed", "place"), [("退款", 0), ("换一件。", 1), ("1", 0), ("第二个", 1), ("选2", 1), ("第一个吧", 0)])
def test_typing_a_button_is_pressing_it(typed: str, place: int) -> None:
    assert chosen_button(typed, Question(buttons=BUTTONS)) == BUTTONS[place]["payload"]


@pytest.mark.parametrize("typed", ["3", "退款到哪了", "", "我不要退款"])
def test_other_words_press_no_button(typed: str) -> None:
    assert chosen_button(typed, Question(buttons=BUTTONS)) is None


def test_a_place_in_a_list_is_named() -> None:
    assert place_named("第二个") == "2"
    assert place_named("你好") is None


@pytest.mark.parametrize(
    ("asked", "text", "intent"),
    [
        ("stock_details", "两件，寄到广州", "choose_option"),
        ("stock_details", "寄到成都", "choose_option"),
        ("stock_details", "3件", "choose_option"),
        ("stock_details", "两件有优惠吗", None),
        ("stock_details", "发顺丰", None),
        ("stock_details", "发货了", None),
        ("preference", "纯棉的", "ask_recommendation"),
        ("preference", "200以内的", "ask_recommendation"),
        ("preference", "随便都行", "ask_recommendation"),
        ("preference", "转人工", None),
        ("preference", "不用了", None),
        ("preference", "我要退货", None),
        ("recommendation", "不喜欢", "choose_option"),
        ("recommendation", "换几款吧", "choose_option"),
        ("recommendation", "什么面料", None),
    ],
)
def test_an_answer_before_buying_is_read_by_what_was_asked(asked: str, text: str, intent: str | None) -> None:
    answer = read_answer(text, Question(open_question=asked))
    assert (answer.intent if answer else None) == intent


@pytest.mark.parametrize(
    ("intent", "share", "story"),
    [
        ("request_return", 0.7, True),
        ("track_parcel", 0.97, True),
        ("request_return", 0.99, False),
        ("request_human", 0.5, False),
        ("complain", 0.4, False),
        ("report_danger", 0.3, False),
    ],
)
def test_a_story_that_was_asked_for_is_no_doubtful_wish(intent: str, share: float, story: bool) -> None:
    assert is_story(intent, share, Question(open_question="complaint_details")) is story
    assert is_story(intent, share, Question(open_question="review_details")) is story
    assert not is_story(intent, share, Question(open_question="stock_details"))
    assert not is_story(intent, share, Question(active_loop="return_form", open_question="complaint_details"))
