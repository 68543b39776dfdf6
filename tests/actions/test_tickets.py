"""Progress at any time, the finding of an inspection, approvals, and said = done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions import context, responses
from actions.after_sale import ActionRegisterReturnTracking
from actions.context import Context
from actions.settle_return import ActionSettleReturn
from actions.tickets import ActionSettleTicket, ActionTellReturnProgress, ActionTellTicketStatus
from actions.turn import Turn
from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.approvals import Approvals
from shop.clock import Clock
from shop.effects import Effects
from shop.proofs import Proofs
from shop.returns import Returns
from shop.ticket_moves import TicketMoves
from shop.tickets import Ticket, Tickets
from tests.actions.support import changed, handed_over, rows, run, said, turn

DRESS, SHIRT = "880000000009", "880000000010"
RULES = Lifecycle(load_parameters())
TALK = "talk"


class Shop:
    """What staff of the demonstration shop do behind the talk."""

    def __init__(self, world: Context) -> None:
        where = (world.engine, "demo", world.clock)
        self.world = world
        self.tickets = Tickets(*where)
        self.moves = TicketMoves(*where, RULES)
        self.returns = Returns(*where, RULES)
        self.approvals = Approvals(*where, RULES)
        self.effects = Effects(*where)

    def later(self, **passed: float) -> Shop:
        """The shop after some time; actions see the new time too."""
        later = replace(self.world, clock=Clock(fixed=self.world.clock.now() + timedelta(**passed)))
        context.use(later)
        return Shop(later)

    def open(self, kind: str = "return", order: str = DRESS, **more: Any) -> Ticket:
        due = self.world.clock.now() + timedelta(days=2)
        return self.tickets.open(kind, **{"conversation_id": TALK, "order_id": order, "customer_id": "c05", "due_at": due, **more})

    def refuted(self, finding: str = "no_fault") -> str:
        ticket = self.open(fields={"reason": "quality", "remedy": "return_refund"}).id
        self.returns.approve(ticket, remedy="return_refund")
        self.returns.received(ticket, by="w")
        self.returns.inspected(ticket, finding, "通电两小时，工作正常", by="qc")
        return ticket


@pytest.fixture
def shop(world: Context) -> Shop:
    return Shop(world)


async def ask(intent: str = "ask_ticket_status", talk: str = TALK, **more: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    action = ActionTellReturnProgress() if intent == "ask_return_progress" else ActionTellTicketStatus()
    return await run(action, turn(intent, talk=talk, **more))


async def choose(option: str, ticket: str, question: str = "return_finding", intent: str = "choose_option") -> list[dict[str, Any]]:
    entities = {"option": option} if option else {}
    _, messages = await run(ActionSettleTicket(), turn(intent, entities, {"ticket_id": ticket, "open_question": question}, talk=TALK))
    return messages


class TestWhoMayHear:
    async def test_nobody_hears_of_anothers_ticket(self, shop: Shop) -> None:
        ticket = shop.open(conversation_id="theirs")
        for number in (ticket.id, "T20200101-0001", ticket.id.lower()):
            _, messages = await ask(talk="mine", customer="c01", text=f"{number}办得怎么样了")
            assert said(messages) == ["utter_tickets_not_found"]
        assert said((await ask(talk="mine", customer="c01"))[1]) == ["utter_tickets_none"]
        assert said((await ask("ask_return_progress", talk="mine", customer=None))[1]) == ["utter_returns_no_open_return_yet"]

    async def test_a_ticket_of_another_talk_is_told_to_whom_its_order_belongs(self, shop: Shop, world: Context) -> None:
        shop.open(conversation_id="before")
        assert said((await ask(talk="new"))[1]) == ["utter_tickets_status_new"]
        assert said((await ask(talk="stranger", customer=None))[1]) == ["utter_tickets_none"]
        proof = Proofs(world.engine, "demo", world.clock)
        assert proof.try_proof(conversation_id="stranger", order_id=DRESS, phone_tail="0005", address="a") == "proved"
        assert said((await ask(talk="stranger", customer=None))[1]) == ["utter_tickets_status_new"]


class TestWhereItStands:
    async def test_state_team_and_time_of_f18(self, shop: Shop) -> None:
        ticket = shop.open("courier_query").id
        told = []

        async def step() -> dict[str, Any]:
            _, messages = await ask()
            told.append((said(messages)[0], rows(messages)))
            return messages[0]

        first = await step()
        assert (first["ticket"], first["team"], first["question"]) == (ticket, "物流同事", "查件")
        shop.moves.assign(ticket, "a7", by="a7")
        await step()
        shop.moves.wait(ticket, "courier", by="a7")
        assert (await step())["waits_for"] == "快递公司"
        shop.moves.result(ticket, "来了", by="a7")
        shop.moves.suspend(ticket, "您要求等到下月", date(2026, 12, 1), by="a7")
        paused = await step()
        assert (paused["report"], paused["until"]) == ("您要求等到下月", "12月1日（周二）")
        shop.moves.resume(ticket, by="a7")
        shop.moves.close(ticket, by="a7", why="已送到")
        await step()
        assert told == [
            ("utter_tickets_status_new", ["tk_01"]),
            ("utter_tickets_status_mine", ["tk_02"]),
            ("utter_tickets_status_tracking", ["tk_03"]),
            ("utter_tickets_status_suspended", ["tk_04"]),
            ("utter_tickets_status_closed", ["tk_05"]),
        ]

    async def test_several_are_offered_as_buttons_and_one_is_told(self, shop: Shop) -> None:
        first, second = shop.open(), shop.open("courier_query", SHIRT)
        _, messages = await ask()
        assert said(messages) == ["utter_tickets_which"]
        assert [button["payload"] for button in messages[0]["buttons"]] == [
            f'/ask_ticket_status{{"option": "{ticket.id}"}}' for ticket in (second, first)
        ]
        events, chosen = await ask(entities={"option": first.id})
        assert chosen[0]["ticket"] == first.id
        assert changed(events)["ticket_id"] == first.id
        assert (await ask(entities={"order_number": SHIRT}))[1][0]["ticket"] == second.id
        assert (await ask("ask_return_progress"))[1][0]["ticket"] == first.id

    async def test_a_repair_is_asked_for_by_its_topic(self, shop: Shop) -> None:
        shop.open()
        repair = shop.open("repair", SHIRT)
        assert (await ask(entities={"topic": "repair"}))[1][0]["ticket"] == repair.id

    async def test_what_is_late_is_said_with_a_new_promise_and_goes_first(self, shop: Shop) -> None:
        ticket = shop.open("courier_query").id
        after = shop.later(days=3)
        _, messages = await ask()
        assert said(messages) == ["utter_tickets_late"]
        assert rows(messages) == ["tk_08"]
        assert (messages[0]["until"], messages[0]["deadline"]) == ("昨天12:00", "今天14:00")
        kept = after.tickets.get(ticket)
        assert kept is not None
        assert (kept.priority, kept.promises, kept.due_at) == ("high", 1, after.world.clock.now() + timedelta(hours=2))
        assert said((await ask())[1]) == ["utter_tickets_status_new"]

    async def test_a_closed_matter_is_taken_up_again_within_the_days(self, shop: Shop) -> None:
        ticket = shop.open("courier_query").id
        shop.moves.close(ticket, by="a7", why="ok")
        shop.later(days=7)
        assert said((await ask())[1]) == ["utter_tickets_status_closed"]
        assert said(await choose("", ticket, "ticket_reopen", "deny")) == ["utter_tickets_left_closed"]
        assert said(await choose("reopen", ticket, "ticket_reopen")) == ["utter_tickets_reopened"]
        kept = shop.tickets.get(ticket)
        assert kept is not None
        assert (kept.state, kept.reopened) == ("mine", 1)

    async def test_after_the_days_a_new_one_is_opened(self, shop: Shop) -> None:
        ticket = shop.open("courier_query").id
        shop.moves.close(ticket, by="a7", why="ok")
        shop.later(days=8)
        assert said((await ask())[1]) == ["utter_tickets_status_closed_long_ago"]
        messages = await choose("reopen", ticket, "ticket_reopen")
        assert said(messages) == ["utter_tickets_reopen_too_late"]
        assert messages[0]["other_ticket"] != ticket == messages[0]["ticket"]


class TestGoods:
    async def test_a_return_is_followed_from_wish_to_money(self, shop: Shop) -> None:
        settled = turn("request_return", slots={"order_id": DRESS, "reason": "quality", "remedy": "return_refund"}, talk=TALK)
        events, _ = await run(ActionSettleReturn(), settled)
        ticket = changed(events)["ticket_id"]
        goods = shop.returns.get(ticket)
        assert goods is not None
        assert (goods.step, goods.remedy) == ("approved", "return_refund")
        opened = shop.tickets.get(ticket)
        assert opened is not None
        assert (opened.missing, opened.waits_for) == ((), "shopper")
        told = [said((await ask("ask_return_progress"))[1])[0]]
        _, registered = await run(ActionRegisterReturnTracking(), turn("give_return_tracking", {"tracking_number": "YT123"}, talk=TALK))
        told += said(registered)
        effect = shop.effects.get(registered[0]["effect_id"])
        assert effect is not None
        assert (effect.kind, effect.ref) == ("return_send_back", ticket)
        told += said((await ask("ask_return_progress"))[1])
        shop.returns.received(ticket, by="w")
        told += said((await ask("ask_return_progress"))[1])
        shop.returns.inspected(ticket, "confirmed", None, by="qc")
        inspected = (await ask("ask_return_progress"))[1]
        assert rows(inspected) == ["qp_07"]
        told += said(inspected)
        shop.returns.refunded(ticket, Decimal("168"), by="f")
        paid = (await ask("ask_return_progress"))[1]
        assert paid[0]["refund"] == "168"
        told += said(paid)
        assert told == [
            "utter_returns_progress_waiting",
            "utter_returns_tracking_registered",
            "utter_returns_progress_sent",
            "utter_tickets_return_received",
            "utter_tickets_inspected_refund",
            "utter_tickets_refunded",
        ]

    async def test_the_finding_is_shown_with_sums_before_it_costs_anything(self, shop: Shop) -> None:
        ticket = shop.refuted()
        events, messages = await ask("ask_return_progress")
        assert said(messages) == ["utter_tickets_no_fault"]
        assert rows(messages) == ["qp_10"]
        assert messages[0]["report"] == "通电两小时，工作正常"
        assert float(messages[0]["freight"]) > 0
        assert float(messages[0]["refund"]) > 0
        assert changed(events)["open_question"] == "return_finding"
        assert said(await choose("own_reason", ticket)) == ["utter_tickets_choice_own_reason"]
        goods = shop.returns.get(ticket)
        assert goods is not None
        assert (goods.choice, goods.waits_for) == ("own_reason", "finance")
        assert said((await ask("ask_return_progress"))[1]) == ["utter_tickets_choice_own_reason"]

    async def test_it_is_shown_first_even_when_the_shopper_chooses_at_once(self, shop: Shop) -> None:
        ticket = shop.refuted()
        assert said(await choose("send_back", ticket)) == ["utter_tickets_no_fault"]
        assert said(await choose("send_back", ticket)) == ["utter_tickets_choice_send_back"]

    async def test_an_appeal_is_taken_once_and_then_a_person_decides(self, shop: Shop) -> None:
        ticket = shop.refuted("misuse")
        assert said((await ask("ask_return_progress"))[1]) == ["utter_tickets_misuse"]
        assert said(await choose("own_reason", ticket)) == ["utter_tickets_choose_finding"]
        assert said(await choose("", ticket, intent="deny")) == ["utter_tickets_appeal_submitted"]
        assert said((await ask("ask_return_progress"))[1]) == ["utter_tickets_return_again"]
        shop.returns.inspected(ticket, "misuse", "进水痕迹", by="qc2")
        await ask("ask_return_progress")
        messages = await choose("appeal", ticket)
        assert said(messages) == ["utter_tickets_appeal_used"]
        assert handed_over(messages)

    async def test_goods_sent_again_and_goods_refused(self, shop: Shop) -> None:
        ticket = shop.open("exchange", fields={"reason": "quality"}).id
        shop.returns.approve(ticket, remedy="exchange")
        shop.returns.received(ticket, by="w")
        shop.returns.inspected(ticket, "confirmed", None, by="qc")
        assert said((await ask("ask_return_progress"))[1]) == ["utter_tickets_inspected_exchange", "utter_tickets_advance_back"]
        shop.returns.resent(ticket, "SF9", by="w")
        assert said((await ask("ask_return_progress"))[1]) == ["utter_tickets_resent"]
        other = shop.open("return", SHIRT).id
        shop.returns.approve(other, remedy="return_refund")
        shop.returns.refuse(other, "包裹里不是我们的商品", by="a7")
        assert said((await ask(entities={"option": other}))[1]) == ["utter_tickets_return_refused"]


class TestApprovals:
    async def asked(self, shop: Shop, amount: Decimal | None, dry: bool = False) -> tuple[str, list[dict[str, Any]]]:
        """A supervisor is asked from within a talk."""
        dispatcher = CollectingDispatcher()
        here = Turn(dispatcher, turn("request_compensation", talk=TALK, dry_run=dry), shop.world)
        values = here.ask_approval("compensation", amount, here.repo.order(DRESS), "cl_03", {"reason": "quality"})
        return str(values["ticket"]), list(dispatcher.messages)

    async def test_a_sum_above_the_bots_authority_waits_for_the_supervisor(self, shop: Shop) -> None:
        ticket, messages = await self.asked(shop, Decimal("30.5"))
        assert said(messages) == ["utter_tickets_approval_asked"]
        assert (messages[0]["question"], messages[0]["deadline"]) == ("补偿30.5元", "明天12:00")
        assert (await self.asked(shop, Decimal("30.5")))[0] == ticket
        found = shop.approvals.open()
        assert [(each.ticket_id, each.amount, each.row) for each in found] == [(ticket, Decimal("30.50"), "cl_03")]
        assert said((await ask())[1]) == ["utter_tickets_approval_waiting"]
        shop.approvals.grant(found[0].id, by="s1", role="supervisor")
        assert said((await ask())[1]) == ["utter_tickets_approval_granted"]

    async def test_a_row_above_the_bots_authority_asks_by_itself(self, shop: Shop) -> None:
        wish = {"order_id": DRESS, "reason": "quality", "remedy": "comp_no_return", "severity": "minor"}
        _, messages = await run(ActionSettleReturn(), turn("request_compensation", {"amount": 20.0}, wish, talk=TALK))
        asked = shop.approvals.open()
        assert [(each.kind, each.amount, each.row) for each in asked] == [("compensation", Decimal(20), "cl_03")]
        waiting = shop.tickets.get(asked[0].ticket_id)
        assert waiting is not None
        assert (waiting.waits_for, waiting.due_at) == ("supervisor", asked[0].due_at)
        assert waiting.id == messages[-1]["ticket"]

    async def test_a_refusal_is_told_with_its_reason(self, shop: Shop) -> None:
        await self.asked(shop, None)
        shop.approvals.refuse(shop.approvals.open()[0].id, by="s1", role="supervisor", reason="照片看不出问题")
        _, messages = await ask()
        assert said(messages) == ["utter_tickets_approval_refused"]
        assert messages[0]["report"] == "照片看不出问题"

    async def test_a_dry_run_asks_nobody(self, shop: Shop) -> None:
        _, messages = await self.asked(shop, Decimal(30), dry=True)
        assert said(messages) == ["utter_tickets_approval_asked"]
        assert shop.approvals.open() == []


class TestSaidIsDone:
    def speak(self, world: Context, effect: str | None, dry: bool = False, **values: str) -> dict[str, Any]:
        dispatcher = CollectingDispatcher()
        here = Turn(dispatcher, turn("ask_return_progress", talk="other", dry_run=dry), world)
        told = {"ticket": "T1", "refund_path": "原路退回", "team": "财务同事", "refund": "5", **values}
        here.say("utter_tickets_refunded", effect=effect, **told)
        return dict(dispatcher.messages[0])

    def test_only_a_done_effect_of_this_kind_and_matter_is_spoken_of(self, shop: Shop) -> None:
        done = shop.effects.record("return_refund", ref="T1", conversation_id="x")
        pending = shop.effects.record("return_refund", state="pending", ref="T1")
        other_kind = shop.effects.record("return_receive", ref="T1")
        other_matter = shop.effects.record("return_refund", ref="T2", conversation_id="x")
        spoken = self.speak(shop.world, done)
        assert (spoken["response"], spoken["effect_id"]) == ("utter_tickets_refunded", done)
        for effect in (None, "none", pending, other_kind, other_matter):
            assert self.speak(shop.world, effect)["response"] == "utter_tickets_refund_pending"
        assert self.speak(shop.world, done, dry=True)["response"] == "utter_tickets_refund_pending"
        shop.effects.set_state(done, "failed")
        assert self.speak(shop.world, done)["response"] == "utter_tickets_refund_pending"

    def test_a_return_that_lost_its_number_is_not_called_registered(self) -> None:
        assert responses.index()["utter_returns_tracking_registered"].twin == "utter_returns_tracking_heard"


@pytest.mark.parametrize("kind", ["return", "repair", "complaint_simple", "courier_query", "person"])
async def test_what_an_order_and_its_customer_tell_is_not_missing(world: Context, kind: str) -> None:
    here = Turn(CollectingDispatcher(), turn("complain", talk=TALK), world)
    order = here.repo.order(DRESS)
    fields = {"text": "坏了", "category": "simple", "promised": "2h"}
    known = here.life.new_ticket(kind, fields, order)
    assert known["missing"] == ()
    stranger = Turn(CollectingDispatcher(), turn("complain", talk=TALK, customer=None), world)
    lacking = stranger.life.new_ticket(kind, {}, None)["missing"]
    assert lacking
    assert known["contact_due_at"] is None or known["contact_due_at"] == world.clock.now() + timedelta(minutes=5)
