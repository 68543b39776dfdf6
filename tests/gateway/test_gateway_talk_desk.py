"""The open talk at the desk: files both ways, reading, recalling within two minutes, blocking and its end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from gateway.schemas import MessageOut
from shop.db import reading, writing
from shop.models import BlockRow, Message
from tests.gateway.socket_support import read, window
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper, bubble, picture, turn


@pytest.fixture
async def lan(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lan", "012")


async def talk_of(gateway: Gateway, worker: Worker, customer: str | None = None) -> Shopper:
    """A shopper whose talk this agent has."""
    identity = {"identity": gateway.services.identities.sign(customer)} if customer else {}
    shopper = await Shopper.come(gateway.http, **identity)
    await worker.take(shopper.id)
    return shopper


def older(gateway: Gateway, message_id: str, seconds: float) -> None:
    """Make a message so much older."""
    with writing(gateway.services.database) as session:
        row = session.scalar(select(Message).where(Message.id == message_id))
        assert row is not None
        row.at = row.at - timedelta(seconds=seconds)


async def upload(worker: Worker, talk_id: str, content: bytes) -> httpx.Response:
    return await worker.http.post(
        f"/api/v1/staff/talks/{talk_id}/attachments",
        files={"file": ("screen.png", content)},
        headers={"X-CSRF-Token": worker.csrf},
    )


async def seen(shopper: Shopper, file_id: str) -> int:
    """Status of a file's address with the shopper's token."""
    return (await shopper.http.get(f"{shopper.path}/attachments/{file_id}", headers=shopper.headers)).status_code


class TestFiles:
    async def test_an_agents_screenshot_reaches_the_shopper(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        kept = (await upload(lan, shopper.id, picture())).json()
        assert await seen(shopper, kept["id"]) == 404, "not before it is sent"
        sent = await lan.say(shopper.id, "", attachment_ids=[kept["id"]])
        assert sent.status_code == 201, sent.text
        last = (await shopper.messages())[-1]
        assert (last["from"], last["text"], [file["id"] for file in last["attachments"]]) == ("agent", "", [kept["id"]])
        assert await seen(shopper, kept["id"]) == 200
        mine = await lan.call("GET", f"/talks/{shopper.id}/attachments/{kept['id']}")
        assert (mine.status_code, mine.headers["content-type"]) == (200, kept["mime"])

    async def test_it_is_never_the_shoppers_evidence(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        kept = (await upload(lan, shopper.id, picture())).json()
        await lan.say(shopper.id, "请看图", attachment_ids=[kept["id"]])
        assert gateway.services.store.files(shopper.id, sent=True) == []
        stolen = await shopper.post({"attachment_ids": [kept["id"]]})
        assert (stolen.status_code, stolen.json()["type"]) == (422, "urn:xiaoer:problem:unknown-attachment")
        assert (await shopper.http.delete(f"{shopper.path}/attachments/{kept['id']}", headers=shopper.headers)).status_code == 404

    async def test_a_file_is_sent_once_by_who_uploaded_it(self, gateway: Gateway, lan: Worker) -> None:
        lead = await Worker.come(gateway, "lead", "002", "supervisor")
        shopper = await talk_of(gateway, lan)
        kept = (await upload(lan, shopper.id, picture())).json()
        assert (await upload(lead, shopper.id, picture())).status_code == 409, "not in a colleague's talk"
        body = {"client_id": str(uuid4()), "text": "", "attachment_ids": [kept["id"]]}
        first, again = [await lan.call("POST", f"/talks/{shopper.id}/messages", body) for _ in range(2)]
        assert first.json()["message"]["id"] == again.json()["message"]["id"]
        other = await lan.say(shopper.id, "", attachment_ids=[kept["id"]])
        assert (other.status_code, other.json()["type"]) == (422, "urn:xiaoer:problem:unknown-attachment")
        assert (await lan.say(shopper.id, "")).status_code == 422, "neither words nor a picture"

    async def test_what_is_no_picture_is_refused_with_a_reason(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        refused = await upload(lan, shopper.id, b"%PDF-1.7 not a picture")
        assert (refused.status_code, refused.json()["type"]) == (415, "urn:xiaoer:problem:unsupported-media")
        assert (await lan.call("POST", f"/talks/{shopper.id}/attachments", {})).status_code == 415

    async def test_a_shoppers_photo_is_shown_to_staff_only_of_its_talk(self, gateway: Gateway, lan: Worker) -> None:
        shopper, other = await talk_of(gateway, lan), await talk_of(gateway, lan)
        file_id = (await shopper.upload(picture())).json()["id"]
        await shopper.post({"attachment_ids": [file_id]})
        assert (await lan.call("GET", f"/talks/{shopper.id}/attachments/{file_id}")).status_code == 200
        assert (await lan.call("GET", f"/talks/{other.id}/attachments/{file_id}")).status_code == 404


class TestReading:
    async def test_who_has_the_talk_reads_it_for_the_shop(self, gateway: Gateway, lan: Worker) -> None:
        lead = await Worker.come(gateway, "lead", "002", "supervisor")
        shopper = await talk_of(gateway, lan)
        await shopper.post({"text": "在吗"}, wait=False)
        last = (await shopper.messages())[-1]["seq"]
        assert (await lead.call("POST", f"/talks/{shopper.id}/read", {"seq": last})).status_code == 409, "a look is no reading"
        assert (await lan.call("POST", f"/talks/{shopper.id}/read", {"seq": last})).status_code == 204
        assert (await lan.get(f"/talks/{shopper.id}"))["read"]["shop"] == last

    async def test_the_view_tells_what_was_read_and_who_is_there(self, gateway: Gateway, lan: Worker, address: str) -> None:
        shopper = await talk_of(gateway, lan)
        seq = (await lan.say(shopper.id, "您好，我来为您看看。")).json()["message"]["seq"]
        async with window(address, shopper) as page:
            await read(page, "ready")
            view = await lan.get(f"/talks/{shopper.id}")
            assert (view["here"], view["read"]["shopper"] < seq) == (True, True)
            await shopper.http.post(f"{shopper.path}/read", json={"seq": seq}, headers=shopper.headers)
        assert (await lan.get(f"/talks/{shopper.id}"))["read"]["shopper"] == seq

    async def test_an_old_hand_over_is_still_on_top(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await Shopper.come(gateway.http)
        card = {"hand_over": {"reason": "asked", "summary": "冯女士，想换一件"}}
        gateway.engine.answer = lambda body: turn(bubble("马上为您转人工。", card=card), intent="request_human")
        await shopper.ask("转人工")
        await lan.take(shopper.id)
        for number in range(8):
            await shopper.post({"text": f"还有第{number}件事"}, wait=False)
        view = await lan.get(f"/talks/{shopper.id}", limit=5)
        assert (len(view["messages"]), view["has_more"], view["hand_over"]["summary"]) == (5, True, "冯女士，想换一件")

    async def test_a_sent_suggestion_tells_its_script_and_row(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        await shopper.post({"text": "M码有货吗"}, wait=False)
        offer = (await lan.call("POST", f"/talks/{shopper.id}/suggestions", {})).json()
        await lan.say(shopper.id, offer["suggestions"][0]["text"], use=offer["use"], place=0)
        trace = (await lan.get(f"/talks/{shopper.id}"))["messages"][-1]["trace"]
        assert (trace["script"], trace["row"]) == ("s_stock", "pr_q_ex_01")
        assert trace["source"] == offer["suggestions"][0]["source"]


class TestRecalling:
    async def test_the_shopper_reads_that_it_was_recalled_and_the_words_stay_for_staff(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        sent = (await lan.say(shopper.id, "发错人了的话")).json()["message"]
        answer = await lan.call("POST", f"/talks/{shopper.id}/messages/{sent['id']}/recall")
        assert answer.status_code == 200, answer.text
        public = next(message for message in await shopper.messages() if message["seq"] == sent["seq"])
        assert (public["from"], public["state"]) == ("system", "recalled")
        assert "已撤回" in public["text"]
        MessageOut.model_validate(public)
        assert "发错人了的话" not in str(await shopper.messages())
        view = await lan.get(f"/talks/{shopper.id}")
        kept = view["messages"][-1]
        assert (kept["from"], kept["recalled"]["text"], kept["recalled"]["by"], kept["number"]) == ("system", "发错人了的话", lan.id, "012")
        assert [deed["kind"] for deed in view["deeds"]] == ["take", "recall"]
        again = await lan.call("POST", f"/talks/{shopper.id}/messages/{sent['id']}/recall")
        assert again.status_code == 200
        assert [deed["kind"] for deed in (await lan.get(f"/talks/{shopper.id}"))["deeds"]] == ["take", "recall"], "once"

    async def test_an_open_window_shows_it_at_once_and_one_that_comes_back_too(self, gateway: Gateway, lan: Worker, address: str) -> None:
        shopper = await talk_of(gateway, lan)
        async with window(address, shopper) as page:
            await read(page, "ready")
            sent = (await lan.say(shopper.id, "发错人了的话")).json()["message"]
            assert (await read(page, "message"))["message"]["text"] == "发错人了的话"
            await lan.call("POST", f"/talks/{shopper.id}/messages/{sent['id']}/recall")
            told = await read(page, "message")
            assert (told["changed"], told["message"]["seq"], told["message"]["state"]) == (True, sent["seq"], "recalled")
            await lan.say(shopper.id, "这句是对的。")
            assert (await read(page, "message"))["message"]["text"] == "这句是对的。", "the order goes on"
        async with window(address, shopper, after=sent["seq"]) as page:
            assert (await read(page, "message"))["message"]["state"] == "recalled"

    async def test_a_client_that_polls_hears_of_it(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        sent = (await lan.say(shopper.id, "发错人了的话")).json()["message"]
        path = f"{shopper.path}/messages?after={sent['seq']}"
        tag = (await shopper.http.get(f"{path}&wait=0", headers=shopper.headers)).json()["talk"]["tag"]

        async def poll() -> Any:
            return (await shopper.http.get(f"{path}&wait=20&state={tag}", headers=shopper.headers)).json()["messages"]

        waiting = asyncio.create_task(poll())
        while not gateway.services.hub.is_open(shopper.id):
            await asyncio.sleep(0.01)
        await lan.call("POST", f"/talks/{shopper.id}/messages/{sent['id']}/recall")
        assert [message["state"] for message in await waiting] == ["recalled"]

    async def test_after_two_minutes_it_is_too_late(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        sent = (await lan.say(shopper.id, "您好，我来为您看看。")).json()["message"]
        older(gateway, sent["id"], 90)
        assert (await lan.call("POST", f"/talks/{shopper.id}/messages/{sent['id']}/recall")).status_code == 200
        late = (await lan.say(shopper.id, "您好，请稍等。")).json()["message"]
        older(gateway, late["id"], 121)
        refused = await lan.call("POST", f"/talks/{shopper.id}/messages/{late['id']}/recall")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:xiaoer:problem:recall-late")
        assert "您好，请稍等。" in str(await shopper.messages())

    async def test_only_ones_own_or_by_a_lead(self, gateway: Gateway, lan: Worker) -> None:
        mei, lead = await Worker.come(gateway, "mei", "013"), await Worker.come(gateway, "lead", "002", "supervisor")
        shopper = await talk_of(gateway, lan)
        sent = (await lan.say(shopper.id, "您好，我来为您看看。")).json()["message"]
        path = f"/talks/{shopper.id}/messages/{sent['id']}/recall"
        assert (await mei.call("POST", path)).json()["type"] == "urn:xiaoer:problem:not-your-message"
        assert (await lead.call("POST", path)).status_code == 200
        theirs = (await shopper.messages())[0]["id"]
        assert (await lead.call("POST", f"/talks/{shopper.id}/messages/{theirs}/recall")).status_code == 404, "no agent said that"

    async def test_a_recalled_picture_is_gone_for_the_shopper(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        kept = (await upload(lan, shopper.id, picture())).json()
        sent = (await lan.say(shopper.id, "", attachment_ids=[kept["id"]])).json()["message"]
        await lan.call("POST", f"/talks/{shopper.id}/messages/{sent['id']}/recall")
        assert (await shopper.messages())[-1]["attachments"] == []
        assert await seen(shopper, kept["id"]) == 404
        assert (await lan.call("GET", f"/talks/{shopper.id}/attachments/{kept['id']}")).status_code == 200, "staff still see it"

    async def test_words_that_quote_it_quote_the_notice(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        sent = (await lan.say(shopper.id, "发错人了的话")).json()["message"]
        await shopper.post({"text": "这是什么意思", "quote": sent["seq"]}, wait=False)
        await lan.call("POST", f"/talks/{shopper.id}/messages/{sent['id']}/recall")
        quote = (await shopper.messages())[-1]["quote"]
        assert (quote["from"], "发错人了的话" in quote["text"]) == ("system", False)

    async def test_it_counts_as_no_answer_and_a_re_sent_request_sends_nothing_new(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        await shopper.post({"text": "在吗"}, wait=False)
        body = {"client_id": str(uuid4()), "text": "发错人了的话"}
        sent = (await lan.call("POST", f"/talks/{shopper.id}/messages", body)).json()["message"]
        await lan.call("POST", f"/talks/{shopper.id}/messages/{sent['id']}/recall")
        (mine,) = (await lan.get("/talks", box="mine"))["talks"]
        assert mine["waiting_since"] is not None
        again = await lan.call("POST", f"/talks/{shopper.id}/messages", body)
        assert (again.status_code, again.json()["message"]["recalled"]["text"]) == (201, "发错人了的话")
        assert "发错人了的话" not in str(await shopper.messages())

    async def test_an_erased_talk_takes_the_words_with_it(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan)
        sent = (await lan.say(shopper.id, "发错人了的话")).json()["message"]
        await lan.call("POST", f"/talks/{shopper.id}/messages/{sent['id']}/recall")
        await shopper.http.delete(shopper.path, headers=shopper.headers)
        with reading(gateway.services.database) as session:
            assert session.scalar(select(Message).where(Message.id == sent["id"])) is None


class TestBlocking:
    async def test_nothing_more_is_taken_and_it_is_said_politely(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan, "c05")
        made = await lan.call("POST", f"/talks/{shopper.id}/block", {"reason": "反复辱骂，两次提醒无效", "hours": 2})
        assert (made.status_code, made.json()["customer_id"]) == (201, "c05")
        said = [message for message in await shopper.messages() if message["from"] == "system"][-2:]
        assert "很抱歉" in said[0]["text"]
        assert (await shopper.about())["owner"] == "closed"
        turns = len(gateway.engine.turns)
        refused = await shopper.post({"text": "喂"}, wait=False)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:xiaoer:problem:blocked")
        assert (await shopper.http.post(f"{shopper.path}/release", headers=shopper.headers)).status_code == 403
        form = {"file": ("a.png", picture())}
        assert (await shopper.http.post(f"{shopper.path}/attachments", files=form, headers=shopper.headers)).status_code == 403
        assert (await shopper.http.post(f"{shopper.path}/uploads", json={"size": 9}, headers=shopper.headers)).status_code == 403
        assert len(gateway.engine.turns) == turns
        assert await lan.box("waiting") == []
        assert (await shopper.http.get(f"{shopper.path}/data", headers=shopper.headers)).status_code == 200, "a copy is everybody's right"

    async def test_a_new_talk_of_the_same_person_is_closed_from_the_beginning(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan, "c05")
        await lan.call("POST", f"/talks/{shopper.id}/block", {"reason": "刷屏", "hours": 2})
        again = await Shopper.come(gateway.http, identity=gateway.services.identities.sign("c05"))
        assert (await again.about())["owner"] == "closed"
        assert [message["from"] for message in await again.messages()] == ["system", "system"]
        assert (await again.post({"text": "喂"})).status_code == 403
        other = await Shopper.come(gateway.http, identity=gateway.services.identities.sign("c06"))
        assert (await other.about())["owner"] == "bot", "nobody else is meant"

    async def test_an_anonymous_shopper_is_known_by_talk_and_network_for_a_day(self, gateway: Gateway, lan: Worker) -> None:
        lead = await Worker.come(gateway, "lead", "002", "supervisor")
        shopper = await talk_of(gateway, lan)
        await lead.call("POST", f"/talks/{shopper.id}/block", {"reason": "刷屏"})
        assert (await (await Shopper.come(gateway.http)).about())["owner"] == "closed"
        signed = await Shopper.come(gateway.http, identity=gateway.services.identities.sign("c06"))
        assert (await signed.about())["owner"] == "bot", "who signs in from the same network is not meant"
        await shopper.http.delete(shopper.path, headers=shopper.headers)
        with reading(gateway.services.database) as session:
            assert shopper.id not in str([vars(row) for row in session.scalars(select(BlockRow))])
        assert (await (await Shopper.come(gateway.http)).about())["owner"] == "closed", "erasing the talk is no way round"
        with writing(gateway.services.database) as session:
            for row in session.scalars(select(BlockRow)):
                row.at = row.at - timedelta(hours=25)
        assert (await (await Shopper.come(gateway.http)).about())["owner"] == "bot"

    async def test_an_agent_blocks_in_an_own_talk_for_a_day_at_most(self, gateway: Gateway, lan: Worker) -> None:
        mei, lead = await Worker.come(gateway, "mei", "013"), await Worker.come(gateway, "lead", "002", "supervisor")
        shopper = await talk_of(gateway, lan, "c05")
        path = f"/talks/{shopper.id}/block"
        assert (await mei.call("POST", path, {"reason": "x", "hours": 1})).status_code == 409
        for hours in (25, None):
            refused = await lan.call("POST", path, {"reason": "x", "hours": hours})
            assert (refused.status_code, refused.json()["type"]) == (403, "urn:xiaoer:problem:block-long")
        assert (await lan.call("POST", path, {"reason": "  ", "hours": 1})).status_code == 422
        assert (await shopper.about())["owner"] == "agent", "nothing happened"
        assert (await lead.call("POST", path, {"reason": "长期骚扰", "hours": None})).status_code == 201
        assert (await lan.call("GET", "/blocks")).status_code == 403
        (listed,) = (await lead.get("/blocks"))["blocks"]
        assert (listed["customer_id"], listed["reason"], listed["until"], listed["staff"]) == ("c05", "长期骚扰", None, lead.id)
        assert (await lan.call("DELETE", path)).json()["type"] == "urn:xiaoer:problem:not-your-block"

    async def test_it_is_lifted_said_and_written_down(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan, "c05")
        await lan.call("POST", f"/talks/{shopper.id}/block", {"reason": "刷屏", "hours": 1})
        view = await lan.get(f"/talks/{shopper.id}")
        assert view["blocked"]["reason"] == "刷屏"
        assert (await lan.call("DELETE", f"/talks/{shopper.id}/block")).status_code == 204
        assert (await lan.call("DELETE", f"/talks/{shopper.id}/block")).status_code == 404
        view = await lan.get(f"/talks/{shopper.id}")
        assert (view["blocked"], [deed["kind"] for deed in view["deeds"]]) == (None, ["take", "block", "unblock"])
        assert "刷屏" not in str(view["deeds"]) + str(await shopper.messages()), "why is nobody's to read but staff's"
        assert (await shopper.messages())[-1]["from"] == "system"
        assert (await shopper.post({"text": "有货吗"})).status_code == 200

    async def test_it_ends_by_itself(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await talk_of(gateway, lan, "c05")
        await lan.call("POST", f"/talks/{shopper.id}/block", {"reason": "刷屏", "hours": 1})
        with writing(gateway.services.database) as session:
            row = session.get(BlockRow, (gateway.services.settings.shop_id, "customer:c05"))
            assert row is not None
            row.until = row.at
        assert (await shopper.post({"text": "有货吗"})).status_code == 200
        gateway.services.housekeeping.retention().sweep(lambda path: Path(path).unlink(missing_ok=True))
        with reading(gateway.services.database) as session:
            assert session.get(BlockRow, (gateway.services.settings.shop_id, "customer:c05")) is not None, "kept for its days"
