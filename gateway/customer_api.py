"""A shopper's own data over HTTP: the copy as a ZIP, and the yes or no to marketing of the widget's own control."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from gateway import data, schemas
from gateway.chat_api import PROBLEMS, Entered
from gateway.identity import bearer
from gateway.services import client_address, of
from gateway.threads import in_thread

router = APIRouter(prefix="/api/v1", tags=["own data"], responses=PROBLEMS)
ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}, "description": "data.json and photos/"}}


@router.get("/customers/me/data", response_class=StreamingResponse, responses=ZIP)
async def my_data(request: Request) -> StreamingResponse:
    """Everything the shop holds on the signed-in customer, as one ZIP. Send the identity of the shop's page as Authorization: Bearer."""
    services = of(request)
    services.rate.take("address", client_address(request))
    customer = services.identities.customer(bearer(request.headers.get("authorization")))
    services.rate.take("copy", customer)
    return _download(await data.copy_of_customer(services, customer), services.clock.now())


@router.get("/conversations/{conversation_id}/data", response_class=StreamingResponse, responses=ZIP)
async def talk_data(talk: Entered, request: Request) -> StreamingResponse:
    """Everything of this talk, as one ZIP: for a shopper without an account."""
    services = of(request)
    services.rate.take("copy", talk.id)
    return _download(await data.copy_of_talk(services, talk.id), services.clock.now())


@router.get("/conversations/{conversation_id}/marketing", response_model=schemas.Marketing)
async def read_marketing(talk: Entered, request: Request) -> dict[str, bool]:
    """Whether this shopper has said yes to marketing; false when nobody was asked."""
    services = of(request)
    word = await in_thread(services.conversations.consents.word, talk.customer_id, talk.id)
    return {"wanted": word == "given"}


@router.put("/conversations/{conversation_id}/marketing", response_model=schemas.Marketing)
async def set_marketing(talk: Entered, body: schemas.Marketing, request: Request) -> dict[str, bool]:
    """A yes or a no by a control of its own, which is not ticked before."""
    services = of(request)
    services.rate.take("message", talk.id)
    state: Literal["given", "refused"] = "given" if body.wanted else "refused"
    answer = "control: ticked" if body.wanted else "control: unticked"
    await in_thread(
        lambda: services.conversations.consents.set(state, customer_id=talk.customer_id, conversation_id=talk.id, answer=answer)
    )
    return {"wanted": body.wanted}


def _download(content: IO[bytes], now: datetime) -> StreamingResponse:
    def chunks() -> Iterator[bytes]:
        with content:
            while part := content.read(64 * 1024):
                yield part

    headers = {"Content-Disposition": f'attachment; filename="my-data-{now:%Y%m%d}.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(chunks(), media_type="application/zip", headers=headers)
