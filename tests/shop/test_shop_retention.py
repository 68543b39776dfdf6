"""What has had its time goes, with a receipt, and only that; the same on PostgreSQL. And a customer as a whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from policy.parameters import load_parameters
from shop import copies
from shop.anonymise import GONE, forget_customer, plain_fields
from shop.clock import Clock
from shop.db import migrate, reading, writing
from shop.effects import Effects
from shop.models import Attachment, Conversation, Customer, DataReceipt, Effect, Message, Order, OutboxRow, ProofAttempt, TicketRow
from shop.retention import Retention
from shop.seed import seed
from shop.tickets import Tickets
from tests.shop.conftest import NOW

FIELDS = {
    "text": "我叫王晓明，住文三路90号",
    "phone": "13800138000",
    "refund": "168.00",
    "days": 3,
    "reason": "quality",
    "kind": "13800138000",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, clock: Clock) -> Engine:
    """The demonstration shop, once in each database."""
    engine: Engine = request.getfixturevalue("engine" if request.param == "sqlite" else "postgres")
    if request.param == "postgresql":
        migrate(engine)
        seed(engine, clock)
    return engine


def talk(engine: Engine, name: str, at: datetime, customer: str | None = None, photo: bool = False) -> None:
    """A talk with one message, at an instant."""
    with writing(engine) as session:
        common: dict[str, Any] = {"shop_id": "demo", "created_at": at, "updated_at": at}
        session.add(Conversation(id=name, token_hash="x", customer_id=customer, owner="bot", last_seq=1, **common))
        session.flush()
        card = {"attachments": [{"id": f"a_{name}", "mime": "image/jpeg"}], "order": {"id": "1"}} if photo else None
        message = Message(shop_id="demo", conversation_id=name, seq=1, id=f"m_{name}", sender="shopper", text="我的电话13800138000", at=at)
        message.card, message.state = card, "answered"
        session.add(message)
        if photo:
            path = f"attachments/{name}/a.jpg"
            session.add(Attachment(shop_id="demo", id=f"a_{name}", conversation_id=name, mime="image/jpeg", size=1, path=path, at=at))


def retention(engine: Engine, now: datetime = NOW, **days: int) -> Retention:
    """The job at an instant with the shop's days."""
    return Retention(engine, "demo", Clock(fixed=now), load_parameters({f"retention_{name}_days": value for name, value in days.items()}))


def run(job: Retention) -> dict[str, int]:
    """One run of everything but the talks."""
    receipt = job.begin("test", even_if_recent=True)
    assert receipt is not None
    counts = job.sweep(lambda path: None)
    job.end(receipt, counts, done=True)
    return counts


def ago(days: float) -> datetime:
    """An instant before now."""
    return NOW - timedelta(days=days)


def test_a_talk_is_due_after_its_last_message_and_never_while_a_ticket_of_it_is_open(database: Engine) -> None:
    talk(database, "old", ago(181))
    talk(database, "busy", ago(181))
    talk(database, "young", ago(179))
    ticket = Tickets(database, "demo", Clock(fixed=NOW)).open("return", conversation_id="busy")
    assert retention(database).talks() == ["old"]
    assert retention(database).due()["talks"] == 1
    assert retention(database, talk=120).talks() == ["old", "young"]
    Tickets(database, "demo", Clock(fixed=NOW)).set_state(ticket.id, "closed")
    assert set(retention(database).talks()) == {"old", "busy"}


def test_a_photo_goes_before_its_talk_and_its_message_no_longer_names_it(database: Engine) -> None:
    talk(database, "t1", ago(91), photo=True)
    talk(database, "t2", ago(89), photo=True)
    removed: list[str] = []
    job = retention(database)
    assert job.due()["photos"] == 1
    assert job.sweep(removed.append)["photos"] == 1
    assert removed == ["attachments/t1/a.jpg"]
    with reading(database) as session:
        assert session.get_one(Message, ("demo", "t1", 1)).card == {"order": {"id": "1"}}
        assert (session.get_one(Message, ("demo", "t2", 1)).card or {})["attachments"]
    assert job.sweep(removed.append)["photos"] == 0


