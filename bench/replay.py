"""A hundred messages at real pace: ten shoppers write, one agent answers with suggestions. Keys, unedited share, time to first reply.

The agent is played by the rules of this file: it goes to the shopper who waits longest, reads, takes the first right suggestion
among the first three (right: ``evaluate/data/suggestions.yml``), and writes by hand when there is none. Keys are those of the desk's
pages: Alt+O jumps to the longest wait, a digit sends, Shift+digit takes into the draft, Enter sends a draft. What is typed by hand counts
two keys a character, as pinyin does.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bench.desk import Agent, DeskFailed, Shopper, agents, together
from bench.measure import percentile
from bench.sample import spread
from evaluate.messages import Coarse, Missing, Row, read_rows
from evaluate.suggestions import FEW, Truth, chosen, offered
from launch.product import Product

SHOPPERS, MESSAGES = 10, 100
# One shopper writes again half a minute after the last line: ten of them are a message every three seconds.
PAUSE = 30.0
# Of the agent: to read a short line and to see that the first suggestions fit it, seconds; a key; a character typed by hand.
READ, LOOK, KEY = 0.8, 0.4, 0.15
BY_HAND = "请稍等，我看一下再答复您。"
KEYS_A_CHARACTER = 2
TICKET = "T20261118001"


@dataclass
class Waiting:
    """One message of a shopper that nobody has answered."""

    shopper: Shopper
    row: Row
    since: float
    first: bool


@dataclass
class Day:
    """What was measured: seconds to each reply and to the first of each talk, keys an answer, and what became of the suggestions."""

    replies: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    unedited: int = 0
    edited: int = 0
    by_hand: int = 0
    asked: int = 0

    def figures(self) -> dict[str, Any]:
        """As the report has them."""
        taken = self.unedited + self.edited
        return {
            "answers": len(self.keys),
            "keys_median": statistics.median(self.keys),
            "keys_mean": round(statistics.mean(self.keys), 1),
            "first_right_taken": taken,
            "unedited_share": round(self.unedited / taken, 3) if taken else 0.0,
            "unedited_of_all": round(self.unedited / len(self.keys), 3),
            "by_hand": self.by_hand,
            "second_looks": self.asked,
            "first_reply_median_s": round(statistics.median(self.firsts), 2),
            "reply_median_s": round(statistics.median(self.replies), 2),
            "reply_p95_s": percentile(self.replies, 95),
            "keys_limit": 2,
            "first_reply_limit_s": 6,
            "unedited_least": 0.6,
        }


def real_rows() -> list[Row]:
    """The real messages where they are there; else only ours are written."""
    try:
        return read_rows()
    except Missing:
        return []


def replay(product: Product, rows: Sequence[Row], *, pause: float = PAUSE) -> dict[str, Any]:
    """Play the day; ``rows`` are real messages with labels (none: only ours are written). Raises DeskFailed."""
    truth, coarse = Truth.read(), Coarse.read()
    said = [one.row for one in spread(chosen(truth, rows, coarse), MESSAGES)]
    agent = agents(product, 1)[0]
    waiting: deque[Waiting] = deque()
    some, day = threading.Condition(), Day()
    failures: list[Exception] = []
    left = [len(said)]

    def write(number: int) -> None:
        shopper = Shopper(product, truth.shopper["customer_id"], truth.shopper.get("product_id"))
        try:
            agent_of_talk(product, agent, shopper)
            begun = time.monotonic() + pause * number / SHOPPERS
            for turn, row in enumerate(said[number::SHOPPERS]):
                time.sleep(max(0.0, begun + turn * pause - time.monotonic()))
                shopper.write(row.text)
                with some:
                    waiting.append(Waiting(shopper, row, time.monotonic(), turn == 0))
                    some.notify()
        except Exception as error:  # whatever it was, the measurement is not one
            stop(error)

    def stop(error: Exception) -> None:
        with some:
            failures.append(error)
            left[0] = 0
            some.notify()

    def answer() -> None:
        last = ""
        while left[0] > 0:
            with some:
                while not waiting and left[0] > 0:
                    some.wait(1.0)
                if not waiting:
                    return
                one = waiting.popleft()
            try:
                _answer(agent, truth, coarse, one, day, jumps=one.shopper.id != last)
            except Exception as error:
                stop(error)
                return
            last = one.shopper.id
            left[0] -= 1

    together([answer, *(partial(write, number) for number in range(SHOPPERS))])
    if failures:
        raise DeskFailed(f"the replay stopped: {failures[0]}") from failures[0]
    return day.figures()


_TAKING = threading.Lock()


def agent_of_talk(product: Product, agent: Agent, shopper: Shopper) -> None:
    """The agent takes the talk before the shopper writes: what is measured is answering."""
    with _TAKING:  # one connection, one request at a time
        agent.call(f"/talks/{shopper.id}/take", {})


def _answer(agent: Agent, truth: Truth, coarse: Coarse, one: Waiting, day: Day, *, jumps: bool) -> None:
    keys = 1 if jumps else 0
    time.sleep(KEY * keys)
    with _TAKING:
        told, _ = agent.suggestions(one.shopper.id)
    time.sleep(READ + LOOK)
    right = (place for place, each in enumerate(told["suggestions"][:FEW]) if truth.right(coarse, one.row, offered(each)))
    place = next(right, None)
    more: dict[str, Any] = {}
    if place is None:
        text, pressed = BY_HAND, KEYS_A_CHARACTER * len(BY_HAND) + 1
    else:
        taken, more = told["suggestions"][place], {"use": told["use"], "place": place}
        text = taken["text"].replace("{ticket}", TICKET)
        # A gap is filled in the draft: Shift+digit, the number, Enter.
        pressed = 1 if text == taken["text"] else 2 + len(TICKET)
    time.sleep(KEY * pressed)
    with _TAKING:
        sent = agent.say(one.shopper.id, text, **more)
    keys += pressed + sent["asked"]
    spent = time.monotonic() - one.since
    day.keys.append(keys)
    day.replies.append(spent)
    day.asked += sent["asked"]
    if one.first:
        day.firsts.append(spent)
    if place is None:
        day.by_hand += 1
    elif sent["outcome"] == "sent":
        day.unedited += 1
    else:
        day.edited += 1
