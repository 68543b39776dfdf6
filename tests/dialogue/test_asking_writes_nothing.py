"""Safe in the dark (issue 7, deliver 4): asking for suggestions, other tones, scripts or a check of words writes nothing anywhere.

Every row of both databases, the shop's and the engine's, is compared before and after asking about one message of every intent, with the
engine and the actions of the product itself: among them are those that would cancel, refund, book a ticket or grant a coupon.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from evaluate.messages import held_out
from launch.product import Product
from shop.clock import Clock
from shop.db import make_engine
from shop.staff import Role, StaffAccounts
from tests.dialogue.talk import Talk

PASSWORD = "long-enough-2026"
# So many talks share the messages: an agent's talk is never a hundred wishes long.
TALKS = 4
# What the product does by its own clock meanwhile, whoever asks what: the retention and its receipt, the proactive rows.
BY_THE_CLOCK = {"data_receipts": "", "counters": ("retention", "proactive:")}


def rows(home: str) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """Every row of every table of both databases."""
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for name in ("shop.db", "tracker.db"):
        with sqlite3.connect(f"file:{Path(home) / name}?mode=ro", uri=True) as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                told = [tuple(map(repr, row)) for row in connection.execute(f'SELECT * FROM "{table}"')]
                found[name, table] = sorted((row for row in told if not by_the_clock(table, row)), key=str)
    return found


def by_the_clock(table: str, row: tuple[str, ...]) -> bool:
    """Whether a row is one of the product's own."""
    return table in BY_THE_CLOCK and any(value.strip("'").startswith(BY_THE_CLOCK[table]) for value in row)


def changed(before: dict[tuple[str, str], list[tuple[Any, ...]]], after: dict[tuple[str, str], list[tuple[Any, ...]]]) -> dict[str, Any]:
    """Tables that differ, each with the rows that only one of the two has."""
    differ = [key for key in before | after if before.get(key) != after.get(key)]
    return {":".join(key): sorted(set(before.get(key, [])) ^ set(after.get(key, [])), key=str)[:6] for key in differ}


@pytest.fixture
def staff(product: Product) -> Iterator[Callable[[str, Role], httpx.Client]]:
    """Logs somebody in; their requests carry the CSRF word."""
    engine = make_engine(product.env["XIAOER_DATABASE_URL"])
    accounts = StaffAccounts(engine, "demo", Clock.from_env(product.env))
    open_clients: list[httpx.Client] = []

    def come(login: str, role: Role) -> httpx.Client:
        member, first = accounts.add(login, login, f"9{len(open_clients)}", role)
        accounts.set_password(member.id, first, PASSWORD)
        client = httpx.Client(base_url=f"{product.base_url}/api/v1/staff", timeout=30, trust_env=False)
        open_clients.append(client)
        answer = client.post("/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    yield come
    for client in open_clients:
        client.close()
    engine.dispose()


def messages() -> list[str]:
    """One message of ours for each intent and topic."""
    return list({(one.intent, one.topic): one.text for one in held_out()}.values())


def test_nothing_is_written_by_asking_about_any_wish(
    product: Product, talk: Callable[..., Talk], staff: Callable[[str, Role], httpx.Client]
) -> None:
    agent, lead = staff("dark-agent", "agent"), staff("dark-lead", "supervisor")
    said = messages()
    assert len(said) > 60
    talks = []
    for place in range(TALKS):
        one = talk("c05").say("订单880000000009，在吗")
        assert agent.post(f"/talks/{one.id}/take").status_code == 200
        for text in said[place::TALKS]:
            one.say(text)
        talks.append(one)
    asked = [(one.id, message["id"], message["text"]) for one in talks for message in one.history() if message["from"] == "shopper"]
    # The library gets its starting content when it is first asked.
    assert lead.get("/scripts/match", params={"q": ""}).status_code == 200
    before = rows(product.home)
    assert before["tracker.db", "talks"], "the engine's database is looked at"
    # Somebody who only looks: not one row is another.
    offered = 0
    for talk_id, message_id, text in asked:
        answer = lead.post(f"/talks/{talk_id}/suggestions", json={"message_id": message_id}).json()
        assert (answer["use"], answer["reason"] in (None, "nothing")) == (None, True), (text, answer)
        offered += len(answer["suggestions"])
        if answer["suggestions"]:
            first = answer["suggestions"][0]["text"]
            assert (
                lead.post("/suggestions/alternatives", json={"text": first, "talk": talk_id, "message_id": message_id}).status_code == 200
            )
            assert lead.post("/wording", json={"text": first, "talk": talk_id}).status_code == 200
        assert lead.get("/scripts/match", params={"q": text[:6], "talk": talk_id}).status_code == 200
    assert offered > len(asked), "most were answered, several ways"
    assert changed(before, rows(product.home)) == {}
    # The agent of the talk: what was offered is counted, and that is all.
    for talk_id, message_id, _ in asked:
        agent.post(f"/talks/{talk_id}/suggestions", json={"message_id": message_id})
    assert set(changed(before, rows(product.home))) == {"shop.db:suggestion_uses"}
    assert [len(one.history()) for one in talks] == [len(one.history()) for one in talks]
