"""Rasa entity extractor around `engine.nlu.extract`: offsets in the original text, values normalised."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.nlu import names
from engine.nlu.clock import today
from engine.nlu.extract import Extractor
from engine.nlu.files import lookups
from engine.nlu.found import Found
from engine.nlu.kept import Kept
from engine.nlu.normalise import normalise

_PIPELINE = "spacy"
_IDS = "products.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class ShopEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Names by spaCy's entity ruler, everything counted or said by patterns."""

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that Rasa checks for before training."""
        return ["spacy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """No options."""
        return {}

    def __init__(self, storage: ModelStorage, resource: Resource, extractor: Extractor) -> None:
        self._storage = storage
        self._resource = resource
        self._extractor = extractor
        self._found: Kept[tuple[str, date], list[Found]] = Kept()

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> ShopEntityExtractor:
        """An extractor with the names of `data/lookup` as they are now."""
        return cls(model_storage, resource, Extractor.from_lookups(lookups()))

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> ShopEntityExtractor:
        """The extractor of a trained model."""
        with model_storage.read_from(resource) as folder:
            ids = json.loads((folder / _IDS).read_text(encoding="utf-8"))
            return cls(model_storage, resource, Extractor(names.load(folder / _PIPELINE), ids))

    def train(self, training_data: TrainingData) -> Resource:
        """Save the spaCy pipeline; there is nothing to learn."""
        with self._storage.write_to(self._resource) as folder:
            self._extractor.nlp.to_disk(folder / _PIPELINE)
            (folder / _IDS).write_text(json.dumps(self._extractor.product_ids), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the entities of incoming messages."""
        for message in messages:
            text = message.get(TEXT)
            if text and not text.startswith(INTENT_MESSAGE_PREFIX):
                found = (message.get(ENTITIES) or []) + self.entities(text) + self._topic(message, len(text))
                message.set(ENTITIES, found, add_to_output=True)
        return messages

    def _topic(self, message: Message, length: int) -> list[dict[str, Any]]:
        """The topic of a family (see the classifier), as an entity over the whole message."""
        topic = (message.get("intent") or {}).get("topic")
        return [{"entity": "topic", "value": topic, "start": 0, "end": length, "extractor": self.name}] if topic else []

    def entities(self, text: str) -> list[dict[str, Any]]:
        """Entities in Rasa's form for a message as it was typed."""
        clean = normalise(text)
        found = []
        # 「昨天」 is another date tomorrow.
        for one in self._found.of((clean.text, today()), lambda: self._extractor.find(clean.text)):
            start, end = clean.span(one.start, one.end)
            found.append({"entity": one.entity, "value": one.value, "start": start, "end": end, "extractor": self.name})
        return found
