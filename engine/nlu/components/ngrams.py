"""Rasa sparse featurizer: character 1–4-grams and jieba words, tf-idf, each block of unit length.

Only sentence features: nothing of ours reads features of single tokens, and they are what makes Rasa's own featurizer slow.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.nlu.components.tokenizer import NORMALISED
from engine.nlu.kept import Kept

_FILE = "ngrams.json"
_LONGEST = 200  # characters read


def grams(text: str, longest: int) -> Counter[str]:
    """Counts of the character n-grams of a text, edges marked, digits alike (a number says nothing of the intent)."""
    plain = "".join("0" if symbol.isdigit() else symbol for symbol in text[:_LONGEST] if symbol != " ")
    marked = f"^{plain}$"
    counts: Counter[str] = Counter()
    for size in range(1, longest + 1):
        counts.update(marked[start : start + size] for start in range(len(marked) - size + 1))
    return counts


def words(tokens: Iterable[str]) -> Counter[str]:
    """Counts of the words, marked so that they never meet an n-gram."""
    return Counter("w:" + ("0" * len(token) if token.isdigit() else token) for token in tokens)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class NgramFeaturizer(SparseFeaturizer, GraphComponent):
    """Sentence features from characters and words."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Needs tokens."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`longest`: largest n-gram; `least`: examples an n-gram must occur in."""
        return {**SparseFeaturizer.get_default_config(), "longest": 4, "least": 2}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to check beyond the types Rasa checks."""

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, execution_context: ExecutionContext) -> None:
        super().__init__(execution_context.node_name, config)
        self._storage = storage
        self._resource = resource
        self._index: dict[str, tuple[int, float]] = {}
        self._rows: Kept[str, scipy.sparse.csr_matrix] = Kept()

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> NgramFeaturizer:
        """An untrained featurizer."""
        return cls(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> NgramFeaturizer:
        """The featurizer of a trained model."""
        featurizer = cls(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            content = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        featurizer._index = {gram: (place, weight) for place, (gram, weight) in enumerate(content)}
        return featurizer

    def train(self, training_data: TrainingData) -> Resource:
        """Learn which n-grams and words there are and how rare each is."""
        examples = [message for message in training_data.training_examples if message.get(TEXT)]
        seen: Counter[str] = Counter()
        for message in examples:
            seen.update(set(self._chars(message)) | set(self._words(message)))
        kept = sorted(gram for gram, count in seen.items() if count >= self._config["least"])
        rarity = [(gram, round(math.log((1 + len(examples)) / (1 + seen[gram])) + 1, 5)) for gram in kept]
        self._index = {gram: (place, weight) for place, (gram, weight) in enumerate(rarity)}
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(rarity, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def _chars(self, message: Message) -> Counter[str]:
        return grams(message.get(NORMALISED) or "", self._config["longest"])

    @staticmethod
    def _words(message: Message) -> Counter[str]:
        return words(token.text for token in message.get(TOKENS_NAMES[TEXT]) or [])

    def _block(self, counts: Counter[str]) -> tuple[list[int], list[float]]:
        index = self._index
        places: list[int] = []
        values: list[float] = []
        for gram, count in counts.items():
            entry = index.get(gram)
            if entry is not None:
                places.append(entry[0])
                values.append((1 + math.log(count)) * entry[1])
        length = math.sqrt(sum(value * value for value in values)) or 1.0
        return places, [value / length for value in values]

    def features(self, message: Message) -> scipy.sparse.csr_matrix:
        """One row of shape (1, number of n-grams and words)."""
        places, values = self._block(self._chars(message))
        more_places, more_values = self._block(self._words(message))
        places += more_places
        row = np.zeros(len(places), dtype=np.int32)
        return scipy.sparse.coo_matrix(
            (np.array(values + more_values, dtype=np.float32), (row, places)), shape=(1, len(self._index))
        ).tocsr()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the features to incoming messages."""
        for message in messages:
            if message.get(TEXT):
                row = self._rows.of(message.get(NORMALISED) or "", partial(self.features, message))
                self.add_features_to_message(None, row, TEXT, message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the features to the training examples."""
        for message in training_data.training_examples:
            if message.get(TEXT):
                self.add_features_to_message(None, self.features(message), TEXT, message)
        return training_data
