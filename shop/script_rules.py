"""What a script may be: the fields that people write, their lengths and forms, and the errors that name field and remedy. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from policy.validity import period

LONGEST_TITLE, LONGEST_TEXT, LONGEST_CODE, LONGEST_SITUATION, LONGEST_NAME = 60, 1_000, 20, 300, 30
FIELDS = ("title", "text", "code", "folder", "situation", "valid_from", "valid_to")
CHANNELS = ("chat", "phone")
_CODE = re.compile(r"[^\s/{}]{1,20}")
# A brace that is no {value} would stand in a message to a shopper.
_BRACE = re.compile(r"\{(?!\w{1,24}\})|(?<!\w)\}|\{\}")


class InvalidScript(ValueError):
    """A value that a script (or folder) may not have. ``field``; ``word``: what is wrong, a stable word; ``row`` of several, from 0."""

    def __init__(self, field: str, word: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.word = word
        self.row: int | None = None


class ScriptConflict(Exception):
    """Something else stands in the way. ``word``: version or code-taken; ``known``: details; ``row`` of several, from 0."""

    def __init__(self, word: str, message: str, **known: str) -> None:
        super().__init__(message)
        self.word = word
        self.known = known
        self.row: int | None = None


class UnknownScript(LookupError):
    """There is no such script or folder here."""


def checked(values: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """The fields as they are stored (``folder`` becomes ``folder_id``); ``whole``: a new script, whose title and text must be there.

    Other keys of the model (must_say, must_not, source, origin) are taken as they are. Raises InvalidScript.
    """
    found: dict[str, Any] = {name: value for name, value in values.items() if name not in FIELDS}
    for name, longest in (("title", LONGEST_TITLE), ("text", LONGEST_TEXT)):
        if whole or name in values:
            found[name] = _text(name, values.get(name), longest)
    if "situation" in values:
        found["situation"] = _text("situation", values["situation"] or "", LONGEST_SITUATION, empty=True)
    if "code" in values:
        found["code"] = code(values["code"])
    if "folder" in values:
        found["folder_id"] = values["folder"] or None
    for name in ("valid_from", "valid_to"):
        if name in values:
            found[name] = str(values[name]).strip() if values[name] else None
    try:
        period({name: found.get(name) for name in ("valid_from", "valid_to")}, "-")
    except ValueError as error:
        raise InvalidScript("valid_to", "dates", str(error).removeprefix("-: ")) from None
    return found


def code(value: Any) -> str | None:
    """A short code as it is stored (small letters, without a leading slash), None for an empty one. Raises InvalidScript."""
    wanted = str(value or "").strip().removeprefix("/").casefold()
    if not wanted:
        return None
    if not _CODE.fullmatch(wanted):
        raise InvalidScript("code", "code", f"a short code has 1 to {LONGEST_CODE} characters without blanks, slashes and braces")
    return wanted


def folder_name(value: Any) -> str:
    """A folder's name. Raises InvalidScript."""
    name = _text("name", value, LONGEST_NAME)
    if re.search(r"[/\n]", name):
        raise InvalidScript("name", "name", "a folder's name has no slash and no line break: make a folder inside it instead")
    return name


def _text(field: str, value: Any, longest: int, *, empty: bool = False) -> str:
    text = str(value if value is not None else "").replace("\r\n", "\n").strip()
    if "\x00" in text or not (0 if empty else 1) <= len(text) <= longest:
        raise InvalidScript(field, "length", f"1 to {longest} characters are needed, and there are {len(text)}")
    if field == "text" and _BRACE.search(text):
        raise InvalidScript("text", "braces", "a brace stands alone: a value is written {name}, with nothing but its name inside")
    return text
