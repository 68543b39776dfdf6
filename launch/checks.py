"""`python -m launch.checks validate|engine-tests|story-tests`: the checks that run in the engine's environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from launch import model
from launch.paths import ENGINE, ENGINE_PYTHON, ROOT
from launch.settings import Settings

STORIES = ROOT / "tests" / "stories"


def validate() -> int:
    """Rasa's own validation of domain, data and config. Its conflicts and errors fail; unused phrases are our tests' job."""
    return _engine(
        "-m",
        "rasa",
        "data",
        "validate",
        "--domain",
        str(ROOT / "domain.yml"),
        "--data",
        str(ROOT / "data"),
        "--config",
        str(ROOT / "config.yml"),
    )


def engine_tests() -> int:
    """The engine's pytest run in its own interpreter, with its own configuration (the root's needs a newer pytest)."""
    own = ENGINE / "pytest.ini"
    config = (
        ["-c", str(own)] if own.exists() else ["-c", os.devnull, "--rootdir", str(ENGINE), "-o", "asyncio_mode=auto", "--strict-markers"]
    )
    return _engine("-m", "pytest", *config, "--import-mode=importlib", str(ENGINE / "tests"))


def story_tests() -> int:
    """`rasa test core` over tests/stories. Fails on a wrong prediction, and when fewer stories ran than are written."""
    written = count_stories()
    trained = model.newest()
    if trained is None:
        print("xiaoer: there is no model; `make train` makes one", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="xiaoer-stories-") as out:
        code = _engine(
            *("-m", "rasa", "test", "core", "--stories", str(STORIES), "--model", str(trained)),
            *("--endpoints", str(_no_endpoints(Path(out))), "--out", out, "--fail-on-prediction-errors", "--no-plot"),
        )
        report = Path(out) / "story_report.json"
        if not report.exists():
            print("xiaoer: Rasa wrote no story report: no test story was read", file=sys.stderr)
            return code or 1
        told = json.loads(report.read_text("utf-8"))
    # The report counts each conversation once; a file whose name lacks test_ is left out by Rasa without a word.
    ran = int(told["conversation_accuracy"]["total"])
    right = int(told["conversation_accuracy"]["correct"])
    print(f"story tests: {right} passed, {ran - right} failed")
    if ran < written:
        print(f"xiaoer: {written} test stories are written and only {ran} ran", file=sys.stderr)
        return 1
    return code


def count_stories(folder: Path = STORIES) -> int:
    """How many stories the test files hold. Read as text: the launcher has no YAML reader."""
    lines = (line for file in sorted(folder.rglob("*.yml")) for line in file.read_text("utf-8").splitlines())
    return sum(line.lstrip().startswith("- story:") for line in lines)


def _no_endpoints(folder: Path) -> Path:
    """An empty endpoints file: story tests need neither our tracker store nor the action server."""
    path = folder / "endpoints.yml"
    path.write_text("{}\n", "ascii")
    return path


def _engine(*arguments: str) -> int:
    settings = Settings.for_test(Path(tempfile.gettempdir()) / "xiaoer-checks")
    environment = {**os.environ, **settings.environment()}
    return subprocess.run([str(ENGINE_PYTHON), *arguments], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


_COMMANDS = {"validate": validate, "engine-tests": engine_tests, "story-tests": story_tests}

if __name__ == "__main__":
    sys.exit(_COMMANDS[sys.argv[1]]())
