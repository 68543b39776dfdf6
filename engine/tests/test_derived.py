"""Files derived from packages: made once, whole, by one of many; kept elsewhere where the environment cannot be written."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jieba
import pytest

from engine.nlu.derived import derived
from engine.nlu.frequencies import Frequencies


def _write(target: Path) -> None:
    (target / "told").write_text("whole", "ascii")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment and a home of the test's own."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "env"))
    monkeypatch.setenv("XIAOER_HOME", str(tmp_path / "home"))


def test_what_is_derived_is_made_once(tmp_path: Path) -> None:
    first = derived("x-1", _write)
    assert (first / "told").read_text() == "whole"
    assert first.is_relative_to(tmp_path / "env")
    assert derived("x-1", lambda target: pytest.fail("made again")) == first


def test_an_environment_that_cannot_be_written_leaves_it_to_the_home(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("no folder", "ascii")
    found = derived("x-1", _write)
    assert found.is_relative_to(tmp_path / "home")
    assert derived("x-1", lambda target: pytest.fail("made again")) == found


def test_what_broke_off_is_not_taken_for_whole(tmp_path: Path) -> None:
    def breaks(target: Path) -> None:
        (target / "told").write_text("ha", "ascii")
        raise ValueError("broke off")

    with pytest.raises(ValueError, match="broke off"):
        derived("x-1", breaks)
    assert not list((tmp_path / "env" / "share" / "xiaoer").iterdir()), "no half of it stays"
    assert (derived("x-1", _write) / "told").read_text() == "whole"


def test_of_many_at_once_all_find_the_same() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: derived("x-1", _write), range(16)))
    assert len(found) == 1
    assert [path.name for path in found.pop().parent.iterdir()] == ["x-1"]


def test_jieba_is_told_what_its_own_dictionary_tells() -> None:
    kept = Frequencies()
    words, total = jieba.Tokenizer.gen_pfdict(jieba.dt.get_dict_file())
    assert kept.total == total
    assert all(kept[word] == count for word, count in words.items())
    assert "连衣裙啊" not in kept
    assert kept.get("连衣裙啊") is None
    with pytest.raises(KeyError):
        kept["连衣裙啊"]
    kept["连衣裙啊"] = 7
    assert kept["连衣裙啊"] == kept.get("连衣裙啊") == 7
    assert "连衣裙啊" not in Frequencies(), "an added word is one tokenizer's own"
