"""The one error the launcher shows: a reason in one line, a remedy, and the end of a log when there is one."""

from __future__ import annotations

from pathlib import Path

TAIL_LINES = 25


class LaunchError(Exception):
    """Something that stops the start. `reason` is one line; `remedy` says what to do; `log` is shown by its end."""

    def __init__(self, reason: str, remedy: str = "", log: Path | None = None) -> None:
        super().__init__(reason)
        self.reason = " ".join(reason.split())
        self.remedy = remedy
        self.log = log

    def report(self) -> str:
        """What the operator reads."""
        lines = [f"xiaoer: {self.reason}"]
        if self.remedy:
            lines.append(f"        remedy: {self.remedy}")
        if self.log is not None:
            end = tail(self.log)
            if end:
                lines += [f"        the end of {self.log}:", *(f"        | {line}" for line in end)]
        return "\n".join(lines)


def tail(path: Path, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of a text file; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 200 * lines))
            return file.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        return []
