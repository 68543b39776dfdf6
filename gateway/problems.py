"""Errors of the API: ``application/problem+json`` (RFC 9457), the same shape for every status."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

log = logging.getLogger(__name__)

TITLES = {
    400: "Bad request",
    401: "Token missing or wrong",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported kind of file",
    422: "Not acceptable",
    429: "Too many requests",
    500: "Internal error",
    503: "Not available",
}


class Problem(Exception):
    """An error to send: ``status``, ``detail`` in a sentence for developers, ``kind`` a stable word, ``extra`` members."""

    def __init__(self, status: int, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra

    def response(self) -> JSONResponse:
        """The answer as sent."""
        return problem_response(self.status, self.kind, self.detail, self.headers, **self.extra)


def problem_response(status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None, **extra: Any) -> JSONResponse:
    """A problem document; ``type`` is ``urn:xiaoer:problem:<kind>``."""
    body = {"type": f"urn:xiaoer:problem:{kind}", "title": TITLES.get(status, "Error"), "status": status, "detail": detail, **extra}
    sent = dict(headers or {})
    if status == 401:
        sent.setdefault("WWW-Authenticate", "Bearer")
    return JSONResponse(body, status, sent, media_type="application/problem+json")


def not_found() -> Problem:
    """One answer for another's conversation and for none, so that nobody learns which ids exist."""
    return Problem(404, "not-found", "There is no such conversation for this token.")


def unauthorized(detail: str = "Send the conversation's token as Authorization: Bearer.") -> Problem:
    """No token, or one that is not ours."""
    return Problem(401, "unauthorized", detail)


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document."""

    @app.exception_handler(Problem)
    async def ours(_: Request, error: Problem) -> JSONResponse:
        return error.response()

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return problem_response(
            error.status_code, TITLES.get(error.status_code, "error").lower().replace(" ", "-"), str(error.detail), error.headers
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        # Only where and why: never the value, which may be a phone number or a token.
        errors = [{"at": ".".join(str(part) for part in item["loc"]), "why": item["msg"]} for item in error.errors()]
        detail = "; ".join(f"{item['at']}: {item['why']}" for item in errors[:3])
        return problem_response(422, "invalid", detail, errors=errors)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.exception("unexpected error in %s %s", request.method, request.url.path, exc_info=error)
        return problem_response(500, "internal", "Something went wrong here; it has been written to the log.")
