"""The flow charts: valid Mermaid, every row drawn, none too long, and fresh in docs/flows."""

from __future__ import annotations

import re

import pytest

from policy.charts import FOLDER, charts, condition_words, flowchart, main, page, quoted, stale
from policy.decide import tables, topics
from policy.table import IntTest, ParameterRef, Row

NODE = re.compile(r'  (\w+)(?:\(\["([^"]*)"\]\)|\{"([^"]*)"\}|\["([^"]*)"\])(?::::\w+)?')
EDGE = re.compile(r"  (\w+) -->(?:\|(yes|no)\|)? (\w+)")
CLASS = re.compile(r"  classDef \w+ [\w-]+: [\w ]+")
RESERVED = {"end", "graph", "subgraph", "flowchart", "class", "click", "style", "default"}


def syntax_errors(text: str) -> list[str]:
    """What Mermaid (or a reader) would stumble over in a flow chart."""
    lines = text.split("\n")
    wrong = [] if lines[0] == "flowchart TD" else ["no head"]
    nodes: list[str] = []
    edges: list[tuple[str, str, str]] = []
    for line in lines[1:]:
        if found := NODE.fullmatch(line):
            nodes.append(found.group(1))
            label = next(group for group in found.groups()[1:] if group is not None)
            wrong += [f"raw mark in {label!r}"] if re.search(r"[<>]", label.replace("<br/>", "")) else []
        elif found := EDGE.fullmatch(line):
            edges.append((found.group(1), found.group(2) or "", found.group(3)))
        elif not CLASS.fullmatch(line):
            wrong.append(f"not Mermaid: {line!r}")
    wrong += [f"defined twice: {node}" for node in set(nodes) if nodes.count(node) > 1]
    wrong += [f"reserved: {node}" for node in nodes if node.lower() in RESERVED]
    wrong += [f"undefined: {end}" for source, _, target in edges for end in (source, target) if end not in nodes]
    wrong += [f"unreachable: {node}" for node in nodes if node != "start" and node not in {target for _, _, target in edges}]
    for node in nodes:
        labels = sorted(label for source, label, _ in edges if source == node)
        if node.startswith("d") and labels != ["no", "yes"]:
            wrong.append(f"{node} has the ways {labels}")
    return wrong


@pytest.mark.parametrize("topic", topics())
def test_charts_are_valid_mermaid(topic: str) -> None:
    for chart in charts(tables()[topic]):
        assert not syntax_errors(chart.mermaid), chart.mermaid


@pytest.mark.parametrize("topic", topics())
def test_every_row_is_drawn_with_what_it_says(topic: str) -> None:
    table = tables()[topic]
    drawn = "\n".join(chart.mermaid for chart in charts(table))
    assert not [row.id for row in table.rows if f'["{row.id}<br/>' not in drawn]
    assert not [row.id for row in table.rows if str(row.then.get("say", "")) not in page(table, "-") and "say" in row.then]


@pytest.mark.parametrize("topic", topics())
def test_no_chart_is_too_long_to_follow(topic: str) -> None:
    longest = max(chart.mermaid.count("\n  r") for chart in charts(tables()[topic]))
    assert longest <= max(30, len(tables()[topic].rows) // 2)


def test_syntax_check_sees_mistakes() -> None:
    assert syntax_errors('flowchart TD\n  start(["a"])\n  start --> b')
    assert syntax_errors('flowchart TD\n  start(["a"])\n  r0["x"]\n  r0["y"]\n  start --> r0')
    assert syntax_errors('flowchart TD\n  start(["a"])\n  r0["x "quoted" y"]\n  start --> r0')
    assert syntax_errors('flowchart TD\n  start(["a"])\n  d0_0{"x ?"}\n  r0["y"]\n  start --> d0_0\n  d0_0 -->|yes| r0')
    assert not syntax_errors('flowchart TD\n  start(["a"])\n  r0["x"]\n  start --> r0')


def test_labels_cannot_break_out_of_their_quotes() -> None:
    row = Row('x"]; click', {"kind": ('a"b', "<i>")}, {"say": "utter_x"}, "s", "stated")
    last = Row("y", {}, {"say": "utter_y"}, "s", "proposed")
    assert not syntax_errors(flowchart('t"', [(row, row.when), (last, last.when)]))
    assert quoted('a"b\nc') == '"a#quot;b<br/>c"'


def test_conditions_are_told_in_words() -> None:
    assert condition_words("days", IntTest((("over", 7), ("at_most", ParameterRef("limit"))))) == "days > 7 and ≤ limit"
    assert condition_words("reason", ("quality", "wrong_item")) == "reason: quality / wrong_item"


def test_pages_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert not list(stale(FOLDER)), "run python -m policy.charts --write"
    assert main(["--check"]) == 0
    assert capsys.readouterr().err == ""
