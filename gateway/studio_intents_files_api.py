"""Examples in files over HTTP: export, and an import that judges every line before anything is kept."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from gateway import studio_intents as core
from gateway import studio_intents_schemas as schemas
from gateway.library_files import FORMATS
from gateway.problems import Problem
from gateway.scripts_files_api import FILE_BYTES, form_file
from gateway.services import of
from gateway.staff_access import needs
from gateway.studio_api import studio_of
from gateway.threads import counting, on_picture
from shop import sheets
from shop.clock import local_day
from shop.staff import TRAINERS
from shop.staff_sessions import Login
from studio import example_lines as lines
from studio.teaching import FAULTS

router = APIRouter(prefix="/api/v1/staff/studio/examples/files", tags=["studio"])
Trainer = Annotated[Login, needs(TRAINERS)]


@router.get("/export", response_class=Response)
async def export(
    _: Trainer,
    request: Request,
    form: Literal["csv", "xlsx"] = "xlsx",
    intent: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """The examples of one intent or of all, with the columns that the import reads."""
    services = of(request)
    workspace = studio_of(request).workspace

    def work() -> bytes:
        if intent:
            core.known(workspace, intent)
        head = [lines.COLUMNS[name][0] for name in lines.EXPORTED]
        return sheets.write(f"examples.{form}", head, lines.exported(workspace, intent), lines.SHEET, lines.WIDTHS)

    name = f"xiaoer-examples-{intent or 'all'}-{local_day(services.clock.now()):%Y%m%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(await counting(work), media_type=FORMATS[form], headers=headers)


@router.post("/preview", response_model=schemas.LinesOut)
async def preview(_: Trainer, request: Request) -> dict[str, Any]:
    """What a file (form field ``file``, .csv or .xlsx) would teach, line by line. Writes nothing."""
    name, content = await form_file(request, FILE_BYTES)
    workspace = studio_of(request).workspace

    def work() -> dict[str, Any]:
        try:
            rows = sheets.read(name, content, lines.COLUMNS, ("text", "similar"))
        except sheets.UnreadableFile as error:
            raise Problem(422, f"file-{error.word}", str(error), **error.known) from None
        found = lines.judged(workspace, ((row.number, row.cells) for row in rows))
        out = [{**schemas.line_out(one, core.example_out), "fault": FAULTS[one.fault][0] if one.fault else None} for one in found]
        return {"lines": out, "answered": sum(one.answered for one in found), "cut": len(found) >= lines.MOST_LINES}

    # On the small pool of heavy work: thousands of lines are compared with every example.
    return await on_picture(work)
