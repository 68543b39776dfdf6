"""`python -m launch.checks validate|unit-tests|engine-tests|story-tests`: the checks that are more than one command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from launch import model
from launch.paths import ENGINE, ENGINE_PYTHON, ROOT, ROOT_PYTHON
from launch.settings import Settings

STORIES = ROOT / "tests" / "stories"
# The real product and the browser: about as long as all the others together.
TALKS_AND_PAGES = ("tests/dialogue", "tests/e2e")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(r"is not used in any story or rule|pkg_resources is deprecated|Deprecated call to")


def validate() -> int:
    """Rasa's own validation of domain, data and config.

    An unused phrase is only noise to us (phrases that an action says are "unused" to Rasa; our contract tests know better);
    any other warning fails, which Rasa's own --fail-on-warnings does not do for all of them.
    """
    with tempfile.TemporaryDirectory(prefix="xiaoer-responses-") as responses:
        # Dates of wording are ours (docs/dates.md): Rasa's schema knows none, so it reads what a model is trained on.
        written = _engine("-m", "engine.train", "--everyday", responses, capture=True)
        if written.returncode:
            print(written.stdout)
            return written.returncode
        trained_on = [str(ROOT / "data" / part) for part in ("nlu", "rules", "stories")]
        done = _engine(
            *("-W", "ignore::DeprecationWarning", "-m", "rasa", "data", "validate", "--domain", str(ROOT / "domain.yml")),
            *("--data", *trained_on, responses, "--config", str(ROOT / "config.yml")),
            capture=True,
        )
    lines = [_COLOUR.sub("", line).strip() for line in re.split(r"[\r\n]", done.stdout)]
    told = [
        line
        for line in lines
        if ("UserWarning:" in line and not _NOISE.search(line)) or re.search(r"\b(?:ERROR|Exception|Error):?\s", line)
    ]
    for line in told:
        print(line)
    if done.returncode and not told:
        print("\n".join(line for line in lines[-20:] if line))
    good = done.returncode == 0 and not told
    print("domain, data and config fit together" if good else "xiaoer: the data does not fit together; see above")
    return 0 if good else 1


def unit_tests() -> int:
    """Our tests in Python 3.12, in two runs at once: those of talks and pages, which wait a lot, beside all others.

    What the second run says is printed after the first, whole. Both go on to their end: 1 when either failed.
    """
    parts = (TALKS_AND_PAGES, sorted(f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if _holds_tests(path)))
    with tempfile.TemporaryDirectory(prefix="xiaoer-tests-") as folder:
        said = Path(folder) / "others.log"
        with said.open("wb") as out:
            others = subprocess.Popen(_pytest(*parts[1]), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
            try:
                first = subprocess.run(_pytest(*parts[0]), cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode
                second = others.wait()
            except BaseException:
                others.terminate()
                others.wait()
                raise
        sys.stdout.write(said.read_text("utf-8", "replace"))
        sys.stdout.flush()
    return 0 if first == second == 0 else 1


def _holds_tests(path: Path) -> bool:
    """A folder of tests that is not in the first part (every folder is in one of the two)."""
    return path.is_dir() and f"tests/{path.name}" not in TALKS_AND_PAGES and any(path.rglob("test_*.py"))


def _pytest(*folders: str) -> list[str]:
    return [str(ROOT_PYTHON), "-m", "pytest", *folders]


def engine_tests() -> int:
    """The engine's pytest run in its own interpreter, with its own configuration (the root's needs a newer pytest)."""
    own = ENGINE / "pytest.ini"
    config = (
        ["-c", str(own)] if own.exists() else ["-c", os.devnull, "--rootdir", str(ENGINE), "-o", "asyncio_mode=auto", "--strict-markers"]
    )
    return _engine("-m", "pytest", *config, "--import-mode=importlib", str(ENGINE / "tests")).returncode


def story_tests() -> int:
    """`rasa test core` over tests/stories. Fails on a wrong prediction, and when fewer stories ran than are written.

    Not with Rasa's --fail-on-prediction-errors: that ends at the first wrong story and reports none of the others.
    """
    written = count_stories(STORIES)
    trained = model.newest()
    if trained is None:
        print("xiaoer: there is no model; `make train` makes one", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="xiaoer-stories-") as out:
        done = _engine(
            *("-W", "ignore", "-m", "rasa", "test", "core", "--stories", str(STORIES), "--model", str(trained)),
            *("--endpoints", str(_no_endpoints(Path(out))), "--out", out, "--no-plot"),
            capture=True,
        )
        report = Path(out) / "story_report.json"
        if done.returncode or not report.exists():
            print(done.stdout[-4000:])
            print("xiaoer: Rasa read no test story", file=sys.stderr)
            return done.returncode or 1
        told = json.loads(report.read_text("utf-8"))["conversation_accuracy"]
        ran, right = int(told["total"]), int(told["correct"])
        if right < ran:
            # Each failed story with the action that was predicted instead beside the expected one.
            print((Path(out) / "failed_test_stories.yml").read_text("utf-8"))
    print(f"stories: {right} passed, {ran - right} failed")
    # A file whose name lacks test_ is left out by Rasa without a word.
    if ran < written:
        print(f"xiaoer: {written} test stories are written and only {ran} ran", file=sys.stderr)
    return 0 if right == ran >= written else 1


def count_stories(folder: Path) -> int:
    """How many stories the test files hold. Read as text: the launcher has no YAML reader."""
    lines = (line for file in sorted(folder.rglob("*.yml")) for line in file.read_text("utf-8").splitlines())
    return sum(line.lstrip().startswith("- story:") for line in lines)


def _no_endpoints(folder: Path) -> Path:
    """An empty endpoints file: story tests need neither our tracker store nor the action server."""
    path = folder / "endpoints.yml"
    path.write_text("{}\n", "ascii")
    return path


def _engine(*arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    # A home of its own each time: one that checks share is another user's, or is being made by another run in this moment.
    with tempfile.TemporaryDirectory(prefix="xiaoer-checks-") as home:
        return subprocess.run(
            [str(ENGINE_PYTHON), *arguments],
            cwd=ROOT,
            env={**os.environ, **Settings.for_test(Path(home)).environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else None,
            stderr=subprocess.STDOUT if capture else None,
            text=True,
            check=False,
        )


_COMMANDS = {"validate": validate, "unit-tests": unit_tests, "engine-tests": engine_tests, "story-tests": story_tests}

if __name__ == "__main__":
    sys.exit(_COMMANDS[sys.argv[1]]())
