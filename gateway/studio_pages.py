"""The pages of the studio: which there are, and for whom. Their shell, their log-in and their refusals are the desk's."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.desk_pages import FOLDER as DESK
from gateway.desk_pages import Page, filled, served
from shop.staff import LEADS, TRAINERS, Role

router = APIRouter(include_in_schema=False)
FOLDER = Path(__file__).resolve().parent / "static" / "studio"

# In the order of the navigation: the morning, what shoppers said, what the bot knows and says, what decides, then how it goes live.
PAGES: tuple[Page, ...] = (
    Page("/studio", TRAINERS),
    Page("/studio/inbox", TRAINERS),
    Page("/studio/intents", TRAINERS),
    Page("/studio/responses", TRAINERS),
    Page("/studio/stories", TRAINERS),
    Page("/studio/tables", TRAINERS),
    Page("/studio/try", TRAINERS),
    Page("/studio/checks", TRAINERS),
    Page("/studio/models", TRAINERS, ("checks",)),
    Page("/studio/changes", TRAINERS),
    Page("/studio/figures", TRAINERS, ("../desk/figures",)),
    Page("/studio/week", LEADS, ("morning",)),
)


def module_of(page: Page) -> str:
    """The name of the page's module, style sheet and ``data-page``."""
    return "morning" if page.path == "/studio" else page.name


def pages_of(role: Role) -> list[str]:
    """Paths of the pages that a role may open, in the order of the navigation."""
    return [page.path for page in PAGES if role in page.roles]


@router.get("/studio")
@router.get("/studio/{name}")
async def studio_page(request: Request, name: str = "") -> Response:
    """A page of the studio: 303 to the log-in, 403 with a page that says why, 404 for a page that is none."""
    return await served(request, f"/studio/{name}" if name else "/studio", PAGES, html)


def html(page: Page) -> str:
    """The page's HTML: the common shell with the studio's style sheet, the page's own (when it has one), and its module."""
    name = module_of(page)
    own = [name] if (FOLDER / f"{name}.css").is_file() else []
    sheets = "\n".join(f'<link rel="stylesheet" href="/static/studio/{one}.css">' for one in ("studio", *page.styles, *own))
    return filled((DESK / "shell.html").read_text("utf-8"), "studio", name, sheets)
