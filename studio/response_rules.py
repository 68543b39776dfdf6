"""What a response may be made of (``response_rules.yml``): values with their Chinese names, limits, and what no response says. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from studio.loading import load

FILE = Path(__file__).with_name("response_rules.yml")
# As engine/nlg.py reads them: braces around anything else (the JSON of a button's payload) are no variable.
VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
HAN = re.compile(r"[\u3400-\u9fff]")
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")


@dataclass(frozen=True)
class Variable:
    """A value that actions may hand to a response: ``label`` is what trainers call it, ``example`` a typical one."""

    name: str
    label: str
    example: str


@dataclass(frozen=True)
class Forbidden:
    """A pattern that no response contains, and what to write instead."""

    pattern: re.Pattern[str]
    say: str


@dataclass(frozen=True)
class Circumstance:
    """What a variation may depend on, and what its values are called."""

    name: str
    label: str
    values: dict[str, str]


@dataclass(frozen=True)
class ResponseRules:
    """The whole file. ``longest_bubble`` counts characters of Chinese script."""

    variables: dict[str, Variable]
    products: tuple[str, ...]
    longest_bubble: int
    topics: tuple[str, ...]
    no_emoji: tuple[str, ...]
    forbidden: tuple[Forbidden, ...]
    circumstances: tuple[Circumstance, ...]

    def labelled(self, label: str) -> str | None:
        """The name of the value that trainers call so, or None."""
        return next((one.name for one in self.variables.values() if one.label == label.strip()), None)

    def examples(self, product: str | None = None) -> dict[str, str]:
        """A typical value of every variable; ``product``: a name of goods in the place of the usual one."""
        found = {one.name: one.example for one in self.variables.values()}
        return found | ({"product": product} if product else {})


@lru_cache(maxsize=1)
def response_rules() -> ResponseRules:
    """The rules, read once."""
    body = load(FILE.read_text("utf-8"), FILE.name)
    return ResponseRules(
        variables={str(name): Variable(str(name), str(one["label"]), str(one["example"])) for name, one in body["variables"].items()},
        products=tuple(map(str, body["products"])),
        longest_bubble=int(body["longest_bubble"]),
        topics=tuple(map(str, body["topics"])),
        no_emoji=tuple(map(str, body["no_emoji"])),
        forbidden=tuple(Forbidden(re.compile(one["pattern"], re.M), str(one["say"])) for one in body["forbidden"]),
        circumstances=tuple(
            Circumstance(str(name), str(one["label"]), {str(key): str(value) for key, value in one["values"].items()})
            for name, one in body["conditions"].items()
        ),
    )


def bubbles(text: str) -> list[str]:
    """A text as the shopper sees it: a blank line begins a new bubble."""
    return [bubble.strip() for bubble in re.split(r"\n\s*\n", text) if bubble.strip()]


def characters(bubble: str) -> int:
    """How long a bubble is: characters of Chinese script, values not counted."""
    return len(HAN.findall(VARIABLE.sub("", bubble)))
