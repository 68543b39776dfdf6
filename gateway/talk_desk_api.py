"""The open talk over HTTP: its files, sending some, reading, taking a message back, blocking its shopper."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile

from gateway import schemas
from gateway.problems import Problem
from gateway.services import of
from gateway.staff_access import needs
from gateway.store import NoSuchTalk
from gateway.talk_desk import block_out
from gateway.threads import in_thread, on_picture
from gateway.upload_api import described
from shop.staff import LEADS, TALKS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff", tags=["desk"])
Speaker = Annotated[Login, needs(TALKS)]
Lead = Annotated[Login, needs(LEADS)]
TalkId = Annotated[str, Path(max_length=64)]
FileId = Annotated[str, Path(max_length=64)]
LONGEST_HOURS = 24 * 366


class NewBlock(BaseModel):
    """Take no messages of this shopper. ``hours``: for so long; null: until it is lifted (leads)."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(max_length=2_000)]
    hours: Annotated[int, Field(ge=1, le=LONGEST_HOURS)] | None = None


class BlockOut(BaseModel):
    """Whose messages are not taken: a customer, or the anonymous shopper of a talk; by whom, why, since and until when."""

    customer_id: str | None
    talk_id: str | None
    staff: str
    reason: str
    at: str
    until: str | None


class BlocksOut(BaseModel):
    """All blocks that hold now, the newest first."""

    blocks: list[BlockOut]


class RecalledOut(BaseModel):
    """A recalled message as staff see it; ``recalled`` in it has the words."""

    message: dict[str, Any]


@router.post("/talks/{talk_id}/read", status_code=204)
async def read(login: Speaker, talk_id: TalkId, body: schemas.ReadUpTo, request: Request) -> None:
    """Whoever has the talk has read up to a message: the shopper's window shows it. 409 for everybody else."""
    services = of(request)
    await services.talk_desk.read(login.member, await services.desk.talk(talk_id), body.seq)


@router.post("/talks/{talk_id}/messages/{message_id}/recall", response_model=RecalledOut)
async def recall(login: Speaker, talk_id: TalkId, message_id: FileId, request: Request) -> dict[str, Any]:
    """Take one's message back within two minutes: the shopper reads that one was recalled. 409 ``recall-late`` afterwards."""
    services = of(request)
    return {"message": await services.talk_desk.recall(login.member, await services.desk.talk(talk_id), message_id)}


@router.post("/talks/{talk_id}/block", status_code=201, response_model=BlockOut)
async def block(login: Speaker, talk_id: TalkId, body: NewBlock, request: Request) -> dict[str, Any]:
    """Take no messages of this talk's shopper: they are told, the talk ends. Agents: their own talk, 24 hours at most."""
    services = of(request)
    return block_out(await services.talk_desk.block(login.member, await services.desk.talk(talk_id), body.reason, body.hours))


@router.delete("/talks/{talk_id}/block", status_code=204)
async def lift(login: Speaker, talk_id: TalkId, request: Request) -> None:
    """Take their messages again."""
    services = of(request)
    await services.talk_desk.lift(login.member, await services.desk.talk(talk_id))


@router.get("/blocks", response_model=BlocksOut)
async def blocks(_: Lead, request: Request) -> dict[str, Any]:
    """Everybody whose messages are not taken now."""
    return {"blocks": [block_out(one) for one in await of(request).talk_desk.blocks()]}


@router.post("/talks/{talk_id}/attachments", status_code=201, response_model=schemas.AttachmentOut)
async def upload(login: Speaker, talk_id: TalkId, request: Request) -> Response:
    """One photo, screenshot or short video in the form field ``file``; then send its id in a message. 409 when the talk is not theirs."""
    services = of(request)
    talk = await services.desk.talk(talk_id)
    if talk.owner != f"agent:{login.member.id}":
        raise Problem(409, "not-yours", "Take the conversation before you send files in it.", owner=talk.owner)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(415, "unsupported-media", "Send multipart/form-data with the field file.")
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(422, "no-file", "The form has no field file.")
        try:
            kept = await on_picture(lambda: services.files.add(talk.id, cast("Any", file.file), staff_id=login.member.id))
        except NoSuchTalk:
            raise Problem(404, "not-found", "There is no such conversation.") from None
    return JSONResponse(described(kept), 201)


@router.get("/talks/{talk_id}/attachments/{file_id}", response_class=FileResponse)
async def read_file(_: Speaker, talk_id: TalkId, file_id: FileId, request: Request) -> Response:
    """A photo or video of a talk."""
    return await _file(request, talk_id, file_id, poster=False)


@router.get("/talks/{talk_id}/attachments/{file_id}/poster", response_class=FileResponse)
async def read_poster(_: Speaker, talk_id: TalkId, file_id: FileId, request: Request) -> Response:
    """The first picture of a video; 404 when none was sent."""
    return await _file(request, talk_id, file_id, poster=True)


async def _file(request: Request, talk_id: str, file_id: str, *, poster: bool) -> Response:
    services = of(request)
    kept = await in_thread(services.store.any_file, talk_id, file_id)
    path = None if kept is None else services.files.poster(kept) if poster else services.files.path(kept)
    if kept is None or path is None or not path.is_file():
        raise Problem(404, "not-found", "There is no such file in this conversation.")
    mime = "image/jpeg" if poster else kept.mime
    headers = {"Content-Disposition": "inline", "Cache-Control": "private, max-age=3600"}
    return FileResponse(path, media_type=mime, headers=headers)
