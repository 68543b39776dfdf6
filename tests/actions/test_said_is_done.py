"""Whatever shoppers ask and staff do in whatever order: no deed is stated without an effect that is done (decisions.md 7)."""

from __future__ import annotations

import asyncio
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa_sdk import Action

from actions import context, responses
from actions.after_sale import ActionLeaveReturn, ActionRegisterReturnTracking
from actions.base import FAILED
from actions.context import Context
from actions.orders import ActionCancelOrder, ActionChangeProduct
from actions.settle_return import ActionSettleReturn
from actions.tickets import ActionSettleTicket, ActionTellReturnProgress, ActionTellTicketStatus
from actions.turn import MISSING
from policy.deeds import stated
from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.approvals import Approvals
from shop.effects import Effects
from shop.returns import Returns
from shop.rules import NotAllowed
from shop.ticket_moves import TicketMoves
from shop.tickets import Tickets
from tests.actions.conftest import NOW
from tests.actions.support import changed, run, turn
from tests.contract.project import responses as written

ORDERS = ("880000000009", "880000000010", "880000000005")
SHOPPER: tuple[tuple[type[Action], str, dict[str, Any]], ...] = (
    (ActionSettleReturn, "request_return", {"reason": "quality", "remedy": "return_refund"}),
    (ActionSettleReturn, "request_exchange", {"reason": "wrong_item", "remedy": "exchange"}),
    (ActionRegisterReturnTracking, "give_return_tracking", {"tracking_number": "YT1234567890123"}),
    (ActionRegisterReturnTracking, "affirm", {}),
    (ActionLeaveReturn, "deny", {}),
    (ActionTellReturnProgress, "ask_return_progress", {}),
    (ActionTellTicketStatus, "ask_ticket_status", {}),
    (ActionSettleTicket, "choose_option", {"option": "send_back"}),
    (ActionSettleTicket, "choose_option", {"option": "own_reason"}),
    (ActionSettleTicket, "choose_option", {"option": "appeal"}),
    (ActionSettleTicket, "choose_option", {"option": "reopen"}),
    (ActionCancelOrder, "cancel_order", {}),
    (ActionChangeProduct, "change_product", {}),
)
STAFF = ("receive", "confirm", "refute", "refund", "resend", "refuse", "assign", "wait", "close", "close_done", "close_failed", "grant")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("shopper"), st.integers(0, len(SHOPPER) - 1), st.sampled_from(ORDERS), st.booleans()),
        st.tuples(st.just("staff"), st.sampled_from(STAFF), st.integers(0, 3), st.booleans()),
    ),
    min_size=3,
    max_size=9,
)


class Walk:
    """One talk of a signed-in shopper, with the people behind it."""

    def __init__(self, world: Context) -> None:
        where = (world.engine, "demo", world.clock)
        rules = Lifecycle(load_parameters())
        self.tickets, self.effects = Tickets(*where), Effects(*where)
        self.moves, self.returns, self.approvals = TicketMoves(*where, rules), Returns(*where, rules), Approvals(*where, rules)
        self.slots: dict[str, Any] = {}

    async def hear(self, which: int, order: str, dry: bool) -> list[dict[str, Any]]:
        """What the shopper hears for one message."""
        action, intent, known = SHOPPER[which]
        slots = {**self.slots, "order_id": order}
        events, messages = await run(action(), turn(intent, known, slots, "c05", talk="walk", dry_run=dry))
        if not dry:
            self.slots |= {name: value for name, value in changed(events).items() if name in ("ticket_id", "after_return", "open_question")}
        return messages

    def work(self, deed: str, which: int) -> None:
        """One deed of staff on one of the tickets; what the tables forbid is not done."""
        own = self.tickets.of_conversation("walk")
        if not own:
            return
        ticket = own[which % len(own)].id
        returns, moves = self.returns, self.moves
        deeds = {
            "receive": lambda: returns.received(ticket, by="w"),
            "confirm": lambda: returns.inspected(ticket, "confirmed", None, by="qc"),
            "refute": lambda: returns.inspected(ticket, "no_fault", "正常", by="qc"),
            "refund": lambda: returns.refunded(ticket, Decimal(5), by="f"),
            "resend": lambda: returns.resent(ticket, "SF1", by="w"),
            "refuse": lambda: returns.refuse(ticket, "不是我们的商品", by="a7"),
            "assign": lambda: moves.assign(ticket, "a7", by="a7"),
            "wait": lambda: moves.wait(ticket, "courier", by="a7"),
            "close": lambda: moves.close(ticket, by="a7", why="ok"),
            "close_done": lambda: moves.close(ticket, by="a7", why="ok", outcome="done"),
            "close_failed": lambda: moves.close(ticket, by="a7", why="ok", outcome="failed"),
            "grant": lambda: self.approvals.grant(self.approvals.ask(ticket, "compensation", Decimal(9)).id, by="s", role="supervisor"),
        }
        try:
            deeds[deed]()
        except (NotAllowed, LookupError):
            return

    def check(self, messages: list[dict[str, Any]], dry: bool) -> None:
        """Each answer that states a deed carries a stored effect, done, of the kind that it names."""
        for message in messages:
            name = str(message["response"])
            assert name not in (FAILED, MISSING), name
            needs = responses.index()[name]
            deeds = [found for one in written()[name] for found in stated(str(one.get("text", "")))]
            if needs.effect in (None, "fact"):
                assert not deeds or needs.effect == "fact", name
                continue
            assert not dry, f"{name} was said in a dry run"
            effect = self.effects.get(str(message.get("effect_id")))
            assert effect is not None, name
            assert (effect.kind, effect.state) == (needs.effect, "done"), name


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_no_deed_is_said_without_a_done_effect(world: Context, seeded_shop: Path, tmp_path: Path, steps: list[tuple[Any, ...]]) -> None:
    world.engine.dispose()
    for left in tmp_path.glob("shop.db*"):
        left.unlink()
    shutil.copy(seeded_shop, tmp_path / "shop.db")
    context.use(world)
    assert world.clock.now() == NOW

    async def walk() -> None:
        here = Walk(world)
        for who, what, third, dry in steps:
            if who == "staff":
                here.work(what, third)
            else:
                here.check(await here.hear(what, third, dry), dry)

    asyncio.run(walk())
