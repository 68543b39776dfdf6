"""The outbound webhook: signed, at least once with the same id, to the configured address only."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from gateway.settings import Secret, Settings, SettingsError
from gateway.webhook import GIVE_UP, HEADER, Webhook, next_try, pause
from shop.clock import Clock
from shop.db import make_engine
from shop.seed import seed
from tests.gateway.proactive_support import NOON, SECRET, Shop

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "webhook.md"


@pytest.fixture
async def shop(seeded: Path, tmp_path: Path) -> Shop:
    """The demonstration shop, made young again at noon."""
    shutil.copy(seeded, tmp_path / "shop.db")
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    seed(engine, Clock(fixed=NOON), fresh=True)
    return Shop(engine, tmp_path)


@pytest.fixture
def is_genuine() -> Callable[..., bool]:
    """The function of the documentation, run as it stands there."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.S)
    names: dict[str, Callable[..., bool]] = {}
    exec(compile(code, str(DOCUMENT), "exec"), names)
    return names["is_genuine"]


async def test_who_has_left_gets_it_from_the_shops_own_system(shop: Shop, is_genuine: Callable[..., bool]) -> None:
    gateway = shop.gateway(webhook=True)
    await shop.tick(gateway)
    talk = await shop.talk(gateway)
    shop.clock.pass_by(minutes=1)
    shop.order()
    await shop.tick(gateway)
    (request,) = shop.receiver.requests
    (body,) = shop.receiver.bodies
    assert set(body) == {"id", "event", "order_id", "customer_id", "text", "at"}
    assert (body["event"], body["order_id"], body["customer_id"]) == ("order_created", "880000000901", "c90")
    assert body["at"] == "2026-11-18T04:01:00Z"
    header = request.headers[HEADER]
    assert is_genuine(SECRET, header, request.content)
    assert not is_genuine(SECRET, header, request.content + b" ")
    assert not is_genuine("another secret", header, request.content)
    assert not is_genuine(SECRET, header, request.content, now=float(header[2:].split(",")[0]) + 301)
    assert not is_genuine(SECRET, "nonsense", request.content)
    # It is in the talk as well, for when the shopper comes back, and is told only there then.
    assert shop.said(gateway, talk) == ["deal_confirm_unpaid"]
    assert shop.entry("order_created").state == "delivered"
    await shop.tick(gateway)
    assert len(shop.receiver.requests) == 1


async def test_without_any_talk_only_the_webhook_gets_it(shop: Shop) -> None:
    gateway = shop.gateway(webhook=True)
    await shop.tick(gateway)
    shop.order()
    await shop.tick(gateway)
    assert [body["event"] for body in shop.receiver.bodies] == ["order_created"]
    assert shop.entry("order_created").conversation_id is None


async def test_a_receiver_that_was_down_gets_the_same_id_again(shop: Shop) -> None:
    gateway = shop.gateway(webhook=True)
    await shop.tick(gateway)
    shop.order()
    shop.receiver.down = True
    await shop.tick(gateway)
    assert (shop.entry("order_created").state, shop.entry("order_created").delivered_at) == ("sent", None)
    shop.clock.pass_by(seconds=31)
    shop.receiver.down, shop.receiver.status = False, 500
    await shop.tick(gateway)
    shop.clock.pass_by(seconds=61)
    shop.receiver.status = 202
    restarted = shop.gateway(webhook=True)
    await shop.tick(restarted)
    assert len(shop.receiver.requests) == 3
    assert len({body["id"] for body in shop.receiver.bodies}) == 1
    assert len({request.content for request in shop.receiver.requests}) == 1
    assert shop.entry("order_created").state == "delivered"


async def test_after_a_day_it_is_given_up_and_said_so(shop: Shop) -> None:
    gateway = shop.gateway(webhook=True)
    await shop.tick(gateway)
    shop.order()
    shop.receiver.status = 503
    for _ in range(60):
        await shop.tick(gateway)
        shop.clock.pass_by(minutes=30)
    entry = shop.outbox.entries(event="order_created", order_id="880000000901")[0]
    assert (entry.state, entry.why) == ("failed", "webhook: status 503")
    tried = [body["id"] for body in shop.receiver.bodies if body["order_id"] == "880000000901"]
    assert len(tried) > 1
    assert len(set(tried)) == 1


async def test_many_that_wait_do_not_hold_up_the_tick(shop: Shop) -> None:
    gateway = shop.gateway(webhook=True)
    await shop.tick(gateway)
    for number in range(20):
        shop.order(f"8800000009{number:02d}", state="paid")
    shop.receiver.down = True
    await shop.tick(gateway)
    assert len(shop.receiver.requests) <= 5


async def test_no_other_address_is_ever_asked_and_no_secret_logged(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    gateway = shop.gateway(webhook=True)
    await shop.tick(gateway)
    shop.order()
    shop.receiver.status = 302
    with caplog.at_level(logging.DEBUG):
        await shop.tick(gateway)
    assert {str(request.url) for request in shop.receiver.requests} == {"http://shop.test/xiaoer"}
    assert shop.entry("order_created").state == "sent"
    assert SECRET not in caplog.text
    assert SECRET not in repr(Webhook("http://shop.test", Secret(SECRET), shop.http).__dict__)


def test_pauses_grow_to_an_hour_and_end_after_a_day() -> None:
    assert [pause(number).total_seconds() for number in (0, 1, 2, 7, 50)] == [30, 60, 120, 3600, 3600]
    assert next_try(NOON, 1, NOON) == NOON + timedelta(seconds=30)
    assert next_try(NOON, 30, NOON + GIVE_UP) is None


def test_an_address_with_a_password_in_it_is_refused_without_being_shown(tmp_path: Path) -> None:
    for address in ("ftp://shop.test/x", "http://u:geheim@shop.test/x", "shop.test"):
        with pytest.raises(SettingsError, match="XIAOER_WEBHOOK_URL") as caught:
            Settings.from_env({"XIAOER_HOME": str(tmp_path), "XIAOER_WEBHOOK_URL": address})
        assert "geheim" not in str(caught.value)
    given = Settings.from_env({"XIAOER_HOME": str(tmp_path), "XIAOER_WEBHOOK_URL": "https://shop.test/xiaoer?x=1"})
    assert given.webhook_secret is not None
    assert "***" in repr(given.webhook_secret)


async def test_a_timeout_is_a_failed_try(shop: Shop) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(slow)) as http:
        answer = await Webhook("http://shop.test/x", Secret(SECRET), http).post({"id": "p"}, NOON)
    assert (answer.taken, answer.why) == (False, "ReadTimeout")
