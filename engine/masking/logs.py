"""Logs without personal data: every record of this process, whichever library wrote it, and every uncaught error.

A record factory rather than a filter of one logger: filters of a logger do not see what its children write, and handlers are added later.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from . import personal

_MOST = 8_000
# Characters that a JSON log line writes as escapes would hide what they say; lone surrogates stay as they are.
_ESCAPED = re.compile(r"\\u(?![dD][89abAB])([0-9a-fA-F]{4})")


def mask(text: str) -> str:
    """A line for a log: ``personal``, and not longer than anybody reads."""
    readable = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text[:_MOST])
    return personal(readable).text + ("…" if len(text) > _MOST else "")


class MaskingFilter(logging.Filter):
    """Masks a record where it stands: message with its values, and the text of its error. For a handler of its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through."""
        _clean(record)
        return True


def _clean(record: logging.LogRecord) -> None:
    try:
        record.msg, record.args = mask(record.getMessage()), None
    except Exception:
        # A call with values that do not fit its format: the values stay out of the log.
        record.msg, record.args = f"{mask(str(record.msg))} (its values do not fit)", None
    if record.exc_info and not record.exc_text and isinstance(record.exc_info, tuple):
        record.exc_text = mask("".join(traceback.format_exception(*record.exc_info)).rstrip())


def install() -> None:
    """Mask everything this process logs from now on, and what an uncaught error prints. Calling it again changes nothing."""
    before = logging.getLogRecordFactory()
    if getattr(before, "masks", False):
        return

    def factory(*arguments: Any, **more: Any) -> logging.LogRecord:
        record = before(*arguments, **more)
        _clean(record)
        return record

    factory.masks = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(factory)
    sys.excepthook = _uncaught(sys.excepthook)


def _uncaught(
    before: Callable[[type[BaseException], BaseException, TracebackType | None], Any],
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before(kind, error, trace)
        else:
            sys.stderr.write(mask("".join(traceback.format_exception(kind, error, trace))) + "\n")

    return hook
