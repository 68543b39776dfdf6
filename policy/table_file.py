"""The files of the decision tables, ``policy/tables/<topic>.yml``: read and checked.

A table that cannot be trusted never loads: every mistake raises ``TableError`` with the file, the row, the word that is
wrong, the words that are allowed and what to do about it. The format is that of ``design/architecture.md`` section 3.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from policy.parameters import Parameter, declared_parameters
from policy.table import (
    INT_TESTS,
    NOTE_KINDS,
    OUTPUT_TYPES,
    STATUSES,
    Condition,
    Input,
    IntTest,
    Note,
    Output,
    ParameterRef,
    Row,
    Table,
    TableError,
)
from policy.validity import KEYS, Period, check_overlaps, period

RESPONSE = re.compile(r"utter_[a-z0-9_]+")


_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the parser in C reads a table in a tenth of the time


class UniqueKeys(_Safe):  # type: ignore[misc]  # both are safe loaders
    """PyYAML keeps the last of two equal keys without a word; a table must not lose a condition that way."""

    twice = "the key {key!r} is written twice"  # what is said of it

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, self.twice.format(key=key), key_node.start_mark)
            seen.add(key)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return found


def read_yaml(path: Path) -> object:
    """The content of a YAML file; ``TableError`` names the file and line when it cannot be read or repeats a key."""
    try:
        return yaml_of(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError as error:
        raise TableError(f"{path.name}: there is no such table file in {path.parent}") from error


def yaml_of(text: str, name: str) -> object:
    """As ``read_yaml``, for text that is at hand; ``name`` is the file's in complaints."""
    try:
        return yaml.load(text, Loader=UniqueKeys)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise TableError(f"{name}: not readable as YAML: {' '.join(str(error).split())}. Remedy: correct that line.") from error


