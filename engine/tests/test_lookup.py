"""Lookup files from a catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import lookup
from engine.nlu.files import DataFileError, lookups

CATALOGUE = [
    {"id": "a1", "name": "碎花雪纺连衣裙", "colours": ["米白", "红色"], "sizes": ["S", "M"]},
    {"id": "a2", "name": "纯色针织连衣裙", "colours": ["墨绿"], "sizes": ["M"]},
    {"id": "b1", "name": "实木床头柜（促销款）", "colours": ["原木色"], "sizes": ["标准"]},
    {"id": "b2", "name": "推拉门衣柜", "colours": [], "sizes": ["1.8米"]},
]


def test_a_name_that_fits_two_products_names_none() -> None:
    names = lookup.product_names(CATALOGUE)
    assert "碎花连衣裙" in names["a1"]
    assert "针织连衣裙" in names["a2"]
    for product in ("a1", "a2"):
        assert "裙子" not in names[product]
        assert "连衣裙" not in names[product]
    assert "柜子" not in names["b1"]
    assert "柜子" not in names["b2"]
    assert "床头柜" in names["b1"]
    assert "衣柜" in names["b2"]


def test_colours_are_known_with_and_without_their_last_character() -> None:
    names = lookup.colour_names(CATALOGUE)
    assert names["米白"] == ["米白", "米白色"]
    assert "原木" in names["原木色"]
    assert "红的" in names["红色"]


def test_files_are_written_once_and_read_back(tmp_path: Path) -> None:
    source = tmp_path / "catalogue.json"
    source.write_text(json.dumps(CATALOGUE), encoding="utf-8")
    assert lookup.main(["--catalogue", str(source), "--out", str(tmp_path / "out")]) == 0
    assert lookup.write(CATALOGUE, tmp_path / "out") == []
    assert lookups(tmp_path / "out")["products"]["names"]["b1"][0] == "实木床头柜"


def test_a_bad_catalogue_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "catalogue.json"
    source.write_text('[{"name": "没有编号"}]', encoding="utf-8")
    assert lookup.main(["--catalogue", str(source), "--out", str(tmp_path)]) == 2
    assert "id" in capsys.readouterr().err


def test_a_bad_lookup_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("names: {no: [1]}", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"x\.yml"):
        lookups(tmp_path)
