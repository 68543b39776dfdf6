"""Names the shop knows (products, colours, couriers, word sizes): spaCy's `blank("zh")` with an entity ruler.

spaCy sees the text character by character (its `char` segmenter): a name is found wherever it stands, whatever a word
segmenter would have cut through it. The longest name wins. The value of an entity is the ruler's pattern id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

from engine.nlu.found import Found
from engine.nlu.normalise import normalise

_LATIN = re.compile(r"[a-z]")


def build(lookups: Mapping[str, Mapping[str, Any]]) -> Language:
    """A spaCy pipeline with one pattern for each spoken name of the lookup files that have an entity."""
    nlp = spacy.blank("zh")
    ruler = nlp.add_pipe("entity_ruler", config={"overwrite_ents": True, "phrase_matcher_attr": "LOWER"})
    patterns = []
    for content in lookups.values():
        entity = content.get("entity")
        if entity is None:
            continue
        for value, spoken in content["names"].items():
            patterns.extend({"label": entity, "pattern": normalise(word).text, "id": value} for word in dict.fromkeys(spoken))
    ruler.add_patterns(patterns)  # type: ignore[attr-defined]
    return nlp


def load(folder: Path) -> Language:
    """The pipeline saved in a trained model.

    Raises:
        OSError: the folder holds no spaCy pipeline.
    """
    return spacy.load(folder)


def names(nlp: Language, text: str) -> list[Found]:
    """Names in a normalised text; Latin names only as whole words."""
    found = []
    for entity in nlp(text).ents:
        start, end = entity.start_char, entity.end_char
        if _LATIN.match(text[start]) and start and _LATIN.match(text[start - 1]):
            continue
        if _LATIN.match(text[end - 1]) and end < len(text) and _LATIN.match(text[end]):
            continue
        found.append(Found(entity.label_, entity.ent_id_, start, end))
    return found


class ProductIds:
    """Ids of the catalogue written out (p1001) or inside a link."""

    def __init__(self, ids: list[str]) -> None:
        words = sorted(ids, key=len, reverse=True)
        self._pattern = (
            re.compile(r"(?<![a-z0-9])(?:" + "|".join(re.escape(word.lower()) for word in words) + r")(?![a-z0-9])") if words else None
        )
        self._ids = {word.lower(): word for word in words}

    def find(self, text: str) -> list[Found]:
        """Product ids in a normalised text."""
        if self._pattern is None:
            return []
        return [Found("product", self._ids[match.group()], match.start(), match.end()) for match in self._pattern.finditer(text)]
