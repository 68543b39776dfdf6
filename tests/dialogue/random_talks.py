"""Random talks: a shopper without a plan, and what must hold whatever they say.

A talk is drawn from a seed alone: who is signed in, which page, and at every turn one of the held-out sentences, a button of
the last answer, an order number, a fragment, a change of mind. Nothing here knows the flows.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from policy.wording import check
from shop.seed import DEMO_FILE
from tests.dialogue.checks import holes
from tests.dialogue.talk import Talk

TESTS = Path(__file__).resolve().parents[1]
FRAGMENTS = "嗯 好的 不用了 ? 在吗 等下 算了 那换货呢 那退货呢 不对，我说错了 第一个 2 什么意思 快点 谢谢 165 110斤 L".split()
TURNS = (4, 9)
# Facts that never change within a talk: the same question must get the same figures.
SUM = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)元")
# Tables whose row and order alone decide the sums (a change of product also depends on what is wanted instead).
SETTLED = ("postage", "cancel_order", "logistics")


@lru_cache(maxsize=1)
def sentences() -> list[str]:
    """What shoppers say: the held-out examples of every wish."""
    found: list[str] = []
    for path in sorted((TESTS / "nlu").glob("test_*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8")).get("nlu", []):
            found += [line.removeprefix("- ").strip() for line in str(block.get("examples", "")).splitlines() if line.startswith("- ")]
    examples = yaml.safe_load((TESTS / "nlu" / "wishes_examples.yml").read_text("utf-8"))
    for said in examples.get("wishes", examples).values():
        found += [str(one) for one in said]
    return found


@lru_cache(maxsize=1)
def world() -> Mapping[str, Any]:
    """The demonstration shop: its customers, orders, products."""
    content: Mapping[str, Any] = yaml.safe_load(DEMO_FILE.read_text("utf-8"))
    return content


@lru_cache(maxsize=1)
def secrets() -> frozenset[str]:
    """Sums that may never be spoken: floor prices that are no price, postage or threshold of the shop as well."""
    text = DEMO_FILE.read_text("utf-8")
    floors = {str(product["floor_price"]) for product in world()["products"] if product.get("floor_price") is not None}
    return frozenset(floor for floor in floors if len(re.findall(rf"(?<![\d.]){re.escape(floor)}(?![\d.])", text)) == 1)


@dataclass
class Draw:
    """A talk as it was drawn, and what was wrong in it."""

    seed: int
    wrong: list[str] = field(default_factory=list)


def person(dice: random.Random) -> tuple[str | None, str | None]:
    """Who talks, on which page."""
    customers = [str(one["id"]) for one in world()["customers"]]
    pages = [str(one["id"]) for one in world()["products"]]
    return dice.choice([None, *customers]), dice.choice([None, None, *pages])


def line(dice: random.Random, titles: Sequence[str]) -> tuple[str, str]:
    """The next thing done: ("press", title) or ("say", text)."""
    chance = dice.random()
    if titles and chance < 0.3:
        return "press", dice.choice(titles)
    if chance < 0.45:
        return "say", dice.choice(FRAGMENTS)
    if chance < 0.52:
        order = dice.choice(world()["orders"])
        return "say", str(order["id"])
    if chance < 0.6:
        return "say", f"{dice.choice(sentences())}，{dice.choice(sentences())}"
    return "say", dice.choice(sentences())


def have(talk: Talk, seed: int) -> Draw:
    """Have one random talk; the draw lists everything that was wrong."""
    dice = random.Random(seed)
    drawn = Draw(seed)
    for _ in range(dice.randint(*TURNS)):
        if talk.owner != "bot":
            break
        deed, what = line(dice, talk.titles)
        if deed == "press":
            talk.click(what)
        else:
            talk.say(what)
        drawn.wrong += judged(talk)
    drawn.wrong += contradictions(talk)
    return drawn


def judged(talk: Talk) -> list[str]:
    """What is wrong with the last answer."""
    if not talk.texts:
        return ["silence"]
    wrong = [f"a hole: {text}" for text in talk.texts if not text.strip() or holes(text)]
    for text in talk.texts:
        wrong += [f"a secret sum {found}: {text}" for found in SUM.findall(text) if found in secrets()]
        wrong += [f"{one.rule} forbids {one.found!r}: {text}" for one in check(text, backed=SUM.findall(text)) if one.severity == "block"]
    return wrong


def contradictions(talk: Talk) -> list[str]:
    """The same response with the same row about the same order names the same sums; a ticket keeps one promised time."""
    wrong: list[str] = []
    told: dict[tuple[str, str, str], tuple[tuple[str, ...], str]] = {}
    for message in talk.history():
        trace = message.get("trace") or {}
        row, response = str(trace.get("row") or ""), str(trace.get("response") or "")
        order = next(iter(re.findall(r"8800\d{8}", str(message["text"]))), "")
        if message["from"] != "bot" or not row or not order or trace.get("table") not in SETTLED:
            continue
        sums = tuple(SUM.findall(str(message["text"])))
        before, text = told.setdefault((row, response, order), (sums, str(message["text"])))
        if before and sums and before != sums:
            wrong.append(f"contradiction in {row}: {text} / {message['text']}")
    return wrong
