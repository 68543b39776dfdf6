"""The outbound webhook: a message for a shopper who has left goes to the shop's own system, signed, at least once.

The address is the configured one and no other: redirects are not followed. The signature covers the time and the body, so
that a copy cannot be sent again later; the id stays the same in every try, so that the receiver can drop repetitions.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from gateway.settings import Secret

log = logging.getLogger(__name__)

HEADER = "X-Xiaoer-Signature"
TIMEOUT = 10.0
GIVE_UP = timedelta(hours=24)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True)
class Answer:
    """How a try ended. ``taken``: the receiver said 2xx."""

    taken: bool
    why: str


def signature(secret: Secret, at: int, body: bytes) -> str:
    """The value of the header: ``t=<unix seconds>,v1=<hex HMAC-SHA256 over "t.body">``."""
    signed = hmac.new(secret.reveal().encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def pause(tries: int) -> timedelta:
    """How long to wait after so many failed tries: 30 s, doubled each time, at most an hour."""
    return min(FIRST_PAUSE * (1 << min(tries, 12)), LONGEST_PAUSE)


def next_try(first: datetime, tries: int, now: datetime) -> datetime | None:
    """When to try again after ``tries`` failed ones; None when 24 hours since the first would be over."""
    at = now + pause(tries - 1)
    return at if at - first <= GIVE_UP else None


class Webhook:
    """Posts messages to the shop's own system."""

    def __init__(self, url: str, secret: Secret, http: httpx.AsyncClient) -> None:
        self._url = url
        self._secret = secret
        self._http = http

    async def post(self, message: Mapping[str, object], at: datetime) -> Answer:
        """One try at the real time ``at``; never raises for what the network or the receiver does."""
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", HEADER: signature(self._secret, int(at.timestamp()), body)}
        try:
            response = await self._http.post(self._url, content=body, headers=headers, timeout=TIMEOUT, follow_redirects=False)
        except httpx.HTTPError as error:
            return Answer(False, type(error).__name__)
        return Answer(response.is_success, f"status {response.status_code}")
