"""How a shop's own system keeps the data fresh: ``PUT /api/v1/shop/{kind}/{id}`` with the integration token."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Request
from fastapi.responses import JSONResponse

from gateway.identity import bearer, same_secret
from gateway.problems import Problem, unauthorized
from gateway.services import Services, client_address, of
from gateway.threads import in_thread
from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.catalogue import ShopRepository, UnknownShop
from shop.integration import Integration, OlderVersion
from shop.records import InvalidRecord
from shop.return_records import Return, UnknownReturn
from shop.return_reports import ReturnReports
from shop.returns import Returns
from shop.rules import NotAllowed
from shop.ticket_records import UnknownTicket

router = APIRouter(prefix="/api/v1/shop", tags=["shop"])


def check_sender(request: Request) -> None:
    """The shop's own system and nobody else. Problem 401, 429."""
    services = of(request)
    services.rate.take("address", client_address(request))
    if not same_secret(bearer(request.headers.get("authorization")), services.settings.integration_token):
        raise unauthorized("Send the integration token as Authorization: Bearer.")


def bad_fields(error: InvalidRecord) -> Problem:
    """Every bad field by its name."""
    errors = [{"field": bad.field, "value": bad.value, "problem": bad.problem, "remedy": bad.remedy} for bad in error.errors]
    return Problem(422, "bad-fields", f"{len(errors)} field(s) cannot be stored.", errors=errors)


def _report(services: Services, ticket_id: str, payload: dict[str, Any]) -> tuple[str, Return]:
    """Store a step with the shop's own tables."""
    where = (services.database, services.settings.shop_id, services.clock)
    rules = Lifecycle(load_parameters(ShopRepository(*where).parameters(), services.clock.now()))
    return ReturnReports(Returns(*where, rules)).report(ticket_id, payload)


@router.put(
    "/returns/{ticket_id}",
    responses={
        200: {"description": "Stored, or unchanged"},
        401: {"description": "No integration token or a wrong one"},
        404: {"description": "No such ticket, or it expects no goods back"},
        409: {"description": "An older version, or a step that may not follow now (`need` says what is missing); nothing was changed"},
        422: {"description": "Bad fields, each named"},
    },
)
async def put_return_step(
    ticket_id: Annotated[str, Path(min_length=1, max_length=64)], payload: Annotated[dict[str, Any], Body()], request: Request
) -> JSONResponse:
    """A warehouse's report on goods that come back.

    `step`: sent_back {tracking} | received | inspected {finding: confirmed, no_fault or misuse; report} | refunded {amount, postage} |
    re_sent {tracking} | refused {reason}; `version` (a growing number) or `updated_at`; `by` (who, optional). Repeats change nothing.
    """
    check_sender(request)
    services = of(request)
    try:
        outcome, stored = await in_thread(_report, services, ticket_id, payload)
    except InvalidRecord as error:
        raise bad_fields(error) from None
    except OlderVersion as error:
        raise Problem(409, "older-version", f"{error}.", given=error.given, stored=error.stored) from None
    except (UnknownTicket, UnknownReturn) as error:
        raise Problem(404, "no-return", f"{error}.") from None
    except NotAllowed as error:
        raise Problem(409, "wrong-step", f"{error}.", need=error.need, row=error.row) from None
    except UnknownShop as error:
        raise Problem(503, "no-shop", f"{error}.") from None
    due = stored.due_at.isoformat() if stored.due_at else None
    return JSONResponse({"id": ticket_id, "outcome": outcome, "step": stored.step, "waits_for": stored.waits_for, "due_at": due})


@router.put(
    "/{kind}/{object_id}",
    responses={
        200: {"description": "Updated, or unchanged"},
        201: {"description": "Created"},
        401: {"description": "No integration token or a wrong one"},
        409: {"description": "An older version, or the same version with other content; nothing was changed"},
        422: {"description": "Bad fields, each named"},
    },
)
async def put_record(
    kind: Literal["products", "orders", "shipments", "stock"],
    object_id: Annotated[str, Path(min_length=1, max_length=64)],
    payload: Annotated[dict[str, Any], Body()],
    request: Request,
) -> JSONResponse:
    """Store one record whole. ``version`` (a growing number) or ``updated_at`` in the body; repeats change nothing."""
    check_sender(request)
    services = of(request)
    integration = Integration(services.database, services.settings.shop_id, services.clock)
    try:
        outcome = await in_thread(integration.upsert, kind, object_id, payload)
    except InvalidRecord as error:
        raise bad_fields(error) from None
    except OlderVersion as error:
        raise Problem(409, "older-version", f"{error}.", given=error.given, stored=error.stored) from None
    except UnknownShop as error:
        raise Problem(503, "no-shop", f"{error}.") from None
    return JSONResponse({"id": object_id, "outcome": outcome}, 201 if outcome == "created" else 200)
