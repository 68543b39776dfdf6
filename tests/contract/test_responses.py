"""Every word the bot can say: defined once, used, fillable, and within the hard rules of style."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from studio.response_rules import EMOJI, bubbles, characters, response_rules
from tests.contract.project import (
    VARIABLE,
    VARIABLES,
    domain,
    form_questions,
    python_files,
    relative,
    response_definitions,
    response_names_in_python,
    response_names_in_tables,
    response_patterns_in_python,
    responses,
    steps_named,
    strings_in,
    words_of_the_code,
)

PAYLOAD = re.compile(r"/(\w+)(\{.*\})?", re.S)
# Hard rules (style.md §2, §4, §6; decisions.md): what no script may contain, and what to write instead. The studio refuses the same.
FORBIDDEN = {one.pattern.pattern: one.say for one in response_rules().forbidden}


def variations() -> list[tuple[str, str, dict[str, object]]]:
    """(place, name, variation) of everything that can be said."""
    return [(relative(path), name, variation) for path, name, several in response_definitions() for variation in several]


def test_every_response_is_defined_once() -> None:
    count = Counter(name for _, name, _ in response_definitions())
    assert not {name: times for name, times in count.items() if times > 1}


def test_the_domain_holds_no_wording() -> None:
    assert not domain().get("responses"), "responses live in data/responses"


def test_every_response_that_is_used_is_defined() -> None:
    used = {**response_names_in_python(), **response_names_in_tables()}
    used |= {name: "rules and stories" for name in steps_named("action") if name.startswith("utter_")}
    assert not {name: place for name, place in used.items() if name not in responses()}


def test_every_name_built_in_code_has_a_response() -> None:
    assert not {
        place: pattern
        for pattern, place in response_patterns_in_python().items()
        if not any(re.fullmatch(pattern, name) for name in responses())
    }


def twins() -> set[str]:
    """What is said while a deed is not done (tests/contract/test_deeds.py)."""
    return {str(one["metadata"]["twin"]) for _, _, one in variations() if "twin" in (one.get("metadata") or {})}  # type: ignore[operator,index]


def test_every_response_that_is_defined_is_used() -> None:
    used = set(response_names_in_python()) | set(response_names_in_tables()) | steps_named("action") | form_questions() | twins()
    built = [re.compile(pattern) for pattern in response_patterns_in_python()]
    assert not [name for name in responses() if name not in used and not any(pattern.fullmatch(name) for pattern in built)]


def test_every_response_has_a_plain_name() -> None:
    topics = "|".join(response_rules().topics)
    assert not [name for name in responses() if not re.fullmatch(rf"utter_(?:{topics})_[a-z0-9_]+", name)]


def test_every_response_can_always_say_something() -> None:
    empty = [
        name
        for name, several in responses().items()
        if not any("condition" not in one and (one.get("text") or one.get("image")) for one in several)
    ]
    assert not empty, "each needs a variation without condition"


def test_every_variation_names_its_script_and_source() -> None:
    wrong = []
    for place, name, variation in variations():
        metadata = variation.get("metadata")
        script = metadata.get("script") if isinstance(metadata, dict) else None
        if not isinstance(script, str) or not re.fullmatch(r"s_[a-z0-9_]+|none", script):
            wrong.append(f"{place}: {name}: script is {script!r}")
        elif isinstance(metadata, dict) and not metadata.get("source") and not (script == "none" and metadata.get("why")):
            wrong.append(f"{place}: {name}: no source, or no why beside script none")
    assert not wrong, "\n".join(wrong)


def test_every_variable_is_in_the_vocabulary() -> None:
    wrong = [
        f"{place}: {name}: {{{word}}}"
        for place, name, one in variations()
        for word in VARIABLE.findall(str(one.get("text", "")))
        if word not in VARIABLES
    ]
    assert not wrong, "\n".join(wrong)


def test_every_variable_is_supplied_by_somebody() -> None:
    used = {word: name for _, name, one in variations() for word in VARIABLE.findall(str(one.get("text", "")))}
    slots = set(domain().get("slots") or {})
    assert not {word: name for word, name in used.items() if word not in words_of_the_code() | slots}


def test_no_bubble_is_longer_than_a_shopper_reads() -> None:
    wrong = []
    for place, name, one in variations():
        for bubble in bubbles(str(one.get("text", ""))):
            length = characters(bubble)
            if length > response_rules().longest_bubble:
                wrong.append(f"{place}: {name}: {length} characters: {bubble[:30]}…")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_response_says_what_style_forbids(pattern: str) -> None:
    wrong = []
    for place, name, one in variations():
        found = re.search(pattern, str(one.get("text", "")), re.M)
        if found:
            wrong.append(f"{place}: {name}: {found.group()!r} ({FORBIDDEN[pattern]})")
    assert not wrong, "\n".join(wrong)


def test_at_most_one_emoji_and_none_when_somebody_complains() -> None:
    wrong = []
    for place, name, one in variations():
        count = len(EMOJI.findall(str(one.get("text", ""))))
        if count > (0 if name.startswith(tuple(f"utter_{topic}_" for topic in response_rules().no_emoji)) else 1):
            wrong.append(f"{place}: {name}: {count}")
    assert not wrong, "\n".join(wrong)


def test_every_button_means_an_intent_of_the_domain() -> None:
    intents = {next(iter(intent)) if isinstance(intent, dict) else intent for intent in domain()["intents"]}
    wrong = []
    for place, name, one in variations():
        for button in one.get("buttons") or []:  # type: ignore[attr-defined]
            found = PAYLOAD.fullmatch(str(button.get("payload", "")))
            if not found or found.group(1) not in intents or not str(button.get("title", "")).strip():
                wrong.append(f"{place}: {name}: {button}")
            elif found.group(2) and not VARIABLE.search(found.group(2)):
                values = json.loads(found.group(2))
                wrong += [f"{place}: {name}: {button}"] if not isinstance(values, dict) else []
    assert not wrong, "\n".join(wrong)


def test_actions_say_responses_by_name_only() -> None:
    wrong = []
    for path in python_files("actions"):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if re.search(r"utter_message\([^)]*\b(?:text|template)\s*=", line):
                wrong.append(f"{relative(path)}:{number}")
    assert not wrong, wrong


def test_no_response_holds_the_floor_price() -> None:
    assert not [name for _, name, one in variations() if re.search(r"\{floor|floor_price", str(one))]
    assert not [relative(path) for path in python_files("gateway") if any("floor_price" in text for _, text in strings_in(path))]
