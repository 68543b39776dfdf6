"""A shopper's talk through the public API: say something, press a button, and look at what came back and why.

with Talk(product, customer="c05") as talk:
    talk.say("收到的裙子开线了想换一件").click("换货")
    assert talk.row == "pr_q_ex_01"
    assert "88" in talk.text and talk.ticket
"""

from __future__ import annotations

import re
import time
import uuid
from types import TracebackType
from typing import Any, Self

import httpx
import jwt

from launch.product import Product

TICKET = re.compile(r"(?<![A-Za-z0-9])T\d{8}-\d+")  # a Chinese character before it is no word boundary
TURN_SECONDS = 30.0


class Talk:
    """One conversation. `customer` is signed in by the shop's identity; without one the shopper is anonymous."""

    def __init__(self, product: Product, customer: str | None = None, product_id: str | None = None) -> None:
        # Our own process on loopback: no proxy of the machine may stand between (trust_env).
        # Each talk comes from an address of its own: wrong digits are counted by address (decisions.md 5).
        address = ".".join(str(part) for part in uuid.uuid4().bytes[:4])
        self.client = httpx.Client(
            base_url=f"{product.base_url}/api/v1", timeout=TURN_SECONDS, trust_env=False, headers={"X-Forwarded-For": address}
        )
        self.product_id = product_id
        self.lines: list[str] = []
        self.replies: list[dict[str, Any]] = []
        self.message: dict[str, Any] = {}
        self.status = 0
        body: dict[str, Any] = {}
        if customer is not None:
            claims = {"sub": customer, "exp": int(time.time()) + 600}
            body["identity"] = jwt.encode(claims, product.identity_secret, algorithm="HS256")
        if product_id is not None:
            body["product_id"] = product_id
        answer = self.client.post("/conversations", json=body)
        assert answer.status_code == 201, answer.text
        self.id = str(answer.json()["id"])
        self.client.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            error.add_note(f"the talk:\n{self.transcript}")
        self.client.close()

    def say(self, text: str) -> Self:
        """Send a text and wait for the end of the turn."""
        return self._send({"text": text}, text)

    def click(self, option: str) -> Self:
        """Press the newest button whose title is, or else holds, `option`."""
        offered = self.buttons
        wanted = [one for one in offered if one["title"] == option] or [one for one in offered if option in one["title"]]
        assert wanted, f"no button {option!r} among {[one['title'] for one in offered]}\n{self.transcript}"
        return self._send({"choice": wanted[0]["choice"]}, f"[{wanted[0]['title']}]")

    def choose(self, choice: str) -> Self:
        """Send any choice id, a forged one too."""
        return self._send({"choice": choice}, f"[choice {choice}]")

    def _send(self, content: dict[str, Any], shown: str) -> Self:
        self.lines.append(f"  > {shown}")
        body = {"client_id": str(uuid.uuid4()), **content}
        if self.product_id is not None:
            body["product_id"] = self.product_id
        answer = self.client.post(f"/conversations/{self.id}/messages", params={"wait": 1}, json=body)
        self.status = answer.status_code
        told = answer.json()
        self.message, self.replies = told.get("message", {}), told.get("replies", [])
        if not 200 <= self.status < 300:
            self.lines.append(f"  ! {self.status} {told}")
        for reply in self.replies:
            buttons = "".join(f" [{one['title']}]" for one in reply.get("buttons") or [])
            trace = {key: value for key, value in (reply.get("trace") or {}).items() if key != "confidence"}
            self.lines.append(f"  < {reply['text']}{buttons}  {trace or ''}")
        return self

    @property
    def texts(self) -> list[str]:
        """The bubbles of the last turn."""
        return [str(reply["text"]) for reply in self.replies]

    @property
    def text(self) -> str:
        """The bubbles of the last turn in one string, a line each."""
        return "\n".join(self.texts)

    @property
    def buttons(self) -> list[dict[str, str]]:
        """The buttons of the newest reply that has any (of this turn, else of the whole talk)."""
        for reply in reversed(self.replies):
            if reply.get("buttons"):
                return list(reply["buttons"])
        for message in reversed(self.history()):
            if message["from"] != "shopper" and message.get("buttons"):
                return list(message["buttons"])
        return []

    @property
    def titles(self) -> list[str]:
        """What stands on those buttons."""
        return [one["title"] for one in self.buttons]

    def _traced(self, key: str) -> list[str]:
        found = [str((reply.get("trace") or {}).get(key) or "") for reply in self.replies]
        return list(dict.fromkeys(value for value in found if value))

    @property
    def rows(self) -> list[str]:
        """Decision rows behind the last turn's replies, each once."""
        return self._traced("row")

    @property
    def row(self) -> str | None:
        """The last of them."""
        return self.rows[-1] if self.rows else None

    @property
    def tables(self) -> list[str]:
        """Decision tables behind the last turn's replies."""
        return self._traced("table")

    @property
    def scripts(self) -> list[str]:
        """Script ids of the last turn's replies."""
        return self._traced("script")

    @property
    def intents(self) -> list[str]:
        """What the shopper's last message was understood as, by the traces of the message and of its replies."""
        own = str((self.message.get("trace") or {}).get("intent") or "")
        return list(dict.fromkeys([*([own] if own else []), *self._traced("intent")]))

    @property
    def intent(self) -> str | None:
        """The first of them."""
        return self.intents[0] if self.intents else None

    @property
    def owner(self) -> str:
        """Who has the talk: bot, queue, agent or closed."""
        answer = self.client.get(f"/conversations/{self.id}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["owner"])

    @property
    def ticket(self) -> str | None:
        """The newest ticket number that the shopper was told in this talk."""
        for message in reversed(self.history()):
            found = TICKET.findall(str(message["text"])) if message["from"] != "shopper" else []
            if found:
                return str(found[-1])
        return None

    def history(self) -> list[dict[str, Any]]:
        """Every stored message, oldest first."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            answer = self.client.get(f"/conversations/{self.id}/messages", params={"after": after, "limit": 100})
            assert answer.status_code == 200, answer.text
            told = answer.json()
            page = told["messages"] if isinstance(told, dict) else told
            found += page
            if len(page) < 100:
                return found

    @property
    def transcript(self) -> str:
        """What was said on both sides, with the reasons; shown when a test fails."""
        return "\n".join(self.lines)
