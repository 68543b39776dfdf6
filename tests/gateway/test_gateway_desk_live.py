"""What the desks hear of each other and of talks, who counts as being in front of one, and which pages are served to whom."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway.desk_pages import FOLDER, PAGES, html, pages_of
from gateway.staff_access import COOKIE
from gateway.talks import Talk
from shop.staff import LEADS, ROLES, TALKS, Role
from tests.gateway.socket_support import read, window
from tests.gateway.staff_support import PASSWORD, Worker
from tests.gateway.support import Gateway, Shopper, bubble, turn, until


@contextlib.asynccontextmanager
async def desk(address: str, worker: Worker, query: str = "") -> AsyncIterator[ClientConnection]:
    """A member's desk with its live line up."""
    cookie = {"Cookie": f"{COOKIE}={worker.http.cookies[COOKIE]}"}
    async with connect(f"{address}/api/v1/staff/ws{query}", additional_headers=cookie) as socket:
        await read(socket, "ready")
        yield socket


async def waiting(gateway: Gateway) -> Shopper:
    shopper = await Shopper.come(gateway.http)
    card = {"hand_over": {"reason": "asked", "summary": "想找人"}}
    gateway.engine.answer = lambda body: turn(bubble("马上为您转人工。", card=card), intent="request_human")
    await shopper.ask("转人工")
    return shopper


@pytest.fixture
async def lan(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "lan", "012")


@pytest.fixture
async def mei(gateway: Gateway) -> Worker:
    return await Worker.come(gateway, "mei", "013")


async def test_a_talk_that_changes_hands_comes_with_its_row(gateway: Gateway, lan: Worker, mei: Worker, address: str) -> None:
    async with desk(address, mei) as socket:
        shopper = await waiting(gateway)
        await shopper.ask("在吗")
        told = await read(socket, "owner")
        assert (told["owner"], told["agent"], told["row"]["id"], told["row"]["owner"]) == ("queue", None, shopper.id, "queue")
        await lan.take(shopper.id)
        told = await read(socket, "owner")
        assert (told["agent"], told["staff"], told["row"]["staff"]) == (lan.id, "012", "012")
        assert told["row"]["last_text"] == "在吗"
        await lan.call("POST", f"/talks/{shopper.id}/give", {"to": mei.id, "note": "问了两次尺码"})
        assigned = await read(socket, "assigned")
        assert (assigned["to"], assigned["by"], assigned["note"]) == (mei.id, "012", "问了两次尺码")
        async with window(address, shopper) as page:
            await read(page, "ready")
            await mei.call("POST", f"/talks/{shopper.id}/give", {"to": lan.id, "note": "还是您来"})
            heard = [await read(page, "message"), await read(page, "owner")]
            assert heard[1].keys() == {"type", "owner", "staff", "waiting_place", "rating_due"}, "a shopper hears no row and no id"
            assert "还是您来" not in json.dumps(heard, ensure_ascii=False)


async def told_all(gateway: Gateway) -> None:
    """Nothing is told of the turns before any more."""

    async def over() -> bool:
        return not gateway.services.turns._workers

    await until(over)


async def last_owner(gateway: Gateway, talk_id: str, socket: ClientConnection) -> str:
    """Who has the talk, by the last that a window was told."""
    gateway.services.hub.publish(talk_id, {"type": "that is all"})
    told = "nobody"
    async with asyncio.timeout(20):
        while (frame := json.loads(await socket.recv()))["type"] != "that is all":
            told = frame["owner"] if frame["type"] == "owner" else told
    return told


