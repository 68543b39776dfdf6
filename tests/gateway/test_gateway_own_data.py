"""A copy of my data, everything of a customer erased, retention as a job, and what trainers get: with a running gateway."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from gateway import data, inbox
from gateway.data import OpenMatters
from shop.clock import Clock
from shop.db import ROOT, reading, writing
from shop.models import Customer, DataReceipt, Erasure, Message
from tests.gateway.support import FakeEngine, Gateway, Shopper, bubble, picture, turn
from tests.gateway.test_gateway_privacy import everything_stored
from tests.policy.test_masking import ORDINARY, PERSONAL


async def signed_in(gateway: Gateway, customer: str) -> Shopper:
    """A customer of the demonstration shop in a new talk."""
    return await Shopper.come(gateway.http, identity=gateway.services.identities.sign(customer))


async def with_photo(gateway: Gateway, customer: str, text: str) -> Shopper:
    """… who has sent a photo."""
    shopper = await signed_in(gateway, customer)
    files = {"file": ("a.jpg", picture(), "image/jpeg")}
    answer = await gateway.http.post(f"{shopper.path}/attachments", files=files, headers=shopper.headers)
    await shopper.post({"text": text, "attachment_ids": [answer.json()["id"]]})
    return shopper


def unpacked(answer: httpx.Response) -> tuple[dict[str, Any], list[str]]:
    """data.json and the other names of a ZIP."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return json.loads(archive.read("data.json")), [name for name in archive.namelist() if name != "data.json"]


def environment(home: Path) -> dict[str, str]:
    """What a command needs to find this installation; no engine listens there."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XIAOER_HOME": str(home),
        "XIAOER_DATABASE_URL": f"sqlite:///{home / 'shop.db'}",
        "XIAOER_ENGINE_URLS": "http://127.0.0.1:9",
    }


def named(customer: str, said: object) -> bool:
    """Whether a customer's id stands in it as a word: random hexadecimal digits may spell one by chance."""
    return re.search(rf"\b{customer}\b", str(said)) is not None


def command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the gateway's."""
    return subprocess.run([sys.executable, "-m", *arguments], env=environment(home), cwd=home, capture_output=True, text=True, check=False)


class TestCopy:
    async def test_a_signed_in_shopper_gets_everything_and_nothing_of_others(self, gateway: Gateway) -> None:
        await with_photo(gateway, "c05", "裙子开线了，我电话13800138000")
        await with_photo(gateway, "c06", "别人的话")
        identity = {"Authorization": f"Bearer {gateway.services.identities.sign('c05')}"}
        told, files = unpacked(await gateway.http.get("/api/v1/customers/me/data", headers=identity))
        assert told["customer"]["id"] == "c05"
        assert told["orders"]
        assert [message["text"] for message in told["talks"][0]["messages"] if message["sender"] == "shopper"] == [
            "裙子开线了，我电话13800138000"
        ]
        assert told["talks"][0]["noted"] == {"height": 165.0}
        assert files == [told["attachments"][0]["file"]]
        assert "别人的话" not in str(told)
        assert not named("c06", told)
        with reading(gateway.services.database) as session:
            (receipt,) = session.scalars(select(DataReceipt).where(DataReceipt.kind == "copy"))
            assert not named("c05", receipt.subject_hash)

    @pytest.mark.parametrize("token", ["", "Bearer nonsense", "Basic c05"])
    async def test_nobody_gets_it_without_a_signed_identity(self, gateway: Gateway, token: str) -> None:
        headers = {"Authorization": token} if token else {}
        assert (await gateway.http.get("/api/v1/customers/me/data", headers=headers)).status_code == 401

    async def test_a_talks_token_opens_no_customers_data(self, gateway: Gateway) -> None:
        shopper = await signed_in(gateway, "c05")
        assert (await gateway.http.get("/api/v1/customers/me/data", headers=shopper.headers)).status_code == 401

    async def test_without_an_account_the_talk_can_be_had(self, gateway: Gateway) -> None:
        first, second = await Shopper.come(gateway.http), await Shopper.come(gateway.http)
        await first.ask("我先问一句")
        told, _ = unpacked(await gateway.http.get(f"{first.path}/data", headers=first.headers))
        assert "我先问一句" in str(told)
        assert (await gateway.http.get(f"{first.path}/data", headers=second.headers)).status_code == 404

    async def test_a_copy_comes_also_when_the_engine_is_down(self, gateway: Gateway) -> None:
        shopper = await Shopper.come(gateway.http)

        async def refuse(sender: str) -> dict[str, Any]:
            from gateway.rasa_client import EngineDown

            raise EngineDown("down")

        object.__setattr__(gateway.services.engine, "noted", refuse)
        told, _ = unpacked(await gateway.http.get(f"{shopper.path}/data", headers=shopper.headers))
        assert told["talks"][0]["noted"] is None

    async def test_the_command_writes_the_file_for_the_owner_only(self, gateway: Gateway, home: Path) -> None:
        await with_photo(gateway, "c05", "裙子开线了")
        done = command(home, "gateway.data", "copy", "c05", "out.zip")
        assert done.returncode == 0, done.stderr
        assert (home / "out.zip").stat().st_mode & 0o777 == 0o600
        with zipfile.ZipFile(home / "out.zip") as archive:
            assert len(archive.namelist()) == 2
        assert command(home, "gateway.data", "copy", "c05", "out.zip").returncode == 2, "a file that is there is not written over"
        assert command(home, "gateway.data", "copy", "nobody", "x.zip").returncode == 1


