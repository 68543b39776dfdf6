"""Long talks: does turn 200 cost more than turn 5?

Old talks are led to just before turn 195; then old and new talks take turns, message by message, with the same messages (the
cycle's length divides the distance): turns 195 to 200 of the old beside turns 3 to 8 of new ones, in the same seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bench.measure import Line, Round, Talk, percentile, timed

FIRST = range(3, 9)
TURNS = 200


def compare(open_line: Callable[[Talk], Line], talk: Talk, talks: int, turns: int = TURNS) -> dict[str, Any]:
    """Medians of turns 3–8 and of the last six, milliseconds, over ``talks`` pairs; their ratio.

    Raises:
        ValueError: the two would not hear the same messages.
    """
    shift = turns - FIRST[-1]
    if shift % len(talk.turns):
        raise ValueError(f"{turns} turns of a cycle of {len(talk.turns)}: turn {FIRST[-1]} and turn {turns} are different messages")
    ageing, young, old = Round(), Round(), Round()
    for _ in range(talks):
        aged, fresh = open_line(talk), open_line(talk)
        try:
            for number in range(1, FIRST[0] + shift):
                timed(aged, said(talk, number), ageing)
            for number in range(1, FIRST[0]):
                timed(fresh, said(talk, number), Round())
            for number in FIRST:
                timed(fresh, said(talk, number), young)
                timed(aged, said(talk, number + shift), old)
        finally:
            aged.close()
            fresh.close()
    early, late = percentile(young.times, 50), percentile(old.times, 50)
    return {
        "talks": talks,
        "turns": turns,
        "turn_5_ms": early,
        "turn_200_ms": late,
        "ratio": round(late / early, 3) if early else None,
        "unanswered": sum(one.unanswered for one in (ageing, young, old)),
        "failed": sum(one.failed for one in (ageing, young, old)),
    }


def said(talk: Talk, number: int) -> str:
    """What is said at a turn (from 1) of a talk that goes round and round."""
    lines: Sequence[str] = talk.turns
    return lines[(number - 1) % len(lines)]
