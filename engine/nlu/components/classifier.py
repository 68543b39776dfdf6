"""Rasa intent classifier: one logistic regression over all sentence features; exact short messages come first.

Saved as plain arrays and JSON: a model file holds nothing that could run.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.nlu import regression
from engine.nlu.components.tokenizer import EXACT_INTENT

logger = logging.getLogger(__name__)
_ARRAYS = "regression.npz"
_LABELS = "intents.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RegressionClassifier(IntentClassifier, GraphComponent):
    """Multinomial logistic regression over sparse and dense sentence features."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Needs features."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`C`: inverse of the regularisation; `balance`: weigh small classes up; `iterations`; `ranking`: intents reported."""
        return {"C": 10.0, "balance": True, "iterations": 60, "ranking": 10}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._intents: list[str] = []
        self._sparse = np.zeros((0, 0), dtype=np.float32)  # shape (sparse features, intents)
        self._dense = np.zeros((0, 0), dtype=np.float32)  # shape (dense features, intents)
        self._bias = np.zeros(0, dtype=np.float32)

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
            classifier._intents = json.loads((folder / _LABELS).read_text(encoding="utf-8"))
            with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
                classifier._sparse = arrays["sparse"]
                classifier._dense = arrays["dense"]
                classifier._bias = arrays["bias"]
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on all examples with an intent and a text.

        Raises:
            ValueError: fewer than two intents.
        """
        examples = [message for message in training_data.intent_examples if message.get(INTENT) and message.get(TEXT)]
        labels = [message.get(INTENT) for message in examples]
        if len(set(labels)) < 2:
            raise ValueError("the training data needs examples of at least two intents (data/nlu/*.yml)")
        sparse = scipy.sparse.vstack([message.get_sparse_features(TEXT)[1].features for message in examples]).tocsr()
        dense = np.vstack([message.get_dense_features(TEXT)[1].features for message in examples])
        found = regression.fit(
            sparse,
            dense,
            labels,
            C=self._config["C"],
            balance=self._config["balance"],
            iterations=self._config["iterations"],
        )
        self._intents, self._sparse, self._dense, self._bias = found.classes, found.sparse, found.dense, found.bias
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / _ARRAYS, sparse=self._sparse, dense=self._dense, bias=self._bias)
            (folder / _LABELS).write_text(json.dumps(self._intents), encoding="utf-8")
        return self._resource

    def probabilities(self, message: Message) -> np.ndarray:
        """Probability of each intent, shape (intents,)."""
        scores = self._bias.astype(np.float32).copy()
        sparse = message.get_sparse_features(TEXT)[1]
        if sparse is not None:
            row = sparse.features
            scores += row.data @ self._sparse[row.indices]
        dense = message.get_dense_features(TEXT)[1]
        if dense is not None:
            scores += dense.features[0] @ self._dense
        scores -= scores.max()
        powers = np.exp(scores)
        return powers / powers.sum()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking; a message of the exact rules is certain."""
        for message in messages:
            exact = message.get(EXACT_INTENT)
            if exact in self._intents:
                ranking = [{"name": exact, "confidence": 1.0}]
            elif message.features:
                shares = self.probabilities(message)
                best = np.argsort(-shares)[: self._config["ranking"]]
                ranking = [{"name": self._intents[place], "confidence": round(float(shares[place]), 4)} for place in best]
            else:
                ranking = []
            message.set("intent", dict(ranking[0]) if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Later components need no predictions for the training data."""
        return training_data
