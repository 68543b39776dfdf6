"""Messages typed in pinyin, and those that only look like it."""

from __future__ import annotations

import pytest

from engine.nlu.files import data_file
from engine.nlu.normalise import normalise


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("nihao", "你好"),
        ("ni hao", "你好"),
        ("baoyou ma", "包邮吗"),
        ("Bao You Ma?", "包邮吗?"),
        ("duoshao qian", "多少钱"),
        ("zenme hai mei fahuo", "怎么还没发货"),
        ("wo yao tui huo", "我要退货"),
        ("kuaidi dao nali le", "快递到哪里了"),
        ("wo 165 110jin chuan ji ma", "我165110斤穿几码"),
        ("wo xiang huan xl", "我想换xl"),
        ("wo yao tui", "我要退"),
    ],
)
def test_pinyin_becomes_what_was_meant(typed: str, expected: str) -> None:
    assert normalise(typed).text.replace(" ", "") == expected


@pytest.mark.parametrize(
    "typed",
    [
        "where is my order",
        "refund",
        "hello",
        "ok",
        "a",
        "you",
        "how much",
        "size l",
        "xl",
        "165 110",
        "haha",
        "women",
        "banana",
        "baba",
        "ta ta",
        "xian",
        "cm",
        "emmm",
    ],
)
def test_other_letters_stay_as_they_are(typed: str) -> None:
    assert normalise(typed).text == typed


def test_numbers_stay_apart() -> None:
    assert normalise("wo 165 110jin").text == "我165 110斤"


def test_spaces_lie_between_syllables_only() -> None:
    assert normalise("tu ihuo").text == "tu ihuo"


def test_a_word_points_at_its_letters() -> None:
    clean = normalise("wo yao tuihuo!")
    assert clean.text == "我要退货!"
    start, end = clean.span(2, 4)
    assert "wo yao tuihuo!"[start:end] == "tuihuo"


def test_every_word_has_a_character_for_each_syllable() -> None:
    words = data_file("pinyin")
    assert len(words) >= 200
    assert [spelt for spelt, written in words.items() if spelt != written and len(spelt.split()) != len(written)] == []
