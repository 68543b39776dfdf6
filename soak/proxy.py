"""A TCP proxy between browser and gateway whose connections can be cut, refused and left hanging."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

CHUNK = 16384


class Proxy:
    """Listens on a free port of loopback and passes bytes on to ``port``.

    ``mode``: open | refuse (connections are reset) | hang (bytes are swallowed, as a dead radio cell does). One connection in
    ``fragile`` ends after a random number of bytes, so that requests and answers are cut in their middle too.
    """

    def __init__(self, port: int, rng: random.Random, fragile: float = 0.0) -> None:
        self._target = port
        self._rng = rng
        self.fragile = fragile
        self.mode = "open"
        self.cuts = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """End every connection and listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut(1.0)

    def cut(self, share: float) -> int:
        """Reset about this share of the open connections; how many."""
        chosen = [writer for writer in self._open if self._rng.random() < share]
        for writer in chosen:
            writer.transport.abort()
        self.cuts += len(chosen)
        return len(chosen)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "refuse":
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            # The gateway is not there at the moment.
            self._open.discard(writer)
            writer.transport.abort()
            return
        left = [self._rng.randint(200, 20000) if self._rng.random() < self.fragile else 10**12]
        try:
            pumps = {asyncio.create_task(self._pump(reader, back_writer, left)), asyncio.create_task(self._pump(back_reader, writer, left))}
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            self._open.discard(writer)
            for each in (writer, back_writer):
                with suppress(RuntimeError):
                    each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: list[int]) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.mode == "hang":
                    continue
                left[0] -= len(data)
                if left[0] < 0:
                    self.cuts += 1
                    return
                writer.write(data)
                await writer.drain()
