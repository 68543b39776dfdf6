"""Open windows of talks over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.gateway.support import Shopper


@contextlib.asynccontextmanager
async def window(address: str, shopper: Shopper, after: int = 0) -> AsyncIterator[ClientConnection]:
    """An open window of a talk."""
    async with connect(f"{address}{shopper.path}/ws") as socket:
        await socket.send(json.dumps({"token": shopper.token, "after": after}))
        yield socket


async def read(socket: ClientConnection, wanted: str, seconds: float = 20) -> dict[str, Any]:
    """The next frame of a type; others are passed over."""
    async with asyncio.timeout(seconds):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] == wanted:
                return frame
