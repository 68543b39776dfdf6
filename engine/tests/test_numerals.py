"""Numerals as they are said."""

from __future__ import annotations

import pytest

from engine.nlu.numerals import number


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("一百二", 120),
        ("一百二十五", 125),
        ("一百零二", 102),
        ("九十八", 98),
        ("十", 10),
        ("二十", 20),
        ("两百五", 250),
        ("一千二", 1200),
        ("一万", 10000),
        ("一六五", 165),
        ("五", 5),
        ("1.5", 1.5),
        ("三点五", 3.5),
    ],
)
def test_a_numeral_has_its_value(said: str, value: float) -> None:
    assert number(said) == value


@pytest.mark.parametrize("said", ["", "裙子", "一米", "1,000x"])
def test_other_words_are_no_numbers(said: str) -> None:
    assert number(said) is None
