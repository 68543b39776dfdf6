"""What a talk and a message are inside the gateway: plain values, free of the database and of HTTP."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# A message up to here is read whole by the shopper's own eyes; longer ones are taken too, up to the second figure.
LONGEST_TEXT = 20_000
ENGINE_TEXT = 1_000

# Payloads that the gateway itself understands; they never reach the engine.
RETRY = "gateway:retry:"
PERSON = "gateway:person"
RELEASE = "gateway:release"

# Parts of a card that are for staff.
STAFF_CARD = ("hand_over",)
PUBLIC_TRACE = ("intent", "confidence", "script", "table", "row")


@dataclass(frozen=True)
class Talk:
    """A conversation. ``owner``: bot | queue | agent:<id> | closed."""

    id: str
    customer_id: str | None
    owner: str
    product_id: str | None
    last_seq: int
    created_at: datetime
    token_hash: str = field(repr=False)

    @property
    def owner_word(self) -> str:
        """The owner as the API says it, without the agent's id."""
        return self.owner.partition(":")[0]


@dataclass(frozen=True)
class StoredMessage:
    """A message as stored. ``state`` of a shopper's: received | answered | failed."""

    id: str
    seq: int
    sender: str
    text: str
    at: datetime
    buttons: tuple[Mapping[str, str], ...] = ()
    image: str | None = None
    card: Mapping[str, Any] | None = None
    client_id: str | None = None
    state: str = "answered"
    trace: Mapping[str, Any] = field(default_factory=dict)
    content_hash: str | None = None

    @property
    def payload(self) -> str | None:
        """What stood behind the button the shopper pressed."""
        value = self.trace.get("payload")
        return value if isinstance(value, str) else None

    @property
    def attachment_ids(self) -> tuple[str, ...]:
        """Photos and videos of this message."""
        return tuple(item["id"] for item in (self.card or {}).get("attachments", ()))

    @property
    def joinable(self) -> bool:
        """Only a plain line of a window may be joined with its neighbours."""
        return self.payload is None and not self.attachment_ids and not self.trace.get("wait") and len(self.text) <= 60

    def public(self, with_trace: bool) -> dict[str, Any]:
        """The message of the chat API. ``with_trace``: whether shoppers may see why (staff always may)."""
        card = {key: value for key, value in (self.card or {}).items() if key not in (*STAFF_CARD, "attachments")}
        trace = {key: self.trace[key] for key in PUBLIC_TRACE if self.trace.get(key) is not None}
        return {
            "id": self.id,
            "seq": self.seq,
            "from": self.sender,
            "text": self.text,
            "buttons": [dict(button) for button in self.buttons],
            "image": self.image,
            "card": card or None,
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "client_id": self.client_id,
            "state": self.state if self.sender == "shopper" else None,
            "attachments": list((self.card or {}).get("attachments", ())),
            "reply_to": self.trace.get("reply_to"),
            "trace": trace if with_trace and trace else None,
        }


@dataclass(frozen=True)
class Draft:
    """A message about to be stored for the bot or the system. ``buttons`` are (title, payload)."""

    sender: str
    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    image: str | None = None
    card: Mapping[str, Any] | None = None
    trace: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Incoming:
    """What a shopper sends, checked: a text, or a pressed button, or attachments (with or without text)."""

    client_id: str
    text: str = ""
    choice: str | None = None
    attachment_ids: tuple[str, ...] = ()
    product_id: str | None = None
    wait: bool = False
    address: str | None = None

    @property
    def content_hash(self) -> str:
        """The same for the same content: tells a re-sent message from a reused ``client_id``."""
        content = json.dumps([self.text, self.choice, list(self.attachment_ids)], ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()


def clean(text: str) -> str:
    """A shopper's text as it is stored: without what no database or screen can hold (NUL, lone surrogates), trimmed."""
    kept = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in kept if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs")).strip()


def for_engine(text: str) -> str:
    """A text as the engine gets it: at most 1,000 characters, and never able to be a command.

    Leading slashes go, in every width that normalisation would turn into one, and invisible characters before them.
    """
    start = 0
    for char in text:
        if unicodedata.normalize("NFKC", char).strip() not in ("", "/") and unicodedata.category(char) not in ("Cf", "Cc"):
            break
        start += 1
    return text[start:][:ENGINE_TEXT].strip() or "？"


def joined(texts: Sequence[str]) -> str:
    """Several short lines as one sentence."""
    return "，".join(text for text in texts if text)
