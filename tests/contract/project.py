"""The project's files as the contract tests read them: YAML as Rasa reads it (1.2), names used and names defined."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from studio.response_rules import response_rules

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
ACTIONS = ROOT / "actions"
TABLES = ROOT / "policy" / "tables"

HAN = re.compile(r"[\u3400-\u9fff]")
VARIABLE = re.compile(r"\{(\w+)\}")

# The contract's vocabulary of values that actions may hand to a response.
VARIABLES = set(response_rules().variables)


def read_yaml(path: Path) -> Any:
    """A YAML file by the rules of YAML 1.2, where a bare yes is a string, as Rasa reads it."""
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)  # type: ignore[assignment]
    return reader.load(path.read_text("utf-8")) or {}


def relative(path: Path) -> str:
    """A path as people name it."""
    return str(path.relative_to(ROOT))


def yaml_files(*folders: Path) -> list[Path]:
    """Every YAML file below the folders, in a fixed order."""
    return sorted(path for folder in folders for path in folder.rglob("*.yml"))


def python_files(*folders: str) -> list[Path]:
    """Every Python file of the packages, without environments and caches."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py") if ".venv" not in path.parts)


@cache
def domain() -> dict[str, Any]:
    """domain.yml."""
    return dict(read_yaml(ROOT / "domain.yml"))


@cache
def responses() -> dict[str, list[dict[str, Any]]]:
    """Every response of data/responses and domain.yml by its name."""
    return {name: variations for _, name, variations in response_definitions()}


@cache
def response_definitions() -> tuple[tuple[Path, str, list[dict[str, Any]]], ...]:
    """(file, name, variations) of every definition, duplicates included."""
    found = []
    for path in [*yaml_files(DATA), ROOT / "domain.yml"]:
        for name, variations in (read_yaml(path).get("responses") or {}).items():
            found.append((path, str(name), list(variations or [])))
    return tuple(found)


@cache
def rules_and_stories() -> tuple[tuple[Path, str, str, list[dict[str, Any]]], ...]:
    """(file, kind, name, steps) of every rule and story in data/."""
    found = []
    for path in yaml_files(DATA):
        content = read_yaml(path)
        for key, kind in (("rules", "rule"), ("stories", "story")):
            for block in content.get(key) or []:
                found.append((path, kind, str(block.get(kind, "")), list(block.get("steps") or [])))
    return tuple(found)


@cache
def examples() -> dict[str, list[str]]:
    """The training examples of every intent."""
    found: dict[str, list[str]] = {}
    for path in yaml_files(DATA):
        for block in read_yaml(path).get("nlu") or []:
            if "intent" in block:
                lines = str(block.get("examples", "")).splitlines()
                found.setdefault(str(block["intent"]), []).extend(line.lstrip()[1:].strip() for line in lines if line.strip())
    return found


def steps_named(key: str) -> set[str]:
    """Every value of `key` in the steps of rules and stories, alternatives included."""

    def walk(steps: list[dict[str, Any]]) -> Iterator[str]:
        for step in steps:
            if key in step:
                yield str(step[key])
            yield from walk(step.get("or") or [])

    return {name for _, _, _, steps in rules_and_stories() for name in walk(steps)}


def strings_in(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of every string constant of a Python file that is not a docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and ast.get_docstring(node) is not None}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


@cache
def response_names_in_python() -> dict[str, str]:
    """Every whole string `utter_…` of actions/, gateway/, policy/, shop/ and the engine's suggestions → the place where it stands."""
    found = {}
    for path in [*python_files("actions", "gateway", "policy", "shop"), ROOT / "engine" / "suggest.py"]:
        for line, text in strings_in(path):
            # `utter_action` is Rasa's own key in a bot event's metadata
            if text != "utter_action" and re.fullmatch(r"utter_[a-z0-9_]*[a-z0-9]", text):
                found[text] = f"{relative(path)}:{line}"
    return found


@cache
def response_patterns_in_python() -> dict[str, str]:
    """f-strings that build a response name (`f"utter_ask_{x}"`) as regular expressions → where they stand."""
    found = {}
    for path in python_files("actions", "gateway"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr) and node.values and str(getattr(node.values[0], "value", "")).startswith("utter_"):
                parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z0-9_]+" for part in node.values]
                found["".join(parts)] = f"{relative(path)}:{node.lineno}"
    return found


@cache
def words_of_the_code() -> frozenset[str]:
    """Every string constant and keyword name of actions/, gateway/ and policy/: where a response's values come from."""
    found = set()
    for path in python_files("actions", "gateway", "policy"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return frozenset(found)


@cache
def response_names_in_tables() -> dict[str, str]:
    """Every `say` (and other utter_ word) of the decision tables → its file."""
    found = {}

    def walk(node: Any, place: str) -> None:
        if isinstance(node, dict):
            for value in node.values():
                walk(value, place)
        elif isinstance(node, list):
            for value in node:
                walk(value, place)
        elif isinstance(node, str) and node.startswith("utter_"):
            found[node] = place

    for path in yaml_files(TABLES):
        walk(read_yaml(path), relative(path))
    return found


@cache
def form_questions() -> set[str]:
    """utter_ask_<form>_<slot> (or utter_ask_<slot>) that are defined for a form and a slot of the domain."""
    slots = set(domain().get("slots") or {})
    forms = set(domain().get("forms") or {})
    asked = {f"utter_ask_{form}_{slot}" for form in forms for slot in slots} | {f"utter_ask_{slot}" for slot in slots}
    return asked & set(responses())
