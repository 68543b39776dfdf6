"""The project's only source of "now": real, fixed or shifted by ``XIAOER_NOW``, and the shop's day in Asia/Shanghai.

``XIAOER_NOW=@/path/file`` names a file that says it; the file is read at every question for the time, so that the clock of a
running product can be moved (tests, rehearsing a campaign). engine/nlu/clock.py reads the same (it imports nothing of ours).
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

log = logging.getLogger(__name__)

SHANGHAI = ZoneInfo("Asia/Shanghai")

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<parts>(?:\d+[dhms])+)")
_PART = re.compile(r"(\d+)([dhms])")


def parse_offset(text: str) -> timedelta:
    """``+3d``, ``-2h``, ``+1d12h`` as a timedelta (d days, h hours, m minutes, s seconds). ValueError names the text and the form."""
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no offset: write a sign and units, e.g. +3d, -2h, +1d12h")
    amount = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in _PART.findall(match["parts"])), timedelta())
    return -amount if match["sign"] == "-" else amount


_last_readings: dict[Path, Clock] = {}


@dataclass(frozen=True)
class Clock:
    """Tells the time. ``fixed`` stops it at an instant, ``shift`` moves the real time; both are for tests and demonstrations.

    ``file``: both are said by this file, as it is at the moment of asking; while it cannot be read, or is empty because somebody is
    writing it, the last good reading holds.
    """

    fixed: datetime | None = None
    shift: timedelta = timedelta()
    file: Path | None = None

    def __post_init__(self) -> None:
        if self.fixed is not None and self.fixed.tzinfo is None:
            raise ValueError("a fixed clock needs an instant with a UTC offset, e.g. 2026-11-22T10:00:00+08:00")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Clock:
        """The clock that ``XIAOER_NOW`` describes: an ISO instant (without an offset: Asia/Shanghai), ``+3d``/``-2h``, ``@file``, or unset.

        ValueError names the variable and the forms.
        """
        value = (os.environ if environ is None else environ).get("XIAOER_NOW", "").strip()
        if not value.startswith("@"):
            return cls.said(value)
        file = Path(value[1:])
        try:
            read = cls.said(file.read_text("utf-8").strip())
        except OSError as error:
            raise ValueError(
                f"XIAOER_NOW={value!r}: the file cannot be read ({error.strerror}): write an instant or an offset into it"
            ) from error
        return cls(read.fixed, read.shift, file)

    @classmethod
    def said(cls, value: str) -> Clock:
        """The clock of one instant, offset, or nothing (the real time). ValueError names the forms."""
        if not value:
            return cls()
        try:
            if value[0] in "+-":
                return cls(shift=parse_offset(value))
            instant = datetime.fromisoformat(value)
        except ValueError as error:
            forms = "write an ISO instant (2026-11-22T10:00:00+08:00), an offset (+3d, -2h) or @/path/of/a/file with one"
            raise ValueError(f"XIAOER_NOW={value!r}: {forms}") from error
        return cls(fixed=instant if instant.tzinfo else instant.replace(tzinfo=SHANGHAI))

    def now(self) -> datetime:
        """This instant, aware, in UTC."""
        if self.file is not None:
            return self._read(self.file).now()
        if self.fixed is not None:
            return self.fixed.astimezone(UTC) + self.shift
        return datetime.now(UTC) + self.shift

    def _read(self, file: Path) -> Clock:
        last = _last_readings.get(file, Clock(self.fixed, self.shift))
        try:
            said = file.read_text("utf-8").strip()
            found = Clock.said(said) if said else last
        except (OSError, ValueError) as error:
            log.error("the clock's file %s says nothing of use, the last reading holds: %s", file, error)
            return last
        _last_readings[file] = found
        return found

    def today(self) -> date:
        """The date in Asia/Shanghai, whatever the server's zone."""
        return self.now().astimezone(SHANGHAI).date()


def local_day(instant: datetime) -> date:
    """The Asia/Shanghai calendar date of an aware instant (decisions.md: ``days`` is the difference of such dates)."""
    return instant.astimezone(SHANGHAI).date()
