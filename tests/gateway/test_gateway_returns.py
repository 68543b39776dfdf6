"""A warehouse system reports goods that come back: ``PUT /api/v1/shop/returns/{ticket_id}``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from policy.lifecycle import Lifecycle
from policy.parameters import load_parameters
from shop.returns import Returns
from shop.tickets import Tickets
from tests.gateway.support import Gateway


@pytest.fixture
def ticket(gateway: Gateway) -> str:
    """A return whose parcel is on its way."""
    services = gateway.services
    where = (services.database, services.settings.shop_id, services.clock)
    found = Tickets(*where).open("return", conversation_id="t", order_id="880000000009", fields={"reason": "quality"})
    returns = Returns(*where, Lifecycle(load_parameters()))
    returns.approve(found.id, remedy="return_refund")
    returns.sent_back(found.id, "YT1")
    return found.id


async def put(gateway: Gateway, ticket: str, token: str | None = None, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or gateway.services.settings.integration_token.reveal()}"}
    return await gateway.http.put(f"/api/v1/shop/returns/{ticket}", json=body, headers=headers)


async def test_a_warehouse_reports_every_step_once_or_twice(gateway: Gateway, ticket: str) -> None:
    arrived = await put(gateway, ticket, step="received", version=1, by="wms")
    assert (arrived.status_code, arrived.json()["outcome"], arrived.json()["waits_for"]) == (200, "updated", "warehouse")
    assert arrived.json()["due_at"]
    again = await put(gateway, ticket, step="received", version=1)
    assert again.json()["outcome"] == "unchanged"
    seen = await put(gateway, ticket, step="inspected", finding="confirmed", version=2)
    assert seen.json()["step"] == "inspected"
    late = await put(gateway, ticket, step="received", version=1)
    assert (late.status_code, late.json()["stored"]) == (409, 2)
    paid = await put(gateway, ticket, step="refunded", amount=168, version=3)
    assert paid.json() == {"id": ticket, "outcome": "updated", "step": "refunded", "waits_for": "none", "due_at": None}
    assert (await put(gateway, ticket, step="refunded", amount="168.00", version=4)).json()["outcome"] == "unchanged"
    found = Tickets(gateway.services.database, gateway.services.settings.shop_id, gateway.services.clock).get(ticket)
    assert found is not None
    assert found.state == "closed"


async def test_what_the_tables_forbid_is_refused_with_what_is_missing(gateway: Gateway, ticket: str) -> None:
    early = await put(gateway, ticket, step="refunded", amount=1, version=1)
    assert (early.status_code, early.json()["need"]) == (409, "other_step")
    await put(gateway, ticket, step="received", version=2)
    bare = await put(gateway, ticket, step="inspected", finding="misuse", version=3)
    assert (bare.status_code, bare.json()["need"]) == (409, "reason")
    await put(gateway, ticket, step="inspected", finding="misuse", report="进水", version=4)
    untold = await put(gateway, ticket, step="re_sent", tracking="SF1", version=5)
    assert (untold.status_code, untold.json()["need"]) == (409, "tell")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"step": "lost", "version": 1}, "step"),
        ({"step": "received"}, "version"),
        ({"step": "received", "version": 1, "colour": "red"}, "colour"),
        ({"step": "inspected", "finding": "fine", "version": 1}, "finding"),
        ({"step": "refunded", "amount": "-1", "version": 1}, "amount"),
        ({"step": "refunded", "amount": "NaN", "version": 1}, "amount"),
    ],
)
async def test_bad_fields_are_named(gateway: Gateway, ticket: str, body: dict[str, Any], field: str) -> None:
    answer = await put(gateway, ticket, **body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_only_the_shops_system_reports_and_only_on_its_returns(gateway: Gateway, ticket: str) -> None:
    assert (await put(gateway, ticket, "x" * 40, step="received", version=1)).status_code == 401
    assert (await put(gateway, "T20200101-0001", step="received", version=1)).status_code == 404
