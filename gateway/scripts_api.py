"""The scripts library over HTTP: folders, scripts, the bin, matches while typing, uses, pictures. Files are in scripts_files_api.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from gateway import scripts_schemas as schemas
from gateway.library import EDITORS, Library, told
from gateway.problems import Problem
from gateway.script_values import listed
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.talks import instant
from gateway.threads import in_thread
from shop.script_rules import InvalidScript, UnknownScript
from shop.script_search import plain
from shop.scripts import PUBLIC, LibraryScript
from shop.staff import ROLES, TALKS, Member
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff/scripts", tags=["scripts"])
Anybody = Annotated[Login, needs(ROLES)]
Speaker = Annotated[Login, needs(TALKS)]
ScriptId = Annotated[str, Path(max_length=64)]
FolderId = Annotated[str, Path(max_length=64)]
State = Literal["all", "dead", "invalid", "bin"]
Order = Literal["title", "uses", "used_at", "unedited", "changed_at"]
FIRST_DAYS = 30


def script_out(library: Library, member: Member, one: LibraryScript, *, valid: bool) -> dict[str, Any]:
    """A script as the API says it."""
    public = one.owner == PUBLIC
    sent = one.sent + one.edited
    same = ("id", "folder", "title", "text", "code", "situation", "source", "valid_from", "valid_to", "uses", "inserted", "version")
    return {
        **{name: getattr(one, name) for name in same},
        "scope": "public" if public else "own",
        "must_say": list(one.must_say),
        "must_not": list(one.must_not),
        "valid": valid,
        "image": picture_path(one),
        "unedited": one.sent / sent if sent else None,
        "used_at": instant(one.used_at),
        "dead": library.dead(one),
        "changed_at": instant(one.changed_at),
        "editable": not public or member.role in EDITORS,
    }


def picture_path(one: LibraryScript) -> str | None:
    """Where staff see a script's picture; another content has another path."""
    return f"/api/v1/staff/scripts/{one.id}/picture?v={one.picture}" if one.picture else None


def _out(services: Services, member: Member, one: LibraryScript) -> dict[str, Any]:
    return script_out(services.library, member, one, valid=one.valid.covers(services.clock.now()))


