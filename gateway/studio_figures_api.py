"""The studio's figures over HTTP: what shoppers ask and what becomes of it, the owner's week, the trainer's morning.

Trainers read masked words and no talk's id; supervisors and administrators are led to the talk itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from gateway import asked_table
from gateway.asked import MOST_LINES, AskedDay, Kind, added
from gateway.morning import texts
from gateway.owner_week import monday
from gateway.problems import Problem
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.threads import counting
from policy.intent_names import name_of
from shop.staff import LEADS, TALKS, TRAINERS
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff/studio", tags=["studio figures"])
Trainer = Annotated[Login, needs(TRAINERS)]
Owner = Annotated[Login, needs(LEADS)]
DAYS = 14
FIRST, LAST = date(2000, 1, 1), date(2999, 12, 31)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Day_ = Annotated[date | None, Query(description="YYYY-MM-DD, Asia/Shanghai")]
Format = Literal["csv", "xlsx"]


class AskedOut(BaseModel):
    """Figures of a period: ``whole`` of it and of as many days ``before`` it, by day, and by intent with its days."""

    since: str
    until: str
    today: str
    whole: dict[str, int]
    before: dict[str, int]
    days: list[dict[str, Any]]
    intents: list[dict[str, Any]]
    reasons: list[dict[str, Any]]


class LinesOut(BaseModel):
    """Messages behind a number, newest first, masked; ``talk`` only for those who may open talks."""

    lines: list[dict[str, Any]]
    most: int


@dataclass(frozen=True)
class Period:
    """Days of the shop, both included."""

    since: date
    until: date


def _period(services: Services, since: date | None, until: date | None) -> Period:
    last = until or services.clock.today()
    first = since or last - timedelta(days=DAYS - 1)
    if not FIRST <= first <= last <= LAST:
        raise Problem(422, "period", f"{first} – {last}: days from {FIRST} to {LAST} are counted.")
    return Period(first, last)


async def _days(services: Services, period: Period) -> list[tuple[date, AskedDay]]:
    try:
        return await counting(services.asked.days, period.since, period.until)
    except ValueError as error:
        raise Problem(422, "period", f"{error}.") from None


@router.get("/figures", response_model=AskedOut)
async def figures(_: Trainer, request: Request, since: Day_ = None, until: Day_ = None) -> dict[str, Any]:
    """What shoppers ask, is understood, handed over, solved and rated, with trends by intent."""
    services = of(request)
    period = _period(services, since, until)
    days = await _days(services, period)
    length = (period.until - period.since).days + 1
    earlier = await _days(services, Period(period.since - timedelta(days=length), period.since - timedelta(days=1)))
    whole = added(day for _, day in days)
    return {
        "since": period.since.isoformat(),
        "until": period.until.isoformat(),
        "today": services.clock.today().isoformat(),
        "whole": asked_table.whole(whole),
        "before": asked_table.whole(added(day for _, day in earlier)),
        "days": asked_table.by_day(days),
        "intents": asked_table.by_intent(days),
        "reasons": asked_table.reasons(whole),
    }


@router.get("/figures/lines", response_model=LinesOut)
async def lines(
    login: Trainer,
    request: Request,
    kind: Kind,
    since: Day_ = None,
    until: Day_ = None,
    intent: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:
    """The shoppers' messages behind a number."""
    services = of(request)
    period = _period(services, since, until)

    def read() -> list[dict[str, Any]]:
        found = services.asked.lines(period.since, period.until, kind, intent)
        words = texts(services.database, services.settings.shop_id, [(line.talk, line.seq) for line in found])
        talks = login.member.role in TALKS
        return [
            {
                "text": words.get((line.talk, line.seq), ""),
                "at": line.at.isoformat(),
                "intent": line.intent,
                "name": name_of(line.intent) if line.intent else None,
                "hand_over": line.hand_over,
                "talk": line.talk if talks else None,
            }
            for line in found
        ]

    try:
        return {"lines": await counting(read), "most": MOST_LINES}
    except ValueError as error:
        raise Problem(422, "period", f"{error}.") from None


@router.get("/figures/export")
async def export(_: Trainer, request: Request, format: Format, since: Day_ = None, until: Day_ = None) -> Response:
    """The figures as a file for a spreadsheet."""
    services = of(request)
    period = _period(services, since, until)
    days = await _days(services, period)
    return _file(asked_table.sheets(days), f"asked-{period.since}-{period.until}", format)


@router.get("/week")
async def week(login: Trainer, request: Request, day: Day_ = None) -> dict[str, Any]:
    """The owner's week; who of the staff gave what is for supervisors and administrators, others read bot and people."""
    services = of(request)
    if day is not None and not FIRST <= day <= LAST:
        raise Problem(422, "period", f"{day}: weeks from {FIRST} to {LAST} are counted.")
    by_name = login.member.role in LEADS
    found = await counting(lambda: services.owner_week.week(day, by_name=by_name))
    members = await counting(services.staff.all) if by_name else []
    return {**found, "members": {one.id: f"{one.number} {one.name}" for one in members}}


@router.get("/week/export")
async def week_export(_: Owner, request: Request, format: Format, day: Day_ = None) -> Response:
    """Everything that was given in the week, line by line with its effect, to be added up by anybody."""
    services = of(request)
    first = monday(day or services.clock.today())
    if not FIRST <= first <= LAST:
        raise Problem(422, "period", f"{first}: weeks from {FIRST} to {LAST} are counted.")
    given = await counting(services.owner_week.given, first, first + timedelta(days=6))
    return _file([asked_table.money_sheet(given)], f"given-{first}", format)


@router.get("/morning")
async def morning(login: Trainer, request: Request, day: Day_ = None) -> dict[str, Any]:
    """The trainer's morning."""
    services = of(request)
    found: dict[str, Any] = await counting(services.morning.of, day)
    if login.member.role not in TALKS:
        found["ratings"] = [{**one, "talk": None} for one in found["ratings"]]
    return found


def _file(sheets: Sequence[asked_table.Sheet], name: str, format: Format) -> Response:
    content = asked_table.as_csv(sheets) if format == "csv" else asked_table.as_xlsx(sheets)
    headers = {"Content-Disposition": f'attachment; filename="xiaoer-{name}.{format}"', "Cache-Control": "no-store"}
    return Response(content, media_type="text/csv; charset=utf-8" if format == "csv" else XLSX, headers=headers)
