"""The operator's model or database is missing, old, damaged or locked away."""

from __future__ import annotations

import fcntl
import secrets
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from launch import database, model
from launch.errors import LaunchError
from launch.paths import ENGINE_PYTHON, ROOT
from launch.product import Product
from launch.progress import Progress
from launch.settings import Settings

QUIET = Progress(quiet=True)


class Trainer:
    """Stands in for engine/train.py: answers what state the model is in, and notes what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, state: int, code: int = 0) -> None:
        self.asked: list[str] = []
        self._state = state
        self._code = code
        monkeypatch.setattr(model, "_train", self)

    def __call__(self, environment: Mapping[str, str], log: Path | None, flag: str) -> tuple[int, str]:
        self.asked.append(flag)
        return (self._state, "a.tar.gz is as the test says") if flag == "--check" else (self._code, "")


def test_a_current_model_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(monkeypatch, state=model.CURRENT)
    assert not model.ensure(QUIET, {}, tmp_path / "log", folder=tmp_path)
    assert trainer.asked == ["--check"]


@pytest.mark.parametrize("state", [model.STALE, model.MISSING])
def test_newer_data_or_no_model_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: int, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = Trainer(monkeypatch, state=state)
    assert model.ensure(Progress(), {}, tmp_path / "log", folder=tmp_path / "models")
    assert trainer.asked == ["--check", ""]
    assert (tmp_path / "models").is_dir()
    assert "a.tar.gz is as the test says" in capsys.readouterr().err


def test_training_can_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(monkeypatch, state=model.CURRENT)
    assert model.ensure(QUIET, {}, tmp_path / "log", folder=tmp_path, force=True)
    assert trainer.asked == ["--check", "--force"]


def test_a_damaged_model_is_set_aside_and_trained_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"nothing of the kind")
    trainer = Trainer(monkeypatch, state=model.CORRUPT)
    assert model.ensure(Progress(), {}, tmp_path / "log", folder=tmp_path)
    assert trainer.asked == ["--check", ""]
    assert [path.name for path in tmp_path.glob("a.*")] == ["a.tar.gz.broken"]
    assert "moved to a.tar.gz.broken" in capsys.readouterr().err


def test_a_second_start_waits_for_the_first_ones_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = Trainer(monkeypatch, state=model.CURRENT)
    with (tmp_path / ".training.lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = threading.Thread(target=model.ensure, args=(Progress(), {}, tmp_path / "log"), kwargs={"folder": tmp_path})
        second.start()
        said = ""
        while "waiting for another training" not in said and second.is_alive():
            said += capsys.readouterr().err
            second.join(0.05)
        assert second.is_alive(), said
        assert not trainer.asked
    second.join(60)
    assert trainer.asked == ["--check"]


def test_the_trainer_itself_finds_the_damage(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"nothing of the kind")
    told = subprocess.run(
        [str(ENGINE_PYTHON), "-m", "engine.train", "--check", "--out", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == model.CORRUPT
    assert "a.tar.gz is corrupt" in told.stdout


def test_a_failed_training_shows_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Trainer(monkeypatch, state=model.STALE, code=2)
    (tmp_path / "log").write_text("rule contradicts story\n", "utf-8")
    with pytest.raises(LaunchError, match="training failed with exit code 2") as caught:
        model.ensure(QUIET, {}, tmp_path / "log", folder=tmp_path)
    assert "| rule contradicts story" in caught.value.report()
    assert "make validate" in caught.value.report()


def paths_of(tmp_path: Path) -> dict[str, str]:
    """Database addresses below a folder."""
    return {"XIAOER_DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}", "XIAOER_TRACKER_DB": str(tmp_path / "tracker.db")}


def test_a_sound_database_or_none_is_fine(tmp_path: Path) -> None:
    database.check_readable(paths_of(tmp_path / "new"))
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    database.check_readable(paths_of(tmp_path))


@pytest.mark.parametrize("name", ["shop.db", "tracker.db"])
def test_a_file_that_is_no_database_is_named_with_a_remedy(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this is no database at all" * 100)
    with pytest.raises(LaunchError, match=f"{name} cannot be read") as caught:
        database.check_readable(paths_of(tmp_path))
    assert f"mv {tmp_path / name} {tmp_path / name}.broken" in caught.value.remedy
    assert (tmp_path / name).exists(), "never replaced"


def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 200)
    connection.close()
    content = bytearray((tmp_path / "shop.db").read_bytes())
    content[4096:12288] = b"\xff" * 8192
    (tmp_path / "shop.db").write_bytes(content)
    with pytest.raises(LaunchError, match=r"shop\.db cannot be read"):
        database.check_readable(paths_of(tmp_path))


def test_a_failed_preparation_hides_the_password(tmp_path: Path) -> None:
    assert "geheim" not in database._hide_password("postgresql+psycopg://u:geheim@db/x")
    assert database._hide_password(f"sqlite:///{tmp_path}/a.db") == f"sqlite:///{tmp_path}/a.db"


def test_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = Settings.for_test(tmp_path).environment()
    again = Settings.for_test(tmp_path).environment()
    assert len(first["XIAOER_ENGINE_TOKEN"]) >= 32
    assert first["XIAOER_ENGINE_TOKEN"] == again["XIAOER_ENGINE_TOKEN"] != first["XIAOER_IDENTITY_SECRET"]
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "secrets" / "engine_token").stat().st_mode) == 0o600


def test_of_two_first_starts_at_once_both_have_the_same_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, draw, told = Settings.for_test(tmp_path), secrets.token_urlsafe, list[str]()

    def another_start_comes_between(size: int) -> str:
        if not told:
            told.append("")
            told[0] = settings.secret("engine_token")
        return draw(size)

    monkeypatch.setattr(secrets, "token_urlsafe", another_start_comes_between)
    assert settings.secret("engine_token") == told[0]
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["engine_token"]


def test_a_given_secret_wins_and_none_is_on_a_command_line(tmp_path: Path) -> None:
    product = Product(Settings.for_test(tmp_path, XIAOER_IDENTITY_SECRET="given-" * 8))
    assert product.identity_secret == "given-" * 8
    words = " ".join(word for process in product.processes.values() for word in process.command)
    assert product.engine_token not in words
    assert product.identity_secret not in words


def test_the_first_administrator_is_told_once(tmp_path: Path) -> None:
    settings = Settings.for_test(tmp_path)
    environment = settings.environment()
    with pytest.raises(LaunchError, match="administrator"):
        database.first_admin({**environment, "XIAOER_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"})
    database.migrate_and_seed(environment, settings.logs / "seed.log")
    made = database.first_admin(environment)
    assert made is not None
    assert (made[0], len(made[1])) == ("admin", 16)
    assert database.first_admin(environment) is None
