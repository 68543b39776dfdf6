"""Nothing of one shop is found in the other, through any function that reads or changes; every such function is listed here."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select

import shop
from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.answers import Answers, store
from shop.approvals import Approvals, UnknownApproval
from shop.blocks import Blocks
from shop.catalogue import ShopRepository, UnknownShop
from shop.clock import Clock
from shop.concessions import Concessions
from shop.consents import Consents
from shop.counters import next_seq
from shop.db import reading, writing
from shop.deeds import Deeds, SuggestionUses
from shop.effects import Effects, UnknownEffect
from shop.follow_ups import FollowUps
from shop.inbox import InboxMessages
from shop.integration import Integration
from shop.models import Base, Conversation, Message, Product, PromotionRow
from shop.modes import IntentModes, Window
from shop.news import News
from shop.order_flags import OrderFlags
from shop.outbox import Outbox
from shop.proofs import Proofs
from shop.records import InvalidRecord
from shop.retention import Retention
from shop.returns import Returns
from shop.reviews import Reviews
from shop.script_folders import ScriptFolders
from shop.script_uses import ScriptUses
from shop.scripts import Scripts
from shop.snapshots import Snapshots
from shop.staff import StaffAccounts
from shop.staff_sessions import StaffSessions
from shop.ticket_moves import TicketMoves
from shop.tickets import Tickets, UnknownTicket
from shop.traces import Traces
from shop.waits import Waits
from shop.watch import Watch

SERVICES: list[type[Any]] = [
    ShopRepository,
    Tickets,
    Effects,
    Proofs,
    Concessions,
    IntentModes,
    Integration,
    TicketMoves,
    Returns,
    Approvals,
    Answers,
    OrderFlags,
    FollowUps,
]
# Services that ask the shop's tables first.
RULED = (TicketMoves, Returns, Approvals)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
FOREIGN_ORDER, FOREIGN_CUSTOMER, FOREIGN_PRODUCT = "770000000001", "x01", "q1"


class Two:
    """The demonstration shop's services, after the other shop has used its own for everything."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        rules = (Lifecycle(load_parameters()),)
        other = {service: service(engine, "other", clock, *(rules if service in RULED else ())) for service in SERVICES}
        demo = {service: service(engine, "demo", clock, *(rules if service in RULED else ())) for service in SERVICES}
        self.demo: dict[type[Any], Any] = demo
        self.other: dict[type[Any], Any] = other
        self.ticket = other[Tickets].open("return", conversation_id="talk", order_id=FOREIGN_ORDER, customer_id=FOREIGN_CUSTOMER)
        other[Tickets].add_note(self.ticket.id, "别家的话")
        other[Returns].approve(self.ticket.id, remedy="exchange")
        other[Returns].received(self.ticket.id, by="w")
        self.approval = other[Approvals].ask(self.ticket.id, "compensation", None, why="别家的理由")
        self.effect = other[Effects].record("extend", conversation_id="talk")
        assert other[Proofs].try_proof(conversation_id="talk", order_id=FOREIGN_ORDER, phone_tail="7777", address="a") == "proved"
        other[Concessions].record(customer_id="c01", conversation_id="talk", product_id="p1001", kind="gift:别家礼")
        now = clock.now()
        other[Answers].count_missing(FOREIGN_PRODUCT, "pockets")
        with writing(engine) as session:
            foreign = {
                "scope": "product",
                "target": FOREIGN_PRODUCT,
                "attribute": "belt",
                "questions": [],
                "answer": "别家话",
                "source": "页",
            }
            store(session, "other", [foreign, {**foreign, "target": "p1001"}], now)
            gift = {"name": "别家满赠", "kind": "gift", "gift": "别家礼", "threshold": Decimal(1)}
            session.add(PromotionRow(shop_id="other", id="their_gift", **gift))
            session.add(Conversation(shop_id="other", id="talk", token_hash="t", created_at=now, updated_at=now))
        other[OrderFlags].put(FOREIGN_ORDER, "red", "别家的备注", by="x")
        self.follow_up = other[FollowUps].mark("talk", "x", now + timedelta(hours=1), "别家的事")


@pytest.fixture
def two(two_shops: Engine, clock: Clock) -> Two:
    return Two(two_shops, clock)


def _refused(error: type[Exception], call: Callable[[], object]) -> None:
    with pytest.raises(error):
        call()


