"""An open talk at the desk: all that its view shows, reading it, taking a message back, and blocking its shopper.

Who may block: an agent in their own talk, for a day at most; leads in every talk and for as long as they say. Who blocked, or a lead,
takes it back. Rules ab_02 to ab_04 come first: a polite limit, then a supervisor.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from gateway import wording
from gateway.desk import Desk, staff_message
from gateway.desk_store import DeskStore
from gateway.events import Hub
from gateway.problems import Problem
from gateway.recalls import WITHIN, NoSuchMessage, NotTheirs, TooLate
from gateway.store import NoSuchTalk
from gateway.talks import StoredMessage, Talk, instant
from gateway.threads import in_thread
from gateway.wording import Wording
from shop.blocks import Block, Blocks
from shop.clock import Clock
from shop.deeds import Deeds
from shop.staff import LEADS, Member

# An agent alone blocks for so long at most; a longer one is a lead's.
AGENTS_HOURS = 24
# So far back the view looks for the summary of the last hand-over.
LOOK_BACK = 300


class TalkDesk:
    """The open talk of one shop's desk."""

    def __init__(
        self,
        store: DeskStore,
        desk: Desk,
        hub: Hub,
        words: Wording,
        blocks: Blocks,
        deeds: Deeds,
        clock: Clock,
        *,
        with_trace: bool,
    ) -> None:
        self._store = store
        self._desk = desk
        self._hub = hub
        self._words = words
        self._blocks = blocks
        self._deeds = deeds
        self._clock = clock
        self._with_trace = with_trace

    async def view(self, talk: Talk, before: int | None = None, limit: int = 100) -> dict[str, Any]:
        """A talk as staff see it: its messages with why they were said, notes, deeds, and how it stands."""
        messages, more = await self._desk.history(talk, before, limit)
        notes = await self._desk.notes(talk)
        deeds = await in_thread(self._deeds.of_talk, talk.id)
        return {
            "id": talk.id,
            "owner": talk.owner,
            "customer_id": talk.customer_id,
            "product_id": talk.product_id,
            "created_at": instant(talk.created_at),
            "last_seq": talk.last_seq,
            "messages": messages,
            "has_more": more,
            "notes": [{"id": note.id, "staff": note.staff_id, "text": note.text, "at": instant(note.at)} for note in notes],
            "deeds": [{"staff": deed.staff_id, "kind": deed.kind, "ref": deed.ref, "at": instant(deed.at)} for deed in deeds],
            **await self.standing(talk, messages if before is None else ()),
        }

    async def standing(self, talk: Talk, newest: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
        """How far it was read, whether the shopper is here, whether they are blocked, and the last hand-over (looked for in ``newest``
        and before)."""
        block = await in_thread(self._blocks.of, talk.customer_id, talk.id)
        handed = next((message["hand_over"] for message in reversed(newest) if (message["hand_over"] or {}).get("summary")), None)
        if handed is None and newest and newest[0]["seq"] > 1:
            handed = await in_thread(self._handed, talk.id, newest[0]["seq"])
        return {
            "read": {"shop": talk.read_by_shop, "shopper": talk.read_by_shopper},
            "here": self._hub.is_here(talk.id),
            "blocked": None if block is None else block_out(block),
            "hand_over": handed,
            "recall_seconds": int(WITHIN.total_seconds()),
        }

    async def read(self, member: Member, talk: Talk, seq: int) -> None:
        """The agent has read up to a seq, which the shopper's windows show. 409 when the talk is not theirs: a look is no reading."""
        if talk.owner != f"agent:{member.id}":
            raise Problem(409, "not-yours", "Only who has the conversation reads it for the shop.", owner=talk.owner)
        if await in_thread(self._store.positions.read_to, talk.id, "shop", seq):
            self._hub.publish(talk.id, {"type": "read", "by": "shop", "seq": seq})

    async def recall(self, member: Member, talk: Talk, message_id: str) -> dict[str, Any]:
        """Take an agent's message back: the message as staff see it now. Again it changes nothing.

        404 no such message of an agent, 403 a colleague's (leads may), 409 ``recall-late`` after two minutes.
        """
        said = await in_thread(lambda: self._words.say(wording.RECALLED, {}))
        trace = {"script": said.script, "response": said.name}
        lead = member.role in LEADS
        try:
            changed, new = await in_thread(
                lambda: self._store.recalls.recall(talk.id, message_id, member.id, said.bubbles[0], trace, any_agents=lead)
            )
        except NoSuchMessage:
            raise Problem(404, "not-found", "There is no such message of an agent in this conversation.") from None
        except NotTheirs:
            raise Problem(403, "not-your-message", "A colleague wrote this message; a lead may recall it.") from None
        except TooLate:
            raise Problem(409, "recall-late", f"A message can be recalled for {int(WITHIN.total_seconds())} s after it was sent.") from None
        if new:
            await in_thread(lambda: self._deeds.log(member.id, "recall", conversation_id=talk.id, ref=message_id))
            self._tell(talk.id, changed)
        return staff_message(changed[0])

    async def block(self, member: Member, talk: Talk, reason: str, hours: int | None) -> Block:
        """Take no messages of this shopper for so many hours (None: until it is lifted), say so, and end the talk.

        403 for longer than an agent may, 409 when somebody else has the talk, 422 without a reason.
        """
        self._may(member, talk)
        if member.role not in LEADS and (hours is None or hours > AGENTS_HOURS):
            raise Problem(403, "block-long", f"An agent blocks for at most {AGENTS_HOURS} hours; ask a supervisor for longer.")
        until = None if hours is None else self._clock.now() + timedelta(hours=hours)
        try:
            block = await in_thread(lambda: self._blocks.put(talk.id, member.id, reason, until=until))
        except ValueError as error:
            raise Problem(422, "reason", f"Say why: {error}.") from None
        except LookupError:
            raise Problem(404, "not-found", "There is no such conversation.") from None
        await in_thread(lambda: self._deeds.log(member.id, "block", conversation_id=talk.id, payload={"hours": hours}))
        await self._say(talk, wording.BLOCKED, "closed", ("bot", "queue", "agent", "closed"))
        return block

    async def lift(self, member: Member, talk: Talk) -> None:
        """Take this shopper's messages again and say so. 404 when there is no block, 403 when a colleague made it (leads may)."""
        block = await in_thread(self._blocks.of, talk.customer_id, talk.id)
        if block is None:
            raise Problem(404, "not-blocked", "The messages of this shopper are taken.")
        if block.staff_id != member.id and member.role not in LEADS:
            raise Problem(403, "not-your-block", "A colleague blocked this shopper; they or a lead may lift it.")
        await in_thread(self._blocks.lift, talk.customer_id, talk.id)
        await in_thread(lambda: self._deeds.log(member.id, "unblock", conversation_id=talk.id, ref=block.staff_id))
        await self._say(talk, wording.UNBLOCKED, "closed", ("closed",))

    async def blocks(self) -> list[Block]:
        """Everybody whose messages are not taken now."""
        return await in_thread(self._blocks.all)

    @staticmethod
    def _may(member: Member, talk: Talk) -> None:
        if talk.owner != f"agent:{member.id}" and member.role not in LEADS:
            raise Problem(409, "not-yours", "Take the conversation first.", owner=talk.owner)

    async def _say(self, talk: Talk, name: str, owner: str, expected: Sequence[str]) -> None:
        said = await in_thread(self._desk.system_says, name, talk.last_seq, {})
        try:
            stored = await in_thread(self._store.set_owner, talk.id, owner, said, expected)
        except NoSuchTalk:
            raise Problem(404, "not-found", "There is no such conversation.") from None
        if stored is not None:
            await self._desk.publish(talk.id, stored)

    def _tell(self, talk_id: str, changed: Sequence[StoredMessage]) -> None:
        for message in changed:
            self._hub.publish(talk_id, {"type": "message", "message": message.public(self._with_trace), "changed": True})

    def _handed(self, talk_id: str, seq: int) -> dict[str, Any] | None:
        found, _ = self._store.messages(talk_id, before=seq, limit=LOOK_BACK)
        handed = (staff_message(message)["hand_over"] for message in reversed(found))
        return next((one for one in handed if (one or {}).get("summary")), None)


def block_out(block: Block) -> dict[str, Any]:
    """A block as the API says it."""

    kind, _, name = block.subject.partition(":")
    return {
        "customer_id": name if kind == "customer" else None,
        "talk_id": block.conversation_id,
        "staff": block.staff_id,
        "reason": block.reason,
        "at": instant(block.at),
        "until": instant(block.until),
    }
