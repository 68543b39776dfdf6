"""Talks about bringing, installing, repairing at home, its price and parts (flow F16), every branch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = pytest.mark.live
Begin = Callable[..., Talk]

SOFA, WARDROBE = "880000000021", "880000000022"


# Bringing


@pytest.mark.parametrize(("answer", "row"), [("可以", "di_02"), ("后天吧", "di_02"), ("到时再联系", "di_z_08")])
def test_a_day_is_proposed_and_taken_changed_or_left_open(talk: Begin, answer: str, row: str) -> None:
    shopper = talk("c10").say("沙发啥时候能送上门，想约个时间")
    answered(shopper)
    assert shopper.row == "di_01"
    shopper.say(answer)
    answered(shopper)
    assert shopper.row == row
    assert shopper.ticket


def test_another_day_is_asked_for(talk: Begin) -> None:
    shopper = talk("c10").say("沙发啥时候能送上门，想约个时间").click("换一天")
    answered(shopper)
    shopper.say("这周日")
    answered(shopper)
    assert shopper.row == "di_02"
    assert "11月22日" in shopper.text


def test_a_day_named_afterwards_changes_the_same_request(talk: Begin) -> None:
    shopper = talk("c10").say("沙发想约周六送上门")
    answered(shopper)
    first = shopper.ticket
    shopper.say("改成下周一吧")
    answered(shopper)
    assert shopper.row == "di_02"
    assert shopper.ticket == first


def test_somebody_who_waits_in_vain_gets_a_time(talk: Begin) -> None:
    shopper = talk("c10").say("约好上午送沙发，都中午了人影都没有")
    answered(shopper)
    assert shopper.row == "di_03"
    assert shopper.ticket


def test_a_question_in_between_leads_back_to_the_day(talk: Begin) -> None:
    shopper = talk("c10").say("沙发啥时候能送上门，想约个时间").say("沙发套可以机洗吗")
    answered(shopper)
    shopper.say("可以")
    answered(shopper)
    assert shopper.row == "di_02"


def test_a_person_is_called_while_a_day_is_agreed(talk: Begin) -> None:
    shopper = talk("c10").say("沙发啥时候能送上门，想约个时间").say("找真人客服")
    answered(shopper)
    assert shopper.owner == "queue"


def test_somebody_elses_sofa_is_not_arranged(talk: Begin) -> None:
    shopper = talk("c01").say(f"{SOFA} 这个约周六送货")
    answered(shopper)
    assert shopper.row is None
    assert "沙发" not in shopper.text


# At home


def test_what_was_installed_wrongly_is_put_right(talk: Begin) -> None:
    shopper = talk("c10").say("衣柜师傅装得歪歪扭扭的")
    answered(shopper)
    if shopper.row == "di_z_13":
        shopper.say("右边那扇门关不上")
        answered(shopper)
    assert shopper.row == "di_z_12"
    assert shopper.ticket


def test_goods_that_do_not_fit_the_room_go_to_a_specialist(talk: Begin) -> None:
    shopper = talk("c10").say("衣柜搬上来发现卧室摆不下")
    answered(shopper)
    assert shopper.row == "di_08"
    shopper.say("房间层高两米一，墙宽一米七")
    answered(shopper)
    assert shopper.rows == ["di_z_15", "pr_f_01"]
    assert shopper.ticket


def test_who_cannot_measure_is_helped_all_the_same(talk: Begin) -> None:
    shopper = talk("c10").say("衣柜搬上来发现卧室摆不下").click("先不量")
    answered(shopper)
    assert shopper.row == "pr_f_01"


# Repair


def test_a_repair_at_home_is_registered(talk: Begin) -> None:
    shopper = talk("c10").say("衣柜要报修，麻烦安排师傅")
    answered(shopper)
    assert shopper.row == "rv_01_ask"
    shopper.say("左边的推拉门卡住，拉不动了")
    answered(shopper)
    assert shopper.row == "rv_01"
    assert "14:00" in shopper.text
    assert not any(word in shopper.text for word in ("请提供地址", "您的电话是"))


def test_when_he_comes_is_told_of_the_visit_that_was_registered(talk: Begin) -> None:
    shopper = talk("c01").say("床头柜抽屉坏了，要报修").say("师傅几点到")
    answered(shopper)
    assert shopper.row == "rv_06"


def test_the_price_is_told_before_any_work(talk: Begin) -> None:
    shopper = talk("c10").say(f"{WARDROBE} 修一次大概要花多少")
    answered(shopper)
    assert shopper.row == "rv_05_free"


def test_a_part_is_asked_for_singly(talk: Begin) -> None:
    shopper = talk("c10").say(f"{WARDROBE} 想单独买一个把手")
    answered(shopper)
    assert shopper.row == "rv_07"
    assert "把手" in shopper.text


# Address: the wish is kept while the order is asked for


@pytest.mark.parametrize("named", ["连衣裙", "裙子那单", "0001"])
def test_a_typed_name_after_which_order_keeps_the_address(talk: Begin, named: str) -> None:
    shopper = talk("c01").say("地址填错了")
    answered(shopper)
    shopper.say(named)
    answered(shopper)
    assert "880000000001的新地址" in shopper.text
