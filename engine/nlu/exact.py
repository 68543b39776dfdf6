"""Short messages whose meaning needs no model: 在吗, ？, 1, 好, 转人工 (engine/nlu/data/exact.yml)."""

from __future__ import annotations

from functools import lru_cache

from engine.nlu.files import DataFileError, data_file
from engine.nlu.normalise import bare


@lru_cache(maxsize=1)
def rules() -> dict[str, str]:
    """Bare normalised message → intent, or `intent/topic` in a family.

    Raises:
        DataFileError: one message under two intents.
    """
    found: dict[str, str] = {}
    for intent, messages in data_file("exact").items():
        for message in messages:
            text = bare(str(message)) or str(message)
            if found.get(text, intent) != intent:
                raise DataFileError(f"engine/nlu/data/exact.yml: `{message}` stands under {found[text]} and {intent}")
            found[text] = str(intent)
    return found


def exact_intent(text: str) -> str | None:
    """The intent of a message that is listed word for word, or None."""
    key = bare(text)
    if not key:
        # Only punctuation or nothing: ？ and 。。。 mean the same.
        return rules().get("?")
    return rules().get(key)
