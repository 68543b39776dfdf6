"""Guards around every request: response headers, and a bound on bodies before anything reads them."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.media import VIDEO_BYTES
from gateway.problems import problem_response

# No inline script or style anywhere: the widget styles itself with constructed sheets.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "geolocation=(), microphone=(), payment=()",
}
JSON_BYTES = 256 * 1024
# Multipart lines around the file itself.
UPLOAD_BYTES = VIDEO_BYTES + 64 * 1024


class Guard:
    """ASGI middleware. Bodies above the bound get 413 whether their length was stated or not; nothing more is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        api, asset = (str(scope["path"]).startswith(part) for part in ("/api/", "/static/"))
        most = UPLOAD_BYTES if str(scope["path"]).endswith("/attachments") else JSON_BYTES
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > most:
                    # FastAPI lets this one kind of error out of its body reader unchanged.
                    raise HTTPException(413, f"At most {most} bytes are taken here.")
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers += [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in present]
                if asset and b"cache-control" not in present:
                    # Asked about at every load (an ETag answers it): a new widget is never met by an old half of it.
                    headers.append((b"cache-control", b"no-cache"))
                if api and b"cache-control" not in present:
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        stated = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not stated.isdigit() or int(stated) > most:
            refusal = problem_response(413, "too-large", f"At most {most} bytes are taken here.", {"Connection": "close"})
            await refusal(scope, receive, with_headers)
            return
        await self._app(scope, bounded, with_headers)
