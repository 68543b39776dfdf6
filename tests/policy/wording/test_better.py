"""Better words for what the wording check finds, and one answer in other tones."""

from __future__ import annotations

import pytest

from policy import tones
from policy.wording import PROFILES, check, put, sentence
from policy.wording.rules import rules


@pytest.mark.parametrize(
    ("text", "rule", "better"),
    [
        ("嗯，马上看", "av_en", "好的，马上看"),
        ("你们的裙子到了", "av_you", "您的裙子到了"),
        ("呵呵，可以的", "av_hehe", "可以的"),
        ("但是没有货", "av_but", "同时没有货"),
        ("真晕，没有", "av_yun", "不好意思，没有"),
        ("裙子到了！！！", "st_marks", "裙子到了！"),
        ("您好。这是全网最低价！您看呢", "hn_01", "您好。这是我权限内、当前活动下的全部优惠。您看呢"),
        ("我保证明天一定到。", "st_promise", "这件事我先核实，{deadline}前回复您结果。"),
    ],
)
def test_better_words_take_the_place_of_what_was_found(text: str, rule: str, better: str) -> None:
    found = next(one for one in check(text) if one.rule == rule)
    words = put(text, found)
    assert words is not None
    start, end = words.span
    assert text[:start] + words.text + text[end:] == better


def test_a_rule_without_better_words_has_none() -> None:
    found = next(one for one in check("裙子有货" * 30) if one.rule == "st_length")
    assert put("裙子有货" * 30, found) is None


def test_every_better_sentence_passes_the_check_itself() -> None:
    said = [(rule.id, rule.say) for rule in rules() if rule.say]
    assert len(said) > 40
    for name, text in said:
        for profile in PROFILES:
            for filled in (text, text.replace("{deadline}", "今天18:00").replace("{option}", "换一件同款")):
                assert [one for one in check(filled, profile=profile) if one.severity != "hint"] == [], (name, profile)


def test_most_of_what_may_not_be_said_has_better_words() -> None:
    """One key away (issue 7, deliver 5): of the rules that forbid, all but few say what to say instead or name a script that does."""
    grave = [rule for rule in rules() if rule.severity == "block"]
    assert all(rule.say or rule.put is not None or rule.script for rule in grave)


def test_a_sentence_is_found_with_its_marks() -> None:
    text = "第一句。 第二句！第三句"
    assert text[slice(*sentence(text, (5, 6)))] == "第二句！"
    assert text[slice(*sentence(text, (1, 7)))] == "第一句。 第二句！"
    assert sentence("", (0, 0)) == (0, 0)


class TestTones:
    @pytest.mark.parametrize(
        ("text", "tone", "said"),
        [
            ("亲，你看看这款哈哈~", "nin", "您好，您看看这款哈哈~"),
            ("亲们好，这款有货，亲。", "nin", "您好，这款有货。"),
            ("父亲节礼盒有货", "nin", "父亲节礼盒有货"),
            ("您好，M码有货", "qin", "亲，M码有货"),
            ("M码有货", "qin", "亲，M码有货"),
            ("哈哈，亲，M码有货哦~~！！😀", "calm", "您，M码有货哦。"),
        ],
    )
    def test_the_address_and_the_marks_change_and_nothing_else(self, text: str, tone: tones.Tone, said: str) -> None:
        assert tones.in_tone(text, tone) == said

    def test_qin_is_for_shops_that_want_it_before_buying_and_never_where_something_is_grave(self) -> None:
        may = {"address": "qin", "topic": "products", "mood": "calm"}
        assert tones.refusal("这款有货", **may) is None  # type: ignore[arg-type]
        assert tones.refusal("这款有货", **{**may, "address": "nin"}) == "off"  # type: ignore[arg-type]
        assert tones.refusal("这款有货", **{**may, "mood": "annoyed"}) == "mood"  # type: ignore[arg-type]
        assert tones.refusal("这款有货", **{**may, "topic": "returns"}) == "grave"  # type: ignore[arg-type]
        assert tones.refusal("这款有货", **{**may, "topic": None}) == "grave"  # type: ignore[arg-type]
        assert tones.refusal("抱歉，这款没有货", **may) == "grave"  # type: ignore[arg-type]

    def test_only_new_findings_make_a_tone_worse(self) -> None:
        assert tones.worse("您好，你看", "你看", address="nin", topic=None) == []
        assert [one.rule for one in tones.worse("亲，看看", "看看", address="nin", topic=None)] == ["st_address"]
