"""A waiting talk goes to somebody who is there, has room, and knows the topic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from policy.assignment import Candidate, choose

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_nobody_there_means_that_the_talk_waits() -> None:
    assert choose([], "ask_size") is None
    assert choose([Candidate("a", there=False, capacity=5, load=0)], "ask_size") is None
    assert choose([Candidate("a", there=True, capacity=2, load=2)], "ask_size") is None
    assert choose([Candidate("a", there=True, capacity=0, load=0)], "ask_size") is None


def test_a_specialist_comes_first_and_gets_nothing_else() -> None:
    size = Candidate("size", there=True, capacity=5, load=4, topics=["ask_size"])
    anybody = Candidate("any", there=True, capacity=5, load=0)
    assert choose([anybody, size], "ask_size") == "size"
    assert choose([anybody, size], "request_return") == "any"
    assert choose([size], "request_return") is None
    assert choose([size], None) is None


def test_the_least_busy_for_their_capacity_comes_next_then_who_waited_longest() -> None:
    small, big = Candidate("small", there=True, capacity=2, load=1), Candidate("big", there=True, capacity=10, load=3)
    assert choose([small, big], None) == "big"
    early = Candidate("z", there=True, capacity=2, load=1, last_given=NOW - timedelta(minutes=5))
    late = Candidate("a", there=True, capacity=2, load=1, last_given=NOW)
    assert choose([late, early], None) == "z"
    assert choose([late, early, small], None) == "small", "never given one today"


@given(
    st.lists(
        st.builds(
            Candidate,
            id=st.text("abc", min_size=1, max_size=3),
            there=st.booleans(),
            capacity=st.integers(0, 4),
            load=st.integers(0, 5),
            topics=st.lists(st.sampled_from(["x", "y"]), max_size=2),
        ),
        unique_by=lambda one: one.id,
    ),
    st.sampled_from(["x", "y", "z", None]),
)
def test_who_is_chosen_could_always_take_it(candidates: list[Candidate], intent: str | None) -> None:
    chosen = choose(candidates, intent)
    able = [one for one in candidates if one.there and one.load < one.capacity and (not one.topics or intent in one.topics)]
    assert (chosen is None) == (not able)
    assert chosen is None or chosen in [one.id for one in able]
    assert choose(list(reversed(candidates)), intent) == chosen, "the order of asking does not matter"
