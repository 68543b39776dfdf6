"""All entities of one normalised text, each character used once (an order number is no height)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from spacy.language import Language

from engine.nlu import names
from engine.nlu.dates import dates
from engine.nlu.found import Found, without_overlaps
from engine.nlu.meanings import meanings, option_word
from engine.nlu.measures import measures
from engine.nlu.numbers import amounts, identifiers, ordinals
from engine.nlu.sizes import sizes


class Extractor:
    """Finds entities with a spaCy pipeline for names and patterns for everything that is counted or said."""

    def __init__(self, nlp: Language, product_ids: list[str]) -> None:
        self.nlp = nlp
        self.product_ids = product_ids
        self._products = names.ProductIds(product_ids)

    @classmethod
    def from_lookups(cls, lookups: Mapping[str, Mapping[str, Any]]) -> Extractor:
        """An extractor that knows the names of these lookup files."""
        ids = [value for content in lookups.values() if content.get("entity") == "product" for value in content["names"]]
        return cls(names.build(lookups), ids)

    def find(self, text: str, today: date | None = None) -> list[Found]:
        """Entities of a normalised text in the order of the text. Meanings (reason, remedy …) may overlap names."""
        if not text:
            return []
        ids = [*self._products.find(text), *identifiers(text)]
        body = [one for one in measures(text) if not any(one.overlaps(other) for other in ids)]
        named = names.names(self.nlp, text)
        # A spoken bed size beats the pattern's plain metres; pattern sizes beat nothing named.
        counted = without_overlaps([*ids, *body, *named, *sizes(text), *dates(text, today), *amounts(text), *ordinals(text)])
        options = option_word(text) if not any(one.entity == "option" for one in counted) else []
        return sorted([*counted, *meanings(text), *options], key=lambda one: (one.start, one.end, one.entity))
