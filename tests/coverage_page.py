"""`python -m tests.coverage_page --write|--check`: the coverage page, docs/coverage.md.

Every wish, event, rule, parameter, style rule, script and flow of the handbooks (docs/handbook_ids.yml) with the file that
implements it and the test that exercises it. An id without its place, or without a test, is a gap: `--check` fails on gaps
and on a page that is older than its sources.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "coverage.md"
IDS = ROOT / "docs" / "handbook_ids.yml"
WISHES = ROOT / "data" / "wishes.yml"
EXAMPLES = ROOT / "tests" / "nlu" / "wishes_examples.yml"
STYLE = ROOT / "policy" / "style_rules.yml"
TABLES_TEST = "tests/policy/test_tables.py"
# Reasons why an id is no decision of the bot; its line says so (architecture §3, `notes`).
NOTE_KINDS = {"forbidden", "method", "step", "staff", "phone", "switch", "fact"}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class Page:
    """Lines of the page and what is missing."""

    lines: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    def table(self, title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
        """A heading and a Markdown table."""
        kept = list(rows)
        self.lines += ["", f"## {title} ({len(kept)})", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        self.lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in kept]

    def need(self, found: str, gap: str) -> str:
        """`found`, or a gap and its mark."""
        if not found:
            self.gaps.append(gap)
            return "**missing**"
        return found


def load(path: Path) -> Any:
    """A YAML file.

    Raises:
        SystemExit: it is missing or no YAML; the message names it.
    """
    try:
        return yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SystemExit(f"xiaoer: {path.relative_to(ROOT)} cannot be read: {error}") from error


def name_of(path: Path) -> str:
    """Path from the project's root."""
    return path.relative_to(ROOT).as_posix()


class Sources:
    """Everything the page is made of, read once."""

    def __init__(self) -> None:
        self.ids: Mapping[str, Any] = load(IDS)
        self.rows: dict[str, tuple[str, str, str]] = {}  # id → (file, status, what it says)
        self.notes: dict[str, tuple[str, str, str]] = {}  # id → (file, kind, why)
        self.tables: dict[str, str] = {}
        for path in sorted((ROOT / "policy" / "tables").glob("*.yml")):
            self._table(path)
        self.responses: dict[str, list[tuple[str, str]]] = defaultdict(list)  # script → (response, file)
        for path in sorted((ROOT / "data" / "responses").glob("*.yml")):
            for response, variations in load(path).get("responses", {}).items():
                scripts = {(variation.get("metadata") or {}).get("script") for variation in variations}
                for script in sorted(str(one) for one in scripts if one and one != "none"):
                    self.responses[script].append((response, name_of(path)))
        self.agent: dict[str, tuple[str, str]] = {}  # script → (file, channel)
        for path in sorted((ROOT / "data" / "agent_scripts").glob("*.yml")):
            for entry in load(path).get("scripts", []):
                self.agent[str(entry["id"])] = (name_of(path), str(entry["channel"]))
        self.mentioned: dict[str, set[str]] = defaultdict(set)  # word → test files
        for folder in ("tests", "engine/tests"):
            for path in sorted((ROOT / folder).rglob("*")):
                if path.suffix in (".py", ".yml") and path.is_file():
                    for word in set(_WORD.findall(path.read_text("utf-8"))):
                        self.mentioned[word].add(name_of(path))
        self.code = {name_of(path): path.read_text("utf-8") for path in self._code()}
        self.lists: dict[str, str] = {}  # style rule → file of policy/ that holds it
        for path in sorted([*(ROOT / "policy").rglob("*.yml"), *(ROOT / "policy").rglob("*.py")]):
            for word in set(_WORD.findall(path.read_text("utf-8"))):
                self.lists.setdefault(word, name_of(path))
        self.intents: dict[str, list[str]] = defaultdict(list)  # intent, intent/topic → files of examples
        for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
            for block in load(path).get("nlu", []):
                if "intent" in block:
                    topic = (block.get("metadata") or {}).get("topic")
                    for key in {block["intent"], f"{block['intent']}/{topic}" if topic else block["intent"]}:
                        if name_of(path) not in self.intents[key]:
                            self.intents[key].append(name_of(path))

    def _table(self, path: Path) -> None:
        content = load(path)
        if not isinstance(content, dict) or "table" not in content:
            return
        self.tables[str(content["table"])] = name_of(path)
        for row in content.get("rows") or []:
            self.rows[str(row["id"])] = (name_of(path), str(row.get("status", "")), str((row.get("then") or {}).get("say") or ""))
        for note in content.get("notes") or []:
            self.notes.setdefault(str(note["id"]), (name_of(path), str(note.get("kind", "")), str(note.get("why", ""))))

    @staticmethod
    def _code() -> list[Path]:
        return [path for folder in ("actions", "gateway", "policy", "shop") for path in sorted((ROOT / folder).rglob("*.py"))]

    def rows_of(self, rule: str) -> list[str]:
        """The rows of a rule: itself, or its parts with an ending (`pr_u_01_free`)."""
        return [row for row in self.rows if row == rule or row.startswith(rule + "_")]

    def tests_of(self, words: Iterable[str], *, without: Iterable[str] = ()) -> list[str]:
        """Test files that name one of the words."""
        found = {file for word in words for file in self.mentioned.get(word, ())}
        return sorted(found - set(without))

    def decided(self, table: str) -> list[str]:
        """Code that decides with a table."""
        return [file for file, text in self.code.items() if f'"{table}"' in text and not file.startswith("policy/table")]


