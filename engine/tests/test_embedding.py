"""The encoder on one core and on two."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.nlu.embedding import Encoder, Threads, openmp_setter

SAID = ("什么时候发货", "我买的那个连衣裙怎么还没到啊，都好几天了")


NOTHING = np.zeros(0)


def test_a_message_alone_has_both_cores_and_the_next_one_meanwhile_has_one() -> None:
    threads, said = Threads(most=2), []
    threads.set_number = lambda number: said.append((number, threading.current_thread().name.partition("_")[0]))
    where: list[str] = []

    def work() -> np.ndarray:
        where.append(threading.current_thread().name)
        return NOTHING

    def work_beside() -> np.ndarray:
        threads.run(work)
        return NOTHING

    threads.run(work_beside)
    assert said == [(2, "encode-both")]
    threads.run(work)
    assert said == [(2, "encode-both")] * 2
    assert len(set(where)) == 1, "one thread leads, whoever asks"


def test_a_message_that_fails_gives_its_cores_back() -> None:
    threads = Threads(most=2)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            threads.run(lambda: NOTHING / (1 // 0))
    assert threads._busy == 0


def test_the_library_of_the_loaded_encoder_is_found() -> None:
    Encoder().vector(SAID[0])
    assert "omp_set_num_threads" in repr(getattr(openmp_setter(), "__name__", openmp_setter()))


def test_two_threads_find_the_same_vectors() -> None:
    one, two = Encoder(), Encoder()
    one._threads, two._threads = Threads(most=1), Threads(most=2)
    alone = [one.vector(text) for text in SAID]
    both = [two.vector(text) for text in SAID]
    np.testing.assert_array_equal(alone, both)


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
    assert encoder._threads._busy == 0
