"""Whole talks (tests/talks/*.yml): what a shopper says from beginning to end, and the facts that must be reached.

A file holds `talks:`, a list of

    - id: w01_size_then_exchange        unique
      about: one line
      customer: c05                     signed in; left out: anonymous
      page: p1001                       product page where the widget was opened; may be left out
      turns:
        - say: 收到的裙子有点紧            typed
        - press: 换货                    a button that holds this title; typed when there is none
      reaches:
        rows: [pr_b_ex_01]              decision rows behind some answer (a row's part pr_b_ex_01_free counts for pr_b_ex_01)
        says: ["12", "3个工作日"]         each in some answer; a list within the list: one of them
        never: ["退首发邮费"]             in no answer: wrong sums, wrong promises
        ticket: true                    a ticket number was told
        person: true                    the right end is a person; left out: the talk must be solved without one
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.dialogue.checks import holes
from tests.dialogue.talk import Talk

FOLDER = Path(__file__).resolve().parents[1] / "talks"
# Answers that ask back because nothing was understood.
ASKED_BACK = tuple(f"utter_smalltalk_{name}" for name in ("guess", "unclear", "missing_value", "action_failed", "unsafe_input"))
KEYS = {"id", "about", "customer", "page", "turns", "reaches"}
REACHES = {"rows", "says", "never", "ticket", "person"}
SAME_ANSWER = 3  # times the same whole answer, or the same bubble in as many answers running, makes a loop


@dataclass(frozen=True)
class WholeTalk:
    """One talk of a file."""

    id: str
    turns: Sequence[Mapping[str, str]]
    reaches: Mapping[str, Any]
    customer: str | None = None
    page: str | None = None


@dataclass
class Result:
    """What happened: `wrong` must be empty for every talk, `unsolved` for 85 of 100."""

    wrong: list[str] = field(default_factory=list)
    unsolved: list[str] = field(default_factory=list)
    transcript: str = ""


def load(folder: Path = FOLDER) -> list[WholeTalk]:
    """All talks, by file and place.

    Raises:
        ValueError: an unknown key, an id twice, a turn that neither says nor presses; names file and talk.
    """
    found: dict[str, WholeTalk] = {}
    for path in sorted(folder.glob("*.yml")):
        for raw in yaml.safe_load(path.read_text("utf-8"))["talks"]:
            name = f"{path.name}: {raw.get('id')}"
            if set(raw) - KEYS or set(raw.get("reaches") or {}) - REACHES or raw["id"] in found:
                raise ValueError(f"{name}: an unknown key, or an id that is there already")
            if any(len(turn) != 1 or not set(turn) <= {"say", "press"} for turn in raw["turns"]):
                raise ValueError(f"{name}: a turn is `say: …` or `press: …`")
            found[raw["id"]] = WholeTalk(raw["id"], raw["turns"], raw.get("reaches") or {}, raw.get("customer"), raw.get("page"))
    return list(found.values())


def loops(answers: Sequence[Sequence[str]]) -> list[str]:
    """What is said again and again: a whole answer SAME_ANSWER times, or a bubble in SAME_ANSWER answers running."""
    whole = Counter("\n".join(answer) for answer in answers)
    found = [text for text, times in whole.items() if times >= SAME_ANSWER and len(text) > 12]
    for place in range(len(answers) - SAME_ANSWER + 1):
        running = set(answers[place]).intersection(*answers[place + 1 : place + SAME_ANSWER])
        found += [text for text in running if len(text) > 12]
    return list(dict.fromkeys(found))


def walk(talk: Talk, wanted: WholeTalk) -> Result:
    """Have the talk and judge it."""
    result = Result()
    rows: set[str] = set()
    answers: list[list[str]] = []
    for place, turn in enumerate(wanted.turns, 1):
        if talk.owner != "bot":
            break
        if "press" in turn and any(turn["press"] in title for title in talk.titles):
            talk.click(turn["press"])
        else:
            talk.say(str(turn.get("say") or turn.get("press")))
        rows |= set(talk.rows)
        answers.append(talk.texts)
        if not talk.texts or any(not text.strip() for text in talk.texts):
            result.wrong.append(f"turn {place} was not answered")
        if any(holes(text) for text in talk.texts):
            result.wrong.append(f"turn {place} has a hole in its answer")
        responses = [str((reply.get("trace") or {}).get("response") or "") for reply in talk.replies]
        if responses and all(response.startswith(ASKED_BACK) for response in responses):
            result.unsolved.append(f"turn {place} was not understood")
    said = [text for answer in answers for text in answer]
    result.wrong += [f"said again and again: {text}" for text in loops(answers)]
    whole = "\n".join(said)
    result.wrong += [f"must never be said: {text}" for text in wanted.reaches.get("never") or [] if text in whole]
    for one in wanted.reaches.get("says") or []:
        choices = one if isinstance(one, list) else [one]
        if not any(str(choice) in whole for choice in choices):
            result.unsolved.append(f"was never said: {choices}")
    for row in wanted.reaches.get("rows") or []:
        if not any(hit == row or hit.startswith(f"{row}_") for hit in rows):
            result.unsolved.append(f"row {row} was not reached (but {sorted(rows)})")
    if wanted.reaches.get("ticket") and not talk.ticket:
        result.unsolved.append("no ticket was told")
    handed = talk.owner != "bot"
    if handed != bool(wanted.reaches.get("person")):
        result.unsolved.append("was given to a person" if handed else "was not given to a person")
    result.transcript = talk.transcript
    return result
