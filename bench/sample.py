"""The same part of the training data for both sides: so many examples an intent, evenly spread over its list.

Stock DIET takes time for every example and every distinct n-gram (about a minute an epoch on two cores for all of ours): a
whole training would be an hour and a half, so the comparison uses a part, the same for both, unless all is asked for.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import yaml

from bench.noise import Noise
from launch.paths import ENGINE_PYTHON, ROOT

PARTS = ("nlu", "rules", "stories")
SEED = 5


def spread[T](lines: list[T], count: int) -> list[T]:
    """``count`` of the lines, evenly spaced; all when there are not more."""
    if count <= 0 or len(lines) <= count:
        return lines
    return [lines[place * len(lines) // count] for place in range(count)]


def multiplied(lines: list[str], times: int, noise: Noise) -> list[str]:
    """Each line ``times`` times: as it is, then with noise, all different (a dash and a blank stand before each)."""
    texts = [line.removeprefix("- ") for line in lines]
    return lines + [f"- {noise.unseen(text)}" for _ in range(times - 1) for text in texts]


def write(folder: Path, count: int, times: int = 1) -> tuple[Path, int]:
    """Copy data/ with ``count`` examples an intent (0: all), each ``times`` times; the copy and how many examples it has."""
    target = folder / "data"
    total = 0
    for part in PARTS:
        shutil.copytree(ROOT / "data" / part, target / part)
    # As `make train` does it: Rasa knows no dated responses, so the everyday ones are what a model gets.
    (target / "responses").mkdir()
    subprocess.run([str(ENGINE_PYTHON), "-m", "engine.train", "--everyday", str(target / "responses")], cwd=ROOT, check=True)
    noise = Noise(SEED)
    files = {path: yaml.safe_load(path.read_text("utf-8")) for path in sorted((target / "nlu").glob("*.yml"))}
    entries = [entry for content in files.values() for entry in content["nlu"] if "intent" in entry]
    for kept, entry in zip(shared([(str(one["intent"]), examples(one)) for one in entries], count), entries, strict=True):
        lines = multiplied(kept, times, noise)
        total += len(lines)
        entry["examples"] = "\n".join(lines) + "\n"
    for path, content in files.items():
        content["nlu"] = [entry for entry in content["nlu"] if "intent" not in entry or entry["examples"].strip()]
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return target, total


def examples(entry: dict[str, object]) -> list[str]:
    """The examples of an entry of Rasa's training data, each with its dash."""
    return [line for line in str(entry["examples"]).splitlines() if line.startswith("- ")]


def shared(entries: list[tuple[str, list[str]]], count: int) -> list[list[str]]:
    """Of each entry (intent, examples) what is kept, so that an intent keeps ``count`` over all its entries (0: all)."""
    places: dict[str, list[tuple[int, int]]] = {}
    for number, (intent, lines) in enumerate(entries):
        places.setdefault(intent, []).extend((number, place) for place in range(len(lines)))
    chosen = {where for found in places.values() for where in spread(found, count)}
    return [[line for place, line in enumerate(lines) if (number, place) in chosen] for number, (_, lines) in enumerate(entries)]


def fingerprint(data: Path, *others: Path) -> str:
    """SHA-256 over all that a training reads: every file of ``data`` and the other files (config, domain)."""
    digest = hashlib.sha256()
    for path in [*sorted(data.rglob("*.yml")), *others]:
        digest.update(str(path.relative_to(data) if path.is_relative_to(data) else path.name).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def as_ours(data: Path) -> Path:
    """The same data as `make train` gives it to Rasa: of each response what our model keeps (engine/train.py)."""
    ours = data.with_name(f"{data.name}-ours")
    shutil.copytree(data, ours)
    shutil.rmtree(ours / "responses")
    (ours / "responses").mkdir()
    subprocess.run([str(ENGINE_PYTHON), "-m", "engine.train", "--spare", str(ours / "responses")], cwd=ROOT, check=True)
    return ours
