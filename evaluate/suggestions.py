"""Whether the right script is among the first suggestions an agent sees: engine and actions real, asked in the dark as the desk asks.

The shopper of every message is the one of ``evaluate/data/suggestions.yml``: signed in, on a product's page, no talk before it.
A suggestion is right when it answers a wish that serves the message's own label (``tests/nlu/coarse_labels.yml``) with a script
that the file names for that label: the right answer, not only the right topic.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from evaluate import messages, statistics
from evaluate.messages import DATA, OUT_OF_SCOPE, Coarse, Missing, Row
from evaluate.statistics import Estimate
from gateway.rasa_client import EngineError, RasaClient
from gateway.settings import Secret
from gateway.suggest import MOST, shown
from launch import database
from launch.errors import LaunchError
from launch.product import Product, own_commands
from launch.settings import Settings

FILE = DATA / "suggestions.yml"
REAL, OURS = "real", "ours"
# The issue's own measure: an agent looks at three.
FEW = 3


@dataclass(frozen=True)
class Asked:
    """One message that suggestions are asked for; ``source``: real or ours."""

    row: Row
    source: str


@dataclass(frozen=True)
class Offered:
    """One suggestion: its wishes with topics, and the scripts of its bubbles."""

    wishes: tuple[tuple[str, str | None], ...]
    scripts: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """A message with its suggestions; ``place`` of the first right one from 0, None when there is none."""

    asked: Asked
    offered: tuple[Offered, ...]
    place: int | None
    ms: float


class Truth:
    """The file: which scripts answer a label, who asks, and how many messages."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.shopper: dict[str, str] = dict(content["shopper"])
        self.now = str(content["now"])
        self.messages = int(content["messages"])
        self.neither = frozenset(content["neither"])
        self.scripts = {str(label): frozenset(map(str, scripts)) for label, scripts in content["scripts"].items()}

    @classmethod
    def read(cls, path: Path = FILE) -> Truth:
        """Read the file. Missing when a part is not there."""
        content = yaml.safe_load(path.read_text("utf-8"))
        lacking = {"shopper", "now", "messages", "neither", "scripts"} - set(content or ())
        if lacking:
            raise Missing(f"{path}: lacks {', '.join(sorted(lacking))}")
        return cls(content)

    def right(self, coarse: Coarse, row: Row, one: Offered) -> bool:
        """Whether a suggestion answers the message: its wish serves the label, and it does so with a script of that label."""
        serves = any(coarse.strict(row, intent, topic) for intent, topic in one.wishes)
        return serves and bool(self.scripts.get(row.label, frozenset()) & set(one.scripts))


def chosen(truth: Truth, rows: Sequence[Row], coarse: Coarse) -> list[Asked]:
    """The real messages that are in scope, filled up to the promised number with held-out ones of ours, evenly spread."""
    outside = {OUT_OF_SCOPE, *truth.neither}
    real = [Asked(row, REAL) for row in rows if row.label not in outside]
    labels = set(truth.scripts) - outside
    ours = [
        Asked(Row(one.text, served[0], frozenset()), OURS)
        for one in messages.held_out()
        if (served := coarse.of(one.intent, one.topic).strict) and served[0] in labels
    ]
    wanted = max(0, truth.messages - len(real))
    step = len(ours) / wanted if wanted else 1.0
    return real + [ours[int(place * step)] for place in range(min(wanted, len(ours)))]


def measure(trained: Path, rows: Sequence[Row], coarse: Coarse) -> list[Judged]:
    """Ask for suggestions to every message and judge them, in a product of its own that is gone afterwards.

    Raises:
        Missing: the product does not start, or the engine does not answer; the message says why.
    """
    truth = Truth.read()
    asked = chosen(truth, rows, coarse)
    with TemporaryDirectory(prefix="xiaoer-eval-") as home:
        settings = Settings.for_test(Path(home), XIAOER_NOW=truth.now)
        commands = own_commands(settings)
        product = Product(settings, commands={**commands, "engine": [*commands["engine"], "--model", str(trained)]})
        try:
            database.migrate_and_seed(product.env, settings.logs / "seed.log")
            product.start()
            return asyncio.run(_ask(product, truth, asked, coarse))
        except (LaunchError, EngineError) as problem:
            raise Missing(f"suggestions could not be asked for: {problem}") from problem
        finally:
            product.stop()


async def _ask(product: Product, truth: Truth, asked: Sequence[Asked], coarse: Coarse) -> list[Judged]:
    client = RasaClient([product.engine_url], Secret(product.engine_token), timeout=30)
    found: list[Judged] = []
    try:
        for number, one in enumerate(asked):
            talk = f"eval:{number}"
            metadata = {"shop_id": "demo", "conversation_id": talk, "message_id": talk, "dry_run": True, "masked": True, **truth.shopper}
            begun = time.perf_counter()
            told = shown(await client.suggest(talk, text=one.row.text, metadata=metadata, slots={}))
            ms = (time.perf_counter() - begun) * 1000
            few = tuple(offered(each) for each in told)
            right = (place for place, each in enumerate(few) if truth.right(coarse, one.row, each))
            found.append(Judged(one, few, next(right, None), ms))
    finally:
        await client.close()
    return found


def figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Shares of messages whose right script is first, among the first three, among all; without any; by source."""

    def within(some: Sequence[Judged], most: int) -> Estimate:
        return statistics.share_of([one.place is not None and one.place < most for one in some])

    times = sorted(one.ms for one in judged)
    return {
        "messages": len(judged),
        "first": within(judged, 1),
        "first_three": within(judged, FEW),
        "any": within(judged, MOST),
        "none": statistics.share_of([not one.offered for one in judged]),
        **{source: within([one for one in judged if one.asked.source == source], FEW) for source in (REAL, OURS)},
        "median_ms": round(times[len(times) // 2], 1),
    }


def failing(judged: Sequence[Judged]) -> list[list[Any]]:
    """Rows of suggestions.tsv: messages whose right script is not among the first three."""
    return [
        [one.asked.source, one.asked.row.label, _told(one.offered), one.asked.row.text]
        for one in judged
        if one.place is None or one.place >= FEW
    ]


def _told(some: Sequence[Offered]) -> str:
    return " | ".join(f"{'+'.join(intent for intent, _ in one.wishes)}: {','.join(dict.fromkeys(one.scripts))}" for one in some)


def offered(one: Mapping[str, Any]) -> Offered:
    """A suggestion as the desk shows it, as far as it is judged."""
    wishes = tuple((str(name), one["topic"] if place == 0 else None) for place, name in enumerate(one["intents"]))
    return Offered(wishes, tuple(str(bubble["script"]) for bubble in one["bubbles"] if bubble["script"]))
