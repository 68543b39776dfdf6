"""Rasa component: a doubtful message becomes `nlu_fallback`, and the actions ask with the best guesses.

Rasa's FallbackClassifier knows one threshold for all intents; here wishes about money need more (engine/nlu/data/doubt.yml), and
the talk weighs doubtful messages by the same rule (engine/context.py).
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.training_data.message import Message

from engine.nlu import doubt


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class DoubtClassifier(GraphComponent, IntentClassifier):
    """Puts `nlu_fallback` before the ranking of a message that is not sure enough."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Needs a ranking."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """No options: the figures are data."""
        return {}

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> DoubtClassifier:
        """There is nothing to train."""
        doubt.kin()
        doubt.rules()  # a mistake in the data file stops the start, not a talk
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent of doubtful messages; its share is the threshold that was missed."""
        for message in messages:
            ranking = message.get("intent_ranking") or []
            if not ranking:
                continue
            name = str(ranking[0]["name"])
            share, second = doubt.with_kin(name, ((str(one["name"]), float(one["confidence"])) for one in ranking))
            if not doubt.enough(name, share, second):
                unsure = {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": doubt.needed(name).threshold}
                message.set("intent", dict(unsure), add_to_output=True)
                message.set("intent_ranking", [unsure, *ranking], add_to_output=True)
        return messages
