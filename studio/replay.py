"""A message answered twice: where two answers differ. Pure.

What was stored of a real talk, what the live release says now and what a candidate says are brought to one form and compared by what they
mean: intents, responses, rows, hand-over; words only where nothing was left to chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Difference = Literal["intent", "response", "row", "hand_over", "buttons", "text"]


@dataclass(frozen=True)
class Answer:
    """What one side made of a message. ``by``: bot, agent (a person answered) or nobody."""

    by: Literal["bot", "agent", "nobody"]
    intents: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    responses: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    handed_over: bool = False


def of_turn(turn: Mapping[str, Any]) -> Answer:
    """What an engine's rehearsal told (engine/rehearse.py)."""
    replies = [one for one in turn.get("replies") or () if isinstance(one, Mapping)]
    return Answer(
        "bot" if replies else "nobody",
        tuple(str(one.get("intent")) for one in turn.get("wishes") or () if one.get("intent")),
        tuple(str(one.get("text") or "") for one in replies if one.get("text")),
        _once(one.get("response") for one in replies),
        _once(one.get("row") for one in replies),
        tuple(str(button.get("title")) for one in replies for button in one.get("buttons") or ()),
        any((one.get("card") or {}).get("hand_over") for one in replies),
    )


def _once(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one) for one in values if one))


def differences(one: Answer, other: Answer, twins: Mapping[str, str] | None = None, *, words: bool = True) -> list[Difference]:
    """What is not the same. ``twins``: response → what is said in its place while its deed is not done (never done in the dark);
    ``words``: whether the texts count, which they do not where one side chose among variations by chance."""
    if "bot" not in (one.by, other.by):
        return []
    found: list[Difference] = []
    if one.intents != other.intents:
        found.append("intent")
    if _plain(one.responses, twins) != _plain(other.responses, twins):
        found.append("response")
    if one.rows != other.rows:
        found.append("row")
    if one.handed_over != other.handed_over:
        found.append("hand_over")
    if words and one.buttons != other.buttons:
        found.append("buttons")
    if words and one.texts != other.texts:
        found.append("text")
    return found


def _plain(responses: Iterable[str], twins: Mapping[str, str] | None) -> list[str]:
    known = twins or {}
    return list(dict.fromkeys(known.get(one, one) for one in responses))
