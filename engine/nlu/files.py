"""Where the data files of the language understanding lie, and how they are read."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).resolve().parent / "data"
# A release brings its own words (engine/paths.py, CONTENT).
LOOKUP = Path(os.environ.get("XIAOER_CONTENT") or ROOT).resolve() / "data" / "lookup"


class DataFileError(ValueError):
    """A data file of ours cannot be used; the message names the file and what is wrong."""


def load_yaml(path: Path) -> Any:
    """Read one YAML file.

    Raises:
        DataFileError: naming the file, when it is missing or is no YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataFileError(f"{path}: file not found") from error
    except yaml.YAMLError as error:
        raise DataFileError(f"{path}: not valid YAML: {error}") from error


@lru_cache(maxsize=32)
def data_file(name: str) -> Any:
    """Content of `engine/nlu/data/<name>.yml`, read once a process."""
    return load_yaml(DATA / f"{name}.yml")


def lookups(folder: Path = LOOKUP) -> dict[str, dict[str, Any]]:
    """All lookup files by file stem: `{"entity": …|null, "names": {value: [spoken, …]}}`.

    Raises:
        DataFileError: when a file lacks `names` or gives something else than lists of words.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yml")):
        content = load_yaml(path)
        if not isinstance(content, dict) or not isinstance(content.get("names"), dict):
            raise DataFileError(f"{path}: needs `names: {{value: [spoken name, …]}}`")
        for value, spoken in content["names"].items():
            if not isinstance(value, str) or not isinstance(spoken, list) or not all(isinstance(word, str) for word in spoken):
                raise DataFileError(f"{path}: `{value}` needs a list of quoted words")
        found[path.stem] = content
    return found
