"""The shoppers' browser: pages with frames, each frame a tab with one TalkClient; and pages with the whole widget."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Frame, Page, Route
from playwright.async_api import Error as BrowserError

ROOT = Path(__file__).resolve().parents[1]
WIDGET = ROOT / "gateway" / "static" / "widget"
# Frames of many hosts stay in their page's process, and nobody is slowed down for being out of sight.
ARGUMENTS = [
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]
LOAD_SECONDS = 180.0
READY = "() => Boolean(globalThis.soak)"


@dataclass
class Sheet:
    """One page. Nobody speaks in it while it is loaded anew."""

    page: Page
    url: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def load(self, *, again: bool = False) -> None:
        """Load it, however often that takes while the line is cut."""
        async with self.lock:
            limit = time.monotonic() + LOAD_SECONDS
            while True:
                try:
                    await (self.page.reload() if again else self.page.goto(self.url))
                    for frame in self.page.frames[1:] or [self.page.main_frame]:
                        await frame.wait_for_function(READY, timeout=20_000)
                    return
                except BrowserError:
                    if time.monotonic() > limit:
                        raise
                    await asyncio.sleep(0.3)
                    again = False


@dataclass
class Seat:
    """One tab of one talk."""

    sheet: Sheet
    name: str

    @property
    def frame(self) -> Frame:
        """Where the talk's script runs."""
        return self.sheet.page.frame(name=self.name) or self.sheet.page.main_frame

    async def say(self, text: str) -> None:
        """Put a line into the outbox."""
        async with self.sheet.lock:
            await self.frame.evaluate("(text) => soak.say(text)", text)

    async def news(self, most: float) -> None:
        """Wait for an answer, at most ``most`` seconds; a page that is loaded anew meanwhile has none."""
        try:
            await self.frame.evaluate("(most) => soak.news(most)", most * 1000)
        except BrowserError:
            await asyncio.sleep(0.2)

    async def state(self) -> dict[str, Any]:
        """Id of the talk, newest seq, how much waits."""
        async with self.sheet.lock:
            found: dict[str, Any] = await self.frame.evaluate("() => soak.state()")
            return found

    async def all(self) -> dict[str, Any]:
        """Every message that this tab has, older ones fetched too."""
        async with self.sheet.lock:
            found: dict[str, Any] = await self.frame.evaluate("() => soak.all()")
            return found


async def frames(browser: Browser, port: int, names: list[str], twice: int, pages: int) -> dict[str, list[Seat]]:
    """Frames of these talks on so many pages; the first ``twice`` of them have two tabs, on different pages.

    Every talk has a host of its own, as every shopper has a browser of their own: six connections each.
    """
    context = await browser.new_context(locale="zh-CN")
    await context.route("**/soak/**", lambda route: _frames_page(route, port))
    await context.route("**/talk.html", lambda route: route.fulfill(path=Path(__file__).with_name("talk.html")))
    await context.route("**/static/widget/*.js", _module)
    shares = [names[place::pages] + names[(place + 1) % pages : twice : pages] for place in range(pages)]
    seats: dict[str, list[Seat]] = {}
    for share in shares:
        sheet = Sheet(await context.new_page(), f"http://soak.localhost:{port}/soak/{','.join(share)}")
        for name in share:
            seats.setdefault(name, []).append(Seat(sheet, name))
    await asyncio.gather(*(sheet.load() for sheet in {id(each.sheet): each.sheet for found in seats.values() for each in found}.values()))
    return seats


async def _frames_page(route: Route, port: int) -> None:
    names = route.request.url.rpartition("/")[2].split(",")
    inner = "".join(f'<iframe name="{name}" src="http://{name}.localhost:{port}/talk.html"></iframe>' for name in names)
    await route.fulfill(body=f"<!doctype html><title>soak</title>{inner}", content_type="text/html")


async def _module(route: Route) -> None:
    # From the disk, so that a page can be loaded anew while the line is cut; a real browser has them in its cache.
    name = route.request.url.rpartition("/")[2].partition("?")[0]
    await route.fulfill(path=WIDGET / name, content_type="text/javascript")


WINDOW = """async () => {
  const chat = document.querySelector("xiaoer-chat");
  await customElements.whenDefined("xiaoer-chat");
  await chat.open();
  const {panel} = chat;
  const {client} = panel;
  globalThis.soakHeard = [];
  client.addEventListener("message", ({detail}) => soakHeard.push(detail.seq));
  globalThis.soak = {
    say: (text) => panel.say({text}),
    news: (most) => new Promise((resolve) => {
      const told = ({detail}) => detail.from !== "shopper" && resolve();
      client.addEventListener("message", told);
      setTimeout(() => (client.removeEventListener("message", told), resolve()), most);
    }),
    state: () => ({id: client.saved.id, last: client.last, waiting: client.waiting.length, online: client.online}),
    all: async () => {
      while (client.hasOlder) await client.older();
      await new Promise((resolve) => setTimeout(resolve, 4000));
      const drawn = [...chat.shadowRoot.querySelectorAll(".row.me .bubble")].map((node) => node.textContent);
      return {messages: client.list().map((one) => [one.seq, one.id, one.from, one.text]), heard: soakHeard, gone: 0, drawn};
    },
  };
}"""


class Window(Sheet):
    """A page of the demonstration shop with the real widget, opened."""

    async def load(self, *, again: bool = False) -> None:
        """Load the shop's page and open the window, however often that takes."""
        async with self.lock:
            limit = time.monotonic() + LOAD_SECONDS
            while True:
                try:
                    await (self.page.reload() if again else self.page.goto(self.url))
                    await self.page.evaluate(WINDOW)
                    return
                except BrowserError:
                    if time.monotonic() > limit:
                        raise
                    await asyncio.sleep(0.5)
                    again = False


async def windows(browser: Browser, port: int, names: list[str]) -> dict[str, list[Seat]]:
    """One page with the whole widget for each of these talks, each in a profile of its own."""
    seats: dict[str, list[Seat]] = {}
    for name in names:
        context = await browser.new_context(locale="zh-CN")
        window = Window(await context.new_page(), f"http://{name}.localhost:{port}/")
        seats[name] = [Seat(window, name)]
    await asyncio.gather(*(found[0].sheet.load() for found in seats.values()))
    return seats
