"""The desk's live line ``WS /api/v1/staff/ws``: every event of every talk with the talk's id. Who comes back reads the boxes again.

From the server: ``ready`` (with the clock), what shoppers' windows hear (``message``, ``typing``, ``owner`` with ``agent``, ``read``,
``receipt``, ``erased``), and for staff alone ``viewing``, ``assigned``, ``note`` and ``presence``. From the client: ``typing`` for a talk
of one's own, ``viewing`` (the talk that is open, or null), ``front`` (``on``: whether somebody sees the desk), ``ping``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from gateway.chat_socket import LONGEST_FRAME, origin_allowed
from gateway.events import Lagging, TooManyWindows, Window
from gateway.services import Services, of
from gateway.staff_access import login_of
from gateway.talks import instant
from gateway.threads import in_thread
from shop.staff import TALKS, Member

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1/staff", tags=["desk"])
# A desk that was logged out or whose member left hears nothing more after at most so long (seconds).
LOOK_AGAIN = 30.0


@router.websocket("/ws")
async def desk_socket(socket: WebSocket, front: bool = True) -> None:
    """Everything that happens in all talks. ``front``: whoever listens is in front of the desk, and may be given talks.

    Closes: 4400 a frame that is none, 4401 not logged in, 4403 foreign page or role, 4429 too many desks, 4503 lagging.
    """
    services = of(socket)
    if not origin_allowed(socket, ()):
        await socket.close(4403)
        return
    login = await login_of(socket, services)
    if login is None or login.member.must_change:
        await socket.close(4401)
        return
    if login.member.role not in TALKS:
        await socket.close(4403)
        return
    await socket.accept()
    code = 1000
    try:
        with services.hub.open_desk(login.member.id, front=front) as window:
            # A page says it itself; a shop's own workbench that listens is taken for one that is seen until it says otherwise.
            window.seen = login.kind == "token"
            try:
                await socket.send_json({"type": "ready", "now": instant(services.clock.now())})
                tasks = [
                    asyncio.create_task(_hear(socket, services, window)),
                    asyncio.create_task(_tell(socket, window)),
                    asyncio.create_task(_still_allowed(socket, services)),
                ]
                done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in left:
                    task.cancel()
                # Two may have ended at once: of the second, too, somebody asks how.
                await asyncio.gather(*tasks, return_exceptions=True)
                for task in done:
                    code = task.result()
            finally:
                _look_away(services, window, login.member)
    except WebSocketDisconnect:
        return
    except TooManyWindows:
        code = 4429
    except Lagging:
        code = 4503
    except Exception:
        log.exception("a desk's socket failed")
        code = 4503
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code)


async def _tell(socket: WebSocket, window: Window) -> int:
    while True:
        await socket.send_json(await window.get())


async def _hear(socket: WebSocket, services: Services, window: Window) -> int:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        frame = _frame(message.get("text") or "")
        if frame is None:
            return 4400
        login = await login_of(socket, services)
        if login is None:
            return 4401
        kind, talk_id = frame.get("type"), frame.get("talk")
        if kind == "ping":
            window.put({"type": "pong"})
        elif kind == "front":
            window.seen = bool(frame.get("on"))
        elif kind == "typing" and isinstance(talk_id, str):
            await _type(services, login.member, talk_id, on=bool(frame.get("on", True)))
        elif kind == "viewing" and (talk_id is None or isinstance(talk_id, str)):
            await _view(services, window, login.member, talk_id)


def _frame(text: str) -> dict[str, Any] | None:
    try:
        frame = json.loads(text) if len(text) <= LONGEST_FRAME else None
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None


async def _type(services: Services, member: Member, talk_id: str, *, on: bool) -> None:
    """The agent types: the shopper of their own talk sees it, colleagues see it of any."""
    talk = await in_thread(services.store.talk, talk_id)
    if talk is None:
        return
    if talk.owner == f"agent:{member.id}":
        services.desk.typing(talk, on=on)
    services.hub.publish_to_staff(talk.id, {"type": "typing", "staff": member.id, "number": member.number, "on": on})


async def _view(services: Services, window: Window, member: Member, talk_id: str | None) -> None:
    """The agent looks at a talk, or at none. Who has the talk has read it by that: the shopper's receipts say so."""
    if talk_id != services.hub.viewed(window):
        _look_away(services, window, member)
    if talk_id is None:
        return
    talk = await in_thread(services.store.talk, talk_id)
    if talk is None:
        return
    if services.hub.view(window, talk.id):
        services.hub.publish_to_staff(talk.id, {"type": "viewing", "staff": member.id, "number": member.number, "on": True})
    if talk.owner == f"agent:{member.id}" and await in_thread(services.store.positions.read_to, talk.id, "shop", talk.last_seq):
        services.hub.publish(talk.id, {"type": "read", "by": "shop", "seq": talk.last_seq})


def _look_away(services: Services, window: Window, member: Member) -> None:
    talk_id = services.hub.viewed(window)
    # Another tab of the same member may still show it.
    if talk_id is not None and services.hub.look_away(window):
        services.hub.publish_to_staff(talk_id, {"type": "viewing", "staff": member.id, "number": member.number, "on": False})


async def _still_allowed(socket: WebSocket, services: Services) -> int:
    """A log-out, another role or a leaving ends the window too."""
    while True:
        await asyncio.sleep(LOOK_AGAIN)
        login = await login_of(socket, services)
        if login is None or login.member.role not in TALKS:
            return 4401
