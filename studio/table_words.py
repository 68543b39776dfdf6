"""What tables, inputs, outputs, words and parameters are called in Chinese: studio/table_words.yml.

A name that has none is shown as it stands in the file; nothing decides by these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from studio.loading import load

FILE = Path(__file__).with_name("table_words.yml")


@dataclass(frozen=True)
class Words:
    """The names. ``own``: by table, what differs there from the common ones (fields, and words as field.word)."""

    tables: Mapping[str, str]
    fields: Mapping[str, str]
    common: Mapping[str, str]
    own: Mapping[str, Mapping[str, str]]
    parameters: Mapping[str, str]
    statuses: Mapping[str, str]

    def table(self, topic: str) -> str:
        """A table's name."""
        return self.tables.get(topic, topic)

    def field(self, topic: str, name: str) -> str:
        """The name of an input or output of a table."""
        return self.own.get(topic, {}).get(name) or self.fields.get(name, name)

    def word(self, topic: str, field: str, word: object) -> str:
        """The name of a word of an input or output: that of the table, else of the field, else the common one."""
        own = self.own.get(topic, {})
        return str(own.get(f"{field}.{word}") or self.common.get(f"{field}.{word}") or self.common.get(str(word), str(word)))

    def parameter(self, name: str) -> str:
        """A parameter's name."""
        return self.parameters.get(name, name)

    def status(self, status: str) -> str:
        """How sure a row is."""
        return self.statuses.get(status, status)

    def facts(self, topic: str, facts: Mapping[str, object], most: int = 8) -> str:
        """Facts in words: 原因＝质量问题，处理＝换货."""
        said = [f"{self.field(topic, name)}＝{self._value(topic, name, value)}" for name, value in facts.items()]
        return "，".join(said[:most]) + ("…" if len(said) > most else "")

    def _value(self, topic: str, name: str, value: object) -> str:
        if isinstance(value, (list, tuple)):
            return "/".join(self.word(topic, name, one) for one in value)
        if isinstance(value, Mapping):
            tests = {"at_least": "≥", "at_most": "≤", "over": ">", "under": "<"}
            return "、".join(f"{tests.get(test, test)}{bound}" for test, bound in value.items())
        return self.word(topic, name, value)


@lru_cache(maxsize=1)
def words() -> Words:
    """The names of the file. StudioError when it cannot be read."""
    body: dict[str, Any] = load(FILE.read_text("utf-8"), FILE.name)
    return Words(body["tables"], body["fields"], body["words"], body.get("own") or {}, body["parameters"], body["statuses"])
