"""What a check found: how bad, where, and what to do about it. The words are Chinese: staff read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
ORDER: dict[str, int] = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Finding:
    """``code``: a stable word for the kind (kebab-case); ``path``, ``key``, ``line`` (from 1): the place as far as it is known."""

    severity: Severity
    code: str
    path: str
    key: str | None
    line: int | None
    what: str
    remedy: str

    @property
    def same(self) -> tuple[str, str, str | None, str]:
        """What stays the same when lines above it come and go: by this a finding is known again."""
        return (self.code, self.path, self.key, self.what)


def sort(found: Iterable[Finding]) -> list[Finding]:
    """Errors first, then by place."""
    return sorted(found, key=lambda one: (ORDER[one.severity], one.path, one.line or 0, one.key or "", one.code, one.what))
