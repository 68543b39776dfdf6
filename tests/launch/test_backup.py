"""The operator backs an installation up and puts a backup back."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from launch import archive, backup, home, restore, stores
from launch.errors import LaunchError
from launch.paths import ROOT
from studio.releases import Release, Releases
from tests.launch.installation import CALENDAR, PHOTO, QUIET, furnish, settings_of, shop_name


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation, made once: tests work on copies."""
    folder = tmp_path_factory.mktemp("furnished") / "home"
    furnish(folder)
    return folder


@pytest.fixture
def at(furnished: Path, tmp_path: Path) -> Path:
    """An installation of a test's own."""
    return Path(shutil.copytree(furnished, tmp_path / "home"))


def environment_of(at: Path) -> dict[str, str]:
    return settings_of(at).environment()


def make(at: Path, **options: Any) -> Path:
    return backup.make(QUIET, settings_of(at), environment_of(at), **options)


def put_back(at: Path, file: Path) -> Path:
    with home.at_work(at, alone=True):
        return restore.restore(QUIET, settings_of(at), environment_of(at), file)


def rewritten(file: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> Path:
    """The backup with another manifest or other contents, packed as ours are."""
    with tarfile.open(file) as packed:
        contents = {member.name: packed.extractfile(member).read() for member in packed}  # type: ignore[union-attr]
    manifest = json.loads(contents.pop(archive.MANIFEST))
    change(manifest, contents)
    target = file.with_name("changed.tar.gz")
    with tarfile.open(target, "w:gz") as out:
        for name, content in {archive.MANIFEST: json.dumps(manifest).encode(), **contents}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            out.addfile(member, io.BytesIO(content))
    return target


# Backing up


def test_a_backup_holds_everything_and_says_what(at: Path) -> None:
    file = make(at)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    manifest = archive.verify(file)
    assert {PHOTO, CALENDAR, "shop.db", "tracker.db", "secrets/engine_token", "secrets/identity_secret"} <= manifest["files"].keys()
    assert manifest["databases"]["shop"]["revision"] == home.revisions()[-1]
    assert manifest["databases"]["shop"]["counts"]["shops"] == 1
    assert manifest["databases"]["tracker"]["counts"] == {"talks": 1, "turns": 0}
    assert not list(file.parent.glob(".*")), "nothing is left of the work"


def test_secrets_may_be_left_out(at: Path) -> None:
    assert not [name for name in archive.verify(make(at, secrets=False))["files"] if name.startswith("secrets")]


def test_taken_while_both_databases_are_written_it_fits_together(at: Path, tmp_path: Path) -> None:
    """The engine stores a turn before the gateway stores the answers: no backup may have answers without their turn."""
    environment = environment_of(at)
    with closing(sqlite3.connect(at / "shop.db")) as connection:
        connection.execute("CREATE TABLE said (turn INTEGER)")
    stop, failures = threading.Event(), []
    said_once_more = threading.Event()

    def talk() -> None:
        shop = sqlite3.connect(at / "shop.db", timeout=10, isolation_level=None)
        tracker = sqlite3.connect(at / "tracker.db", timeout=10, isolation_level=None)
        with closing(shop), closing(tracker):
            turn = 0
            try:
                while not stop.is_set():
                    turn += 1
                    tracker.execute("INSERT INTO turns VALUES (?, 'c_1', ?)", (turn, "x" * 2000))
                    shop.execute("INSERT INTO said VALUES (?)", (turn,))
                    said_once_more.set()
            except sqlite3.Error as error:
                failures.append(error)

    writer = threading.Thread(target=talk)
    writer.start()
    try:
        counts = []
        for number in range(6):
            (tmp_path / str(number)).mkdir()
            # However the two share the machine: something was said since the copy before.
            said_once_more.clear()
            assert said_once_more.wait(60) or failures
            counts.append(stores.copy_together(stores.stores(environment), tmp_path / str(number)))
    finally:
        stop.set()
        writer.join()
    assert not failures, "nobody is disturbed"
    for number, one in enumerate(counts):
        turns, said = one["tracker"]["turns"], one["shop"]["said"]
        assert said <= turns <= said + 1, one
        with closing(sqlite3.connect(tmp_path / str(number) / "shop.db")) as copy:
            assert copy.execute("SELECT coalesce(max(turn), 0) FROM said").fetchone()[0] == said
    assert counts[-1]["tracker"]["turns"] > counts[0]["tracker"]["turns"], "it went on writing"


def test_the_oldest_go_by_count_and_nothing_else_does(at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = at / "backups"
    folder.mkdir()
    mine = folder / "my-own.tar.gz"
    mine.touch()
    times = iter(f"20260101-00000{number}" for number in range(9))
    monkeypatch.setattr(home, "stamp", lambda: next(times))
    environment = {**environment_of(at), "XIAOER_BACKUP_KEEP": "2"}
    before = backup.make(QUIET, settings_of(at), environment, why=backup.BEFORE_UPGRADE)
    files = [backup.make(QUIET, settings_of(at), environment) for _ in range(4)]
    assert sorted(folder.iterdir()) == sorted([*files[2:], before, mine])


@pytest.mark.parametrize("keep", ["0", "-1", "many"])
def test_a_count_that_is_none_is_named(at: Path, keep: str) -> None:
    with pytest.raises(LaunchError, match="XIAOER_BACKUP_KEEP"):
        backup.make(QUIET, settings_of(at), {**environment_of(at), "XIAOER_BACKUP_KEEP": keep})


def test_nothing_to_back_up_is_said(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="nothing to back up"):
        make(tmp_path / "new")


def test_a_full_disk_leaves_no_half_file(at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_add", full)
    with pytest.raises(LaunchError, match="No space left") as caught:
        make(at)
    assert "another folder" in caught.value.remedy
    assert not list((at / "backups").iterdir())


def test_a_damaged_database_is_not_backed_up_as_sound(at: Path) -> None:
    content = bytearray((at / "shop.db").read_bytes())
    content[8192:40960] = b"\xff" * 32768
    (at / "shop.db").write_bytes(content)
    with pytest.raises((LaunchError, sqlite3.DatabaseError)):
        make(at)
    assert not list((at / "backups").glob("*.tar.gz"))


# Putting back


def test_a_backup_brings_back_what_was_there(at: Path) -> None:
    file = make(at)
    environment = environment_of(at)
    before = shop_name(environment)
    token = environment["XIAOER_ENGINE_TOKEN"]
    shop_name(environment, "别名")
    (at / PHOTO).unlink()
    (at / "attachments" / "later.jpg").write_bytes(b"later")
    (at / "secrets" / "engine_token").write_text("x" * 43, "ascii")
    aside = put_back(at, file)
    assert shop_name(environment_of(at)) == before
    assert (at / PHOTO).read_bytes() == b"\xff\xd8 a photo"
    assert not (at / "attachments" / "later.jpg").exists()
    assert environment_of(at)["XIAOER_ENGINE_TOKEN"] == token
    assert stat.S_IMODE((at / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((at / "secrets" / "engine_token").stat().st_mode) == 0o600
    with closing(sqlite3.connect(aside / "shop.db")) as connection:
        assert connection.execute("SELECT name FROM shops").fetchone() == ("别名",), "what was there is set aside"
    assert (aside / "attachments" / "later.jpg").exists()
    assert not list(at.glob(".restore-*"))


def test_what_spoke_speaks_again_with_what_was_published_and_the_way_back(at: Path, tmp_path: Path) -> None:
    releases, words = Releases(at), "data/responses/smalltalk.yml"
    first, second, later = (_release(releases, tmp_path) for _ in range(3))
    releases.go_live(first, "http://127.0.0.1:1", "http://127.0.0.1:2/webhook")
    releases.go_live(second, "http://127.0.0.1:1", "http://127.0.0.1:2/webhook")
    releases.publish({words: "responses: {}\n"}, "c2", "小节")
    file = make(at)
    releases.go_live(later, "http://127.0.0.1:1", "http://127.0.0.1:2/webhook")
    put_back(at, file)
    live, former = releases.live(), releases.former()
    assert live is not None
    assert former is not None
    assert (live.id, former.id, releases.get(later.id).state) == (second.id, first.id, "trained")
    assert (live.folder / words).read_text("utf-8") == "responses: {}\n"
    assert [one["commit"] for one in live.published] == ["c2"]
    assert live.archive is not None
    assert former.archive is not None
    assert releases.get(later.id).archive is None, "it can be trained again"
    releases.go_live(live, "http://127.0.0.1:3", "http://127.0.0.1:4/webhook")
    assert (at / "releases" / "live").resolve() == live.folder, "the next start"


def _release(releases: Releases, scratch: Path) -> Release:
    made = releases.make(ROOT, None, "小节")
    model = scratch / f"{made.id}.tar.gz"
    model.write_bytes(b"a model")
    releases.give_model(made, model)
    return releases.get(made.id)


def test_a_backup_goes_into_an_empty_home(at: Path, tmp_path: Path) -> None:
    file = make(at)
    new = tmp_path / "another machine"
    new.mkdir()
    put_back(new, file)
    assert shop_name(environment_of(new)) == shop_name(environment_of(at))
    assert environment_of(new)["XIAOER_IDENTITY_SECRET"] == environment_of(at)["XIAOER_IDENTITY_SECRET"]


def erase(at: Path, number: int) -> None:
    """Receipts of an erased talk and an erased customer."""
    with closing(sqlite3.connect(at / "shop.db")) as connection, connection:
        connection.execute(
            "INSERT INTO erasures (shop_id, id, conversation_hash, counts, at) VALUES ('demo', ?, ?, '{}', '2026-11-18')",
            (f"e_{number}", f"talk{number}"),
        )
        connection.execute(
            "INSERT INTO data_receipts (shop_id, id, kind, state, subject_hash, counts, by, at)"
            " VALUES ('demo', ?, 'customer', 'done', ?, '{}', 'x', '2026-11-18')",
            (f"d_{number}", f"customer{number}"),
        )


def test_who_was_erased_since_is_noted_to_be_erased_again(at: Path) -> None:
    erase(at, 1)
    file = make(at)
    erase(at, 2)
    put_back(at, file)
    noted = {"talks": ["talk2"], "customers": ["customer2"]}
    assert json.loads((at / restore.ERASED).read_text("utf-8")) == noted, "who was erased before may have come back since"
    put_back(at, file)
    assert json.loads((at / restore.ERASED).read_text("utf-8")) == noted, "until the gateway has done it"


def test_it_refuses_while_the_product_runs(at: Path) -> None:
    file = make(at)
    with home.at_work(at), pytest.raises(LaunchError, match="Xiaoer is running"):
        put_back(at, file)
    # Parts started by hand hold no lock of ours, but their databases.
    with closing(sqlite3.connect(at / "tracker.db")) as connection:
        connection.execute("SELECT * FROM talks").fetchall()
        with pytest.raises(LaunchError, match=r"running: a process that has .*tracker\.db open"):
            put_back(at, file)
    put_back(at, file)


def test_while_it_restores_nobody_starts(at: Path) -> None:
    with home.at_work(at, alone=True), pytest.raises(LaunchError, match="restore or an upgrade is under way"), home.at_work(at):
        pass


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]), "damaged"),
        (
            lambda file: file.write_bytes((whole := file.read_bytes())[: len(whole) // 2] + bytes(64) + whole[len(whole) // 2 + 64 :]),
            "damaged",
        ),
        (lambda file: file.write_bytes(b"no archive"), "damaged"),
        (lambda file: file.unlink(), "there is no backup"),
    ],
)
def test_a_damaged_file_is_refused_before_anything_is_touched(at: Path, damage: Callable[[Path], object], said: str) -> None:
    file = make(at)
    damage(file)
    shop_name(environment_of(at), "现在")
    with pytest.raises(LaunchError, match=said) as caught:
        put_back(at, file)
    assert caught.value.remedy
    assert shop_name(environment_of(at)) == "现在"
    assert not list(at.glob("before-restore-*"))


def _newer_format(manifest: dict[str, Any], _: dict[str, bytes]) -> None:
    manifest |= {"format": 99, "commit": "abcdef0123456789"}


def _newer_database(manifest: dict[str, Any], _: dict[str, bytes]) -> None:
    manifest["databases"]["shop"]["revision"] = "9999"


def _other_photo(_: dict[str, Any], contents: dict[str, bytes]) -> None:
    contents[PHOTO] = b"another"


def _without_photo(_: dict[str, Any], contents: dict[str, bytes]) -> None:
    del contents[PHOTO]


def _one_more(_: dict[str, Any], contents: dict[str, bytes]) -> None:
    contents["secrets/more"] = b"x"


def _outside(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    manifest["files"]["../outside"] = manifest["files"].pop(PHOTO)
    contents["../outside"] = contents.pop(PHOTO)


def _of_postgresql(manifest: dict[str, Any], _: dict[str, bytes]) -> None:
    manifest["databases"]["shop"]["kind"] = "postgresql"


def _fewer_rows(manifest: dict[str, Any], _: dict[str, bytes]) -> None:
    manifest["databases"]["shop"]["counts"]["products"] += 1


def _foreign(manifest: dict[str, Any], _: dict[str, bytes]) -> None:
    manifest["product"] = "another"


@pytest.mark.parametrize(
    ("change", "said", "remedy"),
    [
        (_newer_format, "newer version of Xiaoer", "abcdef012345"),
        (_newer_database, "newer version of Xiaoer", "update the checkout"),
        (_other_photo, "photo.jpg is not what its manifest says", "another"),
        (_without_photo, "photo.jpg is missing", "another"),
        (_one_more, "does not name", "another"),
        (_outside, "wants to write", "make backup"),
        (_of_postgresql, "holds postgresql", "XIAOER_DATABASE_URL"),
        (_fewer_rows, "lacks rows", "another"),
        (_foreign, "no backup of Xiaoer", "make backup"),
    ],
)
def test_what_does_not_belong_here_is_refused(at: Path, change: Callable[..., None], said: str, remedy: str) -> None:
    file = rewritten(make(at), change)
    shop_name(environment_of(at), "现在")
    with pytest.raises(LaunchError, match=said) as caught:
        put_back(at, file)
    assert remedy in caught.value.remedy
    assert shop_name(environment_of(at)) == "现在"
    assert not (at.parent / "outside").exists()
    assert not list(at.glob("before-restore-*/shop.db"))


def test_a_restore_that_fails_in_the_middle_is_undone(at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(at)
    shop_name(environment_of(at), "现在")
    moved, move = [], shutil.move

    def fails_at_the_third(source: str, target: str) -> object:
        moved.append(source)
        if len(moved) == 3:
            raise OSError(5, "Input/output error")
        return move(source, target)

    monkeypatch.setattr(shutil, "move", fails_at_the_third)
    with pytest.raises(LaunchError, match="could not be put back"):
        put_back(at, file)
    assert shop_name(environment_of(at)) == "现在"
    assert (at / PHOTO).exists()


def test_a_restore_that_was_killed_is_undone_by_the_next_start(at: Path) -> None:
    file = make(at)
    shop_name(environment_of(at), "现在")
    # The process dies after the databases were exchanged, before the photos were.
    killed = (
        "import os, shutil, sys; from pathlib import Path\n"
        "from launch import home, restore\nfrom launch.settings import Settings\nfrom launch.progress import Progress\n"
        "settings = Settings.for_test(Path(sys.argv[1])); move = shutil.move; count = []\n"
        "def dies(a, b):\n    count.append(a)\n    os._exit(9) if len(count) == 3 else move(a, b)\n"
        "shutil.move = dies\n"
        "with home.at_work(settings.home, alone=True):\n"
        "    restore.restore(Progress(quiet=True), settings, settings.environment(), Path(sys.argv[2]))\n"
    )
    done = subprocess.run([sys.executable, "-c", killed, str(at), str(file)], cwd=ROOT, check=False)
    assert done.returncode == 9
    assert (at / restore.JOURNAL).exists()
    assert restore.undo_interrupted(QUIET, settings_of(at), environment_of(at))
    assert shop_name(environment_of(at)) == "现在"
    assert (at / PHOTO).exists()
    assert not restore.undo_interrupted(QUIET, settings_of(at), environment_of(at)), "once"
    put_back(at, file)


def test_the_commands_run_with_the_machines_own_python(at: Path) -> None:
    python = next((name for name in ("/usr/bin/python3", sys.executable) if Path(name).exists()), sys.executable)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XIAOER_")} | {"XIAOER_HOME": str(at)}

    def launch(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [python, "-m", "launch", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    made = launch("backup")
    assert made.returncode == 0, made.stderr
    file = made.stdout.split()[0]
    assert "verified" in made.stdout
    back = launch("restore", file)
    assert back.returncode == 0, back.stderr
    assert "before-restore-" in back.stdout
    missing = launch("restore", "nowhere.tar.gz")
    assert missing.returncode == 1
    assert "there is no backup nowhere.tar.gz" in missing.stderr
