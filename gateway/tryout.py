"""Trying the bot out: a trainer's talk in the dark with the live release or a candidate, and a real talk said again to both.

Nothing is stored and nothing counted: the engine keeps a tried talk in its memory (engine/rehearse.py). Of a real shopper a trainer reads
only what is masked; who may be signed in for a try is only an invented customer of the demonstration shop.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway.demo import seeded_customers
from gateway.problems import Problem
from gateway.rasa_client import EngineError, EngineLost, RasaClient
from gateway.store import Store
from gateway.studio import Studio
from gateway.talks import StoredMessage, Talk, for_engine, joined
from gateway.threads import in_thread
from policy.masking import personal
from shop.catalogue import ShopRepository
from shop.clock import Clock, local_day
from shop.db import reading
from shop.models import Conversation, Customer, Message
from studio.replay import Answer, differences, of_turn
from studio.responses import responses

Side = Literal["live", "candidate"]
SIDES: tuple[Side, ...] = ("live", "candidate")
MOST_LINES = 10  # of one request, as the engine's
MOST_REPLAYED = 100  # messages of a real talk
STEP = 4  # messages of a replay in one request: it is drawn while it goes on
LISTED = 30
SEARCHED = 1_500  # newest talks in whose first words is looked
HIDDEN = "（个人信息）"
_TELLING = re.compile(r"[\u3400-\u9fff@]|\d{4}")
# Slots and values that name or find a person.
PERSONAL = {"name", "address", "addresses", "phone", "receiver", "email", "tax_number", "phone_tail", "invoice"}


@dataclass(frozen=True)
class Said:
    """A message of a real talk, several short ones joined; ``then``: what became of it."""

    text: str
    payload: str | None
    product_id: str | None
    then: Answer
    attachments: int = 0


@dataclass
class _Group:
    messages: list[StoredMessage] = field(default_factory=list)
    answers: list[StoredMessage] = field(default_factory=list)


class Tryouts:
    """The tries of one shop's trainers."""

    def __init__(
        self, engine: RasaClient, studio: Studio, shop: ShopRepository, store: Store, database: Engine, shop_id: str, clock: Clock
    ) -> None:
        self._engine = engine
        self._studio = studio
        self._shop = shop
        self._store = store
        self._database = database
        self._shop_id = shop_id
        self._clock = clock

    # -- who answers

    def candidate(self) -> tuple[str, str] | None:
        """(release, engine's address) of the candidate that runs beside the live release; None when none does."""
        for one in (self._studio.releases.addresses() or {}).get("also") or ():
            if one.get("role") == "candidate" and one.get("engine"):
                return str(one.get("release")), str(one["engine"])
        return None

    def _client(self, side: Side) -> RasaClient:
        if side == "live":
            return self._engine
        running = self.candidate()
        if running is None:
            raise Problem(409, "no-candidate", "候选版本没有在运行，先启动它。")
        return self._engine.beside(running[1])

    async def _ask(
        self, side: Side, sender: str, lines: Sequence[Mapping[str, Any]], said: int, metadata: Mapping[str, Any]
    ) -> dict[str, Any]:
        client = await in_thread(self._client, side)
        try:
            return await client.rehearse(sender, lines, said=said, metadata=metadata)
        except EngineLost as lost:
            raise Problem(409, "try-lost", "这段试聊已经不在了（重启、太久没动或换了版本），会从头再说一遍。") from lost
        except EngineError as error:
            raise Problem(503, "engine", f"引擎现在答不了（{error.reason}），稍后再试。", headers={"Retry-After": "5"}) from error

    def _about(self, sender: str, customer: str | None, product: str | None, **more: Any) -> dict[str, Any]:
        return {
            "shop_id": self._shop_id,
            "customer_id": customer,
            "conversation_id": sender,
            "dry_run": True,
            "product_id": product,
            "photo_ids": [],
            "masked": True,
            **more,
        }

    # -- a talk of one's own

    def customers(self) -> list[dict[str, Any]]:
        """Who a trainer may be: the invented customers of the demonstration shop; in another shop nobody."""
        if self._shop_id != "demo":
            return []
        known = (self._shop.customer(one) for one in seeded_customers())
        return [{"id": one.customer_id, "name": one.name, "orders": len(self._shop.orders_of(one.customer_id))} for one in known if one]

    async def say(
        self, staff: str, talk: str, side: Side, said: int, lines: Sequence[Mapping[str, Any]], customer: str | None, product: str | None
    ) -> dict[str, Any]:
        """Say something in a tried talk, after its first ``said`` messages. Problem 409 try-lost: say it all again; 409 no-candidate."""
        if customer is not None and (self._shop_id != "demo" or customer not in seeded_customers()):
            raise Problem(422, "customer", "试聊只能用演示店铺的顾客，或不登录。")
        sender = f"try:{staff}:{side}:{talk}"
        plain = [{"payload": one["payload"]} if one.get("payload") else {"text": for_engine(str(one["text"]))} for one in lines]
        found = await self._ask(side, sender, plain, said, self._about(sender, customer, product))
        turns = found["turns"] if self._shop_id == "demo" else [masked(one, ()) for one in found["turns"]]
        return {"turns": turns, "model": found.get("model"), "said": said + len(lines)}

    # -- a real talk

    def talks(self, words: str = "") -> list[dict[str, Any]]:
        """Talks of shoppers with the bot, the newest first, for a replay: day, how long, the first words masked."""
        query = (
            select(Conversation.id, Customer.name, Customer.phone)
            .outerjoin(Customer, (Customer.shop_id == self._shop_id) & (Customer.id == Conversation.customer_id))
            .where(Conversation.shop_id == self._shop_id)
            .order_by(Conversation.updated_at.desc(), Conversation.id)
            .limit(SEARCHED)
        )
        found: list[dict[str, Any]] = []
        with reading(self._database) as session:
            newest = session.execute(query).all()
            for start in range(0, len(newest), LISTED):
                some = newest[start : start + LISTED]
                firsts = self._firsts(session, [one.id for one in some])
                for talk, name, phone in some:
                    first = firsts.get(talk)
                    shown = personal(first.text, [one for one in (name, phone) if one]).text if first else ""
                    if first is None or (words and words not in shown):
                        continue
                    found.append({"id": talk, "day": local_day(first.last).isoformat(), "messages": first.number, "first": shown[:80]})
                    if len(found) == LISTED:
                        return found
        return found

    def _firsts(self, session: Session, talks: Sequence[str]) -> dict[str, Any]:
        """The first words of these talks' shoppers, how many messages they wrote, and when the last."""
        own = (Message.shop_id == self._shop_id, Message.conversation_id.in_(talks), Message.sender == "shopper", Message.text != "")
        columns = (func.count().label("number"), func.min(Message.seq).label("first"), func.max(Message.at).label("last"))
        counted = select(Message.conversation_id, *columns).where(*own).group_by(Message.conversation_id).subquery()
        of_first = (Message.conversation_id == counted.c.conversation_id) & (Message.seq == counted.c.first)
        query = select(counted, Message.text).join(Message, of_first).where(Message.shop_id == self._shop_id)
        return {one.conversation_id: one for one in session.execute(query)}

    def read(self, talk_id: str) -> tuple[Talk, list[Said], tuple[str, ...]]:
        """A talk's messages with what was answered then, and what is known of the person. Problem 404."""
        talk = self._store.talk(talk_id)
        if talk is None:
            raise Problem(404, "not-found", "没有这段对话，可能已经删除。")
        messages, _ = self._store.messages(talk_id, after=0, limit=MOST_REPLAYED * 4)
        customer = self._shop.customer(talk.customer_id) if talk.customer_id else None
        known = tuple(one for one in (customer.name, getattr(customer, "phone", None)) if one) if customer else ()
        return talk, [said for group in _groups(messages) if (said := _said(group)) is not None][:MOST_REPLAYED], known

    async def replay(self, staff: str, talk_id: str, at: int) -> dict[str, Any]:
        """The messages of a real talk from place ``at``, a few of them: then, live, and the candidate's answer when one runs."""
        talk, lines, known = await in_thread(self.read, talk_id)
        part = lines[at : at + STEP]
        candidate = await in_thread(self.candidate)
        sides: list[Side] = ["live", "candidate"] if candidate else ["live"]
        twins = await in_thread(self._twins)
        answers = await asyncio.gather(*(self._again(staff, talk, side, lines, at) for side in sides)) if part else [[] for _ in sides]
        out = []
        for place, said in enumerate(part):
            each = {side: found[place] for side, found in zip(sides, answers, strict=True)}
            made = {side: of_turn(one) for side, one in each.items()}
            out.append(
                {
                    "text": personal(said.text, known).text,
                    "button": said.payload is not None,
                    "attachments": said.attachments,
                    "then": _shown(said.then, known),
                    "sides": {side: masked(one, known) for side, one in each.items()},
                    "since": differences(said.then, made["live"], twins, words=False) if said.then.by == "bot" else [],
                    "between": differences(made["live"], made["candidate"]) if "candidate" in made else [],
                }
            )
        end = at + len(part)
        return {
            "lines": out,
            "total": len(lines),
            "next": end if end < len(lines) else None,
            "candidate": candidate[0] if candidate else None,
        }

    async def _again(self, staff: str, talk: Talk, side: Side, lines: Sequence[Said], at: int) -> list[dict[str, Any]]:
        sender = f"replay:{staff}:{side}:{talk.id}"
        # What the talk has proved and opened is read under its own id; in the dark nothing is written there.
        metadata = self._about(talk.id, talk.customer_id, talk.product_id, steady=True)

        async def ask(first: int, until: int) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            for start in range(first, until, MOST_LINES):
                some = [_line(one) for one in lines[start : min(start + MOST_LINES, until)]]
                found += (await self._ask(side, sender, some, start, metadata))["turns"]
            return found

        until = min(at + STEP, len(lines))
        try:
            return await ask(at, until)
        except Problem as problem:
            if problem.kind != "try-lost":
                raise
        # The engine was exchanged under a replay: from the beginning, of which the end is wanted.
        return (await ask(0, until))[at:]

    def _twins(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, one in responses(self._studio.workspace).items():
            for variation in one.variations:
                twin = (variation.get("metadata") or {}).get("twin")
                if twin:
                    found[name] = str(twin)
        return found


def _line(one: Said) -> dict[str, str]:
    return {"payload": one.payload} if one.payload else {"text": for_engine(one.text)}


def _groups(messages: Sequence[StoredMessage]) -> Iterator[_Group]:
    """Lines that were answered together, with the answers; what the shop says unasked belongs to nobody's question."""
    group = _Group()
    for one in messages:
        if one.sender == "shopper":
            if group.answers or (group.messages and not (one.joinable and group.messages[-1].joinable)):
                yield group
                group = _Group()
            group.messages.append(one)
        elif group.messages and one.sender in ("bot", "agent") and not one.trace.get("event"):
            group.answers.append(one)
    if group.messages:
        yield group


def _said(group: _Group) -> Said | None:
    """A group as it is said again; None for one that the engine never had (photos alone, a button of the window's own)."""
    last = group.messages[-1]
    payload = last.payload
    if payload is not None and not payload.startswith("/"):
        return None
    text = joined([one.text for one in group.messages])
    if payload is None and not text:
        return None
    files = sum(len(one.attachment_ids) for one in group.messages)
    return Said(text, payload, last.trace.get("product_id"), _then(group.answers), files)


def _then(answers: Sequence[StoredMessage]) -> Answer:
    own = [one for one in answers if one.sender == "bot"]
    if not own:
        return Answer("agent" if answers else "nobody", texts=tuple(one.text for one in answers if one.text))
    first = own[0].trace
    wished = [str(one["intent"]) for one in first.get("intents") or () if isinstance(one, Mapping) and one.get("intent")]
    intents = wished or ([str(first["intent"])] if first.get("intent") else [])
    return Answer(
        "bot",
        tuple(intents),
        tuple(one.text for one in own if one.text),
        tuple(dict.fromkeys(str(one.trace["response"]) for one in own if one.trace.get("response"))),
        tuple(dict.fromkeys(str(one.trace["row"]) for one in own if one.trace.get("row"))),
        tuple(str(button.get("title")) for one in own for button in one.buttons),
        any((one.card or {}).get("hand_over") for one in own),
    )


def _shown(answer: Answer, known: Sequence[str]) -> dict[str, Any]:
    return {**asdict(answer), "texts": [personal(one, known).text for one in answer.texts]}


def masked(turn: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    """A turn without what tells who somebody is: values of personal names go whole, every other text is masked.

    Words are shown only of a message that had nothing to hide: cut into pieces a name would not be known.
    """

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return personal(value, known).text if _TELLING.search(value) else value
        if isinstance(value, Mapping):
            return {str(key): clean(each) for key, each in value.items()}
        return [clean(each) for each in value] if isinstance(value, (list, tuple)) else value

    def named(values: Mapping[str, Any] | None) -> dict[str, Any]:
        return {name: _hidden(each) if name in PERSONAL else clean(each) for name, each in (values or {}).items()}

    def told(one: Mapping[str, Any], name: str) -> dict[str, Any]:
        hides = one.get(name) in PERSONAL
        return {key: _hidden(each) if hides and key in ("value", "text") else clean(each) for key, each in one.items()}

    wishes = [one for one in turn.get("wishes") or () if isinstance(one, Mapping)]
    hides = any(personal(str(one.get("text") or ""), known).hidden for one in wishes)
    return {
        **{key: clean(turn.get(key)) for key in ("replies", "state", "took_ms")},
        "tokens": [] if hides else list(turn.get("tokens") or ()),
        "wishes": [{**clean(one), "entities": [told(each, "entity") for each in one.get("entities") or ()]} for one in wishes],
        "decisions": [{**clean(one), "facts": named(one.get("facts"))} for one in turn.get("decisions") or ()],
        "spoken": [{"response": one.get("response"), "values": named(one.get("values"))} for one in turn.get("spoken") or ()],
        "slots": named(turn.get("slots")),
        "changed": named(turn.get("changed")),
        "events": [told(one, "name") for one in turn.get("events") or ()],
    }


def _hidden(value: Any) -> Any:
    return value if value in (None, "", [], {}) else HIDDEN
