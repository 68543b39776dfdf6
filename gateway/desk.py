"""What an agent does with talks: take, answer, note, pass on, give back, close. Every deed is logged; the bot is silent meanwhile.

A talk belongs to one agent. Leads (supervisor, admin) may step in to a colleague's talk; nobody else may.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway import wording
from gateway.answers import Answers
from gateway.boxes import Box, Summary
from gateway.desk_store import DeskStore, NotYours
from gateway.drafts import Drafts
from gateway.events import Hub
from gateway.problems import Problem
from gateway.script_texts import gaps
from gateway.store import ClientIdReused, NoSuchTalk, UnknownAttachment
from gateway.suggest import Offer, Suggestions, source_of
from gateway.talks import PUBLIC_TRACE, Draft, StoredMessage, Talk
from gateway.threads import in_thread
from gateway.turns import Turns
from gateway.wording import Wording
from policy.wording import blocks
from shop.deeds import Deeds, Note, SuggestionUses
from shop.staff import LEADS, TALKS, Member, StaffAccounts, UnknownMember
from shop.staff_sessions import Login

log = logging.getLogger(__name__)

LONGEST_ANSWER = 2_000
# What is kept of a suggestion.
OFFERED = ("text", "intent", "intents", "script", "response", "table", "row", "source", "confidence", "image")
# What of it stays with the message that was sent.
TRACED = ("intent", "confidence", "script", "response", "table", "row")


class Desk:
    """The desk of one shop."""

    def __init__(
        self,
        store: DeskStore,
        answers: Answers,
        turns: Turns,
        hub: Hub,
        words: Wording,
        values: Callable[[], dict[str, str]],
        suggestions: Suggestions,
        staff: StaffAccounts,
        deeds: Deeds,
        uses: SuggestionUses,
        drafts: Drafts,
        *,
        with_trace: bool,
    ) -> None:
        self._store = store
        self._answers = answers
        self._turns = turns
        self._hub = hub
        self._words = words
        self._values = values
        self._suggestions = suggestions
        self._staff = staff
        self._deeds = deeds
        self._uses = uses
        self.drafts = drafts
        self._with_trace = with_trace
        self._telling: dict[str, asyncio.Task[None]] = {}

    async def box(self, member: Member, box: Box, search: str, limit: int) -> list[Summary]:
        """The talks of a box."""
        return await in_thread(lambda: self._store.box(box, member.id, search=search, limit=limit))

    async def talk(self, talk_id: str) -> Talk:
        """A talk of this shop. Raises a 404 problem."""
        talk = await in_thread(self._store.talk, talk_id)
        if talk is None:
            raise Problem(404, "not-found", "There is no such conversation.")
        return talk

    async def take(self, member: Member, talk: Talk) -> Talk:
        """Make the talk this agent's: from queue, bot or closed; a lead also from a colleague. 409 when a colleague has it."""
        said = await in_thread(self.system_says, wording.TAKEN, talk.last_seq, {"staff": member.number})
        try:
            stored = await in_thread(lambda: self._store.take_over(talk.id, member.id, said, from_colleague=member.role in LEADS))
        except (NoSuchTalk, NotYours) as error:
            raise self._refused(error) from None
        if stored is not None:
            kind = "step_in" if talk.owner_word == "agent" else "take"
            await in_thread(lambda: self._deeds.log(member.id, kind, conversation_id=talk.id, ref=talk.owner))
            await self.publish(talk.id, stored)
        return await self.talk(talk.id)

    async def assign(self, member: Member, talk: Talk) -> bool:
        """Give a waiting talk to a member who is there; False when somebody else was quicker or it is gone."""
        said = await in_thread(self.system_says, wording.TAKEN, talk.last_seq, {"staff": member.number})
        try:
            stored = await in_thread(lambda: self._store.take_over(talk.id, member.id, said, from_colleague=False, only_waiting=True))
        except (NoSuchTalk, NotYours):
            return False
        if stored is None:
            return False
        await in_thread(lambda: self._deeds.log(member.id, "assigned", conversation_id=talk.id, ref=talk.owner))
        await self.publish(talk.id, stored)
        self._hub.publish_to_staff(talk.id, {"type": "assigned", "to": member.id, "by": None, "note": None})
        return True

    async def give(self, member: Member, talk: Talk, to: str, note: str | None = None) -> Talk:
        """Give the talk to ``bot``, ``queue``, ``closed`` or a colleague's id. 409 when it is not this agent's, 422 no such colleague."""
        owner, name, values = to, {"bot": wording.RELEASED, "queue": wording.REQUEUED, "closed": wording.ENDED}.get(to), {}
        if name is None:
            colleague = await self._colleague(to)
            owner, name, values = f"agent:{colleague.id}", wording.PASSED, {"staff": colleague.number}
        if note:
            await self.note(member, talk, note)
        await self._tell(talk)
        said = await in_thread(self.system_says, name, talk.last_seq, values)
        try:
            stored = await in_thread(lambda: self._store.give(talk.id, member.id, owner, said, from_colleague=member.role in LEADS))
        except (NoSuchTalk, NotYours) as error:
            raise self._refused(error) from None
        kind = {"bot": "release", "queue": "requeue", "closed": "close"}.get(to, "transfer")
        await in_thread(lambda: self._deeds.log(member.id, kind, conversation_id=talk.id, ref=owner))
        await self.publish(talk.id, stored)
        if kind == "transfer":
            self._hub.publish_to_staff(talk.id, {"type": "assigned", "to": to, "by": member.number, "note": note})
        return await self.talk(talk.id)

    async def say(
        self,
        login: Login,
        talk: Talk,
        client_id: str,
        text: str,
        *,
        use: str | None = None,
        place: int | None = None,
        confirmed: bool = False,
        scripts: Sequence[str] = (),
        picture: str | None = None,
        files: Sequence[str] = (),
    ) -> tuple[StoredMessage, str | None]:
        """Send an agent's words, or ``files`` they have uploaded, or both; (message, what became of the suggestion it came from).

        409 when the talk is not theirs; 422 ``gap`` when a value is still missing, which no confirmation sends; 422 with ``findings``
        when the words must not or should not go out: they go with ``confirmed``, which is written down.
        """
        member, clean = login.member, text.strip()
        if len(clean) > LONGEST_ANSWER or not (clean or files):
            raise Problem(422, "length", f"An answer has 1 to {LONGEST_ANSWER} characters.")
        if missing := gaps(clean):
            raise Problem(422, "gap", "A value is still missing: fill it in before sending.", missing=missing)
        offered = [] if use is None else await in_thread(lambda: self._uses.offer(talk.id, member.id, use))
        taken = offered[place] if place is not None and place < len(offered) else None
        findings = await in_thread(lambda: self.drafts.findings(clean, talk, said=self.drafts.scripts(scripts, talk)))
        serious = [one for one in findings if one.severity in ("block", "ask")]
        if serious and not confirmed:
            kind = "wording-block" if blocks(serious) else "wording-ask"
            raise Problem(422, kind, "The words want a second look.", findings=await in_thread(self.drafts.told, clean, serious, talk))
        trace = {"staff": member.id, "number": member.number, **_origin(use, place, taken, scripts)}
        image = str(taken["image"]) if picture == "use" and taken and taken.get("image") else None
        try:
            message, new = await in_thread(lambda: self._store.say(talk.id, member.id, client_id, clean, trace, files, image=image))
        except ClientIdReused:
            raise Problem(409, "client-id-reused", "This client_id was used for another message; make a new one for each.") from None
        except UnknownAttachment:
            raise Problem(422, "unknown-attachment", "A file was not uploaded by you to this conversation, or is sent already.") from None
        except (NoSuchTalk, NotYours) as error:
            raise self._refused(error) from None
        if not new:
            return message, None
        # A picture alone answers nothing that was suggested.
        outcome = await in_thread(lambda: self._uses.settle(talk.id, member.id, clean, use=use, place=place)) if clean else None
        if serious:
            rules = {"rules": sorted({one.rule for one in serious})}
            await in_thread(lambda: self._deeds.log(member.id, "wording_overruled", conversation_id=talk.id, ref=message.id, payload=rules))
        self._hub.publish(talk.id, {"type": "message", "message": message.public(self._with_trace)})
        self.told_later(talk)
        return message, outcome

    async def suggest(self, member: Member, talk: Talk, message_id: str | None, most: int) -> tuple[Offer, str | None]:
        """Suggestions for a shopper's message (the newest when None), and the id under which their use is counted.

        404 when there is no such message of a shopper.
        """
        message = await in_thread(self._message, talk.id, message_id)
        if message is None:
            raise Problem(404, "not-found", "There is no such message of the shopper in this conversation.")
        telling = self._telling.get(talk.id)
        if telling is not None:
            await asyncio.wait([telling])
        offer = await self._suggestions.for_message(talk, message, most)
        # What the shop has turned off is not suggested either; it holds from the next question on.
        kept = await in_thread(self._answers.suggested, offer.suggestions)
        offer = replace(offer, suggestions=kept, reason=offer.reason or (None if kept else "nothing"))
        use = None
        if talk.owner == f"agent:{member.id}":
            noted = [{name: one[name] for name in OFFERED} for one in offer.suggestions]
            try:
                use = await in_thread(lambda: self._uses.offered(talk.id, message.id, member.id, noted, offer.took_ms))
            except LookupError:
                raise Problem(404, "not-found", "There is no such conversation.") from None
        return offer, use

    async def note(self, member: Member, talk: Talk, text: str) -> Note:
        """Note something for colleagues. 422 when it is empty or too long."""
        try:
            kept = await in_thread(lambda: self._deeds.add_note(talk.id, member.id, text))
        except ValueError as error:
            raise Problem(422, "note", str(error)) from None
        except LookupError:
            raise Problem(404, "not-found", "There is no such conversation.") from None
        await in_thread(lambda: self._deeds.log(member.id, "note", conversation_id=talk.id, ref=kept.id))
        self._hub.publish_to_staff(talk.id, {"type": "note"})
        return kept

    async def history(self, talk: Talk, before: int | None, limit: int) -> tuple[list[dict[str, Any]], bool]:
        """Messages as staff see them, with the trace, the hand-over's summary and how the shopper's own was read."""
        found, more = await in_thread(lambda: self._store.messages(talk.id, before=before, limit=limit))
        return [staff_message(message) for message in found], more

    async def notes(self, talk: Talk) -> list[Note]:
        """The talk's notes."""
        return await in_thread(self._deeds.notes, talk.id)

    def typing(self, talk: Talk, *, on: bool) -> None:
        """The agent types: the shopper's window shows it."""
        self._hub.publish(talk.id, {"type": "typing", "from": "agent", "on": on})

    async def stop(self) -> None:
        """Let what is being told to the engine end."""
        await asyncio.gather(*self._telling.values(), return_exceptions=True)

    def _message(self, talk_id: str, message_id: str | None) -> StoredMessage | None:
        if message_id is not None:
            found = self._store.message(talk_id, message_id)
            return found if found is not None and found.sender == "shopper" else None
        newest, _ = self._store.messages(talk_id, limit=50)
        return next((message for message in reversed(newest) if message.sender == "shopper"), None)

    async def _colleague(self, staff_id: str) -> Member:
        try:
            colleague = await in_thread(self._staff.get, staff_id)
        except UnknownMember:
            raise Problem(422, "colleague", "`to` is bot, queue, closed, or the id of a colleague.") from None
        if not colleague.active or colleague.role not in TALKS:
            raise Problem(422, "colleague", f"{colleague.name} takes no talks.")
        return colleague

    def system_says(self, name: str, turn: int, values: dict[str, str]) -> list[Draft]:
        """A response of the gateway's own as what the system says in a talk."""
        said = self._words.say(name, {**self._values(), **values}, turn)
        trace = {"script": said.script, "response": name}
        return [Draft("system", text, (), None, None, trace, said.spoken.bubbled(place)) for place, text in enumerate(said.bubbles)]

    async def publish(self, talk_id: str, stored: Sequence[StoredMessage]) -> None:
        """Show stored messages in the talk's windows, and who has it now."""
        for message in stored:
            self._hub.publish(talk_id, {"type": "message", "message": message.public(self._with_trace)})
        await self._turns.tell_owner(talk_id)

    async def _tell(self, talk: Talk) -> None:
        telling = self._telling.get(talk.id)
        if telling is not None:
            await asyncio.wait([telling])
        await self._suggestions.told(talk)

    def told_later(self, talk: Talk) -> None:
        """Tell the engine without keeping the agent waiting, one telling of a talk at a time."""
        before = self._telling.get(talk.id)

        async def tell() -> None:
            if before is not None:
                await asyncio.wait([before])
            await self._suggestions.told(talk)

        task = asyncio.create_task(tell(), name=f"told {talk.id}")
        self._telling[talk.id] = task
        task.add_done_callback(lambda done: self._told(talk.id, done))

    def _told(self, talk_id: str, done: asyncio.Task[None]) -> None:
        if self._telling.get(talk_id) is done:
            del self._telling[talk_id]
        if not done.cancelled() and done.exception() is not None:
            log.error("the engine was not told of talk %s", talk_id, exc_info=done.exception())

    @staticmethod
    def _refused(error: NoSuchTalk | NotYours) -> Problem:
        if isinstance(error, NotYours):
            return Problem(409, "not-yours", "Somebody else has this conversation now.", owner=error.owner)
        return Problem(404, "not-found", "There is no such conversation.")


