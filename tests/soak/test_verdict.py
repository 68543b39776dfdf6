"""The soak's verdict sees what it is for: lost, doubled and disordered messages, in database and browser; and its proxy cuts."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

import pytest

from soak.proxy import Proxy
from soak.verdict import Row, Verdict, check

SAID = [["a", "b"]]


def row(seq: int, sender: str, text: str, reply_to: str | None = None, state: str = "answered") -> Row:
    return Row(seq, f"m{seq}", sender, text, state, f"c{seq}" if sender == "shopper" else None, reply_to)


def good() -> list[Row]:
    return [row(1, "bot", "hello"), row(2, "shopper", "a"), row(3, "bot", "A", "m2"), row(4, "shopper", "b"), row(5, "bot", "B", "m4")]


def tab(rows: list[Row], **change: Any) -> dict[str, Any]:
    heard = [one.seq for one in rows]
    return {"messages": [[one.seq, one.id, one.sender, one.text] for one in rows], "heard": heard, "gone": 0, **change}


def judged(rows: list[Row], *tabs: dict[str, Any], said: list[list[str]] | None = None) -> list[str]:
    verdict = Verdict()
    check(verdict, "t", SAID if said is None else said, rows, list(tabs))
    return verdict.faults


def test_a_whole_talk_has_no_fault() -> None:
    assert judged(good(), tab(good()), tab(good())) == []
    assert judged(good(), tab(good()), said=[["b"], ["a"]]) == [], "between two tabs there is no order"


def test_a_talk_that_has_moved_on_from_an_apology_is_owed_nothing() -> None:
    rows = [row(1, "bot", "hello"), row(2, "shopper", "a", state="failed"), row(3, "bot", "sorry", "m2"), *good()[3:]]
    assert judged(rows, tab(rows)) == []


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([*good()[:3]], "lost: b"),
        ([*good(), row(6, "shopper", "b")], "doubled: b"),
        ([row(1, "bot", "hello"), row(2, "shopper", "b"), row(3, "shopper", "a")], "what was said is stored in another order"),
        ([*good()[:4], row(6, "bot", "B", "m4")], "the numbers have a hole"),
        ([*good()[:3], row(4, "shopper", "b", state="received")], "1 messages have no answer"),
        (
            [*good()[:3], row(4, "shopper", "b", state="failed"), row(5, "bot", "sorry", "m4")],
            "the last line was apologised for and never answered",
        ),
        ([*good(), row(6, "bot", "B", "m4")], "answered twice: B"),
    ],
)
def test_a_fault_of_the_database_is_named(rows: list[Row], fault: str) -> None:
    assert f"t: {fault}" in judged(rows, tab(rows))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"messages": [[1, "m1"], [2, "m2"]]}, "shows 2 messages"),
        ({"heard": [1, 2, 2, 3]}, "told of a message twice"),
        ({"heard": [1, 3, 2]}, "in another order"),
        ({"gone": 1}, "took its talk for ended"),
        ({"drawn": ["a", "b", "b"]}, "draws 3 lines"),
    ],
)
def test_a_fault_of_a_browser_is_named(change: dict[str, Any], fault: str) -> None:
    faults = judged(good(), tab(good(), **change))
    assert len(faults) == 1
    assert fault in faults[0]


async def test_the_proxy_passes_refuses_swallows_and_cuts() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(100):
                writer.write(data)
        writer.transport.abort()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname()[1], random.Random(1))
    port = await proxy.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"one")
    assert await asyncio.wait_for(reader.read(3), 5) == b"one"
    proxy.mode = "hang"
    writer.write(b"two")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(3), 0.2)
    assert proxy.cut(1.0) == 1
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    writer.transport.abort()
    proxy.mode = "refuse"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    writer.transport.abort()
    await proxy.stop()
    server.close()
    await asyncio.sleep(0.1)