def _no_order(two: Two) -> None:
    with pytest.raises(InvalidRecord, match="there is no such order"):
        two.demo[Integration].upsert("shipments", FOREIGN_ORDER, {"tracking": "ZZ1"}, 5)
    with pytest.raises(InvalidRecord, match="there is no such product"):
        two.demo[Integration].upsert("stock", FOREIGN_PRODUCT, {"stock": {}}, 5)
    assert two.demo[Integration].upsert("products", FOREIGN_PRODUCT, {"name": "新", "price": 1}, 5) == "created"
    assert two.other[ShopRepository].product(FOREIGN_PRODUCT).name == "别家裙"


def _proof(two: Two) -> None:
    assert two.demo[Proofs].try_proof(conversation_id="talk", order_id=FOREIGN_ORDER, phone_tail="7777", address="b") == "refused"
    for _ in range(6):
        two.demo[Proofs].try_proof(conversation_id="talk", order_id=FOREIGN_ORDER, phone_tail="0000", address="a")
    assert two.other[Proofs].try_proof(conversation_id="talk", order_id=FOREIGN_ORDER, phone_tail="7777", address="a") == "proved"


def _modes(two: Two) -> None:
    assert two.demo[IntentModes].mode("bargain") == "auto"
    two.demo[IntentModes].set("bargain", "off")
    two.other[IntentModes].set("*", "suggest")
    assert two.demo[IntentModes].mode("bargain") == "off"
    assert two.demo[IntentModes].decide("*", [Window(0, 24, "auto")]) == (Window(0, 24, "auto"),)
    assert set(two.other[IntentModes].all()) == {"*"}
    assert two.other[IntentModes].mode("bargain") == "suggest"


def _answers(two: Two) -> None:
    mine, other = two.demo[Answers], two.other[Answers]
    assert "belt" not in mine.of(two.demo[ShopRepository].product("p1001"))
    assert not {row.answer for row in mine.rows()} & {"别家话"}
    assert mine.remove([f"{FOREIGN_PRODUCT}.belt", "p1001.belt"]) == 0
    assert len(other.rows()) == 2
    assert mine.missing() == []
    mine.count_missing("p1001", "belt")
    assert [one.product_id for one in mine.missing()] == ["p1001"]
    assert [one.product_id for one in other.missing()] == [FOREIGN_PRODUCT]


def _prices(two: Two) -> None:
    assert two.demo[ShopRepository].prices(FOREIGN_PRODUCT) == []
    assert two.other[ShopRepository].prices(FOREIGN_PRODUCT)


def _ticket_of_its_own(two: Two) -> None:
    made = two.demo[Tickets].open("return", conversation_id="talk", order_id=FOREIGN_ORDER, fields={"a": 1})
    assert made.created
    assert two.other[Tickets].get(two.ticket.id).fields == {}


# Changes of a ticket, steps that anybody may report, steps that say who reports them: with what they need besides the ticket.
MOVES: dict[str, tuple[Any, ...]] = {
    "assign": ("x",),
    "wait": ("courier",),
    "result": ("came",),
    "suspend": ("asked", date(2026, 12, 1)),
    "resume": (),
    "close": (),
    "reopen": ("again",),
    "late": (datetime.fromisoformat("2026-12-01T10:00:00+08:00"),),
    "complete": ({}, ()),
}
STEPS: dict[str, tuple[Any, ...]] = {"sent_back": ("YT1",), "told": (), "choose": ("send_back",), "appeal": ("no",), "mark": (3,)}
REPORTS: dict[str, tuple[Any, ...]] = {
    "received": (),
    "inspected": ("confirmed", None),
    "refunded": (),
    "resent": (),
    "refuse": ("why",),
}