@router.get("", response_model=schemas.ScriptsOut)
async def scripts(
    login: Anybody,
    request: Request,
    scope: schemas.Scope | None = None,
    folder: Annotated[str, Query(max_length=64)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    state: State = "all",
    sort: Order = "title",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """The shop's scripts and one's own. ``folder``: an id (with what is inside it), or - for those in none; ``q``: words of title, text,
    situation or code, or initials; ``state``: dead (unused for 60 days), invalid (their days are over or not come) or bin."""
    services, member = of(request), login.member

    def read() -> dict[str, Any]:
        services.library.begin()
        owners = {"public": (PUBLIC,), "own": (member.id,), None: (PUBLIC, member.id)}[scope]
        found = services.library.scripts.all(*owners, removed=state == "bin")
        if folder == "-":
            found = [one for one in found if one.folder is None]
        elif folder:
            inside = {one.id for one in services.library.folders_of(member) if folder in (one.id, one.parent)}
            found = [one for one in found if one.folder in inside]
        now, wanted = services.clock.now(), plain(q)
        if wanted:
            found = [
                one
                for one in found
                if wanted in plain(f"{one.title} {one.text} {one.situation} {one.code or ''}") or wanted in one.initials
            ]
        if state == "dead":
            found = [one for one in found if services.library.dead(one)]
        elif state == "invalid":
            found = [one for one in found if not one.valid.covers(now)]
        ordered = sorted(found, key=lambda one: (_rank(one, sort), one.title, one.id))
        shown = [script_out(services.library, member, one, valid=one.valid.covers(now)) for one in ordered[offset : offset + limit]]
        return {"scripts": shown, "total": len(found)}

    return await in_thread(read)


def _rank(one: LibraryScript, sort: Order) -> Any:
    """The most used, the best accepted, the newest first; titles from the first."""
    if sort == "uses":
        return -one.uses
    if sort == "unedited":
        return -(one.sent / (one.sent + one.edited)) if one.sent + one.edited else 1.0
    if sort in ("used_at", "changed_at"):
        at = getattr(one, sort)
        return -at.timestamp() if at else 0.0
    return 0


@router.get("/match", response_model=schemas.MatchesOut)
async def match(
    login: Speaker,
    request: Request,
    q: Annotated[str, Query(max_length=2_000)] = "",
    talk: Annotated[str, Query(max_length=64)] = "",
    order: Annotated[str, Query(max_length=64)] = "",
    channel: Literal["chat", "phone"] = "chat",
    most: Annotated[int, Query(ge=1, le=20)] = 6,
) -> dict[str, Any]:
    """Scripts for what an agent types (a draft or its end): by words, ``/code``, or pinyin initials; without words the most used.

    Filled in from the talk's ``order`` (else the one the talk is about); without a talk from that order alone. Writes nothing.
    """
    services, member = of(request), login.member

    def read() -> dict[str, Any]:
        about = services.store.talk(talk) if talk else None
        if talk and about is None:
            raise Problem(404, "not-found", "There is no such conversation.")
        found, known = services.library.match(member, about, q, order_id=order or None, channel=channel, most=most)
        return {
            "matches": [
                {
                    **{name: getattr(one.script, name) for name in ("id", "title", "folder", "code", "situation")},
                    "text": one.text,
                    "missing": list(one.missing),
                    "image": picture_path(one.script),
                    "own": one.script.owner != PUBLIC,
                    "why": one.why,
                }
                for one in found
            ],
            "order_id": known.order_id,
        }

    return await in_thread(read)


@router.get("/values", response_model=schemas.ValuesOut)
async def values(_: Anybody) -> dict[str, Any]:
    """What a script may name in braces, and which of it the server fills in."""
    return {"values": listed()}


@router.get("/ranking", response_model=schemas.RankingOut)
async def ranking(
    login: Anybody, request: Request, days: Annotated[int, Query(ge=1, le=366)] = FIRST_DAYS, mine: bool = False
) -> dict[str, Any]:
    """Scripts by their uses within the last days (``mine``: by oneself): sent as they stand, sent changed, copied, put in and not sent."""
    services, member = of(request), login.member

    def read() -> dict[str, Any]:
        now = services.clock.now()
        used = services.library.uses.ranking(now - timedelta(days=days), now + timedelta(seconds=1), member.id if mine else None)
        titles = {one.id: one for owners in ((PUBLIC, member.id),) for one in services.library.scripts.all(*owners)}
        rows = [
            {
                **{name: getattr(one, name) for name in ("sent", "edited", "copied", "dropped", "uses", "unedited")},
                "id": one.script_id,
                "title": titles[one.script_id].title,
                "scope": "public" if titles[one.script_id].owner == PUBLIC else "own",
            }
            for one in used
            if one.script_id in titles
        ]
        return {"days": days, "ranking": rows}

    return await in_thread(read)


@router.get("/folders", response_model=schemas.FoldersOut)
async def folders(login: Anybody, request: Request) -> dict[str, Any]:
    """The shop's folders and one's own, with how many scripts are in each."""
    services, member = of(request), login.member

    def read() -> dict[str, Any]:
        services.library.begin()
        counts: dict[tuple[str, str | None], int] = {}
        for one in services.library.scripts.all(PUBLIC, member.id):
            key = ("public" if one.owner == PUBLIC else "own", one.folder)
            counts[key] = counts.get(key, 0) + 1
        shown = [
            {
                **{name: getattr(one, name) for name in ("id", "parent", "name", "channel")},
                "scope": (scope := "public" if one.owner == PUBLIC else "own"),
                "scripts": counts.get((scope, one.id), 0),
            }
            for one in services.library.folders_of(member)
        ]
        loose = {scope: counts.get((scope, None), 0) for scope in ("public", "own")}
        return {"folders": shown, "loose": loose, "editable": member.role in EDITORS}

    return await in_thread(read)


@router.post("/folders", status_code=201, response_model=schemas.CountOut)
async def add_folder(login: Anybody, body: schemas.NewFolder, request: Request) -> dict[str, Any]:
    """A new folder."""
    library = of(request).library
    owner = library.owner(login.member, body.scope)
    await _folder_work(lambda: library.folders.add(owner, body.name, body.parent, body.channel))
    return {"count": 1}


@router.patch("/folders/{folder_id}", status_code=204)
async def change_folder(login: Anybody, folder_id: FolderId, body: schemas.ChangedFolder, request: Request) -> None:
    """Rename or move a folder."""
    library = of(request).library
    await in_thread(library.edited_folder, login.member, folder_id)
    await _folder_work(lambda: library.folders.change(folder_id, name=body.name, place=body.place))


@router.delete("/folders/{folder_id}", status_code=204)
async def remove_folder(login: Anybody, folder_id: FolderId, request: Request) -> None:
    """Remove an empty folder. 422 while something is in it."""
    library = of(request).library
    await in_thread(library.edited_folder, login.member, folder_id)
    await _folder_work(lambda: library.folders.remove(folder_id))


async def _folder_work(work: Any) -> None:
    try:
        await in_thread(work)
    except (InvalidScript, UnknownScript) as error:
        raise told(error) from None


@router.post("", status_code=201, response_model=schemas.ScriptOut)
async def add(login: Anybody, body: schemas.NewScript, request: Request) -> dict[str, Any]:
    """A new script. 422 with ``findings`` when the wording check forbids it or asks, 409 ``script-code`` when the code is taken."""
    services = of(request)
    record = body.model_dump(exclude={"scope", "confirmed"})
    (made,) = await in_thread(lambda: services.library.add(login.member, body.scope, [record], confirmed=body.confirmed))
    return _out(services, login.member, made)


@router.post("/remove", response_model=schemas.CountOut)
async def remove(login: Anybody, body: schemas.Ids, request: Request) -> dict[str, Any]:
    """Put scripts into the bin, all or none."""
    return {"count": await in_thread(of(request).library.remove, login.member, body.ids)}


@router.post("/restore", response_model=schemas.CountOut)
async def restore(login: Anybody, body: schemas.Ids, request: Request) -> dict[str, Any]:
    """Take scripts out of the bin; their codes are free and have to be given again."""
    return {"count": await in_thread(of(request).library.restore, login.member, body.ids)}


@router.get("/{script_id}", response_model=schemas.ScriptOut)
async def script(login: Anybody, script_id: ScriptId, request: Request) -> dict[str, Any]:
    """One script."""
    services = of(request)
    return _out(services, login.member, await in_thread(services.library.seen, login.member, script_id))


@router.patch("/{script_id}", response_model=schemas.ScriptOut)
async def change(login: Anybody, script_id: ScriptId, body: schemas.ChangedScript, request: Request) -> dict[str, Any]:
    """Change a script; 409 ``script-version`` when somebody else has changed it meanwhile."""
    services = of(request)
    changes = body.model_dump(exclude={"version", "confirmed"}, exclude_unset=True)
    changed = await in_thread(lambda: services.library.change(login.member, script_id, body.version, changes, confirmed=body.confirmed))
    return _out(services, login.member, changed)


@router.post("/{script_id}/uses", status_code=204)
async def used(login: Speaker, script_id: ScriptId, body: schemas.Used, request: Request) -> None:
    """A script was put into a draft or copied. What is sent with a message is told with the message (``scripts``)."""
    library = of(request).library
    if body.kind == "copied":
        await in_thread(library.copied, login.member, script_id)
    else:
        await in_thread(library.inserted, login.member, script_id, body.talk)


@router.get("/{script_id}/picture", response_class=Response)
async def picture(login: Anybody, script_id: ScriptId, request: Request) -> Response:
    """A script's picture."""
    library = of(request).library
    await in_thread(library.seen, login.member, script_id)
    found = await in_thread(library.scripts.picture, script_id)
    if found is None:
        raise Problem(404, "not-found", "This script has no picture.")
    return Response(found[1], media_type=found[0], headers={"Cache-Control": "private, max-age=3600"})
