"""What answers were made from is stored with them, shared where it is the same, and goes with its talk and its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from policy.facts import OrderFacts, ProductFacts
from shop.catalogue import ShopRepository
from shop.clock import Clock
from shop.db import migrate, reading, writing
from shop.models import AnswerTraceRow, Conversation, SnapshotRow
from shop.seed import seed
from shop.snapshots import Snapshots, canonical, hash_of, plain_order, plain_product
from shop.traces import Spoken, Traces, call_told, forget_talk
from shop.witness import MOST, Facts, saw, seen, watching
from tests.shop.conftest import NOW

VARIATION = {"text": "您好，{name}。\n\n再见", "metadata": {"script": "s_test"}}
DATA = {"content": "abc"}


def open_talk(engine: Engine, talk: str) -> None:
    with writing(engine) as session:
        session.add(Conversation(shop_id="demo", id=talk, token_hash="x", owner="bot", last_seq=0, created_at=NOW, updated_at=NOW))


def say(traces: Traces, engine: Engine, talk: str, name: str = "王女士", record: dict[str, Any] | None = None) -> list[list[Any] | None]:
    spoken = Spoken("utter_test", VARIATION, {"name": name}, record=record)
    with writing(engine) as session:
        return traces.add(session, talk, [spoken, spoken.bubbled(1), None], DATA)


def count(engine: Engine, model: type[Any]) -> int:
    with reading(engine) as session:
        return int(session.scalar(select(func.count()).select_from(model)) or 0)


def check(engine: Engine) -> None:
    clock = Clock(fixed=NOW)
    traces = Traces(engine, "demo", clock)
    open_talk(engine, "one")
    open_talk(engine, "two")
    products = {"p1": {"name": "裙", "stock": {"白": 3}}}
    record = {"model": {"name": "m"}, "calls": [{"action": "a", "decisions": [], "orders": {}, "products": products}]}
    places = say(traces, engine, "one", record=record)
    assert places[0] is not None
    assert places[1] is not None
    assert [place[1:] for place in places if place] == [[0, 0], [0, 1]], "two bubbles of one sentence"
    assert places[2] is None
    kept = traces.read(places[0][0])
    assert kept is not None
    variation = hash_of(canonical(VARIATION))
    said = {"response": "utter_test", "values": {"name": "王女士"}, "given": [], "variation": variation, "record": 0}
    assert kept["spoken"] == [said]
    assert kept["records"][0]["products"]["p1"]["stock"] == {"白": 3}
    assert traces.snapshots.text(kept["records"][0]["products"]["p1"]["hash"]) == '{"name":"裙"}', "what sells every minute is not in it"
    assert kept["data"] == DATA
    assert datetime.fromisoformat(kept["at"]) == NOW
    # The same sentence to somebody else is stored once.
    say(Traces(engine, "demo", clock), engine, "two", "李先生")
    assert (count(engine, AnswerTraceRow), count(engine, SnapshotRow)) == (2, 2)
    # Erasure: with the conversation, or by hand.
    with writing(engine) as session:
        session.delete(session.get_one(Conversation, ("demo", "one")))
    assert traces.read(places[0][0]) is None
    with writing(engine) as session:
        assert forget_talk(session, "demo", "two") == 1
    assert (count(engine, AnswerTraceRow), count(engine, SnapshotRow)) == (0, 2)
    # Retention: after 90 days nothing is left, before that everything.
    say(traces, engine, "two")
    later = Traces(engine, "demo", Clock(fixed=NOW + timedelta(days=89)))
    assert later.forget_expired() == {"answer_traces": 0, "snapshots": 0}
    open_talk(engine, "three")
    say(later, engine, "three")
    much_later = Traces(engine, "demo", Clock(fixed=NOW + timedelta(days=92)))
    assert much_later.forget_expired() == {"answer_traces": 1, "snapshots": 1}, "the product; the sentence was said again since"
    assert (count(engine, AnswerTraceRow), count(engine, SnapshotRow)) == (1, 1)


def test_traces_on_sqlite(engine: Engine) -> None:
    check(engine)


def test_traces_on_postgresql(postgres: Engine) -> None:
    migrate(postgres)
    seed(postgres, Clock(fixed=NOW))
    check(postgres)


def test_what_was_rolled_back_is_not_taken_for_stored(engine: Engine) -> None:
    traces = Traces(engine, "demo", Clock(fixed=NOW))
    open_talk(engine, "one")

    def fails() -> None:
        with writing(engine) as session:
            traces.add(session, "one", [Spoken("utter_test", VARIATION, {"name": "x"})], DATA)
            raise RuntimeError("the turn failed")

    with pytest.raises(RuntimeError, match="the turn failed"):
        fails()
    assert (count(engine, AnswerTraceRow), count(engine, SnapshotRow)) == (0, 0)
    say(traces, engine, "one")
    assert (count(engine, AnswerTraceRow), count(engine, SnapshotRow)) == (1, 1)


def test_a_snapshot_that_is_used_again_the_next_day_is_kept_from_then(engine: Engine) -> None:
    today = Snapshots(engine, "demo", Clock(fixed=NOW))
    today.keep("table", hash_of("t"), "t")
    Snapshots(engine, "demo", Clock(fixed=NOW + timedelta(days=3))).keep("table", hash_of("t"), "t")
    with reading(engine) as session:
        row = session.get_one(SnapshotRow, ("demo", hash_of("t")))
        assert (row.used_on - row.first_on).days == 3
    assert today.text(hash_of("t")) == "t"
    assert today.text("nothing") is None


def test_facts_are_kept_without_the_floor_price(engine: Engine, clock: Clock) -> None:
    repository = ShopRepository(engine, "demo", clock)
    with watching() as facts:
        order = repository.order("880000000009")
        repository.product("p1002")
        repository.products()
    assert order is not None
    assert set(facts.orders) == {"880000000009"}
    assert set(facts.products) == {"p1001", "p1002"}, "a list of all goods is no fact of one answer"
    assert seen() == Facts()
    assert order.product.floor_price > 0
    kept = canonical(call_told("a", NOW, [], facts, {}, Snapshots(engine, "demo", clock)))
    assert "floor" not in kept
    assert str(order.product.floor_price) not in kept
    told = plain_order(order)
    assert (told["paid"], told["product"]) == ("176.00", "p1001")
    assert "synced_at" in told
    assert "price" in plain_product(order.product)


def test_a_shopper_with_many_orders_does_not_fill_the_trace() -> None:
    product = ProductFacts("p", "裙", "clothing", Decimal(1))
    orders = [OrderFacts(str(n), "c", product, "", "paid", Decimal(1), Decimal(0), NOW) for n in range(3 * MOST)]
    with watching() as facts:
        saw(*orders)
    assert len(facts.orders) == MOST