# Every public method of every service: what the demonstration shop must not get from it.
CHECKS: dict[str, Callable[[Two], object]] = {
    "ShopRepository.shop": lambda two: _equal(two.demo[ShopRepository].shop().name, "小二家居服饰旗舰店"),
    "ShopRepository.parameters": lambda two: _equal(two.demo[ShopRepository].parameters()["postage"], 8),
    "ShopRepository.product": lambda two: _equal(two.demo[ShopRepository].product(FOREIGN_PRODUCT), None),
    "ShopRepository.products": lambda two: _equal([p for p in two.demo[ShopRepository].products() if p.product_id == FOREIGN_PRODUCT], []),
    "ShopRepository.looks": lambda two: _equal(two.demo[ShopRepository].looks([FOREIGN_PRODUCT]), {}),
    "ShopRepository.prices": _prices,
    "ShopRepository.promotions": lambda two: _equal(
        [p for p in two.demo[ShopRepository].promotions() if p.promotion_id == "their_gift"], []
    ),
    "ShopRepository.order": lambda two: _equal(two.demo[ShopRepository].order(FOREIGN_ORDER), None),
    "ShopRepository.orders_of": lambda two: _equal(two.demo[ShopRepository].orders_of(FOREIGN_CUSTOMER), []),
    "ShopRepository.order_by_tracking": lambda two: _equal(two.demo[ShopRepository].order_by_tracking("ZZ7700000000001"), None),
    "ShopRepository.customer": lambda two: _equal(two.demo[ShopRepository].customer(FOREIGN_CUSTOMER), None),
    "Tickets.open": _ticket_of_its_own,
    "Tickets.get": lambda two: _equal(two.demo[Tickets].get(two.ticket.id), None),
    "Tickets.notes": lambda two: _equal(two.demo[Tickets].notes(two.ticket.id), []),
    "Tickets.of_conversation": lambda two: _equal(two.demo[Tickets].of_conversation("talk"), []),
    "Tickets.of_order": lambda two: _equal(two.demo[Tickets].of_order(FOREIGN_ORDER), []),
    "Tickets.of_customer": lambda two: _equal(two.demo[Tickets].of_customer(FOREIGN_CUSTOMER), []),
    "Tickets.add_note": lambda two: _refused(UnknownTicket, lambda: two.demo[Tickets].add_note(two.ticket.id, "x")),
    "Tickets.set_tracking": lambda two: _refused(UnknownTicket, lambda: two.demo[Tickets].set_tracking(two.ticket.id, "x")),
    "Tickets.set_state": lambda two: _refused(UnknownTicket, lambda: two.demo[Tickets].set_state(two.ticket.id, "closed")),
    "Tickets.due": lambda two: _equal(two.demo[Tickets].due(two.ticket.created_at.replace(year=2099)), []),
    "Tickets.history": lambda two: _equal(two.demo[Tickets].history(two.ticket.id), []),
    "Tickets.events_since": lambda two: _equal(two.demo[Tickets].events_since(two.ticket.created_at), []),
    **{
        f"TicketMoves.{name}": lambda two, name=name, rest=rest: _refused(  # type: ignore[misc]
            UnknownTicket, lambda: getattr(two.demo[TicketMoves], name)(two.ticket.id, *rest, by="x")
        )
        for name, rest in MOVES.items()
    },
    **{
        f"Returns.{name}": lambda two, name=name, rest=rest: _refused(  # type: ignore[misc]
            UnknownTicket, lambda: getattr(two.demo[Returns], name)(two.ticket.id, *rest)
        )
        for name, rest in STEPS.items()
    },
    **{
        f"Returns.{name}": lambda two, name=name, rest=rest: _refused(  # type: ignore[misc]
            UnknownTicket, lambda: getattr(two.demo[Returns], name)(two.ticket.id, *rest, by="x")
        )
        for name, rest in REPORTS.items()
    },
    "Returns.approve": lambda two: _refused(UnknownTicket, lambda: two.demo[Returns].approve(two.ticket.id, remedy="exchange")),
    "Returns.get": lambda two: _equal(two.demo[Returns].get(two.ticket.id), None),
    "Returns.due": lambda two: _equal(two.demo[Returns].due(two.ticket.created_at.replace(year=2099)), []),
    "Approvals.ask": lambda two: _refused(UnknownTicket, lambda: two.demo[Approvals].ask(two.ticket.id, "compensation", None)),
    "Approvals.get": lambda two: _equal(two.demo[Approvals].get(two.approval.id), None),
    "Approvals.of_ticket": lambda two: _equal(two.demo[Approvals].of_ticket(two.ticket.id), []),
    "Approvals.open": lambda two: _equal(two.demo[Approvals].open(), []),
    "Approvals.reasons": lambda two: _equal(two.demo[Approvals].reasons([two.ticket.id]), {}),
    "Approvals.of_tickets": lambda two: _equal(two.demo[Approvals].of_tickets([two.ticket.id]), {}),
    "Approvals.decided": lambda two: _equal(two.demo[Approvals].decided(EVER[0]), []),
    "Approvals.grant": lambda two: _refused(
        UnknownApproval, lambda: two.demo[Approvals].grant(two.approval.id, by="x", role="manager", reason="y")
    ),
    "Approvals.refuse": lambda two: _refused(
        UnknownApproval, lambda: two.demo[Approvals].refuse(two.approval.id, by="x", role="manager", reason="y")
    ),
    "Effects.latest": lambda two: _equal(two.demo[Effects].latest("return_approve", two.ticket.id), None),
    "Effects.record": lambda two: _equal(two.other[Effects].get(two.demo[Effects].record("extend", conversation_id="talk")), None),
    "Effects.get": lambda two: _equal(two.demo[Effects].get(two.effect), None),
    "Effects.set_state": lambda two: _refused(UnknownEffect, lambda: two.demo[Effects].set_state(two.effect, "failed")),
    "Effects.of_conversation": lambda two: _equal(two.demo[Effects].of_conversation("talk"), []),
    "Proofs.try_proof": _proof,
    "Proofs.proved": lambda two: _equal(two.demo[Proofs].proved("talk"), set()),
    "Concessions.given": lambda two: _equal(
        two.demo[Concessions].given(customer_id="c01", conversation_id="talk", product_id="p1001"),
        [],
    ),
    "Concessions.gifts": lambda two: _equal(
        two.demo[Concessions].gifts(customer_id="c01", product_id="p1001", since=EVER[0], until=EVER[1]),
        [],
    ),
    "Concessions.record": lambda two: _equal(
        two.demo[Concessions].record(customer_id="c01", conversation_id="talk", product_id="p1001", kind="gift", limit=1) is None, False
    ),
    "OrderFlags.of": lambda two: _equal(two.demo[OrderFlags].of([FOREIGN_ORDER]), {}),
    "OrderFlags.history": lambda two: _equal(two.demo[OrderFlags].history(FOREIGN_ORDER), []),
    "OrderFlags.put": lambda two: _refused(LookupError, lambda: two.demo[OrderFlags].put(FOREIGN_ORDER, "blue", "", by="y")),
    "FollowUps.mark": lambda two: _refused(LookupError, lambda: two.demo[FollowUps].mark("talk", "x", EVER[1], "")),
    "FollowUps.done": lambda two: _refused(LookupError, lambda: two.demo[FollowUps].done(two.follow_up.id, by="y")),
    "FollowUps.get": lambda two: _equal(two.demo[FollowUps].get(two.follow_up.id), None),
    "FollowUps.open_of_talk": lambda two: _equal(two.demo[FollowUps].open_of_talk("talk"), []),
    "FollowUps.open_of_staff": lambda two: _equal(two.demo[FollowUps].open_of_staff("x"), []),
    "IntentModes.mode": _modes,
    "IntentModes.set": _modes,
    "IntentModes.all": _modes,
    "IntentModes.decide": _modes,
    "Integration.upsert": _no_order,
    **{f"Answers.{name}": _answers for name in ("of", "rows", "remove", "count_missing", "missing")},
}


