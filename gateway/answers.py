"""What is answered to a message: the engine's bubbles, or the gateway's own words when there are none.

Never silence: an engine that is down, slow or mute becomes an apology with a way to try again and a way to a person.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway import wording
from gateway.cards import Cards, Made
from gateway.marketing import Marketing
from gateway.owed import AWAY
from gateway.people import People
from gateway.privacy import notice, says_nothing_else
from gateway.rasa_client import EngineError, EngineLost, RasaClient, Reply, Turn
from gateway.store import Store
from gateway.talks import ENGINE_TEXT, PERSON, RELEASE, RETRY, STAFF_CARD, Draft, StoredMessage, Talk, about_message, for_engine, joined
from gateway.threads import in_thread
from gateway.wording import Wording
from shop.modes import ANY, IntentModes
from shop.traces import Spoken

log = logging.getLogger(__name__)

# With the engine gone, these words alone are still obeyed: nobody who wants a person is told to wait for a machine.
WANTS_PERSON = re.compile("人工|真人|活人")
MOST_BUBBLES = 12
# So many messages back a card is still in sight.
RECENT = 12
# Answers to these are shown at once, without the pace of a writer.
URGENT = ("report_danger", "request_human")


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
        self,
        store: Store,
        modes: IntentModes,
        engine: RasaClient,
        words: Wording,
        shop_id: str,
        values: Callable[[], dict[str, str]],
        marketing: Marketing,
        cards: Cards,
        people: People,
    ) -> None:
        self._store = store
        self._modes = modes
        self._engine = engine
        self._words = words
        self._shop_id = shop_id
        self._values = values
        self._marketing = marketing
        self._cards = cards
        self._people = people

    def speaks(self, talk: Talk, message: StoredMessage) -> bool:
        """Whether a machine may answer: its own talk, or a press on the button that gives the talk back to it."""
        return talk.owner_word == "bot" or (message.payload == RELEASE and talk.owner_word == "queue")

    async def opening(self, product_id: str | None = None) -> list[Draft]:
        """The first bubbles of a talk: automatic, and how to reach a person; with the product of the page, if there is one."""
        drafts = await in_thread(self._say, wording.OPENING, 0)
        made = await in_thread(self._cards.product, product_id)
        return drafts if made is None else [*drafts[:-1], replace(drafts[-1], card=made.card)]

    async def released(self, talk: Talk) -> list[Draft]:
        """What is said when the talk comes back to the bot."""
        return await in_thread(self._say, wording.RELEASED, talk.last_seq, sender="system")

    async def blocked(self) -> list[Draft]:
        """All that somebody reads whose messages are not taken."""
        return await in_thread(self._say, wording.BLOCKED, 0, sender="system")

    async def answer(self, talk: Talk, group: Sequence[StoredMessage]) -> Outcome:
        """Answer one message, or a few short ones together. What was masked in them is said first."""
        masked = [kind for item in group for kind in item.masked]
        name = notice(masked)
        if name is None:
            return await self._answer(talk, group)
        said = await in_thread(self._say, name, talk.last_seq)
        if says_nothing_else(joined([item.text for item in group])) and not group[-1].attachment_ids:
            return Outcome("answered", said)
        outcome = await self._answer(talk, group)
        return replace(outcome, drafts=[*said, *outcome.drafts])

    async def _answer(self, talk: Talk, group: Sequence[StoredMessage]) -> Outcome:
        message = group[-1]
        payload = message.payload
        settles: tuple[StoredMessage, ...] = ()
        text = joined([item.text for item in group])
        if payload == RELEASE:
            return Outcome("answered", await self.released(talk), owner="bot")
        if payload == PERSON:
            return await self._to_person(talk, "asked")
        if (
            len(group) == 1
            and self._marketing.may_mean(message)
            and (settled := await in_thread(self._marketing.answer, talk, message)) is not None
        ):
            return Outcome("answered", settled)
        if payload is not None and payload.startswith(RETRY):
            earlier = await in_thread(self._store.message, talk.id, payload.removeprefix(RETRY))
            if earlier is None:
                return await self._apology(talk, message, wording.NO_REPLY, "no_reply", text)
            if earlier.state == "answered":
                # Answered late while the finger was on its way to the button: the answer stands above.
                return Outcome("answered")
            payload, text, settles = earlier.payload, str(earlier.trace.get("asked") or earlier.text), (earlier,)
        elif message.attachment_ids and not message.text:
            state = await in_thread(self._store.last_state, talk.id)
            asked = state.get("requested_slot") or state.get("open_question") not in (None, "", "none")
            pictures = all(file["mime"].startswith("image/") for file in (message.card or {})["attachments"])
            alone = wording.PICTURE_ONLY if pictures else wording.ATTACHMENT_ONLY
            name = wording.ATTACHMENT_IN_FLOW if asked else alone
            return Outcome("answered", await in_thread(self._say, name, talk.last_seq))
        photos = await in_thread(self._store.begin, talk.id, [item.id for item in group])
        try:
            # The engine answers one message once: what was with it when it or we went down may be sent to it again.
            known = settles[0] if settles and settles[0].trace.get("failure") in AWAY else message
            turn = await self._turn(talk, known, text, payload, photos)
        except EngineLost:
            return await self._apology(talk, message, wording.LATE, "lost", text)
        except EngineError as error:
            log.warning("no turn for a message of talk %s: %s", talk.id, error)
            if payload is None and WANTS_PERSON.search(text):
                return await self._to_person(talk, "asked")
            return await self._apology(talk, message, wording.ENGINE_DOWN, error.reason, text)
        if not any(reply.text or reply.image or reply.card for reply in turn.replies):
            log.warning("the engine said nothing to a message of talk %s", talk.id)
            return await self._apology(talk, message, wording.NO_REPLY, "no_reply", text)
        return replace(await self._spoken(talk, turn, cut=payload is None and len(text) > ENGINE_TEXT), settles=settles)

    async def late(self, talk: Talk, message: StoredMessage) -> Outcome | None:
        """The answer to a message that was apologised for when the engine was away; None when it cannot be had (any more)."""
        try:
            photos = await in_thread(self._store.files, talk.id, sent=True)
            turn = await self._turn(talk, message, str(message.trace.get("asked") or message.text), message.payload, photos)
        except EngineLost:
            return Outcome("failed", (), None, {"failure": "lost"}, "lost")
        except EngineError:
            return None
        if not any(reply.text or reply.image or reply.card for reply in turn.replies):
            return Outcome("failed", (), None, {"failure": "no_reply"}, "no_reply")
        return await self._spoken(talk, turn, cut=False)

    async def _turn(self, talk: Talk, message: StoredMessage, text: str, payload: str | None, photos: Sequence[str]) -> Turn:
        metadata = about_message(self._shop_id, talk, message, photos, dry_run=False)
        if payload is not None:
            return await self._engine.turn(talk.id, payload=payload, metadata=metadata)
        return await self._engine.turn(talk.id, text=for_engine(text), metadata=metadata)

    async def _spoken(self, talk: Talk, turn: Turn, cut: bool) -> Outcome:
        mode, cards = await in_thread(self._may_say, talk, turn)
        why = {
            "intent": turn.intent,
            "intents": turn.trace.get("intents"),
            "topic": turn.trace.get("topic"),
            "confidence": turn.confidence,
            "ranking": turn.trace.get("ranking"),
            "entities": turn.trace.get("entities"),
            "actions": turn.trace.get("actions"),
            "state": dict(turn.state),
            "took_ms": turn.took_ms,
            "mode": mode,
        }
        about = {key: why[key] for key in ("intent", "intents", "topic", "confidence", "ranking", "mode")}
        if mode != "auto":
            # The bot may not say this alone: what it would have said is kept for the person who takes over.
            held = [{"text": reply.text, "response": reply.response, "script": reply.script, "row": reply.row} for reply in turn.replies]
            outcome = await self._to_person(talk, "mode")
            return Outcome("answered", outcome.drafts, "queue", {**about, "suggestion": held if mode == "suggest" else []})
        spoken = _spoken(turn)
        bubbles = [_draft(reply, why, spoken, made) for reply, made in zip(turn.replies, cards, strict=False)]
        if cut:
            bubbles = [*await in_thread(self._say, wording.TOO_LONG, talk.last_seq), *bubbles]
        handed = next((reply.card["hand_over"] for reply in turn.replies if reply.card and reply.card.get("hand_over")), None)
        if handed is None:
            return Outcome("answered", bubbles, None, about)
        queued = await self._to_person(talk, "engine")
        return Outcome("answered", [*(_urgent(bubble) for bubble in bubbles), *queued.drafts], "queue", {**about, "hand_over": handed})

    def suggested(self, suggestions: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
        """:func:`admitted` by the shop's modes."""
        return admitted(self._modes, suggestions)

    def _may_say(self, talk: Talk, turn: Turn) -> tuple[str, list[Made | None]]:
        """How much the bot may do alone in this turn, and the cards of what it then says."""
        modes = [self._modes.mode(intent) for intent in turn.intents or (ANY,)]
        # Of two wishes the more careful mode holds for both: half an answer helps nobody.
        mode = next((careful for careful in ("off", "suggest") if careful in modes), "auto")
        return mode, self._drawn(talk, turn.replies[:MOST_BUBBLES]) if mode == "auto" else []

    def _drawn(self, talk: Talk, replies: Sequence[Reply]) -> list[Made | None]:
        """The card of each reply. What was drawn a moment ago is not drawn again: it is still on the screen."""
        cards = [self._cards.of_reply(talk, (reply.card or {}).get("show"), reply.buttons) for reply in replies]
        if not any(cards):
            return cards  # as most turns: nothing has to be looked up
        seen = [message.card for message in self._store.messages(talk.id, limit=RECENT)[0] if message.card]
        found: list[Made | None] = []
        for made in cards:
            if made is not None and made.card["kind"] != "orders" and any(alike(made.card, old) for old in seen):
                made = None
            if made is not None:
                seen.append(made.card)
            found.append(made)
        return found

    async def absence(self, talk: Talk) -> list[Draft]:
        """What a shopper hears who writes to people while nobody of them is there (在线 none, 小憩, 离开); mostly nothing."""
        found = await in_thread(self._people.absence, talk)
        if found is None:
            return []
        more = [(wording.BUTTON_RELEASE, RELEASE)] if talk.owner_word == "queue" else []
        values = {"staff": found.number} if found.number else {}
        drafts = await in_thread(lambda: self._say(found.response, talk.last_seq, sender="system", more=more, values=values))
        return [replace(draft, trace={**draft.trace, "while": talk.owner}) for draft in drafts]

    async def _to_person(self, talk: Talk, reason: str) -> Outcome:
        name = wording.NOBODY if await in_thread(self._people.nobody) else wording.QUEUED
        drafts = await in_thread(self._say, name, talk.last_seq, sender="system", more=[(wording.BUTTON_RELEASE, RELEASE)])
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

    def _say(
        self,
        name: str,
        turn: int,
        sender: str = "bot",
        more: Sequence[tuple[str, str]] = (),
        values: Mapping[str, str] | None = None,
    ) -> list[Draft]:
        values = {**self._values(), **(values or {})}
        said = self._words.say(name, values, turn)
        buttons = [*said.buttons, *((self._words.say(title, values).bubbles[0], payload) for title, payload in more)]
        last = len(said.bubbles) - 1
        # What the gateway says itself is never held back for a better pace: errors and hand-overs.
        trace = {"script": said.script, "response": name, "urgent": True}
        spoken = replace(said.spoken, given=tuple(title for title, _ in buttons[len(said.buttons) :]))
        return [
            Draft(sender, text, tuple(buttons) if place == last else (), None, None, trace, spoken.bubbled(place))
            for place, text in enumerate(said.bubbles)
        ]


