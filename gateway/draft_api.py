"""Drafts over HTTP: what the wording check says of one, with better words, and one answer in other tones. Asking writes nothing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request

from gateway import draft_schemas as schemas
from gateway.problems import Problem
from gateway.script_texts import gaps
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.talks import Talk
from gateway.threads import in_thread
from shop.staff import TALKS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff", tags=["desk"])
Speaker = Annotated[Login, needs(TALKS)]


@router.post("/wording", response_model=schemas.FindingsOut)
async def wording(_: Speaker, body: schemas.Words, request: Request) -> dict[str, Any]:
    """What the wording check says of a draft: 禁语, tricks, promises that no rule covers, each with better words where there are some.

    With ``talk``, what was offered there covers what it says, and better words are filled in from the talk's order. Spans are in
    characters (code points). ``gaps`` are values still missing: such a draft cannot be sent.
    """
    services = of(request)
    talk = None if body.talk is None else await services.desk.talk(body.talk)
    return await in_thread(_findings, services, body, talk)


def _findings(services: Services, body: schemas.Words, talk: Talk | None) -> dict[str, Any]:
    drafts = services.desk.drafts
    found = drafts.findings(body.text, talk, profile=body.profile)
    return {"findings": drafts.told(body.text, found, talk), "gaps": gaps(body.text)}


@router.post("/suggestions/alternatives", response_model=schemas.AlternativesOut)
async def alternatives(_: Speaker, body: schemas.Answer, request: Request) -> dict[str, Any]:
    """The same answer in other tones: calming (for a shopper who is upset), 您, and 亲 where the shop wants it before buying."""
    if not body.text.strip():
        raise Problem(422, "length", "There is no answer to be said in another tone: send its words as `text`.")
    services = of(request)
    talk = None if body.talk is None else await services.desk.talk(body.talk)
    found = await in_thread(lambda: services.desk.drafts.alternatives(body.text, talk, body.message_id, body.response))
    return {
        "mood": found.mood,
        "qin": found.qin,
        "alternatives": [{"tone": tone, "text": text} for tone, text in found.found],
    }
