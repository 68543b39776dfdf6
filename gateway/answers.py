"""What is answered to a message: the engine's bubbles, or the gateway's own words when there are none.

Never silence: an engine that is down, slow or mute becomes an apology with a way to try again and a way to a person.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway import wording
from gateway.rasa_client import EngineError, RasaClient, Reply, Turn
from gateway.store import Store
from gateway.talks import ENGINE_TEXT, PERSON, RELEASE, RETRY, Draft, StoredMessage, Talk, for_engine, joined
from gateway.threads import in_thread
from gateway.wording import Wording
from shop.modes import ANY, IntentModes

log = logging.getLogger(__name__)

# With the engine gone, these words alone are still obeyed: nobody who wants a person is told to wait for a machine.
WANTS_PERSON = re.compile("人工|真人|活人")
MOST_PHOTOS = 20
MOST_BUBBLES = 12


@dataclass(frozen=True)
class Outcome:
    """The end of a turn.

    ``failure``: down | slow | refused | no_reply, or None; ``settles``: failed messages that are answered now after all;
    ``replies`` once they are stored.
    """

    state: str
    drafts: Sequence[Draft] = ()
    owner: str | None = None
    trace: dict[str, Any] = field(default_factory=dict)
    failure: str | None = None
    settles: tuple[StoredMessage, ...] = ()
    replies: tuple[StoredMessage, ...] = ()


class Answers:
    """Decides who answers and gathers the answer."""

    def __init__(
        self, store: Store, modes: IntentModes, engine: RasaClient, words: Wording, shop_id: str, values: Callable[[], dict[str, str]]
    ) -> None:
        self._store = store
        self._modes = modes
        self._engine = engine
        self._words = words
        self._shop_id = shop_id
        self._values = values

    def speaks(self, talk: Talk, message: StoredMessage) -> bool:
        """Whether a machine may answer: its own talk, or a press on the button that gives the talk back to it."""
        return talk.owner_word == "bot" or (message.payload == RELEASE and talk.owner_word == "queue")

    async def opening(self) -> list[Draft]:
        """The first bubbles of a talk: automatic, and how to reach a person."""
        return await in_thread(self._say, wording.OPENING, 0)

    async def released(self, talk: Talk) -> list[Draft]:
        """What is said when the talk comes back to the bot."""
        return await in_thread(self._say, wording.RELEASED, talk.last_seq, sender="system")

    async def answer(self, talk: Talk, group: Sequence[StoredMessage]) -> Outcome:
        """Answer one message, or a few short ones together."""
        message = group[-1]
        payload = message.payload
        settles: tuple[StoredMessage, ...] = ()
        text = joined([item.text for item in group])
        if message.trace.get("begun"):
            # It was with the engine when the gateway stopped: perhaps done, perhaps not.
            return await self._apology(talk, message, wording.LATE, "restart", text)
        if payload == RELEASE:
            return Outcome("answered", await self.released(talk), owner="bot")
        if payload == PERSON:
            return await self._to_person(talk, "asked")
        if payload is not None and payload.startswith(RETRY):
            earlier = await in_thread(self._store.message, talk.id, payload.removeprefix(RETRY))
            if earlier is None:
                return await self._apology(talk, message, wording.NO_REPLY, "no_reply", text)
            payload, text, settles = earlier.payload, str(earlier.trace.get("asked") or earlier.text), (earlier,)
        elif message.attachment_ids and not message.text:
            state = await in_thread(self._store.last_state, talk.id)
            asked = state.get("requested_slot") or state.get("open_question") not in (None, "", "none")
            pictures = all(file["mime"].startswith("image/") for file in (message.card or {})["attachments"])
            alone = wording.PICTURE_ONLY if pictures else wording.ATTACHMENT_ONLY
            name = wording.ATTACHMENT_IN_FLOW if asked else alone
            return Outcome("answered", await in_thread(self._say, name, talk.last_seq))
        await in_thread(self._store.begin, talk.id, [item.id for item in group])
        try:
            turn = await self._turn(talk, message, text, payload)
        except EngineError as error:
            log.warning("no turn for a message of talk %s: %s", talk.id, error)
            if payload is None and WANTS_PERSON.search(text):
                return await self._to_person(talk, "asked")
            return await self._apology(talk, message, wording.ENGINE_DOWN, error.reason, text)
        if not any(reply.text or reply.image or reply.card for reply in turn.replies):
            log.warning("the engine said nothing to a message of talk %s", talk.id)
            return await self._apology(talk, message, wording.NO_REPLY, "no_reply", text)
        return replace(await self._spoken(talk, turn, cut=payload is None and len(text) > ENGINE_TEXT), settles=settles)

    async def _turn(self, talk: Talk, message: StoredMessage, text: str, payload: str | None) -> Turn:
        photos = await in_thread(self._store.files, talk.id)
        metadata = {
            "shop_id": self._shop_id,
            "customer_id": talk.customer_id,
            "conversation_id": talk.id,
            "address": message.trace.get("address"),
            "dry_run": False,
            "product_id": message.trace.get("product_id") or talk.product_id,
            "photo_ids": photos[-MOST_PHOTOS:],
            "message_id": message.id,
        }
        if payload is not None:
            return await self._engine.turn(talk.id, payload=payload, metadata=metadata)
        return await self._engine.turn(talk.id, text=for_engine(text), metadata=metadata)

    async def _spoken(self, talk: Talk, turn: Turn, cut: bool) -> Outcome:
        mode = await in_thread(self._modes.mode, turn.intent or ANY)
        why = {
            "intent": turn.intent,
            "confidence": turn.confidence,
            "ranking": turn.trace.get("ranking"),
            "entities": turn.trace.get("entities"),
            "actions": turn.trace.get("actions"),
            "state": dict(turn.state),
            "took_ms": turn.took_ms,
            "mode": mode,
        }
        about = {key: why[key] for key in ("intent", "confidence", "ranking", "mode")}
        if mode != "auto":
            # The bot may not say this alone: what it would have said is kept for the person who takes over.
            held = [{"text": reply.text, "response": reply.response, "script": reply.script, "row": reply.row} for reply in turn.replies]
            outcome = await self._to_person(talk, "mode")
            return Outcome("answered", outcome.drafts, "queue", {**about, "suggestion": held if mode == "suggest" else []})
        bubbles = [_draft(reply, why) for reply in turn.replies[:MOST_BUBBLES]]
        if cut:
            bubbles = [*await in_thread(self._say, wording.TOO_LONG, talk.last_seq), *bubbles]
        handed = next((reply.card["hand_over"] for reply in turn.replies if reply.card and reply.card.get("hand_over")), None)
        if handed is None:
            return Outcome("answered", bubbles, None, about)
        queued = await self._to_person(talk, "engine")
        return Outcome("answered", [*bubbles, *queued.drafts], "queue", {**about, "hand_over": handed})

    async def _to_person(self, talk: Talk, reason: str) -> Outcome:
        drafts = await in_thread(self._say, wording.QUEUED, talk.last_seq, sender="system", more=[(wording.BUTTON_RELEASE, RELEASE)])
        return Outcome("answered", drafts, "queue", {"hand_over": {"reason": reason}})

    async def _apology(self, talk: Talk, message: StoredMessage, name: str, failure: str, asked: str) -> Outcome:
        # A failed attempt of a retry still points at the message itself, so that buttons do not nest.
        again = message.payload if message.payload and message.payload.startswith(RETRY) else RETRY + message.id
        said = await in_thread(self._say, name, talk.last_seq, more=[(wording.BUTTON_RETRY, again)])
        # The engine cannot be asked for a person now, so this button is ours.
        drafts = [
            replace(draft, buttons=tuple((title, PERSON if to == wording.ASK_PERSON else to) for title, to in draft.buttons))
            for draft in said
        ]
        # What was asked, since several lines may have been asked together: another try asks the same.
        return Outcome("failed", drafts, None, {"failure": failure, "asked": asked}, failure)

    def _say(self, name: str, turn: int, sender: str = "bot", more: Sequence[tuple[str, str]] = ()) -> list[Draft]:
        values = self._values()
        said = self._words.say(name, values, turn)
        buttons = [*said.buttons, *((self._words.say(title, values).bubbles[0], payload) for title, payload in more)]
        last = len(said.bubbles) - 1
        trace = {"script": said.script, "response": name}
        return [Draft(sender, text, tuple(buttons) if place == last else (), None, None, trace) for place, text in enumerate(said.bubbles)]


def _draft(reply: Reply, why: dict[str, Any]) -> Draft:
    trace = {**why, "response": reply.response, "script": reply.script, "table": reply.table, "row": reply.row}
    return Draft("bot", reply.text, reply.buttons, reply.image, reply.card, trace)
