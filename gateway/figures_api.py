"""The desk's figures over HTTP: agents see their own, leads everybody's, trainers what concerns suggestions and nobody in person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from gateway.figures import Day, measures, of_uses, of_work, summed
from gateway.figures_table import COLUMNS, Table, as_csv, as_xlsx, tables
from gateway.problems import Problem
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.threads import counting
from shop.staff import LEADS, ROLES
from shop.staff_sessions import Login

router = APIRouter(prefix="/api/v1/staff", tags=["figures"])
Anybody = Annotated[Login, needs(ROLES)]
DAYS = 7
FIRST, LAST = date(2000, 1, 1), date(2999, 12, 31)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Day_ = Annotated[date | None, Query(description="YYYY-MM-DD, Asia/Shanghai")]


class FiguresOut(BaseModel):
    """Figures of a period. ``before``: the totals of as many days before it; ``columns``: name → title and kind."""

    since: str
    until: str
    today: str
    columns: dict[str, dict[str, str]]
    total: dict[str, Any]
    before: dict[str, Any]
    tables: dict[str, dict[str, Any]]
    members: list[dict[str, str]]


def _period(services: Services, since: date | None, until: date | None) -> tuple[date, date]:
    last = until or services.clock.today()
    first = since or last - timedelta(days=DAYS - 1)
    if not (first >= FIRST and last <= LAST):
        raise Problem(422, "period", f"{first} – {last}: days from {FIRST} to {LAST} are counted.")
    return first, last


def _whose(login: Login, staff: str | None) -> str | None:
    """Agents see their own figures only."""
    return staff or None if login.member.role in LEADS else login.member.id if login.member.role == "agent" else None


def _counted[T](count: Callable[[], T]) -> T:
    try:
        return count()
    except ValueError as error:
        raise Problem(422, "period", str(error)) from None


def _tables(services: Services, login: Login, days: list[tuple[date, Day]], staff: str | None) -> list[Table]:
    members = {one.id: (one.number, one.name) for one in services.staff.all()}
    return tables(days, members, _whose(login, staff), people=login.member.role != "trainer")


@router.get("/figures", response_model=FiguresOut)
async def figures(login: Anybody, request: Request, since: Day_ = None, until: Day_ = None, staff: str | None = None) -> dict[str, Any]:
    """Acceptance, coverage, times to reply, solve rate and satisfaction: in all, by day, member, script and intent (at most 92 days)."""
    services = of(request)
    first, last = _period(services, since, until)

    def read() -> dict[str, Any]:
        days, before = _counted(lambda: services.figures.with_before(first, last))
        found, whose = _tables(services, login, days, staff), _whose(login, staff)
        now, earlier = [day for _, day in days], [day for _, day in before]
        people = login.member.role in LEADS
        return {
            "since": first.isoformat(),
            "until": last.isoformat(),
            "today": services.clock.today().isoformat(),
            "columns": {name: {"title": title, "kind": kind} for name, (title, kind) in COLUMNS.items()},
            "total": measures(summed([*of_work(now, whose), *of_uses(now, whose)])),
            "before": measures(summed([*of_work(earlier, whose), *of_uses(earlier, whose)])),
            "tables": {table.name: table.out() for table in found},
            "members": [{"id": one.id, "number": one.number, "name": one.name} for one in services.staff.all()] if people else [],
        }

    return await counting(read)


@router.get("/figures/export")
async def export(
    login: Anybody,
    request: Request,
    since: Day_ = None,
    until: Day_ = None,
    staff: str | None = None,
    table: Literal["all", "days", "agents", "scripts", "intents"] = "all",
    kind: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "xlsx",
) -> Response:
    """The same as a file."""
    services = of(request)
    first, last = _period(services, since, until)

    def made() -> bytes:
        found = _tables(services, login, _counted(lambda: services.figures.days(first, last)), staff)
        wanted = [one for one in found if table in ("all", one.name)]
        if not wanted:
            raise Problem(403, "role", f"The role {login.member.role} has no such table.")
        return as_csv(wanted) if kind == "csv" else as_xlsx(wanted)

    content = await counting(made)
    headers = {"Content-Disposition": f'attachment; filename="xiaoer-figures-{first}-{last}.{kind}"'}
    return Response(content, media_type="text/csv; charset=utf-8" if kind == "csv" else XLSX, headers=headers)
