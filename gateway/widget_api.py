"""What a shop's window needs to know of its shop before anybody speaks: name, hours of people, privacy line, colour."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from gateway import schemas
from gateway.chat_api import PROBLEMS
from gateway.problems import Problem
from gateway.services import Services, client_address, of
from gateway.threads import in_thread
from policy.parameters import load_parameters
from shop.hours import is_open, opening_after

router = APIRouter(prefix="/api/v1/shops", tags=["shop"], responses={status: PROBLEMS[status] for status in (404, 429)})
pages = APIRouter(include_in_schema=False)
PAGE = Path(__file__).resolve().parent / "static" / "chat" / "index.html"
THIS = "-"


@pages.get("/chat")
async def chat_page() -> FileResponse:
    """The chat as a page of its own; only the shop's origins may show it in a frame."""
    return FileResponse(PAGE, headers={"Cache-Control": "no-cache"})


@router.get("/{shop_id}/widget", response_model=schemas.WidgetOut)
async def widget(shop_id: Annotated[str, InPath(max_length=64)], request: Request) -> schemas.WidgetOut:
    """The shop's own part of the window; asked for when a shopper opens it, never before. ``-`` stands for the shop served here."""
    services = of(request)
    services.rate.take("address", client_address(request))
    if shop_id not in (services.settings.shop_id, THIS):
        raise Problem(404, "not-found", "There is no such shop here.")
    return await in_thread(_read, services)


def _read(services: Services) -> schemas.WidgetOut:
    shop, now = services.shop.shop(), services.clock.now()
    own = load_parameters(services.shop.parameters(), now)
    there = is_open(shop.opening_hours, now)
    return schemas.WidgetOut(
        shop=shop.shop_id,
        name=shop.name,
        people=schemas.PeopleOut(open=there, hours=shop.opening_hours, opens_at=None if there else opening_after(shop.opening_hours, now)),
        privacy=schemas.PrivacyOut(
            text=_text(own.get("widget_privacy_text")),
            link=_text(own.get("widget_privacy_link")),
            ask=own.get("widget_consent") == "ask",
        ),
        color=_text(own.get("widget_color")),
    )


def _text(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None
