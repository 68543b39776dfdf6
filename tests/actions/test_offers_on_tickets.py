"""What a ticket keeps, and when it is closed, as the shopper answers what was found or offered on it (F5, F6, F14)."""

from __future__ import annotations

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.chart import keeps
from actions.compensation import ActionSettleCompensation
from actions.context import Context
from actions.findings import ActionAnswerFinding
from actions.turn import Turn
from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.returns import Returns
from shop.tickets import Ticket, Tickets
from tests.actions.support import changed, rows, run, turn

DRESS, SHIRT = "880000000009", "880000000010"


class Desk:
    """The tickets of the test's shop."""

    def __init__(self, world: Context) -> None:
        self.tickets = Tickets(world.engine, "demo", world.clock)
        self.returns = Returns(world.engine, "demo", world.clock, Lifecycle(load_parameters()))

    def open(self, kind: str, order: str = DRESS) -> str:
        return self.tickets.open(kind, conversation_id="earlier", order_id=order, customer_id="c05", row=None, fields={}).id

    def get(self, ticket: str) -> Ticket:
        found = self.tickets.get(ticket)
        assert found is not None
        return found


@pytest.fixture
def desk(world: Context) -> Desk:
    return Desk(world)


async def test_an_offer_that_is_taken_closes_the_ticket_it_was_made_on(desk: Desk) -> None:
    before = desk.open("specialist")
    settled = {"order_id": DRESS, "ticket": before, "reason": "description_mismatch"}
    slots = {"order_id": DRESS, "open_question": "compensation", "ticket_id": before, "after_return": settled}
    events, messages = await run(ActionSettleCompensation(), turn("choose_option", {"option": "difference"}, slots, "c05"))
    assert rows(messages) == ["dm_09"]
    taken = changed(events)["after_return"]["ticket"]
    assert (desk.get(before).state, desk.get(taken).kind, desk.get(taken).state) == ("closed", "compensation", "new")


async def test_an_offer_for_one_order_leaves_the_tickets_of_another(desk: Desk) -> None:
    other = desk.open("return", SHIRT)
    settled = {"order_id": SHIRT, "ticket": other, "reason": "description_mismatch"}
    slots = {"order_id": DRESS, "reason": "description_mismatch", "open_question": "compensation", "after_return": settled}
    await run(ActionSettleCompensation(), turn("choose_option", {"option": "difference"}, slots, "c05"))
    assert desk.get(other).state == "new"


@pytest.mark.parametrize(
    ("found", "told"),
    [("light_color", "description_mismatch"), ("misunderstanding", "description_mismatch"), ("misuse", "quality"), ("no_fault", "quality")],
)
async def test_a_disputed_finding_keeps_what_the_shopper_told(desk: Desk, found: str, told: str) -> None:
    settled = {"order_id": DRESS, "ticket": "T20261101-0001", "reason": found, "remedy": "exchange"}
    slots = {"order_id": DRESS, "open_question": "finding", "after_return": settled}
    events, messages = await run(ActionAnswerFinding(), turn("deny", {}, slots, "c05"))
    assert rows(messages) == ["es_08"]
    fields = desk.get(changed(events)["ticket_id"]).fields
    assert (fields["reason"], fields["remedy"], fields["finding"]) == (told, "exchange", None)


@pytest.mark.parametrize(
    ("kind", "wish", "remedy"),
    [
        ("return", None, "return_refund"),
        ("return", "exchange", "exchange"),
        ("specialist", "reship", "exchange"),
        ("specialist", "open", "return_refund"),
        ("exchange", "open", "exchange"),
        ("repair", None, "repair_return"),
    ],
)
def test_goods_come_back_for_what_was_wished(world: Context, desk: Desk, kind: str, wish: str | None, remedy: str) -> None:
    ticket = desk.open(kind)
    Turn(CollectingDispatcher(), turn("request_return", customer="c05"), world).life.expect_goods(ticket, kind, wish)
    goods = desk.returns.get(ticket)
    assert goods is not None
    assert goods.remedy == remedy


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("台灯懒得寄了，钱全退给我", True),
        ("不寄回，全额退", True),
        ("全额退给我，什么时候寄回", False),
        ("不退货了", False),
        ("被套不想退，补我一点", True),
    ],
)
def test_goods_are_kept_for_some_or_for_all_of_the_money(text: str, kept: bool) -> None:
    assert keeps(text) is kept