def test_a_closed_ticket_loses_the_person_and_keeps_its_figures(database: Engine) -> None:
    tickets = Tickets(database, "demo", Clock(fixed=ago(400)))
    old = tickets.open("refund", conversation_id="t", customer_id="c01", order_id="880000000001", fields=FIELDS)
    tickets.add_note(old.id, "王晓明来电", "a1")
    tickets.set_state(old.id, "closed")
    open_still = tickets.open("refund", conversation_id="u", customer_id="c01", fields=FIELDS)
    counts = run(retention(database))
    assert counts["tickets"] == 1
    cleaned = tickets.get(old.id)
    assert cleaned is not None
    assert (cleaned.conversation_id, cleaned.customer_id, cleaned.order_id) == (None, None, None)
    assert cleaned.fields == {"refund": "168.00", "days": 3, "reason": "quality"}
    assert tickets.notes(old.id) == []
    assert {(event.why, str(event.data)) for event in tickets.history(old.id)} == {(None, "{}")}
    kept = tickets.get(open_still.id)
    assert kept is not None
    assert kept.fields == FIELDS
    assert run(retention(database))["tickets"] == 0, "a second run takes nothing more"


def test_what_is_kept_of_a_ticket_is_never_a_text() -> None:
    assert plain_fields({"reason": "我不喜欢", "refund": "13800138000", "row": "pr_q_ex_01", "name": "x", "amount": 5.0}) == {
        "row": "pr_q_ex_01",
        "amount": 5.0,
    }


def test_deeds_tries_and_unasked_messages_lose_the_person_in_their_time(database: Engine) -> None:
    clock = Clock(fixed=ago(200))
    Effects(database, "demo", clock).record("diff_refund", ref="880000000001", conversation_id="t", payload={"to": "王晓明"})
    at = ago(200)
    with writing(database) as session:
        session.add(ProofAttempt(shop_id="demo", subject="h", day=at.date(), wrong=1, last_at=at))
        common: dict[str, Any] = {"shop_id": "demo", "event": "shipped", "event_at": at, "due_at": at, "created_at": at, "updated_at": at}
        session.add(OutboxRow(id="p1", key="shipped:1", state="sent", text="王女士您好", customer_id="c01", **common))
        session.add(OutboxRow(id="p2", key="shipped:2", state="planned", customer_id="c01", **common))
    due = retention(database).due()
    counts = run(retention(database))
    assert {name: counts[name] for name in ("effects", "proof_attempts", "outbox")} == {"effects": 1, "proof_attempts": 1, "outbox": 1}
    assert {name: due[name] for name in counts if name in due} == {name: count for name, count in counts.items() if name in due}
    with reading(database) as session:
        (effect,) = session.scalars(select(Effect).where(Effect.kind == "diff_refund"))
        assert (effect.state, effect.ref, effect.conversation_id, effect.payload) == ("done", "880000000001", None, {})
        told = session.get_one(OutboxRow, ("demo", "p1"))
        assert (told.key, told.text, told.customer_id) == ("shipped:1", None, None)
        assert session.get_one(OutboxRow, ("demo", "p2")).customer_id == "c01"


def test_a_dry_run_changes_nothing(database: Engine) -> None:
    talk(database, "old", ago(300), photo=True)
    before = retention(database).due()
    assert before["talks"] == 1
    assert retention(database).due() == before
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(DataReceipt)) == 0


def test_a_run_a_day_leaves_one_receipt_and_only_one_gateway_runs(database: Engine) -> None:
    job = retention(database)
    first = job.begin("g1")
    assert first is not None
    assert job.begin("g2") is None, "somebody is at it"
    job.end(first, {"talks": 2}, done=False)
    later = retention(database, NOW + timedelta(hours=2))
    assert later.begin("g2") == first, "what was not ended is taken up again"
    later.end(first, {"talks": 1, "engine_rows": 4}, done=True)
    assert retention(database, NOW + timedelta(hours=20)).begin("g1") is None
    assert retention(database, NOW + timedelta(hours=27)).begin("g1") not in (None, first)
    with reading(database) as session:
        row = session.get_one(DataReceipt, ("demo", first))
        assert (row.counts, row.state) == ({"talks": 3, "engine_rows": 4}, "done")


