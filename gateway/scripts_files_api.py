"""The scripts library over HTTP, its files: import with a preview, export, and a script's picture."""

from __future__ import annotations

import io
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from gateway import media
from gateway import scripts_schemas as schemas
from gateway.library import finding_of
from gateway.library_files import FORMATS
from gateway.problems import Problem
from gateway.script_values import fill, listed
from gateway.scripts_api import script_out
from gateway.services import of
from gateway.staff_access import needs
from gateway.threads import in_thread, on_picture
from shop.clock import local_day
from shop.staff import ROLES
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff/scripts", tags=["scripts"])
Anybody = Annotated[Login, needs(ROLES)]
ScriptId = Annotated[str, Path(max_length=64)]
FILE_BYTES = 2 * 1024 * 1024


@router.post("/check", response_model=schemas.CheckedOut)
async def check(_: Anybody, body: schemas.Draft, request: Request) -> dict[str, Any]:
    """What the wording check says of a script that is being written, how it reads with examples filled in, and what stays a gap."""
    library = of(request).library
    examples = {one["name"]: str(one["example"]) for one in listed() if one["source"]}
    sample, gaps = fill(body.text, examples)
    return {"findings": [finding_of(one) for one in await in_thread(library.judged, body.text)], "sample": sample, "gaps": gaps}


@router.get("/files/export", response_class=Response)
async def export(login: Anybody, request: Request, scope: schemas.Scope = "own", form: Literal["csv", "xlsx"] = "xlsx") -> Response:
    """The scripts of a scope with 千牛's columns (快捷编码, 快捷短语, 快捷短语分组) and ours behind them."""
    services = of(request)
    content = await on_picture(services.library_files.export, login.member, scope, form)
    name = f"xiaoer-scripts-{scope}-{local_day(services.clock.now()):%Y%m%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=FORMATS[form], headers=headers)


@router.post("/files/preview", response_model=schemas.LinesOut)
async def preview(login: Anybody, request: Request, scope: schemas.Scope = "own") -> dict[str, Any]:
    """What a file (form field ``file``, .csv or .xlsx) would add, line by line, with the wording check's findings. Writes nothing."""
    services = of(request)
    services.library.owner(login.member, scope)
    name, content = await form_file(request, FILE_BYTES)
    # On the small pool of heavy work: the wording of a thousand lines takes seconds.
    return {"lines": await on_picture(services.library_files.preview, login.member, scope, name, content)}


@router.post("/files/import", status_code=201, response_model=schemas.CountOut)
async def take_over(login: Anybody, body: schemas.TakenLines, request: Request) -> dict[str, Any]:
    """Keep the chosen lines of a preview, all or none; problems name the ``row`` (from 0)."""
    files = of(request).library_files
    rows = [row.model_dump() for row in body.rows]
    made = await on_picture(lambda: files.take_over(login.member, body.scope, rows, confirmed=body.confirmed))
    return {"count": len(made)}


@router.post("/{script_id}/picture", response_model=schemas.ScriptOut)
async def put_picture(login: Anybody, script_id: ScriptId, request: Request) -> dict[str, Any]:
    """Give a script a picture (form field ``file``: JPEG, PNG or WebP, at most 8 MB); it is made anew from its pixels."""
    services = of(request)
    await in_thread(services.library.edited, login.member, script_id)
    _, content = await form_file(request, media.IMAGE_BYTES)
    try:
        kind = media.kind_of(content[:16])
        if kind == "VIDEO":
            raise media.WrongKind("a script has a picture, no video")
        photo = await on_picture(media.read_photo, io.BytesIO(content), kind)
    except media.Heic as error:
        raise Problem(415, "heic", f"{error}.") from None
    except media.WrongKind as error:
        raise Problem(415, "unsupported-media", f"{error}.".capitalize()) from None
    except media.TooLarge as error:
        raise Problem(413, "too-large", f"{error}.".capitalize()) from None
    except media.Unreadable as error:
        raise Problem(422, "unreadable-file", f"{error}.".capitalize()) from None

    changed = await in_thread(
        lambda: services.library.scripts.put_picture(script_id, login.member.id, photo.media_type, photo.width, photo.height, photo.content)
    )
    await in_thread(lambda: services.deeds.log(login.member.id, "script_picture", ref=script_id))
    return script_out(services.library, login.member, changed, valid=changed.valid.covers(services.clock.now()))


@router.delete("/{script_id}/picture", response_model=schemas.ScriptOut)
async def drop_picture(login: Anybody, script_id: ScriptId, request: Request) -> dict[str, Any]:
    """Take a script's picture away."""
    services = of(request)
    await in_thread(services.library.edited, login.member, script_id)
    changed = await in_thread(services.library.scripts.drop_picture, script_id, login.member.id)
    await in_thread(lambda: services.deeds.log(login.member.id, "script_picture", ref=script_id, payload={"dropped": True}))
    return script_out(services.library, login.member, changed, valid=changed.valid.covers(services.clock.now()))


async def form_file(request: Request, most: int) -> tuple[str, bytes]:
    """Name and content of the form field ``file``."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(415, "unsupported-media", "Send multipart/form-data with the field file.")
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(422, "no-file", "The form has no field file.")
        content = await file.read(most + 1)
        name = file.filename or ""
    if len(content) > most:
        raise Problem(413, "too-large", f"At most {most // 1024 // 1024} MB are taken here.")
    return name, content
