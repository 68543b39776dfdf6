"""Suggestions beside somebody else's chat: no talk, nothing stored, fit for a marketplace's chat."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from gateway import companion
from gateway.problems import Problem
from shop.db import reading
from shop.models import Base
from tests.gateway.support import Gateway, suggestions


def stored(gateway: Gateway) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the shop's database."""
    with reading(gateway.services.database) as session:
        return {name: sorted(map(tuple, session.execute(select(table))), key=repr) for name, table in Base.metadata.tables.items()}


async def test_the_engine_is_asked_in_the_dark_about_the_order_and_nothing_is_stored(gateway: Gateway) -> None:
    order = gateway.services.shop.orders_of("c05")[0]
    before = stored(gateway)
    offer = await companion.suggest(gateway.services, "  怎么还没到？\n急  ", f" {order.order_id[:4]} {order.order_id[4:]} ")
    asked = gateway.engine.asked[-1]
    assert [one["text"] for one in offer.suggestions] == ["这款M码有货。", "请稍等，为您查一下。"]
    assert (asked["text"], asked["slots"]) == ("怎么还没到？\n急", {"order_id": order.order_id})
    assert asked["metadata"]["dry_run"] is True
    assert asked["metadata"]["customer_id"] == "c05"
    assert asked["metadata"]["outlet"] == "platform"
    assert stored(gateway) == before


async def test_without_an_order_nobody_is_meant(gateway: Gateway) -> None:
    await companion.suggest(gateway.services, "在吗", None)
    asked = gateway.engine.asked[-1]
    assert (asked["metadata"]["customer_id"], asked["slots"]) == (None, {})
    await companion.suggest(gateway.services, "在吗", "  ")
    assert gateway.engine.asked[-1]["sender"] != asked["sender"], "each question is a talk of its own"


async def test_what_a_marketplace_forbids_is_not_suggested(gateway: Gateway) -> None:
    texts = ["加我微信 xiaoer2026 聊。", "详情见 https://example.com/a", "这款M码有货。"]
    gateway.engine.suggest = lambda body: suggestions(texts)
    offer = await companion.suggest(gateway.services, "有M码吗", None)
    assert [one["text"] for one in offer.suggestions] == ["这款M码有货。"]
    gateway.engine.suggest = lambda body: suggestions(texts[:2])
    assert (await companion.suggest(gateway.services, "有M码吗", None)).reason == "nothing"


async def test_a_couriers_number_may_be_told_and_no_other(gateway: Gateway) -> None:
    phone = next(one.pickup_phone for one in gateway.services.shop.shop().couriers if one.pickup_phone)
    gateway.engine.suggest = lambda body: suggestions([f"快递电话 {phone}。", "打 13812345678 找我。"])
    offer = await companion.suggest(gateway.services, "快递电话多少", None)
    assert [one["text"] for one in offer.suggestions] == [f"快递电话 {phone}。"]


async def test_what_our_own_window_may_say_with_its_facts_may_be_said_there_too(gateway: Gateway) -> None:
    gateway.engine.suggest = lambda body: suggestions(["全店满99元立减5元，下单时直接减。"])
    assert (await companion.suggest(gateway.services, "有优惠吗", None)).reason is None


async def test_what_only_the_assistant_says_is_left_out_and_an_unopened_ticket_is_a_gap(gateway: Gateway) -> None:
    gateway.engine.suggest = lambda body: suggestions(["已为您提交，单号T-PREVIEW。想现在就谈，也可以转人工。", "我是自动助手。"])
    offer = await companion.suggest(gateway.services, "查一下", None)
    assert [(one["text"], one["missing"]) for one in offer.suggestions] == [("已为您提交，单号{ticket}。", ["ticket"])]


async def test_no_more_than_asked_for(gateway: Gateway) -> None:
    assert len((await companion.suggest(gateway.services, "在吗", None, 1)).suggestions) == 1


async def test_a_secret_does_not_reach_the_engine(gateway: Gateway) -> None:
    await companion.suggest(gateway.services, "密码是 abc12345，帮我看看订单", None)
    assert "abc12345" not in str(gateway.engine.asked)


REFUSED = [("", None, "text"), (" \n", None, "text"), ("字" * 1_001, None, "text"), ("在吗", "8888", "order"), ("在吗", "8" * 99, "order")]


@pytest.mark.parametrize(("text", "order", "kind"), REFUSED)
async def test_what_cannot_be_asked_is_refused_with_a_remedy(gateway: Gateway, text: str, order: str | None, kind: str) -> None:
    with pytest.raises(Problem) as refused:
        await companion.suggest(gateway.services, text, order)
    assert (refused.value.status, refused.value.kind) == (422, kind)
    assert not gateway.engine.asked


async def test_an_engine_that_is_away_is_said_and_nothing_fails(gateway: Gateway) -> None:
    def refuse(body: dict[str, Any]) -> httpx.Response:
        raise httpx.ConnectError("refused")

    gateway.engine.suggest = refuse
    offer = await companion.suggest(gateway.services, "在吗", None)
    assert (offer.suggestions, offer.reason) == ((), "down")
