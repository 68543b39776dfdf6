"""Which reviewed answer a question gets: words, likeness, inheritance, dates; and that nothing is invented."""

from __future__ import annotations

from datetime import datetime

import pytest

from policy.knowledge import (
    Answer,
    Match,
    asked,
    attribute_key,
    attribute_name,
    attributes,
    claims_health,
    overlapping,
    says_nothing_else,
    speaking,
)
from policy.validity import ALWAYS, Period, period
from policy.words import words

NOON = datetime.fromisoformat("2026-11-11T12:00:00+08:00")


def one(
    attribute: str, text: str = "有2个", *questions: str, scope: str = "product", target: str = "p1", dates: Period = ALWAYS, name: str = ""
) -> Answer:
    return Answer(name or f"{target}.{attribute}", scope, target, attribute, questions, text, "页面", dates)


def known(*answers: Answer) -> dict[str, Answer]:
    return {answer.attribute: answer for answer in answers}


def found(text: str, *answers: Answer, names: tuple[str, ...] = ()) -> list[str]:
    return [match.attribute for match in asked(text, known(*answers), names)]


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("请问这件衣服两边有兜没", "pockets"),
        ("里头带不带里子呀", "lining"),
        ("料子厚不厚", "thickness"),
        ("三伏天穿热不热", "season"),
        ("枕着硌不硌人", "softness"),
        ("柜子背板是什么样", "back_panel"),
        ("灯能不能用充电宝", "power_supply"),
        ("是圆领还是v领", "collar"),
        ("被套是多大的", "cover_size"),
        ("大衣多重", "weight"),
    ],
)
def test_an_attribute_is_known_by_its_words(text: str, attribute: str) -> None:
    assert found(text) == [attribute]


def test_two_questions_of_a_message_are_both_heard() -> None:
    assert found("有口袋吗，里面有内衬没") == ["pockets", "lining"]
    assert found("什么面料 会不会缩水") == ["fabric", "shrink"]


def test_a_topic_of_the_catalogue_gives_way_to_what_is_asked_exactly() -> None:
    assert found("抽屉多大") == ["drawers"]
    assert found("面料厚吗") == ["thickness"]
    assert found("线多长") == ["cable"]


def test_the_products_own_name_asks_for_nothing() -> None:
    assert found("纯棉圆领T恤", names=("纯棉圆领T恤",)) == []
    assert found("实木床头柜有锁没", names=("实木床头柜（促销款）",)) == ["lock"]


def test_a_reviewed_question_brings_its_answer_without_any_known_word() -> None:
    answer = one("可配脚踏", "可以另配同色脚踏", "能不能单独配个脚凳", "有没有搁脚的凳子")
    assert asked("想问下能不能配个脚凳", known(answer)) == (Match("可配脚踏", answer),)
    assert found("能不能改个地址", answer) == []
    assert found("凳子", answer) == []


def test_two_answers_that_are_equally_like_are_none() -> None:
    twins = (one("甲项", "甲", "这种能单独买一个吗"), one("乙项", "乙", "那种能单独买一个吗"))
    assert found("能单独买一个吗", *twins) == []


def test_a_shops_own_attribute_is_known_by_its_name() -> None:
    assert found("有没有脚踏卖", one("脚踏", "没有脚踏")) == ["脚踏"]


def test_an_answer_without_a_number_does_not_answer_a_question_for_one() -> None:
    drawers = one("drawers", "带抽屉，可以拉出")
    assert asked("抽屉有多深", known(drawers)) == (Match("drawers", None),)
    assert asked("带抽屉吗", known(drawers)) == (Match("drawers", drawers),)


def test_small_talk_asks_for_no_attribute() -> None:
    for text in ("介绍一下", "在吗", "好的谢谢", "那黑色的呢"):
        assert found(text) == []


def test_the_most_specific_answer_that_is_valid_speaks() -> None:
    november = period({"valid_from": "2026-11-01", "valid_to": "2026-11-11"}, "-")
    kind = one("packaging", "纸箱", scope="kind", target="bedding")
    series = one("packaging", "布袋", scope="series", target="棉朵")
    product = one("packaging", "礼盒", dates=november, name="p1.packaging@2026-11-01")
    assert speaking([product, kind, series], NOON)["packaging"] is product
    later = datetime.fromisoformat("2026-11-12T00:00:00+08:00")
    assert speaking([product, kind, series], later)["packaging"] is series
    assert speaking([kind], NOON)["packaging"] is kind


def test_a_dated_answer_speaks_before_the_everyday_one_and_after_it_no_more() -> None:
    dated = one("season", "双11期间", dates=period({"valid_from": "2026-11-11", "valid_to": "2026-11-11"}, "-"), name="b")
    everyday = one("season", "平时", name="z")
    assert speaking([dated, everyday], NOON)["season"] is dated
    assert speaking([dated, everyday], datetime.fromisoformat("2026-11-12T00:00:00+08:00"))["season"] is everyday


def test_answers_that_would_speak_at_once_are_found() -> None:
    first, second = (period({"valid_from": day, "valid_to": "2026-11-20"}, "-") for day in ("2026-11-01", "2026-11-10"))
    assert overlapping([("a", first), ("b", second), ("a", ALWAYS), ("a", second)]) == [(3, 0)]
    assert overlapping([("a", ALWAYS), ("a", first), ("a", ALWAYS)]) == [(2, 0)]


@pytest.mark.parametrize(
    "text", ["枕这个能治颈椎吗", "孕期可以用不", "防螨吗", "对皮肤好不好，会过敏吗", "给孩子用安全吗", "灯光伤眼吗", "能改善睡眠质量吗"]
)
def test_health_efficacy_and_safety_are_told_from_facts(text: str) -> None:
    assert claims_health(text)


def test_a_products_name_claims_nothing() -> None:
    assert not claims_health("智能护眼台灯多重", ("智能护眼台灯",))
    assert claims_health("智能护眼台灯真的护眼吗", ("智能护眼台灯",))
    assert not claims_health("裙子有口袋吗")


def test_asking_for_the_whole_is_told_from_an_unknown_question() -> None:
    assert says_nothing_else("介绍一下这款", ())
    assert says_nothing_else("布艺三人沙发", ("布艺三人沙发",))
    assert not says_nothing_else("能托运到顶楼没电梯的吗", ())


def test_attributes_are_written_by_name_or_key() -> None:
    assert attribute_key("口袋") == "pockets" == attribute_key(" Pockets ")
    assert attribute_key("脚踏") == "脚踏"
    assert (attribute_name("pockets"), attribute_name("脚踏"), attribute_name("care")) == ("口袋", "脚踏", "洗护")


def test_the_word_list_is_in_order() -> None:
    names = [one.name for one in attributes().values()]
    assert len(set(names)) == len(names)
    assert {one.topic for one in attributes().values()} - {None} <= set(words()["product_topics"])
    assert set(words()["product_topics"]) <= set(words()["topic_names"])
