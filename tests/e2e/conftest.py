"""One browser and one gateway with a told engine for the session; a profile of its own for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import update

from shop.db import writing
from shop.models import Conversation
from tests.e2e.browser import ARGUMENTS, chromium
from tests.e2e.shell import Shell, running
from tests.gateway.support import FakeEngine

Open = Callable[..., Page]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 780}
# What is expected comes in a moment; on a machine where everything else runs too, in some more.
expect.set_options(timeout=20_000)
PATIENCE = 30_000


@pytest.fixture(scope="session")
def shell_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with running(tmp_path_factory.mktemp("shell")) as started:
        yield started


@pytest.fixture
def shell(shell_of_session: Shell) -> Iterator[Shell]:
    """The running gateway; its engine says again what it says by itself after the test."""
    usual = FakeEngine().answer
    shell_of_session.engine.turns.clear()
    # Nobody of an earlier test still waits: places in the queue are counted from the first.
    with writing(shell_of_session.services.database) as session:
        session.execute(update(Conversation).where(Conversation.owner != "closed").values(owner="closed"))
    yield shell_of_session
    shell_of_session.engine.answer = usual


# A module long: playwright's synchronous driver keeps the thread's event loop, which other folders' tests need.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def visit(shell: Shell, browser: Browser) -> Iterator[Open]:
    """Opens a page in a new profile (``phone=True`` for a phone); errors and requests to anywhere else fail the test."""
    complaints: list[str] = []
    contexts = []
    ours = (shell.address, shell.shop_address, "blob:", "data:", shell.address.replace("http", "ws"))

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("console", lambda line: complaints.append(line.text) if "Security Policy" in line.text or "Refused" in line.text else None)
        page.on("request", lambda request: None if request.url.startswith(ours) else complaints.append(f"outside: {request.url}"))
        page.on("websocket", lambda socket: None if socket.url.startswith(ours) else complaints.append(f"outside: {socket.url}"))

    def opened(address: str | None = None, *, phone: bool = False, **context: Any) -> Page:
        size = {"viewport": PHONE, "is_mobile": True, "has_touch": True} if phone else {"viewport": DESKTOP}
        profile = browser.new_context(**{"locale": "zh-CN", **size, **context})
        contexts.append(profile)
        profile.on("page", watch)
        page = profile.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address or shell.address)
        return page

    opened.complaints = complaints  # type: ignore[attr-defined]
    yield opened
    for profile in contexts:
        profile.close()
    assert complaints == []
