"""The wording check: 1,000 ordinary sentences pass, 200 tricks of other wording are found, disguises do not help, facts may be stated.

How the data came about (so that the rates below are read rightly):
- ordinary_a to _d: own sentences, written before the patterns were tried on them. Share with a finding of severity block or ask at the
  first try: a 5.9 %, b 2.9 %, c 3.4 %, d 5.8 % (3 of 52). Patterns were corrected after each; the learned part was never trained on any.
- tricks_tuning (100) was used for patterns and for training, tricks_held_out (200) for neither: written at the same time, split by
  chance, seen only as sums by family. Found at the first try, patterns alone: 40 % (33 % in the right family).
"""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest

from policy.wording import PROFILES, blocks, check
from policy.wording.__main__ import main
from policy.wording.learn import learned
from policy.wording.normal import normalise
from policy.wording.rules import classes, expression
from policy.wording.train import examples, fingerprint
from tests.contract.project import responses

HERE = Path(__file__).parent


def lines(*names: str) -> list[tuple[str, str]]:
    """(heading, sentence) of data files."""
    found, heading = [], ""
    for name in names:
        for line in (HERE / f"{name}.txt").read_text("utf-8").splitlines():
            if line.startswith("# "):
                heading = line[2:]
            elif line.strip():
                found.append((heading, line.strip()))
    return found


ORDINARY = [text for _, text in lines("ordinary_a", "ordinary_b", "ordinary_c", "ordinary_d")]
HELD_OUT = lines("tricks_held_out")
TUNING = lines("tricks_tuning")


def rule_ids(text: str, **options: object) -> set[str]:
    """Ids of the findings that need somebody to act."""
    return {one.rule for one in check(text, **options) if one.severity != "hint"}  # type: ignore[arg-type]


def families(heading: str, text: str) -> set[str]:
    """Families found in a trick, where it would be tried."""
    profile = "platform_chat" if heading == "offsite" else "own_site"
    return {one.family for one in check(text, profile=profile) if one.severity != "hint"}


def test_there_are_a_thousand_ordinary_sentences_of_our_own() -> None:
    said = {str(one.get("text", "")) for several in responses().values() for one in several}
    assert len(set(ORDINARY)) == 1000
    assert sum(text in said for text in ORDINARY) <= 200
    assert not {text for _, text in examples()} & set(ORDINARY), "the learned part must not have seen them"


@pytest.mark.parametrize("profile", PROFILES)
def test_ordinary_sentences_pass(profile: str) -> None:
    wrong = {text: found for text in ORDINARY if (found := rule_ids(text, profile=profile))}
    assert len(wrong) <= 10, wrong


def test_the_held_out_tricks_are_held_out() -> None:
    assert len({text for _, text in HELD_OUT}) == 200
    assert len({text for _, text in TUNING}) == 100
    assert not {text for _, text in HELD_OUT} & ({text for _, text in TUNING} | {text for _, text in examples()})


def test_tricks_of_other_wording_are_found() -> None:
    assert sum(bool(families(heading, text)) for heading, text in HELD_OUT) >= 180


def test_most_tricks_are_found_for_the_right_reason() -> None:
    assert sum(heading in families(heading, text) for heading, text in HELD_OUT) >= 170


