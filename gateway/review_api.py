"""Quality reviews over HTTP: leads draw a sample, fill in the form and see the score; agents read their own and answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.problems import Problem
from gateway.sampling import Focus, Part
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.talks import instant
from gateway.threads import counting, in_thread
from policy.review_form import Criterion, InvalidMarks, form, score
from shop.reviews import LONGEST, Review, ReviewChanged, ReviewedAlready, UnknownReview
from shop.staff import LEADS, TALKS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff/reviews", tags=["reviews"])
Lead = Annotated[Login, needs(LEADS)]
Speaker = Annotated[Login, needs(TALKS)]
ReviewId = Annotated[str, Path(max_length=64)]
Text = Annotated[str, Field(max_length=LONGEST)]
MEASURED = ("talk_id", "staff_id", "answers", "helped", "first_reply", "longest", "rating", "overruled")


class Marks(BaseModel):
    """A filled-in form: ``marks`` criterion → 2 done, 1 partly, 0 not done, null did not apply."""

    model_config = ConfigDict(extra="forbid")
    marks: Annotated[dict[str, Annotated[int, Field(strict=True)] | None], Field(max_length=50)]
    faults: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=20)] = []
    comment: Text | None = None


class NewReview(Marks):
    """A review of a member's part in a talk."""

    talk_id: Annotated[str, Field(max_length=64)]
    staff_id: Annotated[str, Field(max_length=64)]


class Correction(Marks):
    """A review corrected; ``version``: of the one that was read."""

    version: int


class Reply(BaseModel):
    """What the member says to a review; who objects says why."""

    model_config = ConfigDict(extra="forbid")
    version: int
    agrees: bool
    answer: Text | None = None


class ReviewsOut(BaseModel):
    """Reviews, newest first, with the members they name."""

    reviews: list[dict[str, Any]]
    members: list[dict[str, str]]


def _line(one: Criterion) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "ask": one.ask, "points": one.points, "source": one.source}


def review_out(one: Review) -> dict[str, Any]:
    """A review as the API says it."""
    return {
        "id": one.id,
        "talk_id": one.talk_id,
        "staff_id": one.staff_id,
        "reviewer_id": one.reviewer_id,
        "marks": dict(one.marks),
        "faults": list(one.faults),
        "score": one.score,
        "comment": one.comment,
        "agrees": one.agrees,
        "answer": one.answer,
        "answered_at": instant(one.answered_at),
        "version": one.version,
        "at": instant(one.at),
    }


def _part(one: Part) -> dict[str, Any]:
    told = {
        name: getattr(one, name) for name in ("talk_id", "staff_id", "answers", "helped", "first_reply", "longest", "rating", "overruled")
    }
    return {**told, "begun": instant(one.begun), "ended": instant(one.ended)}


def _members(services: Services) -> list[dict[str, str]]:
    return [{"id": one.id, "number": one.number, "name": one.name} for one in services.staff.all()]


def _tell(services: Services, review: Review, staff_id: str) -> None:
    """Let a desk know that there is something to read for a member: who, and nothing of what."""
    if review.talk_id is not None:
        services.hub.publish_to_staff(review.talk_id, {"type": "review", "staff": staff_id})


async def _log(services: Services, login: Login, kind: str, review: Review, payload: dict[str, Any]) -> None:
    await in_thread(
        lambda: services.deeds.log(login.member.id, kind, conversation_id=review.talk_id, ref=review.id, payload=payload),
    )


def _scored(body: Marks) -> dict[str, Any]:
    faults = list(dict.fromkeys(body.faults))
    try:
        reached = score(body.marks, faults)
    except InvalidMarks as error:
        raise Problem(422, "marks", str(error)) from None
    return {"marks": body.marks, "faults": faults, "score": reached, "comment": (body.comment or "").strip() or None}


@router.get("/form")
async def the_form(_: Speaker) -> dict[str, Any]:
    """The criteria with their points (100 in all), and the faults that fail a talk."""
    return {"criteria": [_line(one) for one in form().criteria], "faults": [_line(one) for one in form().faults]}


