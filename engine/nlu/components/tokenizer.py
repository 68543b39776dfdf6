"""Rasa tokenizer: normalised text, jieba words with offsets in the original, and the exact-message rules.

Beside the tokens it leaves `normalised` on the message (the features and the entities read it) and, when the message is one
of `data/exact.yml`, `exact_intent`. The words of the catalogue are saved in the model, so a model stays as it was trained.
"""

from __future__ import annotations

import json
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.nlu.exact import exact_intent
from engine.nlu.files import lookups
from engine.nlu.normalise import normalise
from engine.nlu.segment import Segmenter

NORMALISED = "normalised"
EXACT_INTENT = "exact_intent"
_WORDS_FILE = "words.json"


def catalogue_words() -> list[str]:
    """Every spoken name of `data/lookup`, normalised."""
    return sorted({normalise(word).text for content in lookups().values() for spoken in content["names"].values() for word in spoken})


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class ShopTokenizer(Tokenizer):
    """Cuts normalised text with a jieba instance of its own."""

    @staticmethod
    def supported_languages() -> list[str] | None:
        """Chinese only."""
        return ["zh"]

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that Rasa checks for before training."""
        return ["jieba"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's own tokenizer options; intents are never split."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None, "prefix_separator_symbol": None}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, words: list[str] | None = None) -> None:
        super().__init__(config)
        self._storage = storage
        self._resource = resource
        self._segmenter = Segmenter(catalogue_words() if words is None else words)

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> ShopTokenizer:
        """A tokenizer with the words of `data/lookup` as they are now."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> ShopTokenizer:
        """A tokenizer with the words of the trained model."""
        with model_storage.read_from(resource) as folder:
            words = json.loads((folder / _WORDS_FILE).read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, words)

    def train(self, training_data: TrainingData) -> Resource:
        """Save the words; there is nothing to learn."""
        with self._storage.write_to(self._resource) as folder:
            (folder / _WORDS_FILE).write_text(json.dumps(self._segmenter.words, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Tokens of one attribute: normalised words, offsets in the original text."""
        clean = normalise(message.get(attribute))
        if attribute == "text":
            message.set(NORMALISED, clean.text)
            message.set(EXACT_INTENT, exact_intent(clean.text))
        tokens = []
        for word, start, end in self._segmenter.cut(clean.text):
            first, last = clean.span(start, end)
            tokens.append(Token(word, first, last))
        return tokens
