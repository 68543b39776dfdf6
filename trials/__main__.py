"""`python -m trials [--sample] [--only TEXT] [--from FILE]`: fit and compare ways to read messages, print the table for docs/decisions.md.

The fitting runs in the engine's environment (trials/fitting/run.py); real messages are only read, never learned. Pinyin trials need the
package `pypinyin`, which is no part of the product: name a folder that holds it in XIAOER_TRIALS_PACKAGES.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluate import messages, statistics
from launch.paths import ENGINE_PYTHON, ROOT

HEAD = ("trial", "real messages, strict", "against the present (95 %)", "own, unseen", "ms a message", "training, s of processor")


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 2 when the engine's half failed or the real messages are missing."""
    parser = argparse.ArgumentParser(prog="python -m trials", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", action="store_true", help="DIET beside the regression, on 24 examples an intent")
    parser.add_argument("--only", help="besides the present, only trials whose name holds this")
    parser.add_argument("--from", dest="source", type=Path, help="score this result of trials.fitting.run instead of fitting")
    parser.add_argument("--keep", type=Path, help="keep the result of trials.fitting.run here")
    chosen = parser.parse_args(arguments)
    try:
        rows, coarse = messages.read_rows(), messages.Coarse.read()
        found = told(chosen)
        print(table(found, rows, coarse))
    except (messages.Missing, OSError, ValueError) as problem:
        print(f"trials: {problem}", file=sys.stderr)
        return 2
    return 0


def told(chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """What each trial guessed."""
    if chosen.source:
        return read(chosen.source)
    with tempfile.TemporaryDirectory(prefix="xiaoer-trials-") as folder:
        out: Path = chosen.keep or Path(folder) / "told.jsonl"
        command = [str(ENGINE_PYTHON), "-W", "ignore", "-m", "trials.fitting.run", "--out", str(out)]
        command += ["--sample"] if chosen.sample else []
        command += ["--only", chosen.only] if chosen.only else []
        packages = os.environ.get("XIAOER_TRIALS_PACKAGES")
        places = [str(ROOT), *([packages] if packages else [])]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(places),
            "XIAOER_HOME": os.environ.get("XIAOER_HOME") or str(ROOT / "var"),
        }
        done = subprocess.run(command, cwd=ROOT, env={**environment, "TF_CPP_MIN_LOG_LEVEL": "3"}, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise ValueError(f"the engine's half ended with {done.returncode}")
        return read(out)


def read(path: Path) -> list[dict[str, Any]]:
    """The results of a file of trials.fitting.run."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def table(found: Sequence[dict[str, Any]], rows: Sequence[messages.Row], coarse: messages.Coarse) -> str:
    """The Markdown table; the first trial is the present. ValueError when a trial read other messages."""
    if not found:
        raise ValueError("no trial was run")
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    present = hits(found[0], rows, coarse)
    for one in found:
        own = hits(one, rows, coarse)
        change = statistics.paired(present, own)
        against = "–" if one is found[0] else f"{_signed(change.value)} [{_signed(change.low)}, {_signed(change.high)}]"
        unseen = statistics.share([label.partition("/")[0] == guess for label, guess, *_ in one["own"]])
        cells = [one["name"], f"{statistics.share(own):.1%}", against, f"{unseen:.1%}", f"{one['ms']:.1f}", f"{one['seconds']:.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def hits(one: dict[str, Any], rows: Sequence[messages.Row], coarse: messages.Coarse) -> list[bool]:
    """Whether each real message is met strictly."""
    if len(one["real"]) != len(rows):
        raise ValueError(f"{one['name']}: read {len(one['real'])} messages, not {len(rows)}")
    return [coarse.strict(row, guess, topic) for row, (guess, topic, _) in zip(rows, one["real"], strict=True)]


def _signed(value: float) -> str:
    return f"{value * 100:+.1f}"


if __name__ == "__main__":
    sys.exit(main())
