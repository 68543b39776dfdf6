"""What several things cost together and what promotions say (flow F1): the whole product, on days with and without promotions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from launch.product import Product
from tests.conftest import NOON
from tests.dialogue.checks import answered
from tests.dialogue.talk import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
Begin = Callable[..., Talk]

NIGHT = "2026-11-10T21:00:00+08:00"  # 双11: steps, the dress at 149, a present
PRESALE = "2026-11-30T12:00:00+08:00"  # deposits of the quilt, the second pillow at half price
TWELVE = "2026-12-11T12:00:00+08:00"  # each full 300 of clothing and bedding, not with coupons


@pytest.fixture
def on(product: Product) -> Iterator[Callable[[str], None]]:
    """Moves the clock of those who answer; afterwards it is the everyday noon again."""

    def move(now: str) -> None:
        process = product.processes["actions"]
        if process.environment.get("XIAOER_NOW") != now:
            process.environment["XIAOER_NOW"] = now
            product.restart("actions")

    yield move
    move(NOON)


@pytest.mark.parametrize(
    ("page", "text", "row", "told"),
    [
        ("p1001", "这条要两件的话多少", "pn_05", ["168元×2＝336元", "满199减10", "326元"]),
        (None, "短袖加直筒裤到手价算一下", "pn_05", ["59元", "139元", "邮费：8元", "201元"]),
        (None, "两件短袖、一条仔裤、三个枕芯，总价呢", "pn_05", ["118元", "60元", "307元"]),
        ("p2002", "买俩枕芯一共得多少钱", "pn_06", ["20元×2＝40元", "48元"]),
        ("p1001", "店里满减跟优惠券能不能一块用", "pn_26", ["一单可用一张"]),
        (None, "定金交了以后尾款是哪天付呀", "pn_36", ["现在没有预售"]),
        ("p2002", "第二件半价是怎么个算法", "pn_16", ["没有第二件半价活动"]),
        (None, "双十一那个满减还有没有", "pn_15", ["11月11日"]),
    ],
)
def test_on_an_everyday_day(talk: Begin, page: str | None, text: str, row: str, told: list[str]) -> None:
    shopper = talk(product_id=page).say(text)
    answered(shopper)
    assert shopper.rows[0] == row, shopper.transcript
    for words in told:
        assert words in shopper.text, shopper.transcript


def test_a_sum_grows_with_what_is_added(talk: Begin) -> None:
    shopper = talk().say("短袖加直筒裤到手价算一下")
    assert "201元" in shopper.text, shopper.transcript
    shopper.say("再加一件连衣裙一共多少")
    answered(shopper)
    assert "356元" in shopper.text, shopper.transcript


def test_on_the_night_of_the_eleventh(talk: Begin, on: Callable[[str], None]) -> None:
    on(NIGHT)
    dress = talk(product_id="p1001").say("这件现在卖多少钱")
    answered(dress)
    assert dress.rows[0] == "pn_09", dress.transcript
    assert "149元" in dress.text
    dress.say("三件的话一共多少钱")
    assert "406元" in dress.text, dress.transcript
    assert "双11限时价：-38元" in dress.text
    assert "双11满减：-50元" in dress.text
    both = talk().say("店里满减跟优惠券能不能一块用")
    assert both.rows[0] == "pn_22", both.transcript
    gift = talk(product_id="p2003").say("买这个送什么赠品呀")
    assert gift.rows[0] == "pn_42", gift.transcript
    assert "香薰小样" in gift.text
    assert not [floor for floor in ("1180", "649") if floor in gift.text + dress.text]


def test_while_a_presale_takes_deposits(talk: Begin, on: Callable[[str], None]) -> None:
    on(PRESALE)
    quilt = talk(product_id="p2003").say("定金交了以后尾款是哪天付呀")
    answered(quilt)
    assert quilt.rows[0] == "pn_32", quilt.transcript
    assert "12月5日20:00" in quilt.text
    assert "12月15日" in quilt.text
    both = talk().say("蚕丝被一床加两个枕芯，一共要付多少")
    answered(both)
    assert both.rows[0] == "pn_03", both.transcript
    assert "定金100元" in both.text
    assert "合计637元" in both.text
    half = talk(product_id="p2002").say("第二件半价是怎么个算法")
    assert half.rows[0] == "pn_13", half.transcript
    assert "38元" in half.text


def test_where_a_promotion_goes_without_coupons(talk: Begin, on: Callable[[str], None]) -> None:
    on(TWELVE)
    both = talk().say("店里满减跟优惠券能不能一块用")
    assert both.rows[0] == "pn_23", both.transcript
    total = talk().say("四件套跟连衣裙都要，到手价多少")
    answered(total)
    assert "双12每满300减40：-40元" in total.text, total.transcript
    assert "387元" in total.text
