"""What nobody needs is masked before it is stored; the shopper is told kindly (script s_privacy_not_needed)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.privacy import notice, says_nothing_else
from shop.db import writing
from tests.gateway.support import Gateway, Shopper, bubble, turn

CARD = "6222021234567890128"


def everything_stored(home: Path) -> str:
    """Every value of every table of the shop's database, as one text."""
    with sqlite3.connect(home / "shop.db") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(str(row) for table in tables for row in database.execute(f"SELECT * FROM {table}"))


@pytest.mark.parametrize(
    ("said", "secret", "told"),
    [
        ("退款打到我卡上 6222 0212 3456 7890 128 可以吗", "6222 0212", "付款"),
        (f"卡号是{CARD}，多久到账", CARD, "付款"),
        ("我的支付宝账号13800138000，退这里", "13800138000", "付款"),
        ("身份证440106198512243025能查到订单吗", "440106198512243025", "证件"),
        ("登录密码是 Abcd1234 帮我看看订单", "Abcd1234", "验证码"),
        ("加微信 shop_friend2020 发图给你", "shop_friend2020", ""),
    ],
)
async def test_a_secret_reaches_neither_the_database_nor_the_engine(
    gateway: Gateway, shopper: Shopper, home: Path, said: str, secret: str, told: str
) -> None:
    gateway.engine.answer = lambda body: turn(bubble(f"echo {body['text']}"))
    first, *_, last = await shopper.ask(said)
    assert told in first["text"]
    assert last["text"].startswith("echo ")
    assert secret not in str(gateway.engine.turns)
    assert gateway.engine.turns[0]["metadata"]["masked"] is True
    assert secret not in everything_stored(home)
    (mine,) = [message for message in await shopper.messages() if message["from"] == "shopper"]
    assert "已隐去" in mine["text"]


async def test_a_number_alone_is_answered_without_guessing_what_it_is_for(gateway: Gateway, shopper: Shopper) -> None:
    (answer,) = await shopper.ask(CARD)
    assert "付款" in answer["text"]
    assert gateway.engine.turns == []


async def test_it_is_said_also_when_the_engine_is_down(gateway: Gateway, shopper: Shopper) -> None:
    gateway.engine.goes_down()
    answer = await shopper.post({"text": f"卡号{CARD}，退款什么时候到"})
    assert answer.status_code == 503
    assert "没有" in answer.json()["replies"][0]["text"]


@pytest.mark.parametrize(
    "said",
    [
        "订单880000000001到哪了",
        "单号 YT8800000000014 查一下",
        "尾号 0001",
        "开票税号91310000MA1FL1234X",
        "退 168.50 元对吗",
        "我手机13800138000，叫王晓明，住文三路90号",
    ],
)
async def test_what_is_needed_stays_word_for_word(gateway: Gateway, shopper: Shopper, said: str) -> None:
    await shopper.ask(said)
    assert gateway.engine.texts == [said]


async def test_an_order_of_the_shop_stays_even_when_it_looks_like_a_card(gateway: Gateway, shopper: Shopper) -> None:
    with writing(gateway.services.database) as session:
        columns = "shop_id, customer_id, product_id, variant, state, paid, postage, ordered_at, insurance, cross_border, delivery"
        rest = "custom_made, no_reason_excluded, loss_agreed_before_payment, version, synced_at"
        session.execute(
            text(f"INSERT INTO orders (id, {columns}, {rest}) SELECT '{CARD}', {columns}, {rest} FROM orders WHERE id = '880000000001'")
        )
    await shopper.ask(f"{CARD} 到哪了")
    assert gateway.engine.texts == [f"{CARD} 到哪了"]
    await shopper.ask(f"我的银行卡号是{CARD}")
    assert CARD not in gateway.engine.texts[-1]


async def test_the_same_message_sent_again_is_the_same(gateway: Gateway, shopper: Shopper) -> None:
    body = {"client_id": "0a8d9a3c-2f0e-4f7e-9f57-0d2f5c6f1a11", "text": f"退到{CARD}"}
    first, second = await shopper.post(body), await shopper.post(body)
    assert first.json()["message"]["id"] == second.json()["message"]["id"]


async def test_a_comment_of_a_rating_is_masked_too(gateway: Gateway, shopper: Shopper, home: Path) -> None:
    body = {"score": 5, "comment": f"返现打我卡{CARD}"}
    answer = await gateway.http.post(f"{shopper.path}/rating", json=body, headers=shopper.headers)
    assert answer.status_code == 204
    assert CARD not in everything_stored(home)


def test_the_sentence_fits_what_was_masked() -> None:
    assert notice([]) is None
    assert notice(["account", "password"]) == "utter_smalltalk_secret_code"
    assert says_nothing_else("[银行卡号已隐去]。")
    assert not says_nothing_else("退到[银行卡号已隐去]")
    assert not says_nothing_else("？")
