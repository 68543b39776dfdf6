"""The operator's machine lacks uv, an interpreter or the network."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from launch import environments
from launch.environments import STAMP, Environment
from launch.errors import LaunchError
from launch.progress import Progress

QUIET = Progress(quiet=True)


class Machine:
    """Answers what the launcher would run, by the words of the command."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: dict[str, tuple[int, str, str]]) -> None:
        self.ran: list[str] = []
        self._answers = answers
        monkeypatch.setattr(environments, "_call", self)

    def __call__(self, command: list[str], where: Path | None = None) -> subprocess.CompletedProcess[str]:
        text = " ".join(command)
        self.ran.append(text)
        for words, (code, out, err) in self._answers.items():
            if words in text:
                return subprocess.CompletedProcess(command, code, out, err)
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def engine(tmp_path: Path) -> Environment:
    """An environment that wants a Python nobody has."""
    (tmp_path / ".python-version").write_text("3.99\n", "ascii")
    (tmp_path / "requirements.lock").write_text("a==1 --hash=sha256:00\n", "ascii")
    return Environment("engine", tmp_path / ".venv", tmp_path)


def test_a_missing_interpreter_is_named_with_its_remedy(engine: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, {"python find": (2, "", "none"), "python install": (1, "", "error: no route to host")})
    with pytest.raises(LaunchError, match=r"Python 3\.99 \(for the engine environment\) was not found.*no route to host") as caught:
        environments.find_interpreter("uv", engine)
    assert "pyenv install 3.99" in caught.value.remedy
    assert "UV_PYTHON_INSTALL_MIRROR" in caught.value.remedy


def test_pyenvs_interpreters_are_found(engine: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "pyenv" / "versions" / "3.99.4" / "bin" / "python3.99"
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    Machine(monkeypatch, {"python find": (2, "", "none"), str(python): (0, "3.99\n", "")})
    assert environments.find_interpreter("uv", engine) == str(python)


def test_no_uv_is_fetched_by_pip_into_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environments, "TOOLS", tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: None)
    machine = Machine(monkeypatch, {"--version": (127, "", "no such file")})
    assert environments.find_uv(QUIET) == str(tmp_path / "uv" / "bin" / "uv")
    assert any(f"pip install --quiet uv=={environments.UV_VERSION}" in text for text in machine.ran)


def test_no_network_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environments, "TOOLS", tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: None)
    Machine(monkeypatch, {"--version": (127, "", ""), "pip install": (1, "", "ERROR: no matching distribution")})
    with pytest.raises(LaunchError, match="no matching distribution") as caught:
        environments.find_uv(QUIET)
    assert "Networks in China" in caught.value.remedy


def test_an_environment_is_current_until_its_lock_changes(engine: Environment) -> None:
    assert not engine.is_current()
    engine.python.parent.mkdir(parents=True)
    engine.python.touch()
    (engine.folder / STAMP).write_text(engine.fingerprint(), "ascii")
    assert engine.is_current()
    assert not environments.install(QUIET, [engine])
    engine.lock.write_text("a==2 --hash=sha256:00\n", "ascii")
    assert not engine.is_current()


def test_an_environment_without_its_interpreter_is_made_again(engine: Environment) -> None:
    engine.python.parent.mkdir(parents=True)
    engine.python.symlink_to("/nowhere/python3.99")
    (engine.folder / STAMP).write_text(engine.fingerprint(), "ascii")
    assert not engine.is_current()


def test_what_is_derived_from_the_packages_is_derived_before_the_environment_counts_as_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: Environment
) -> None:
    monkeypatch.setattr(environments, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "find_uv", lambda progress: "uv")
    monkeypatch.setattr(environments, "find_interpreter", lambda uv, environment: "python")
    wanted = Environment(engine.name, engine.folder, engine.home, "engine.nlu.derived")
    wanted.folder.mkdir()
    machine = Machine(monkeypatch, {"-m engine.nlu.derived": (1, "", "OSError: No space left on device")})
    with pytest.raises(LaunchError, match="No space left"):
        environments.install(QUIET, [wanted])
    assert not (wanted.folder / STAMP).exists()
    machine = Machine(monkeypatch, {})
    assert environments.install(QUIET, [wanted])
    assert machine.ran[-1] == f"{wanted.python} -m engine.nlu.derived"
    assert (wanted.folder / STAMP).read_text("ascii").strip() == wanted.fingerprint()