def _equal(found: object, expected: object) -> None:
    assert found == expected


def test_every_public_function_is_checked() -> None:
    methods = {
        f"{service.__name__}.{name}"
        for service in SERVICES
        for name, _ in inspect.getmembers(service, inspect.isfunction)
        if not name.startswith("_")
    }
    assert methods == set(CHECKS)
    found = set()
    for each in pkgutil.iter_modules(shop.__path__):
        module = importlib.import_module(f"shop.{each.name}")
        for _, thing in inspect.getmembers(module, inspect.isclass):
            code = getattr(thing.__init__, "__code__", None)
            if thing.__module__ == module.__name__ and code is not None and {"engine", "shop_id"} <= set(code.co_varnames):
                found.add(thing)
    # The latter: below, and in tests/gateway/test_gateway_proactive_*, tests/shop/test_shop_{retention,staff,scripts,inbox}.py.
    staff = {StaffAccounts, StaffSessions, Deeds, SuggestionUses, Reviews, Scripts, ScriptFolders, ScriptUses, InboxMessages}
    assert found == {*SERVICES, Blocks, Consents, News, Outbox, Watch, Retention, Snapshots, Traces, Waits, *staff}


def test_what_a_shop_begins_by_itself_concerns_its_own_shoppers_only(two: Two) -> None:
    """Consents, outbox, bookmarks and news of one shop say nothing of the other's."""
    demo = two.demo[Tickets]
    engine, clock = demo.engine, demo.clock
    consents = [Consents(engine, shop_id, clock) for shop_id in (demo.shop_id, two.other[Tickets].shop_id)]
    before = consents[1].word("c01", "talk")
    consents[0].set("given", customer_id="c01", conversation_id="talk", answer="好的")
    assert consents[0].word("c01", "talk") != before
    assert consents[1].word("c01", "talk") == before
    other = two.other[Tickets].shop_id
    assert Outbox(engine, other, clock).entries() == []
    assert News(engine, other).complaint_late(two.ticket.id, clock.now()) is False
    watches = [Watch(engine, shop_id, clock) for shop_id in (demo.shop_id, other)]
    watches[1].set_bookmark(watches[1].bookmark(clock.now()))
    kept = watches[1].bookmark(clock.now())
    watches[0].set_bookmark(clock.now() + timedelta(days=3))
    assert watches[1].bookmark(clock.now()) == kept


