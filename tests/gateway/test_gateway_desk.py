"""Agents take talks, answer with suggestions, pass them on; the bot is silent meanwhile."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.staff_access import COOKIE
from shop.db import reading
from shop.models import Base, Message
from tests.gateway.socket_support import read, window
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper, bubble, suggestions, turn

HAND_OVER = {"hand_over": {"reason": "asked", "summary": "冯女士，订单 880000000009，想换一件"}}


@pytest.fixture
async def lan(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lan", "012")


async def waiting(gateway: Gateway, customer: str | None = None) -> Shopper:
    """A shopper who waits for a person."""
    identity = {"identity": gateway.services.identities.sign(customer)} if customer else {}
    shopper = await Shopper.come(gateway.http, **identity)
    gateway.engine.answer = lambda body: turn(bubble("马上为您转人工。", card=HAND_OVER), intent="request_human")
    await shopper.ask("转人工")
    gateway.engine.answer = lambda body: turn(bubble("自动回复"))
    return shopper


def texts(messages: list[dict[str, object]]) -> list[object]:
    return [message["text"] for message in messages]


class TestTaking:
    async def test_a_waiting_talk_is_taken_and_its_summary_is_there(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway, "c05")
        assert await lan.box("waiting") == [shopper.id]
        view = (await lan.take(shopper.id)).json()
        assert view["owner"] == f"agent:{lan.id}"
        assert any((message["hand_over"] or {}).get("summary", "").startswith("冯女士") for message in view["messages"])
        assert (await lan.box("waiting"), await lan.box("mine")) == ([], [shopper.id])
        assert (await shopper.about())["owner"] == "agent"
        assert "012" in str((await shopper.messages())[-1]["text"]), "the shopper hears who is there"
        assert [deed["kind"] for deed in view["deeds"]] == ["take"]

    async def test_of_two_agents_one_gets_the_talk(self, gateway: Gateway, lan: Worker) -> None:
        mei = await Worker.come(gateway, "mei", "013")
        shopper = await waiting(gateway)
        answers = await asyncio.gather(lan.take(shopper.id), mei.take(shopper.id))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert sum("接入" in str(text) for text in texts(await shopper.messages())) == 1

    async def test_a_lead_may_step_in_and_a_colleague_may_not(self, gateway: Gateway, lan: Worker) -> None:
        lead, mei = await Worker.come(gateway, "lead", "002", "supervisor"), await Worker.come(gateway, "mei", "013")
        shopper = await waiting(gateway)
        await lan.take(shopper.id)
        assert (await mei.take(shopper.id)).json()["type"] == "urn:xiaoer:problem:not-yours"
        view = (await lead.take(shopper.id)).json()
        assert [deed["kind"] for deed in view["deeds"]] == ["take", "step_in"]
        assert (await lan.say(shopper.id, "您好，我在。")).status_code == 409

    async def test_the_bot_is_silent_and_what_it_was_about_to_say_is_not_said(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await Shopper.come(gateway.http)
        let_go = asyncio.Event()

        async def thinks(body: dict[str, object]) -> httpx.Response:
            await let_go.wait()
            return turn(bubble("机器人的话"))

        gateway.engine.answer = thinks
        asking = asyncio.create_task(shopper.post({"text": "有货吗"}))
        while not gateway.engine.turns:
            await asyncio.sleep(0.01)
        assert (await lan.take(shopper.id)).status_code == 200
        let_go.set()
        assert (await asking).json()["replies"] == []
        assert "机器人的话" not in texts(await shopper.messages())
        held = [message["held"] for message in (await lan.get(f"/talks/{shopper.id}"))["messages"] if message["held"]]
        assert held == [["机器人的话"]], "the agent can read it"
        turns = len(gateway.engine.turns)
        for line in ("还在吗", "喂", "人呢"):
            assert await shopper.ask(line) == []
        assert len(gateway.engine.turns) == turns

    async def test_a_talk_that_is_not_there_is_not_found(self, gateway: Gateway, lan: Worker) -> None:
        assert (await lan.take("c_none")).status_code == 404
        assert (await lan.say("c_none", "您好")).status_code == 404


class TestAnswering:
    async def test_an_answer_reaches_the_shopper_once_whatever_the_network_does(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway)
        await lan.take(shopper.id)
        body = {"client_id": str(uuid4()), "text": "您好，我来为您处理。"}
        first, again = [await lan.call("POST", f"/talks/{shopper.id}/messages", body) for _ in range(2)]
        assert first.json()["message"]["id"] == again.json()["message"]["id"]
        assert texts(await shopper.messages()).count("您好，我来为您处理。") == 1
        other = await lan.call("POST", f"/talks/{shopper.id}/messages", {**body, "text": "别的话"})
        assert other.status_code == 409
        last = (await shopper.messages())[-1]
        assert (last["from"], last["trace"]) == ("agent", None)

    async def test_nobody_speaks_in_a_talk_that_is_not_theirs(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway)
        refused = await lan.say(shopper.id, "您好")
        assert (refused.status_code, refused.json()["owner"]) == (409, "queue")
        assert "您好" not in texts(await shopper.messages())

    async def test_words_that_are_never_said_want_a_second_look(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway)
        await lan.take(shopper.id)
        refused = await lan.say(shopper.id, "你自己看说明，别烦我")
        assert refused.status_code == 422
        assert refused.json()["findings"]
        assert refused.json()["type"].startswith("urn:xiaoer:problem:wording-")
        assert (await lan.say(shopper.id, "你自己看说明，别烦我", confirmed=True)).status_code == 201
        deeds = (await lan.get(f"/talks/{shopper.id}"))["deeds"]
        assert "wording_overruled" in [deed["kind"] for deed in deeds]
        found = (await lan.call("POST", "/wording", {"text": "你自己看说明，别烦我"})).json()["findings"]
        assert found == refused.json()["findings"] + [one for one in found if one["severity"] == "hint"]

    @pytest.mark.parametrize("text", ["", "   ", "长" * 2001])
    async def test_an_empty_or_endless_answer_is_refused(self, gateway: Gateway, lan: Worker, text: str) -> None:
        shopper = await waiting(gateway)
        await lan.take(shopper.id)
        assert (await lan.say(shopper.id, text)).status_code == 422

    async def test_the_engine_hears_what_people_said(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway)
        await lan.take(shopper.id)
        await shopper.ask("裙子什么时候发")
        await lan.say(shopper.id, "今天下午发出，您留意物流。", confirmed=True)
        await lan.call("POST", f"/talks/{shopper.id}/give", {"to": "bot"})
        lines = [(line["from"], line["text"]) for body in gateway.engine.told for line in body["lines"]]
        assert ("shopper", "裙子什么时候发") in lines
        assert ("agent", "今天下午发出，您留意物流。") in lines
        assert ("shopper", "转人工") not in lines, "the engine heard that itself"


class TestSuggesting:
    async def test_suggestions_tell_script_row_and_source(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway, "c05")
        await lan.take(shopper.id)
        await shopper.ask("M码有货吗")
        offer = (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()
        first = offer["suggestions"][0]
        assert (first["text"], first["script"], first["row"]) == ("这款M码有货。", "s_stock", "pr_q_ex_01")
        assert first["source"], "the handbook's section"
        asked = gateway.engine.asked[-1]
        assert (asked["text"], asked["metadata"]["dry_run"], asked["metadata"]["customer_id"]) == ("M码有货吗", True, "c05")
        assert asked["before"] == offer["message_id"]

    async def test_what_becomes_of_a_suggestion_is_counted(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway)
        await lan.take(shopper.id)
        outcomes = []
        for text, place in (("这款M码有货。", 0), ("请稍等，我为您查一下。", 1)):
            await shopper.ask("M码有货吗")
            use = (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()["use"]
            outcomes.append((await lan.say(shopper.id, text, use=use, place=place)).json()["outcome"])
        assert outcomes == ["sent", "edited"]

    async def test_an_older_message_can_be_answered(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway)
        await lan.take(shopper.id)
        await shopper.ask("M码有货吗")
        await shopper.ask("还有别的颜色吗")
        messages = (await lan.get(f"/talks/{shopper.id}"))["messages"]
        older = next(message["id"] for message in messages if message["text"] == "M码有货吗")
        await lan.call("POST", f"/talks/{shopper.id}/suggestions", {"message_id": older})
        assert gateway.engine.asked[-1]["text"] == "M码有货吗"
        answer = next(message["id"] for message in messages if message["from"] == "bot")
        assert (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {"message_id": answer})).status_code == 404

    async def test_asking_by_somebody_who_only_looks_writes_nothing(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway)

        def rows() -> dict[str, int]:
            with reading(gateway.services.database) as session:
                return {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in Base.metadata.tables.items()}

        before = rows()
        offer = (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()
        assert offer["suggestions"]
        assert offer["use"] is None
        assert rows() == before

    async def test_without_an_engine_the_desk_goes_on(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway)
        await lan.take(shopper.id)

        def refuse(body: dict[str, object]) -> httpx.Response:
            raise httpx.ConnectError("refused")

        gateway.engine.suggest = refuse
        offer = (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()
        assert (offer["suggestions"], offer["reason"]) == ([], "down")
        assert (await lan.say(shopper.id, "您好，我来为您处理。")).status_code == 201
        gateway.engine.suggest = lambda body: suggestions([])
        assert (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()["reason"] == "nothing"


class TestGiving:
    @pytest.mark.parametrize(
        ("to", "owner", "kind"), [("bot", "bot", "release"), ("queue", "queue", "requeue"), ("closed", "closed", "close")]
    )
    async def test_a_talk_is_given_back(self, gateway: Gateway, lan: Worker, to: str, owner: str, kind: str) -> None:
        shopper = await waiting(gateway)
        await lan.take(shopper.id)
        view = (await lan.call("POST", f"/talks/{shopper.id}/give", {"to": to})).json()
        assert (view["owner"], view["deeds"][-1]["kind"]) == (owner, kind)
        assert (await shopper.about())["owner"] == owner
        assert (await shopper.messages())[-1]["from"] == "system"
        if to != "queue":
            assert texts(await shopper.ask("在吗")) == ["自动回复"], "the bot answers again"

    async def test_a_colleague_gets_it_with_a_note_that_the_shopper_never_sees(self, gateway: Gateway, lan: Worker) -> None:
        mei = await Worker.come(gateway, "mei", "013")
        shopper = await waiting(gateway)
        await lan.take(shopper.id)
        view = (await lan.call("POST", f"/talks/{shopper.id}/give", {"to": mei.id, "note": "已答应明天回电"})).json()
        assert view["owner"] == f"agent:{mei.id}"
        assert view["notes"][0]["text"] == "已答应明天回电"
        assert "已答应明天回电" not in str(await shopper.messages())
        assert (await mei.say(shopper.id, "您好，我接着为您处理。")).status_code == 201
        assert (await lan.say(shopper.id, "您好")).status_code == 409

    async def test_only_colleagues_who_take_talks_get_one(self, gateway: Gateway, lan: Worker) -> None:
        trainer = await Worker.come(gateway, "hua", "020", "trainer")
        shopper = await waiting(gateway)
        await lan.take(shopper.id)
        for to in (trainer.id, "s_none", "moon"):
            assert (await lan.call("POST", f"/talks/{shopper.id}/give", {"to": to})).status_code == 422
        assert (await shopper.about())["owner"] == "agent"


class TestBoxes:
    async def test_who_waits_longest_comes_first_with_the_time_since_when(self, gateway: Gateway, lan: Worker) -> None:
        shoppers = [await waiting(gateway) for _ in range(3)]
        assert await lan.box("waiting") == [shopper.id for shopper in shoppers]
        await lan.take(shoppers[1].id)
        await shoppers[1].ask("人呢")
        (mine,) = (await lan.get("/talks", box="mine"))["talks"]
        assert (mine["last_text"], mine["last_from"]) == ("人呢", "shopper")
        assert mine["waiting_since"] is not None
        await lan.say(shoppers[1].id, "您好，我在的。")
        (mine,) = (await lan.get("/talks", box="mine"))["talks"]
        assert mine["waiting_since"] is None

    async def test_a_talk_is_found_by_its_words(self, gateway: Gateway, lan: Worker) -> None:
        first, second = await waiting(gateway, "c05"), await waiting(gateway)
        await second.ask("那件100%纯棉的_衬衫")
        assert await lan.box("waiting", search="100%纯棉的_") == [second.id]
        assert await lan.box("waiting", search="c05") == [first.id]
        assert await lan.box("waiting", search="没人说过") == []

    async def test_beside_a_talk_stand_orders_tickets_and_earlier_talks_of_this_shopper_only(self, gateway: Gateway, lan: Worker) -> None:
        earlier, shopper = await waiting(gateway, "c05"), await waiting(gateway, "c05")
        side = await lan.get(f"/talks/{shopper.id}/side")
        assert side["customer"]["id"] == "c05"
        assert {order["id"] for order in side["orders"]} >= {"880000000009"}
        assert [talk["id"] for talk in side["talks"]] == [earlier.id]
        assert "floor" not in str(side)
        nobody = await lan.get(f"/talks/{(await waiting(gateway)).id}/side")
        assert (nobody["customer"], nobody["orders"]) == (None, [])


async def test_an_erased_talk_leaves_the_desk_with_its_notes_and_suggestions(gateway: Gateway, lan: Worker) -> None:
    shopper = await waiting(gateway)
    await lan.take(shopper.id)
    await lan.call("POST", f"/talks/{shopper.id}/notes", {"text": "客户姓冯，电话已核对"})
    await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})
    assert (await shopper.http.delete(shopper.path, headers=shopper.headers)).status_code == 200
    assert (await lan.call("GET", f"/talks/{shopper.id}")).status_code == 404
    with reading(gateway.services.database) as session:
        for name in ("talk_notes", "suggestion_uses"):
            assert session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) == 0
        assert session.scalar(select(func.count()).select_from(Message).where(Message.conversation_id == shopper.id)) == 0
    since = gateway.services.clock.now() - timedelta(hours=1)
    assert all(deed.conversation_id is None for deed in gateway.services.deeds.of_staff(lan.id, since))


class TestLive:
    async def test_a_desk_hears_of_every_talk_while_it_is_logged_in(self, gateway: Gateway, lan: Worker, address: str) -> None:
        cookie = {"Cookie": f"{COOKIE}={lan.http.cookies[COOKIE]}"}
        shopper = await waiting(gateway)
        async with connect(f"{address}/api/v1/staff/ws", additional_headers=cookie) as socket:
            assert (await read(socket, "ready"))["now"]
            await shopper.ask("人呢")
            heard = await read(socket, "message")
            assert (heard["talk"], heard["message"]["text"]) == (shopper.id, "人呢")
            await lan.take(shopper.id)
            # That the talk waits for a person may be told only now, after the answer that said so.
            while (told := await read(socket, "owner"))["owner"] != "agent":
                assert told["owner"] == "queue"
            async with window(address, shopper) as page:
                await read(page, "ready")
                await socket.send(json.dumps({"type": "typing", "talk": shopper.id, "on": True}))
                assert await read(page, "typing") == {"type": "typing", "from": "agent", "on": True}
            await lan.call("DELETE", "/session")
            await socket.send(json.dumps({"type": "ping"}))
            with pytest.raises(ConnectionClosed) as closed:
                await read(socket, "never")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401

    async def test_nobody_else_hears(self, gateway: Gateway, address: str, shopper: Shopper) -> None:
        trainer = await Worker.come(gateway, "hua", "020", "trainer")
        for headers in (
            {},
            {"Cookie": f"{COOKIE}=xs_wrong"},
            {"Cookie": f"{COOKIE}={trainer.http.cookies[COOKIE]}"},
            {"Authorization": f"Bearer {shopper.token}"},
        ):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"{address}/api/v1/staff/ws", additional_headers=headers)
            assert refused.value.response.status_code == 403

    async def test_a_foreign_page_does_not_hear_with_the_agents_cookie(self, lan: Worker, address: str) -> None:
        headers = {"Cookie": f"{COOKIE}={lan.http.cookies[COOKIE]}", "Origin": "https://elsewhere.example"}
        with pytest.raises(InvalidStatus):
            await connect(f"{address}/api/v1/staff/ws", additional_headers=headers)
