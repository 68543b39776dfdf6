"""Members of staff with a browser's session of their own."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from shop.staff import Role
from tests.gateway.support import Gateway

PASSWORD = "long-enough-2026"


class Worker:
    """A client of the staff API that is logged in."""

    def __init__(self, http: httpx.AsyncClient, csrf: str, member: dict[str, Any]) -> None:
        self.http = http
        self.csrf = csrf
        self.member = member
        self.id = str(member["id"])

    @classmethod
    async def come(cls, gateway: Gateway, login: str, number: str, role: Role = "agent") -> Worker:
        """Make an account, change its one-time password, and log in."""
        member, first = gateway.services.staff.add(login, f"小{number}", number, role)
        gateway.services.staff.set_password(member.id, first, PASSWORD)
        transport = httpx.ASGITransport(app=gateway.app, raise_app_exceptions=False)
        http = httpx.AsyncClient(transport=transport, base_url="http://shop.test", timeout=20)
        answer = await http.post("/api/v1/staff/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return cls(http, answer.json()["csrf"], answer.json()["member"])

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """A request of the desk's page."""
        headers = {} if method == "GET" else {"X-CSRF-Token": self.csrf}
        return await self.http.request(method, f"/api/v1/staff{path}", json=body, params=query or None, headers=headers)

    async def get(self, path: str, **query: Any) -> Any:
        """What a GET answers."""
        answer = await self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def take(self, talk_id: str) -> httpx.Response:
        """Take a talk."""
        return await self.call("POST", f"/talks/{talk_id}/take")

    async def say(self, talk_id: str, text: str, **more: Any) -> httpx.Response:
        """Answer."""
        return await self.call("POST", f"/talks/{talk_id}/messages", {"client_id": str(uuid4()), "text": text, **more})

    async def box(self, name: str, **query: Any) -> list[str]:
        """Ids of the talks of a box."""
        return [talk["id"] for talk in (await self.get("/talks", box=name, **query))["talks"]]
