"""Who of the staff asks: a session's cookie with its CSRF word, or the token of the shop's own workbench; and what each role may do.

A cookie alone changes nothing: every unsafe request repeats the session's CSRF word in ``X-CSRF-Token``. The cookie is HttpOnly and
SameSite=Strict, and Secure when the request came over TLS.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Depends, Request
from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.problems import Problem
from gateway.services import Services, client_address, of
from gateway.threads import in_thread
from shop.staff import Role
from shop.staff_sessions import LONGEST_SESSION, Login

COOKIE = "xiaoer_staff"
SAFE = ("GET", "HEAD", "OPTIONS")
ADMIN: tuple[Role, ...] = ("admin",)


def token_of(connection: HTTPConnection) -> tuple[str | None, bool]:
    """The token a request carries, and whether it came as a cookie."""
    scheme, _, token = (connection.headers.get("authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip(), False
    return connection.cookies.get(COOKIE), True


async def login_of(connection: HTTPConnection, services: Services) -> Login | None:
    """Who is logged in on this connection, or None."""
    token, cookie = token_of(connection)
    if not token or len(token) > 128:
        return None
    login = await in_thread(services.staff_sessions.enter, token)
    # A workbench's token in a cookie, or a session's as bearer, is neither how it was given.
    return login if login is not None and (login.kind == "session") == cookie else None


def needs(roles: tuple[Role, ...], *, even_with_first_password: bool = False) -> Any:
    """A dependency: the login, when it may do this. 401 nobody, 403 another role, CSRF missing, or a one-time password not changed yet."""

    async def check(request: Request) -> Login:
        services = of(request)
        services.rate.take("staff", client_address(request))
        login = await login_of(request, services)
        if login is None:
            raise Problem(401, "not-logged-in", "Log in at /api/v1/staff/session, or send a workbench's token as Authorization: Bearer.")
        if login.kind == "session" and request.method not in SAFE:
            given = request.headers.get("x-csrf-token") or ""
            if not hmac.compare_digest(given.encode(), login.csrf.encode()):
                raise Problem(403, "csrf", "Send the csrf word of your session as X-CSRF-Token.")
        if login.member.must_change and not even_with_first_password:
            raise Problem(403, "change-password", "Change the one-time password first: POST /api/v1/staff/me/password.")
        if login.member.role not in roles:
            raise Problem(403, "role", f"The role {login.member.role} may not do this.")
        return login

    wanted: Callable[[Request], Coroutine[Any, Any, Login]] = check
    return Depends(wanted)


def set_cookie(response: Response, request: Request, token: str) -> None:
    """Give the session to the browser."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST_SESSION.total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def clear_cookie(response: Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
