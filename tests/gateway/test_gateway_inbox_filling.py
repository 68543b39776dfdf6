"""What gets into the trainers' inbox, how it is masked and grouped, and that it goes with its talk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gateway import inbox_filling
from gateway.inbox_filling import InboxFilling, anonymous, why
from shop.clock import Clock
from shop.db import reading, writing
from shop.inbox import Filter, InboxMessage, InboxMessages
from shop.models import Conversation, InboxRow, Message
from tests.gateway.staff_support import Worker
from tests.gateway.support import CLOCK, Gateway, Shopper, bubble, turn


@pytest.fixture
def fill(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> InboxFilling:
    # Ids are drawn by chance, and with them the messages that are looked at though nothing was wrong.
    monkeypatch.setattr(inbox_filling, "SAMPLED", 0.0)
    return InboxFilling(gateway.services.database, "demo", CLOCK, settled=timedelta(0))


@pytest.fixture
def inbox(gateway: Gateway) -> InboxMessages:
    return InboxMessages(gateway.services.database, "demo", CLOCK)


def reads(gateway: Gateway, *shares: tuple[str, float], topic: str | None = None, **answer: Any) -> None:
    """From now on the engine ranks wishes so."""
    ranking = [{"name": name, "confidence": share} for name, share in shares]

    def said(body: dict[str, Any]) -> Any:
        made = turn(bubble("好的", **answer), intent=shares[0][0])
        content = made.json()
        content["trace"] |= {"ranking": ranking, "confidence": shares[0][1], "topic": topic}
        return type(made)(200, json=content)

    gateway.engine.answer = said


def everything(inbox: InboxMessages) -> list[InboxMessage]:
    return inbox.messages(Filter())[0]


async def test_what_was_not_understood_is_there_once_and_masked(gateway: Gateway, fill: InboxFilling, inbox: InboxMessages) -> None:
    reads(gateway, ("nlu_fallback", 0.5), ("bargain", 0.4), ("ask_price", 0.3))
    shopper = await Shopper.come(gateway.http, identity=gateway.services.identities.sign("c01"))
    await shopper.ask("我叫王小明 电话13812345678 订单880012345678能便宜点不")
    assert fill.piece() == 0
    fill.piece()
    (found,) = everything(inbox)
    assert not any(secret in found.text for secret in ("王小明", "13812345678", "880012345678"))
    assert "880000000000" in found.text, "a number keeps its form, so that it is still read as one"
    assert found.text.endswith("能便宜点不")
    assert (found.reasons, found.intent, found.share, found.second) == (("fallback",), "bargain", 0.4, 0.3)
    assert [one["name"] for one in found.ranking] == ["bargain", "ask_price"]


async def test_a_narrow_margin_is_a_reason_and_a_wide_one_is_none(gateway: Gateway, fill: InboxFilling, inbox: InboxMessages) -> None:
    shopper = await Shopper.come(gateway.http)
    for text, shares in (("便宜点卖不", (0.97, 0.01)), ("能少点吗亲", (0.6, 0.2)), ("价格好商量不", (0.8, 0.55))):
        reads(gateway, ("bargain", shares[0]), ("ask_discount", shares[1]), topic="t")
        await shopper.ask(text)
    fill.piece()
    found = {one.text: one for one in everything(inbox) if one.reasons != ("sampled",)}
    assert set(found) == {"能少点吗亲", "价格好商量不"}
    assert found["价格好商量不"].topic == "t"


def test_some_of_the_rest_are_sampled_by_their_ids_alone() -> None:
    sure = {"intent": "greet", "confidence": 1.0, "ranking": [{"name": "greet", "confidence": 1.0}]}
    drawn = sum(bool(why(f"m_{number}", sure)) for number in range(5000))
    assert 60 < drawn < 140
    assert why("m_1", sure) == why("m_1", {})


async def test_buttons_pictures_and_bare_numbers_stay_out(gateway: Gateway, fill: InboxFilling, inbox: InboxMessages) -> None:
    buttons = [{"title": "好的就这样", "payload": "/affirm"}]
    reads(gateway, ("nlu_fallback", 0.5), ("bargain", 0.4), buttons=buttons)
    shopper = await Shopper.come(gateway.http)
    replies = await shopper.ask("880012345678")
    await shopper.press(replies, "好的就这样")
    await shopper.ask("？？")
    fill.piece()
    assert everything(inbox) == []


async def test_lines_of_one_turn_are_one_message(gateway: Gateway, fill: InboxFilling, inbox: InboxMessages) -> None:
    reads(gateway, ("nlu_fallback", 0.5), ("bargain", 0.4))
    shopper = await Shopper.come(gateway.http)
    for text in ("这个沙发", "能不能再优惠"):
        await shopper.ask(text)
    with writing(gateway.services.database) as session:
        rows = list(session.scalars(select(Message).where(Message.sender == "shopper").order_by(Message.seq)))
        for row in rows:
            row.trace = {**(row.trace or {}), "turn": rows[-1].id}
    fill.piece()
    assert [one.text for one in everything(inbox)] == ["这个沙发，能不能再优惠"]


@pytest.mark.parametrize("sampled", [0.0, 1.0], ids=["not drawn", "drawn before"])
async def test_agents_edits_and_bad_ratings_are_reasons_of_the_same_message(
    gateway: Gateway, fill: InboxFilling, inbox: InboxMessages, sampled: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_filling, "SAMPLED", sampled)
    lan = await Worker.come(gateway, "lan", "012")
    shopper = await Shopper.come(gateway.http)
    await lan.take(shopper.id)
    await shopper.ask("M码有货吗")
    use = (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()["use"]
    await lan.say(shopper.id, "这款M码有货，今天发。", use=use, place=0, confirmed=True)
    fill.piece()
    (found,) = everything(inbox)
    assert {"edited"} <= set(found.reasons)
    assert found.share is not None
    gateway.services.store.rate(shopper.id, 1, None)
    fill.piece()
    (found,) = everything(inbox)
    assert {"edited", "rating"} <= set(found.reasons)
    assert inbox.counts()["reason_rating"] == 1


async def test_likes_are_a_group_and_what_was_judged_never_comes_again(gateway: Gateway, fill: InboxFilling, inbox: InboxMessages) -> None:
    reads(gateway, ("nlu_fallback", 0.5), ("bargain", 0.4))
    shopper = await Shopper.come(gateway.http)
    for text in ("这个沙发能便宜点吗", "沙发能便宜点吗", "哪天能到货", "沙发能便宜点吗！"):
        await shopper.ask(text)
    fill.piece()
    groups, count, messages = inbox.groups(Filter())
    assert ([one.count for one in groups], count, messages) == ([3, 1], 2, 4)
    assert groups[0].first.text == "这个沙发能便宜点吗"
    second = inbox.of_group(groups[0].leader, Filter())[0][1]
    assert len(inbox.label([second.id], "bargain", None, by="t")) == 2, "the same words are labelled together"
    inbox.drop([groups[1].first.id], "useless", by="t")
    await shopper.ask("沙发能便宜点吗？")
    await shopper.ask("哪天能到货")
    fill.piece()
    assert [one.text for one in everything(inbox)] == ["这个沙发能便宜点吗"]


async def test_nothing_is_left_of_an_erased_talk(gateway: Gateway, fill: InboxFilling, inbox: InboxMessages) -> None:
    reads(gateway, ("nlu_fallback", 0.5), ("bargain", 0.4))
    gone, stays = await Shopper.come(gateway.http), await Shopper.come(gateway.http)
    await gone.ask("这个沙发能便宜点吗")
    await stays.ask("沙发能便宜点吗")
    fill.piece()
    assert inbox.groups(Filter())[0][0].count == 2
    assert (await gateway.http.delete(gone.path, headers=gone.headers)).status_code < 300
    (group,) = inbox.groups(Filter())[0]
    assert (group.count, group.first.text) == (1, "沙发能便宜点吗")
    await stays.ask("沙发便宜点吗")
    fill.piece()
    assert inbox.groups(Filter())[0][0].count == 2
    with reading(gateway.services.database) as session:
        assert session.scalar(select(func.count()).select_from(InboxRow)) == 2


async def test_pieces_are_bounded_and_go_on_where_they_ended(gateway: Gateway, fill: InboxFilling, inbox: InboxMessages) -> None:
    reads(gateway, ("nlu_fallback", 0.5), ("bargain", 0.4))
    shopper = await Shopper.come(gateway.http)
    words = ["沙发便宜点吗", "哪天到货", "颜色会掉不", "客服在哪里", "尺码选大点吗"]
    for text in words:
        await shopper.ask(text)
    with writing(gateway.services.database) as session:
        # All of one instant: none is read twice and none is missed.
        session.execute(update(Message).values(at=session.scalar(select(func.min(Conversation.created_at)))))
    assert [fill.piece(most=2), fill.piece(most=2), fill.piece(most=2)] == [1, 0, 0]
    assert {one.text for one in everything(inbox)} == set(words)
    again = InboxFilling(gateway.services.database, "demo", CLOCK, settled=timedelta(0))
    again.piece()
    assert len(everything(inbox)) == len(words)


async def test_a_message_is_read_when_its_turn_is_over(gateway: Gateway, inbox: InboxMessages) -> None:
    reads(gateway, ("nlu_fallback", 0.5), ("bargain", 0.4))
    shopper = await Shopper.come(gateway.http)
    await shopper.ask("沙发便宜点吗")
    now = CLOCK.now()
    InboxFilling(gateway.services.database, "demo", Clock(fixed=now)).piece()
    assert everything(inbox) == []
    InboxFilling(gateway.services.database, "demo", Clock(fixed=now + timedelta(minutes=2))).piece()
    assert len(everything(inbox)) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("订单 880012345678 到哪了", "订单 880000000000 到哪了"),
        ("SF1234567890123到哪", "SF0000000000000到哪"),
        ("158 98斤\n穿啥", "158 98斤 穿啥"),
        ("在\u200b吗\x07", "在 吗"),
    ],
)
def test_numbers_keep_their_form_and_nothing_else(text: str, shown: str) -> None:
    assert anonymous(text) == shown