@router.get("/sample")
async def sample(
    _: Lead,
    request: Request,
    days: Annotated[int, Query(ge=1, le=31)] = 7,
    each: Annotated[int, Query(ge=1, le=20)] = 3,
    focus: Focus = "any",
    staff: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:
    """Talks to look at, so many of each member, none that has its review; the same ones all day."""
    services = of(request)

    def draw() -> dict[str, Any]:
        found = services.sampling.draw(days=days, each=each, focus=focus, without=services.reviews.reviewed(), staff_id=staff or None)
        return {"sample": [_part(one) for one in found], "members": _members(services)}

    return await counting(draw)


@router.get("/talks/{talk_id}")
async def talk_facts(_: Lead, talk_id: Annotated[str, Path(max_length=64)], request: Request) -> dict[str, Any]:
    """What can be measured of a talk before it is read: each member's part, and what the wording check says of their words."""
    services = of(request)
    await services.desk.talk(talk_id)

    def read() -> dict[str, Any]:
        parts = services.sampling.parts(talk_id)
        return {"parts": [{**_part(one), "findings": services.sampling.findings(talk_id, one.staff_id)} for one in parts]}

    return await in_thread(read)


@router.get("", response_model=ReviewsOut)
async def reviews(
    login: Speaker,
    request: Request,
    staff: Annotated[str | None, Query(max_length=64)] = None,
    days: Annotated[int, Query(ge=1, le=366)] = 92,
) -> dict[str, Any]:
    """Reviews: an agent's own; a lead's choice of member, or everybody's."""
    services = of(request)
    whose = (staff or None) if login.member.role in LEADS else login.member.id
    since = services.clock.now() - timedelta(days=days)
    found = await in_thread(lambda: services.reviews.all(staff_id=whose, since=since))
    return {"reviews": [review_out(one) for one in found], "members": await in_thread(_members, services)}


@router.post("", status_code=201)
async def add(login: Lead, body: NewReview, request: Request) -> dict[str, Any]:
    """Review a member's part in a talk; they are told. 409 when it has its review, 422 for a form filled in wrongly or one's own talk."""
    services = of(request)
    await services.desk.talk(body.talk_id)
    if body.staff_id == login.member.id:
        raise Problem(422, "own-talk", "Nobody reviews their own talk.")
    if body.staff_id not in {one.staff_id for one in await in_thread(services.sampling.parts, body.talk_id)}:
        raise Problem(422, "no-part", "This member said nothing in that talk.")
    values = _scored(body)
    try:
        made = await in_thread(lambda: services.reviews.add(body.talk_id, body.staff_id, login.member.id, **values))
    except ReviewedAlready as error:
        raise Problem(409, "reviewed", "This member's part in the talk has its review.", review=error.review) from None
    payload = {"score": made.score, "staff": made.staff_id}
    await _log(services, login, "review", made, payload)
    _tell(services, made, made.staff_id)
    return review_out(made)


async def _get(services: Services, review_id: str) -> Review:
    try:
        return await in_thread(services.reviews.get, review_id)
    except UnknownReview:
        raise Problem(404, "not-found", "There is no such review.") from None


@router.put("/{review_id}")
async def correct(login: Lead, review_id: ReviewId, body: Correction, request: Request) -> dict[str, Any]:
    """Correct a review; the score before is in the log, and the member is asked again. 409 when somebody was faster."""
    services = of(request)
    before = await _get(services, review_id)
    if before.staff_id == login.member.id:
        raise Problem(422, "own-talk", "Nobody reviews their own talk.")
    values = _scored(body)
    try:
        made = await in_thread(lambda: services.reviews.change(review_id, body.version, **values))
    except ReviewChanged:
        raise Problem(409, "review-changed", "The review was changed or answered meanwhile; read it again.") from None
    payload = {"before": before.score, "score": made.score}
    await in_thread(
        lambda: services.deeds.log(login.member.id, "review_change", conversation_id=made.talk_id, ref=made.id, payload=payload)
    )
    _tell(services, made, made.staff_id)
    return review_out(made)


@router.post("/{review_id}/answer")
async def answer(login: Speaker, review_id: ReviewId, body: Reply, request: Request) -> dict[str, Any]:
    """The member's own word: agreed, or objected with a reason. 403 for another's review, 409 when it was changed meanwhile."""
    services = of(request)
    review = await _get(services, review_id)
    if review.staff_id != login.member.id:
        raise Problem(403, "role", "Only the member who was reviewed answers.")
    said = (body.answer or "").strip() or None
    if not body.agrees and said is None:
        raise Problem(422, "answer", "Whoever objects says why.")
    try:
        made = await in_thread(lambda: services.reviews.answer(review_id, body.version, agrees=body.agrees, answer=said))
    except ReviewChanged:
        raise Problem(409, "review-changed", "The review was changed meanwhile; read it again.") from None
    payload = {"agrees": made.agrees}
    await in_thread(
        lambda: services.deeds.log(login.member.id, "review_answer", conversation_id=made.talk_id, ref=made.id, payload=payload)
    )
    _tell(services, made, made.reviewer_id)
    return review_out(made)
