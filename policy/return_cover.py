"""What pays the way back of a return: nothing, the freight insurance, or a pick-up paid beforehand (issue 4, pu_*; table ``return_cover``).

With ``prepaid_pickup`` a courier comes and neither shop nor shopper pays him: who bears the way back stays the word of the table
``postage``, who pays first becomes nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from policy.decide import Decision, decide
from policy.facts import OrderFacts
from policy.parameters import Parameters

COVERS = ("none", "insurance", "prepaid_pickup")
_BEARS = {"shop": "shop", "insurance_then_shop": "shop", "shopper": "shopper", "insurance": "shopper"}
# No return, or none any more: a repair agreed to be paid, goods that are checked and at the shop.
_NO_RETURN = ("utter_returns_repair_own", "utter_returns_repair_quote", "utter_returns_no_fault")


def cover(order: OrderFacts, parameters: Parameters) -> str:
    """none | insurance | prepaid_pickup: the order's own, else its freight insurance, else the shop's parameter ``return_cover``."""
    if order.return_cover in COVERS:
        return order.return_cover
    return "insurance" if order.insurance else str(parameters["return_cover"])


def covered(order: OrderFacts, parameters: Parameters) -> bool:
    """Whether something other than shop and shopper pays the way back (the input ``insurance`` of the table ``postage``)."""
    return cover(order, parameters) != "none"


def fetched(order: OrderFacts) -> bool:
    """Whether a courier can come for it: a parcel within the country that has arrived."""
    return order.delivery == "parcel" and not order.cross_border and order.state in ("received", "confirmed")


def applied(decision: Decision, order: OrderFacts, parameters: Parameters) -> Decision:
    """The decision of the table ``postage`` with this order's cover; an open one, and one without a way back, as it is."""
    then = decision.then
    if decision.row is None or then["return"] in ("none", "open"):
        return decision
    found = decide(
        "return_cover",
        {
            "cover": cover(order, parameters),
            "fetched": "yes" if fetched(order) else "no",
            "bears": _BEARS.get(str(then["return"]), "other"),
            "advance": "shopper" if then["advanced_by"] == "shopper" else "other",
            "other": "yes" if then["say"] in _NO_RETURN else "no",
            "check": "yes" if then["hand_over"] != "no" else "no",
            "ticket": "no" if then["ticket"] == "none" else "yes",
            "reship": {"shop": "shop", "shopper": "shopper"}.get(str(then["reship"]), "none"),
            "kept": "yes" if then["outbound"] == "shopper" else "no",
        },
        parameters,
    )
    changes = {name: value for name, value in found.then.items() if value != "row"}
    return replace(decision, then={**then, **changes, "cap": None}) if changes else decision


def by_pick_up(then: Mapping[str, object]) -> bool:
    """Whether what a row says, with the cover, is that a courier fetches it and nobody advances anything."""
    return str(then.get("say", "")).startswith("utter_pick_up_")
