"""Memory of the running product after many turns, with the samples on the way: what grows shows as a slope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.measure import Line, Round, Talk, at_once, resident_mb
from bench.noise import Noise

SAMPLES = 10


def run(
    open_line: Callable[[Talk], Line],
    talks: list[Talk],
    pids: Mapping[str, int],
    turns: int,
    already: int,
    shoppers: int,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Let ``shoppers`` talk until ``turns`` turns have gone through the product (``already`` of them before this).

    Every second round of talks is of messages never seen before: caches fill as they would.
    """
    noise = Noise(20_000)
    samples = [{"turns": already, **{name: resident_mb(pid) for name, pid in pids.items()}}]
    total = Round()
    each = sum(len(talk.turns) for talk in talks) / len(talks)
    while already + len(total.times) < turns:
        left = turns - already - len(total.times)
        batch = max(1, round(min(left, (turns - already) / SAMPLES) / each / shoppers))
        unseen = [Talk(talk.name, talk.customer, tuple(noise.unseen(text) for text in talk.turns), talk.product_id) for talk in talks]
        total.add(at_once(open_line, [*talks, *unseen], shoppers, batch))
        samples.append({"turns": already + len(total.times), **{name: resident_mb(pid) for name, pid in pids.items()}})
        tell(f"{already + len(total.times)} turns")
    return {
        "turns": already + len(total.times),
        "messages_a_second": total.summary()["messages_a_second"],
        "unanswered": total.unanswered,
        "failed": total.failed,
        "start": samples[0],
        "end": samples[-1],
        "samples": samples,
    }
