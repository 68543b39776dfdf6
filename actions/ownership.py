"""Whose order is it, and which one is meant (decisions.md 5; 'shopper signed in with one fitting order').

A signed-in shopper's own orders only; an anonymous one proves each order with its number and the last four digits.
Nothing said here tells whether an order of somebody else exists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from actions.turn import Turn
from policy.facts import OrderFacts
from policy.words import fmt, words
from shop.proofs import Proofs

NOT_FOUND = "not_found"
REFUSED = "refused"
BLOCKED = "blocked"
NONE = "none"
TAIL = 4  # digits of a telephone number that prove an order
_DIGITS = re.compile(r"\d+")
_CLAUSES = re.compile(r"[^\s，,。.；;！!？?]+")


@dataclass(frozen=True)
class Claim:
    """The order that is meant, or what to ask for (slot), or why not (``problem``), and the orders to choose from."""

    order: OrderFacts | None = None
    ask: str | None = None
    problem: str | None = None
    candidates: tuple[OrderFacts, ...] = ()


def title(order: OrderFacts) -> str:
    """A button's words for an order: product and the last four digits."""
    return fmt("order_title", product=order.product.name, tail=order.order_id[-4:])


def order_buttons(orders: Sequence[OrderFacts], intent: str = "provide_order_id") -> list[dict[str, str]]:
    """Buttons to choose among orders; outside a form they repeat the wish (``intent``) with the number. Ownership is checked again."""
    return [{"title": title(o), "payload": f'/{intent}{{"order_number": "{o.order_id}"}}'} for o in orders[:6]]


def ask_order(turn: Turn, found: Claim, unnumbered: str = "utter_orders_which_number") -> None:
    """Ask which order a wish is about, outside a form: own orders as buttons, else number (``unnumbered``) and phone digits."""
    if found.problem:
        turn.say(f"utter_orders_{found.problem}")
        if found.problem in (NONE, BLOCKED):
            return
    if turn.customer_id:
        turn.say("utter_orders_which", buttons=order_buttons(found.candidates, turn.intent) or None)
    elif not found.problem:
        turn.say("utter_orders_which_phone" if found.ask == "phone_tail" else unnumbered)


def choices(turn: Turn, states: Sequence[str]) -> list[OrderFacts]:
    """The signed-in shopper's orders to choose from: of the goods that are named, else those in ``states``, all when none is."""
    mine = turn.repo.orders_of(turn.customer_id) if turn.customer_id else []
    products = {str(one) for one in turn.entities("product")}
    named = [o for o in mine if o.product.product_id in products]
    named = [o for o in named if o.state in states] or named
    if len(named) > 1:
        return named
    return [o for o in mine if o.state in states or o.order_id == turn.slot("order_id")] or mine


def given_back(turn: Turn) -> list[str] | None:
    """Of several goods that are named, those whose own clause gives them up ("send the dress back, when do the jeans come?").

    None when the clauses do not tell them apart: then all that is named counts.
    """
    named = [e for e in (turn.tracker.latest_message or {}).get("entities") or [] if e.get("entity") == "product"]
    inside: set[str] = set()
    for clause in _CLAUSES.finditer(turn.text):
        if any(sign in clause[0] for sign in words()["given_back_signs"]):
            inside |= {str(e["value"]) for e in named if clause.start() <= int(e.get("start") or 0) < clause.end()}
    return sorted(inside) if inside and inside != {str(e["value"]) for e in named} else None


def may_see(turn: Turn, order_id: str) -> bool:
    """Whether this shopper may hear of this order: own (signed in), or proved in this talk."""
    order = turn.repo.order(order_id)
    if order is None:
        return False
    if turn.customer_id:
        return order.customer_id == turn.customer_id
    return order_id in Proofs(turn.context.engine, turn.shop_id, turn.context.clock).proved(turn.conversation_id)


def known_order(turn: Turn) -> OrderFacts | None:
    """The order spoken of in this talk, if it may be seen."""
    order_id = turn.slot("order_id")
    return turn.repo.order(str(order_id)) if order_id and may_see(turn, str(order_id)) else None


def order_of_form(turn: Turn) -> OrderFacts | None:
    """The order that a finished form has settled; without one it is said why (slot ``outcome``), and None is returned."""
    if turn.slot("outcome"):
        turn.say(str(turn.slot("outcome")))
        return None
    order = known_order(turn)
    if order is None:
        turn.say("utter_orders_none")
    return order