def test_who_waits_is_each_shops_own(two: Two, clock: Clock) -> None:
    late = Clock(fixed=clock.now() + timedelta(minutes=1))
    with writing(two.engine) as session:
        session.get_one(Conversation, ("other", "talk")).owner = "queue"
    mine, other = Waits(two.engine, "demo", late), Waits(two.engine, "other", late)
    (theirs,) = other.now(timedelta(seconds=30))
    assert (theirs.talk_id, mine.now(timedelta(seconds=30))) == ("talk", [])
    assert mine.claim([theirs], timedelta(seconds=100)) == []
    (alert,) = other.claim([theirs], timedelta(seconds=100))
    mine.ended([alert.id], delivered=True)
    much_later = Waits(two.engine, "other", Clock(fixed=late.now() + timedelta(seconds=31)))
    assert [one.id for one in much_later.claim([theirs], timedelta(seconds=100))] == [alert.id], "nobody else has told it"


def test_what_answers_were_made_from_and_what_has_had_its_time_is_each_shops_own(two: Two, clock: Clock) -> None:
    engine, other = two.engine, "other"
    with writing(engine) as session:
        kept = Snapshots(engine, other, clock).keep_in(session, "table", "别家的表")
    mine = Snapshots(engine, "demo", clock)
    assert mine.text(kept) is None
    assert kept not in mine.hashes()
    mine.forget_before(date(2100, 1, 1))
    assert Snapshots(engine, other, clock).text(kept) == "别家的表"
    with writing(engine) as session:
        said = {"sender": "bot", "text": "别家的话", "at": clock.now(), "seq": 1}
        session.add(Message(shop_id=other, id="m_other", conversation_id="talk", **said))
    assert Traces(engine, "demo", clock).message("m_other") is None
    assert Traces(engine, other, clock).message("m_other") is not None
    late = Clock(fixed=clock.now() + timedelta(days=4000))
    Retention(engine, "demo", late, load_parameters()).sweep(lambda path: None)
    assert Traces(engine, other, clock).message("m_other") is not None
    assert two.other[Tickets].get(two.ticket.id) is not None


def test_whom_one_shop_blocks_is_welcome_in_the_other(two: Two, clock: Clock) -> None:
    mine, other = Blocks(two.engine, "demo", clock), Blocks(two.engine, "other", clock)
    with pytest.raises(LookupError):
        mine.put("talk", "s", "刷屏")
    other.put("talk", "s", "刷屏")
    assert other.of(None, "talk") is not None
    assert (mine.of(None, "talk"), mine.lift(None, "talk"), mine.all()) == (None, None, [])
    with writing(two.engine) as session:
        session.get_one(Conversation, ("other", "talk")).address_hash = "a"
    other.put("talk", "s", "刷屏")
    assert (mine.at_door(None, "a"), len(other.all())) == (None, 1)
    assert other.at_door(None, "a") is not None


@pytest.mark.parametrize("name", CHECKS)
def test_one_shop_gets_nothing_of_the_other(name: str, two: Two) -> None:
    CHECKS[name](two)


def test_an_order_number_may_exist_in_both(two: Two) -> None:
    order = {"customer": {"id": "x9", "name": "丁"}, "product": "q1", "state": "paid", "paid": 5, "ordered_at": "2026-11-01"}
    assert two.other[Integration].upsert("orders", "880000000001", order, 1) == "created"
    assert two.demo[ShopRepository].order("880000000001").customer_id == "c01"
    assert two.other[ShopRepository].order("880000000001").paid == 5


def test_a_message_number_is_taken_in_ones_own_talk_only(two: Two) -> None:
    with pytest.raises(LookupError, match="no conversation"), writing(two.engine) as session:
        next_seq(session, "demo", "talk")
    with writing(two.engine) as session:
        assert [next_seq(session, "other", "talk") for _ in range(2)] == [1, 2]


def test_no_row_of_one_shop_can_point_into_the_other(two: Two, clock: Clock) -> None:
    with reading(two.engine) as session:
        for table in Base.metadata.tables.values():
            for constraint in table.foreign_key_constraints:
                assert next(iter(constraint.column_keys)) == "shop_id", f"{table.name}: {constraint.column_keys}"
        assert session.scalar(select(Product.shop_id).where(Product.id == "q1")) == "other"


def test_a_shop_that_does_not_exist_is_said(empty: Engine, clock: Clock) -> None:
    with pytest.raises(UnknownShop, match="none_such"):
        ShopRepository(empty, "none_such", clock).shop()
    with pytest.raises(UnknownShop, match="none_such"):
        Integration(empty, "none_such", clock).upsert("products", "p", {"name": "x", "price": 1}, 1)
