"""Personal data in words: none of it reaches a trainer or a log; nothing of an ordinary message is taken away."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from policy.masking import personal, scrub, secrets
from policy.masking.accounts import is_card, is_identity, luhn

HERE = Path(__file__).resolve().parent / "masking"


def lines(name: str) -> list[str]:
    """The sentences of a file, without its comments."""
    return [line for line in (HERE / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]


PERSONAL = [(line.split("\t")[0], line.split("\t")[1].split("|")) for line in lines("personal.txt")]
ORDINARY = lines("ordinary.txt")


def test_there_are_enough_sentences_of_either_kind() -> None:
    assert len({said for said, _ in PERSONAL}) >= 200
    assert len(set(ORDINARY)) >= 100


@pytest.mark.parametrize(("said", "parts"), PERSONAL, ids=[said for said, _ in PERSONAL])
def test_no_personal_data_is_left_for_a_trainer(said: str, parts: list[str]) -> None:
    masked = personal(said)
    left = [part for part in parts if part in masked.text]
    assert not left, masked.text
    assert masked.kinds
    assert personal(masked.text).text == masked.text, "masking again changes nothing"


@pytest.mark.parametrize("said", ORDINARY)
def test_nothing_of_an_ordinary_message_is_masked(said: str) -> None:
    assert personal(said).text == said
    assert secrets(said).text == said


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("卡号6222021234567890128退这里", "卡号[银行卡号已隐去]退这里"),
        ("我叫王晓明，电话13800138000，住文三路90号", "我叫王晓明，电话13800138000，住文三路90号"),
        ("税号91310000MA1FL1234X，抬头某某公司", "税号91310000MA1FL1234X，抬头某某公司"),
        ("个人身份证440106198512243025", "个人身份证[身份证号已隐去]"),
        ("支付宝13800138000", "支付宝[账号已隐去]"),
        ("验证码 834512，密码:Abc12345", "验证码 [验证码已隐去]，密码:[密码已隐去]"),
        ("护照E12345678", "护照[证件号已隐去]"),
        ("运单号6222021234567890128", "运单号6222021234567890128"),
        ("6222021234567890127", "6222021234567890127"),
    ],
)
def test_before_storing_only_what_nobody_needs_is_masked(said: str, stored: str) -> None:
    assert secrets(said).text == stored


def test_a_number_the_shop_knows_stays_unless_the_sentence_calls_it_a_card() -> None:
    assert secrets("6222021234567890128到哪了", lambda digits: digits == "6222021234567890128").kinds == ()
    assert secrets("银行卡6222021234567890128", lambda digits: True).kinds == ("bank_card",)


def test_check_digits_are_those_of_the_standards() -> None:
    assert luhn("6222021234567890128")
    assert not luhn("6222021234567890129")
    assert is_card("4111111111111111")
    assert not is_card("0000000000000000")
    assert not is_card("1234567812345670"), "no bank's leading digits"
    assert is_identity("440106198512243025")
    assert not is_identity("440106198513243025"), "no such month"
    assert not is_identity("440106198512243021"), "wrong check character"
    assert not is_identity("990106198512243025"), "no such province"


def test_what_was_taken_out_is_taken_out_of_values_too() -> None:
    hidden = secrets("退到6222 0212 3456 7890 128").hidden
    value = {"entities": [{"value": "6222021234567890128"}, {"value": 6222021234567890128}], "text": "a 6222 0212 3456 7890 128", "n": 5}
    assert "6222" not in str(scrub(value, hidden))
    assert scrub(value, ()) == value


def test_a_known_name_is_masked_wherever_it_stands() -> None:
    assert personal("帮云朵朵查一下，朵朵急用", known=["云朵朵", ""]).text == "帮[姓名]查一下，朵朵急用"


def test_a_very_long_message_does_not_stop_the_machine() -> None:
    for unit in ("住路号村", "1 ", "微信号 ", "卡号1", "我叫", "一二三四五六七八九"):
        begun = time.process_time()  # what others do on the machine meanwhile is no matter of ours
        secrets(unit * (20_000 // len(unit)))
        personal(unit * (4_000 // len(unit)))
        assert time.process_time() - begun < 3, unit
