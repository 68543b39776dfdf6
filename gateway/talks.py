"""What a talk and a message are inside the gateway: plain values, free of the database and of HTTP."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, overload

from shop.traces import Spoken

# A message up to here is read whole by the shopper's own eyes; longer ones are taken too, up to the second figure.
LONGEST_TEXT = 20_000
# So much of a quoted message stands above the one that quotes it.
LONGEST_QUOTE = 120
ENGINE_TEXT = 1_000
MOST_PHOTOS = 20

# Payloads that the gateway itself understands; they never reach the engine.
RETRY = "gateway:retry:"
PERSON = "gateway:person"
RELEASE = "gateway:release"
SUBSCRIBE = "gateway:subscribe"
REFUSE = "gateway:refuse"

# Parts of a card that are for staff.
STAFF_CARD = ("hand_over",)
PUBLIC_TRACE = ("intent", "confidence", "script", "table", "row", "known")


@dataclass(frozen=True)
class Talk:
    """A conversation. ``owner``: bot | queue | agent:<id> | closed. The read positions are seqs (0: nothing read)."""

    id: str
    customer_id: str | None
    owner: str
    product_id: str | None
    last_seq: int
    created_at: datetime
    token_hash: str = field(repr=False)
    read_by_shop: int = 0
    read_by_shopper: int = 0

    @property
    def owner_word(self) -> str:
        """The owner as the API says it, without the agent's id."""
        return self.owner.partition(":")[0]

    @property
    def agent(self) -> str | None:
        """The id of the agent who has the talk."""
        return self.owner.partition(":")[2] or None


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
    def masked(self) -> tuple[str, ...]:
        """Kinds of what was taken out of the text before it was stored."""
        return tuple(self.trace.get("masked") or ())

    @property
    def joinable(self) -> bool:
        """Only a plain line of a window may be joined with its neighbours."""
        return self.payload is None and not self.attachment_ids and not self.trace.get("wait") and len(self.text) <= 60

    def public(self, with_trace: bool) -> dict[str, Any]:
        """The message of the chat API. ``with_trace``: whether shoppers may see why (staff always may)."""
        card = {key: value for key, value in (self.card or {}).items() if key not in (*STAFF_CARD, "attachments", "quote")}
        trace = {key: self.trace[key] for key in PUBLIC_TRACE if self.trace.get(key) is not None}
        return {
            "id": self.id,
            "seq": self.seq,
            "from": self.sender,
            "text": self.text,
            "buttons": [dict(button) for button in self.buttons],
            "image": self.image,
            "card": card or None,
            "at": instant(self.at),
            "client_id": self.client_id,
            # A state of its own: a window that has drawn the words draws the message again.
            "state": "recalled" if "recalled" in self.trace else self.state if self.sender == "shopper" else None,
            "attachments": list((self.card or {}).get("attachments", ())),
            "reply_to": self.trace.get("reply_to"),
            "staff": self.trace.get("number") if self.sender == "agent" else None,
            "quote": (self.card or {}).get("quote"),
            "urgent": bool(self.trace.get("urgent")),
            "trace": trace if with_trace and trace else None,
        }


@dataclass(frozen=True)
class Offer:
    """A button of a card: its opaque id, what pressing it says in the talk, and the payload behind it."""

    id: str
    title: str
    payload: str


@dataclass(frozen=True)
class Draft:
    """A message about to be stored for the bot or the system. ``buttons`` are (title, payload); ``spoken``: what it was made from;
    ``offers``: the buttons on its card."""

    sender: str
    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    image: str | None = None
    card: Mapping[str, Any] | None = None
    trace: Mapping[str, Any] = field(default_factory=dict)
    spoken: Spoken | None = None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Incoming:
    """What a shopper sends, checked: a text, or a pressed button, or attachments (with or without text).

    ``masked``: kinds of secrets that were taken out of the text (``policy.masking``). ``quote``: seq of the message it is about;
    ``card``: the product the shopper has turned to since the last message.
    """

    client_id: str
    text: str = ""
    choice: str | None = None
    attachment_ids: tuple[str, ...] = ()
    product_id: str | None = None
    wait: bool = False
    address: str | None = None
    masked: tuple[str, ...] = ()
    quote: int | None = None
    card: Mapping[str, Any] | None = None

    @property
    def content_hash(self) -> str:
        """The same for the same content: tells a re-sent message from a reused ``client_id``."""
        quoted = [] if self.quote is None else [self.quote]
        content = json.dumps([self.text, self.choice, list(self.attachment_ids), *quoted], ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()


@overload
def instant(moment: datetime) -> str: ...
@overload
def instant(moment: None) -> None: ...
def instant(moment: datetime | None) -> str | None:
    """A moment as the API says it: ISO 8601 in UTC, with Z; None stays None."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def about_message(shop_id: str, talk: Talk, message: StoredMessage, photos: Sequence[str], *, dry_run: bool) -> dict[str, Any]:
    """What the actions are told beside a shopper's words (architecture §6: it travels in metadata only, never in slots from text).

    ``photos``: ids of the talk's files, oldest first; ``dry_run``: nothing may be written.
    """
    return {
        "shop_id": shop_id,
        "customer_id": talk.customer_id,
        "conversation_id": talk.id,
        "address": message.trace.get("address"),
        "dry_run": dry_run,
        "product_id": message.trace.get("product_id") or talk.product_id,
        "photo_ids": list(photos[-MOST_PHOTOS:]),
        "message_id": message.id,
        "masked": True,
    }


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
