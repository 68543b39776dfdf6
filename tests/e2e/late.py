"""Answers that come late: the first call that fits is answered by the server at once and reaches the page only when a test lets it."""

from __future__ import annotations

import re
from types import TracebackType

from playwright.sync_api import APIResponse, Page, Route


class Late:
    """``with Late(page, "/reviews/sample") as late``: the first ``keep`` such calls are held back; ``come()`` lets the oldest through.

    ``asked`` counts all of them. ``fails``: what is held back becomes a failure (500).
    """

    def __init__(self, page: Page, address: str, *, method: str = "GET", keep: int = 1, fails: bool = False) -> None:
        self.page, self.method, self.fails = page, method, fails
        self.asked = 0
        self._keep = keep
        self._address = re.compile(address)
        self._held: list[tuple[Route, APIResponse]] = []

    def __enter__(self) -> Late:
        self.page.route(self._address, self._met)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        while self._held:
            self.come()
        self.page.unroute(self._address, self._met)

    def _met(self, route: Route) -> None:
        if route.request.method != self.method:
            route.fallback()
            return
        self.asked += 1
        if self.asked <= self._keep:
            self._held.append((route, route.fetch()))
        else:
            route.fallback()

    def wait(self, asked: int = 1) -> None:
        """Until so many were asked, and those that are held back are answered by the server."""
        for _ in range(400):
            if self.asked >= asked and len(self._held) >= min(asked, self._keep):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"{self._address.pattern} was asked {self.asked} times, not {asked}")

    def come(self) -> None:
        """The oldest that is held back reaches the page, and the page has done with it what it does."""
        route, answer = self._held.pop(0)
        with self.page.expect_event("requestfinished", lambda request: request == route.request):
            if self.fails:
                route.fulfill(status=500, json={"type": "urn:xiaoer:problem:internal", "title": "late"})
            else:
                route.fulfill(response=answer)
        self.page.wait_for_timeout(150)
