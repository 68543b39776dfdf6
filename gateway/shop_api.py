"""How a shop's own system keeps the data fresh: ``PUT /api/v1/shop/{kind}/{id}`` with the integration token."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Request
from fastapi.responses import JSONResponse

from gateway.identity import bearer, same_secret
from gateway.problems import Problem, unauthorized
from gateway.services import client_address, of
from gateway.threads import in_thread
from shop.catalogue import UnknownShop
from shop.integration import Integration, OlderVersion
from shop.records import InvalidRecord

router = APIRouter(prefix="/api/v1/shop", tags=["shop"])


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
    services = of(request)
    services.rate.take("address", client_address(request))
    if not same_secret(bearer(request.headers.get("authorization")), services.settings.integration_token):
        raise unauthorized("Send the integration token as Authorization: Bearer.")
    integration = Integration(services.database, services.settings.shop_id, services.clock)
    try:
        outcome = await in_thread(integration.upsert, kind, object_id, payload)
    except InvalidRecord as error:
        errors = [{"field": bad.field, "value": bad.value, "problem": bad.problem, "remedy": bad.remedy} for bad in error.errors]
        raise Problem(422, "bad-fields", f"{len(errors)} field(s) cannot be stored.", errors=errors) from None
    except OlderVersion as error:
        raise Problem(409, "older-version", f"{error}.", given=error.given, stored=error.stored) from None
    except UnknownShop as error:
        raise Problem(503, "no-shop", f"{error}.") from None
    return JSONResponse({"id": object_id, "outcome": outcome}, 201 if outcome == "created" else 200)
