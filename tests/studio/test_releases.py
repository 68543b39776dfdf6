"""A release is made whole, published into, promoted and rolled back; nothing that was published is lost on the way."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from studio import release_files
from studio.releases import Release, ReleaseError, Releases

WORDS = "data/responses/smalltalk.yml"
ROWS = "policy/tables/postage.yml"


class Ticking:
    """A clock that goes on a second at each look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def git(folder: Path, *words: str) -> str:
    """Run git there; what it said."""
    made = subprocess.run(["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@t", *words], capture_output=True, check=True)
    return made.stdout.decode().strip()


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkout with one commit, to be copied."""
    root = tmp_path_factory.mktemp("committed")
    for path, text in {
        WORDS: "responses:\n  utter_hello:\n  - text: 您好\n",
        "data/nlu/smalltalk.yml": "nlu: []\n",
        ROWS: "table: postage\n",
        "domain.yml": "intents: []\n",
        "config.yml": "language: zh\n",
        "tests/nlu/held_out.yml": "nlu: []\n",
        "tests/stories/test_a.yml": "stories: []\n",
    }.items():
        release_files.write_whole(root / path, text.encode())
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


@pytest.fixture
def checkout(committed: Path, tmp_path: Path) -> Path:
    """A checkout of this test's own."""
    return Path(shutil.copytree(committed, tmp_path / "checkout"))


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    """An installation's releases, none yet."""
    return Releases(tmp_path / "home", Ticking())


def trained(releases: Releases, checkout: Path, tmp_path: Path, commit: str | None = None) -> Release:
    """A release with a model."""
    release = releases.make(checkout, commit, "谢工")
    archive = tmp_path / f"{release.id}.tar.gz"
    archive.write_bytes(b"model of " + release.id.encode())
    releases.give_model(release, archive)
    return releases.get(release.id)


def live(releases: Releases, release: Release) -> list[str]:
    """What the launcher does when the processes of a release are warm."""
    return releases.go_live(release, "http://127.0.0.1:1", "http://127.0.0.1:2/webhook")


def said(release: Release | None, path: str = WORDS) -> str:
    """The text of a file in a release."""
    assert release is not None
    return (release.folder / path).read_text("utf-8")


def test_a_release_of_a_commit_leaves_out_what_is_not_committed(releases: Releases, checkout: Path) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    (checkout / WORDS).write_text("half a sent", "utf-8")
    committed = releases.make(checkout, head, "谢工", "新问法")
    as_it_is = releases.make(checkout, None, "谢工")
    assert said(committed).endswith("您好\n")
    assert said(as_it_is) == "half a sent"
    assert (committed.commit, committed.state, committed.made_by, committed.why) == (head, "made", "谢工", "新问法")
    assert [one.id for one in releases.all()] == [as_it_is.id, committed.id]
    assert release_files.differing(checkout, committed.folder) == [WORDS]
    assert not list(releases.folder.glob(".making-*"))


def test_what_is_not_whole_becomes_no_release(releases: Releases, checkout: Path) -> None:
    (checkout / "domain.yml").unlink()
    with pytest.raises(ReleaseError, match=r"domain\.yml"):
        releases.make(checkout, None, "谢工")
    with pytest.raises(ReleaseError, match="提交 deadbeef"):
        releases.make(checkout, "deadbeef", "谢工")
    with pytest.raises(ReleaseError, match="不是一个提交"):
        releases.make(checkout, "--output=/tmp/x", "谢工")
    assert releases.all() == []
    assert not list(releases.folder.glob(".making-*"))


def test_an_edit_in_the_checkout_never_speaks_and_a_published_one_does(releases: Releases, checkout: Path, tmp_path: Path) -> None:
    first = trained(releases, checkout, tmp_path)
    live(releases, first)
    (checkout / WORDS).write_text("responses: half", "utf-8")
    assert "您好" in said(releases.live())
    releases.publish({WORDS: "responses:\n  utter_hello:\n  - text: 在的\n"}, "c2", "谢工")
    assert "在的" in said(releases.live())
    assert "在的" in (releases.folder / "live" / WORDS).read_text("utf-8")
    now = releases.live()
    assert now is not None
    assert [(one["paths"], one["commit"], one["by"]) for one in now.published] == [([WORDS], "c2", "谢工")]


@pytest.mark.parametrize("path", ["data/nlu/smalltalk.yml", "domain.yml", "data/responses/../nlu/smalltalk.yml", "data/responses/.x.yml"])
def test_what_must_be_trained_is_not_published(releases: Releases, checkout: Path, tmp_path: Path, path: str) -> None:
    live(releases, trained(releases, checkout, tmp_path))
    with pytest.raises(ReleaseError, match="先训练"):
        releases.publish({path: "x"}, "c2", "谢工")


