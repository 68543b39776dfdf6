"""When shoppers wait and nobody is in front of a desk, the shop's people are told: after 30 s, and again after 100 s."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import func, select, update
from websockets.asyncio.client import connect

from gateway.services import Services
from gateway.settings import Secret, Settings, SettingsError
from gateway.staff_access import COOKIE
from gateway.waiting import WaitingWebhook, watchman
from gateway.waiting_forms import refusal
from gateway.webhook import HEADER
from shop.clock import Clock
from shop.db import make_engine, reading, writing
from shop.models import Conversation, Message, Parameter, WaitingAlert
from shop.seed import seed
from tests.gateway.proactive_support import NOON, SECRET, Shop
from tests.gateway.socket_support import read
from tests.gateway.staff_support import Worker
from tests.gateway.support import Gateway

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "webhook.md"
ADDRESS = "https://robot.test/send?access_token=not-to-be-logged"


@pytest.fixture
async def shop(seeded: Path, tmp_path: Path) -> Shop:
    """The demonstration shop, made young again at noon."""
    shutil.copy(seeded, tmp_path / "shop.db")
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    seed(engine, Clock(fixed=NOON), fresh=True)
    return Shop(engine, tmp_path)


class Watch:
    """One gateway that tells of waiting shoppers, in one of the forms."""

    def __init__(self, shop: Shop, form: str = "json", secret: str | None = SECRET) -> None:
        self.shop = shop
        self.services = shop.gateway()
        for name, value in {
            "waiting_url": ADDRESS,
            "waiting_form": form,
            "waiting_secret": Secret(secret) if secret else None,
            "desk_url": "https://shop.test/desk",
        }.items():
            object.__setattr__(self.services.settings, name, value)
        self.watchman = watchman(self.services)
        self.webhook = WaitingWebhook(self.services.settings, shop.http)

    async def later(self, seconds: float) -> int:
        """Time passes and the watchman looks; of how many talks was told."""
        self.shop.clock.pass_by(seconds=seconds)
        return await self.watchman.once(self.webhook)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return self.shop.receiver.bodies


def wait(shop: Shop, talk: str, owner: str = "queue", *said: str) -> None:
    """Put a talk into the queue (or give it to somebody) now; then say these, by sender."""
    with writing(shop.database) as session:
        mine = (Conversation.shop_id == "demo", Conversation.id == talk)
        session.execute(update(Conversation).where(*mine).values(owner=owner, updated_at=shop.clock.now()))
    for sender in said:
        say(shop, talk, sender)


def say(shop: Shop, talk: str, sender: str) -> None:
    """A message of somebody."""
    with writing(shop.database) as session:
        row = session.get_one(Conversation, ("demo", talk))
        row.last_seq += 1
        message = {"sender": sender, "text": "…", "at": shop.clock.now(), "seq": row.last_seq, "id": f"m_{talk}_{row.last_seq}"}
        session.add(Message(shop_id="demo", conversation_id=talk, **message))


@contextlib.contextmanager
def desk(services: Services, member: str, *, front: bool = True) -> Iterator[None]:
    """Somebody's desk is open, in front or not."""
    with services.hub.open_desk(member) as window:
        window.seen = front
        yield


def member(services: Services, login: str = "lan", number: str = "012", presence: Any = "online") -> str:
    made, _ = services.staff.add(login, "小兰", number, "agent")
    return services.staff.set_presence(made.id, presence).id


async def test_told_after_half_a_minute_and_again_after_a_hundred_seconds(shop: Shop) -> None:
    watch = Watch(shop)
    talk = await shop.talk(watch.services)
    wait(shop, talk)
    assert [await watch.later(seconds) for seconds in (29, 2, 12, 40, 20)] == [0, 1, 0, 0, 1]
    for _ in range(5):
        assert await watch.later(60) == 0, "twice, and no more"
    first, second = watch.bodies
    (one,), (other,) = first["talks"], second["talks"]
    assert (one["id"], one["waited"], one["again"], one["queued"]) == (talk, 31, False, True)
    assert (other["id"], other["waited"], other["again"]) == (talk, 103, True)
    assert one["alert"] != other["alert"]
    assert (
        first["text"] == "【店小二】小二家居服饰旗舰店：1 位买家在等回复，最久已等 31 秒，工作台前没有人。\n去接待：https://shop.test/desk"
    )
    assert "再次提醒" in second["text"]


