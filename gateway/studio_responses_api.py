"""Responses over HTTP: the list, one with its uses, the check and the preview while somebody types, and the edit that a change is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from gateway.problems import Problem
from gateway.script_values import ScriptValues
from gateway.services import Services, of
from gateway.staff_access import needs
from gateway.studio import Studio
from gateway.studio_schemas import LONGEST_BLOCK, findings_out
from gateway.threads import in_thread
from policy.intent_names import groups
from policy.masking import personal
from policy.words import word
from shop.clock import SHANGHAI, local_day
from shop.db import reading
from shop.models import Order
from shop.proofs import Proofs
from shop.staff import TRAINERS
from shop.staff_sessions import Login
from shop.tickets import Tickets
from studio.checks.responses import of_response
from studio.edits import Edit
from studio.filling import preview
from studio.guard import findings
from studio.response_rules import response_rules
from studio.responses import Response, State, listed, propose, remove, response, responses, vocabulary

router = APIRouter(prefix="/api/v1/staff/studio/responses", tags=["studio"])
Trainer = Annotated[Login, needs(TRAINERS)]
Name = Annotated[str, InPath(max_length=100)]
ORDERS = 20
MOST_VARIATIONS = 40


class VariationsIn(BaseModel):
    """The variations of a response as they would be, in the file's own form."""

    model_config = ConfigDict(extra="forbid")
    path: str = Field(max_length=200)
    variations: list[dict[str, Any]] = Field(max_length=MOST_VARIATIONS)


class CheckIn(VariationsIn):
    """What to look at it with: an ``order`` of the shop, circumstances (speaker, profile, address_style …) and a moment."""

    order: str | None = Field(default=None, max_length=64)
    circumstances: dict[str, str] = Field(default_factory=dict, max_length=8)
    at: datetime | None = None


class ProposeIn(VariationsIn):
    """``base``: the block as the page had it; null: a new response."""

    base: str | None = Field(default=None, max_length=LONGEST_BLOCK)


class RemoveIn(BaseModel):
    """The block as the page had it."""

    model_config = ConfigDict(extra="forbid")
    base: str = Field(max_length=LONGEST_BLOCK)


class ListOut(BaseModel):
    """A page of the list; ``topics``: how many there are of each that fit the words and the state."""

    responses: list[dict[str, Any]]
    total: int
    topics: dict[str, int]
    files: dict[str, str]


class ResponseOut(BaseModel):
    """One response with all it is made of."""

    name: str
    path: str
    topic: str
    line: int
    base: str
    variations: list[dict[str, Any]]
    marks: list[str]
    values: list[str]
    uses: list[dict[str, Any]]
    findings: list[dict[str, Any]]


class CheckOut(BaseModel):
    """Findings, every variation filled in, and the values that were put in with where they come from (order or example)."""

    findings: list[dict[str, Any]]
    preview: list[dict[str, Any]]
    values: list[dict[str, Any]]


class ProposedOut(BaseModel):
    """Edits for /studio/save, and what they would bring."""

    edits: list[dict[str, Any]]
    findings: list[dict[str, Any]]


class VocabularyOut(BaseModel):
    """What a response may name: values, intents for buttons, conditions."""

    values: list[dict[str, Any]]
    intents: list[dict[str, str]]
    conditions: list[dict[str, Any]]
    longest_bubble: int


class OrdersOut(BaseModel):
    """Orders to preview with, newest first; nothing of who bought."""

    orders: list[dict[str, str]]


