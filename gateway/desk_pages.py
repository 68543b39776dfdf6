"""The pages of the desk: which file, for which roles. Whoever is not logged in is sent to /login, another role reads that it may not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.responses import Response

from gateway.services import of
from gateway.staff_access import login_of
from gateway.threads import in_thread
from shop.staff import LEADS, ROLES, TALKS, TRAINERS, Role

router = APIRouter(include_in_schema=False)
FOLDER = Path(__file__).resolve().parent / "static" / "desk"
# A page is looked at again at every load: a new version is never met by an old half of it.
FRESH = {"Cache-Control": "no-cache"}


@dataclass(frozen=True)
class Page:
    """A page of the desk: its ``path``, the ``roles`` that may open it, and its ``file`` in static/desk.

    Most are the common shell.html with the module and the style sheet of the page's name, and the style sheets of ``styles`` before it.
    """

    path: str
    roles: tuple[Role, ...]
    styles: tuple[str, ...] = ()
    file: str = "shell.html"

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


# In the order of the navigation. A trainer sees no talk and so none of the pages that show any (shop/personal_data.yml).
PAGES: tuple[Page, ...] = (
    Page("/desk", TALKS, file="desk.html"),
    Page("/desk/scripts", ROLES, file="scripts.html"),
    Page("/desk/approvals", TALKS, ("side",)),
    Page("/desk/figures", ROLES),
    Page("/desk/modes", TRAINERS),
    Page("/desk/review", TALKS, ("reading",)),
    Page("/desk/watch", LEADS, ("reading",)),
    Page("/desk/staff", LEADS, file="staff.html"),
    Page("/desk/companion", TALKS),
)


def pages_of(role: Role) -> list[str]:
    """Paths of the pages that a role may open, in the order of the navigation."""
    return [page.path for page in PAGES if role in page.roles]


@router.get("/login")
async def log_in_page() -> Response:
    """The log-in, and the change of a one-time password."""
    return FileResponse(FOLDER / "login.html", headers=FRESH)


@router.get("/desk")
@router.get("/desk/{name}")
async def desk_page(request: Request, name: str = "") -> Response:
    """A page of the desk: 303 to the log-in, 403 with a page that says why, 404 for a page that is none."""
    return await served(request, f"/desk/{name}" if name else "/desk", PAGES, html)


async def served(request: Request, path: str, pages: Sequence[Page], draw: Callable[[Page], str]) -> Response:
    """The page of ``pages`` at ``path`` as ``draw`` makes it, the way to the log-in, or why not: 303, 403, 404."""
    page = next((one for one in pages if one.path == path), None)
    login = await login_of(request, of(request))
    if login is None or login.member.must_change:
        wanted = path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='/')}", 303, FRESH)
    if page is None:
        return FileResponse(FOLDER / "missing.html", 404, FRESH)
    if login.member.role not in page.roles:
        return FileResponse(FOLDER / "forbidden.html", 403, FRESH)
    return HTMLResponse(await in_thread(draw, page), headers=FRESH)


def html(page: Page) -> str:
    """The page's HTML; its own parts are filled into the shell where it has them."""
    sheets = "\n".join(f'<link rel="stylesheet" href="/static/desk/{name}.css">' for name in (*page.styles, page.name))
    whole = (FOLDER / page.file).read_text("utf-8")
    return filled(whole, "desk", page.name, sheets)


def filled(shell: str, area: str, name: str, sheets: str) -> str:
    """A shell with its style sheets, and the module ``name`` of static/``area``."""
    return shell.replace("{styles}", sheets).replace("{area}", area).replace("{name}", name)
