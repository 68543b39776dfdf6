"""The launcher's side of releases with stand-ins for the processes: switch, failures, trying, `make publish`, what a start speaks from."""

from __future__ import annotations

import inspect
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from launch import home, publish, release, switch
from launch.errors import LaunchError
from launch.paths import ROOT
from launch.progress import Progress
from launch.settings import Settings
from studio.releases import Release, Releases

FAKE = str(Path(__file__).with_name("fake_part.py"))
QUIET = Progress(quiet=True)
SECONDS = 60.0


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation's."""
    return Settings.for_test(tmp_path / "home", XIAOER_RELEASES="1")


@pytest.fixture
def releases(settings: Settings) -> Releases:
    """Its releases."""
    return Releases(settings.home)


def made(releases: Releases, tmp_path: Path) -> Release:
    """A release with a model, of this project."""
    found = releases.make(ROOT, None, "小节")
    archive = tmp_path / f"{found.id}.tar.gz"
    archive.write_bytes(b"a model")
    releases.give_model(found, archive)
    return releases.get(found.id)


def parts(broken: set[str]) -> switch.Commands:
    """Stand-ins for engine and actions; those of a release that is named in ``broken`` end at once."""

    def commands(chosen: Release, engine_port: int, actions_port: int) -> Mapping[str, Sequence[str]]:
        last = ["the cupboard is bare"] if chosen.id in broken else []
        return {
            "engine": [sys.executable, FAKE, str(engine_port), *last],
            "actions": [sys.executable, FAKE, str(actions_port)],
        }

    return commands


@pytest.fixture
def broken() -> set[str]:
    """Ids of releases whose engine does not start."""
    return set()


@pytest.fixture
def clock() -> Clock:
    """The launcher's clock."""
    return Clock()


@pytest.fixture
def running(settings: Settings, releases: Releases, tmp_path: Path, broken: set[str], clock: Clock) -> Iterator[switch.Switch]:
    """A live pair and the switch beside it."""
    first = made(releases, tmp_path)
    environment = settings.environment()
    pair = switch.Pair(settings, environment, first, parts(broken), (settings.engine_port, settings.actions_port))
    found = switch.Switch(settings, environment, releases, pair, parts(broken), clock)
    found.begin()
    releases.go_live(first, pair.engine_url, pair.actions_url)
    pair.start()
    try:
        yield found
    finally:
        found.stop()
        found.live.stop()


def step_until(found: switch.Switch, over: Callable[[], bool]) -> None:
    """The launcher's loop, until something holds."""
    limit = time.monotonic() + SECONDS
    while not over() and time.monotonic() < limit:
        found.step()
        time.sleep(0.02)
    assert over()


def state(releases: Releases, asked: str) -> str:
    """How far a request is."""
    return str((releases.answer(asked) or {"state": "waiting"})["state"])


def test_new_turns_go_to_the_new_pair_and_the_old_one_ends_when_it_has_drained(
    running: switch.Switch, releases: Releases, tmp_path: Path, clock: Clock
) -> None:
    second, old = made(releases, tmp_path), running.live
    asked = releases.ask("promote", second.id, "小节", "更准")
    step_until(running, lambda: state(releases, asked) == "switched")
    noted = releases.addresses()
    assert noted is not None
    assert (noted["release"], noted["engine"]) == (second.id, running.live.engine_url)
    assert [(one["engine"], one["role"]) for one in noted["also"]] == [(old.engine_url, "draining")]
    running.step()
    assert all(one.running for one in old.processes.values()), "its last turns may still be under way"
    clock.now += switch.DRAIN_SECONDS
    step_until(running, lambda: state(releases, asked) == "done")
    assert not any(one.running for one in old.processes.values())
    assert (releases.addresses() or {})["also"] == []
    assert running.live.processes["engine"].log.name != old.processes["engine"].log.name, "the log of the one before is still there to read"