def test_nothing_is_published_without_a_live_release(releases: Releases) -> None:
    with pytest.raises(ReleaseError, match="make run"):
        releases.publish({WORDS: "x"}, "c2", "谢工")


def test_what_was_published_meanwhile_comes_along_when_another_is_promoted_and_back(
    releases: Releases, checkout: Path, tmp_path: Path
) -> None:
    first = trained(releases, checkout, tmp_path)
    live(releases, first)
    second, third = trained(releases, checkout, tmp_path), trained(releases, checkout, tmp_path)
    releases.publish({WORDS: "responses:\n  utter_hello:\n  - text: 在的\n"}, "c2", "谢工")
    assert live(releases, second) == []
    assert "在的" in said(releases.live())
    assert live(releases, third) == [], "through one that was live between"
    assert "在的" in said(releases.live())
    releases.publish({ROWS: "table: postage\nrows: [new]\n"}, "c3", "谢工")
    back = releases.former()
    assert back is not None
    assert back.id == second.id
    live(releases, back)
    assert "new" in said(releases.live(), ROWS), "a row that was approved by itself is not rolled back with a model"
    assert {one.id: one.state for one in releases.all()} == {first.id: "former", second.id: "live", third.id: "former"}
    former = releases.former()
    assert former is not None
    assert former.id == third.id


def test_a_file_that_would_take_responses_away_stays_and_is_named(releases: Releases, checkout: Path, tmp_path: Path) -> None:
    first = trained(releases, checkout, tmp_path)
    live(releases, first)
    live(releases, trained(releases, checkout, tmp_path))
    releases.publish({WORDS: "responses:\n  utter_renamed:\n  - text: 在的\n"}, "c2", "谢工")
    assert live(releases, releases.get(first.id)) == [WORDS]
    assert "utter_hello" in said(releases.live())


def test_requests_wait_for_each_other_and_tell_how_far_they_are(releases: Releases, checkout: Path, tmp_path: Path) -> None:
    first, second = trained(releases, checkout, tmp_path), trained(releases, checkout, tmp_path)
    live(releases, first)
    asked = releases.ask("promote", second.id, "谢工", "更准")
    assert releases.answer(asked) is None
    assert [one["release"] for one in releases.pending()] == [second.id]
    releases.reply(asked, "warming")
    with pytest.raises(ReleaseError, match="还没有完成"):
        releases.ask("promote", second.id, "谢工", "")
    releases.reply(asked, "failed", "no memory")
    assert releases.pending() == []
    answer = releases.answer(asked)
    assert answer is not None
    assert (answer["state"], answer["detail"]) == ("failed", "no memory")
    assert releases.answer("../../secrets/x") is None
    assert [(one["by"], one["why"]) for one in releases.asked()] == [("谢工", "更准")]


def test_what_cannot_be_promoted_is_refused_with_the_reason(releases: Releases, checkout: Path, tmp_path: Path) -> None:
    first = trained(releases, checkout, tmp_path)
    live(releases, first)
    with pytest.raises(ReleaseError, match="正在使用"):
        releases.ask("promote", first.id, "谢工", "")
    with pytest.raises(ReleaseError, match="没有模型"):
        releases.ask("promote", releases.make(checkout, None, "谢工").id, "谢工", "")
    for unknown in ("20990101-000000", "../home"):
        with pytest.raises(ReleaseError, match="没有这个版本"):
            releases.ask("promote", unknown, "谢工", "")


def test_keeping_figures_loses_nothing_that_happened_meanwhile(releases: Releases, checkout: Path, tmp_path: Path) -> None:
    first = trained(releases, checkout, tmp_path)
    held = releases.get(first.id)
    live(releases, first)
    releases.publish({WORDS: "responses: {}\n"}, "c2", "谢工")
    held.figures["understood"] = 0.9
    releases.keep(held)
    now = releases.live()
    assert now is not None
    assert (now.figures, now.state, len(now.published)) == ({"understood": 0.9}, "live", 1)


def test_old_releases_lose_their_models_then_go_and_live_and_former_stay(releases: Releases, checkout: Path, tmp_path: Path) -> None:
    first = trained(releases, checkout, tmp_path)
    live(releases, first)
    live(releases, trained(releases, checkout, tmp_path))
    for _ in range(8):
        trained(releases, checkout, tmp_path)
    with_model = [one.id for one in releases.all() if one.archive is not None]
    assert first.id in with_model
    assert len(with_model) == 8, "live, former and six more"


def test_a_damaged_note_or_folder_is_passed_over(releases: Releases, checkout: Path, tmp_path: Path) -> None:
    good = trained(releases, checkout, tmp_path)
    bad = trained(releases, checkout, tmp_path)
    (bad.folder / "release.json").write_text("{half", "utf-8")
    assert [one.id for one in releases.all()] == [good.id]
    live(releases, good)
    (good.folder / "release.json").unlink()
    assert releases.live() is None
