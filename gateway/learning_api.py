"""The trainers' inbox over HTTP: suggestions that agents edited or ignored, masked (gateway/lessons.py), and what was made of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict

from gateway.lessons import DAYS
from gateway.problems import Problem
from gateway.services import of
from gateway.staff_access import needs
from gateway.threads import in_thread
from shop.staff import TRAINERS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff", tags=["learning"])
Trainer = Annotated[Login, needs(TRAINERS)]


class LessonsOut(BaseModel):
    """Lessons, newest first; every text in them is masked."""

    lessons: list[dict[str, Any]]


class Judgement(BaseModel):
    """What was made of a lesson: used for the examples or scripts, dismissed, or null to look at it again."""

    model_config = ConfigDict(extra="forbid")
    verdict: Literal["used", "dismissed"] | None


@router.get("/lessons", response_model=LessonsOut)
async def lessons(
    _: Trainer,
    request: Request,
    outcome: Literal["edited", "ignored"] | None = None,
    intent: Annotated[str | None, Query(max_length=64)] = None,
    verdict: Literal["open", "used", "dismissed"] = "open",
    days: Annotated[int, Query(ge=1, le=365)] = DAYS,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> dict[str, Any]:
    """Suggestions that were edited or ignored, with the shopper's words and what was sent in the end."""
    found = await in_thread(
        lambda: of(request).lessons.items(days=days, outcome=outcome, intent=intent, verdict=verdict, limit=limit),
    )
    return {"lessons": [asdict(one) for one in found]}


@router.post("/lessons/{lesson_id}", status_code=204)
async def judge(login: Trainer, lesson_id: Annotated[str, Path(max_length=64)], body: Judgement, request: Request) -> None:
    """Say what was made of a lesson; it leaves the inbox."""
    services = of(request)
    if not await in_thread(services.lessons.judge, lesson_id, body.verdict, login.member.id):
        raise Problem(404, "not-found", "There is no such lesson.")
    await in_thread(lambda: services.deeds.log(login.member.id, "lesson", ref=lesson_id, payload={"verdict": body.verdict}))