async def test_nobody_is_told_while_somebody_is_in_front_of_a_desk(shop: Shop) -> None:
    watch = Watch(shop)
    lan = member(watch.services)
    wait(shop, await shop.talk(watch.services))
    with desk(watch.services, lan):
        assert await watch.later(60) == 0
    with desk(watch.services, lan, front=False):
        assert await watch.later(12) == 1, "the page is behind others"
    assert watch.bodies[0]["talks"][0]["again"] is False, "told for the first time, however late"


async def test_a_desk_of_somebody_who_has_a_break_is_none(shop: Shop) -> None:
    watch = Watch(shop)
    lan = member(watch.services, presence="break")
    wait(shop, await shop.talk(watch.services))
    with desk(watch.services, lan):
        assert await watch.later(31) == 1


async def test_somebodys_talk_waits_for_that_one(shop: Shop) -> None:
    watch = Watch(shop)
    lan, mei = member(watch.services), member(watch.services, "mei", "013")
    talk = await shop.talk(watch.services)
    wait(shop, talk, f"agent:{lan}")
    shop.clock.pass_by(seconds=5)
    say(shop, talk, "agent")
    shop.clock.pass_by(seconds=300)
    say(shop, talk, "shopper")
    with desk(watch.services, mei):
        assert await watch.later(20) == 0
        say(shop, talk, "shopper")
        assert await watch.later(12) == 1, "counted from the first of the unanswered messages"
        say(shop, talk, "agent")
        assert await watch.later(100) == 0, "answered"
    assert watch.bodies[0]["talks"][0]["queued"] is False


async def test_a_talk_that_was_taken_in_silence_waits(shop: Shop) -> None:
    watch = Watch(shop)
    lan = member(watch.services)
    talk = await shop.talk(watch.services)
    say(shop, talk, "shopper")
    say(shop, talk, "bot")
    wait(shop, talk, f"agent:{lan}")
    say(shop, talk, "system")
    assert [await watch.later(seconds) for seconds in (20, 12)] == [0, 1]


async def test_many_are_told_of_in_one_message_and_messages_keep_a_distance(shop: Shop) -> None:
    watch = Watch(shop)
    talks = [await shop.talk(watch.services) for _ in range(3)]
    for talk in talks[:2]:
        wait(shop, talk)
    shop.clock.pass_by(seconds=3)
    wait(shop, talks[2])
    assert await watch.later(28) == 2
    assert await watch.later(4) == 0, "due, but a message has just gone out"
    assert await watch.later(7) == 1
    assert [len(body["talks"]) for body in watch.bodies] == [2, 1]
    assert (watch.bodies[1]["waiting"], "3 位买家" in watch.bodies[1]["text"]) == (3, True)


async def test_what_was_not_taken_is_tried_again_with_the_same_name_until_it_is(shop: Shop) -> None:
    watch = Watch(shop)
    wait(shop, await shop.talk(watch.services))
    shop.receiver.down = True
    assert await watch.later(31) == 0
    shop.receiver.down, shop.receiver.status = False, 302
    assert await watch.later(11) == 0
    shop.receiver.status = 204
    assert await watch.later(11) == 1
    names = [body["talks"][0]["alert"] for body in watch.bodies]
    assert len(names) == 3
    assert len(set(names)) == 1
    assert {urlsplit(str(request.url)).hostname for request in shop.receiver.requests} == {"robot.test"}


async def test_two_gateways_and_a_restart_tell_once(shop: Shop) -> None:
    first, second = Watch(shop), Watch(shop)
    wait(shop, await shop.talk(first.services))
    assert await first.later(31) == 1
    assert await second.later(0) == 0
    assert await Watch(shop).later(11) == 0


