"""Words: jieba with a tokenizer object of its own.

Rasa's JiebaTokenizer loads its words into jieba's global state; here the instance, its words and its dictionary belong to us.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

import jieba

from engine.nlu.frequencies import Frequencies

jieba.setLogLevel(logging.WARNING)
# As frequent as jieba's commonest words, so that a catalogue name wins against its parts.
NAME_FREQUENCY = 20000


class Segmenter:
    """Cuts normalised text into words; `words` are kept whole."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = sorted({word for word in words if len(word) > 1})
        self._jieba = jieba.Tokenizer()
        # What `initialize` would read: as Python objects it takes 60 MB, and is kept in the shared /tmp.
        self._jieba.FREQ = Frequencies()
        self._jieba.total = self._jieba.FREQ.total
        self._jieba.initialized = True
        for word in self.words:
            self._jieba.add_word(word, freq=NAME_FREQUENCY)

    def cut(self, text: str) -> list[tuple[str, int, int]]:
        """Words with their half-open range; blanks are left out."""
        return [(word, start, end) for word, start, end in self._jieba.tokenize(text) if not word.isspace()]
