"""Beside a talk: what an agent sees of its shopper and does for them; each deed is logged, and told in reviewed words only."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.approvals import Approvals
from shop.catalogue import ShopRepository
from shop.db import writing
from shop.models import CouponRow, Shop, TicketRow, new_stamp
from shop.proofs import Proofs
from shop.returns import Returns
from shop.rules import Rules
from shop.tickets import Tickets
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway, Shopper
from tests.gateway.test_gateway_desk import waiting

ORDER, PAID_ORDER, FOREIGN = "880000000009", "880000000023", "880000000005"


@pytest.fixture
async def lan(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lan", "012")


@pytest.fixture
async def lead(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lead", "002", "supervisor")


@pytest.fixture
async def talk(gateway: Gateway, lan: Worker) -> Shopper:
    """冯女士's talk (c05), which lan has."""
    shopper = await waiting(gateway, "c05")
    assert (await lan.take(shopper.id)).status_code == 200
    return shopper


async def deeds(worker: Worker, talk: Shopper) -> list[str]:
    return [deed["kind"] for deed in (await worker.get(f"/talks/{talk.id}"))["deeds"]]


async def last(talk: Shopper) -> dict[str, Any]:
    return (await talk.messages())[-1]


def services(gateway: Gateway) -> tuple[Any, str, Any]:
    made = gateway.services
    return made.database, made.settings.shop_id, made.clock


def approvals(gateway: Gateway) -> Approvals:
    rules: Rules = Lifecycle(load_parameters())
    return Approvals(*services(gateway), rules)


def asked_by_the_bot(gateway: Gateway, talk: Shopper, amount: str, kind: str = "compensation") -> str:
    """An approval that the bot has asked for in this talk."""
    tickets = Tickets(*services(gateway))
    ticket = tickets.open("approval", conversation_id=talk.id, order_id=ORDER, customer_id="c05", waits_for="supervisor")
    return approvals(gateway).ask(ticket.id, kind, Decimal(amount), order_id=ORDER, row="cl_03").id