async def test_an_erased_talk_takes_its_alerts_along_and_is_not_told_of(shop: Shop) -> None:
    watch = Watch(shop)
    talk = await shop.talk(watch.services)
    wait(shop, talk)
    assert await watch.later(31) == 1
    with writing(shop.database) as session:
        session.delete(session.get_one(Conversation, ("demo", talk)))
    assert await watch.later(100) == 0
    with reading(shop.database) as session:
        assert session.scalar(select(func.count()).select_from(WaitingAlert)) == 0


async def test_a_wait_of_hours_is_no_news_after_a_start(shop: Shop) -> None:
    watch = Watch(shop)
    wait(shop, await shop.talk(watch.services))
    assert await watch.later(2 * 3600) == 0


async def test_the_shop_sets_its_own_times(shop: Shop) -> None:
    watch = Watch(shop)
    with writing(shop.database) as session:
        session.add(Parameter(shop_id="demo", name="waiting_alert_s", value={"value": 60}, updated_at=shop.clock.now()))
    wait(shop, await shop.talk(watch.services))
    assert [await watch.later(seconds) for seconds in (45, 20)] == [0, 1]


async def test_a_page_says_itself_whether_it_is_seen_and_a_workbench_is_until_it_says_otherwise(gateway: Gateway, address: str) -> None:
    boss, lan = await Worker.come(gateway, "boss", "001", "admin"), await Worker.come(gateway, "lan", "012")
    hub = gateway.services.hub
    token = (await boss.call("POST", "/tokens", {"staff_id": boss.id, "label": "工作台"})).json()["token"]
    for headers, who, at_first in (
        ({"Cookie": f"{COOKIE}={lan.http.cookies[COOKIE]}"}, lan.id, set()),
        ({"Authorization": f"Bearer {token}"}, boss.id, {boss.id}),
    ):
        async with connect(f"{address}/api/v1/staff/ws", additional_headers=headers) as socket:
            await read(socket, "ready")
            assert hub.in_front() == at_first
            for on, seen in ((True, {who}), (False, set())):
                await socket.send(json.dumps({"type": "front", "on": on}))
                await socket.send(json.dumps({"type": "ping"}))
                await read(socket, "pong")
                assert hub.in_front() == seen


