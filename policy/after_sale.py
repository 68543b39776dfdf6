"""Facts of the after-sale tables: what the charts of rules.md §5–8 and §14 may be told of an order and the shopper's words.

Nothing is decided here: ``topic`` names the table of a reason, ``facts`` fills its inputs. Money is yuan, days are local
calendar days since signing (policy/postage.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from policy import postage
from policy.facts import OrderFacts, ProductFacts, ShopFacts
from policy.parameters import Parameters
from policy.words import words

# The table that says what is proposed for a reason; other reasons have no chart of their own and go to postage at once.
TOPICS = {
    "quality": "quality",
    "description_mismatch": "description_mismatch",
    "wrong_item": "wrong_item",
    "missing_part": "wrong_item",
}
# Goods that a workshop nearby can mend (qp_05).
MENDED_NEARBY = ("furniture", "appliance")
PAGE_SPAN = 8  # characters between "the page says" and what it is said to say


def topic(reason: str | None) -> str | None:
    """The chart's table of a reason, None when it has none."""
    return TOPICS.get(reason or "")


def facts(
    order: OrderFacts,
    said: Mapping[str, str],
    parameters: Parameters,
    shop: ShopFacts,
    now: datetime,
    *,
    text: str = "",
    steps: str = "none",
) -> dict[str, object]:
    """What the table of ``said["reason"]`` may be told.

    ``said``: slots as words of the table postage; ``text``: the shopper's messages of this wish; ``steps``: the manual's
    steps (none, first, told). KeyError for a reason without a chart.
    """
    table = TOPICS[said["reason"]]
    freight = postage.facts(order, said, parameters, shop, now)
    wish = said.get("remedy") or "open"
    high = "yes" if postage.is_high_value(order, parameters) else "no"
    if table == "quality":
        return {
            "wish": wish,
            "unsafe": "yes" if has(text, "unsafe_signs") else "no",
            "steps": steps,
            "high_value": high,
            "repairable_here": "yes" if order.product.kind in MENDED_NEARBY else "no",
            "days": freight.get("days", 0),
            **({"severity": said["severity"]} if said.get("severity") else {}),
        }
    if table == "description_mismatch":
        return {"wish": wish, "page": page_says(order.product, text), "high_value": high}
    return {
        "wish": wish,
        "missing": "yes" if said["reason"] == "missing_part" else "no",
        "value_vs_freight": freight.get("value_vs_freight", "over"),
        **{name: said[name] for name in ("usable", "worth") if said.get(name)},
    }


def fault_facts(text: str, said: Mapping[str, str], steps: str) -> dict[str, object]:
    """What the table fault_levels may be told of an appliance's fault."""
    return {"impact": impact(text), "steps": steps, "wish": "named" if said.get("remedy") not in (None, "", "open") else "open"}


def compensation_facts(
    order: OrderFacts, reason: str, parameters: Parameters, *, amount: Decimal | None, text: str = "", answer: str | None = None
) -> dict[str, object]:
    """What the table compensation may be told; ``amount`` is the sum the shopper names (yuan), ``answer`` accept or more."""
    basis = "difference" if reason == "description_mismatch" else "fault"
    if reason not in postage.SHOP_REASONS:
        basis = "feeling" if has(text, "vent_signs") else "none"
    known: dict[str, object] = {
        "basis": basis,
        "amount": against_cap(amount, order, parameters),
        "full": "yes" if has(text, "full_refund_signs") or (amount is not None and amount >= order.paid > 0) else "no",
        "condition": "review" if has(text, "review_signs") else "none",
    }
    return known | ({"step": "answer", "answer": answer} if answer else {})


def against_cap(amount: Decimal | None, order: OrderFacts, parameters: Parameters) -> str:
    """Whether a sum (yuan) is within what bot and agents may give: none, within, over."""
    if amount is None:
        return "none"
    return "within" if amount <= postage.comp_cap(order, parameters) else "over"


def has(text: str, section: str) -> bool:
    """Whether a text holds one of the words of a section."""
    return any(sign in text for sign in words()[section])


def impact(text: str) -> str:
    """How far a fault goes: at_risk, intermittent, down, degraded; unknown when no word tells."""
    signs: Mapping[str, Sequence[str]] = words()["impact_signs"]
    return next((str(name) for name, said in signs.items() if any(sign in text for sign in said)), "unknown")


def page_says(product: ProductFacts, text: str) -> str:
    """The catalogue against what the shopper says that the page says: agrees, contradicts, or silent when it cannot tell."""
    page = f"{product.name} {product.fabric or ''}"
    for place in sorted(text.find(sign) + len(sign) for sign in words()["page_signs"] if sign in text):
        claimed = text[place : place + PAGE_SPAN]
        for groups in words()["page_materials"].values():
            meant = next((group for group in groups if any(name in claimed for name in group)), None)
            if meant is None:
                continue
            if any(name in page for name in meant):
                return "agrees"
            others = [name for group in groups if group is not meant for name in group]
            return "contradicts" if any(name in page for name in others) else "silent"
    return "silent"