def claim(
    turn: Turn,
    states: Sequence[str],
    *,
    fresh: bool,
    fits: Callable[[OrderFacts], bool] | None = None,
    products: Collection[str] | None = None,
) -> Claim:
    """Find the order of a wish.

    Args:
        states: order states in which the wish makes sense; they narrow the choice, they never refuse a named order.
        fresh: True when this message is read for the first time (proofs are tried only then).
        fits: what else such an order is like; it narrows the choice further where any order is like that.
        products: ids of the products that name the order, None for all of the message (what it is to become is no order).
    """
    number = turn.entity("order_number") if fresh else None
    if turn.customer_id:
        return _own(turn, states, str(number) if number else None, fits, products)
    return _proved(turn, str(number) if number else None, fresh)


def _own(
    turn: Turn,
    states: Sequence[str],
    number: str | None,
    fits: Callable[[OrderFacts], bool] | None = None,
    named_by: Collection[str] | None = None,
) -> Claim:
    mine = turn.repo.orders_of(str(turn.customer_id))
    if not mine:
        return Claim(problem=NONE)
    fitting = [o for o in mine if o.state in states] or mine
    if fits is not None:
        fitting = [o for o in fitting if fits(o)] or fitting
    if number:
        found = next((o for o in mine if o.order_id == number or (len(number) >= 4 and o.order_id.endswith(number))), None)
        return Claim(order=found) if found else Claim(ask="order_id", problem=NOT_FOUND, candidates=tuple(fitting))
    tail = turn.entity("phone_tail") or short_tail(turn.text)
    if tail and len({o.order_id for o in mine if o.order_id.endswith(str(tail))}) == 1:
        return Claim(order=next(o for o in mine if o.order_id.endswith(str(tail))))
    products = {str(p) for p in turn.entities("product")} if named_by is None else set(named_by)
    named = [o for o in fitting if o.product.product_id in products] or [o for o in mine if o.product.product_id in products]
    if len(named) == 1:
        return Claim(order=named[0])
    alike = of_variant(turn, named or fitting)
    if len(alike) == 1 and len(named or fitting) > 1:
        return Claim(order=alike[0])
    spoken = next((o for o in mine if o.order_id == turn.slot("order_id")), None)
    if spoken and spoken in (named or fitting):
        return Claim(order=spoken)
    choice = named or fitting
    if spoken and not named:
        # The order spoken of last does not fit the wish and another does: which one is meant is not for us to guess.
        choice = [spoken, *choice]
    if len(choice) == 1:
        return Claim(order=choice[0])
    return Claim(ask="order_id", candidates=tuple(choice))


def short_tail(text: str) -> str | None:
    """The last digits of an order as people say them when they see several ("6号那单"), two or one too; None when none are named.

    A number beside a count or a day is none: it needs 号 and a word for an order after it, or 那/这 between them.
    """
    found = next((match for pattern in words()["short_tails"] if (match := re.search(pattern, text))), None)
    return found[1] if found else None


def apart(text: str, number: str) -> tuple[str, str | None]:
    """An order's number and the four digits typed beside it ("880000000013 0007"), read apart or in one; (number, None) without such."""
    found = _DIGITS.findall(text)
    if len(found) == 2 and len(found[1]) == TAIL and number in (found[0], "".join(found)):
        return found[0], found[1]
    return number, None


def of_variant(turn: Turn, orders: Sequence[OrderFacts]) -> list[OrderFacts]:
    """Those whose colour and size are the ones named ("the grey one of 1.8 m"); none when neither is named or a change is wished."""
    colour, size = turn.entity("colour"), turn.entity("size")
    if not (colour or size) or any(sign in turn.text for sign in words()["into_signs"]):
        return []
    if turn.loop and turn.tracker.get_slot("requested_slot") not in (None, "order_id"):
        return []  # the answer to another question
    if turn.slot("order_id") and not any(sign in turn.text for sign in words()["pointing_signs"]):
        return []
    parts = [(order, *order.variant.partition("/")[::2]) for order in orders]
    return [order for order, own_colour, own_size in parts if colour in (None, own_colour) and size in (None, own_size)]


def _proved(turn: Turn, number: str | None, fresh: bool) -> Claim:
    wanted = number or turn.slot("order_number")
    if not wanted:
        return Claim(ask="order_id")
    wanted, typed = apart(turn.text, str(wanted)) if fresh else (str(wanted), None)
    if number and wanted != number:
        turn.set("order_number", wanted)
    if may_see(turn, wanted):
        return Claim(order=turn.repo.order(wanted))
    tail = (turn.entity("phone_tail") or typed) if fresh else None
    if not tail:
        return Claim(ask="phone_tail")
    outcome = Proofs(
        turn.context.engine, turn.shop_id, turn.context.clock, tries_a_day=int(turn.parameters["proof_tries_per_day"])
    ).try_proof(conversation_id=turn.conversation_id, order_id=wanted, phone_tail=str(tail), address=turn.address)
    if outcome == "proved":
        return Claim(order=turn.repo.order(wanted))
    return Claim(ask="phone_tail", problem=BLOCKED if outcome == "blocked" else REFUSED)
