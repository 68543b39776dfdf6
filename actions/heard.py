"""What an action reads of a turn: the shopper, the words, the talk's slots, the shop's facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker

from actions import tone
from actions.context import Context
from actions.explain import Watched
from policy.facts import ProductFacts, ShopFacts
from policy.mood import Mood
from policy.parameters import load_parameters
from shop.catalogue import ShopRepository


class Heard:
    """The shopper's message in its talk and its shop; nothing here says or writes anything."""

    def __init__(self, tracker: Tracker, context: Context) -> None:
        self.tracker = tracker
        self.context = context
        message = tracker.latest_message or {}
        self.meta: Mapping[str, Any] = message.get("metadata") or {}
        self.intent: str = (message.get("intent") or {}).get("name") or ""
        self.text: str = message.get("text") or ""
        self._slots: dict[str, Any] = {}

    # -- who and where -------------------------------------------------------------------------------------------------
    @property
    def shop_id(self) -> str:
        """The shop whose data may be read. Set by the gateway, never by text."""
        return str(self.meta.get("shop_id") or "demo")

    @property
    def customer_id(self) -> str | None:
        """The signed-in shopper, None for an anonymous one."""
        value = self.meta.get("customer_id")
        return str(value) if value else None

    @property
    def conversation_id(self) -> str:
        """The gateway's id of the talk."""
        return str(self.meta.get("conversation_id") or self.tracker.sender_id)

    @property
    def message_id(self) -> str:
        """The id of the shopper's message (the same for all action calls of one turn)."""
        return str(self.meta.get("message_id") or (self.tracker.latest_message or {}).get("message_id") or "")

    @property
    def address(self) -> str:
        """Keyed hash of the client's network address, for the limits of proofs."""
        return str(self.meta.get("address") or "unknown")

    @property
    def dry_run(self) -> bool:
        """True in the dark run of a suggestion: nothing is written."""
        return bool(self.meta.get("dry_run"))

    @property
    def whole_text(self) -> str:
        """Everything the shopper typed, when the message held two wishes; else the message."""
        return str(self.meta.get("whole_text") or self.text)

    @property
    def photo_ids(self) -> list[str]:
        """Attachments of this message."""
        return [str(p) for p in self.meta.get("photo_ids") or []]

    # -- the shop ------------------------------------------------------------------------------------------------------
    @cached_property
    def repo(self) -> ShopRepository:
        """Products and orders of this shop only."""
        return self.context.repository(self.shop_id)

    @cached_property
    def shop(self) -> ShopFacts:
        """The shop's own facts."""
        return self.repo.shop()

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Every number of the tables, with the shop's own values, as they hold now; ``decide`` takes the moment from them."""
        return Watched(load_parameters(self.repo.parameters(), self.now))

    @cached_property
    def now(self) -> datetime:
        """One instant for the whole action (aware)."""
        return self.context.clock.now()

    @cached_property
    def mood(self) -> Mood:
        """The shopper's mood by this message and those before it: an angry one hears no offer and no small talk."""
        return tone.mood_of(self.tracker)

    # -- what was understood -------------------------------------------------------------------------------------------
    def slot(self, name: str) -> Any:
        """A slot, with the changes of this turn."""
        return self._slots[name] if name in self._slots else self.tracker.get_slot(name)

    def entities(self, name: str) -> list[Any]:
        """All values of an entity in this message."""
        return [e.get("value") for e in (self.tracker.latest_message or {}).get("entities") or [] if e.get("entity") == name]

    def entity(self, name: str) -> Any:
        """The last value of an entity in this message, None when it has none."""
        found = self.entities(name)
        return found[-1] if found else None

    @property
    def loop(self) -> str | None:
        """The form that is open."""
        return (self.tracker.active_loop or {}).get("name")

    def before(self, name: str) -> Any:
        """The value of a slot before this message ('what if' questions change nothing)."""
        value, seen_user = None, False
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                seen_user = True
            elif seen_user and event.get("event") == "slot" and event.get("name") == name:
                value = event.get("value")
                break
        return value

    def product(self) -> ProductFacts | None:
        """The product spoken of: named in the message, else in the talk, else that of the page."""
        for product_id in (self.entity("product"), self.slot("product_id"), self.meta.get("product_id")):
            if product_id:
                found = self.repo.product(str(product_id))
                if found:
                    return found
        return None
