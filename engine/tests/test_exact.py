"""Messages whose meaning needs no model."""

from __future__ import annotations

import pytest

from engine.nlu.exact import exact_intent, rules


@pytest.mark.parametrize(
    ("typed", "intent"),
    [
        ("在吗", "greet"),
        ("在嗎？？", "greet"),
        ("？", "unclear_message"),
        ("...", "unclear_message"),
        ("1", "choose_option"),
        ("好", "affirm"),
        ("好的👌"[:2], "affirm"),
        ("NO", "deny"),
        ("88", "goodbye"),
        ("转人工！！！", "request_human"),
        ("便宜点", "bargain"),
        ("取消订单", "cancel_order"),
    ],
)
def test_short_messages_are_certain(typed: str, intent: str) -> None:
    assert exact_intent(typed) == intent


@pytest.mark.parametrize("typed", ["在吗我想问下尺码", "1280", "好的那怎么退"])
def test_longer_messages_are_left_to_the_model(typed: str) -> None:
    assert exact_intent(typed) is None


def test_the_rules_are_words_not_yaml_booleans() -> None:
    assert not {"true", "false", "none"} & set(rules())
    assert len(rules()) > 250
