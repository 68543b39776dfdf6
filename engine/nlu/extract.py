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
from engine.nlu.numbers import amounts, by_courier, identifiers, ordinals
from engine.nlu.quantities import quantities
from engine.nlu.sizes import after_colour, sizes


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
        named = names.names(self.nlp, text)
        ids = [*self._products.find(text), *by_courier(text, identifiers(text), [one for one in named if one.entity == "courier"])]
        body = [one for one in measures(text) if not any(one.overlaps(other) for other in ids)]
        # A spoken bed size beats the pattern's plain metres; pattern sizes beat nothing named.
        variants = after_colour(text, [one for one in named if one.entity == "colour"])
        counted = without_overlaps([*ids, *body, *named, *variants, *sizes(text), *dates(text, today), *amounts(text), *ordinals(text)])
        counted = _with_pieces(counted, quantities(text))
        options = option_word(text) if not any(one.entity == "option" for one in counted) else []
        return sorted([*counted, *meanings(text), *options], key=lambda one: (one.start, one.end, one.entity))


def _with_pieces(counted: list[Found], pieces: list[Found]) -> list[Found]:
    """Counts of pieces beside the rest: a place in a list may be one too (要两个), and four pieces of something are no bed set."""
    goods = [one for one in counted if one.entity == "product"]
    spans = {(one.start, one.end) for one in pieces}
    counted = [one for one in counted if one.entity != "product" or (one.start, one.end) not in spans or len(goods) == 1]
    return [*counted, *(one for one in pieces if not any(one.overlaps(other) for other in counted if other.entity != "option"))]