class TestErasure:
    async def test_a_customer_is_erased_as_a_whole_with_a_receipt(self, gateway: Gateway, home: Path) -> None:
        await with_photo(gateway, "c05", "我的电话13800001111")
        await signed_in(gateway, "c05")
        with reading(gateway.services.database) as session:
            name = session.get_one(Customer, ("demo", "c05")).name
        with pytest.raises(OpenMatters):
            await data.erase_customer(gateway.services, "c05", by="test")
        erased = await data.erase_customer(gateway.services, "c05", by="test", even_with_open_matters=True)
        assert erased is not None
        assert erased.counts["talks"] == 2
        assert erased.counts["attachments"] == 1
        assert len(gateway.engine.erased) == 2
        stored = everything_stored(home)
        assert "13800001111" not in stored
        assert "'c05'" not in stored
        assert str(name) not in stored
        assert not list((home / "attachments").rglob("*.jpg"))
        with reading(gateway.services.database) as session:
            assert session.get_one(DataReceipt, ("demo", erased.receipt)).counts == erased.counts
        assert await data.erase_customer(gateway.services, "c05", by="test") is None

    async def test_the_command_says_what_stands_against_it(self, gateway: Gateway, home: Path) -> None:
        await signed_in(gateway, "c05")
        refused = command(home, "gateway.data", "erase", "c05")
        assert refused.returncode in (0, 3)
        done = command(home, "gateway.data", "erase", "c05", "--even-with-open-matters")
        assert done.returncode == (0 if refused.returncode == 3 else 1), done.stderr
        assert command(home, "gateway.data", "erase", "nobody").returncode == 1


class TestRetention:
    async def test_old_talks_photos_and_the_engines_part_go_and_a_receipt_stays(self, gateway: Gateway, home: Path) -> None:
        shopper = await with_photo(gateway, "c05", "很久以前的话，电话13800001111")
        clock = gateway.services.housekeeping._clock
        later = Clock(fixed=clock.now() + timedelta(days=181))
        object.__setattr__(gateway.services.housekeeping, "_clock", later)
        assert gateway.services.housekeeping.retention().due()["talks"] == 1
        counts = await gateway.services.housekeeping.once("test")
        assert counts is not None
        assert counts["talks"] == 1
        assert gateway.engine.erased == [shopper.id]
        assert gateway.engine.forgotten == [pytest.approx((later.now() - timedelta(days=180)).timestamp(), abs=1)]
        assert "13800001111" not in everything_stored(home)
        assert not list((home / "attachments").rglob("*.jpg"))
        assert await gateway.services.housekeeping.once("test") is None, "once a day"
        again = await gateway.services.housekeeping.once("test", even_if_recent=True)
        assert again is not None
        assert sum(again.values()) - again["engine_rows"] == 0
        with reading(gateway.services.database) as session:
            receipts = list(session.scalars(select(DataReceipt).where(DataReceipt.kind == "retention")))
            assert [receipt.state for receipt in receipts] == ["done", "done"]
            assert session.scalar(select(Erasure.id)) is not None

    async def test_an_engine_that_is_down_is_asked_again(self, gateway: Gateway, engine: FakeEngine) -> None:
        engine.is_ready = False
        await gateway.services.housekeeping.once("test")
        with reading(gateway.services.database) as session:
            (receipt,) = session.scalars(select(DataReceipt))
            assert receipt.state == "pending"

    async def test_a_dry_run_says_what_is_due_and_changes_nothing(self, gateway: Gateway, home: Path) -> None:
        shopper = await Shopper.come(gateway.http)
        await shopper.ask("你好")
        with sqlite3.connect(home / "shop.db") as database:
            database.execute("UPDATE messages SET at = '2020-01-01 00:00:00.000000'")
        before = everything_stored(home)
        done = command(home, "gateway.retention", "--dry-run")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["talks"] == 1
        assert everything_stored(home) == before
        assert json.loads(command(home, "gateway.retention").stdout)["talks"] == 1


