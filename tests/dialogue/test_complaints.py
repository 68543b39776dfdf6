"""Talks of anger and danger (flow F15), and a person on request (F19): obeyed in that turn, in any wording, in any form."""

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
    assert said.row in ("es_07", "cd_z_01")  # somebody, or the supervisor by name
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


def test_a_complaint_is_taken_heard_and_closed(talk: Begin) -> None:
    said = talk("c05").say("我要投诉你们店")
    answered(said)
    assert (said.row, said.owner) == ("cd_02", "bot")
    ticket = said.ticket
    assert ticket
    said.say("就觉得在你们这儿买东西很憋屈")
    answered(said)
    assert said.owner == "bot"
    assert said.ticket == ticket
    said.click("等核实后的方案")
    answered(said)
    assert (said.row, said.owner, said.ticket) == ("cd_08_close", "bot", ticket)


def test_a_person_can_be_chosen_as_the_remedy(talk: Begin) -> None:
    said = talk("c05").say("我要投诉你们店").say("就觉得在你们这儿买东西很憋屈").click("现在和同事谈")
    answered(said)
    assert said.owner == "queue"


def test_what_was_said_back_wrongly_is_asked_again(talk: Begin) -> None:
    said = talk("c05").say("我要投诉你们店").say("就觉得在你们这儿买东西很憋屈").say("不对")
    answered(said)
    assert said.owner == "bot"
    answered(said.say("是周一那次让我白等"))


def test_serious_words_go_to_a_person_at_once(talk: Begin) -> None:
    said = talk("c05").say("我要去12315告你们")
    answered(said)
    assert (said.row, said.owner) == ("cd_11", "queue")
    assert said.ticket


@pytest.mark.parametrize(("text", "row"), [("你家客服讲话阴阳怪气的", "cd_05"), ("客服昨天亲口答应的事今天不认账", "cd_06")])
def test_people_and_their_mistakes_end_with_the_supervisor(talk: Begin, text: str, row: str) -> None:
    said = talk("c05").say(text)
    answered(said)
    assert (said.row, said.owner) == (row, "bot")
    said.say("昨天下午三点左右那位")
    answered(said)
    assert (said.row, said.owner) == ("cd_08_supervisor", "queue")


def test_anger_that_stays_goes_to_the_supervisor(talk: Begin) -> None:
    said = talk("c05").say("真的要被你们气死了！！")
    answered(said)
    assert said.owner == "bot"
    said.say("一群骗子，没完没了地骗人！！")
    answered(said)
    assert said.owner == "queue"


def test_a_complaint_about_a_parcel_is_answered_about_the_parcel(talk: Begin) -> None:
    said = talk("c03").say("怎么到现在还没发货啊，垃圾店铺")
    answered(said)
    assert any(row.startswith("ls_") for row in said.rows), said.transcript


def test_an_angry_question_is_acknowledged_and_answered(talk: Begin) -> None:
    said = talk("c05", product_id="p1001").say("什么破店，连包邮都不写清楚，到底包邮吗！！")
    answered(said)
    assert any(script in ("s_as_unreasonable", "s_complaint_empathy") for script in said.scripts), said.transcript
    assert len(said.scripts) > 1, said.transcript


def test_a_complaint_in_the_middle_of_a_form_wins(talk: Begin) -> None:
    said = talk("c05").say("想退货").say("我要投诉你们店")
    answered(said)
    assert said.row == "cd_02"
