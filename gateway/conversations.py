"""The life of a talk: opened, spoken in, handed over, rated, erased. HTTP and sockets are elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from gateway.answers import Answers, Outcome
from gateway.attachments import Attachments
from gateway.beside import UnknownQuote
from gateway.cards import Cards
from gateway.events import Hub, Lagging
from gateway.identity import TalkTokens
from gateway.marketing import Marketing
from gateway.privacy import without_secrets
from gateway.problems import Problem, not_found, unauthorized
from gateway.rasa_client import EngineError, RasaClient
from gateway.store import ClientIdReused, Erased, NoSuchTalk, Store, UnknownAttachment, UnknownChoice
from gateway.talks import Incoming, StoredMessage, Talk, instant
from gateway.threads import in_thread
from gateway.turns import Turns
from policy import masking
from shop.blocks import Block, Blocks

log = logging.getLogger(__name__)

# Longer than the longest turn with one before it; afterwards the caller reads the answer with ?after.
LONGEST_WAIT = 30.0
ERASE_EVERY = 60.0
# How often a waiting poll looks whether its client is still there (seconds).
LOOK_UP = 1.0


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
        marketing: Marketing,
        cards: Cards,
        is_order: Callable[[str], bool],
        blocks: Blocks,
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
        self._marketing = marketing
        self._cards = cards
        self._is_order = is_order
        self._blocks = blocks
        self.consents = marketing.consents
        self._with_trace = with_trace

    async def open(self, customer_id: str | None, product_id: str | None, address: str) -> dict[str, Any]:
        """A new talk: id, token, the opening bubbles (stored with it) and how it stands.

        Somebody whose messages are not taken gets a closed one that says so, since a refusal alone would look like a broken line.
        """
        talk_id = f"c_{secrets.token_urlsafe(18)}"
        token = self._tokens.make(talk_id)
        blocked = await in_thread(self._blocks.at_door, customer_id, address)
        opening = await (self._answers.opening(product_id) if blocked is None else self._answers.blocked())
        talk = await in_thread(self._store.open, talk_id, _hash(token), customer_id, product_id, address, opening)
        if blocked is not None:
            await in_thread(self._store.touch_owner, talk.id, "closed")
            talk = replace(talk, owner="closed")
        messages, more = await self.page(talk, 0, None, 50)
        return {"id": talk.id, "token": token, "messages": messages, "has_more": more, "talk": await self.standing(talk)}

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

        Raises problems: 403 blocked, 409 reused client_id, 422 unknown choice, attachment or quote, 503 when the wait was too long.
        """
        ended = self._turns.ended
        try:
            message, new = await in_thread(self._take, talk, incoming)
        except _Blocked as blocked:
            raise _refused(blocked.block) from None
        except NoSuchTalk:
            raise not_found() from None
        except ClientIdReused:
            raise Problem(409, "client-id-reused", "This client_id was used for another message; make a new one for each.") from None
        except UnknownChoice:
            raise Problem(422, "unknown-choice", "This choice was not offered in this conversation.") from None
        except UnknownAttachment:
            raise Problem(422, "unknown-attachment", "An attachment was not uploaded to this conversation.") from None
        except UnknownQuote:
            raise Problem(422, "unknown-quote", "The quoted message is not in this conversation.") from None
        if new:
            self._hub.publish(talk.id, {"type": "message", "message": message.public(self._with_trace)})
            # A no to marketing holds at once, whoever has the talk.
            if self._marketing.may_mean(message):
                await in_thread(self._marketing.note, talk, message)
            # The message has opened it again, which is an end that windows and desks would else go on showing.
            if talk.owner == "closed":
                await self._turns.tell_owner(talk.id)
        waiting = self._turns.expect(message.id) if incoming.wait and message.state == "received" else None
        # Whoever answers this talk, now or when the message was stored, may have found it before this line was reached, and be done.
        ended_perhaps = not new or self._turns.is_busy(talk.id) or self._turns.ended != ended
        if message.state == "received":
            self._turns.wake(talk.id)
        if waiting is not None and ended_perhaps:
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
        # As the turn's end has stored it: what is shown of a message are its state and why.
        return replace(message, state=outcome.state, trace={**message.trace, **outcome.trace}), outcome

    async def orders(self, talk: Talk) -> dict[str, Any]:
        """The card of the shopper's orders; its buttons may be pressed in this talk."""
        made = await in_thread(self._cards.orders, talk)
        try:
            await in_thread(self._store.offer, talk.id, made.offers)
        except NoSuchTalk:
            raise not_found() from None
        return {"card": made.card, "signed_in": talk.customer_id is not None}

    def _take(self, talk: Talk, incoming: Incoming) -> tuple[StoredMessage, bool]:
        """Masked, with the product's card, stored: all in one thread. Raises _Blocked."""
        block = self._blocks.of(talk.customer_id, talk.id)
        if block is not None:
            raise _Blocked(block)
        return self._store.take(talk.id, self._with_product(talk, without_secrets(incoming, self._is_order)))

    def _with_product(self, talk: Talk, incoming: Incoming) -> Incoming:
        """With the product's card when the shopper has turned to another one since the last message: both sides see which is meant."""
        if incoming.product_id is None or incoming.product_id == self._store.last_product(talk.id):
            return incoming
        made = self._cards.product(incoming.product_id)
        return incoming if made is None else replace(incoming, card=made.card)

    def public(self, message: StoredMessage) -> dict[str, Any]:
        """A message as this shop's shoppers may see it."""
        return message.public(self._with_trace)

    async def page(self, talk: Talk, after: int | None, before: int | None, limit: int) -> tuple[list[dict[str, Any]], bool]:
        """Messages of a talk as the API says them, and whether there are more that way."""
        found, more = await in_thread(self._store.messages, talk.id, after=after, before=before, limit=limit)
        return [message.public(self._with_trace) for message in found], more

    async def recalled(self, talk: Talk, after: int) -> list[dict[str, Any]]:
        """What a window that has read up to ``after`` may still show though it was recalled."""
        return [message.public(self._with_trace) for message in await in_thread(self._store.recalls.lately, talk.id, after)]

    async def news(
        self, talk: Talk, after: int, limit: int, seconds: float, tag: str, is_gone: Callable[[], Awaitable[bool]]
    ) -> tuple[list[dict[str, Any]], bool, dict[str, Any]]:
        """Messages after a seq, whether there are more, and how the talk stands: at once when there is anything that a client
        with this ``tag`` does not know, else as soon as there is, at most ``seconds`` later. Raises 404 when the talk is erased."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        changed: list[dict[str, Any]] = []
        with self._hub.open(talk.id) as window:
            while True:
                now = await in_thread(self._store.talk, talk.id)
                if now is None:
                    raise not_found()
                messages, more = await self.page(now, after, None, limit)
                messages = [*changed, *messages]
                standing = await self.standing(now)
                while not messages and standing["tag"] == tag:
                    if (left := until - loop.time()) <= 0 or self._hub.closing or await is_gone():
                        break
                    try:
                        # In slices: a client that went away, or our own end, is noticed in time.
                        event = await asyncio.wait_for(window.get(), min(left, LOOK_UP))
                        if event.get("changed") and event["message"]["seq"] <= after:
                            changed.append(event["message"])
                        break
                    except TimeoutError:
                        continue
                    except Lagging:
                        break
                else:
                    return messages, more, standing
                if until - loop.time() <= 0 or self._hub.closing or await is_gone():
                    return messages, more, standing

    async def standing(self, talk: Talk) -> dict[str, Any]:
        """Owner, place, who is typing and what was read; ``tag`` stands for all of it."""
        about = await self.describe(talk)
        told: dict[str, Any] = {
            **{name: about[name] for name in ("owner", "staff", "waiting_place", "rating_due")},
            "typing": talk.owner_word == "bot" and self._turns.is_busy(talk.id),
            "read": {"shop": talk.read_by_shop, "shopper": talk.read_by_shopper},
            "failed": await in_thread(self._store.positions.unanswered, talk.id, talk.last_seq),
        }
        tag = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
        return {**told, "last_seq": talk.last_seq, "tag": tag}

    async def read_to(self, talk: Talk, seq: int) -> None:
        """The shopper has read up to a seq; the shopper's other windows hear of it."""
        if await in_thread(self._store.positions.read_to, talk.id, "shopper", seq):
            self._hub.publish(talk.id, {"type": "read", "by": "shopper", "seq": seq})

    async def last_seq(self, talk: Talk) -> int:
        """The seq of the newest message now."""
        now = await in_thread(self._store.talk, talk.id)
        return now.last_seq if now else 0

    async def describe(self, talk: Talk) -> dict[str, Any]:
        """The talk itself."""
        return await in_thread(self._turns.about.describe, talk)

    async def admit(self, talk: Talk) -> None:
        """Raises a 403 problem when nothing is taken from this shopper now."""
        block = await in_thread(self._blocks.of, talk.customer_id, talk.id)
        if block is not None:
            raise _refused(block)

    async def release(self, talk: Talk) -> Talk:
        """The shopper goes back to the bot. 403 blocked, 409 while an agent has the talk; nothing happens when the bot has it."""
        await self.admit(talk)
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
            await in_thread(self._store.rate, talk.id, score, masking.secrets(comment).text if comment else None)
        except NoSuchTalk:
            raise not_found() from None

    async def skip_rating(self, talk: Talk) -> None:
        """The question for a rating was put away."""
        try:
            await in_thread(self._turns.about.skip_rating, talk.id)
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
            "erased_at": instant(erased.at),
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


class _Blocked(Exception):
    def __init__(self, block: Block) -> None:
        super().__init__(block.subject)
        self.block = block


def _refused(block: Block) -> Problem:
    until = instant(block.until)
    return Problem(
        403, "blocked", "The shop takes no messages in this conversation; what is there can be read, copied and erased.", until=until
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
