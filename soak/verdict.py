"""What the database and the browsers have at the end, compared with what was said."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Row:
    """A stored message."""

    seq: int
    id: str
    sender: str
    text: str
    state: str
    client_id: str | None
    reply_to: str | None


@dataclass
class Verdict:
    """Faults by kind; ``figures`` for the report."""

    faults: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)

    def fault(self, talk: str, what: str) -> None:
        """Note a fault."""
        self.faults.append(f"{talk}: {what}")


def stored(database: Path, talk_id: str) -> list[Row]:
    """The messages of a talk by their seq."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10) as connection:
        rows = connection.execute(
            "SELECT seq, id, sender, text, state, client_id, trace FROM messages WHERE conversation_id = ? ORDER BY seq", (talk_id,)
        ).fetchall()
    return [
        Row(seq, message_id, sender, text or "", state, client_id, (json.loads(trace) if trace else {}).get("reply_to"))
        for seq, message_id, sender, text, state, client_id, trace in rows
    ]


def waiting(rows: list[Row]) -> int:
    """How many of the shopper's messages have no answer yet."""
    return sum(1 for row in rows if row.sender == "shopper" and row.state == "received")


def owed(rows: list[Row]) -> bool:
    """Whether the end of the talk is still to be answered late: its newest line has got an apology and no answer yet.

    Late answers are given oldest first and stand below all the lines that they answer, so the newest line tells.
    """
    newest = next((row for row in reversed(rows) if row.sender == "shopper"), None)
    return newest is not None and newest.state == "failed"


def doubled_answers(rows: list[Row]) -> list[str]:
    """First words of answers that were given twice: all bubbles of one, and once more. An apology and the late answer differ."""
    answers: dict[str, list[str]] = {}
    for row in rows:
        if row.sender != "shopper" and row.reply_to:
            answers.setdefault(row.reply_to, []).append(row.text)
    # A sentence may come twice within one answer (two wishes that ask for the same); a turn that ran twice repeats all of it.
    return [texts[0] for texts in answers.values() if len(texts) % 2 == 0 and texts[: len(texts) // 2] == texts[len(texts) // 2 :]]


def check(verdict: Verdict, talk: str, said: list[list[str]], rows: list[Row], tabs: list[dict[str, Any]]) -> None:
    """``said``: the lines of each tab in their order; ``tabs``: what each tab has."""
    mine = [row.text for row in rows if row.sender == "shopper"]
    planned = [line for lines in said for line in lines]
    counted, wanted = Counter(mine), Counter(planned)
    for line in wanted - counted:
        verdict.fault(talk, f"lost: {line}")
    for line in counted - wanted:
        verdict.fault(talk, f"doubled: {line}")
    for lines in said:
        own = set(lines)
        if [line for line in mine if line in own] != lines:
            verdict.fault(talk, "what was said is stored in another order")
    if [row.seq for row in rows] != list(range(1, len(rows) + 1)):
        verdict.fault(talk, "the numbers have a hole")
    verdict.figures["messages"] += len(mine)
    verdict.figures["answers"] += len(rows) - len(mine)
    verdict.figures["answered"] += sum(1 for row in rows if row.sender == "shopper" and row.state == "answered")
    verdict.figures["apologised"] += sum(1 for row in rows if row.sender == "shopper" and row.state == "failed")
    if left := waiting(rows):
        verdict.fault(talk, f"{left} messages have no answer")
    if owed(rows):
        verdict.fault(talk, "the last line was apologised for and never answered")
    for text in doubled_answers(rows):
        verdict.fault(talk, f"answered twice: {text[:40]}")
    for tab in tabs:
        verdict.figures["tabs"] += 1
        if [one[:2] for one in tab["messages"]] != [[row.seq, row.id] for row in rows]:
            verdict.fault(talk, f"a tab shows {len(tab['messages'])} messages, the database has {len(rows)}")
        if tab["heard"] != sorted(set(tab["heard"])):
            verdict.fault(talk, "a tab was told of a message twice or in another order")
        if tab["gone"]:
            verdict.fault(talk, "a tab took its talk for ended")
        if "drawn" in tab and tab["drawn"] != mine:
            verdict.fault(talk, f"the window draws {len(tab['drawn'])} lines of the shopper, {len(mine)} are stored")
