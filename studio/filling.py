"""What a response becomes when it is said: which of its variations may speak, and their values filled in. Pure.

The same as engine/nlg.py does with Rasa's filter (tests/speaking.yml holds the two equal), so that a preview is what a shopper would read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policy.validity import Period, period
from studio.response_rules import VARIABLE, bubbles

CHANNEL = "turn"


@dataclass(frozen=True)
class Filled:
    """One variation with its values. ``missing``: names without a value, which stay in their braces. ``speaks``: may be said now."""

    bubbles: tuple[str, ...]
    titles: tuple[str, ...]
    missing: tuple[str, ...]
    speaks: bool
    when: str  # everyday | dated | over | ahead


def filled(text: str, values: Mapping[str, object]) -> tuple[str, list[str]]:
    """The text with its values, and the names that have none (they stay as they are written)."""
    missing: dict[str, None] = {}

    def put(found: Any) -> str:
        value = values.get(found[1])
        if value is None or value == "":
            missing[found[1]] = None
            return str(found[0])
        return f"{value:g}" if isinstance(value, float) else str(value)

    plain = text.replace("{{", "{").replace("}}", "}") if "{{" in text else text
    return VARIABLE.sub(put, plain), list(missing)


def missing_in(variation: Mapping[str, Any], values: Mapping[str, object]) -> list[str]:
    """The names without a value anywhere in what a shopper gets: text, buttons, image."""
    found: dict[str, None] = {}

    def walk(node: Any) -> None:
        if isinstance(node, str):
            found.update(dict.fromkeys(filled(node, values)[1]))
        elif isinstance(node, Mapping):
            for value in node.values():
                walk(value)
        elif isinstance(node, Sequence):
            for value in node:
                walk(value)

    for key in ("text", "buttons", "image", "custom", "attachment", "quick_replies"):
        walk(variation.get(key))
    return list(found)


def fits(variation: Mapping[str, Any], circumstances: Mapping[str, object]) -> bool:
    """Whether the variation's conditions hold; one without any always fits."""
    for one in variation.get("condition") or ():
        have, want = circumstances.get(str(one.get("name"))), one.get("value")
        if isinstance(have, str) and isinstance(want, str):
            if have.casefold() != want.casefold():
                return False
        elif have != want:
            return False
    return True


def chosen(variations: Sequence[Mapping[str, Any]], circumstances: Mapping[str, object]) -> list[int]:
    """Places of the variations that Rasa's filter leaves: those of a condition or a channel that holds before the plain ones."""
    plain = [at for at, one in enumerate(variations) if one.get("condition") is None]
    conditional = [at for at, one in enumerate(variations) if one.get("condition") and fits(one, circumstances)]
    groups = (
        [at for at in conditional if variations[at].get("channel") == CHANNEL],
        [at for at in plain if variations[at].get("channel") == CHANNEL],
        [at for at in conditional if variations[at].get("channel") is None],
        [at for at in plain if variations[at].get("channel") is None],
    )
    return next((group for group in groups if group), [])


def speaking(
    variations: Sequence[Mapping[str, Any]], values: Mapping[str, object], circumstances: Mapping[str, object], at: datetime
) -> list[int]:
    """Places of the variations one of which is said now; none when every one that fits lacks a value.

    ``circumstances``: outlet, profile, speaker, address_style; values count for conditions too. Dated ones speak before everyday ones.
    """
    timed = [_period(one) for one in variations]
    dated = [place for place, one in enumerate(timed) if not one.always and one.covers(at)]
    everyday = [place for place, one in enumerate(timed) if one.always]
    known = {**circumstances, **values}
    for places in (dated, everyday):
        found = [places[place] for place in chosen([variations[place] for place in places], known)]
        said = [place for place in found if not missing_in(variations[place], values)]
        if said:
            return said
    return []


def preview(
    variations: Sequence[Mapping[str, Any]], values: Mapping[str, object], circumstances: Mapping[str, object], at: datetime
) -> list[Filled]:
    """Every variation as it would be said, in their order. ValueError for a date that cannot be read."""
    said = speaking(variations, values, circumstances, at)
    found = []
    for place, one in enumerate(variations):
        text, _ = filled(str(one.get("text") or ""), values)
        titles = tuple(
            filled(str(button.get("title") or ""), values)[0] for button in one.get("buttons") or () if isinstance(button, Mapping)
        )
        valid = _period(one)
        found.append(Filled(tuple(bubbles(text)), titles, tuple(missing_in(one, values)), place in said, _when(valid, at)))
    return found


def _when(valid: Period, at: datetime) -> str:
    if valid.always:
        return "everyday"
    if valid.covers(at):
        return "dated"
    return "over" if valid.ends is not None and valid.ends <= at else "ahead"


def _period(variation: Mapping[str, Any]) -> Period:
    return period(variation, "这一种说法")
