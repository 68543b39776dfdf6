"""`python -m bench [--quick] [--strict] [--examples N] [--parts …]`: train, start and load both engines, print and write the figures."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import report
from bench.run import PARTS, Run, missed
from launch.errors import LaunchError
from launch.paths import ROOT
from launch.progress import Progress

OUT = ROOT / "bench" / "out"
EXAMPLES = 24  # an intent: stock DIET on all of ours takes an hour and a half


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 when something failed, or with --strict when a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and no growth part: a look, not a measurement")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="examples an intent for both sides; 0: all (an hour and a half)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, help="only these parts (by default all)")
    parser.add_argument("--retrain", action="store_true", help="train stock although its seconds are kept")
    parser.add_argument("--stock-model", type=Path, help="any stock model, also of other data (its training is then not compared)")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a promise is missed")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the JSON files and of the kept stock model")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="xiaoer-bench-") as home:
        try:
            figures = Run(Path(home), chosen, Progress()).all()
        except LaunchError as error:
            print(error.report(), file=sys.stderr)
            return 1
    print("\n" + report.table(figures))
    chosen.out.mkdir(parents=True, exist_ok=True)
    content = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    written = chosen.out / f"bench-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    for path in (written, chosen.out / "latest.json"):
        path.write_text(content, "utf-8")
    print(f"\nwritten to {written}")
    return 1 if chosen.strict and missed(figures) else 0


if __name__ == "__main__":
    sys.exit(main())
