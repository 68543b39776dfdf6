"""One soak: talks speak, the line is cut, processes are killed, everybody comes to rest, both sides are compared."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Error as BrowserError
from playwright.async_api import async_playwright

from launch.product import Product
from soak import seats, verdict
from soak.proxy import Proxy
from soak.seats import Seat
from soak.verdict import Verdict
from tests.e2e.browser import ARGUMENTS, chromium

LINES = ("在吗", "这款有现货吗", "几天能发货", "有优惠吗", "怎么退货", "可以开发票吗", "发什么快递", "谢谢", "运费谁出", "尺码偏大吗")
REST_SECONDS = 240.0


@dataclass(frozen=True)
class Plan:
    """What a soak does. ``tabs``: talks with two tabs; ``windows``: talks in the whole widget; kills: how often each process dies."""

    messages: int
    talks: int
    seed: int
    tabs: int
    windows: int
    pages: int
    gateway_kills: int
    engine_kills: int


@dataclass
class Talk:
    """A talk and what is said in it: by tab, in order."""

    name: str
    seats: list[Seat]
    said: list[list[str]] = field(default_factory=list)


class Soak:
    """One run over a product that is up."""

    def __init__(self, product: Product, plan: Plan, tell: Callable[[str], None]) -> None:
        self._product = product
        self._plan = plan
        self._tell = tell
        self._rng = random.Random(plan.seed)
        self._events: Counter[str] = Counter()
        self._spoken = 0
        self._over = False

    async def run(self) -> Verdict:
        """Speak, cut, rest, compare."""
        begun = time.monotonic()
        plan = self._plan
        proxy = Proxy(self._product.settings.public_port, self._rng, fragile=0.03)
        port = await proxy.start()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, *seats.ARGUMENTS])
            names = [f"t{number:02d}" for number in range(plan.talks)]
            found = await seats.frames(browser, port, names[plan.windows :], plan.tabs, plan.pages)
            found |= await seats.windows(browser, port, names[: plan.windows])
            talks = [Talk(name, found[name], [[] for _ in found[name]]) for name in names]
            self._tell(f"{plan.talks} talks in {sum(len(talk.seats) for talk in talks)} tabs are open")
            progress = asyncio.create_task(self._progress())
            try:
                # A process that does not come back, or a page that cannot be loaded any more, ends the run.
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._chaos(proxy, talks))
                    group.create_task(self._deaths())
                    group.create_task(self._speak_all(talks))
                spoken = time.monotonic() - begun
                proxy.mode, proxy.fragile = "open", 0.0
                ids = await self._rest(talks)
                result = await self._compare(talks, ids)
            finally:
                self._over = True
                progress.cancel()
                await browser.close()
                await proxy.stop()
        self._events["connections cut"] += proxy.cuts
        result.figures.update(self._events)
        result.figures["seconds spoken"] = round(spoken)
        result.figures["seconds in all"] = round(time.monotonic() - begun)
        return result

    async def _speak_all(self, talks: list[Talk]) -> None:
        share, more = divmod(self._plan.messages, self._plan.talks)
        await asyncio.gather(*(self._speak(talk, share + (place < more)) for place, talk in enumerate(talks)))
        self._over = True

    async def _speak(self, talk: Talk, lines: int) -> None:
        rng = random.Random(f"{self._plan.seed} {talk.name}")
        for number in range(lines):
            place = rng.randrange(len(talk.seats))
            text = f"{rng.choice(LINES)} {talk.name}n{number:03d}"
            await talk.seats[place].say(text)
            talk.said[place].append(text)
            self._spoken += 1
            # Some lines come in a burst; else the shopper reads what is said, or loses patience.
            await (asyncio.sleep(rng.uniform(0, 0.3)) if rng.random() < 0.3 else talk.seats[place].news(rng.uniform(1, 8)))

    async def _chaos(self, proxy: Proxy, talks: list[Talk]) -> None:
        rng = self._rng
        sheets = list({id(seat.sheet): seat.sheet for talk in talks for seat in talk.seats}.values())
        while not self._over:
            await asyncio.sleep(rng.uniform(0.3, 2.0))
            what = rng.choice(["cut", "cut", "half", "half", "refuse", "hang", "reload"])
            self._events[what] += 1
            if what in ("cut", "half"):
                proxy.cut(1.0 if what == "cut" else 0.5)
            elif what == "reload":
                await rng.choice(sheets).load(again=True)
            else:
                proxy.mode = what
                proxy.cut(1.0 if what == "refuse" else 0.0)
                await asyncio.sleep(rng.uniform(0.3, 2.5))
                # What hung is dead for good, as after a change of the radio cell.
                proxy.cut(1.0)
                proxy.mode = "open"

    async def _deaths(self) -> None:
        """Spread over the talks: the n-th of k deaths when n/(k+1) of the lines are said. The line is cut meanwhile too."""
        plan = self._plan
        kills = ["gateway"] * plan.gateway_kills + ["engine"] * plan.engine_kills
        random.Random(plan.seed).shuffle(kills)
        for number, name in enumerate(kills, 1):
            while self._spoken < number * plan.messages / (len(kills) + 1) and not self._over:
                await asyncio.sleep(0.2)
            await self._kill(name)

    async def _kill(self, name: str) -> None:
        self._tell(f"{name} is killed")
        await asyncio.to_thread(self._product.kill, name)
        await asyncio.to_thread(self._product.restart, name)
        self._events[f"{name} killed"] += 1
        self._tell(f"{name} is back")

    async def _progress(self) -> None:
        while not self._over:
            await asyncio.sleep(10)
            self._tell(f"{self._spoken} of {self._plan.messages} said")

    async def _rest(self, talks: list[Talk]) -> dict[str, str]:
        """Until nothing waits anywhere; ids of the talks."""
        limit = time.monotonic() + REST_SECONDS
        ids: dict[str, str] = {}
        while True:
            left = []
            for talk in talks:
                with suppress(BrowserError):
                    states = [await seat.state() for seat in talk.seats]
                    ids[talk.name] = str(states[0]["id"])
                    rows = verdict.stored(self._database, ids[talk.name])
                    done = sum(row.sender == "shopper" for row in rows) == sum(map(len, talk.said)) and not verdict.waiting(rows)
                    if done and not verdict.owed(rows) and all(state["last"] == len(rows) and not state["waiting"] for state in states):
                        continue
                    left.append((talk.name, len(rows), states))
            if not left or time.monotonic() > limit:
                if left:
                    self._tell(f"not at rest: {left[:3]}")
                return ids
            await asyncio.sleep(1)

    @property
    def _database(self) -> Path:
        return Path(self._product.home) / "shop.db"

    async def _compare(self, talks: list[Talk], ids: dict[str, str]) -> Verdict:
        result = Verdict()

        async def one(talk: Talk) -> None:
            tabs = [await seat.all() for seat in talk.seats]
            verdict.check(result, talk.name, talk.said, verdict.stored(self._database, ids[talk.name]), tabs)

        await asyncio.gather(*(one(talk) for talk in talks))
        return result
