"""The life of a talk: opened, spoken in, handed over, rated, erased. HTTP and sockets are elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from typing import Any

from gateway.answers import Answers, Outcome
from gateway.attachments import Attachments
from gateway.events import Hub
from gateway.identity import TalkTokens
from gateway.problems import Problem, not_found, unauthorized
from gateway.rasa_client import EngineError, RasaClient
from gateway.store import ClientIdReused, Erased, NoSuchTalk, Store, UnknownAttachment, UnknownChoice
from gateway.talks import Incoming, StoredMessage, Talk
from gateway.threads import in_thread
from gateway.turns import Turns

log = logging.getLogger(__name__)

# Longer than the longest turn with one before it; afterwards the caller reads the answer with ?after.
LONGEST_WAIT = 30.0
ERASE_EVERY = 60.0


class Conversations:
    """What the API may do with talks."""

    def __init__(
        self,
        store: Store,
        answers: Answers,
        turns: Turns,
        hub: Hub,
        tokens: TalkTokens,
        engine: RasaClient,
        files: Attachments,
        *,
        with_trace: bool,
    ) -> None:
        self._store = store
        self._answers = answers
        self._turns = turns
        self._hub = hub
        self._tokens = tokens
        self._engine = engine
        self._files = files
        self._with_trace = with_trace

    async def open(self, customer_id: str | None, product_id: str | None, address: str) -> tuple[Talk, str]:
        """A new talk and its token; the opening bubbles are stored with it."""
        talk_id = f"c_{secrets.token_urlsafe(18)}"
        token = self._tokens.make(talk_id)
        opening = await self._answers.opening()
        talk = await in_thread(self._store.open, talk_id, _hash(token), customer_id, product_id, address, opening)
        return talk, token

    async def enter(self, talk_id: str, token: str) -> Talk:
        """The talk that this token opens. 401 for a token that is none, 404 for another's talk and for no talk alike."""
        opened = self._tokens.conversation(token)
        talk = await in_thread(self._store.talk, opened)
        if opened != talk_id or talk is None:
            raise not_found()
        if not hmac.compare_digest(talk.token_hash, _hash(token)):
            raise unauthorized()
        return talk

    async def say(self, talk: Talk, incoming: Incoming) -> tuple[StoredMessage, Outcome | None]:
        """Store a message and let it be answered. With ``incoming.wait``: the end of the turn, else None.

        Raises problems: 409 reused client_id, 422 unknown choice or attachment, 503 when the wait was too long.
        """
        try:
            message, new = await in_thread(self._store.take, talk.id, incoming)
        except NoSuchTalk:
            raise not_found() from None
        except ClientIdReused:
            raise Problem(409, "client-id-reused", "This client_id was used for another message; make a new one for each.") from None
        except UnknownChoice:
            raise Problem(422, "unknown-choice", "This choice was not offered in this conversation.") from None
        except UnknownAttachment:
            raise Problem(422, "unknown-attachment", "An attachment was not uploaded to this conversation.") from None
        if new:
            self._hub.publish(talk.id, {"type": "message", "message": message.public(self._with_trace)})
        waiting = self._turns.expect(message.id) if incoming.wait and message.state == "received" else None
        if message.state == "received":
            self._turns.wake(talk.id)
        if waiting is not None and not new:
            # The turn may have ended between the look into the store and the wait for it: look again.
            again = await in_thread(self._store.message, talk.id, message.id)
            message = again or message
            if message.state != "received":
                waiting = None
        if not incoming.wait:
            return message, None
        if waiting is None:
            replies = await in_thread(self._store.replies, talk.id, message)
            return message, Outcome(message.state, replies=tuple(replies))
        try:
            outcome = await asyncio.wait_for(waiting, LONGEST_WAIT)
        except TimeoutError:
            raise Problem(
                503,
                "turn-too-long",
                "The message is kept and will be answered; read the answer with ?after.",
                headers={"Retry-After": "5"},
                message=message.public(self._with_trace),
                replies=[],
            ) from None
        ended = await in_thread(self._store.message, talk.id, message.id)
        return ended or message, outcome

    def public(self, message: StoredMessage) -> dict[str, Any]:
        """A message as this shop's shoppers may see it."""
        return message.public(self._with_trace)

    async def page(self, talk: Talk, after: int | None, before: int | None, limit: int) -> tuple[list[dict[str, Any]], bool]:
        """Messages of a talk as the API says them, and whether there are more that way."""
        found, more = await in_thread(self._store.messages, talk.id, after=after, before=before, limit=limit)
        return [message.public(self._with_trace) for message in found], more

    async def describe(self, talk: Talk) -> dict[str, Any]:
        """The talk itself."""
        place = await in_thread(self._store.waiting_place, talk)
        return {
            "id": talk.id,
            "owner": talk.owner_word,
            "waiting_place": place,
            "created_at": talk.created_at.isoformat().replace("+00:00", "Z"),
            "last_seq": talk.last_seq,
        }

    async def release(self, talk: Talk) -> Talk:
        """The shopper goes back to the bot. 409 while an agent has the talk; nothing happens when the bot has it."""
        if talk.owner_word == "bot":
            return talk
        said = await self._answers.released(talk)
        stored = await in_thread(self._store.set_owner, talk.id, "bot", said, ("queue", "closed"))
        if stored is None:
            raise Problem(409, "with-an-agent", "A person has this conversation.")
        for message in stored:
            self._hub.publish(talk.id, {"type": "message", "message": message.public(self._with_trace)})
        await self._turns.tell_owner(talk.id)
        return await in_thread(self._store.talk, talk.id) or talk

    async def rate(self, talk: Talk, score: int, comment: str | None) -> None:
        """Keep a rating."""
        try:
            await in_thread(self._store.rate, talk.id, score, comment)
        except NoSuchTalk:
            raise not_found() from None

    async def erase(self, talk: Talk) -> dict[str, Any]:
        """Erase a talk here and in the engine; the receipt. An engine that is down is asked again until it has forgotten."""
        try:
            erased: Erased = await in_thread(self._store.erase, talk.id)
        except NoSuchTalk:
            raise not_found() from None
        await in_thread(self._files.remove, talk.id, erased.paths)
        self._hub.publish(talk.id, {"type": "erased"})
        events = await self._forget(erased.receipt, talk.id)
        return {
            "receipt": erased.receipt,
            "erased_at": erased.at.isoformat().replace("+00:00", "Z"),
            "erased": {**erased.counts, **({"engine_events": events} if events is not None else {})},
            "engine": "pending" if events is None else "done",
            "kept": ["tickets", "effects", "concessions"],
        }

    async def settle_erasures(self) -> None:
        """For as long as the gateway runs: go on asking the engine to forget what it could not forget at once."""
        while True:
            try:
                for receipt, talk_id in await in_thread(self._store.owed_erasures):
                    await self._forget(receipt, talk_id)
            except Exception:
                log.exception("erasures that are owed could not be settled now")
            await asyncio.sleep(ERASE_EVERY)

    async def _forget(self, receipt: str, talk_id: str) -> int | None:
        try:
            events = await self._engine.erase(talk_id)
        except EngineError as error:
            log.warning("the engine could not forget a talk yet (receipt %s): %s", receipt, error)
            return None
        await in_thread(self._store.settle_erasure, receipt, events)
        return events


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
