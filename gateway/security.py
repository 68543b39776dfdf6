"""Guards around every request: response headers, and a bound on bodies before anything reads them."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.media import IMAGE_BYTES, POSTER_BYTES, VIDEO_BYTES
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
# The version of the chat API's wire; a widget of another version tells its shopper to load the page anew.
PROTOCOL = 1
# The chat as a page of its own: the one page that the shop's sites may show in a frame.
FRAMEABLE = "/chat"
JSON_BYTES = 256 * 1024
# With the multipart lines around the file itself.
UPLOAD_BYTES = VIDEO_BYTES + 64 * 1024
PART_BYTES = POSTER_BYTES + 64 * 1024
# A library of scripts as a file or as chosen lines, and a script's picture.
# Edits of the studio carry whole blocks, as they were and as they shall be; an intent with 20,000 examples is one.
STUDIO, STUDIO_BYTES = "/api/v1/staff/studio/", 8 * 1024 * 1024
SCRIPTS, SCRIPT_FILE_BYTES, SCRIPT_PICTURE_BYTES = "/api/v1/staff/scripts/", 3 * 1024 * 1024, IMAGE_BYTES + 64 * 1024


class Guard:
    """ASGI middleware. Bodies above the bound get 413 whether their length was stated or not; nothing more is read."""

    def __init__(self, app: ASGIApp, shop_origins: tuple[str, ...] = ()) -> None:
        self._app = app
        ancestors = " ".join(("frame-ancestors 'self'", *shop_origins))
        framed = {**HEADERS, "content-security-policy": CSP.replace("frame-ancestors 'none'", ancestors)}
        # It knows no list of origins; browsers that know frame-ancestors pass it over, older ones would refuse every frame.
        del framed["x-frame-options"]
        self._framed = framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        api, asset = (str(scope["path"]).startswith(part) for part in ("/api/", "/static/"))
        path = str(scope["path"])
        in_parts = "/uploads/" in path or path.endswith("/poster")
        most = UPLOAD_BYTES if path.endswith("/attachments") else PART_BYTES if in_parts else JSON_BYTES
        if path.startswith(SCRIPTS):
            most = SCRIPT_PICTURE_BYTES if path.endswith("/picture") else SCRIPT_FILE_BYTES if "/files/" in path else most
        if path.startswith(STUDIO):
            most = STUDIO_BYTES
        guards = self._framed if path == FRAMEABLE else HEADERS
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
                headers += [(name.encode(), value.encode()) for name, value in guards.items() if name.encode() not in present]
                if asset and b"cache-control" not in present:
                    # Asked about at every load (an ETag answers it): a new widget is never met by an old half of it.
                    headers.append((b"cache-control", b"no-cache"))
                if api:
                    headers.append((b"xiaoer-protocol", str(PROTOCOL).encode()))
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