def test_a_customer_without_orders_of_late_becomes_nobody(database: Engine) -> None:
    with reading(database) as session:
        states = dict(
            session.execute(select(Order.customer_id, func.count()).where(Order.shop_id == "demo").group_by(Order.customer_id)).all()
        )
    job = retention(database, NOW + timedelta(days=1200))
    due = job.due()["customers"]
    assert 0 < due < len(states) + 1
    assert run(job)["customers"] == due
    assert run(job)["customers"] == 0
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(Order).where(Order.shop_id == "demo")) == sum(states.values())
        assert len(list(session.scalars(select(Customer.id).where(Customer.id.startswith(GONE))))) == due


def test_an_erased_customer_is_nowhere_and_others_are_whole(database: Engine, clock: Clock) -> None:
    other = copies.of_customer(database, "demo", "c02")
    mine = copies.of_customer(database, "demo", "c01")
    assert mine["customer"]["name"]
    number = mine["orders"][0]["id"]
    tickets = Tickets(database, "demo", clock)
    ticket = tickets.open("refund", conversation_id="gone", customer_id="c01", order_id=number, fields=FIELDS)
    Effects(database, "demo", clock).record("diff_refund", ref=number, conversation_id="gone", payload={"x": 1})
    with writing(database) as session:
        counts = forget_customer(session, "demo", "c01", ["gone"], clock.now())
    assert counts["customers"] == 1
    assert counts["orders"] == len(mine["orders"])
    nothing = copies.of_customer(database, "demo", "c01")
    assert not any(nothing.values())
    assert copies.of_customer(database, "demo", "c02") == other
    closed = tickets.get(ticket.id)
    assert closed is not None
    assert (closed.state, closed.closed_by, closed.fields.get("phone")) == ("closed", GONE, None)
    with reading(database) as session:
        assert session.get_one(Order, ("demo", number)).customer_id.startswith(GONE)
        assert session.scalar(select(func.count()).where(Effect.kind == "diff_refund", Effect.conversation_id.is_(None))) == 1
        assert session.scalar(select(func.count()).where(TicketRow.customer_id == "c01")) == 0
    with writing(database) as session:
        assert not any(forget_customer(session, "demo", "c01", [], clock.now()).values())


def test_a_copy_has_everything_of_one_person_and_nothing_of_another(database: Engine, clock: Clock) -> None:
    talk(database, "mine", ago(1), "c01", photo=True)
    talk(database, "theirs", ago(1), "c02", photo=True)
    Tickets(database, "demo", clock).open("refund", conversation_id="mine", customer_id="c01", fields=FIELDS)
    copy = copies.of_customer(database, "demo", "c01")
    text = str(copy)
    assert [one["id"] for one in copy["talks"]] == ["mine"]
    assert [one["id"] for one in copy["attachments"]] == ["a_mine"]
    assert copy["tickets"][0]["fields"]["phone"] == "13800138000"
    assert copy["orders"][0]["parcel"] is None or "scans" in copy["orders"][0]["parcel"]
    with reading(database) as session:
        others = [row for row in session.scalars(select(Customer).where(Customer.shop_id == "demo")) if row.id != "c01"]
        numbers = list(session.scalars(select(Order.id).where(Order.shop_id == "demo", Order.customer_id != "c01")))
    assert not [one.id for one in others if f"'{one.id}'" in text or (one.name or "?") in text]
    assert not [number for number in numbers if number in text]
    for hidden in ("token_hash", "shop_id", "floor_price", "address_hash"):
        assert hidden not in text
    alone = copies.of_talk(database, "demo", "theirs")
    assert [one["id"] for one in alone["talks"]] == ["theirs"]
    assert "orders" not in alone
