"""How an alert about waiting shoppers is said: as data for the shop's own system, or as a text for a group's robot in 企业微信, 钉钉, 飞书.

The three sign in their own ways or by the address alone; what each answers when it takes a message is checked here too, since all
of them answer 200 when they do not. None of it says who waits or what about: a group's chat is no place for a shopper's data.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from gateway.settings import Secret, WaitingForm
from gateway.webhook import HEADER, signature


@dataclass(frozen=True)
class Alerted:
    """One talk of an alert. ``alert`` stays the same in every try; ``waited`` in seconds; ``again``: it was told before."""

    alert: str
    talk_id: str
    waited: int
    again: bool
    queued: bool


@dataclass(frozen=True)
class Post:
    """What is sent: address, body and headers."""

    url: str
    body: bytes
    headers: Mapping[str, str]


def alert_text(shop: str, talks: Sequence[Alerted], waiting: int, desk: str | None) -> str:
    """The sentence for people of the shop: how many wait, the longest for how long, and where to answer."""
    longest = max(one.waited for one in talks)
    again = "（再次提醒）" if any(one.again for one in talks) else ""
    lines = [f"【店小二】{shop}：{waiting} 位买家在等回复，最久已等 {longest} 秒，工作台前没有人{again}。"]
    if desk:
        lines.append(f"去接待：{desk}")
    return "\n".join(lines)


def alert_data(shop_id: str, talks: Sequence[Alerted], waiting: int, desk: str | None, text: str, at: str) -> dict[str, Any]:
    """The body of the form ``json``."""
    return {
        "event": "waiting",
        "shop": shop_id,
        "at": at,
        "waiting": waiting,
        "talks": [{"alert": one.alert, "id": one.talk_id, "waited": one.waited, "again": one.again, "queued": one.queued} for one in talks],
        "desk": desk,
        "text": text,
    }


def post_of(form: WaitingForm, url: str, secret: Secret | None, text: str, data: Mapping[str, Any], at: datetime) -> Post:
    """The request of a form. ``at``: the real time, which the signatures hold."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if form == "json":
        body = _json(data)
        if secret is not None:
            headers[HEADER] = signature(secret, int(at.timestamp()), body)
        return Post(url, body, headers)
    if form == "feishu":
        said: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if secret is not None:
            stamp = str(int(at.timestamp()))
            # Their way: the key holds time and secret, and nothing is signed with it.
            said |= {"timestamp": stamp, "sign": _base64(f"{stamp}\n{secret.reveal()}".encode(), b"")}
        return Post(url, _json(said), headers)
    body = _json({"msgtype": "text", "text": {"content": text}})
    if form == "dingtalk" and secret is not None:
        milliseconds = str(int(at.timestamp() * 1000))
        sign = _base64(secret.reveal().encode(), f"{milliseconds}\n{secret.reveal()}".encode())
        url = _with_query(url, timestamp=milliseconds, sign=sign)
    return Post(url, body, headers)


def refusal(form: WaitingForm, status: int, content: bytes) -> str | None:
    """Why a receiver did not take it, or None when it did. Robots say so in the body of a 200."""
    if not 200 <= status < 300:
        return f"status {status}"
    if form == "json":
        return None
    try:
        said = json.loads(content)
    except ValueError:
        return "the answer is no JSON"
    if not isinstance(said, dict):
        return "the answer is no object"
    code = next((said[name] for name in ("errcode", "code", "StatusCode") if name in said), None)
    if code == 0:
        return None
    # Their reasons are words like "sign not match"; a number at most stands beside them.
    reason = str(said.get("errmsg") or said.get("msg") or "")[:120]
    return f"code {code} {reason}".strip()


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _base64(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode("ascii")


def _with_query(url: str, **more: str) -> str:
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(more)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