def test_the_tricks_of_tuning_stay_found() -> None:
    missed = [text for heading, text in TUNING if heading not in families(heading, text)]
    assert len(missed) <= 4, missed


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("全网最低价", "hn_01"),
        ("全 网 最 低 价", "hn_01"),
        ("全*网*最*低*价", "hn_01"),
        ("全，网，最，低，价", "hn_01"),
        ("全網最低價", "hn_01"),
        ("全网zui低", "hn_01"),
        ("全网蕞低", "hn_01"),
        ("全\u200b网最\u200b低", "hn_01"),
        ("给五⭐⭐返现", "hn_29"),
        ("好坪返xian两元", "hn_29"),
        ("打五星送红包", "hn_29"),
        ("最后一件了", "hn_08"),
        ("请把验证码发给我", "st_secret"),
        ("退款需要您的支付宝账号", "st_secret"),
        ("转到我个人账户就行", "hn_34"),
        ("喂，说话呀", "ng_01"),
        ("一分钱一分货", "ng_20"),
        ("概不退换", "hn_27"),
        ("我们会尽快处理", "av_soon"),
        ("快递一定会在今天送到", "st_others"),
        ("你的订单查到了", "av_you"),
        ("零甲醛", "hn_15"),
        ("这枕头治失眠", "hn_35"),
    ],
)
def test_disguises_and_plain_cases_are_found(text: str, rule: str) -> None:
    assert rule in rule_ids(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("加薇信聊", "op_contact"),
        ("加V信", "op_contact"),
        ("加个v详聊", "op_contact"),
        ("加Ｑ Ｑ 群", "op_contact"),
        ("打13800138000", "op_phone"),
        ("1 3 8 0 0 1 3 8 0 0 0", "op_phone"),
        ("１３８－００１３－８０００", "op_phone"),
        ("一三八零零一三八零零零", "op_phone"),
        ("①③⑧零零①③⑧零零零", "op_phone"),
        ("幺三八零零幺三八零零零", "op_phone"),
        ("看www.example.com", "op_link"),
        ("https://example.com/a", "op_link"),
        ("example点com", "op_link"),
        ("留个手机号给我", "op_contact_ask"),
        ("好评返现五元", "hn_29"),
        ("微信转账给我", "hn_34"),
    ],
)
def test_ways_out_of_a_marketplace_are_blocked_there(text: str, rule: str) -> None:
    found = {one.rule: one.severity for one in check(text, profile="platform_chat")}
    assert found.get(rule) == "block"
    assert not any(one.rule.startswith("op_") for one in check(text)), "on the own site they are the shop's business"


@pytest.mark.parametrize(
    "text",
    [
        "订单880012345678已发出",
        "单号YT8800123456789",
        "运单号 1380013800012",
        "{courier_phone}是快递电话",
        "微信零钱的退款会退回零钱",
        "请勿加陌生人微信",
    ],
)
def test_numbers_of_orders_and_parcels_are_no_telephones(text: str) -> None:
    assert not any(one.rule.startswith("op_") for one in check(text, profile="platform_chat"))


def test_a_number_out_of_data_may_be_stated() -> None:
    assert "hn_08" in rule_ids("库存只剩3件了")
    assert "hn_08" not in rule_ids("库存只剩3件了", backed=("3",))
    assert "hn_08" in rule_ids("库存只剩3件了", backed=("5",))
    assert "hn_08" not in rule_ids("库存只剩{stock}件了")
    assert "hn_08" in rule_ids("库存只剩3件了", backed=("33",))
    assert "op_phone" not in rule_ids("电话4000000000", profile="platform_chat", backed=("4000000000",))


def test_a_date_makes_a_promise_whole() -> None:
    assert "av_soon" not in rule_ids("会尽快在{deadline}前回复您")
    assert "av_soon" not in rule_ids("尽快处理，明天下午3点前回复您")


def test_denials_are_no_offers() -> None:
    assert not rule_ids("请不要把验证码发给任何人")
    assert not rule_ids("我们没有好评返现的活动")
    assert not rule_ids("请勿向平台外的账户转账")


def test_shape_follows_topic_and_address() -> None:
    assert "st_emoji" not in rule_ids("好的，已经查到了😊", topic="products")
    assert "st_emoji" in rule_ids("好的，已经查到了😊", topic="complaints")
    assert "st_emoji" in rule_ids("好的😊已经查到了😊", topic="products")
    assert "st_marks" in rule_ids("欢迎光临！！")
    assert "st_length" in rule_ids("这款面料是棉的，" * 12)
    assert "st_length" not in rule_ids("这款面料是棉的，\n\n" * 12)
    assert "ng_30" in rule_ids("嗯")
    assert "st_address" in rule_ids("亲，在的")
    assert "st_address" in rule_ids("亲，在的", address="qin")
    assert "st_address" not in rule_ids("亲，在的", address="qin", topic="products")
    assert "st_address" in rule_ids("亲，在的", address="qin", topic="complaints")
    assert "st_address" not in rule_ids("母亲节礼物和亲子装在首页")
    assert "av_laugh" in rule_ids("哈哈，抱歉", topic="complaints")
    assert "av_laugh" not in rule_ids("哈哈，谢谢您", topic="products")