def short(items: list[str], most: int = 3) -> str:
    """The first items, and how many more."""
    more = f" +{len(items) - most}" if len(items) > most else ""
    return ", ".join(f"`{item}`" for item in items[:most]) + more


def build(sources: Sources) -> Page:
    """The page from its sources."""
    page = Page()
    page.lines = [
        "# Coverage of the handbooks",
        "",
        "Generated by `python -m tests.coverage_page --write`; `make check` fails when a line lacks its place or its test, or when this",
        "page is older than what it is made of. Ids: docs/handbook_ids.yml.",
    ]
    _wishes(page, sources)
    _rules(page, sources)
    _scripts(page, sources)
    _rest(page, sources)
    return page


def _wishes(page: Page, sources: Sources) -> None:
    wishes: Mapping[str, Any] = load(WISHES)
    mapping = {**(wishes.get("wishes") or {}), **(wishes.get("events") or {})}
    examples = load(EXAMPLES) if EXAMPLES.exists() else {}
    examples = examples.get("wishes", examples)
    rows: list[tuple[str, ...]] = []
    for wish, title in sources.ids["wishes"].items():
        entry = mapping.get(wish) or {}
        key = f"{entry.get('intent')}/{entry['topic']}" if entry.get("topic") else str(entry.get("intent"))
        flow = str(entry.get("flow") or "")
        walked = [file for file in sources.tests_of([flow]) if "/dialogue/" in file or "/actions/" in file] if flow else []
        if entry.get("intent"):
            place = page.need(short(sources.intents.get(key, [])), f"wish {wish}: no examples of {key} in data/nlu")
            tested = page.need(
                "`tests/nlu/wishes_examples.yml`" if wish in examples else "", f"wish {wish}: no example of its own in tests"
            )
        else:
            place = page.need(str(entry.get("why") or ""), f"wish {wish}: not in data/wishes.yml")
            tested = page.need(short(sources.tests_of([wish, *map(str, entry.get("scripts") or [])])), f"wish {wish}: no test")
        if flow:
            page.need(short(walked), f"wish {wish}: no dialogue or action test names its flow {flow}")
        rows.append(
            (
                f"`{wish}` {title}",
                f"`{key}`" if entry.get("intent") else "—",
                flow or "—",
                place,
                ", ".join(filter(None, [tested, short(walked, 2)])),
            )
        )
    page.table("Wishes", ("wish", "intent", "flow", "examples", "tests"), rows)
    sent: list[tuple[str, ...]] = []
    for event, title in sources.ids["events"].items():
        entry = mapping.get(event) or {}
        named = [str(row) for row in entry.get("rows") or []]
        for row in named:
            if row not in sources.rows:
                page.gaps.append(f"event {event}: data/wishes.yml names the unknown row {row}")
        files = [f"{sources.rows[row][0]} {row}" for row in named if row in sources.rows]
        place = page.need(short(files) or str(entry.get("why") or ""), f"event {event}: nothing sends it and data/wishes.yml gives no why")
        for row in named:
            page.need(short(sources.tests_of([row], without=[TABLES_TEST])), f"event {event}: no test names its row {row}")
        tested = page.need(short(sources.tests_of([event], without=[TABLES_TEST])), f"event {event}: no test names it")
        sent.append((f"`{event}` {title}", place, tested))
    page.table("Events", ("event", "place", "tests"), sent)


