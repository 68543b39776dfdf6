"""Staff over HTTP: log-in and log-out, one's own password and presence, accounts and workbench tokens (administrators)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response

from gateway import staff_schemas as schemas
from gateway import studio_pages
from gateway.desk_pages import pages_of
from gateway.problems import Problem
from gateway.services import Services, client_address, of
from gateway.staff_access import ADMIN, clear_cookie, needs, set_cookie, token_of
from gateway.talks import instant
from gateway.threads import in_thread, on_picture
from shop.staff import ROLES, TALKS, InvalidAccount, LoginRefused, Member, UnknownMember
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])
StaffId = Annotated[str, Path(max_length=64)]
Me = Annotated[Login, needs(ROLES)]
MyPassword = Annotated[Login, needs(ROLES, even_with_first_password=True)]
Speaker = Annotated[Login, needs(TALKS)]
Admin = Annotated[Login, needs(ADMIN)]


def member_out(member: Member) -> dict[str, Any]:
    """A member as the API says it."""
    return {
        **{name: getattr(member, name) for name in ("id", "login", "name", "number", "role", "active", "must_change", "capacity")},
        "topics": list(member.topics),
        "presence": member.presence,
        "presence_at": instant(member.presence_at),
    }


def _session_out(login: Login) -> dict[str, Any]:
    until = instant(login.expires_at)
    role = login.member.role
    where = {"pages": pages_of(role), "studio": studio_pages.pages_of(role)}
    return {"member": member_out(login.member), "csrf": login.csrf, "expires_at": until, **where}


def _told(error: InvalidAccount | UnknownMember) -> Problem:
    if isinstance(error, UnknownMember):
        return Problem(404, "not-found", "There is no such account.")
    return Problem(422, "account", str(error))


@router.post("/session", status_code=201, response_model=schemas.SessionOut)
async def log_in(body: schemas.NewSession, request: Request) -> Response:
    """Log in: a cookie for the browser and the CSRF word. 401 wrong, 429 locked after five wrong passwords (Retry-After)."""
    services = of(request)
    services.rate.take("login", client_address(request))
    try:
        # On the small pool of heavy work: a hash takes some 30 ms and 19 MB on purpose.
        login = await on_picture(services.staff_sessions.log_in, body.login, body.password)
    except LoginRefused as refused:
        if refused.until is None:
            raise Problem(401, "login", "Login or password is wrong.") from None
        wait = max(1, int((refused.until - services.clock.now()).total_seconds()))
        raise Problem(429, "locked", "Too many wrong passwords.", headers={"Retry-After": str(wait)}) from None
    response = JSONResponse(_session_out(login), 201)
    set_cookie(response, request, login.token or "")
    await in_thread(lambda: services.deeds.log(login.member.id, "log_in"))
    return response


@router.delete("/session", status_code=204)
async def log_out(login: MyPassword, request: Request) -> Response:
    """Log out; presence becomes 离开."""
    services = of(request)
    token, _ = token_of(request)
    await in_thread(services.staff_sessions.log_out, token or "")
    await in_thread(services.staff.set_presence, login.member.id, "away")
    await in_thread(lambda: services.deeds.log(login.member.id, "log_out"))
    services.hub.publish_to_staff(None, {"type": "presence", "staff": login.member.id, "presence": "away"})
    response = Response(status_code=204)
    clear_cookie(response)
    return response


@router.get("/me", response_model=schemas.SessionOut)
async def me(login: MyPassword) -> dict[str, Any]:
    """Who is logged in here."""
    return _session_out(login)


@router.post("/me/password", status_code=204)
async def change_password(login: MyPassword, body: schemas.NewPassword, request: Request) -> None:
    """Change one's own password; other sessions end."""
    services = of(request)
    services.rate.take("login", client_address(request))
    token, _ = token_of(request)
    if login.kind != "session":
        raise Problem(403, "token", "A workbench's token changes no password.")
    try:
        await on_picture(lambda: services.staff.set_password(login.member.id, body.old, body.new, keep=token))
    except LoginRefused:
        raise Problem(403, "password", "The old password is wrong.") from None
    except InvalidAccount as error:
        raise _told(error) from None
    await in_thread(lambda: services.deeds.log(login.member.id, "password"))


