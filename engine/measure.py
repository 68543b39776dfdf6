"""What `make eval` asks of the engine: many messages read at once, and the classifier cross-validated on our own examples.

    python -m engine.measure parse --model models --questions in.json --out out.json
    python -m engine.measure cross --folds 5 --out out.json

`parse` reads a JSON list of texts, each as the first message of a shopper whose orders are known, and writes a list of
`{text, classifier, classifier_share, wishes: [{intent, topic, guess, share}], ranking: [[intent, share]], entities: [{entity, value, start,
end}]}`. `classifier` is what Rasa's pipeline alone says; `intent` is what the engine makes of it (`nlu_fallback` where the bot asks
back), `guess` the best wish behind it.

`cross` trains the components of config.yml fold by fold, without Rasa's runner, and writes a list of
`{text, label, guess, share, topic}` for examples that the fold's components have not seen.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import logging
import os
import random
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from engine import paths

FALLBACK = "nlu_fallback"
# Say nothing of the intent, so a fold need not train them.
_NOT_FOR_INTENTS = ("DoubtClassifier", "ShopEntityExtractor")


def newest(where: Path) -> Path:
    """A model file, or the newest of a folder.

    Raises:
        FileNotFoundError: there is none.
    """
    if where.is_file():
        return where
    found = sorted(where.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise FileNotFoundError(f"{where}: no model; `make train` makes one")
    return found[-1]


def best_guess(parsed: dict[str, Any], *, with_kin: bool = False) -> tuple[str, float]:
    """The likeliest intent of a parse result that is a wish, and its share; `with_kin`: together with its kin, as the bot decides."""
    for one in [parsed["intent"], *(parsed.get("intent_ranking") or [])]:
        if one.get("name") not in (None, FALLBACK):
            name, own = str(one["name"]), float(one.get("confidence") or 0.0)
            return name, max(own, _with_kin(name, parsed)) if with_kin else own
    return FALLBACK, 0.0


def _with_kin(name: str, parsed: dict[str, Any]) -> float:
    """The share that doubt.yml's thresholds are held against: of the wish and of those that are answered much alike."""
    from engine.nlu import doubt

    ranking = parsed.get("intent_ranking") or []
    shares = ((str(one["name"]), float(one.get("confidence") or 0.0)) for one in ranking if one.get("name") != FALLBACK)
    return min(1.0, round(doubt.with_kin(name, shares)[0], 4))


