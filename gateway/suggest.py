"""Ready replies for an agent: the engine's answers in the dark, with their decision rows and sources, and how they were used.

Asking writes nothing but what was offered (``shop.deeds.SuggestionUses``), and that only when an agent of the talk asks.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.rasa_client import EngineError, RasaClient, Suggestion
from gateway.store import Store
from gateway.talks import StoredMessage, Talk, about_message, for_engine
from gateway.threads import in_thread
from policy.decide import tables
from policy.facts import OrderFacts
from policy.spoken_by_agent import by_agent
from shop.tickets import PREVIEW

log = logging.getLogger(__name__)

MOST = 4
# An agent who waits longer has typed the answer; the desk says so instead of keeping them waiting.
PATIENCE = 3.0
# So much of what people said is told to the engine at once; it leaves out what it knows.
TOLD = 20


@dataclass(frozen=True)
class Offer:
    """Suggestions for one message; ``reason`` says why there are none (down | slow | refused | nothing), ``took_ms`` in milliseconds."""

    message_id: str
    suggestions: tuple[dict[str, Any], ...]
    reason: str | None
    took_ms: int


class Suggestions:
    """Asks the engine in the dark for the talks of one shop."""

    def __init__(self, store: Store, engine: RasaClient, shop_id: str) -> None:
        self._store = store
        self._engine = engine
        self._shop = shop_id

    async def for_message(self, talk: Talk, message: StoredMessage, most: int = MOST) -> Offer:
        """Up to ``most`` replies to a shopper's message, in the talk as it was then. Never raises for the engine's sake."""
        begun = time.perf_counter()
        photos = await in_thread(self._store.files, talk.id, sent=True)
        metadata = about_message(self._shop, talk, message, photos, dry_run=True)
        payload = message.payload if (message.payload or "").startswith("/") else None
        text = for_engine(message.text) if payload is None else None
        asking = self._engine.suggest(talk.id, text=text, payload=payload, metadata=metadata, before=message.id, most=most)
        found, reason = await _asked(talk.id, asking)
        return _offer(message.id, shown(found), reason, begun)

    async def without_talk(self, text: str, order: OrderFacts | None, most: int = MOST, *, fits: Callable[[str], bool] = bool) -> Offer:
        """Up to ``most`` replies to words from somebody else's chat, about this order if it is known. Nothing is stored, nothing kept.

        ``fits`` says whether a text may be shown. Never raises for the engine's sake.
        """
        begun = time.perf_counter()
        sender = f"companion:{secrets.token_urlsafe(12)}"
        metadata = {
            "shop_id": self._shop,
            "customer_id": order.customer_id if order is not None else None,
            "conversation_id": sender,
            "dry_run": True,
            "product_id": order.product.product_id if order is not None else None,
            "message_id": sender,
            "masked": True,
            "outlet": "platform",
        }
        slots = {"order_id": order.order_id} if order is not None else {}
        # As many as there are: some may not be fit for that chat.
        asking = self._engine.suggest(sender, text=for_engine(text), metadata=metadata, slots=slots, most=MOST)
        found, reason = await _asked(sender, asking)
        return _offer(sender, [one for one in shown(found) if fits(str(one["text"]))][:most], reason, begun)

    async def told(self, talk: Talk) -> None:
        """Let the engine know what shopper and agent said to each other, so that it can suggest and be handed the talk back."""
        messages, _ = await in_thread(lambda: self._store.messages(talk.id, limit=TOLD))
        lines = [
            {"from": message.sender, "text": message.text, "message_id": message.id}
            for message in messages
            if message.text and (message.sender == "agent" or (message.sender == "shopper" and message.trace.get("for")))
        ]
        if lines:
            try:
                await self._engine.told(talk.id, lines)
            except EngineError as error:
                # The next line tells these again; until then the engine knows a little less.
                log.warning("the engine was not told what was said in talk %s: %s", talk.id, error)


async def _asked(sender: str, asking: Awaitable[Sequence[Suggestion]]) -> tuple[Sequence[Suggestion], str | None]:
    """What the engine suggests, or why it does not."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await asking, None
    except TimeoutError:
        return (), "slow"
    except EngineError as error:
        log.warning("no suggestions for a message of talk %s: %s", sender, error)
        return (), error.reason


def _offer(message_id: str, shown: Sequence[dict[str, Any]], reason: str | None, begun: float) -> Offer:
    return Offer(message_id, tuple(shown), reason or (None if shown else "nothing"), round((time.perf_counter() - begun) * 1000))


def _shown(one: Suggestion) -> dict[str, Any] | None:
    """A suggestion as the desk shows it: the whole text, where it comes from, and each bubble's own script and row.

    It is said by a person: sentences that only the assistant says are left out, None when nothing is left. The number of a ticket
    that nobody has opened yet is a gap, ``{ticket}``, named in ``missing``: the agent opens the ticket first.
    """
    spoken = [(reply, by_agent(reply.text).replace(PREVIEW, "{ticket}")) for reply in one.replies]
    told = [(reply, text) for reply, text in spoken if text]
    if not told:
        return None
    first = next((reply for reply, _ in told if reply.row), told[0][0])
    table, row = first.table, first.row
    text = "\n\n".join(text for _, text in told)
    return {
        "text": text,
        "missing": ["ticket"] if "{ticket}" in text else [],
        "intent": one.intents[0] if one.intents else None,
        "intents": list(one.intents),
        "topic": one.topic,
        "confidence": one.confidence,
        "script": next((reply.script for reply, _ in told if reply.script), None),
        "response": next((reply.response for reply, _ in told if reply.response), None),
        "table": table,
        "row": row,
        "source": source_of(table, row),
        "image": next((reply.image for reply in one.replies if reply.image), None),
        "bubbles": [{"text": text, "script": reply.script, "table": reply.table, "row": reply.row} for reply, text in told],
    }


def shown(found: Sequence[Suggestion]) -> list[dict[str, Any]]:
    """What can be shown; of two that became the same, the likelier one."""
    shown: dict[str, dict[str, Any]] = {}
    for one in map(_shown, found):
        if one is not None:
            shown.setdefault(one["text"], one)
    return list(shown.values())


def source_of(table: str | None, row: str | None) -> str | None:
    """Where a decision row comes from (handbook and section), or None."""
    found = tables().get(table) if table else None
    return next((one.source for one in found.rows if one.id == row), None) if found is not None else None
