"""Background jobs: one at a time, in a process that outlives who started it, with progress, log, cancel and a plain end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.errors import StudioError
from studio.jobs import Job, Jobs, write

COMMAND = (sys.executable, str(Path(__file__).with_name("fake_job.py")))


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    made = Jobs(tmp_path / "home", tmp_path, command=COMMAND)
    yield made
    running = made.running()
    if running is not None:
        made.cancel(running.id, "test")
        until(lambda: made.running() is None)


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.02)


def ended(jobs: Jobs, job: Job) -> Job:
    until(lambda: jobs.get(job.id).state != "running")
    return jobs.get(job.id)


def in_training(jobs: Jobs) -> Job:
    job = jobs.start("train", "小应", "补了三句")
    # All that it says before it waits: its step and then, a moment later, how far it is.
    until(lambda: jobs.get(job.id).done == 0.4)
    return job


def test_a_job_says_what_it_did_and_what_came_out(jobs: Jobs) -> None:
    done = ended(jobs, jobs.start("check", "小应"))
    assert (done.state, done.done, done.by, done.problem) == ("done", 1.0, "小应", None)
    assert done.result == {"counted": {"error": 0, "warning": 1, "info": 0}}
    text, end = jobs.log(done.id)
    assert "看过 3 个文件" in text
    assert jobs.log(done.id, end) == ("", end)
    assert [one.id for one in jobs.all()] == [done.id]


def test_only_one_job_runs_and_another_gateway_sees_it(jobs: Jobs, tmp_path: Path) -> None:
    job = in_training(jobs)
    with pytest.raises(StudioError, match="已经有一项任务"):
        jobs.start("check", "小红")
    # A gateway that was started anew knows of the job by its folder and its lock alone.
    restarted = Jobs(tmp_path / "home", tmp_path, command=COMMAND)
    seen = restarted.running()
    assert seen is not None
    assert (seen.id, seen.state, seen.done, seen.why) == (job.id, "running", pytest.approx(0.4), "补了三句")
    (restarted.folder / job.id / "go").touch()
    assert ended(restarted, job).result["passed"] is True
    assert ended(restarted, restarted.start("check", "小红")).state == "done"


def test_who_looks_while_a_job_begins_sees_it_run_or_not_at_all(jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = Jobs(tmp_path / "home", tmp_path, command=COMMAND)
    ended(jobs, jobs.start("check", "小应"))
    seen: list[list[str]] = []

    def watched(path: Path, content: Any) -> None:
        write(path, content)
        seen.append(sorted(one.state for one in beside.all()))

    monkeypatch.setattr("studio.jobs.write", watched)
    ended(jobs, jobs.start("check", "小应"))
    assert seen == [["done"], ["done", "running"]]


def test_a_cancelled_job_stops_and_says_who_stopped_it(jobs: Jobs) -> None:
    job = in_training(jobs)
    jobs.cancel(job.id, "小红")
    done = ended(jobs, job)
    assert (done.state, done.cancelled_by, done.problem) == ("cancelled", "小红", None)
    with pytest.raises(StudioError, match="已经结束"):
        jobs.cancel(job.id, "小红")


def test_a_job_that_is_cancelled_before_it_can_hear_of_it_is_cancelled_all_the_same(tmp_path: Path) -> None:
    """Its interpreter has only begun: the signal ends it, and it writes nothing any more."""
    jobs = Jobs(tmp_path / "home", tmp_path, command=(sys.executable, "-c", "import time; time.sleep(60)"))
    job = jobs.start("train", "小应", "手滑")
    jobs.cancel(job.id, "小应")
    done = ended(jobs, job)
    assert (done.state, done.cancelled_by) == ("cancelled", "小应")


def test_a_job_whose_process_was_killed_is_lost_and_blocks_nobody(jobs: Jobs) -> None:
    job = in_training(jobs)
    os.kill(int((jobs.folder / job.id / "pid").read_text("ascii")), signal.SIGKILL)
    assert ended(jobs, job).state == "lost"
    assert ended(jobs, jobs.start("check", "小应")).state == "done"


def test_a_failure_comes_with_place_and_remedy(jobs: Jobs) -> None:
    done = ended(jobs, jobs.start("compare", "小应", options={"release": "x"}))
    assert (done.state, done.problem) == ("failed", {"place": "版本 x", "problem": "没有模型", "remedy": "重新训练"})
    assert done.options == {"release": "x"}


def test_a_job_is_given_no_secret(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOER_ENGINE_TOKEN", "secret-of-the-engine")
    job = in_training(jobs)
    pid = (jobs.folder / job.id / "pid").read_text("ascii")
    environment = Path(f"/proc/{pid}/environ")
    if not environment.exists():
        pytest.fail("this test reads /proc")
    given = environment.read_bytes()
    assert b"secret-of-the-engine" not in given
    assert b"XIAOER_HOME=" in given


@pytest.mark.parametrize("name", ["", "../x", "20990101-000000-abcdef"])
def test_an_unknown_job_is_said_so(jobs: Jobs, name: str) -> None:
    with pytest.raises(StudioError, match="没有这个任务"):
        jobs.get(name)
