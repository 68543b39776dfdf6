"""A desk in a browser: agents who logged in through the real page, and shoppers who come through the API."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from shop.staff import Member, Role
from tests.e2e.conftest import Open
from tests.e2e.shell import Shell
from tests.gateway.support import bubble, turn

PASSWORD = "long-enough-2026"
# axe-core over a whole page of ours (see tests/e2e/test_widget_accessible.py).
PHONE_PORTRAIT = {"width": 390, "height": 844}


class Shopper:
    """A shopper with one conversation, through the public API."""

    def __init__(self, shell: Shell, customer: str | None = None, **body: Any) -> None:
        self._http = httpx.Client(base_url=shell.address, timeout=20)
        self._shell = shell
        identity = {"identity": shell.services.identities.sign(customer)} if customer else {}
        answer = self._http.post("/api/v1/conversations", json={**identity, **body})
        assert answer.status_code == 201, answer.text
        self.id = str(answer.json()["id"])
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def ask(self, text: str) -> dict[str, Any]:
        """Say something and wait until the shop has dealt with it (with a bot: its replies)."""
        body = {"client_id": str(uuid.uuid4()), "text": text}
        answer = self._http.post(f"/api/v1/conversations/{self.id}/messages?wait=1", json=body, headers=self.headers)
        assert answer.status_code in (200, 202), answer.text
        return dict(answer.json())

    def upload(self, content: bytes, name: str = "photo.jpg") -> dict[str, Any]:
        """Send a photo."""
        answer = self._http.post(f"/api/v1/conversations/{self.id}/attachments", files={"file": (name, content)}, headers=self.headers)
        assert answer.status_code in (200, 201, 202), answer.text
        return dict(answer.json())

    def messages(self) -> list[dict[str, Any]]:
        """What the shopper sees."""
        answer = self._http.get(f"/api/v1/conversations/{self.id}/messages", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["messages"])

    def texts(self) -> list[str]:
        """The words of all messages."""
        return [str(message["text"]) for message in self.messages()]

    def about(self) -> dict[str, Any]:
        """The conversation as the shopper sees it."""
        return dict(self._http.get(f"/api/v1/conversations/{self.id}", headers=self.headers).json())

    def close(self) -> None:
        """End the connection."""
        self._http.close()


@dataclass
class Desk:
    """One shop's desk: ``agent()`` opens a page of somebody of the staff, ``shopper()`` and ``waiting()`` bring shoppers."""

    shell: Shell
    visit: Open
    _shoppers: list[Shopper] = field(default_factory=list)

    def member(self, login: str = "lan", role: Role = "agent", **changes: Any) -> Member:
        """An account with the password ``PASSWORD``; made when there is none, else as the test wants it."""
        staff = self.shell.services.staff
        found = next((one for one in staff.all() if one.login == login), None)
        if found is None:
            found, _ = staff.add(login, f"小{login}", f"{len(staff.all()) + 1:03d}", role)
        found = staff.change(
            found.id, role=role, active=True, capacity=changes.pop("capacity", 5), topics=changes.pop("topics", ()), **changes
        )
        staff.set_password(found.id, staff.reset_password(found.id), PASSWORD)
        return staff.set_presence(found.id, "away")

    def agent(
        self,
        login: str = "lan",
        role: Role = "agent",
        *,
        path: str = "/desk",
        presence: str | None = None,
        phone: bool = False,
        capacity: int = 5,
        **context: Any,
    ) -> Page:
        """A page of this member, logged in by hand; ``presence``: online gives them talks by themselves."""
        self.member(login, role, capacity=capacity)
        if phone:
            context = {"viewport": PHONE_PORTRAIT, **context}
        page = self.visit(f"{self.shell.address}{path}", phone=phone, **context)
        self.log_in(page, login)
        page.wait_for_url(f"**{path}")
        expect(page.locator("#top")).to_be_visible(timeout=20_000)
        if path == "/desk":
            expect(page.locator("body[data-ready=yes]")).to_be_attached(timeout=20_000)
        if presence:
            with page.expect_response("**/me/presence"):
                page.locator("#presence").select_option(presence)
        return page

    def who(self, login: str) -> str:
        """The id of an account."""
        return next(one.id for one in self.shell.services.staff.all() if one.login == login)

    def log_in(self, page: Page, login: str, password: str = PASSWORD) -> None:
        """What somebody types into the log-in page."""
        page.get_by_label("账号").fill(login)
        page.get_by_label("密码").fill(password)
        page.keyboard.press("Enter")

    def shopper(self, customer: str | None = None, *said: str, **body: Any) -> Shopper:
        """A shopper who talks to the bot; ``said``: their messages so far."""
        one = Shopper(self.shell, customer, **body)
        self._shoppers.append(one)
        for text in said:
            one.ask(text)
        return one

    def waiting(
        self, customer: str | None = None, text: str = "转人工", summary: str = "想找客服", intent: str = "request_human"
    ) -> Shopper:
        """A shopper who waits for a person."""
        usual, engine = self.shell.engine.answer, self.shell.engine
        card = {"hand_over": {"reason": "asked", "summary": summary}}
        engine.answer = lambda body: turn(bubble("马上为您转人工。", card=card), intent=intent)
        one = self.shopper(customer, text)
        engine.answer = usual
        return one

    def until(self, holds: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until something holds on the server's side."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not come to hold"
            time.sleep(0.05)

    def owner(self, talk: str) -> str:
        """Who has the talk: bot, queue, closed, agent:<id>."""
        found = self.shell.services.store.talk(talk)
        assert found is not None
        return found.owner


@pytest.fixture
def desk(shell: Shell, visit: Open) -> Iterator[Desk]:
    """The desk of a shop whose people are there (the shell's clock stands at noon); nobody is on it before and after the test."""
    usual, made = shell.engine.suggest, Desk(shell, visit)
    yield made
    shell.engine.suggest = usual
    shell.engine.is_ready = True
    for one in made._shoppers:
        one.close()
    for member in shell.services.staff.all():
        shell.services.staff.set_presence(member.id, "away")
