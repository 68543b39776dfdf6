"""The desk over HTTP: one talk with what stands beside it, taking and giving, answers, notes, suggestions.

Its boxes are in gateway/desk_boxes.py, live events come over ``WS /api/v1/staff/ws`` (gateway/desk_socket.py).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from gateway import desk_schemas as schemas
from gateway.desk import staff_message
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.talks import Talk, instant
from gateway.threads import in_thread
from shop.staff import TALKS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff", tags=["desk"])
Speaker = Annotated[Login, needs(TALKS)]
TalkId = Annotated[str, Path(max_length=64)]


@router.get("/talks/{talk_id}", response_model=schemas.ViewOut)
async def view(
    _: Speaker,
    talk_id: TalkId,
    request: Request,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, Any]:
    """A talk as staff see it: messages with their traces, the hand-over's summary, notes, what staff did, and how far it was read."""
    return await _view(of(request), await of(request).desk.talk(talk_id), before, limit)


async def _view(services: Services, talk: Talk, before: int | None = None, limit: int = 100) -> dict[str, Any]:
    customer, number = await in_thread(_people, services, talk)
    return {**await services.talk_desk.view(talk, before, limit), "staff": number, "customer": customer}


def _people(services: Services, talk: Talk) -> tuple[str | None, str | None]:
    """The shopper's name, and the number of the agent who has the talk."""
    customer = services.shop.customer(talk.customer_id) if talk.customer_id else None
    return customer.name if customer is not None else None, services.turns.about.number(talk)


@router.post("/talks/{talk_id}/take", response_model=schemas.ViewOut)
async def take(login: Speaker, talk_id: TalkId, request: Request) -> dict[str, Any]:
    """Take a talk: the bot is silent from now on. 409 when a colleague has it (leads may step in)."""
    services = of(request)
    talk = await services.desk.take(login.member, await services.desk.talk(talk_id))
    return await _view(services, talk)


@router.post("/talks/{talk_id}/give", response_model=schemas.ViewOut)
async def give(login: Speaker, talk_id: TalkId, body: schemas.Give, request: Request) -> dict[str, Any]:
    """Give a talk back to the bot or the queue, pass it to a colleague, or close it."""
    services = of(request)
    talk = await services.desk.give(login.member, await services.desk.talk(talk_id), body.to, body.note)
    return await _view(services, talk)


@router.post("/talks/{talk_id}/messages", status_code=201, response_model=schemas.SentOut)
async def say(login: Speaker, talk_id: TalkId, body: schemas.NewAnswer, request: Request) -> dict[str, Any]:
    """Send an agent's words; a re-sent ``client_id`` returns the first. 422 with ``findings`` when the words want a second look."""
    services = of(request)
    message, outcome = await services.desk.say(
        login,
        await services.desk.talk(talk_id),
        str(body.client_id),
        body.text,
        use=body.use,
        place=body.place,
        confirmed=body.confirmed,
        scripts=body.scripts,
        picture=body.picture,
        files=tuple(dict.fromkeys(body.attachment_ids)),
    )
    if body.scripts:
        await in_thread(services.library.sent, login.member.id, talk_id, message.id, message.text or "", body.scripts)
    return {"message": staff_message(message), "outcome": outcome}


@router.post("/talks/{talk_id}/suggestions", response_model=schemas.OfferOut)
async def suggest(login: Speaker, talk_id: TalkId, body: schemas.Ask, request: Request) -> dict[str, Any]:
    """One to four filled-in replies to a message of the shopper's, each with script, decision row, source and confidence."""
    services = of(request)
    talk = await services.desk.talk(talk_id)
    offer, use = await services.desk.suggest(login.member, talk, body.message_id, body.most)
    return {
        "mood": await in_thread(services.desk.drafts.mood, talk, offer.message_id),
        "message_id": offer.message_id,
        "use": use,
        "reason": offer.reason,
        "took_ms": offer.took_ms,
        "suggestions": list(offer.suggestions),
    }


@router.post("/talks/{talk_id}/notes", status_code=201)
async def note(login: Speaker, talk_id: TalkId, body: schemas.NewNote, request: Request) -> dict[str, Any]:
    """An internal note, which no shopper sees."""
    services = of(request)
    kept = await services.desk.note(login.member, await services.desk.talk(talk_id), body.text)
    return {"id": kept.id, "staff": kept.staff_id, "text": kept.text, "at": instant(kept.at)}
