"""What the engine makes of messages: its own program `engine.measure`, run in the engine's environment."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from evaluate.messages import Missing
from launch.paths import ENGINE_PYTHON, ROOT

FALLBACK = "nlu_fallback"


@dataclass(frozen=True)
class Wish:
    """A wish read out of a message: the intent (`nlu_fallback`: the bot asks back), its topic, the best guess and its share."""

    intent: str
    topic: str | None
    guess: str
    share: float


@dataclass(frozen=True)
class Answer:
    """One message as the engine reads it.

    `classifier`: the intent of Rasa's pipeline alone; `ranking`: its intents with their shares, best first, the fallback left out.
    """

    text: str
    classifier: str
    classifier_guess: str
    classifier_share: float
    wishes: tuple[Wish, ...]
    ranking: tuple[tuple[str, float], ...]
    entities: tuple[Mapping[str, Any], ...]

    @property
    def share(self) -> float:
        """How sure the engine is of all it would answer: the least sure of the wishes."""
        return min(one.share for one in self.wishes)


@dataclass(frozen=True)
class Unseen:
    """An example of data/nlu as read by a model that was trained without it."""

    text: str
    intent: str
    topic: str | None
    guess: str
    guess_topic: str | None
    share: float


def read(texts: Sequence[str], model: Path, today: date) -> list[Answer]:
    """Every text as the engine of this model reads it on that day. Missing when the engine cannot."""
    with tempfile.TemporaryDirectory(prefix="xiaoer-eval-") as folder:
        asked, told = Path(folder) / "in.json", Path(folder) / "out.json"
        asked.write_text(json.dumps(list(texts), ensure_ascii=False), "utf-8")
        _engine(["parse", "--model", str(model), "--questions", str(asked), "--out", str(told)], {"XIAOER_NOW": f"{today}T12:00:00+08:00"})
        return [answer(one) for one in json.loads(told.read_text("utf-8"))]


def answer(told: Mapping[str, Any]) -> Answer:
    """One answer of `engine.measure parse`."""
    return Answer(
        str(told["text"]),
        str(told["classifier"]),
        str(told["classifier_guess"]),
        float(told["classifier_share"]),
        tuple(Wish(str(one["intent"]), one["topic"], str(one["guess"]), float(one["share"])) for one in told["wishes"]),
        tuple((str(name), float(share)) for name, share in told["ranking"]),
        tuple(told["entities"]),
    )


def cross_validated(kept: Path, folds: int) -> list[Unseen]:
    """Every example of data/nlu, read without having been learned. `kept`: where the result lies or will lie."""
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="xiaoer-eval-") as folder:
            told = Path(folder) / "out.json"
            _engine(["cross", "--folds", str(folds), "--out", str(told)], {})
            kept.write_bytes(told.read_bytes())
    return [
        Unseen(one["text"], one["label"], one["topic"], one["guess"], one["guess_topic"], float(one["share"]))
        for one in json.loads(kept.read_text("utf-8"))
    ]


def _engine(arguments: Sequence[str], variables: Mapping[str, str]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XIAOER_HOME": os.environ.get("XIAOER_HOME") or str(ROOT / "var"), **variables}
    done = subprocess.run(
        [str(ENGINE_PYTHON), "-W", "ignore", "-m", "engine.measure", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Missing("engine.measure: " + (said[-1] if said else f"ended with exit code {done.returncode}"))