def test_a_finding_points_at_the_original_text() -> None:
    text = "您好，全 网 最 低 价。"
    one = next(one for one in check(text) if one.rule == "hn_01")
    assert text[slice(*one.span)] == one.found
    assert one.found.startswith("全 网")
    assert one.severity == "block"
    assert one.suggestion is not None
    assert one.suggestion.startswith("s_bargain_3_final")


def test_the_learned_part_asks_and_never_blocks() -> None:
    sounding = [one for _, text in HELD_OUT for one in check(text) if one.sounds]
    assert sounding
    assert {one.severity for one in sounding} == {"ask"}


def test_the_learned_part_is_of_these_examples() -> None:
    assert learned()["examples"] == fingerprint(), "run python -m policy.wording.train"


def test_the_check_is_quick_and_repeatable() -> None:
    check(ORDINARY[0])
    start = time.process_time()
    first = [check(text) for text in ORDINARY[:100]]
    assert time.process_time() - start < 5
    assert first == [check(text) for text in ORDINARY[:100]]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "{", "{}{x", "\ud83d", "a" * 5000, "最" * 2000, "不" * 2000, "1" * 3000, "…" * 500])
def test_odd_texts_do_no_harm(text: str) -> None:
    start = time.process_time()
    for one in check(text, profile="platform_chat"):
        assert 0 <= one.span[0] <= one.span[1] <= len(text)
    assert time.process_time() - start < 10


def test_unknown_profile_and_address_are_named() -> None:
    with pytest.raises(ValueError, match="own_site, platform_chat"):
        check("x", profile="elsewhere")
    with pytest.raises(ValueError, match="nin, qin"):
        check("x", address="ni")


def test_lists_that_are_wrong_say_where() -> None:
    with pytest.raises(ValueError, match="here: unknown word class <nothing>"):
        expression("<nothing>", "here")
    with pytest.raises(ValueError, match="is no pattern"):
        expression("(", "here")
    assert "<" not in "".join(classes()).strip()


def test_normal_text_keeps_its_places() -> None:
    normal = normalise("Ａ全\u200b 网")
    assert normal.text == "a全网"
    assert normal.span(1, 3) == (1, 5)


def test_command_line_explains_and_exits(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["全网最低价"]) == 1
    told = capsys.readouterr().out
    assert "hn_01" in told
    assert "s_bargain_3_final" in told
    assert main(["您好，有什么可以帮您？"]) == 0
    assert main(["我们会尽快处理"]) == 0, "ask does not block"
    capsys.readouterr()
    assert main(["加薇信", "--profile", "platform_chat", "--topic", "products", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found[0]["rule"] == "op_contact"
    assert found[0]["severity"] == "block"
    monkeypatch.setattr("sys.stdin", io.StringIO("最后一件了"))
    assert main(["-"]) == 1
    with pytest.raises(SystemExit) as stopped:
        main(["x", "--profile", "elsewhere"])
    assert stopped.value.code == 2
    assert "platform_chat" in capsys.readouterr().err


def test_blocks_tells_whether_something_may_go_out() -> None:
    assert blocks(check("概不退换"))
    assert not blocks(check("您好"))


def test_an_apology_for_not_having_checked_blames_nobody() -> None:
    """hn_32 forbids 「发货前都检查好的」; 「没有检查好」 is the opposite."""
    assert not [one.rule for one in check("很抱歉，发货前没有检查好，纯棉圆领T恤让您不满意了。") if one.severity == "block"]
    assert "hn_32" in [one.rule for one in check("我们发货前都检查好的，不可能有问题")]
