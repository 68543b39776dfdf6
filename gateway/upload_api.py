"""Uploads in parts, and the first picture of a video: the chat API's calls that survive a bad connection."""

from __future__ import annotations

import functools
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile

from gateway import schemas
from gateway.beside import KeptFile
from gateway.chat_api import PROBLEMS, UPLOAD, Entered
from gateway.media import POSTER_BYTES
from gateway.problems import Problem, not_found
from gateway.services import of
from gateway.store import NoSuchTalk
from gateway.threads import in_thread, on_picture
from gateway.uploads import PART_BYTES

router = APIRouter(prefix="/api/v1/conversations/{conversation_id}", tags=["chat"], responses=PROBLEMS)
UploadId = Annotated[str, Path(max_length=64)]
STANDS: dict[int | str, dict[str, Any]] = {409: {"description": "The upload stands elsewhere: member ``offset`` tells where"}}


class NewUpload(BaseModel):
    """A file of so many bytes is to come."""

    model_config = ConfigDict(extra="forbid")
    size: int = Field(ge=1)


class UploadOut(BaseModel):
    """Where an upload stands: send the bytes from ``offset`` on, at most ``part`` at once."""

    id: str
    offset: int
    part: int = PART_BYTES


@router.post("/uploads", status_code=201, response_model=UploadOut)
async def begin_upload(talk: Entered, body: NewUpload, request: Request) -> dict[str, Any]:
    """Begin a file that comes in parts."""
    services = of(request)
    services.rate.take("upload", talk.id)
    await services.conversations.admit(talk)
    upload_id = await in_thread(services.uploads.begin, talk.id, body.size)
    return {"id": upload_id, "offset": 0, "part": PART_BYTES}


@router.get("/uploads/{upload_id}", response_model=UploadOut)
async def read_upload(talk: Entered, upload_id: UploadId, request: Request) -> dict[str, Any]:
    """Where it stands, after a cut."""
    return {"id": upload_id, "offset": await in_thread(of(request).uploads.offset, talk.id, upload_id), "part": PART_BYTES}


@router.put("/uploads/{upload_id}", response_model=UploadOut, responses=STANDS)
async def add_part(talk: Entered, upload_id: UploadId, request: Request, offset: Annotated[int, Query(ge=0)]) -> dict[str, Any]:
    """The next part in the form field ``file``."""
    part = await _field(request, PART_BYTES)
    return {"id": upload_id, "offset": await in_thread(of(request).uploads.add, talk.id, upload_id, offset, part), "part": PART_BYTES}


@router.post("/uploads/{upload_id}/done", status_code=201, response_model=schemas.AttachmentOut, responses=UPLOAD | STANDS)
async def finish_upload(talk: Entered, upload_id: UploadId, request: Request) -> Response:
    """All parts are there: check the file; then send its id in a message. Asked again it answers the same."""
    services = of(request)
    if (before := await in_thread(services.uploads.finished, talk.id, upload_id)) is not None:
        return JSONResponse(described(before), 201)
    try:
        return JSONResponse(described(await on_picture(services.uploads.finish, talk.id, upload_id)), 201)
    except NoSuchTalk:
        raise not_found() from None


@router.delete("/uploads/{upload_id}", status_code=204)
async def cancel_upload(talk: Entered, upload_id: UploadId, request: Request) -> None:
    """The shopper has changed their mind."""
    await in_thread(of(request).uploads.cancel, talk.id, upload_id)


@router.delete("/attachments/{attachment_id}", status_code=204)
async def take_back(talk: Entered, attachment_id: Annotated[str, Path(max_length=64)], request: Request) -> None:
    """A file that is uploaded and will not be sent (404 once a message has it)."""
    await in_thread(of(request).files.take_back, talk.id, attachment_id)


@router.put("/attachments/{attachment_id}/poster", status_code=204)
async def add_poster(talk: Entered, attachment_id: Annotated[str, Path(max_length=64)], request: Request) -> None:
    """The first picture of a video, drawn by who sends it (form field ``file``, JPEG, PNG or WebP, at most 512 kB); made anew here."""
    services = of(request)
    kept = await in_thread(services.store.file, talk.id, attachment_id)
    if kept is None:
        raise _no_file()
    await on_picture(functools.partial(services.files.add_poster, kept, await _field(request, POSTER_BYTES)))


@router.get("/attachments/{attachment_id}/poster", response_class=FileResponse)
async def read_poster(talk: Entered, attachment_id: Annotated[str, Path(max_length=64)], request: Request) -> Response:
    """The first picture of a video; 404 when none was sent."""
    services = of(request)
    kept = await in_thread(services.store.file, talk.id, attachment_id)
    if kept is None or not services.files.poster(kept).is_file():
        raise _no_file()
    return FileResponse(services.files.poster(kept), media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


def described(kept: KeptFile) -> dict[str, Any]:
    """A file as the API says it."""
    return {"id": kept.id, "mime": kept.mime, "width": kept.width, "height": kept.height}


async def _field(request: Request, most: int) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(415, "unsupported-media", "Send multipart/form-data with the field file.")
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(422, "no-file", "The form has no field file.")
        content = await file.read(most + 1)
    if len(content) > most:
        raise Problem(413, "too-large", f"At most {most} bytes are taken at once.")
    return content


def _no_file() -> Problem:
    return Problem(404, "not-found", "There is no such file in this conversation.")
