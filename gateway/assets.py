"""The window's modules as they are sent: without what only readers need (``gateway/slim.py``), compressed once and kept.

There is no build step: the files in ``static/widget`` are what developers read and what runs.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.slim import slim

FOLDER = Path(__file__).resolve().parent / "static" / "widget"
BEST = 9


class WidgetFiles:
    """ASGI application that answers ``/static/widget/*.js``; compressed for who takes gzip, with an ETag for the next visit."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._kept: dict[str, tuple[int, bytes, bytes, str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        name = str(scope["path"]).rsplit("/", 1)[-1]
        if request.method not in ("GET", "HEAD"):
            raise HTTPException(405)
        plain, packed, tag = self._read(name)
        headers = {"ETag": tag, "Vary": "Accept-Encoding"}
        if tag in request.headers.get("if-none-match", ""):
            response = Response(status_code=304, headers=headers)
        elif "gzip" in request.headers.get("accept-encoding", ""):
            response = Response(packed, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})
        else:
            response = Response(plain, media_type="text/javascript", headers=headers)
        await response(scope, receive, send)

    def _read(self, name: str) -> tuple[bytes, bytes, str]:
        path = self._folder / name
        try:
            stamp = path.stat().st_mtime_ns
        except OSError:
            raise HTTPException(404) from None
        if path.suffix != ".js":
            raise HTTPException(404)
        kept = self._kept.get(name)
        if kept is None or kept[0] != stamp:
            plain = slim(path.read_text(encoding="utf-8")).encode()
            tag = f'"{hashlib.sha256(plain).hexdigest()[:24]}"'
            kept = self._kept[name] = (stamp, plain, gzip.compress(plain, BEST, mtime=0), tag)
        return kept[1:]
