"""Talks of anger and danger, and a person on request: obeyed in that turn, in any wording, in any form."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]
WORDINGS = [
    "人工",
    "转人工！！",
    "人工客服",
    "叫个活人来",
    "我要跟真人说话",
    "客服呢",
    "有没有人啊",
    "别用机器人敷衍我 找人来",
    "接人工",
    "rengong",
    "请帮我转接客服人员",
    "能不能来个人",
    "让你们主管跟我说",
    "不想跟机器人聊",
    "人 工",
    "我找在线客服",
    "有活人吗",
    "转真人",
]


@pytest.mark.parametrize("text", WORDINGS)
def test_a_person_asked_for_comes_in_that_turn(talk: Begin, text: str) -> None:
    said = talk("c05").say(text)
    answered(said)
    assert said.row == "es_07"
    assert said.owner == "queue"
    assert said.ticket


@pytest.mark.parametrize(
    "before",
    [["想退货"], ["想退货", "连衣裙"], ["穿什么码"], ["取消订单"], ["查快递"], ["便宜点", "连衣裙"]],
)
@pytest.mark.parametrize("text", ["转人工", "算了找人工吧"])
def test_a_person_is_obeyed_in_the_middle_of_anything(talk: Begin, before: list[str], text: str) -> None:
    said = talk("c05")
    for line in before:
        said.say(line)
    said.say(text)
    answered(said)
    assert said.owner == "queue"


def test_the_person_is_told_what_it_is_about(talk: Begin) -> None:
    said = talk("c05").say("收到的裙子开线了想换一件").say("转人工")
    assert "880000000009" in said.text


@pytest.mark.parametrize("text", ["用了之后过敏起红疹了", "台灯漏电把我电到了", "孩子把扣子吞下去了", "插上电冒烟起火了"])
@pytest.mark.parametrize("before", [[], ["想退货"], ["穿什么码"]])
def test_danger_goes_to_a_person_before_everything(talk: Begin, before: list[str], text: str) -> None:
    said = talk("c05")
    for line in before:
        said.say(line)
    said.say(text)
    answered(said)
    assert said.rows == ["es_01"]
    assert said.owner == "queue"
    assert "120" in said.text


def test_abuse_is_met_politely_limited_and_handed_over(talk: Begin) -> None:
    said = talk("c05").say("你们是傻逼吗")
    answered(said)
    assert (said.row, said.owner) == ("ab_01", "bot")
    said.say("垃圾店 滚")
    answered(said)
    assert (said.row, said.owner) == ("ab_02", "bot")
    said.say("操你妈")
    answered(said)
    assert (said.row, said.owner) == ("ab_03", "queue")


def test_abuse_is_counted_over_other_turns(talk: Begin) -> None:
    said = talk("c05", product_id="p1001").say("你们是傻逼吗")
    for line in ("多少钱", "什么面料", "包邮吗", "有尺码表吗", "几点上班", "可以发顺丰吗"):
        said.say(line)
    assert said.say("垃圾店 滚").row == "ab_02"


@pytest.mark.parametrize(("text", "row"), [("我要投诉你们", "cd_02"), ("我要去12315告你们", "cd_11")])
def test_a_complaint_is_taken_with_a_number_and_a_time(talk: Begin, text: str, row: str) -> None:
    said = talk("c05").say(text)
    answered(said)
    assert said.row == row
    assert said.ticket
    assert said.owner == "queue"


def test_an_invoice_is_passed_on(talk: Begin) -> None:
    said = talk("c05").say("发票能开吗")
    answered(said)
    assert said.ticket
