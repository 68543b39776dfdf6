"""``python -m soak [--messages N] [--talks N] [--seed N]``: the product, a browser, a line that is cut; 1 when anything was lost,
doubled or out of order. The seed is printed, so that a run can be repeated (as far as time itself lets it)."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from launch.errors import LaunchError
from launch.product import running
from launch.progress import Progress
from launch.settings import Settings
from soak.run import Plan, Soak
from soak.verdict import Verdict

MOST_FAULTS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every message was found exactly once and in order, else 1."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--talks", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--gateway-kills", type=int, default=3)
    parser.add_argument("--engine-kills", type=int, default=2)
    given = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    begun = time.monotonic()
    print(f"soak: {given.messages} messages over {given.talks} talks, --seed {seed}", flush=True)

    def tell(line: str) -> None:
        print(f"  {time.monotonic() - begun:6.0f} s  {line}", flush=True)

    plan = Plan(
        messages=given.messages,
        talks=given.talks,
        seed=seed,
        tabs=given.talks // 5,
        windows=min(4, given.talks // 5),
        pages=4,
        gateway_kills=given.gateway_kills,
        engine_kills=given.engine_kills,
    )
    with tempfile.TemporaryDirectory(prefix="xiaoer-soak-") as home:
        settings = Settings.for_test(Path(home), XIAOER_RATE_FACTOR="100000")
        try:
            with running(settings, Progress(quiet=True)) as product:
                tell("the product is ready")
                result = asyncio.run(Soak(product, plan, tell).run())
        except LaunchError as error:
            print(error.report(), file=sys.stderr)
            return 1
    print(report(result))
    return 1 if result.faults else 0


def report(result: Verdict) -> str:
    """Figures and verdict."""
    lines = [f"  {name:>20}  {count}" for name, count in sorted(result.figures.items())]
    if result.faults:
        lines += [f"  {fault}" for fault in result.faults[:MOST_FAULTS]]
        lines.append(f"soak: {len(result.faults)} faults")
    else:
        lines.append("soak: every message exactly once, in order, in browser and database")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
