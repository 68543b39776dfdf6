"""The demonstration shop: relative times, repeated starts, a fresh one."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from shop import seed as seed_module
from shop.catalogue import ShopRepository
from shop.clock import SHANGHAI, Clock, local_day
from shop.db import make_engine, reading, writing
from shop.models import Order, Product, Shop
from shop.proofs import Proofs
from shop.seed import DEMO_FILE, PARCELS_FILE, moment, resolve, seed
from shop.tickets import Tickets
from shop.writers import write_shop

ORDERS = [order for file in (DEMO_FILE, PARCELS_FILE) for order in yaml.safe_load(file.read_text(encoding="utf-8"))["orders"]]
AT_ANY_HOUR = st.integers(0, 24 * 60 - 1).map(lambda minute: datetime(2026, 11, 22, tzinfo=SHANGHAI) + timedelta(minutes=minute))


def days_ago(written: str) -> int:
    return -int(written.removesuffix("d"))


@settings(max_examples=60, deadline=None)
@given(AT_ANY_HOUR)
def test_days_are_calendar_days_in_shanghai_at_any_hour_of_the_start(now: datetime) -> None:
    for given_order in ORDERS:
        order, parcel, scans = resolve(given_order, now)
        happened = [("ordered", order["ordered_at"])]
        if parcel is not None:
            happened += [(name, parcel[f"{name}_at"]) for name in ("shipped", "signed") if f"{name}_at" in parcel]
        for name, at in happened:
            assert at <= now
            if given_order[name].endswith("d"):
                assert (local_day(now) - local_day(at)).days == days_ago(given_order[name])
                assert time(9) <= at.astimezone(SHANGHAI).time() < time(18)
        assert [at for _, at in happened] == sorted(at for _, at in happened)
        times = [scan["at"] for scan in scans]
        assert times == sorted(times)
        assert len(set(times)) == len(times)
        assert all(at <= now for at in times)
        if parcel is not None and times:
            assert parcel["shipped_at"] <= times[0]


def test_hours_are_exact_and_other_words_are_refused() -> None:
    now = datetime(2026, 11, 22, 1, 0, tzinfo=SHANGHAI)
    assert moment("-84h", "ordered", "1", now) == now - timedelta(hours=84)
    with pytest.raises(ValueError, match="no relative time"):
        moment("yesterday", "ordered", "1", now)


def test_planned_days_lie_ahead(engine: Engine, clock: Clock) -> None:
    shop = ShopRepository(engine, "demo", clock)
    planned, missing = shop.order("880000000002"), shop.order("880000000003")
    assert planned is not None
    assert planned.ship_on == clock.today() + timedelta(days=1)
    assert missing is not None
    assert missing.restock_on == clock.today() + timedelta(days=4)
    assert missing.purchase == "awaiting"


def test_a_second_start_keeps_tickets_and_proofs_and_only_says_that_facts_are_fresh(engine: Engine, clock: Clock) -> None:
    ticket = Tickets(engine, "demo", clock).open("return", conversation_id="t", order_id="880000000009")
    Proofs(engine, "demo", clock).try_proof(conversation_id="t", order_id="880000000009", phone_tail="0005", address="a")
    before = ShopRepository(engine, "demo", clock).order("880000000009")
    later = Clock(fixed=clock.now() + timedelta(days=2))
    shop = ShopRepository(engine, "demo", later)
    known = shop.products()
    assert seed(engine, later) is False
    after = shop.order("880000000009")
    assert before is not None
    assert after is not None
    assert after.synced_at == later.now()
    assert after.product.stock_synced_at == later.now()
    assert after.signed_at == before.signed_at
    assert [product.stock_synced_at for product in shop.products()] != [product.stock_synced_at for product in known]
    assert Tickets(engine, "demo", later).get(ticket.id) is not None
    assert Proofs(engine, "demo", later).proved("t") == {"880000000009"}
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Order)) == len(ORDERS)


def test_a_fresh_one_is_young_again_and_leaves_other_shops_alone(two_shops: Engine, clock: Clock) -> None:
    Tickets(two_shops, "demo", clock).open("return", conversation_id="t")
    kept = Tickets(two_shops, "other", clock).open("return", conversation_id="t")
    later = Clock(fixed=clock.now() + timedelta(days=30))
    shop = ShopRepository(two_shops, "demo", later)
    old = shop.order("880000000009")
    assert seed(two_shops, later, fresh=True) is True
    young = shop.order("880000000009")
    assert old is not None
    assert young is not None
    assert old.signed_at is not None
    assert young.signed_at == old.signed_at + timedelta(days=30)
    assert Tickets(two_shops, "demo", later).of_conversation("t") == []
    assert Tickets(two_shops, "other", later).get(kept.id) is not None
    assert ShopRepository(two_shops, "other", later).order("770000000001") is not None


def test_a_shops_own_data_is_never_written_over(empty: Engine, clock: Clock) -> None:
    with writing(empty) as session:
        session.add(Shop(shop_id="demo", name="真店", source="own", return_address={}, created_at=clock.now()))
    assert seed(empty, clock) is False
    with pytest.raises(ValueError, match="own data"):
        seed(empty, clock, fresh=True)
    assert ShopRepository(empty, "demo", clock).products() == []


def test_bringing_a_shop_into_the_demonstration_makes_it_ones_own(engine: Engine, clock: Clock) -> None:
    with writing(engine) as session:
        write_shop(session, "demo", {"name": "真店"}, clock.now())
    with pytest.raises(ValueError, match="own data"):
        seed(engine, clock, fresh=True)


def test_another_shop_of_the_environment_is_not_seeded_but_must_be_there(
    two_shops: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XIAOER_DATABASE_URL", two_shops.url.render_as_string(hide_password=False))
    monkeypatch.setenv("XIAOER_SHOP_ID", "other")
    assert seed_module.main([]) == 0
    assert "别家: its own data" in capsys.readouterr().out
    monkeypatch.setenv("XIAOER_SHOP_ID", "nowhere")
    assert seed_module.main([]) == 1
    assert "no shop 'nowhere'" in capsys.readouterr().err


def test_the_command_seeds_and_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("XIAOER_DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    monkeypatch.delenv("XIAOER_SHOP_ID", raising=False)
    monkeypatch.setenv("XIAOER_NOW", "2026-11-22T10:42:00+08:00")
    assert seed_module.main([]) == 0
    assert seed_module.main([]) == 0
    assert seed_module.main(["--fresh"]) == 0
    assert [line.split()[2] for line in capsys.readouterr().out.splitlines()] == ["stored", "already", "stored"]
    monkeypatch.setenv("XIAOER_NOW", "tomorrow")
    assert seed_module.main([]) == 1
    assert "XIAOER_NOW" in capsys.readouterr().err
    make_engine().dispose()


def test_the_file_is_the_projects_and_complete(engine: Engine, clock: Clock) -> None:
    body = yaml.safe_load(DEMO_FILE.read_text(encoding="utf-8"))
    shop = ShopRepository(engine, "demo", clock)
    customers = [*body["customers"], *yaml.safe_load(PARCELS_FILE.read_text(encoding="utf-8"))["customers"]]
    assert {order.order_id for customer in customers for order in shop.orders_of(customer["id"])} == {each["id"] for each in ORDERS}
    dress, coat = shop.product("p1001"), shop.product("p1004")
    assert dress is not None
    assert coat is not None
    assert coat.size_chart == ()
    assert dress.size_chart[1].ranges == {"height": (156.0, 163.0), "weight": (92.0, 108.0)}
    assert dress.size_chart[1].measures == {"bust": 88.0, "waist": 72.0, "shoulder": 37.0, "length": 114.0}
    assert dress.stock["雾蓝/L"] == 0
    assert "149" not in repr(dress)
    with reading(engine) as session:
        attributes = session.get_one(Product, ("demo", "p2001")).attributes
    assert attributes == {"shrink_rate_pct": 3}