def admitted(modes: IntentModes, suggestions: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Those suggestions whose intents are not ``off`` now: what the bot must not touch is no agent's suggestion either."""
    intents = {str(intent) for one in suggestions for intent in one.get("intents") or ()}
    off = {intent for intent in intents if modes.mode(intent) == "off"}
    return tuple(dict(one) for one in suggestions if not off.intersection(one.get("intents") or ()))


def alike(card: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether a card shows what an older one shows: the same product, or the very same lines."""
    if card["kind"] == "product":
        return bool(old.get("kind") == "product" and old["product"]["id"] == card["product"]["id"])
    return all(old.get(name) == value for name, value in card.items())


def _urgent(draft: Draft) -> Draft:
    return replace(draft, trace={**draft.trace, "urgent": True})


def _draft(reply: Reply, why: dict[str, Any], spoken: Mapping[tuple[int, int], Spoken], made: Made | None) -> Draft:
    own = {"intent": reply.intent, "confidence": reply.confidence} if reply.intent else {}
    trace = {**why, **own, "response": reply.response, "script": reply.script, "table": reply.table, "row": reply.row}
    if reply.known:
        trace["known"] = reply.known
    if trace["intent"] in URGENT:
        trace["urgent"] = True
    card = {key: value for key, value in (reply.card or {}).items() if key in STAFF_CARD} | (made.card if made else {})
    sentence = None
    if reply.spoken is not None and (known := spoken.get(reply.spoken[:2])) is not None:
        sentence = known.bubbled(reply.spoken[2])
    return Draft("bot", reply.text, reply.buttons, reply.image, card or None, trace, sentence, made.offers if made else ())


def _spoken(turn: Turn) -> dict[tuple[int, int], Spoken]:
    """The sentences of a turn by (wish, sentence), as the engine told what they were made from."""
    found: dict[tuple[int, int], Spoken] = {}
    for place, told in enumerate(turn.explain):
        record = {"model": told.get("model"), "calls": told.get("calls")}
        for number, one in enumerate(told.get("spoken") or ()):
            values = {str(name): str(value) for name, value in (one.get("values") or {}).items()}
            titles = tuple(str(title) for title in one.get("given") or ())
            found[place, number] = Spoken(str(one["response"]), one["variation"], values, titles, record=record)
    return found
