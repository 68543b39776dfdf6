"""The public chat API v1 over HTTP (architecture §6). The widget uses nothing else."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.datastructures import UploadFile

from gateway import schemas
from gateway.card_schemas import OrdersOut
from gateway.events import TooManyWindows
from gateway.identity import address_hash, bearer
from gateway.problems import Problem, not_found
from gateway.services import client_address, of
from gateway.store import NoSuchTalk
from gateway.talks import LONGEST_TEXT, Incoming, Talk, clean
from gateway.threads import in_thread, on_picture

TalkId = Annotated[str, Path(max_length=64)]
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.ProblemOut, "description": what}
    for status, what in {
        401: "No token or a wrong one",
        404: "No such conversation for this token",
        422: "Not acceptable",
        429: "Too many requests",
    }.items()
}


UPLOAD: dict[int | str, dict[str, Any]] = {
    413: {"description": "Larger than 8 MB (picture) or 50 MB (video)"},
    415: {"description": "Neither JPEG, PNG, WebP, MP4 nor MOV by its content"},
    422: {"description": "Broken, too many pixels, or longer than 30 s"},
}

# A little less than proxies allow a silent request (nginx: 60 s, many others 30 s).
LONGEST_POLL = 25

router = APIRouter(prefix="/api/v1/conversations", tags=["chat"], responses=PROBLEMS)


async def entered(request: Request, conversation_id: TalkId) -> Talk:
    """The talk of the path, when the request's token opens it."""
    services = of(request)
    services.rate.take("address", client_address(request))
    return await services.conversations.enter(conversation_id, bearer(request.headers.get("authorization")))


Entered = Annotated[Talk, Depends(entered)]


@router.post("", status_code=201, response_model=schemas.Opened)
async def open_conversation(body: schemas.NewConversation, request: Request) -> dict[str, Any]:
    """Open a talk; its first message says that the answers are automatic."""
    services, address = of(request), client_address(request)
    services.rate.take("open", address)
    customer = None if body.identity is None else services.identities.customer(body.identity)
    return await services.conversations.open(customer, body.product_id, address_hash(address, services.settings.address_key))


@router.get("/{conversation_id}", response_model=schemas.ConversationOut)
async def read_conversation(talk: Entered, request: Request) -> dict[str, Any]:
    """Who has the talk."""
    return await of(request).conversations.describe(talk)


@router.post(
    "/{conversation_id}/messages",
    status_code=202,
    response_model=schemas.Receipt,
    responses={
        200: {"model": schemas.Answered, "description": "With ?wait=1: the turn is over"},
        409: {"description": "The client_id stands for another content"},
        413: {"description": f"The text has more than {LONGEST_TEXT} characters"},
        503: {"description": "With ?wait=1: no turn could be had; the message is kept. Members: message, replies (the apology)"},
    },
)
async def send_message(talk: Entered, body: schemas.NewMessage, request: Request, wait: Annotated[bool, Query()] = False) -> Response:
    """Send a message. The same client_id with the same content gives the first receipt again."""
    services = of(request)
    services.rate.take("message", talk.id)
    conversations = services.conversations
    address = address_hash(client_address(request), services.settings.address_key)
    message, outcome = await conversations.say(talk, _incoming(body, wait, address))
    public = conversations.public(message)
    if outcome is None:
        return JSONResponse({"message": public}, 202)
    replies = [conversations.public(reply) for reply in outcome.replies]
    if outcome.failure in ("down", "slow", "refused"):
        problem = Problem(
            503,
            "no-turn",
            "The assistant could not answer; the message is kept.",
            headers={"Retry-After": "5"},
            message=public,
            replies=replies,
        )
        return problem.response()
    return JSONResponse({"message": public, "replies": replies})