class TestWhatIsSeen:
    async def test_a_signed_in_shoppers_orders_tickets_and_earlier_talks(self, gateway: Gateway, lan: Worker) -> None:
        earlier = await Shopper.come(gateway.http, identity=gateway.services.identities.sign("c05"))
        await earlier.ask("上次的事")
        shopper = await waiting(gateway, "c05")
        side = await lan.get(f"/talks/{shopper.id}/side")
        assert side["customer"] == {"id": "c05", "name": "冯女士", "region": side["customer"]["region"]}
        assert {ORDER, PAID_ORDER} <= {order["id"] for order in side["orders"]}
        one = next(order for order in side["orders"] if order["id"] == ORDER)
        assert (one["state_word"], one["flag"]["flag"], one["extension"]["may"]) == ("已签收", "none", True)
        assert [each["id"] for each in side["talks"]] == [earlier.id]
        assert side["talks"][0]["last_text"] == "echo 上次的事"
        written = str(side)
        assert "floor" not in written
        assert "13800000005" not in written

    async def test_an_anonymous_shopper_has_the_orders_they_proved_and_no_other(self, gateway: Gateway, lan: Worker) -> None:
        shopper = await waiting(gateway)
        assert (await lan.get(f"/talks/{shopper.id}/side"))["orders"] == []
        proofs = Proofs(*services(gateway))
        assert proofs.try_proof(conversation_id=shopper.id, order_id=ORDER, phone_tail="0005", address="a") == "proved"
        side = await lan.get(f"/talks/{shopper.id}/side")
        assert ([one["id"] for one in side["orders"]], side["customer"], side["signed_in"]) == ([ORDER], None, False)

    async def test_a_returns_steps_stand_on_its_ticket(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        ticket = Tickets(*services(gateway)).open("return", conversation_id=talk.id, order_id=ORDER, customer_id="c05")
        returns = Returns(*services(gateway), Lifecycle(load_parameters()))
        returns.approve(ticket.id, remedy="return_refund")
        returns.sent_back(ticket.id, "SF123")
        (one,) = (await lan.get(f"/talks/{talk.id}/side"))["tickets"]
        assert (one["goods"]["step"], one["goods"]["tracking"]) == ("sent_back", "SF123")
        assert [step["state"] for step in one["goods"]["steps"]][:3] == ["done", "done", "current"]
        sent = await lan.call("POST", f"/talks/{talk.id}/cards", {"kind": "progress", "id": ticket.id})
        assert sent.status_code == 201, sent.text
        assert (await last(talk))["card"]["kind"] == "progress"


class TestTickets:
    async def test_opened_closed_and_opened_again_each_told_and_logged(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        made = await lan.call("POST", f"/talks/{talk.id}/tickets", {"kind": "exchange", "text": "换成M码", "order_id": ORDER})
        assert made.status_code == 201, made.text
        ticket = made.json()["id"]
        told = await last(talk)
        assert (told["from"], told["staff"]) == ("agent", "012")
        assert ticket in told["text"]
        assert "换货" in told["text"]
        path = f"/talks/{talk.id}/tickets/{ticket}/moves"
        (one,) = (await lan.get(f"/talks/{talk.id}/side"))["tickets"]
        assert {"solve", "suspend", "wait", "withdraw"} <= set(one["events"])
        assert "reopen" not in one["events"]
        unexplained = await lan.call("POST", path, {"event": "solve"})
        assert (unexplained.status_code, unexplained.json()["need"]) == (409, "reason")
        solved = await lan.call("POST", path, {"event": "solve", "why": "已换出M码", "version": one["version"]})
        assert solved.json()["state"] == "closed"
        assert "办结" in (await last(talk))["text"]
        assert "已换出M码" not in str(await talk.messages()), "how it was solved is the shop's own note"
        stale = await lan.call("POST", path, {"event": "reopen", "why": "又错了", "version": one["version"]})
        assert stale.status_code == 409
        again = await lan.call("POST", path, {"event": "reopen", "why": "又错了"})
        assert again.json()["state"] == "mine"
        assert "接着办" in (await last(talk))["text"]
        assert [kind for kind in await deeds(lan, talk) if kind.startswith("ticket")] == ["ticket_open", "ticket_solve", "ticket_reopen"]

    async def test_a_week_after_the_closing_a_new_one_is_asked_for(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        tickets = Tickets(*services(gateway))
        ticket = tickets.open("other", conversation_id=talk.id, customer_id="c05")
        tickets.set_state(ticket.id, "closed")
        with writing(gateway.services.database) as session:
            session.get_one(TicketRow, ("demo", ticket.id)).closed_at = gateway.services.clock.now() - timedelta(days=9)
        (one,) = (await lan.get(f"/talks/{talk.id}/side"))["tickets"]
        assert one["events"] == []
        refused = await lan.call("POST", f"/talks/{talk.id}/tickets/{ticket.id}/moves", {"event": "reopen", "why": "又坏了"})
        assert (refused.status_code, refused.json()["need"]) == (409, "new_ticket")

    async def test_why_a_ticket_rests_is_said_and_so_looked_at(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        ticket = (await lan.call("POST", f"/talks/{talk.id}/tickets", {"kind": "other", "text": "等布料"})).json()["id"]
        path = f"/talks/{talk.id}/tickets/{ticket}/moves"
        body = {"event": "suspend", "why": "你自己等着", "resume_on": "2030-01-05"}
        refused = await lan.call("POST", path, body)
        assert (refused.status_code, refused.json()["type"].startswith("urn:xiaoer:problem:wording-")) == (422, True)
        resting = await lan.call("POST", path, {**body, "why": "等布料到货"})
        assert resting.json()["state"] == "suspended"
        assert "等布料到货" in (await last(talk))["text"]
        silent = await lan.call("POST", path, {"event": "resume", "why": "到了"})
        assert (silent.json()["state"], silent.json()["message"]) == ("mine", None)

    async def test_nobody_reaches_another_shoppers_ticket_or_order(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        foreign = Tickets(*services(gateway)).open("return", conversation_id="elsewhere", order_id=FOREIGN, customer_id="c03")
        before = len(await talk.messages())
        path = f"/talks/{talk.id}"
        tries = (
            ("POST", f"{path}/tickets/{foreign.id}/moves", {"event": "withdraw"}),
            ("POST", f"{path}/tickets", {"kind": "return", "text": "x", "order_id": FOREIGN}),
            ("PUT", f"{path}/orders/{FOREIGN}/flag", {"flag": "red"}),
            ("GET", f"{path}/orders/{FOREIGN}/flags", None),
            ("POST", f"{path}/orders/{FOREIGN}/extension", {"days": 3, "done": True}),
            ("POST", f"{path}/cards", {"kind": "order", "id": FOREIGN}),
            ("POST", f"{path}/cards", {"kind": "progress", "id": foreign.id}),
        )
        for method, where, body in tries:
            assert (await lan.call(method, where, body)).status_code == 404, where
        assert len(await talk.messages()) == before

    async def test_what_shall_not_be_told_is_not(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        before = len(await talk.messages())
        quiet = {"kind": "other", "text": "问配件", "tell": False}
        ticket = (await lan.call("POST", f"/talks/{talk.id}/tickets", quiet)).json()
        assert ticket["message"] is None
        move = {"event": "withdraw", "why": "不用了", "tell": False}
        assert (await lan.call("POST", f"/talks/{talk.id}/tickets/{ticket['id']}/moves", move)).json()["state"] == "closed"
        assert len(await talk.messages()) == before

    async def test_a_lead_acts_beside_a_talk_and_the_shop_speaks(self, gateway: Gateway, lead: Worker, talk: Shopper) -> None:
        made = await lead.call("POST", f"/talks/{talk.id}/tickets", {"kind": "refund", "text": "核对退款", "order_id": ORDER})
        assert made.status_code == 201
        assert (await last(talk))["from"] == "system"
        assert (await lead.call("POST", f"/talks/{talk.id}/cards", {"kind": "order", "id": ORDER})).status_code == 409

    async def test_a_colleagues_talk_is_left_alone(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        mei = await Worker.come(gateway, "mei", "013")
        path = f"/talks/{talk.id}"
        for where, body in (
            (f"{path}/tickets", {"kind": "other", "text": "x"}),
            (f"{path}/approvals", {"kind": "compensation", "amount": "5", "reason": "x"}),
            (f"{path}/orders/{ORDER}/extension", {"days": 3, "done": True}),
            (f"{path}/cards", {"kind": "order", "id": ORDER}),
        ):
            assert (await mei.call("POST", where, body)).json()["type"] == "urn:xiaoer:problem:not-yours", where

    async def test_bad_words_and_kinds_are_refused(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        for body in ({"kind": "approval", "text": "x"}, {"kind": "nonsense", "text": "x"}, {"kind": "other", "text": "  "}):
            assert (await lan.call("POST", f"/talks/{talk.id}/tickets", body)).status_code == 422


class TestApprovals:
    async def test_an_agent_decides_what_the_table_lets_agents_decide(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        small, large = asked_by_the_bot(gateway, talk, "20"), asked_by_the_bot(gateway, talk, "300", "full_refund")
        seen = {one["id"]: one for ticket in (await lan.get(f"/talks/{talk.id}/side"))["tickets"] for one in ticket["approvals"]}
        assert (seen[small]["may"], seen[large]["may"], seen[large]["need"]) == (True, False, "supervisor")
        refused = await lan.call("POST", f"/approvals/{large}/decision", {"decision": "grant"})
        assert (refused.status_code, refused.json()["need"]) == (403, "supervisor")
        granted = await lan.call("POST", f"/approvals/{small}/decision", {"decision": "grant", "version": seen[small]["version"]})
        assert granted.json()["state"] == "granted"
        assert "已批准" in (await last(talk))["text"]
        twice = await lan.call("POST", f"/approvals/{small}/decision", {"decision": "refuse", "reason": "x"})
        assert (twice.status_code, twice.json()["type"]) == (409, "urn:xiaoer:problem:decided")
        assert "approval_grant" in await deeds(lan, talk)

    async def test_a_refusals_reason_is_said_and_so_looked_at(self, gateway: Gateway, lan: Worker, lead: Worker, talk: Shopper) -> None:
        one = asked_by_the_bot(gateway, talk, "300")
        path = f"/approvals/{one}/decision"
        assert (await lead.call("POST", path, {"decision": "refuse"})).status_code == 422
        rude = await lead.call("POST", path, {"decision": "refuse", "reason": "你想得美，不可能"})
        assert rude.status_code == 422
        assert rude.json()["findings"]
        done = await lead.call("POST", path, {"decision": "refuse", "reason": "照片里没有看到破损"})
        assert done.json()["state"] == "refused"
        told = (await talk.messages())[-2:]
        assert any("照片里没有看到破损" in one["text"] for one in told)
        assert {one["from"] for one in told} == {"system"}, "the talk is lan's; the lead does not speak in it"

    async def test_nobody_grants_an_own_request(self, gateway: Gateway, lan: Worker, lead: Worker, talk: Shopper) -> None:
        body = {"kind": "compensation", "amount": "18.50", "reason": "线头较多", "order_id": ORDER}
        asked = (await lan.call("POST", f"/talks/{talk.id}/approvals", body)).json()
        assert "主管审批" in (await last(talk))["text"]
        own = await lan.call("POST", f"/approvals/{asked['id']}/decision", {"decision": "grant"})
        assert (own.status_code, own.json()["need"]) == (403, "other_person")
        (line,) = (await lead.get("/approvals"))["approvals"]
        assert line["why"] == "线头较多"
        assert (line["title"], line["customer"], line["order"]["id"], line["talk"], line["may"]) == (
            "补偿18.5元", "冯女士", ORDER, talk.id, True,
        )  # fmt: skip
        assert (await lead.call("POST", f"/approvals/{asked['id']}/decision", {"decision": "grant"})).status_code == 200
        assert (await lead.get("/approvals"))["approvals"] == []
        assert [one["state"] for one in (await lead.get("/approvals", state="decided"))["approvals"]] == ["granted"]

    async def test_agents_see_the_approvals_of_their_own_talks_only(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        mei = await Worker.come(gateway, "mei", "013")
        one = asked_by_the_bot(gateway, talk, "5")
        assert [each["id"] for each in (await lan.get("/approvals"))["approvals"]] == [one]
        assert (await mei.get("/approvals"))["approvals"] == []
        assert (await mei.call("POST", f"/approvals/{one}/decision", {"decision": "grant"})).status_code == 404

    async def test_a_promise_that_has_passed_is_made_anew_before_it_is_told(self, gateway: Gateway, lead: Worker, talk: Shopper) -> None:
        one = asked_by_the_bot(gateway, talk, "100")
        assert (await lead.call("POST", f"/approvals/{one}/decision", {"decision": "grant"})).status_code == 200
        ticket = Tickets(*services(gateway)).get(approvals(gateway).get(one).ticket_id)  # type: ignore[union-attr]
        assert ticket is not None
        assert ticket.due_at is not None
        assert ticket.due_at > gateway.services.clock.now()


class TestOrders:
    @pytest.mark.parametrize("flag", ["red", "yellow", "green", "blue", "purple"])
    async def test_a_flag_and_its_note_and_their_past(self, gateway: Gateway, lan: Worker, talk: Shopper, flag: str) -> None:
        path = f"/talks/{talk.id}/orders/{ORDER}/flag"
        first = await lan.call("PUT", path, {"flag": flag, "note": "要加急", "version": 0})
        assert (first.status_code, first.json()["version"], first.json()["staff"]) == (200, 1, lan.id)
        mei = await Worker.come(gateway, "mei", "013")
        late = await mei.call("PUT", path, {"flag": "none", "note": "", "version": 0})
        assert (late.status_code, late.json()["found"]) == (409, 1)
        await mei.call("PUT", path, {"flag": "none", "note": "", "version": 1})
        past = (await lan.get(f"{path}s"))["flags"]
        assert [(one["flag"], one["note"]) for one in past] == [("none", ""), (flag, "要加急")]
        assert "要加急" not in str(await talk.messages())
        assert (await lan.call("PUT", path, {"flag": "orange"})).status_code == 422
        assert (await lan.call("PUT", path, {"flag": "red", "note": "长" * 501})).status_code == 422
        assert ORDER not in str(gateway.services.deeds.of_talk(talk.id)), "the log names an order by its last digits"

    async def test_time_is_extended_as_done_or_asked_for(self, gateway: Gateway, lan: Worker, lead: Worker, talk: Shopper) -> None:
        path = f"/talks/{talk.id}/orders/{ORDER}/extension"
        asked = (await lan.call("POST", path, {"days": 3, "done": False})).json()
        assert asked["state"] == "new"
        assert asked["id"] in str(await talk.messages())
        assert "已为您延长" not in str(await talk.messages())
        done = (await lan.call("POST", path, {"days": 3, "done": True})).json()
        assert (done["id"], done["state"]) == (asked["id"], "closed"), "the ticket that asked is done by it"
        assert "延长3天" in str((await talk.messages())[-2:])
        sent_twice = await lan.call("POST", path, {"days": 3, "done": True, "so_far": 0})
        assert (sent_twice.status_code, sent_twice.json()["found"]) == (409, 3)
        beyond = await lan.call("POST", path, {"days": 8, "done": True})
        assert (beyond.status_code, beyond.json()["need"]) == (403, "supervisor")
        assert (await lead.call("POST", path, {"days": 8, "done": True})).status_code == 201
        side = await lan.get(f"/talks/{talk.id}/side")
        assert next(one for one in side["orders"] if one["id"] == ORDER)["extended_days"] == 11
        assert (await lead.call("POST", path, {"days": 30, "done": True})).json()["need"] == "fewer_days"
        unsent = await lan.call("POST", f"/talks/{talk.id}/orders/{PAID_ORDER}/extension", {"days": 3, "done": True})
        assert (unsent.status_code, unsent.json()["need"]) == (409, "shipped")

    async def test_an_order_card_says_the_same_in_words(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        assert (await lan.call("POST", f"/talks/{talk.id}/cards", {"kind": "order", "id": ORDER})).status_code == 201
        told = await last(talk)
        assert (told["from"], told["card"]["kind"], told["card"]["orders"][0]["id"]) == ("agent", "orders", ORDER)
        assert told["card"]["orders"][0]["actions"] == [], "its buttons would speak to the bot, which is silent"
        assert ORDER in told["text"]
        parcel = await lan.call("POST", f"/talks/{talk.id}/cards", {"kind": "timeline", "id": PAID_ORDER})
        assert parcel.status_code == 422

    async def test_coupons_within_authority_once_each(self, gateway: Gateway, lan: Worker, lead: Worker, talk: Shopper) -> None:
        side = await lan.get(f"/talks/{talk.id}/side")
        product = side["product"]["id"]
        coupons = side["coupons"]
        assert coupons, "the demonstration shop has some"
        one = next(each for each in coupons if each["may"])
        path = f"/talks/{talk.id}/coupons"
        given = await lan.call("POST", path, {"code": one["code"], "product_id": product})
        assert (given.status_code, given.json()["state"]) == (201, "given"), given.text
        assert one["name"] in (await last(talk))["text"]
        again = await lan.call("POST", path, {"code": one["code"], "product_id": product})
        assert again.status_code == 409
        assert "coupon" in await deeds(lan, talk)

    async def test_a_coupon_above_authority_is_asked_for_and_given_with_the_yes(
        self, gateway: Gateway, lan: Worker, lead: Worker, talk: Shopper
    ) -> None:
        with writing(gateway.services.database) as session:
            session.add(CouponRow(shop_id="demo", code="BIG", name="大额券", amount=Decimal(60), min_spend=Decimal(100)))
            session.get_one(Shop, "demo").stamp = new_stamp()
        order = next(one for one in (await lan.get(f"/talks/{talk.id}/side"))["orders"] if one["id"] == PAID_ORDER)
        body = {"code": "BIG", "product_id": order["product_id"]}
        path = f"/talks/{talk.id}/coupons"
        refused = await lan.call("POST", path, body)
        assert (refused.status_code, refused.json().get("need")) == (403, "supervisor"), refused.text
        asked = await lan.call("POST", path, {**body, "reason": "老顾客，第一次收到瑕疵品"})
        assert asked.json()["state"] == "asked"
        assert "大额券" not in str(await talk.messages()), "nothing is promised before the yes"
        (line,) = (await lead.get("/approvals"))["approvals"]
        assert (await lead.call("POST", f"/approvals/{line['id']}/decision", {"decision": "grant"})).status_code == 200
        assert "大额券" in (await last(talk))["text"]

    async def test_the_shops_facts_hold_no_floor_price(self, gateway: Gateway, lan: Worker, talk: Shopper) -> None:
        side = await lan.get(f"/talks/{talk.id}/side")
        shop = ShopRepository(*services(gateway))
        floors = {f"{one.product.floor_price.normalize():f}" for one in shop.orders_of("c05")}
        said = {str(value) for order in side["orders"] for value in order.values()} | {str(value) for value in side["product"].values()}
        assert not floors & said


class TestFollowUps:
    async def test_marked_moved_found_and_done(self, gateway: Gateway, lan: Worker, lead: Worker, talk: Shopper) -> None:
        at = gateway.services.clock.now() + timedelta(hours=2)
        path = f"/talks/{talk.id}/follow-ups"
        first = await lan.call("POST", path, {"due_at": at.isoformat(), "note": "问布料"})
        assert first.status_code == 201, first.text
        moved = await lan.call("POST", path, {"due_at": (at + timedelta(days=1)).isoformat(), "note": "明天再问"})
        assert moved.json()["id"] == first.json()["id"]
        (mine,) = (await lan.get("/follow-ups"))["follow_ups"]
        assert (mine["talk"], mine["note"]) == (talk.id, "明天再问")
        assert [one["id"] for one in (await lead.get(f"/talks/{talk.id}/side"))["follow_ups"]] == [mine["id"]]
        mei = await Worker.come(gateway, "mei", "013")
        assert (await mei.call("POST", f"/follow-ups/{mine['id']}/done")).status_code == 404
        assert (await lan.call("POST", f"/follow-ups/{mine['id']}/done")).json()["done_at"]
        assert (await lan.get("/follow-ups"))["follow_ups"] == []
        past = await lan.call("POST", path, {"due_at": "2020-01-01T00:00:00Z"})
        assert past.status_code == 422
        assert {"follow_up", "follow_up_done"} <= set(await deeds(lan, talk))