@router.put("/me/presence", response_model=schemas.MemberOut)
async def set_presence(login: Speaker, body: schemas.NewPresence, request: Request) -> dict[str, Any]:
    """在线, 小憩 or 离开."""
    services = of(request)
    member = await in_thread(services.staff.set_presence, login.member.id, body.presence)
    if member.presence != login.member.presence:
        await in_thread(lambda: services.deeds.log(member.id, "presence", ref=member.presence))
        services.hub.publish_to_staff(None, {"type": "presence", "staff": member.id, "presence": member.presence})
    return member_out(member)


@router.get("/members", response_model=schemas.MembersOut)
async def members(_: Speaker, request: Request) -> dict[str, Any]:
    """Everybody who works here: for a transfer, and for leads."""
    return {"staff": await in_thread(_members, of(request))}


def _members(services: Services) -> list[dict[str, Any]]:
    loads, there = services.desk_store.loads(), services.people.there()
    return [{**member_out(one), "load": loads.get(one.id, 0), "there": one.id in there} for one in services.staff.all()]


@router.post("/members", status_code=201, response_model=schemas.PasswordOut)
async def add_member(login: Admin, body: schemas.NewMember, request: Request) -> dict[str, Any]:
    """A new account with a one-time password."""
    services = of(request)
    try:
        member, password = await on_picture(
            lambda: services.staff.add(body.login, body.name, body.number, body.role, capacity=body.capacity, topics=body.topics)
        )
    except InvalidAccount as error:
        raise _told(error) from None
    await in_thread(lambda: services.deeds.log(login.member.id, "member_add", ref=member.id, payload={"role": member.role}))
    return {"member": member_out(member), "one_time_password": password}


@router.patch("/members/{staff_id}", response_model=schemas.MemberOut)
async def change_member(login: Admin, staff_id: StaffId, body: schemas.ChangedMember, request: Request) -> dict[str, Any]:
    """Change an account; who is made inactive is logged out at once."""
    services = of(request)
    changes = body.model_dump(exclude_unset=True)
    try:
        member = await in_thread(lambda: services.staff.change(staff_id, **changes))
    except (InvalidAccount, UnknownMember) as error:
        raise _told(error) from None
    await in_thread(lambda: services.deeds.log(login.member.id, "member_change", ref=member.id, payload=changes))
    return member_out(member)


@router.post("/members/{staff_id}/password", response_model=schemas.PasswordOut)
async def reset_password(login: Admin, staff_id: StaffId, request: Request) -> dict[str, Any]:
    """A new one-time password; all sessions of the account end."""
    services = of(request)
    try:
        password = await on_picture(services.staff.reset_password, staff_id)
        member = await in_thread(services.staff.get, staff_id)
    except UnknownMember as error:
        raise _told(error) from None
    await in_thread(lambda: services.deeds.log(login.member.id, "member_reset", ref=staff_id))
    return {"member": member_out(member), "one_time_password": password}


@router.get("/tokens", response_model=schemas.TokensOut)
async def tokens(_: Admin, request: Request) -> dict[str, Any]:
    """The workbenches' tokens: whose, since when, last used."""
    found = await in_thread(of(request).staff_sessions.tokens)
    return {"tokens": [{name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in one.items()} for one in found]}


@router.post("/tokens", status_code=201, response_model=schemas.TokenOut)
async def make_token(login: Admin, body: schemas.NewToken, request: Request) -> dict[str, Any]:
    """A token for the shop's own workbench, told this once."""
    services = of(request)
    try:
        made = await in_thread(services.staff_sessions.make_token, body.staff_id, body.label)
    except (InvalidAccount, UnknownMember) as error:
        raise _told(error) from None
    await in_thread(lambda: services.deeds.log(login.member.id, "token_make", ref=body.staff_id))
    return {"token": made.token, "label": body.label.strip()}


@router.delete("/tokens/{token_id}", status_code=204)
async def revoke_token(login: Admin, token_id: Annotated[str, Path(max_length=64)], request: Request) -> None:
    """Take a workbench's token back."""
    services = of(request)
    if not await in_thread(services.staff_sessions.revoke_token, token_id):
        raise Problem(404, "not-found", "There is no such token.")
    await in_thread(lambda: services.deeds.log(login.member.id, "token_revoke", ref=token_id))
