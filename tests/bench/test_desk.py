"""What the bench says of the desk: a day's figures, and a connection that was closed while its owner paused."""

from __future__ import annotations

from typing import Any

import pytest

from bench.desk import Agent, DeskFailed, Kept, Waits
from bench.replay import Day


def test_a_day_is_counted() -> None:
    day = Day(replies=[2.0, 4.0, 30.0], firsts=[4.0], keys=[1, 2, 27], unedited=1, edited=1, by_hand=1)
    found = day.figures()
    assert (found["keys_median"], found["unedited_share"], found["first_reply_median_s"], found["reply_p95_s"]) == (2, 0.5, 4.0, 30.0)
    assert found["unedited_of_all"] == pytest.approx(1 / 3, abs=0.001)


def test_no_suggestions_for_the_engines_sake_are_counted_apart() -> None:
    waits = Waits()
    for reason in (None, "nothing", "down", "slow"):
        waits.note({"reason": reason}, 10.0)
    assert (len(waits.ms), waits.away, waits.empty) == (4, 2, 1)


class Line(Kept):
    """Answers what it was given, one answer a request."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        super().__init__("http://127.0.0.1:9")
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """The next answer."""
        self.asked.append(body)
        return self.answers.pop(0)


def agent(line: Line) -> Agent:
    """An agent on this line."""
    one = Agent.__new__(Agent)
    one._http = line
    return one


def test_what_only_asks_is_confirmed_once_and_counted() -> None:
    line = Line((422, {"findings": [{"rule": "x"}]}), (201, {"message": {"text": "好"}, "outcome": "sent"}))
    told = agent(line).say("t", "好", use="u", place=0)
    assert (told["asked"], told["outcome"]) == (True, "sent")
    assert line.asked[1] == {**line.asked[0], "confirmed": True}, "the same message, said once"


def test_a_gap_that_is_refused_is_told() -> None:
    with pytest.raises(DeskFailed, match="gap"):
        agent(Line((422, {"type": "urn:xiaoer:problem:gap"}))).say("t", "{ticket}")
