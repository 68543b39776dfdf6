"""`python -m engine.exam --model M --questions in.json --out out.json`: what one model makes of the tests of a release.

`in.json` is `{questions: [text, …], whole: [text, …], stories: folder | null, speed: [text, …], vectors: file | null}`; written is
`{answers: [as engine.measure parse], stories: [{story, file, steps: [{kind, expected, actual}], right, error?}], speed: {…}}`:

- `answers`: of `questions` what the classifier says; of `whole` all wishes that the engine reads in it, as the first message of a shopper
  whose orders are known (engine/measure.py), which takes ten times as long;
- `stories`: test dialogues as `rasa test core` plays them: after a wrong action the expected one is taken as done. `kind` is `user` (an
  intent), `action`, `slot` or `loop`; of an action `actual` is what the model did;
- `speed`: milliseconds a message needs to be understood, without its vector being known: `wall` and `cpu` (of the whole process, so that
  a busy machine changes little), each first quarter, median and 95th percentile.

`vectors`: sentence vectors of the questions, kept from one exam to the next (they depend on the encoder alone, not on the model).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine import paths
from engine.measure import newest, told

LISTEN = "action_listen"
MOST_VECTORS = 20_000  # 1.5 kB each
REPEATED = 3


async def answers(agent: Any, texts: Sequence[str], whole: Sequence[str], say: Callable[[int, int], None]) -> list[dict[str, Any]]:
    """What the classifier says of `texts`, and what the engine makes of `whole`."""
    from engine import understand
    from engine.nlu.answers import Question

    known = Question(order_named=True)
    found = []
    for number, (text, wholly) in enumerate([*((text, False) for text in texts), *((text, True) for text in whole)]):
        if number % 50 == 0:
            say(number, len(texts) + len(whole))
        alone = await agent.parse_message(text)
        if wholly:
            read = await understand.from_text(agent, text, known)
            found.append(told(text, alone, read, await understand.wishes_of(agent, text, known)))
        else:
            found.append(told(text, alone, alone, [alone]))
    return found


async def speed(agent: Any, texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """How long the pipeline takes for texts that nobody has read before: of each the best of three times."""
    from engine.nlu.kept import forget_all

    walls: dict[str, list[float]] = {text: [] for text in texts}
    cpus: dict[str, list[float]] = {text: [] for text in texts}
    for _ in range(REPEATED):
        forget_all()
        for text in texts:
            wall, cpu = time.perf_counter(), time.process_time()
            await agent.parse_message(text)
            walls[text].append(1000 * (time.perf_counter() - wall))
            cpus[text].append(1000 * (time.process_time() - cpu))
    return {"wall": _spread([min(one) for one in walls.values()]), "cpu": _spread([min(one) for one in cpus.values()])}


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    places = {"quarter": 0.25, "median": 0.5, "p95": 0.95}
    return {name: round(ordered[int(place * (len(ordered) - 1))], 2) for name, place in places.items()}


async def stories(agent: Any, folder: str) -> list[dict[str, Any]]:
    """Every test dialogue with what the model did at each step. One that cannot be read or played is wrong, with the reason (`error`)."""
    from rasa.core.test import _predict_tracker_actions

    found: list[dict[str, Any]] = []
    for file, name, tracker, error in _played(agent, folder):
        steps: list[dict[str, Any]] = []
        if tracker is not None:
            try:
                _, played, _, _ = await _predict_tracker_actions(tracker, agent)
                steps = list(_steps(played.events))
            except Exception as problem:  # an action or slot that this model does not have
                error = str(problem)
        wrong = bool(error) or any(step["kind"] == "action" and step["actual"] != step["expected"] for step in steps)
        found.append({"story": name, "file": file, "steps": steps, "right": not wrong, **({"error": error} if error else {})})
    return found


def _played(agent: Any, folder: str) -> Iterator[tuple[str, str, Any, str]]:
    """(file, story, tracker, error) of the test dialogues. A reading takes Rasa a second: all files at once when all can be read."""
    from rasa.core.test import _create_data_generator

    files = sorted(Path(folder).rglob("*.yml"))
    for part in [[Path(folder)], files] if files else []:
        for one in part:
            try:
                generator = _create_data_generator(str(one), agent)
                trackers = generator.generate_story_trackers()
            except Exception as error:  # Rasa raises of many kinds; the file is what the reader needs to know
                if one.is_dir():
                    break
                yield one.name, "", None, str(error)
                continue
            sources = {step.block_name: Path(str(step.source_name or "")).name for step in generator.story_graph.story_steps}
            for tracker in trackers:
                yield sources.get(tracker.sender_id, "" if one.is_dir() else one.name), tracker.sender_id, tracker, ""
        else:
            return


def _steps(events: Sequence[Any]) -> Any:
    """A played dialogue step by step. Waiting for the shopper is left out where it was expected and done."""
    from rasa.core.test import WronglyPredictedAction
    from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered

    for place, event in enumerate(events):
        if isinstance(event, UserUttered):
            yield {"kind": "user", "expected": event.intent_name, "actual": None}
        elif isinstance(event, WronglyPredictedAction):
            yield {"kind": "action", "expected": event.action_name or event.action_text, "actual": event.action_name_prediction}
        elif isinstance(event, ActionExecuted):
            if place and event.action_name != LISTEN:
                yield {"kind": "action", "expected": event.action_name, "actual": event.action_name}
        elif isinstance(event, SlotSet):
            yield {"kind": "slot", "expected": f"{event.key}: {event.value}", "actual": None}
        elif isinstance(event, ActiveLoop):
            yield {"kind": "loop", "expected": event.name, "actual": None}


def exam(model: Path, asked: dict[str, Any], say: Callable[[str, float], None] = lambda *_: None) -> dict[str, Any]:
    """All parts; `say` hears which part goes on and how much of it (0–1) is done."""
    paths.set_defaults()
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)  # unconfigured, Rasa prints a line for every message
    say("load", 0.0)
    agent = Agent.load(str(model))

    async def all_of() -> dict[str, Any]:
        # First what is timed: nothing of it may be known. The first messages of a process pay for loading.
        timed, whole = list(asked.get("speed") or []), list(asked.get("whole") or [])
        say("speed", 0.0)
        for text in timed[:3]:
            await agent.parse_message(f"{text}{text}")
        found: dict[str, Any] = {"speed": await speed(agent, timed)}
        vectors = _vectors(asked.get("vectors")) if asked["questions"] or whole else None
        if vectors is not None:
            say("vectors", 0.0)
            vectors.remember([*asked["questions"], *whole])
        found["answers"] = await answers(agent, asked["questions"], whole, lambda done, of: say("questions", done / of))
        if vectors is not None:
            vectors.keep()
        say("stories", 0.0)
        found["stories"] = await stories(agent, asked["stories"]) if asked.get("stories") else []
        return found

    return asyncio.run(all_of())


class Vectors:
    """The vectors of everything that the exam reads, parts of messages included, kept in a file until the next exam.

    A vector takes longer than all the rest of reading a message. The file names texts by a hash: real messages are kept nowhere.
    """

    def __init__(self, file: Path) -> None:
        from engine.nlu.embedding import LONGEST, VectorFile, encoder

        file.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._longest, self._encoder = VectorFile(file), LONGEST, encoder()
        self._kept = self._file.read()
        self._used: dict[str, Any] = {}
        self._compute = self._encoder.vector
        self._encoder.vector = self.vector  # type: ignore[method-assign]

    def vector(self, text: str) -> Any:
        """Of one text: at hand, from the file, or computed."""
        name = hashlib.sha256(text[: self._longest].encode()).hexdigest()
        if name in self._kept and not self._encoder.known(text):
            self._encoder.remember({text: self._kept[name]})
        self._used[name] = self._compute(text)
        return self._used[name]

    def remember(self, texts: Sequence[str]) -> None:
        """Have the vectors of all texts at hand, those that no earlier exam had computed in batches."""
        from engine.nlu.normalise import normalise

        wanted = {normalise(text).text[: self._longest] for text in texts} - {""}
        names = {text: hashlib.sha256(text.encode()).hexdigest() for text in wanted}
        missing = sorted(text for text in wanted if names[text] not in self._kept and not self._encoder.known(text))
        if missing:
            self._encoder.remember(dict(zip(missing, self._encoder.vectors(missing), strict=True)))
        for text in wanted:
            self.vector(text)

    def keep(self) -> None:
        """Write them, those of former exams too as long as they are not too many."""
        self._file.write(dict(list({**self._used, **self._kept}.items())[:MOST_VECTORS]))


def _vectors(file: str | None) -> Vectors | None:
    from engine.nlu.embedding import NONE, used

    return Vectors(Path(file)) if file and used() != NONE else None


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 = written, 2 = cannot."""
    parser = argparse.ArgumentParser(prog="python -m engine.exam", description="what one model makes of the tests of a release")
    parser.add_argument("--model", type=Path, default=paths.MODELS, help="archive, or folder of archives")
    parser.add_argument("--questions", type=Path, required=True, help="JSON: what is asked")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)

    def say(part: str, done: float) -> None:
        print(f"step {part} {done:.2f}", flush=True)

    try:
        found = exam(newest(options.model), json.loads(options.questions.read_text("utf-8")), say)
        options.out.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    except (OSError, ValueError, KeyError) as problem:
        print(f"engine.exam: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
