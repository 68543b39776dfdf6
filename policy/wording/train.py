"""Train the learned part: ``python -m policy.wording.train`` reads ``lists/examples.txt`` and the shop's own responses and writes
``lists/learned.json``. Seconds, standard library only, the same result every time. Run it after changing examples, word classes or
lookalikes, or when a new honest response sounds like a trick to it.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from policy.wording.learn import FINE, LEARNED, chances_of, features, scaled, scores_of
from policy.wording.normal import LISTS

EXAMPLES = LISTS / "examples.txt"
RESPONSES = Path(__file__).resolve().parents[2] / "data" / "responses"
EPOCHS, RATE, DECAY = 14, 0.9, 3e-6
LEAST_WEIGHT = 0.15  # smaller ones are dropped from the file


def examples() -> list[tuple[str, str]]:
    """(family, sentence) of the file of examples."""
    found, family = [], FINE
    for line in EXAMPLES.read_text("utf-8").splitlines():
        if line.startswith("# "):
            family = line[2:].strip()
        elif line.strip():
            found.append((family, line.strip()))
    return [(family, text) for family, text in found if " " not in family]


def responses() -> list[tuple[str, str]]:
    """The shop's own bubbles as honest sentences."""
    texts = []
    for path in sorted(RESPONSES.glob("*.yml")):
        for variations in (yaml.safe_load(path.read_text("utf-8")).get("responses") or {}).values():
            texts += [bubble for one in variations for bubble in re.split(r"\n\s*\n", str(one.get("text") or "")) if bubble.strip()]
    return [(FINE, text) for text in sorted(set(texts))]


def train(data: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A softmax model as {families, bias, rarity: {feature: log}, tenths: {feature: [weight a family]}}.

    Features count by their rarity, so that common characters do not drown telling ones. The same data give the same model.
    """
    families = [FINE, *sorted({family for family, _ in data} - {FINE})]
    seen = [(families.index(family), features(text)) for family, text in data]
    count = Counter(name for _, row in seen for name in row)
    rarity = {name: math.log(len(seen) / times) for name, times in count.items() if times > 1}
    rows = [(family, scaled(row, rarity)) for family, row in seen]
    weights = {name: [0.0] * len(families) for name in rarity}
    moved = {name: [1e-3] * len(families) for name in rarity}  # sums of squared steps: each weight slows down by its own
    bias = [0.0] * len(families)
    order = random.Random(7)  # noqa: S311 - an order, not a secret
    for _ in range(EPOCHS):
        order.shuffle(rows)
        for family, row in rows:
            for place, chance in enumerate(chances_of(scores_of(row, weights, bias))):
                error = (1.0 if place == family else 0.0) - chance
                if abs(error) < 1e-3:
                    continue
                bias[place] += 0.02 * error
                for name, value in row.items():
                    step = error * value - DECAY * weights[name][place]
                    moved[name][place] += step * step
                    weights[name][place] += RATE * step / math.sqrt(moved[name][place])
    kept = {name: several for name, several in sorted(weights.items()) if max(map(abs, several)) >= LEAST_WEIGHT}
    tenths = {name: [round(10 * one) for one in several] for name, several in kept.items()}
    return {
        "families": families,
        "bias": [round(one, 2) for one in bias],
        "rarity": {name: round(rarity[name], 1) for name in kept},
        "tenths": tenths,
    }


def fingerprint() -> str:
    """Of the examples that a model was trained from: a stale model shows."""
    return hashlib.sha256(EXAMPLES.read_bytes()).hexdigest()[:16]


def main() -> None:
    """Train and write the model."""
    model = train(examples() + responses())
    LEARNED.write_text(json.dumps({"examples": fingerprint(), **model}, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