class TestForms:
    """Each receiver's own way, checked as its maker documents it."""

    async def test_the_shops_own_system_checks_our_signature(self, shop: Shop) -> None:
        watch = Watch(shop)
        wait(shop, await shop.talk(watch.services))
        await watch.later(31)
        (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.S)
        names: dict[str, Callable[..., bool]] = {}
        exec(compile(code, str(DOCUMENT), "exec"), names)
        (request,) = shop.receiver.requests
        assert names["is_genuine"](SECRET, request.headers[HEADER], request.content)

    async def test_wecom(self, shop: Shop) -> None:
        watch = Watch(shop, "wecom", None)
        wait(shop, await shop.talk(watch.services))
        await watch.later(31)
        (body,) = watch.bodies
        assert body["msgtype"] == "text"
        assert body["text"]["content"].startswith("【店小二】")

    async def test_dingtalk(self, shop: Shop) -> None:
        watch = Watch(shop, "dingtalk", "SECrobot")
        wait(shop, await shop.talk(watch.services))
        await watch.later(31)
        (request,) = shop.receiver.requests
        asked = {name: values[0] for name, values in parse_qs(urlsplit(str(request.url)).query).items()}
        assert asked["access_token"] == "not-to-be-logged"
        expected = hmac.new(b"SECrobot", f"{asked['timestamp']}\nSECrobot".encode(), hashlib.sha256).digest()
        assert base64.b64decode(asked["sign"]) == expected
        assert len(asked["timestamp"]) == 13
        assert json.loads(request.content)["msgtype"] == "text"

    async def test_feishu(self, shop: Shop) -> None:
        watch = Watch(shop, "feishu", "robot-secret")
        wait(shop, await shop.talk(watch.services))
        await watch.later(31)
        (body,) = watch.bodies
        expected = hmac.new(f"{body['timestamp']}\nrobot-secret".encode(), b"", hashlib.sha256).digest()
        assert base64.b64decode(body["sign"]) == expected
        assert (body["msg_type"], "买家在等" in body["content"]["text"]) == ("text", True)

    @pytest.mark.parametrize("form", ["wecom", "dingtalk", "feishu"])
    async def test_nothing_of_a_shopper_goes_to_a_group(self, shop: Shop, form: str) -> None:
        watch = Watch(shop, form, None)
        talk = await shop.talk(watch.services)
        wait(shop, talk, "queue", "shopper")
        await watch.later(31)
        sent = shop.receiver.requests[0].content.decode()
        assert talk not in sent
        assert "c90" not in sent
        assert "…" not in sent

    @pytest.mark.parametrize(
        ("form", "status", "body", "why"),
        [
            ("json", 204, b"", None),
            ("json", 500, b"", "status 500"),
            ("wecom", 200, b'{"errcode":0,"errmsg":"ok"}', None),
            ("wecom", 200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', "code 93000 invalid webhook url"),
            ("dingtalk", 200, b'{"errcode":310000,"errmsg":"sign not match"}', "code 310000 sign not match"),
            ("feishu", 200, b'{"code":0,"msg":"success","data":{}}', None),
            ("feishu", 200, b'{"StatusCode":0,"StatusMessage":"success"}', None),
            ("feishu", 200, b'{"code":19021,"msg":"sign match fail"}', "code 19021 sign match fail"),
            ("feishu", 200, b"<html>", "the answer is no JSON"),
            ("wecom", 200, b"[]", "the answer is no object"),
            ("wecom", 200, b"{}", "code None"),
        ],
    )
    def test_a_robot_that_refuses_with_200_did_not_take_it(self, form: Any, status: int, body: bytes, why: str | None) -> None:
        assert refusal(form, status, body) == why

    async def test_neither_address_nor_secret_is_logged(self, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
        watch = Watch(shop)
        wait(shop, await shop.talk(watch.services))
        shop.receiver.status = 500
        with caplog.at_level(logging.INFO, logger="gateway"):
            await watch.later(31)
        assert "status 500" in caplog.text
        assert "not-to-be-logged" not in caplog.text
        assert SECRET not in caplog.text

    async def test_a_receiver_that_does_not_answer_is_a_failed_try(self, shop: Shop) -> None:
        watch = Watch(shop)

        def slow(request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("slow", request=request)

        async with httpx.AsyncClient(transport=httpx.MockTransport(slow)) as http:
            watch.webhook = WaitingWebhook(watch.services.settings, http)
            wait(shop, await shop.talk(watch.services))
            assert await watch.later(31) == 0


class TestSettings:
    """What the environment says."""

    def test_without_an_address_nobody_is_told(self, tmp_path: Path) -> None:
        settings = Settings.from_env({"XIAOER_HOME": str(tmp_path)})
        assert (settings.waiting_url, settings.waiting_secret) == (None, None)

    def test_our_secret_is_made_and_a_robots_is_taken_as_it_is(self, tmp_path: Path) -> None:
        env = {"XIAOER_HOME": str(tmp_path), "XIAOER_WAITING_URL": ADDRESS}
        made = Settings.from_env(env).waiting_secret
        assert made is not None
        assert len(made.reveal()) >= 32
        robots = Settings.from_env({**env, "XIAOER_WAITING_FORM": "Feishu", "XIAOER_WAITING_SECRET": "short"})
        assert robots.waiting_secret is not None
        assert (robots.waiting_form, robots.waiting_secret.reveal()) == ("feishu", "short")
        assert Settings.from_env({**env, "XIAOER_WAITING_FORM": "wecom"}).waiting_secret is None
        with pytest.raises(SettingsError, match="XIAOER_WAITING_SECRET has 5 bytes"):
            Settings.from_env({**env, "XIAOER_WAITING_SECRET": "short"})

    @pytest.mark.parametrize(
        ("name", "value"), [("XIAOER_WAITING_FORM", "slack"), ("XIAOER_WAITING_URL", "robot.test"), ("XIAOER_DESK_URL", "desk")]
    )
    def test_what_cannot_be_used_is_named_with_the_remedy(self, tmp_path: Path, name: str, value: str) -> None:
        with pytest.raises(SettingsError, match=name):
            Settings.from_env({"XIAOER_HOME": str(tmp_path), "XIAOER_WAITING_URL": ADDRESS, name: value})
