"""The newest model: there, whole, current; and clear words when the engine cannot start."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from engine import model_files, serve, train
from engine.paths import ROOT


def make_model(folder: Path, name: str = "one", member: str = "metadata.json") -> Path:
    path = folder / f"{name}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(member), io.BytesIO(b""))
    return path


def test_no_model_is_missing(tmp_path: Path) -> None:
    assert model_files.state(tmp_path).state == model_files.MISSING


def test_a_noted_model_is_current_until_the_data_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model_files.write_note(make_model(tmp_path), model_files.fingerprint())
    assert model_files.state(tmp_path).state == model_files.CURRENT
    monkeypatch.setattr(model_files, "fingerprint", lambda: "another")
    assert model_files.state(tmp_path).state == model_files.STALE


def test_a_model_without_note_is_stale(tmp_path: Path) -> None:
    make_model(tmp_path)
    assert model_files.state(tmp_path).state == model_files.STALE


@pytest.mark.parametrize("break_it", [lambda path: path.write_bytes(b"no archive"), lambda path: path.write_bytes(path.read_bytes()[:-8])])
def test_a_damaged_model_is_corrupt(tmp_path: Path, break_it: object) -> None:
    model = make_model(tmp_path)
    model_files.write_note(model, model_files.fingerprint())
    break_it(model)  # type: ignore[operator]
    assert model_files.state(tmp_path).state == model_files.CORRUPT


def test_an_archive_of_something_else_is_corrupt(tmp_path: Path) -> None:
    make_model(tmp_path, member="readme.txt")
    assert "metadata.json" in model_files.state(tmp_path).reason


def test_the_newest_model_counts(tmp_path: Path) -> None:
    old, new = make_model(tmp_path, "z"), make_model(tmp_path, "a")
    os.utime(old, (1, 1))
    assert model_files.newest(tmp_path) == new


def test_the_check_speaks_by_exit_code(tmp_path: Path) -> None:
    assert train.main(["--check", "--out", str(tmp_path)]) == 3
    model = make_model(tmp_path)
    assert train.main(["--check", "--out", str(tmp_path)]) == 1
    model_files.write_note(model, model_files.fingerprint())
    assert train.main(["--check", "--out", str(tmp_path)]) == 0
    model.write_bytes(b"")
    assert train.main(["--check", "--out", str(tmp_path)]) == 4


def test_asking_does_not_import_rasa() -> None:
    code = "import sys, engine.train as t; t.main(['--check']); sys.exit('rasa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


def test_the_engine_says_why_it_cannot_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model(tmp_path)
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        monkeypatch.delenv("XIAOER_ENGINE_TOKEN", raising=False)
        assert "XIAOER_ENGINE_TOKEN" in serve.problem(model, "127.0.0.1", port)
        monkeypatch.setenv("XIAOER_ENGINE_TOKEN", "t")
        assert "make train" in serve.problem(None, "127.0.0.1", port)
        assert "make train" in serve.problem(tmp_path / "gone.tar.gz", "127.0.0.1", port)
        assert f"port {port}" in serve.problem(model, "127.0.0.1", port)
    assert serve.problem(model, "127.0.0.1", port) == ""
    model.write_bytes(b"broken")
    assert "corrupt" in serve.problem(model, "127.0.0.1", port)


def test_an_unset_variable_of_the_endpoints_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import rasa.shared.utils.io
    from rasa.shared.exceptions import RasaException

    from engine.paths import ENDPOINTS

    monkeypatch.delenv("XIAOER_ACTIONS_URL", raising=False)
    with pytest.raises(RasaException, match="XIAOER_ACTIONS_URL"):
        rasa.shared.utils.io.read_config_file(str(ENDPOINTS))


def test_a_release_is_read_instead_of_the_checkout_and_known_again(tmp_path: Path) -> None:
    """A model that was trained from a copy of the data is the model of that data, wherever it lies."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    for name in ("domain.yml", "config.yml"):
        shutil.copy2(ROOT / name, tmp_path / name)
    asked = (
        "from engine import model_files, paths; from engine.nlu.files import LOOKUP;"
        "print(model_files.fingerprint(), paths.CONFIG, paths.MODELS, LOOKUP)"
    )

    def told() -> list[str]:
        environment = {**os.environ, "XIAOER_CONTENT": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.split()

    fingerprint, *places = told()
    assert places == [str(tmp_path / part) for part in ("config.yml", "models", "data/lookup")]
    assert fingerprint == model_files.fingerprint()
    (tmp_path / "config.yml").write_text("language: zh\n", "utf-8")
    assert told()[0] != fingerprint
