"""The same part of the training data for both sides: so many examples an intent, evenly spread over its list.

Stock DIET takes time for every example and every distinct n-gram (about a minute an epoch on two cores for all of ours): a
whole training would be an hour and a half, so the comparison uses a part, the same for both, unless all is asked for.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from launch.paths import ROOT

PARTS = ("nlu", "rules", "stories", "responses")


def spread(lines: list[str], count: int) -> list[str]:
    """``count`` of the lines, evenly spaced; all when there are not more."""
    if count <= 0 or len(lines) <= count:
        return lines
    return [lines[place * len(lines) // count] for place in range(count)]


def write(folder: Path, count: int) -> tuple[Path, int]:
    """Copy data/ with ``count`` examples an intent (0: all) into ``folder``; returns the copy and how many examples it has."""
    target = folder / "data"
    total = 0
    for part in PARTS:
        shutil.copytree(ROOT / "data" / part, target / part)
    for path in sorted((target / "nlu").glob("*.yml")):
        content = yaml.safe_load(path.read_text("utf-8"))
        for entry in content["nlu"]:
            if "intent" in entry:
                kept = spread([line for line in str(entry["examples"]).splitlines() if line.startswith("- ")], count)
                total += len(kept)
                entry["examples"] = "\n".join(kept) + "\n"
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return target, total
