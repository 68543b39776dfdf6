"""The demonstration shop's pages: only while the shop is ``demo``, and only its seeded customers can be signed in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from gateway.identity import DEMO_SECONDS, bearer
from gateway.problems import Problem
from gateway.services import client_address, of
from gateway.threads import in_thread
from policy.facts import OrderFacts, ProductFacts
from shop.clock import local_day
from shop.seed import DEMO_FILE

router = APIRouter(include_in_schema=False)
PAGE = Path(__file__).resolve().parent / "static" / "demo" / "index.html"


class Choose(BaseModel):
    """Which demo customer to be."""

    model_config = ConfigDict(extra="forbid")
    customer: str = Field(max_length=64)


@cache
def seeded_customers() -> tuple[str, ...]:
    """Ids in the demonstration file: nobody else is ever signed in by this page."""
    with DEMO_FILE.open(encoding="utf-8") as file:
        return tuple(customer["id"] for customer in yaml.safe_load(file)["customers"])


@router.get("/")
async def page() -> FileResponse:
    """The shop page with the widget."""
    return FileResponse(PAGE, headers={"Cache-Control": "no-cache"})


@router.get("/demo/shop")
async def shop(request: Request) -> dict[str, Any]:
    """Name, customers to choose from and products; never a floor price."""
    services = of(request)
    services.rate.take("address", client_address(request))

    def read() -> dict[str, Any]:
        customers = (services.shop.customer(customer_id) for customer_id in seeded_customers())
        return {
            "name": services.shop.shop().name,
            "customers": [{"id": each.customer_id, "name": each.name, "region": each.region} for each in customers if each],
            "products": [_product(product) for product in services.shop.products()],
        }

    return await in_thread(read)


@router.post("/demo/identity")
async def identity(body: Choose, request: Request) -> dict[str, Any]:
    """What a shop's own page does when somebody is logged in: sign who it is, for a few minutes."""
    services = of(request)
    services.rate.take("identity", client_address(request))
    known = body.customer in seeded_customers() and await in_thread(services.shop.customer, body.customer) is not None
    if not known:
        raise Problem(404, "no-such-customer", "Only the seeded demo customers can be chosen.")
    return {"identity": services.identities.sign(body.customer), "expires_in": DEMO_SECONDS}


@router.get("/demo/orders")
async def orders(request: Request) -> dict[str, Any]:
    """The orders of who is signed in (Authorization: Bearer with the identity), newest first."""
    services = of(request)
    services.rate.take("address", client_address(request))
    customer = services.identities.customer(bearer(request.headers.get("authorization")))
    found = await in_thread(services.shop.orders_of, customer)
    return {"orders": [_order(order) for order in found]}


def _product(product: ProductFacts) -> dict[str, Any]:
    return {
        "id": product.product_id,
        "name": product.name,
        "kind": product.kind,
        "price": str(product.price),
        "discounted": product.discounted,
        "brand": product.brand,
        "fabric": product.fabric,
        "care": product.care,
        "dimensions": product.dimensions,
        "colours": list(product.colours),
        "sizes": list(product.sizes),
        "stock": sum(product.stock.values()),
    }


def _order(order: OrderFacts) -> dict[str, Any]:
    return {
        "id": order.order_id,
        "product_id": order.product.product_id,
        "product": order.product.name,
        "kind": order.product.kind,
        "variant": order.variant,
        "state": order.state,
        "paid": str(order.paid),
        "ordered_on": local_day(order.ordered_at).isoformat(),
        "tracking": order.tracking,
    }