class TestTrainers:
    async def test_two_hundred_sentences_leave_nothing_personal_in_the_export_and_ordinary_ones_stay(
        self, gateway: Gateway, home: Path
    ) -> None:
        gateway.engine.answer = lambda body: turn(bubble("没看懂"), intent="nlu_fallback")
        shopper = await signed_in(gateway, "c05")
        told = [sentence for sentence, _ in PERSONAL]
        # A room number or a postcode may stand in an id or a price as well; words and long numbers may not.
        parts = {part for _, several in PERSONAL for part in several if len(part) > 6 or (len(part) > 1 and not part.isascii())}
        unmistakable = sorted(part for part in parts if not any(part in sentence for sentence in ORDINARY))
        assert len(unmistakable) > 250
        # Stored as they were said: what an older version may have kept unmasked.
        with writing(gateway.services.database) as session:
            for place, text in enumerate([*told, *ORDINARY]):
                session.add(
                    Message(
                        shop_id="demo",
                        conversation_id=shopper.id,
                        seq=1000 + place,
                        id=f"m{place}",
                        sender="shopper",
                        text=text,
                        state="answered",
                        at=gateway.services.clock.now(),
                        trace={"intent": "nlu_fallback", "confidence": 0.3, "ranking": [{"name": "greet", "confidence": 0.2}]},
                    )
                )
        await shopper.ask("嗯嗯呃呃那个")
        for kind in ("jsonl", "csv"):
            done = command(home, "gateway.inbox", "export", f"out.{kind}", "--format", kind)
            assert done.returncode == 0, done.stderr
            written = (home / f"out.{kind}").read_text("utf-8-sig")
            left = [part for part in unmistakable if part in written]
            assert not left
            assert shopper.id not in written
            assert re.search(r"\bc05\b", written) is None
            if kind == "jsonl":
                items = [json.loads(line) for line in written.splitlines()]
                texts = {item["text"] for item in items}
            else:
                texts = {row["text"].removeprefix("'") for row in csv.DictReader(io.StringIO(written))}
            assert set(ORDINARY) <= texts
            assert "嗯嗯呃呃那个" in texts

    async def test_the_customers_own_name_is_masked_wherever_it_stands(self, gateway: Gateway) -> None:
        gateway.engine.answer = lambda body: turn(bubble("没看懂"), intent="unclear_message")
        with reading(gateway.services.database) as session:
            name = str(session.get_one(Customer, ("demo", "c05")).name)
        shopper = await signed_in(gateway, "c05")
        await shopper.ask(f"就那个{name}呀")
        (item,) = inbox.Inbox(gateway.services.database, "demo", gateway.services.clock).items()
        assert item.text == "就那个[姓名]呀"
        assert item.why == "not_understood"
        assert item.asked == "utter_smalltalk_opening"

    async def test_what_was_understood_and_what_was_pressed_is_not_for_trainers(self, gateway: Gateway) -> None:
        gateway.engine.answer = lambda body: turn(bubble("好", buttons=[{"title": "换", "payload": "/affirm"}]))
        shopper = await Shopper.come(gateway.http)
        await shopper.press(await shopper.ask("你好"), "换")
        assert inbox.Inbox(gateway.services.database, "demo", gateway.services.clock).items() == []

    def test_a_sentence_that_looks_like_a_formula_stays_a_sentence(self) -> None:
        out = io.StringIO(newline="")
        item = inbox.Item("i", "2026-11-22", "=1+1", "unsure", None, None, (), None, 0)
        assert inbox.write([item], out, "csv") == 1
        assert "'=1+1" in out.getvalue()


class TestMarketing:
    async def test_the_control_is_unticked_until_ticked_and_a_word_unticks_it(self, gateway: Gateway) -> None:
        shopper = await signed_in(gateway, "c05")
        where = f"{shopper.path}/marketing"
        assert (await gateway.http.get(where, headers=shopper.headers)).json() == {"wanted": False}
        await gateway.http.put(where, json={"wanted": True}, headers=shopper.headers)
        assert (await gateway.http.get(where, headers=shopper.headers)).json() == {"wanted": True}
        await shopper.ask("退订")
        assert (await gateway.http.get(where, headers=shopper.headers)).json() == {"wanted": False}
        assert (await gateway.http.put(where, json={"wanted": True})).status_code == 401
        assert (await gateway.http.put(where, json={"wanted": "maybe"}, headers=shopper.headers)).status_code == 422
