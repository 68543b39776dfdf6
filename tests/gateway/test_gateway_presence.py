"""What a shopper hears while nobody of the shop is there, and what the inbox says of waiting and unread talks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from gateway.people import SEEN
from shop.db import writing
from shop.models import Conversation, Message, StaffSession
from tests.gateway.staff_support import Worker
from tests.gateway.support import CLOCK, Gateway, Shopper, bubble, turn

GONE, BREAK, NOBODY, QUEUED = "现在不在线。您发的内容", "暂时离开一会儿", "客服同事现在都不在线", "正在等人工接待"


async def waiting(gateway: Gateway, said: str = "转人工") -> Shopper:
    shopper = await Shopper.come(gateway.http)
    card = {"hand_over": {"reason": "asked", "summary": "想找人"}}
    gateway.engine.answer = lambda body: turn(bubble("马上为您转人工。", card=card), intent="request_human")
    await shopper.ask(said)
    return shopper


async def heard(shopper: Shopper) -> str:
    return "\n".join(str(message["text"]) for message in await shopper.messages())


async def presence(worker: Worker, word: str) -> None:
    assert (await worker.call("PUT", "/me/presence", {"presence": word})).status_code == 200


@pytest.fixture
async def lan(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lan", "012")


async def test_a_shop_that_keeps_no_presence_says_nothing_of_it(gateway: Gateway, lan: Worker) -> None:
    assert QUEUED in await heard(await waiting(gateway))


async def test_with_nobody_there_a_waiting_shopper_hears_so_once(gateway: Gateway, lan: Worker) -> None:
    await presence(lan, "online")
    there = await waiting(gateway)
    assert QUEUED in await heard(there)
    await presence(lan, "away")
    late = await waiting(gateway)
    assert NOBODY in await heard(late)
    assert "00:00-24:00" in await heard(late), "with the hours in which people answer"
    assert QUEUED not in await heard(late)
    for shopper in (there, late):
        for text in ("在吗", "人呢"):
            await shopper.ask(text)
        assert (await heard(shopper)).count(NOBODY) == 1
    await presence(lan, "online")
    await lan.take(late.id)
    await late.ask("我再说一句")
    assert (await heard(late)).count(NOBODY) == 1
    assert GONE not in await heard(late)


@pytest.mark.parametrize(("word", "said"), [("break", BREAK), ("away", GONE)])
async def test_an_agent_who_is_not_there_is_excused_once_each_time(gateway: Gateway, lan: Worker, word: str, said: str) -> None:
    await presence(lan, "online")
    shopper = await waiting(gateway)
    await lan.take(shopper.id)
    await presence(lan, word)
    for text in ("在吗", "喂喂"):
        await shopper.ask(text)
    assert (await heard(shopper)).count(said) == 1
    assert "客服012" in await heard(shopper)
    await presence(lan, "online")
    await lan.say(shopper.id, "我回来了，马上为您查。", confirmed=True)
    await shopper.ask("好的")
    await presence(lan, word)
    await shopper.ask("还在吗")
    assert (await heard(shopper)).count(said) == 2


async def test_who_closed_the_page_and_stayed_online_is_not_there(gateway: Gateway, lan: Worker) -> None:
    await presence(lan, "online")
    assert gateway.services.people.there() == {lan.id}
    with writing(gateway.services.database) as session:
        session.execute(update(StaffSession).values(seen_at=CLOCK.now() - SEEN - timedelta(seconds=1)))
    assert gateway.services.people.there() == set()
    assert NOBODY in await heard(await waiting(gateway))
    colleague = next(one for one in (await lan.get("/members"))["staff"] if one["id"] == lan.id)
    assert (colleague["presence"], colleague["there"], colleague["load"]) == ("online", True, 0), "that question was seen again"


async def test_an_answer_of_the_bot_is_not_said_after_all_because_somebody_is_on_a_break(gateway: Gateway, lan: Worker) -> None:
    await presence(lan, "break")
    shopper = await Shopper.come(gateway.http)
    await lan.take(shopper.id)
    gateway.engine.turns.clear()
    await shopper.ask("有货吗")
    assert gateway.engine.turns == [], "the bot is silent while a person has the talk"
    assert BREAK in await heard(shopper)


async def test_a_shopper_who_was_handed_over_waits_since_they_asked(gateway: Gateway, lan: Worker) -> None:
    shopper = await waiting(gateway)
    first = next(message for message in await shopper.messages() if message["from"] == "shopper")
    (talk,) = (await lan.get("/inbox"))["waiting"]
    assert (talk["waiting_since"], talk["last_text"], talk["intent"]) == (first["at"], "转人工", "request_human")
    await lan.take(shopper.id)
    (talk,) = (await lan.get("/inbox"))["mine"]
    assert talk["waiting_since"] == first["at"], "taking is no answer"
    await lan.say(shopper.id, "您好，请问想了解哪一款？")
    assert [one["waiting_since"] for one in (await lan.get("/inbox"))["mine"]] == [None]
    again = await shopper.post({"text": "碎花那条"})
    (talk,) = (await lan.get("/inbox"))["mine"]
    assert (talk["waiting_since"], talk["unread"]) == (again.json()["message"]["at"], 1)
    await lan.call("POST", f"/talks/{shopper.id}/give", {"to": "queue"})
    (talk,) = (await lan.get("/inbox"))["waiting"]
    assert talk["waiting_since"] == again.json()["message"]["at"]


async def test_a_shopper_whom_the_bot_answered_does_not_wait(gateway: Gateway, lan: Worker) -> None:
    shopper = await Shopper.come(gateway.http)
    await shopper.ask("有货吗")
    (talk,) = (await lan.get("/talks", box="bot"))["talks"]
    assert (talk["waiting_since"], talk["unread"], talk["staff"]) == (None, 0, None)
    await lan.take(shopper.id)
    assert [one["waiting_since"] for one in (await lan.get("/inbox"))["mine"]] == [None]


async def test_the_inbox_counts_its_boxes(gateway: Gateway, lan: Worker) -> None:
    mei = await Worker.come(gateway, "mei", "013")
    shoppers = [await waiting(gateway) for _ in range(4)]
    await lan.take(shoppers[0].id)
    await mei.take(shoppers[1].id)
    await mei.take(shoppers[2].id)
    await mei.call("POST", f"/talks/{shoppers[2].id}/give", {"to": "closed"})
    found = await lan.get("/inbox")
    assert found["counts"] == {"mine": 1, "waiting": 1, "bot": 0, "agents": 2, "closed": 1}
    assert (found["load"], found["capacity"]) == (1, 5)
    (theirs,) = [one for one in (await lan.get("/talks", box="agents"))["talks"] if one["id"] == shoppers[1].id]
    assert theirs["staff"] == "013"
    assert (await lan.get("/talks", box="agents", limit=1))["more"] is True
    assert (await lan.get("/talks", box="agents", limit=2))["more"] is False


async def test_every_talk_is_found_by_what_was_said_and_by_numbers_of_order_and_parcel(gateway: Gateway, lan: Worker) -> None:
    shop = gateway.services.shop
    order = next(one for one in shop.orders_of("c05") if one.tracking)
    theirs = await Shopper.come(gateway.http, identity=gateway.services.identities.sign("c05"))
    other = await Shopper.come(gateway.http)
    await other.ask("那条50%羊毛的_围巾_还有吗")
    with writing(gateway.services.database) as session:
        # However long ago: a search looks everywhere.
        old = CLOCK.now() - timedelta(days=60)
        session.execute(update(Conversation).where(Conversation.id == other.id).values(updated_at=old))
        session.execute(update(Message).where(Message.conversation_id == other.id).values(at=old))
    customer = shop.customer("c05")
    assert customer is not None
    assert customer.name
    for words in (order.order_id, order.tracking, customer.name, "c05", theirs.id):
        assert await lan.box("all", search=str(words)) == [theirs.id], words
    for words in ("50%羊毛", "_围巾_", other.id):
        assert await lan.box("all", search=words) == [other.id], words
    for words in ("没有人说过的话", "%", "_", order.order_id[:-1]):
        assert other.id not in await lan.box("all", search=words) or words in "那条50%羊毛的_围巾_还有吗", words