def test_what_does_not_start_or_get_warm_leaves_the_live_pair_alone(
    running: switch.Switch, releases: Releases, tmp_path: Path, broken: set[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    second, live = made(releases, tmp_path), running.live
    broken.add(second.id)
    asked = releases.ask("promote", second.id, "小节", "")
    step_until(running, lambda: state(releases, asked) == "failed")
    assert "the cupboard is bare" in (releases.answer(asked) or {})["detail"]
    broken.clear()
    monkeypatch.setattr(switch.Pair, "warm", lambda self: False)
    asked = releases.ask("promote", second.id, "小节", "")
    step_until(running, lambda: state(releases, asked) == "warming")
    clock.now += switch.WARM_SECONDS + 1
    step_until(running, lambda: state(releases, asked) == "failed")
    assert running.live is live
    assert running.beside is None
    assert (releases.addresses() or {})["engine"] == live.engine_url
    assert all(one.running for one in live.processes.values())


def test_a_new_engine_that_dies_while_the_old_one_drains_gives_the_turns_back(
    running: switch.Switch, releases: Releases, tmp_path: Path
) -> None:
    second, old = made(releases, tmp_path), running.live
    asked = releases.ask("promote", second.id, "小节", "更准")
    step_until(running, lambda: state(releases, asked) == "switched")
    running.live.processes["engine"].kill()
    step_until(running, lambda: state(releases, asked) == "failed")
    assert "已经换回原来的版本" in (releases.answer(asked) or {})["detail"]
    assert running.live is old
    noted = releases.addresses() or {}
    assert (noted["release"], noted["engine"], noted["former"]) == (old.release.id, old.engine_url, None), "nobody rolls back to what died"
    assert all(one.running for one in old.processes.values())
    assert [one.id for one in releases.all() if one.state == "live"] == [old.release.id]


def test_a_candidate_that_is_tried_is_promoted_without_a_second_start_and_ends_by_itself(
    running: switch.Switch, releases: Releases, tmp_path: Path, clock: Clock
) -> None:
    second, third = made(releases, tmp_path), made(releases, tmp_path)
    asked = releases.ask("try", second.id, "小节", "")
    step_until(running, lambda: state(releases, asked) == "done")
    noted = (releases.addresses() or {})["also"]
    assert [(one["release"], one["role"]) for one in noted] == [(second.id, "candidate")]
    beside = running.beside
    assert beside is not None
    asked = releases.ask("try", third.id, "小节", "")
    step_until(running, lambda: state(releases, asked) == "done")
    assert not beside.processes["engine"].running, "never more than two"
    beside = running.beside
    assert beside is not None
    pid = beside.processes["engine"].pid
    asked = releases.ask("promote", third.id, "小节", "")
    step_until(running, lambda: state(releases, asked) == "switched")
    assert running.live.processes["engine"].pid == pid
    clock.now += switch.DRAIN_SECONDS
    step_until(running, lambda: state(releases, asked) == "done")
    asked = releases.ask("try", second.id, "小节", "")
    step_until(running, lambda: state(releases, asked) == "done")
    clock.now += switch.TRY_SECONDS + 1
    step_until(running, lambda: running.beside is None)
    assert (releases.addresses() or {})["also"] == []


def test_a_launcher_that_starts_again_ends_what_was_asked_of_the_one_before(
    running: switch.Switch, releases: Releases, tmp_path: Path
) -> None:
    asked = releases.ask("promote", made(releases, tmp_path).id, "小节", "")
    running.begin()
    assert state(releases, asked) == "failed"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the content that a test may edit, in place of the project's."""
    root = tmp_path / "checkout"
    for part in ("data", "policy/tables", "tests/nlu", "tests/stories"):
        # Compiled files may come and go in this moment: another run reads the same tests.
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("domain.yml", "config.yml"):
        shutil.copy2(ROOT / part, root / part)
    monkeypatch.setattr(release, "ROOT", root)
    monkeypatch.setattr("launch.model.ensure", lambda *_, **__: False)
    models = tmp_path / "models"
    models.mkdir()
    (models / "a.tar.gz").write_bytes(b"a model")
    monkeypatch.setattr(release, "MODELS", models)
    return root


def test_what_a_start_says_of_its_release_is_said_in_chinese_to_trainers() -> None:
    words = (ROOT / "gateway/static/studio/words_models.js").read_text("utf-8")
    said = re.findall(r'return "(.+)"', inspect.getsource(release.why_not))
    assert said
    assert [one for one in said if f'"{one}": "' not in words] == []


def test_a_start_speaks_from_what_is_live_until_the_code_is_newer_or_the_model_is_gone(
    checkout: Path, settings: Settings, releases: Releases, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = release.choose(Progress(), settings, {})
    releases.go_live(first, "", "")
    assert capsys.readouterr().err == ""
    (checkout / "data/responses/smalltalk.yml").write_text("half a sent", "utf-8")
    assert release.choose(Progress(), settings, {}).id == first.id, "an edit in the checkout never speaks by itself"
    assert "not live: 1 file (data/responses/smalltalk.yml)" in capsys.readouterr().err
    monkeypatch.setattr(release, "code_version", lambda: "newer")
    second = release.choose(Progress(), settings, {})
    assert second.id != first.id
    assert "the code is newer than what was live: a new release is made" in capsys.readouterr().err
    releases.go_live(second, "", "")
    assert second.archive is not None
    second.archive.unlink()
    third = release.choose(Progress(), settings, {})
    assert third.id not in (first.id, second.id)
    assert "the model of what was live is gone" in capsys.readouterr().err


def test_publish_by_hand_takes_wording_at_once_and_the_rest_at_the_next_start(
    checkout: Path, settings: Settings, releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = settings.environment()
    live = release.choose(QUIET, settings, environment)
    releases.go_live(live, "http://127.0.0.1:9", "http://127.0.0.1:9/webhook")
    assert publish.publish(QUIET, settings, environment, root=checkout) == f"nothing to publish: {live.id} is this checkout"
    words = checkout / "data/responses/smalltalk.yml"
    good = words.read_text("utf-8")
    words.write_text(good + "\n  broken: [", "utf-8")
    with pytest.raises(LaunchError, match=r"not published: data/responses/smalltalk\.yml"):
        publish.publish(QUIET, settings, environment, root=checkout)
    words.write_text(good.replace("text: ", "text: 蓝", 1), "utf-8")
    monkeypatch.setattr(publish, "_check", lambda *_: None)  # it has just been seen at work, and takes seconds
    said = publish.publish(QUIET, settings, environment, "节日", root=checkout)
    assert said == "live: 1 file (data/responses/smalltalk.yml)"
    now = releases.live()
    assert now is not None
    assert (now.id, now.published[0]["why"]) == (live.id, "节日")
    assert "蓝" in (now.folder / "data/responses/smalltalk.yml").read_text("utf-8")
    domain = checkout / "domain.yml"
    domain.write_text(domain.read_text("utf-8") + "\n# more\n", "utf-8")
    assert "speaks from the next start" in publish.publish(QUIET, settings, environment, root=checkout)
    after = releases.live()
    assert after is not None
    assert after.id != live.id


def test_a_backup_keeps_what_speaks_and_the_way_back_and_of_others_the_texts(
    releases: Releases, settings: Settings, tmp_path: Path
) -> None:
    spare, former, live = (made(releases, tmp_path) for _ in range(3))
    releases.go_live(former, "", "")
    releases.go_live(live, "", "")
    kept = home.belongings(settings.home)
    for one in (former, live, spare):
        assert f"releases/{one.id}/domain.yml" in kept
        assert f"releases/{one.id}/release.json" in kept
    models = {name for name in kept if "/models/" in name}
    assert models == {f"releases/{one.id}/models/{one.id}.tar.gz" for one in (former, live)}
    assert "releases/live.json" in kept
    assert not any("/live/" in name or name.endswith(".lock") for name in kept)
