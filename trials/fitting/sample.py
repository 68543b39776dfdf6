"""DIET with and without sentence vectors beside the engine's regression, all on the same sample: DIET on everything takes half an hour."""

from __future__ import annotations

import importlib
import logging
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.nlu.components.tokenizer import EXACT_INTENT
from trials.fitting.corpus import Corpus, Texts
from trials.fitting.features import of_grams, of_words
from trials.fitting.learners import Learner, Linear

EXAMPLES = 24  # an intent, as in design/nlu_trials.md
EPOCHS = 30
_TOKENS = ("engine.nlu.components.tokenizer", "ShopTokenizer", {})
_COUNTS = "rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer"
_WORDS = (_COUNTS, "CountVectorsFeaturizer", {})
_CHARS = (_COUNTS, "CountVectorsFeaturizer", {"analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4})
_VECTORS = ("engine.nlu.components.sentence", "SentenceFeaturizer", {})
_DIET = ("rasa.nlu.classifiers.diet_classifier", "DIETClassifier", {"epochs": EPOCHS, "constrain_similarities": True, "random_seed": 1})
Part = tuple[str, str, dict[str, Any]]


def stratified(data: Corpus, seed: int = 7) -> tuple[Corpus, tuple[Texts, list[str]]]:
    """The corpus with at most 24 examples of each intent, without topics, and as many of the others to be asked about."""
    drawn = random.Random(seed)  # noqa: S311 only a choice
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(data.labels):
        places[label.partition("/")[0]].append(place)
    kept = sorted(place for own in places.values() for place in drawn.sample(own, min(EXAMPLES, len(own))))
    left = sorted(set(range(len(data.labels))) - set(kept))
    asked = sorted(drawn.sample(left, min(len(kept), len(left))))
    intents = [label.partition("/")[0] for label in data.labels]
    whole = Corpus(data.ours.at(kept), [intents[one] for one in kept], data.real, data.rows, data.outside, data.exact)
    return whole, (data.ours.at(asked), [intents[one] for one in asked])


class Pipeline:
    """Components of Rasa trained in order, without its runner."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._made: list[Any] = []

    def fit(self, texts: Texts, labels: Sequence[str]) -> None:
        """Train every component on the messages."""
        from rasa.engine.graph import ExecutionContext, GraphSchema
        from rasa.engine.storage.local_model_storage import LocalModelStorage
        from rasa.engine.storage.resource import Resource
        from rasa.shared.nlu.training_data.message import Message
        from rasa.shared.nlu.training_data.training_data import TrainingData

        logging.getLogger("rasa").setLevel(logging.ERROR)
        taught = TrainingData([Message.build(text=said, intent=label) for said, label in zip(texts.said, labels, strict=True)])
        self.classes = sorted(set(labels))
        self._made = []
        with tempfile.TemporaryDirectory(prefix="xiaoer-trial-") as folder:
            storage = LocalModelStorage(Path(folder))
            for order, (module, name, config) in enumerate(self._parts):
                kind = getattr(importlib.import_module(module), name)
                node = f"n{order}"
                component = kind.create(
                    {**kind.get_default_config(), **config}, storage, Resource(node), ExecutionContext(GraphSchema({}), node_name=node)
                )
                for step in ("train", "process_training_data"):
                    if hasattr(component, step):
                        getattr(component, step)(taught)
                self._made.append(component)

    def shares(self, texts: Texts) -> np.ndarray:
        """What the classifier's ranking says."""
        from rasa.shared.nlu.training_data.message import Message

        found = np.zeros((len(texts), len(self.classes)))
        places = {name: place for place, name in enumerate(self.classes)}
        for row, said in enumerate(texts.said):
            message = Message({"text": said})
            for component in self._made:
                component.process([message])
                # The encoder leaves messages of the exact rules alone; DIET wants the same features of every message.
                message.set(EXACT_INTENT, None)
            for one in message.get("intent_ranking") or []:
                found[row, places[one["name"]]] = one["confidence"]
        return found


def trials() -> dict[str, Callable[[], Learner]]:
    """Name → how to make the learner; the first is what the others are compared with."""
    return {
        "n-grams + words + e5, one regression (present)": lambda: Linear((of_grams, of_words), vectors=True),
        "DIET, words and character n-grams": lambda: Pipeline((_TOKENS, _WORDS, _CHARS, _DIET)),
        "DIET, words, character n-grams and e5": lambda: Pipeline((_TOKENS, _WORDS, _CHARS, _VECTORS, _DIET)),
    }