async def test_what_was_read_before_a_talk_changed_hands_is_not_told_after_it(
    gateway: Gateway, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper, turns = await waiting(gateway), gateway.services.turns
    row, held, go_on = turns._row, threading.Event(), threading.Event()

    def slowly(talk_id: str) -> dict[str, Any] | None:
        found = row(talk_id)
        if not held.is_set():
            held.set()
            go_on.wait(20)
        return found

    await told_all(gateway)
    async with window(address, shopper) as page:
        await read(page, "ready")
        monkeypatch.setattr(turns, "_row", slowly)
        first = asyncio.create_task(turns.tell_owner(shopper.id))
        await asyncio.to_thread(held.wait, 20)
        gateway.services.store.touch_owner(shopper.id, "closed")
        second = asyncio.create_task(turns.tell_owner(shopper.id))
        # It could be told now, were it not for the one before.
        await asyncio.wait([second], timeout=1)
        go_on.set()
        await asyncio.gather(first, second)
        assert await last_owner(gateway, shopper.id, page) == "closed"


async def test_who_was_taken_meanwhile_is_not_told_a_place_in_the_queue(
    gateway: Gateway, lan: Worker, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, shopper = await waiting(gateway), await waiting(gateway)
    about = gateway.services.turns.about
    queued, held, go_on = about.queued, threading.Event(), threading.Event()

    def slowly(talks: list[str]) -> list[Talk]:
        found = queued(talks)
        if not held.is_set():
            held.set()
            go_on.wait(20)
        return found

    await told_all(gateway)
    async with window(address, shopper) as page:
        await read(page, "ready")
        monkeypatch.setattr(about, "queued", slowly)
        gateway.services.store.touch_owner(other.id, "closed")
        telling = asyncio.create_task(gateway.services.turns.tell_owner(other.id))
        await asyncio.to_thread(held.wait, 20)
        await lan.take(shopper.id)
        go_on.set()
        await telling
        assert await last_owner(gateway, shopper.id, page) == "agent"


async def test_who_looks_at_a_talk_is_known_until_they_look_away(gateway: Gateway, lan: Worker, mei: Worker, address: str) -> None:
    shopper = await waiting(gateway)
    await lan.take(shopper.id)
    await shopper.ask("还在吗")
    async with desk(address, lan) as mine, window(address, shopper) as page:
        await read(page, "ready")
        async with desk(address, mei) as theirs:
            await theirs.send(json.dumps({"type": "viewing", "talk": shopper.id}))
            seen = await read(mine, "viewing")
            assert (seen["talk"], seen["number"], seen["on"]) == (shopper.id, "013", True)
            assert (await lan.get("/inbox"))["mine"][0]["viewers"] == [{"staff": mei.id, "number": "013"}]
            assert (await lan.get("/inbox"))["mine"][0]["unread"] == 1, "a colleague's look reads nothing for the shopper"
            await mine.send(json.dumps({"type": "viewing", "talk": shopper.id}))
            assert (await read(page, "read"))["by"] == "shop"
            assert (await lan.get("/inbox"))["mine"][0]["unread"] == 0
            await theirs.send(json.dumps({"type": "typing", "talk": shopper.id, "on": True}))
            told = await read(mine, "typing")
            assert (told["staff"], told["on"]) == (mei.id, True)
        gone = await read(mine, "viewing")
        while gone["staff"] != mei.id:
            gone = await read(mine, "viewing")
        assert gone["on"] is False, "whoever closes the page looks no more"
        await page.send(json.dumps({"type": "typing"}))
        assert (await read(mine, "typing"))["from"] == "shopper"


async def test_two_pages_of_one_member_look_as_one(gateway: Gateway, lan: Worker, mei: Worker, address: str) -> None:
    shopper, hub = await waiting(gateway), gateway.services.hub
    async with desk(address, mei) as one:
        async with desk(address, mei) as two:
            for socket in (one, two):
                await socket.send(json.dumps({"type": "viewing", "talk": shopper.id}))

            async def both() -> bool:
                return len(hub._viewing) == 2

            await until(both)
            assert hub.viewers() == {shopper.id: [mei.id]}

        async def left() -> bool:
            return len(hub._viewing) == 1

        await until(left)
        assert hub.viewers() == {shopper.id: [mei.id]}


async def test_only_the_desk_itself_is_a_place_in_front_of_it(gateway: Gateway, lan: Worker, address: str) -> None:
    hub = gateway.services.hub
    async with desk(address, lan, "?front=0") as other:
        assert hub.at_desk() == set()
        assert gateway.services.people.there() == set()
        await lan.call("PUT", "/me/presence", {"presence": "online"})
        assert (await read(other, "presence"))["presence"] == "online"
        async with desk(address, lan):
            assert hub.at_desk() == {lan.id}


@pytest.mark.parametrize("frame", ["no json", "[1]", '{"type": "viewing"' + " " * 9000 + "}", "[" * 3000])
async def test_a_frame_that_is_none_ends_the_line(gateway: Gateway, lan: Worker, address: str, frame: str) -> None:
    async with desk(address, lan) as socket:
        await socket.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            await read(socket, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4400


async def test_frames_about_nothing_are_passed_over(gateway: Gateway, lan: Worker, address: str) -> None:
    async with desk(address, lan) as socket:
        for frame in ({"type": "viewing", "talk": "c_none"}, {"type": "viewing", "talk": 7}, {"type": "typing"}, {"type": "sing"}, {}):
            await socket.send(json.dumps(frame))
        await socket.send(json.dumps({"type": "ping"}))
        assert await read(socket, "pong") == {"type": "pong"}


def test_every_page_has_its_parts_and_its_roles() -> None:
    for page in PAGES:
        whole = html(page)
        parts = re.findall(r'"/static/desk/([^"]+)"', whole)
        assert {f"{page.name}.js", "desk.css"} <= set(parts)
        assert [part for part in parts if not (FOLDER / part).is_file()] == []
        assert "{" not in whole
    assert {page.path: page.roles for page in PAGES} == {
        "/desk": TALKS,
        "/desk/scripts": ROLES,
        "/desk/approvals": TALKS,
        "/desk/figures": ROLES,
        "/desk/modes": ("supervisor", "trainer", "admin"),
        "/desk/review": TALKS,
        "/desk/watch": LEADS,
        "/desk/staff": LEADS,
        "/desk/companion": TALKS,
    }


@pytest.mark.parametrize("role", ROLES)
async def test_a_page_is_served_to_its_roles_and_to_nobody_else(gateway: Gateway, role: Role) -> None:
    worker = await Worker.come(gateway, "w1", "101", role)
    assert (await worker.get("/me"))["pages"] == pages_of(role)
    for page in PAGES:
        answer = await worker.http.get(page.path)
        assert answer.status_code == (200 if role in page.roles else 403), page.path
        assert answer.headers["content-type"].startswith("text/html")
        assert "unsafe" not in answer.headers["content-security-policy"]
        stranger = await gateway.http.get(f"{page.path}?talk=c_1")
        assert (stranger.status_code, stranger.headers["location"]) == (303, f"/login?next={page.path}%3Ftalk%3Dc_1")
    assert (await worker.http.get("/desk/nothing")).status_code == 404
    assert (await worker.http.get("/desk/../staff_api.py")).status_code == 404


async def test_a_one_time_password_opens_no_page(gateway: Gateway) -> None:
    worker = await Worker.come(gateway, "w1", "101")
    first = gateway.services.staff.reset_password(worker.id)
    answer = await worker.http.post("/api/v1/staff/session", json={"login": "w1", "password": first})
    assert answer.json()["member"]["must_change"] is True
    assert (await worker.http.get("/desk")).headers["location"] == "/login?next=/desk"
    csrf = {"X-CSRF-Token": answer.json()["csrf"]}
    changed = await worker.http.post("/api/v1/staff/me/password", json={"old": first, "new": PASSWORD}, headers=csrf)
    assert changed.status_code == 204
    assert (await worker.http.get("/desk")).status_code == 200
