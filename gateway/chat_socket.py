"""The chat API's WebSocket: first frame ``{token, after, protocol}``, then everything that happens in the talk, in order.

From the server: ``message`` (with ``changed`` one that is known and has become another, as a recalled one), ``typing``,
``owner``, ``receipt``, ``read``, ``erased``, ``pong`` (with the newest seq), and ``ready`` once the catch-up is complete.
From the client: ``typing`` (the shopper goes on typing), ``read`` (up to a seq) and ``ping``. Sending is done over HTTP, where
a receipt is an answer. Close codes: 4400 wrong frame, 4401 token, 4404 no such talk, 4408 no first frame, 4426 a protocol we
do not speak, 4429 too many windows or frames, 4503 lagging or store not available: come back with the last seq you have.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from gateway.events import Lagging, TooManyWindows, Window
from gateway.problems import Problem
from gateway.security import PROTOCOL
from gateway.services import Services, client_address, of
from gateway.talks import Talk

log = logging.getLogger(__name__)
router = APIRouter()

FIRST_FRAME_SECONDS = 10.0
LONGEST_FRAME = 8192
CATCH_UP = 200


@router.websocket("/api/v1/conversations/{conversation_id}/ws")
async def talk_socket(socket: WebSocket, conversation_id: str) -> None:
    """One open window of a talk."""
    services = of(socket)
    if not origin_allowed(socket, services.settings.shop_origins):
        await socket.close(4403)
        return
    await socket.accept()
    try:
        talk, after = await _enter(socket, services, conversation_id)
        with services.hub.open(talk.id) as window:
            # Subscribed first, read second: what happens in between comes twice and is dropped by its seq, never missed.
            for message in await services.conversations.recalled(talk, after) if after else []:
                await socket.send_json({"type": "message", "message": message, "changed": True})
            last = await _catch_up(socket, services, talk, after)
            await socket.send_json({"type": "ready", "protocol": PROTOCOL, **await services.conversations.standing(talk), "last_seq": last})
            services.scheduler.opened(talk)
            reader = asyncio.create_task(_read(socket, services, talk, window))
            writer = asyncio.create_task(_write(socket, services, talk, window, last))
            done, left = await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            for task in left:
                task.cancel()
            # Two may have ended at once: of the second, too, somebody asks how.
            await asyncio.gather(reader, writer, return_exceptions=True)
            for task in done:
                task.result()
    except WebSocketDisconnect:
        return
    except _Close as error:
        await _close(socket, error.code)
    except Problem as error:
        await _close(socket, 4000 + error.status)
    except TooManyWindows:
        await _close(socket, 4429)
    except Lagging:
        await _close(socket, 4503)
    except Exception:
        log.exception("a window of a talk failed")
        await _close(socket, 4503)


class _Close(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def origin_allowed(socket: WebSocket, shop_origins: tuple[str, ...]) -> bool:
    """A browser's page must be ours or one of the shop's; other clients send no Origin."""
    origin = socket.headers.get("origin")
    if origin is None or origin in shop_origins:
        return True
    return urlsplit(origin).netloc == socket.headers.get("host")


async def _enter(socket: WebSocket, services: Services, conversation_id: str) -> tuple[Talk, int]:
    services.rate.take("address", client_address(socket))
    try:
        frame = await asyncio.wait_for(_frame(socket), FIRST_FRAME_SECONDS)
    except TimeoutError:
        raise _Close(4408) from None
    token, after = frame.get("token"), frame.get("after", 0)
    if frame.get("protocol", PROTOCOL) != PROTOCOL:
        raise _Close(4426)
    if not isinstance(token, str):
        raise _Close(4401)
    if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after < 2**62:
        raise _Close(4400)
    return await services.conversations.enter(conversation_id, token), after


async def _catch_up(socket: WebSocket, services: Services, talk: Talk, after: int) -> int:
    more = True
    while more:
        messages, more = await services.conversations.page(talk, after, None, CATCH_UP)
        for message in messages:
            await socket.send_json({"type": "message", "message": message})
            after = message["seq"]
    return after


async def _write(socket: WebSocket, services: Services, talk: Talk, window: Window, last: int) -> None:
    while True:
        event = await window.get()
        if event["type"] == "message":
            seq = event["message"]["seq"]
            if seq <= last and not event.get("changed"):
                continue
            if seq > last + 1:
                # Two tasks stored and the later one told first, or another process stored: the store knows the order.
                last = await _catch_up(socket, services, talk, last)
                continue
            last = max(last, seq)
        await socket.send_json(event)
        if event["type"] == "erased":
            raise _Close(4404)


async def _read(socket: WebSocket, services: Services, talk: Talk, window: Window) -> None:
    while True:
        frame = await _frame(socket)
        try:
            services.rate.take("read", talk.id)
        except Problem:
            raise _Close(4429) from None
        if frame.get("type") == "typing":
            services.turns.typing(talk.id)
            services.hub.publish_to_staff(talk.id, {"type": "typing", "from": "shopper", "on": True})
        elif frame.get("type") == "read" and isinstance(frame.get("seq"), int) and 0 < frame["seq"] < 2**62:
            await services.conversations.read_to(talk, frame["seq"])
        elif frame.get("type") == "ping":
            window.put({"type": "pong", "last_seq": await services.conversations.last_seq(talk)})


async def _frame(socket: WebSocket) -> dict[str, Any]:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    text = message.get("text") or ""
    try:
        frame = json.loads(text) if len(text) <= LONGEST_FRAME else None
    except (ValueError, RecursionError):
        frame = None
    if not isinstance(frame, dict):
        raise _Close(4400)
    return frame


async def _close(socket: WebSocket, code: int) -> None:
    # The other side may have gone already.
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code)
