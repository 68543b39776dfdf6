"""`make publish`: put the checkout live as it is, for people who edit its files by hand. No gate stands before it but its own checks.

Wording, rows and parameters alone are published into the live release; anything else is trained, and promoted by the running product
without a lost turn, or waits for the next start.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from launch import home, model, release
from launch.errors import LaunchError
from launch.paths import ROOT, ROOT_PYTHON
from launch.product import get
from launch.progress import Progress
from launch.settings import Settings
from studio.releases import LIVE_PARTS, Releases, differing

_POLL_SECONDS = 0.3
_WAIT_SECONDS = 300.0


def publish(progress: Progress, settings: Settings, environment: Mapping[str, str], why: str = "", root: Path = ROOT) -> str:
    """Do it; one line that says what is live now. LaunchError when it cannot be, and nothing has changed then."""
    releases, code = Releases(settings.home), release.code_version()
    live = releases.live()
    changed = differing(root, live.folder) if live is not None else []
    if live is not None and not changed and not release.why_not(live, code):
        return f"nothing to publish: {live.id} is this checkout"
    if live is not None and changed and not release.why_not(live, code) and all(path.startswith(LIVE_PARTS) for path in changed):
        gone = [path for path in changed if not (root / path).is_file()]
        if not gone:
            _check(live.folder, root, changed)
            releases.publish({path: (root / path).read_text("utf-8") for path in changed}, home.commit(), release.who(), why)
            return f"live: {release.counted(changed)}"
    model.ensure(progress, environment, settings.logs / "train.log")
    made = release.make(progress, settings, environment, releases, why or "make publish", code, train=False)
    if not _running(releases):
        releases.go_live(made, "", "")
        return f"{made.id} speaks from the next start (make run)"
    asked = releases.ask("promote", made.id, release.who(), why or "make publish")
    with progress.step(f"switching to {made.id} without losing a turn"):
        _await(releases, asked)
    return f"live: {made.id}"


def _check(folder: Path, root: Path, changed: list[str]) -> None:
    """The changed files against the live release's others. LaunchError names what is wrong."""
    command = [str(ROOT_PYTHON), "-m", "studio.publishing", str(folder), str(root), *changed]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LaunchError(f"not published: {done.stdout.strip() or done.stderr.strip()}", "mend the file, then make publish again")


def _running(releases: Releases) -> bool:
    engine = (releases.addresses() or {}).get("engine")
    return bool(engine) and get(f"{engine}/webhooks/turn/ready")[0] == 200


def _await(releases: Releases, asked: str) -> None:
    limit = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < limit:
        answer = releases.answer(asked) or {}
        if answer.get("state") == "failed":
            raise LaunchError(f"not switched: {answer.get('detail')}", "what was live goes on; see log/engine*.log in XIAOER_HOME")
        if answer.get("state") == "done":
            return
        time.sleep(_POLL_SECONDS)
    raise LaunchError("the running product does not answer the request", "stop it and start it again: make run")
