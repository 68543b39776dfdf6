"""A shop whose clock a test moves, with one or more gateways on its database; the scheduler ticks when the test says so."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine

from gateway.app import make_services
from gateway.events import Window
from gateway.services import Services
from gateway.settings import Secret, Settings
from gateway.webhook import Webhook
from shop.clock import Clock
from shop.integration import Integration
from shop.outbox import Entry, Outbox
from tests.gateway.support import FakeEngine

# A Wednesday at noon in Shanghai, outside the quiet hours.
NOON = datetime.fromisoformat("2026-11-18T12:00:00+08:00")
SECRET = "a-secret-of-the-tests-that-is-long-enough"


@dataclass(frozen=True)
class Moving(Clock):
    """A clock that stands until a test moves it."""

    hands: list[timedelta] = field(default_factory=lambda: [timedelta()])

    def now(self) -> datetime:
        return super().now() + self.hands[0]

    def pass_by(self, **by: float) -> None:
        """Let time pass: days, hours, minutes."""
        self.hands[0] += timedelta(**by)


@dataclass
class Receiver:
    """The shop's own system behind the webhook."""

    status: int = 204
    down: bool = False
    requests: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.down:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(self.status, headers={"Location": "http://127.0.0.1:9/elsewhere"} if self.status // 100 == 3 else {})

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]


OWN = "8800000009"  # how the numbers of orders begin that a test places itself


class Shop:
    """The demonstration shop, seeded at noon and looked at once by a scheduler: whatever is told later is news."""

    def __init__(self, database: Engine, home: Path) -> None:
        self.database = database
        self.home = home
        self.clock = Moving(fixed=NOON)
        self.receiver = Receiver()
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self.receiver))
        self.outbox = Outbox(database, "demo", self.clock)
        self.versions = 0

    def gateway(self, *, webhook: bool = False) -> Services:
        """One gateway; a second one is a second process, or the same after a restart."""
        settings = Settings.from_env({"XIAOER_HOME": str(self.home), "XIAOER_RATE_FACTOR": "0"})
        if webhook:
            object.__setattr__(settings, "webhook_url", "http://shop.test/xiaoer")
        return make_services(settings, database=self.database, clock=self.clock, transport=httpx.MockTransport(FakeEngine()))

    async def tick(self, services: Services) -> None:
        """What the scheduler does every half minute."""
        hook = Webhook("http://shop.test/xiaoer", Secret(SECRET), self.http) if services.settings.webhook_url else None
        await services.scheduler.tick(hook)

    def put(self, kind: str, key: str, **body: Any) -> None:
        """What the shop's own system sends."""
        self.versions += 1
        Integration(self.database, "demo", self.clock).upsert(kind, key, body, self.versions)

    def order(self, order_id: str = "880000000901", state: str = "unpaid", **more: Any) -> None:
        """An order of a customer without any other, placed now unless ``ordered_at`` is given."""
        body = {
            **{
                "customer": {"id": "c90", "name": "许女士", "phone": "13800000090"},
                "product": "p1001",
                "variant": "米白/M",
                "state": state,
                "ordered_at": self.clock.now().isoformat(),
            },
            **{"paid": "0" if state == "unpaid" else "176", "postage": "8", "pay_by": None if state == "unpaid" else "alipay"},
        }
        self.put("orders", order_id, **{**body, **more})

    async def talk(self, services: Services, customer: str | None = "c90") -> str:
        """A new talk."""
        return str((await services.conversations.open(customer, None, "address"))["id"])

    @contextlib.contextmanager
    def window(self, services: Services, talk_id: str) -> Iterator[Window]:
        """Somebody looks at a talk."""
        with services.hub.open(talk_id) as window:
            yield window

    def said(self, services: Services, talk_id: str) -> list[str]:
        """Responses of the messages in a talk that nobody asked for, one a message."""
        messages, _ = services.store.messages(talk_id, limit=200)
        names = [str(message.trace["response"]) for message in messages if message.trace.get("proactive")]
        return [name.removeprefix("utter_proactive_") for place, name in enumerate(names) if place == 0 or names[place - 1] != name]

    def entry(self, event: str) -> Entry:
        """The only entry of that event, beside those of the seeded orders, whose time goes by too."""
        every = self.outbox.entries(event=event)
        (found,) = [one for one in every if (one.order_id or OWN).startswith(OWN)] or every
        return found
