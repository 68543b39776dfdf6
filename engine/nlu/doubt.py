"""Whether a wish is sure enough to be answered: a share and its distance to the next best, dearer where money is concerned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from engine.nlu.files import DataFileError, data_file


@dataclass(frozen=True)
class Enough:
    """Least share, and least distance to the next best intent."""

    threshold: float
    margin: float


@lru_cache(maxsize=1)
def rules() -> tuple[Enough, dict[str, Enough]]:
    """What a wish needs, and what the dearer ones need (engine/nlu/data/doubt.yml).

    Raises:
        DataFileError: a figure is no share.
    """
    raw = data_file("doubt")
    dearer = {str(intent): _enough(entry) for entry in raw["dearer"] for intent in entry["intents"]}
    return _enough(raw), dearer


def _enough(entry: dict[str, float]) -> Enough:
    found = Enough(float(entry["threshold"]), float(entry["margin"]))
    if not (0 <= found.threshold <= 1 and 0 <= found.margin <= 1):
        raise DataFileError(f"engine/nlu/data/doubt.yml: threshold {found.threshold} and margin {found.margin} must lie between 0 and 1")
    return found


def needed(intent: str) -> Enough:
    """What this intent needs."""
    common, dearer = rules()
    return dearer.get(intent, common)


@lru_cache(maxsize=1)
def kin() -> dict[str, frozenset[str]]:
    """Intent → the intents that are answered much alike, itself among them.

    Raises:
        DataFileError: an intent stands in two groups.
    """
    found: dict[str, frozenset[str]] = {}
    for group in data_file("doubt").get("kin") or ():
        for intent in group:
            if intent in found:
                raise DataFileError(f"engine/nlu/data/doubt.yml: {intent} stands in two groups of kin")
            found[str(intent)] = frozenset(map(str, group))
    return found


def with_kin(intent: str, ranking: Iterable[tuple[str, float]]) -> tuple[float, float]:
    """The share of an intent together with its kin, and that of the best stranger."""
    own = kin().get(intent, frozenset({intent}))
    together = second = 0.0
    for name, share in ranking:
        if name in own:
            together += share
        else:
            second = max(second, share)
    return together, second


def enough(intent: str, share: float, second: float, *, backed: bool = False) -> bool:
    """Whether an intent of this share, the next best one having `second`, is answered; `backed` when it goes on with the talk."""
    need = _enough(data_file("doubt")["in_talk"]) if backed else needed(intent)
    return share >= need.threshold and share - second >= need.margin
