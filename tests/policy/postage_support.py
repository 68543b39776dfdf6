"""Orders, settings and the table that the tests of postage share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import yaml

from policy import postage
from policy.decide import Decision, decide, load_table
from policy.facts import Courier, OrderFacts, ProductFacts, ShopFacts
from policy.parameters import load_parameters

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # 11:00 in Shanghai
OWN_VALUES = {"return_postage_cap": 15, "free_postage_from": 199, "high_value_amount": 500}
PARAMETERS = load_parameters(OWN_VALUES)
TABLE = load_table("postage")
SHOP = ShopFacts(
    "demo", "测试店", "Asia/Shanghai", "nin", "10:00-24:00",
    couriers=(
        Courier("sf", "顺丰", "fast", Decimal(18), "95338"),
        Courier("yto", "圆通", "economy", Decimal(8), "95554"),
        Courier("airmail", "国际平邮", "untracked", Decimal(3)),
    ),
    gifts=("收纳袋",),
    return_address={"receiver": "售后部", "phone": "400-000-0000", "address": "示例路1号"},
)  # fmt: skip
# Values that actions add: dates, the ticket, the way of the money.
FROM_ACTIONS = {"signed_on", "refund_path", "ticket", "team", "deadline"}
RESPONSES = yaml.safe_load((Path(__file__).resolve().parents[2] / "data" / "responses" / "returns.yml").read_text("utf-8"))["responses"]


def order(
    *,
    state: str = "received",
    signed: int | None = 3,
    price: str = "168",
    paid: str = "176",
    freight: str = "8",
    kind: str = "clothing",
    warranty_months: int | None = None,
    **more: object,
) -> OrderFacts:
    """An order; ``signed``: days since signing, ``freight``: postage paid (yuan)."""
    goods = ProductFacts("p1", "碎花连衣裙", kind, Decimal(price), warranty_months=warranty_months)
    signed_at = NOW - timedelta(days=signed) if signed is not None and state in ("received", "confirmed") else None
    made = OrderFacts(
        "880000000009",
        "c05",
        goods,
        "米白/L",
        state,
        Decimal(paid),
        Decimal(freight),
        NOW - timedelta(days=60),
        "alipay",
        signed_at=signed_at,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def settle(bought: OrderFacts, reason: str, remedy: str, parameters: dict[str, object] | None = None, **said: str) -> Decision:
    loaded = load_parameters({**OWN_VALUES, **(parameters or {})})
    return decide("postage", postage.facts(bought, {"reason": reason, "remedy": remedy, **said}, loaded, SHOP, NOW), loaded)
