"""Words: jieba with a tokenizer object of its own.

Rasa's JiebaTokenizer loads its words into jieba's global state; here the instance, its words and its cache belong to us.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path

import jieba

from engine.nlu.files import ROOT

jieba.setLogLevel(logging.WARNING)
# As frequent as jieba's commonest words, so that a catalogue name wins against its parts.
NAME_FREQUENCY = 20000


def cache_folder() -> Path:
    """`<XIAOER_HOME>/cache`: jieba's parsed dictionary and the sentence vectors of the training data."""
    folder = Path(os.environ.get("XIAOER_HOME") or ROOT / "var") / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Segmenter:
    """Cuts normalised text into words; `words` are kept whole."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = sorted({word for word in words if len(word) > 1})
        self._jieba = jieba.Tokenizer()
        # jieba reads its cache with marshal: never from the shared /tmp.
        self._jieba.tmp_dir = str(cache_folder())
        self._jieba.cache_file = "jieba.cache"
        self._jieba.initialize()
        for word in self.words:
            self._jieba.add_word(word, freq=NAME_FREQUENCY)

    def cut(self, text: str) -> list[tuple[str, int, int]]:
        """Words with their half-open range; blanks are left out."""
        return [(word, start, end) for word, start, end in self._jieba.tokenize(text) if not word.isspace()]