def told(text: str, alone: dict[str, Any], whole: dict[str, Any], wishes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One message's answer, as the module's text describes it."""
    from engine.wishes import topic_of

    first, first_share = best_guess(alone)
    found = []
    for parsed in wishes:
        guess, share = best_guess(parsed, with_kin=True)
        found.append({"intent": str(parsed["intent"].get("name")), "topic": topic_of(parsed), "guess": guess, "share": share})
    return {
        "text": text,
        "classifier": str(alone["intent"].get("name")),
        "classifier_guess": first,
        "classifier_share": first_share,
        "wishes": found,
        "ranking": [
            [str(one["name"]), float(one.get("confidence") or 0.0)]
            for one in alone.get("intent_ranking") or []
            if one.get("name") not in (None, FALLBACK)
        ],
        "entities": [
            {key: one.get(key) for key in ("entity", "value", "start", "end")}
            for one in whole.get("entities") or []
            if one["entity"] != "topic"
        ],
    }


def parse(model: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Every text read by the engine's pipeline as it answers shoppers."""
    paths.set_defaults()
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    from engine import understand
    from engine.nlu.answers import Question

    configure_structlog(logging.WARNING)  # unconfigured, Rasa prints a line for every message
    agent = Agent.load(str(model))
    known = Question(order_named=True)

    async def all_of() -> list[dict[str, Any]]:
        found = []
        for text in texts:
            alone = await agent.parse_message(text)
            whole = await understand.from_text(agent, text, known)
            found.append(told(text, alone, whole, await understand.wishes_of(agent, text, known)))
        return found

    return asyncio.run(all_of())


def folds_of(labels: Sequence[str], folds: int, seed: int = 5) -> list[int]:
    """The fold of each example, every label spread evenly over the folds."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        places[label].append(place)
    found = [0] * len(labels)
    shuffled = random.Random(seed)  # noqa: S311 only an order
    for own in places.values():
        shuffled.shuffle(own)
        start = shuffled.randrange(folds)
        for number, place in enumerate(own):
            found[place] = (start + number) % folds
    return found


def _examples() -> list[Any]:
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

    found = []
    for path in sorted((paths.CONTENT / "data" / "nlu").glob("*.yml")):
        found += [one for one in RasaYAMLReader().read(str(path)).intent_examples if one.get("text")]
    return found


def _components() -> list[tuple[type, dict[str, Any]]]:
    found = []
    for entry in yaml.safe_load(paths.CONFIG.read_text("utf-8"))["pipeline"]:
        module, _, name = str(entry["name"]).rpartition(".")
        if name not in _NOT_FOR_INTENTS:
            kind = getattr(importlib.import_module(module), name)
            found.append((kind, {**kind.get_default_config(), **{key: value for key, value in entry.items() if key != "name"}}))
    return found


def _fold(task: tuple[int, int, str]) -> list[dict[str, Any]]:
    """Train on all folds but one and read that one. A process of its own: components keep module state."""
    number, folds, vectors = task
    paths.set_defaults()
    with tempfile.TemporaryDirectory(prefix="xiaoer-fold-") as folder:
        # The vectors are kept for exactly what was trained on last, so a fold works on a copy of them.
        os.environ["XIAOER_HOME"] = folder
        cache = Path(folder) / "cache"
        if Path(vectors).is_dir():
            shutil.copytree(vectors, cache)
        from rasa.engine.graph import ExecutionContext, GraphSchema
        from rasa.engine.storage.local_model_storage import LocalModelStorage
        from rasa.engine.storage.resource import Resource
        from rasa.shared.nlu.training_data.message import Message
        from rasa.shared.nlu.training_data.training_data import TrainingData

        from engine.nlu.components.classifier import label_of

        examples = _examples()
        labels = [label_of(one) for one in examples]
        place = folds_of(labels, folds)
        taught = TrainingData([one for one, fold in zip(examples, place, strict=True) if fold != number])
        of_fold = [(one, label) for one, label, fold in zip(examples, labels, place, strict=True) if fold == number]
        unseen = [(Message({"text": one.get("text")}), label) for one, label in of_fold]
        _remember([one.get("text") for one, _ in unseen])
        model = Path(folder) / "model"
        model.mkdir()
        storage = LocalModelStorage(model)
        for order, (kind, config) in enumerate(_components()):
            node = f"n{order}"
            component = kind.create(config, storage, Resource(node), ExecutionContext(GraphSchema({}), node_name=node))
            for step in ("train", "process_training_data"):
                if hasattr(component, step):
                    getattr(component, step)(taught)
            component.process([one for one, _ in unseen])
        found = []
        for one, label in unseen:
            intent = one.get("intent")
            found.append(
                {
                    "text": one.get("text"),
                    "label": label.partition("/")[0],
                    "topic": label.partition("/")[2] or None,
                    "guess": str(intent["name"]),
                    "guess_topic": intent.get("topic"),
                    "share": float(intent["confidence"]),
                }
            )
        return found


def _remember(texts: Sequence[str]) -> None:
    """Hand the encoder the vectors at hand, which a fold would else compute one by one."""
    from engine.nlu.embedding import LONGEST, VectorFile, encoder
    from engine.nlu.normalise import normalise

    kept = VectorFile().read()
    keys = {normalise(text).text[:LONGEST] for text in texts}
    encoder().remember({key: kept[key] for key in keys if key in kept})


def cross_validate(folds: int, processes: int) -> list[dict[str, Any]]:
    """Every example of data/nlu, read by components that were trained without it."""
    tasks = [(number, folds, str(paths.home() / "cache")) for number in range(folds)]
    with ProcessPoolExecutor(max_workers=processes) as pool:
        return [one for found in pool.map(_fold, tasks) for one in found]


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 = written, 2 = cannot."""
    parser = argparse.ArgumentParser(prog="python -m engine.measure", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parts = parser.add_subparsers(dest="what", required=True)
    reading = parts.add_parser("parse", help="read many messages with a trained model")
    reading.add_argument("--model", type=Path, default=paths.MODELS)
    reading.add_argument("--questions", type=Path, required=True, help="JSON list of texts")
    crossing = parts.add_parser("cross", help="cross-validate the classifier on data/nlu")
    crossing.add_argument("--folds", type=int, default=5)
    crossing.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    for one in (reading, crossing):
        one.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        if options.what == "parse":
            found = parse(newest(options.model), json.loads(options.questions.read_text("utf-8")))
        else:
            found = cross_validate(options.folds, options.processes)
    except (OSError, ValueError, KeyError) as problem:
        print(f"engine.measure: {problem}", file=sys.stderr)
        return 2
    options.out.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
