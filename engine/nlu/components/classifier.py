"""Rasa intent classifier: a logistic regression over all sentence features and the nearest examples; exact short messages first.

A family is an intent whose examples carry a topic (`metadata: {topic: …}` beside the intent in data/nlu). The regression tells
topics apart, as classes `intent/topic`; what it reports is the intent with the sum of its topics' shares, and the best topic
beside it (`intent["topic"]`), which the extractor hands on as entity `topic`. So a family of unlike sentences is as easy to
learn as its parts, and two near topics of one family never look like a doubt between two wishes.

A share of the examples is held out first to learn what the shares are worth (engine/nlu/calibration.py), then all are learned,
beginning with what was found. Saved as plain arrays and JSON: a model file holds nothing that could run.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.nlu import calibration, regression
from engine.nlu.calibration import Calibration
from engine.nlu.components.tokenizer import EXACT_INTENT, NORMALISED
from engine.nlu.kept import Kept
from engine.nlu.neighbours import Neighbours

logger = logging.getLogger(__name__)
_ARRAYS = "regression.npz"
_LABELS = "intents.json"
_LEAST = 1e-9  # of a share, whose logarithm is taken
TOPIC = "topic"


def label_of(message: Message) -> str:
    """Class of an example: its intent, or `intent/topic` in a family."""
    topic = ((message.get(METADATA) or {}).get(METADATA_INTENT) or {}).get(TOPIC)
    return f"{message.get(INTENT)}/{topic}" if topic else str(message.get(INTENT))


def family_of(label: str) -> str:
    """Intent of a class."""
    return label.partition("/")[0]


def topic_of(label: str) -> str | None:
    """Topic of a class, None outside families."""
    return label.partition("/")[2] or None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RegressionClassifier(IntentClassifier, GraphComponent):
    """Multinomial logistic regression over sparse and dense sentence features, and the votes of the nearest examples."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Needs features."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Options of the component.

        `C`: inverse of the regularisation; `balance`: how far small classes are weighed up, 0 to 1; `iterations`: most steps;
        `ranking`: intents reported; `votes`: weight of the nearest examples beside the regression's 1, 0 for none; `nearest`: how many
        vote; `closeness`: how much more the closer ones weigh (engine/nlu/neighbours.py); `held_out`: share of the examples that the
        shares are calibrated on, 0 to leave them as they are; `outside`: the intent of what is out of scope, lifted until
        `false_alarms` of the other held-out examples are read as it.
        """
        return {
            "C": 10.0,
            "balance": 0.5,
            "iterations": 60,
            "ranking": 10,
            "votes": 0.5,
            "nearest": 8,
            "closeness": 10.0,
            "held_out": 0.2,
            "outside": "out_of_scope",
            "false_alarms": 0.02,
        }

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._labels: list[str] = []  # classes
        self._intents: list[str] = []  # families and single intents, in order of first class
        self._family = np.zeros(0, dtype=np.intp)  # place of each class's intent, shape (classes,)
        self._sparse = np.zeros((0, 0), dtype=np.float32)  # shape (sparse features, classes)
        self._dense = np.zeros((0, 0), dtype=np.float32)  # shape (dense features, classes)
        self._bias = np.zeros(0, dtype=np.float32)
        self._near: Neighbours | None = None
        self.calibration = Calibration()
        self._rankings: Kept[str, list[dict[str, Any]]] = Kept()

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> RegressionClassifier:
        """An untrained classifier."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> RegressionClassifier:
        """The classifier of a trained model."""
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            told = json.loads((folder / _LABELS).read_text(encoding="utf-8"))
            classifier._name(told["classes"])
            classifier.calibration = Calibration(**told["calibration"])
            with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
                classifier._sparse = arrays["sparse"]
                classifier._dense = arrays["dense"]
                classifier._bias = arrays["bias"]
                if "codes" in arrays:
                    classifier._near = classifier._neighbours(arrays["vectors"].astype(np.float32), arrays["codes"])
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on all examples with an intent and a text.

        Raises:
            ValueError: fewer than two intents.
        """
        examples = [message for message in training_data.intent_examples if message.get(INTENT) and message.get(TEXT)]
        labels = [label_of(message) for message in examples]
        if len({family_of(label) for label in labels}) < 2:
            raise ValueError("the training data needs examples of at least two intents (data/nlu/*.yml)")
        sparse = scipy.sparse.vstack([message.get_sparse_features(TEXT)[1].features for message in examples]).tocsr()
        vectors = [message.get_dense_features(TEXT)[1] for message in examples]
        # Without an encoder there are none.
        dense = np.vstack([np.zeros((1, 0)) if one is None else one.features for one in vectors])
        dense = dense.astype(np.float32)
        self._rankings.clear()
        first = self._calibrated(sparse, dense, labels)
        found = self._fit(sparse, dense, labels, first)
        self._name(found.classes)
        self._sparse, self._dense, self._bias = found.sparse, found.dense, found.bias
        self._near = self._neighbours(dense, self._codes(labels))
        near = {} if self._near is None else {"vectors": self._near.vectors.astype(np.float16), "codes": self._near.codes}
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / _ARRAYS, sparse=self._sparse, dense=self._dense, bias=self._bias, **near)
            told = {"classes": self._labels, "calibration": asdict(self.calibration)}
            (folder / _LABELS).write_text(json.dumps(told), encoding="utf-8")
        return self._resource

    def _fit(
        self, sparse: scipy.sparse.csr_matrix, dense: np.ndarray, labels: list[str], start: regression.Regression | None = None
    ) -> regression.Regression:
        return regression.fit(
            sparse, dense, labels, C=self._config["C"], balance=self._config["balance"], iterations=self._config["iterations"], start=start
        )

    def _calibrated(self, sparse: scipy.sparse.csr_matrix, dense: np.ndarray, labels: list[str]) -> regression.Regression | None:
        """Learn the calibration; returns the regression it was learned with, None when nothing is to be held out."""
        away = calibration.held_out(labels, self._config["held_out"])
        if not away.any():
            return None
        kept = np.flatnonzero(~away)
        found = self._fit(sparse[kept], dense[kept], [labels[place] for place in kept])
        self._name(found.classes)
        scores = sparse[away] @ found.sparse + dense[away] @ found.dense + found.bias
        near = self._neighbours(dense[kept], self._codes([labels[place] for place in kept]))
        shares = self._mixed(scores, dense[away], near)
        intents = np.array([self._intents.index(family_of(labels[place])) for place in np.flatnonzero(away)])
        outside = self._config["outside"]
        self.calibration = calibration.calibrate(
            np.log(shares),
            intents,
            self._family,
            self._intents.index(outside) if outside in self._intents else None,
            self._config["false_alarms"],
        )
        logger.info("calibrated on %d examples: %s", len(intents), self.calibration)
        return found

    def _codes(self, labels: list[str]) -> np.ndarray:
        """The place of each label's class."""
        places = {label: place for place, label in enumerate(self._labels)}
        return np.array([places[label] for label in labels], dtype=np.int32)

    def _neighbours(self, vectors: np.ndarray, codes: np.ndarray) -> Neighbours | None:
        """The examples that vote, None without vectors or votes."""
        if not vectors.shape[1] or not self._config["votes"]:
            return None
        return Neighbours(vectors, codes, len(self._labels), self._config["nearest"], self._config["closeness"])

    def _mixed(self, scores: np.ndarray, dense: np.ndarray | None, near: Neighbours | None) -> np.ndarray:
        """Shares by regression and neighbours together, none quite nothing. Shape (rows, classes)."""
        shares = calibration.shares_of(scores)
        if near is not None and dense is not None:
            weight = self._config["votes"]
            shares = (shares + weight * near.shares(dense)) / (1 + weight)
        return np.maximum(shares, _LEAST)

    def _name(self, labels: list[str]) -> None:
        self._labels = list(labels)
        self._intents = list(dict.fromkeys(family_of(label) for label in labels))
        self._family = np.array([self._intents.index(family_of(label)) for label in labels], dtype=np.intp)

    def probabilities(self, message: Message) -> np.ndarray:
        """Probability of each class, shape (classes,)."""
        scores = self._bias.astype(np.float32).copy()
        sparse = message.get_sparse_features(TEXT)[1]
        if sparse is not None:
            row = sparse.features
            scores += row.data @ self._sparse[row.indices]
        dense = message.get_dense_features(TEXT)[1]
        if dense is not None:
            scores += dense.features[0] @ self._dense
        scores = np.log(self._mixed(scores[None], None if dense is None else dense.features, self._near)[0])
        scores *= np.float32(self.calibration.sharpness)
        if self.calibration.lift and self._config["outside"] in self._intents:
            scores[self._family == self._intents.index(self._config["outside"])] += np.float32(self.calibration.lift)
        return calibration.shares_of(scores)

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking; a message of the exact rules is certain."""
        for message in messages:
            exact = message.get(EXACT_INTENT)
            if exact is not None and family_of(exact) in self._intents:
                ranking = [_entry(family_of(exact), 1.0, topic_of(exact))]
            elif message.features:
                ranking = self._ranked(message)
            else:
                ranking = []
            message.set("intent", dict(ranking[0]) if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _ranked(self, message: Message) -> list[dict[str, Any]]:
        def rank() -> list[dict[str, Any]]:
            return self._ranking(self.probabilities(message))

        # All features are made of the normalised text alone; a message made by hand has none, and nothing to be kept by.
        text = message.get(NORMALISED)
        ranking = rank() if text is None else self._rankings.of(text, rank)
        # A later component may add to it.
        return [dict(one) for one in ranking]

    def _ranking(self, shares: np.ndarray) -> list[dict[str, Any]]:
        sums = np.bincount(self._family, weights=shares, minlength=len(self._intents))
        found = []
        for place in np.argsort(-sums)[: self._config["ranking"]]:
            own = np.flatnonzero(self._family == place)
            best = self._labels[own[np.argmax(shares[own])]]
            found.append(_entry(self._intents[place], round(float(sums[place]), 4), topic_of(best)))
        return found

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Later components need no predictions for the training data."""
        return training_data


def _entry(name: str, confidence: float, topic: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name, "confidence": confidence}
    return {**entry, TOPIC: topic} if topic else entry