class Reader:
    """Turns one file into a ``Table``; remembers where it is, so that every complaint can name the place."""

    def __init__(self, path: Path, parameters: Mapping[str, Parameter] | None = None) -> None:
        self.path = path
        self.parameters = declared_parameters() if parameters is None else parameters
        self.place = "the head of the file"
        self.used: set[str] = set()

    def fail(self, problem: str, remedy: str) -> TableError:
        return TableError(f"{self.path.name}, {self.place}: {problem}. Remedy: {remedy}.")

    def mapping(self, value: object, what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fail(f"{what} is {value!r}, not a mapping", f"write {what} as key: value pairs")
        for key in value:
            if not isinstance(key, str):
                remedy = f'put the key in quotes ("{_yes_no(key)}")' if isinstance(key, bool) else "write the key as a word"
                raise self.fail(f"{what} has the key {key!r}, which is not a word", remedy)
        return value

    def keys(self, value: dict[str, Any], what: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        for key in required:
            if key not in value:
                raise self.fail(f"{what} lacks the key {key!r}", f"add {key}:")
        for key in value:
            if key not in required + optional:
                raise self.fail(f"{what} has the unknown key {key!r}; allowed: {', '.join(required + optional)}", "correct or remove it")

    def word(self, value: object, what: str) -> str:
        if isinstance(value, bool):
            raise self.fail(f"{what} is a bare {_yes_no(value)}, which YAML reads as a boolean", f'put it in quotes: "{_yes_no(value)}"')
        if not isinstance(value, str) or not value.strip():
            raise self.fail(f"{what} is {value!r}, not a word", "write a word, in quotes when it is a number or empty")
        return value

    def words(self, value: object, what: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise self.fail(f"{what} is {value!r}, not a list of words", "write [word, word, …]")
        found = tuple(self.word(item, f"a word of {what}") for item in value)
        if len(set(found)) < len(found):
            raise self.fail(f"{what} names a word twice", "remove the repetition")
        return found

    def reference(self, value: dict[str, Any], what: str) -> ParameterRef:
        self.keys(value, what, ("parameter",))
        name = self.word(value["parameter"], f"the parameter of {what}")
        if name not in self.parameters:
            raise self.fail(f"{what} names the unknown parameter {name!r}", "declare it in tables/parameters.yml or correct the name")
        self.used.add(name)
        return ParameterRef(name)

    def number(self, value: object, what: str) -> int | ParameterRef:
        if isinstance(value, dict):
            ref = self.reference(value, what)
            if self.parameters[ref.name].type not in ("int", "money"):
                problem = f"{what} compares with the parameter {ref.name!r}, which is no number"
                raise self.fail(problem, "name a parameter of type int or money")
            return ref
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fail(f"{what} is {value!r}, not a whole number", "write a whole number or {parameter: name}")
        return value

    def input(self, name: str, spec: object) -> Input:
        what = f"the input {name!r}"
        body = spec if isinstance(spec, dict) else {"words": spec} if isinstance(spec, list) else {"type": spec}
        self.keys(body, what, (), ("words", "type", "default"))
        if ("words" in body) == ("type" in body) or body.get("type", "int") != "int":
            raise self.fail(f"{what} is {spec!r}", "write a list of words, or int, or {words: […], default: …}, or {type: int, default: …}")
        words = self.words(body["words"], what) if "words" in body else None
        if words is not None and "any" in words:
            raise self.fail(f"{what} uses the word 'any', which means every word", "choose another word")
        default = body.get("default")
        if default is None and "default" in body:
            raise self.fail(f"{what} has an empty default", "write a word of the input or remove default:")
        if isinstance(default, dict):
            return Input(name, words, self.reference(default, f"the default of {what}"))
        if default is not None:
            place = f"the default of {what}"
            default = self.number(default, place) if words is None else self.one_of(default, words, place)
        return Input(name, words, default)

    def one_of(self, value: object, words: tuple[str, ...], what: str) -> str:
        word = self.word(value, what)
        if word not in words:
            problem = f"{what} is the unknown word {word!r}; allowed: {', '.join(words)}"
            raise self.fail(problem, "use an allowed word, or add it to the list")
        return word

    def output(self, name: str, spec: object) -> Output:
        what = f"the output {name!r}"
        body = spec if isinstance(spec, dict) else {"words": spec} if isinstance(spec, list) else {"type": spec}
        self.keys(body, what, (), ("words", "type", "default"))
        kind = body.get("type", "words")
        if not body or kind not in (*OUTPUT_TYPES, "words") or (kind == "words" and "words" not in body):
            raise self.fail(f"{what} is {spec!r}", f"write a list of words or one of {', '.join(OUTPUT_TYPES)}")
        words = self.words(body["words"], what) if "words" in body else ()
        output = Output(name, kind, words)
        if "default" not in body:
            return output
        return Output(name, kind, words, self.value(output, body["default"], f"the default of {what}"), True)

    def value(self, output: Output, value: object, what: str) -> object:
        if isinstance(value, dict):
            return self.reference(value, what)
        if isinstance(value, bool):
            raise self.fail(f"{what} is a bare {_yes_no(value)}, which YAML reads as a boolean", f'put it in quotes: "{_yes_no(value)}"')
        if output.kind == "response" and isinstance(value, str) and RESPONSE.fullmatch(value):
            return value
        if output.kind == "words" or (output.words and isinstance(value, str)):
            return self.one_of(value, output.words, what)
        if value is None and output.kind in ("money", "int"):
            return None
        if output.kind == "money" and isinstance(value, (int, float)):
            return value
        if output.kind == "int" and isinstance(value, int):
            return value
        if output.kind == "text" and isinstance(value, str):
            return value
        remedy = "write utter_<topic>_<outcome>" if output.kind == "response" else f"write a value of type {output.kind}"
        raise self.fail(f"{what} is {value!r}, which is no {output.kind}", remedy)

    def condition(self, known: Input, value: object) -> Condition | None:
        what = f"when.{known.name}"
        if value == "any":
            return None
        if known.words is not None:
            items = value if isinstance(value, list) else [value]
            if not items:
                raise self.fail(f"{what} is an empty list", "name the words, or leave the input out for any")
            return tuple(self.one_of(item, known.words, what) for item in items)
        if not isinstance(value, dict):
            number = self.number(value, what)
            return IntTest((("at_least", number), ("at_most", number)))
        if "parameter" in value:
            ref = self.reference(value, what)
            return IntTest((("at_least", ref), ("at_most", ref)))
        self.keys(value, what, (), INT_TESTS)
        tests: list[tuple[str, int | ParameterRef]] = []
        for test, bound in value.items():
            if test != "between":
                tests.append((test, self.number(bound, f"{what}.{test}")))
            elif isinstance(bound, list) and len(bound) == 2:
                tests += [("at_least", self.number(bound[0], f"{what}.between")), ("at_most", self.number(bound[1], f"{what}.between"))]
            else:
                raise self.fail(f"{what}.between is {bound!r}", "write between: [lowest, highest], both included")
        if not tests:
            raise self.fail(f"{what} is empty", f"write one of {', '.join(INT_TESTS)}")
        return IntTest(tuple(tests))

    def example(self, table: dict[str, Input], value: object, what: str) -> dict[str, object]:
        facts = self.mapping(value, what)
        for name, fact in facts.items():
            if name not in table:
                raise self.fail(f"{what} names the unknown input {name!r}; allowed: {', '.join(table)}", "correct the name")
            words = table[name].words
            if words is not None:
                self.one_of(fact, words, f"{name} in {what}")
            elif isinstance(fact, bool) or not isinstance(fact, int):
                raise self.fail(f"{name} in {what} is {fact!r}, not a whole number", "write a whole number")
        return facts

    def row(self, body: object, inputs: dict[str, Input], outputs: dict[str, Output]) -> Row:
        row = self.mapping(body, "the row")
        self.keys(row, "the row", ("id", "when", "then", "source", "status", "hits", "misses"), ("why", *KEYS))
        when = self.mapping(row["when"], "when")
        conditions: dict[str, Condition] = {}
        for name, value in when.items():
            if name not in inputs:
                problem = f"when names the unknown input {name!r}; allowed: {', '.join(inputs)}"
                raise self.fail(problem, "correct the name or declare the input")
            condition = self.condition(inputs[name], value)
            if condition is not None:
                conditions[name] = condition
        then = self.mapping(row["then"], "then")
        for name in then:
            if name not in outputs:
                problem = f"then names the unknown output {name!r}; allowed: {', '.join(outputs)}"
                raise self.fail(problem, "correct the name or declare the output")
        said: dict[str, object] = {}
        for name, output in outputs.items():
            if name in then:
                said[name] = self.value(output, then[name], f"then.{name}")
            elif output.has_default:
                said[name] = output.default
            else:
                raise self.fail(f"then lacks the output {name!r}", f"add {name}:")
        examples: dict[str, tuple[dict[str, object], ...]] = {}
        for key in ("hits", "misses"):
            if not isinstance(row[key], list) or not row[key]:
                raise self.fail(f"{key} is {row[key]!r}, but a row proves itself by examples", f"give at least one example under {key}:")
            examples[key] = tuple(self.example(inputs, item, key) for item in row[key])
        return Row(
            id=self.word(row["id"], "id"), when=conditions, then=said, source=self.word(row["source"], "source"),
            status=self.one_of(row["status"], STATUSES, "status"), hits=examples["hits"], misses=examples["misses"],
            valid=self.period(row),
        )  # fmt: skip

    def period(self, row: dict[str, Any]) -> Period:
        try:
            return period(row, f"{self.path.name}, {self.place}")
        except ValueError as error:
            raise TableError(f"{error}.") from error

    def one_at_a_time(self, rows: list[Row]) -> None:
        """Rows of one id are the everyday one and its dated ones: no two of them may count at the same instant."""
        for row_id in dict.fromkeys(row.id for row in rows):
            same = [row for row in rows if row.id == row_id]
            self.place = f"row {row_id}"
            if sum(row.valid.always for row in same) > 1:
                raise self.fail(
                    f"the id {row_id!r} is used twice", "give every row and note an id of its own, or dates (valid_from, valid_to)"
                )
            try:
                check_overlaps(((_dates(row.valid), row.valid) for row in same), f"{self.path.name}, {self.place}")
            except ValueError as error:
                raise TableError(f"{error}.") from error

    def note(self, body: object) -> Note:
        note = self.mapping(body, "the note")
        self.keys(note, "the note", ("id", "kind", "why"))
        return Note(self.word(note["id"], "id"), self.one_of(note["kind"], NOTE_KINDS, "kind"), self.word(note["why"], "why"))

    def table(self, text: str | None = None) -> Table:
        """Reads the file, or this text in its place; every mistake raises ``TableError``."""
        body = self.mapping(read_yaml(self.path) if text is None else yaml_of(text, self.path.name), "the file")
        self.keys(body, "the file", ("table", "inputs", "outputs", "rows"), ("notes",))
        name = self.word(body["table"], "table")
        if name != self.path.stem:
            raise self.fail(f"table is {name!r}, but the file is {self.path.name}", f"write table: {self.path.stem}")
        inputs = {key: self.input(key, spec) for key, spec in self.mapping(body["inputs"], "inputs").items()}
        outputs = {key: self.output(key, spec) for key, spec in self.mapping(body["outputs"], "outputs").items()}
        if not isinstance(body["rows"], list) or not body["rows"]:
            raise self.fail("rows is empty", "write at least one row")
        ids: set[str] = set()
        rows: list[Row] = []
        notes: list[Note] = []
        for number, item in enumerate([*body["rows"], *(body.get("notes") or [])]):
            is_row = number < len(body["rows"])
            own_id = item.get("id") if isinstance(item, dict) else None
            self.place = f"{'row' if is_row else 'note'} {own_id if isinstance(own_id, str) else number + 1}"
            found: Row | Note = self.row(item, inputs, outputs) if is_row else self.note(item)
            if isinstance(found, Note) and found.id in ids:
                raise self.fail(f"the id {found.id!r} is used twice", "give every row and note an id of its own")
            ids.add(found.id)
            if isinstance(found, Row):
                rows.append(found)
            else:
                notes.append(found)
        self.one_at_a_time(rows)
        return Table(name, self.path.name, inputs, outputs, tuple(rows), tuple(notes), tuple(sorted(self.used)))


def read_table(path: Path, parameters: Mapping[str, Parameter] | None = None) -> Table:
    """The table of one file, checked and not cached (for editors); ``TableError`` names file, row, word and remedy.

    ``parameters``: the declared ones, by default those of ``tables/parameters.yml``.
    """
    return Reader(path, parameters).table()


def table_of(text: str, name: str, parameters: Mapping[str, Parameter]) -> Table:
    """The table of a text that is in no file yet (what an editor would save); ``name``: its file's name, e.g. postage.yml."""
    return Reader(Path(name), parameters).table(text)


def _dates(valid: Period) -> str:
    return f"the one of {valid.begins.isoformat() if valid.begins else '…'} to {valid.ends.isoformat() if valid.ends else '…'}"


def _yes_no(value: object) -> str:
    return "yes" if value else "no"
