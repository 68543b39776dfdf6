"""Which drawing goes with which response (``policy/wordlists/cards.yml``). Only names: what is drawn is fetched by the gateway."""

from __future__ import annotations

from functools import lru_cache

from policy.words import words

KINDS = ("timeline", "progress", "sizes", "product")


@lru_cache(maxsize=1)
def _by_name() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """(response -> kind, (beginning, kind) …). Raises ValueError for a kind that nobody draws."""
    exact: dict[str, str] = {}
    begins: list[tuple[str, str]] = []
    for kind, names in words()["cards"].items():
        if kind not in KINDS:
            raise ValueError(f"cards.yml: nobody draws {kind!r}; known are {', '.join(KINDS)}")
        for name in names:
            if name.endswith("*"):
                begins.append((name[:-1], kind))
            else:
                exact[name] = kind
    return exact, tuple(begins)


def kind_of(response: str) -> str | None:
    """``timeline``, ``progress``, ``sizes`` or ``product``; None for a response without a drawing."""
    exact, begins = _by_name()
    return exact.get(response) or next((kind for start, kind in begins if response.startswith(start)), None)
