"""jieba's dictionary, half a million words and beginnings of words, in a trie of some megabytes instead of as many Python objects."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import jieba
import marisa_trie
import numpy as np

from engine.nlu.derived import derived

_EDITION = 1
_TRIE, _COUNTS = "words.marisa", "counts.npz"


def folder() -> Path:
    """Where the derived dictionary lies."""
    return derived(f"jieba-{version('jieba')}-{_EDITION}", _write)


def _write(target: Path) -> None:
    words, total = jieba.Tokenizer.gen_pfdict(jieba.dt.get_dict_file())
    trie = marisa_trie.Trie(words)
    counts = np.zeros(len(trie), np.int32)
    for word, count in words.items():
        counts[trie[word]] = count
    trie.save(str(target / _TRIE))
    np.savez(target / _COUNTS, counts=counts, total=np.int64(total))


class Frequencies:
    """What jieba asks its `FREQ` for; added words are in a dictionary of their own. `total`: the sum of jieba's own counts."""

    def __init__(self) -> None:
        where = folder()
        self._trie = marisa_trie.Trie().mmap(str(where / _TRIE))
        with np.load(where / _COUNTS, allow_pickle=False) as kept:
            self._counts = kept["counts"]
            self.total = int(kept["total"])
        self._added: dict[str, int] = {}

    def get(self, word: str, default: int | None = None) -> int | None:
        """How often a word occurs; 0 for what is only the beginning of words, `default` for what is neither."""
        found = self._added.get(word)
        if found is not None:
            return found
        key = self._trie.get(word)
        return default if key is None else int(self._counts[key])

    def __contains__(self, word: str) -> bool:
        return word in self._added or word in self._trie

    def __getitem__(self, word: str) -> int:
        found = self.get(word)
        if found is None:
            raise KeyError(word)
        return found

    def __setitem__(self, word: str, count: int) -> None:
        self._added[word] = count
