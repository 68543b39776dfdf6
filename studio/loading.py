"""YAML as the project means it, at the speed of the C parser: YAML 1.2's words (a bare yes is a text), nothing written twice."""

from __future__ import annotations

from typing import Any

import yaml

from policy.table_file import UniqueKeys
from studio.errors import StudioError


class Loader(UniqueKeys):
    """Refuses a key that is written twice; days and instants stay text, so that everything read can be written as JSON."""

    twice = "「{key}」写了两次"


# The core schema of YAML 1.2: https://yaml.org/spec/1.2.2/#103-core-schema
_WORDS = (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
)


def _set_words() -> None:
    import re

    Loader.yaml_implicit_resolvers = {}
    for tag, pattern, first in _WORDS:
        Loader.add_implicit_resolver(tag, re.compile(pattern), list(first))
    # 012 is twelve here, not ten: YAML 1.2 knows no octal numbers of that form.
    Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))


_set_words()


def load(text: str, place: str) -> Any:
    """The content; None for an empty text. StudioError names the place and the line."""
    try:
        return yaml.load(text, Loader=Loader)  # noqa: S506  # a safe loader, see above
    except yaml.YAMLError as error:
        raise broken(place, error) from error


def compose(text: str, place: str) -> Any:
    """The nodes with their marks; None for an empty text."""
    try:
        return yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as error:
        raise broken(place, error) from error


def broken(place: str, error: Exception) -> StudioError:
    """The error of a text that is no YAML."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f"{place} 第 {mark.line + 1} 行" if mark is not None else place
    problem = " ".join(str(getattr(error, "problem", None) or error).split())
    return StudioError(where, f"YAML 读不了（{problem}）", "改正这一行的缩进、引号或冒号")
