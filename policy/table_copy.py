"""A table as text, to be kept beside the answers it gave: read back, it decides as it did, whatever its file says by then.

Examples and notes are left out: they decide nothing. The text is canonical, so that equal tables have equal hashes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from policy.table import Input, IntTest, Note, Output, ParameterRef, Row, Table
from policy.validity import Period

_CLASSES: dict[str, type[Any]] = {kind.__name__: kind for kind in (Table, Input, Output, Row, Note, IntTest, ParameterRef, Period)}
_LEFT_OUT = {"Row": ("hits", "misses"), "Table": ("notes",)}


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        name = type(value).__name__
        if name not in _CLASSES:
            raise TypeError(f"a table holds a {name}, which policy/table_copy.py does not know")
        left_out = _LEFT_OUT.get(name, ())
        fields = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name not in left_out}
        return {f"${name}": fields}
    if isinstance(value, Mapping):
        # In order: the order of inputs decides which question is asked, and a mapping of JSON would be sorted.
        return {"$map": [[key, _plain(item)] for key, item in value.items()]}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [_plain(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, (datetime, date)):
        return {"$instant" if isinstance(value, datetime) else "$day": value.isoformat()}
    return value


def _thawed(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_thawed(item) for item in value)
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "$map":
        return {key: _thawed(item) for key, item in content}
    if kind == "$decimal":
        return Decimal(content)
    if kind == "$instant":
        return datetime.fromisoformat(content)
    if kind == "$day":
        return date.fromisoformat(content)
    made = _CLASSES[kind[1:]]
    known = {field.name for field in dataclasses.fields(made)}
    # What a later version of the program has dropped is no part of its decisions.
    return made(**{name: _thawed(item) for name, item in content.items() if name in known})


def told(values: Mapping[str, object]) -> dict[str, object]:
    """Parameters or facts as JSON has them, with their types: ``given_again`` reads them back."""
    return {name: _plain(value) for name, value in values.items()}


def given_again(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that ``told`` wrote."""
    return {name: _thawed(value) for name, value in values.items()}


@dataclasses.dataclass(frozen=True)
class Copy:
    """A table as text, and the SHA-256 of that text."""

    text: str
    hash: str


@lru_cache(maxsize=256)
def _copied(key: _Key) -> Copy:
    text = json.dumps(_plain(key.table), ensure_ascii=False, separators=(",", ":"))
    return Copy(text, hashlib.sha256(text.encode()).hexdigest())


@dataclasses.dataclass(frozen=True, eq=False)
class _Key:
    """A table by identity, as in ``policy.decide``: its rows are mappings. Holding the table keeps the identity its own."""

    table: Table

    def __hash__(self) -> int:
        return id(self.table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.table is self.table


def copied(table: Table) -> Copy:
    """The text of a table; made once for every table loaded."""
    return _copied(_Key(table))


def read_back(text: str) -> Table:
    """The table of such a text. ValueError when it is none."""
    try:
        table = _thawed(json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this is no copy of a table: {error}") from error
    if not isinstance(table, Table):
        raise ValueError("this is no copy of a table")
    return table