def _rules(page: Page, sources: Sources) -> None:
    rows: list[tuple[str, ...]] = []
    for table, file in sources.tables.items():
        if any(place == file for place, _, _ in sources.rows.values()):
            page.need(short(sources.decided(table)), f"table {table} ({file}): no code decides with it")
    for rule in sources.ids["rules"]:
        found = sources.rows_of(rule)
        if found:
            file, status, _ = sources.rows[found[0]]
            says = [sources.rows[row][2] for row in found if sources.rows[row][2]]
            tested = [TABLES_TEST, *sources.tests_of(found, without=[TABLES_TEST])]
            rows.append((f"`{rule}`", f"`{file}`", status, short(list(dict.fromkeys(says)), 2), short(tested)))
        elif rule in sources.notes:
            file, kind, why = sources.notes[rule]
            if kind not in NOTE_KINDS:
                page.gaps.append(f"rule {rule}: its note in {file} has the unknown kind {kind!r}")
            page.need(why, f"rule {rule}: its note in {file} has no why")
            rows.append((f"`{rule}`", f"`{file}`", kind, why, "—"))
        else:
            rows.append((f"`{rule}`", page.need("", f"rule {rule}: neither row nor note in policy/tables"), "", "", ""))
    page.table("Rules", ("rule", "table", "status", "says, or why it is no decision", "tests"), rows)


def _scripts(page: Page, sources: Sources) -> None:
    rows: list[tuple[str, ...]] = []
    for script, title in sources.ids["scripts"].items():
        said = sources.responses.get(script, [])
        if said:
            names = [name for name, _ in said]
            via = [row for row, (_, _, say) in sources.rows.items() if say in names]
            tests = sources.tests_of([script, *names, *via], without=[TABLES_TEST])
            where = short(list(dict.fromkeys(file for _, file in said)))
            tested = page.need(short(tests), f"script {script}: no test names {', '.join(names[:3])} or a row that says it")
            rows.append((f"`{script}` {title}", where, short(names, 2), tested))
        elif script in sources.agent:
            file, channel = sources.agent[script]
            tests = sources.tests_of([script, "agent_scripts"])
            rows.append(
                (
                    f"`{script}` {title}",
                    f"`{file}`",
                    f"agents only ({channel}): found by search, no flow",
                    page.need(short(tests), f"script {script}: no test of the agents' folder"),
                )
            )
        else:
            rows.append((f"`{script}` {title}", page.need("", f"script {script}: no response and no agents' script"), "", ""))
    page.table("Scripts", ("script", "file", "responses", "tests"), rows)


def _rest(page: Page, sources: Sources) -> None:
    parameters: Mapping[str, Any] = load(ROOT / "policy" / "tables" / "parameters.yml")
    alias = {old: name for name, entry in parameters.items() for old in entry.get("aliases") or []}
    rows = []
    for name in sources.ids["parameters"]:
        now = alias.get(name, name)
        entry = parameters.get(now)
        note = sources.notes.get(name)
        value = f"`{now}` = {entry['default']} {entry.get('unit', '')}" if entry else (f"{note[1]}: {note[2]}" if note else "")
        rows.append((f"`{name}`", page.need(value, f"parameter {name}: not in policy/tables/parameters.yml and no note")))
    page.table("Parameters", ("handbook", "parameter and default"), rows)
    lines: Mapping[str, Any] = load(STYLE)
    styled: list[tuple[str, ...]] = []
    for rule in sources.ids["style"]:
        line: Mapping[str, Any] = lines.get(rule) or {}
        place = str(line.get("place") or sources.lists.get(rule, ""))
        if place and not (ROOT / place).exists():
            page.gaps.append(f"style rule {rule}: its place {place} does not exist")
        tests = sources.tests_of([rule])
        how = f": {line['how']}" if line else ""
        styled.append(
            (
                f"`{rule}`",
                page.need(f"`{place}`{how}" if place else "", f"style rule {rule}: nothing under policy/ names it"),
                page.need(short(tests), f"style rule {rule}: no test names it"),
            )
        )
    page.table("Style, honesty and escalation", ("rule", "place", "tests"), styled)
    flows: list[tuple[str, ...]] = []
    for flow, title in sources.ids["flows"].items():
        walks = [file for file in sources.tests_of([flow]) if "/dialogue/" in file]
        flows.append((f"{flow} `{title}`", page.need(short(walks, 6), f"flow {flow}: no dialogue test names it")))
    page.table("Flows", ("flow", "dialogue tests"), flows)


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or check it. 0 when there is no gap (and, with --check, the page is current)."""
    parser = argparse.ArgumentParser(prog="python -m tests.coverage_page", description=__doc__)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write docs/coverage.md")
    choice.add_argument("--check", action="store_true", help="fail when the page is stale")
    chosen = parser.parse_args(arguments)
    page = build(Sources())
    text = "\n".join(page.lines) + "\n"
    if chosen.write:
        PAGE.write_text(text, encoding="utf-8")
    stale = not PAGE.exists() or PAGE.read_text("utf-8") != text
    for gap in page.gaps:
        print(f"gap: {gap}")
    if stale:
        print("docs/coverage.md is stale: run `make coverage` and commit it")
    print(f"coverage: {len(page.gaps)} gaps")
    return 1 if page.gaps or stale else 0


if __name__ == "__main__":
    sys.exit(main())
