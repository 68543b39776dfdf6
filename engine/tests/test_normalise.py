"""What shoppers type and the one spelling it becomes."""

from __future__ import annotations

import pytest

from engine.nlu.normalise import bare, normalise


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ＸＬ码有吗？", "xl码有吗?"),
        ("請問這件裙子會縮水嗎", "请问这件裙子会缩水吗"),
        ("在吗在吗？？？？？", "在吗在吗?"),
        ("好好好好好的", "好好的"),
        ("哈哈哈哈哈", "哈哈"),
        ("880000000009", "880000000009"),
        ("XXXL", "xxxl"),
        ("快弟到那了", "快递到哪了"),
        ("能包油吗", "能包邮吗"),
        ("优惠卷怎么用", "优惠券怎么用"),
        ("悟流不动了", "物流不动了"),
        ("有活吗，有啥优慧", "有货吗,有啥优惠"),
        ("预订的到活动时涨价吗", "预订的到活动时涨价吗"),
        ("现在便宜的有活动", "现在便宜的有活动"),
        ("收到破了😡", "收到破了生气"),
        ("好的👌🏻", "好的好的"),
        ("  你好\t\n呀  ", "你好 呀"),
        ("1６５ｃｍ", "165cm"),
        ("裙\u200b子", "裙子"),
        ("", ""),
        ("   ", ""),
        ("🦄", ""),
    ],
)
def test_shoppers_spellings_become_one(typed: str, expected: str) -> None:
    assert normalise(typed).text == expected


@pytest.mark.parametrize("typed", ["请问ＸＬ码 有吗？？？", "快弟到哪了", "能包油吗亲", "😡破了", "連衣裙165公分"])
def test_every_range_leads_back_to_the_original(typed: str) -> None:
    clean = normalise(typed)
    assert len(clean.origin) == len(clean.text) + 1
    assert list(clean.origin) == sorted(clean.origin)
    start, end = clean.span(0, len(clean.text))
    assert normalise(typed[start:end]).text == clean.text


def test_a_corrected_word_points_at_what_was_typed() -> None:
    clean = normalise("我的快弟呢")
    place = clean.text.index("快递")
    start, end = clean.span(place, place + 2)
    assert "我的快弟呢"[start:end] == "快弟"


def test_exact_comparison_ignores_blanks_and_end_punctuation() -> None:
    assert bare(" 在 吗～！") == "在吗"
