"""The unit tests run in two parts at once: every folder in one of them, and a failure of either is a failure."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

from launch import checks
from launch.paths import ROOT


def ends_with(first: int, others: int) -> object:
    """A command that stands in for pytest: it says its folders and ends so."""

    def command(*folders: str) -> list[str]:
        code = first if folders == checks.TALKS_AND_PAGES else others
        return [sys.executable, "-c", f"print({' '.join(folders)!r}); raise SystemExit({code})"]

    return command


@pytest.mark.parametrize(("first", "others", "expected"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (2, 1, 1)])
def test_either_part_may_fail_the_whole(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], first: int, others: int, expected: int
) -> None:
    monkeypatch.setattr(checks, "_pytest", ends_with(first, others))
    assert checks.unit_tests() == expected
    said = capfd.readouterr().out.split()
    folders = {str(path.relative_to(ROOT).parts[1]) for path in (ROOT / "tests").rglob("test_*.py")}
    assert sorted(said) == sorted(f"tests/{folder}" for folder in folders), "every folder of tests once"


def test_what_is_named_is_there() -> None:
    assert all(any(Path(ROOT, folder).rglob("test_*.py")) for folder in checks.TALKS_AND_PAGES)


def test_a_run_that_clears_the_same_temporary_folders_away_fails_none() -> None:
    """Both parts end with that, as pytest does; whoever comes second finds a folder gone, or one that it cannot remove any more."""
    warnings.warn(pytest.PytestWarning("(rm_rf) error removing /tmp/garbage-1\n<class 'OSError'>: Directory not empty"), stacklevel=1)