@router.get("", response_model=ListOut)
async def responses_list(
    _: Trainer,
    request: Request,
    q: Annotated[str, Query(max_length=100)] = "",
    topic: Annotated[str, Query(max_length=64)] = "",
    state: State = "all",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Responses whose name, words, buttons or script hold all of the words."""
    services = of(request)

    def read() -> dict[str, Any]:
        workspace, now = services.studio.workspace, services.clock.now()
        fitting = listed(workspace, now, words=q, state=state)
        found = [one for one in fitting if not topic or one.topic == topic]
        return {
            "responses": [_short(one, now) for one in found[offset : offset + limit]],
            "total": len(found),
            "topics": dict(Counter(one.topic for one in fitting)),
            "files": {one.topic: one.path for one in responses(workspace).values()},
        }

    return await in_thread(read)


def _short(one: Response, now: datetime) -> dict[str, Any]:
    return {
        "name": one.name,
        "path": one.path,
        "topic": one.topic,
        "line": one.line,
        "text": one.text[:200],
        "variations": len(one.variations),
        "marks": one.marks(now),
        "uses": sum(use.kind != "test" for use in one.uses),
        "scripts": one.scripts,
    }


@router.get("/vocabulary", response_model=VocabularyOut)
async def vocabulary_out(_: Trainer, request: Request) -> dict[str, Any]:
    """What can be put into a response, with Chinese names."""
    services = of(request)
    intents = [{"name": intent, "label": label, "group": group} for group, names in groups().items() for intent, label in names.items()]
    return {
        "values": await in_thread(vocabulary, services.studio.workspace),
        "intents": intents,
        "conditions": [asdict(one) for one in response_rules().circumstances],
        "longest_bubble": response_rules().longest_bubble,
    }


@router.get("/orders", response_model=OrdersOut)
async def orders(_: Trainer, request: Request, q: Annotated[str, Query(max_length=64)] = "") -> dict[str, Any]:
    """Orders to look at a response with: number, product, state and day."""
    services = of(request)

    def read() -> list[dict[str, str]]:
        query = select(Order.id).where(Order.shop_id == services.settings.shop_id).order_by(Order.ordered_at.desc(), Order.id)
        if q.strip():
            query = query.where(Order.id.contains(q.strip(), autoescape=True))
        with reading(services.database) as session:
            ids = list(session.scalars(query.limit(ORDERS)))
        known = (services.shop.order(one) for one in ids)
        return [
            {
                "id": one.order_id,
                "product": one.product.name,
                "variant": one.variant or "",
                "state": word("states", one.state) or one.state,
                "day": local_day(one.ordered_at).isoformat(),
            }
            for one in known
            if one is not None
        ]

    return {"orders": await in_thread(read)}


@router.get("/{name}", response_model=ResponseOut)
async def response_one(_: Trainer, name: Name, request: Request) -> dict[str, Any]:
    """One response; 422 studio when there is none of that name."""
    services = of(request)

    def read() -> dict[str, Any]:
        workspace = services.studio.workspace
        one = response(workspace, name)
        variations = [dict(each) for each in one.variations]
        return {
            **_short(one, services.clock.now()),
            "base": one.base,
            "variations": variations,
            "values": one.values,
            "uses": [asdict(use) for use in one.uses],
            "findings": findings_out(of_response(workspace, one.path, one.name, variations)),
        }

    return await in_thread(read)


@router.post("/{name}/check", response_model=CheckOut)
async def check(_: Trainer, name: Name, body: CheckIn, request: Request) -> dict[str, Any]:
    """What speaks against these variations, and how they would read. Nothing is written."""
    services = of(request)

    def read() -> dict[str, Any]:
        workspace = services.studio.workspace
        known = responses(workspace).get(name)
        before = list(known.variations) if known is not None else None
        found = of_response(workspace, body.path, name, body.variations, before=before)
        values = _values(services, body.order)
        at = body.at or services.clock.now()
        at = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
        plain = {each: value["value"] for each, value in values.items()}
        circumstances = {"speaker": "bot", "outlet": "own_site", "profile": "own_site", "address_style": "nin", **body.circumstances}
        try:
            shown = [asdict(one) for one in preview(body.variations, plain, circumstances, at)]
        except (ValueError, TypeError, AttributeError):
            shown = []  # an unreadable date or a part of the wrong form: the findings name it
        used = Response(name, body.path, 0, "", [one for one in body.variations if isinstance(one.get("text", ""), str)], ()).values
        return {"findings": findings_out(found), "preview": shown, "values": [values[each] for each in used if each in values]}

    return await in_thread(read)


def _values(services: Services, order_id: str | None) -> dict[str, dict[str, Any]]:
    """Every value a response may name: what the order and the shop say, else a typical one; nothing of who bought."""
    rules = response_rules()
    found: dict[str, dict[str, Any]] = {
        one.name: {"name": one.name, "label": one.label, "value": one.example, "source": "example"} for one in rules.variables.values()
    }
    shop_id, clock = services.settings.shop_id, services.clock
    reader = ScriptValues(
        services.shop, services.store, Proofs(services.database, shop_id, clock), Tickets(services.database, shop_id, clock), clock
    )
    if order_id is not None and services.shop.order(order_id) is None:
        raise Problem(404, "not-found", "没有这个订单。")
    known: Mapping[str, str] = reader.of(None, rules.variables, order_id=order_id).values
    for name, value in known.items():
        if name in found:
            # The shop's own return address is said to every shopper; what an order knows of its buyer is not.
            shown = value if name.startswith("return_") else personal(value).text
            found[name] |= {"value": shown, "source": "order" if order_id and name not in ("shop",) else "shop"}
    return found


@router.post("/{name}/propose", response_model=ProposedOut)
async def propose_change(_: Trainer, name: Name, body: ProposeIn, request: Request) -> dict[str, Any]:
    """The edit that gives a response these variations; saved by /studio/save."""
    studio = of(request).studio
    return await in_thread(lambda: _proposed(studio, propose(studio.workspace, name, body.path, body.variations, body.base)))


@router.post("/{name}/remove", response_model=ProposedOut)
async def propose_removal(_: Trainer, name: Name, body: RemoveIn, request: Request) -> dict[str, Any]:
    """The edit that removes a response; 422 studio naming the places that use it."""
    studio = of(request).studio
    return await in_thread(lambda: _proposed(studio, remove(studio.workspace, name, body.base)))


def _proposed(studio: Studio, edit: Edit) -> dict[str, Any]:
    return {"edits": [asdict(edit)], "findings": findings_out(findings(studio.workspace, [edit]))}