def _origin(use: str | None, place: int | None, taken: Mapping[str, Any] | None, scripts: Sequence[str]) -> dict[str, Any]:
    """Where an agent's words came from, for the message's trace."""
    origin: dict[str, Any] = {} if use is None else {"use": use, "place": place}
    if taken is not None:
        origin |= {name: taken[name] for name in TRACED if taken.get(name) is not None}
    if scripts:
        origin |= {"scripts": list(scripts), "script": origin.get("script") or scripts[0]}
    return origin


def staff_message(message: StoredMessage) -> dict[str, Any]:
    """A message as staff see it: with why it was said, and of a recalled one (``system`` says it now) what it was and whose."""
    trace = {key: message.trace[key] for key in (*PUBLIC_TRACE, "intents", "ranking", "entities", "response", "actions", "mode", "failure")
             if message.trace.get(key) is not None}  # fmt: skip
    if trace.get("row"):
        trace["source"] = source_of(trace.get("table"), trace["row"])
    card = dict(message.card or {})
    recalled = message.trace.get("recalled")
    return {
        **message.public(with_trace=False),
        "trace": trace or None,
        "hand_over": card.get("hand_over") or message.trace.get("hand_over"),
        "suggestion": message.trace.get("suggestion"),
        "held": message.trace.get("held"),
        "staff": message.trace.get("staff"),
        "number": message.trace.get("number"),
        "recalled": recalled,
    }