@router.get("/{conversation_id}/messages", response_model=schemas.Page)
async def read_messages(
    talk: Entered,
    request: Request,
    after: Annotated[int | None, Query(ge=0)] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    wait: Annotated[int | None, Query(ge=0, le=LONGEST_POLL)] = None,
    state: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Catch up after a seq, or page back before one; without either: the newest.

    With ``wait`` (seconds) and ``after``: as soon as there is something new, where WebSockets are blocked. The answer then has
    ``talk``; hand its ``tag`` back as ``state``, so that a change of owner, typing or receipts counts as new too.
    """
    services = of(request)
    services.hub.saw(talk.id)
    services.scheduler.opened(talk)
    if wait is not None:
        try:
            found, more, standing = await services.conversations.news(talk, after or 0, limit, wait, state, request.is_disconnected)
        except TooManyWindows:
            raise Problem(429, "windows", "Too many windows of this talk are open.", headers={"Retry-After": "20"}) from None
        return JSONResponse({"messages": found, "has_more": more, "talk": standing})
    messages, more = await services.conversations.page(talk, after, before, limit)
    return JSONResponse({"messages": messages, "has_more": more})


@router.get("/{conversation_id}/orders", response_model=OrdersOut)
async def read_orders(talk: Entered, request: Request) -> dict[str, Any]:
    """The shopper's own orders to pick from, with what can be done with each; none for somebody who has proved none."""
    services = of(request)
    services.rate.take("read", talk.id)
    return await services.conversations.orders(talk)


@router.post("/{conversation_id}/read", status_code=204)
async def read_up_to(talk: Entered, body: schemas.ReadUpTo, request: Request) -> None:
    """The shopper has read up to a message (over a WebSocket: the frame ``read``)."""
    await of(request).conversations.read_to(talk, body.seq)


@router.post("/{conversation_id}/attachments", status_code=201, response_model=schemas.AttachmentOut, responses=UPLOAD)
async def upload(talk: Entered, request: Request) -> Response:
    """One photo or short video in the form field ``file``; then send its id in a message."""
    services = of(request)
    services.rate.take("upload", talk.id)
    await services.conversations.admit(talk)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(415, "unsupported-media", "Send multipart/form-data with the field file.")
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(422, "no-file", "The form has no field file.")
        try:
            kept = await on_picture(services.files.add, talk.id, cast(Any, file.file))
        except NoSuchTalk:
            raise not_found() from None
    return JSONResponse({"id": kept.id, "mime": kept.mime, "width": kept.width, "height": kept.height}, 201)


@router.get("/{conversation_id}/attachments/{attachment_id}", response_class=FileResponse)
async def read_attachment(talk: Entered, request: Request, attachment_id: Annotated[str, Path(max_length=64)]) -> Response:
    """A file of this talk."""
    services = of(request)
    kept = await in_thread(services.store.file, talk.id, attachment_id)
    if kept is None or not services.files.path(kept).is_file():
        raise Problem(404, "not-found", "There is no such file in this conversation.")
    return FileResponse(
        services.files.path(kept), media_type=kept.mime, headers={"Content-Disposition": "inline", "Cache-Control": "private, max-age=3600"}
    )


@router.post("/{conversation_id}/release", response_model=schemas.ConversationOut)
async def release(talk: Entered, request: Request) -> dict[str, Any]:
    """Leave the queue and go on with the bot (409 while an agent has the talk)."""
    conversations = of(request).conversations
    return await conversations.describe(await conversations.release(talk))


@router.post("/{conversation_id}/rating", status_code=204)
async def rate_talk(talk: Entered, body: schemas.NewRating, request: Request) -> None:
    """Rate the talk; a later rating replaces an earlier one."""
    await of(request).conversations.rate(talk, body.score, clean(body.comment) if body.comment else None)


@router.post("/{conversation_id}/rating/skip", status_code=204)
async def skip_rating(talk: Entered, request: Request) -> None:
    """The shopper put the question for a rating away: it is not asked again in this talk."""
    await of(request).conversations.skip_rating(talk)


@router.delete("/{conversation_id}", response_model=schemas.ErasureOut)
async def erase(talk: Entered, request: Request) -> dict[str, Any]:
    """Erase everything of this talk, here and in the engine."""
    return await of(request).conversations.erase(talk)


def _incoming(body: schemas.NewMessage, wait: bool, address: str) -> Incoming:
    text = clean(body.text or "")
    if len(text) > LONGEST_TEXT:
        raise Problem(413, "text-too-long", f"A message has at most {LONGEST_TEXT} characters; this one has {len(text)}.")
    if body.choice is not None and (text or body.attachment_ids):
        raise Problem(422, "two-contents", "Send a choice alone, without text or attachments.")
    if body.choice is None and not text and not body.attachment_ids:
        raise Problem(422, "empty", "Send a text, a choice or attachment_ids.")
    if len(set(body.attachment_ids)) != len(body.attachment_ids):
        raise Problem(422, "attachment-twice", "An attachment is named twice.")
    return Incoming(str(body.client_id), text, body.choice, tuple(body.attachment_ids), body.product_id, wait, address, quote=body.quote)
