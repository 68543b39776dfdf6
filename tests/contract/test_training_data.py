"""The vocabulary and the training data agree with the code and with themselves."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from rasa_sdk.executor import ActionExecutor

from tests.contract.project import (
    DATA,
    ROOT,
    domain,
    examples,
    python_files,
    read_yaml,
    relative,
    rules_and_stories,
    steps_named,
    yaml_files,
)

FEWEST_EXAMPLES = 40
TESTS = ROOT / "tests"
# What Rasa itself provides: never in our training data.
OF_RASA = {"nlu_fallback", "session_start", "restart", "back", "out_of_scope"}
ACTIONS_OF_RASA = re.compile(
    r"action_(?:listen|restart|session_start|default_fallback|deactivate_loop|revert_fallback_events|back|unlikely_intent|extract_slots)"
)


def intents() -> set[str]:
    """Intents of the domain."""
    return {next(iter(intent)) if isinstance(intent, dict) else str(intent) for intent in domain()["intents"]}


@cache
def actions_in_code() -> frozenset[str]:
    """What the action server would register, by its own loader."""
    executor = ActionExecutor()
    executor.register_package("actions")
    # Actions that tests define for themselves are subclasses too; only those of the package are ours.
    return frozenset(name for name, run in executor.actions.items() if type(run.__self__).__module__.startswith("actions."))


def test_every_action_of_the_domain_exists() -> None:
    wanted = {str(name) for name in domain().get("actions") or [] if not str(name).startswith("utter_")}
    missing = {name for name in wanted if name not in actions_in_code() and not ACTIONS_OF_RASA.fullmatch(name)}
    assert not missing


def test_every_action_in_code_is_in_the_domain() -> None:
    assert not actions_in_code() - set(domain().get("actions") or [])


def test_rules_and_stories_name_only_actions_and_intents_of_the_domain() -> None:
    known = set(domain().get("actions") or []) | set(domain().get("forms") or {})
    unknown = {
        name
        for name in steps_named("action")
        if name not in known and not name.startswith("utter_") and not ACTIONS_OF_RASA.fullmatch(name)
    }
    assert not unknown
    assert not steps_named("intent") - intents() - OF_RASA


def test_every_intent_of_the_domain_has_examples_and_the_reverse() -> None:
    assert not intents() - set(examples()) - (OF_RASA - {"out_of_scope"})
    assert not set(examples()) - intents()


def test_every_intent_is_answered() -> None:
    assert not intents() - steps_named("intent")


def test_every_intent_has_enough_different_examples() -> None:
    few = {intent: len(set(several)) for intent, several in examples().items() if len(set(several)) < FEWEST_EXAMPLES}
    assert not few


def test_no_example_is_written_twice() -> None:
    count = Counter((_squeeze(example), intent) for intent, several in examples().items() for example in several)
    assert not [f"{intent}: {text}" for (text, intent), times in count.items() if times > 1]


def test_no_example_means_two_things() -> None:
    meanings: dict[str, set[str]] = {}
    for intent, several in examples().items():
        for example in several:
            meanings.setdefault(_squeeze(example), set()).add(intent)
    assert not {text: sorted(names) for text, names in meanings.items() if len(names) > 1}


def test_no_example_begins_with_a_slash() -> None:
    assert not [example for several in examples().values() for example in several if example.startswith("/")]


def test_examples_are_plain_text() -> None:
    assert not [example for several in examples().values() for example in several if re.search(r"\]\(|\]\{", example)]


def test_no_sentence_of_the_tests_is_a_training_example() -> None:
    trained = {_squeeze(example) for several in examples().values() for example in several}
    told = {_squeeze(text): relative(path) for path in yaml_files(TESTS / "nlu") for text in _held_out(read_yaml(path))}
    told |= {_squeeze(text): relative(path) for path in python_files("tests") for text in _said(path)}
    told = {text: place for text, place in told.items() if len(text) >= 6}
    assert not {text: place for text, place in told.items() if text in trained}


def _held_out(content: dict[str, Any]) -> list[str]:
    return [
        line.lstrip()[1:].strip()
        for block in content.get("nlu") or []
        for line in str(block.get("examples", "")).splitlines()
        if line.strip()
    ]


def _said(path: Path) -> list[str]:
    """What a dialogue test says: the first argument of every `.say(...)`."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call) and node.args]
    said = [call.args[0] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "say"]
    return [node.value for node in said if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_rule_and_story_names_are_unique_sentences() -> None:
    count = Counter(name for _, _, name, _ in rules_and_stories())
    assert not {name: times for name, times in count.items() if times > 1}
    # A trainer names a story in Chinese (the studio), where four characters say as much as two words.
    short = [name for name in count if len(name.split()) < 2 and len(re.findall(r"[\u3400-\u9fff]", name)) < 4]
    assert not short + [name for name in count if re.search(r"\d+$", name)], "a name says what happens"


def test_every_block_of_a_table_of_contents_is_known() -> None:
    known = {"version", "nlu", "rules", "stories", "responses", "wishes", "events"}
    files = [path for path in yaml_files(DATA) if path.parent.name not in ("lookup", "agent_scripts")]
    assert not {relative(path): sorted(set(read_yaml(path)) - known) for path in files if set(read_yaml(path)) - known}


def test_every_data_file_states_its_version() -> None:
    files = [path for path in yaml_files(DATA) if path.parent.name not in ("lookup", "agent_scripts")]
    assert not [relative(path) for path in files if str(read_yaml(path).get("version")) != "3.1"]


def test_no_test_story_lies_in_the_training_data() -> None:
    assert not [relative(path) for path in yaml_files(DATA) if path.name.startswith("test_")]


def test_every_test_story_file_is_one_that_rasa_reads() -> None:
    assert not [relative(path) for path in yaml_files(TESTS / "stories") if not path.name.startswith("test_")]


def test_test_story_names_are_unique() -> None:
    count = Counter(str(story.get("story")) for path in yaml_files(TESTS / "stories") for story in read_yaml(path).get("stories") or [])
    assert not {name: times for name, times in count.items() if times > 1}


def test_no_bare_word_that_one_reader_takes_for_a_boolean() -> None:
    """PyYAML reads a bare yes, no, on and off as booleans, Rasa as strings: quote them."""
    trap = re.compile(r"(?:^|[:\[,{]|- )\s*(?:yes|no|on|off|Yes|No|On|Off|YES|NO|ON|OFF)\s*(?=$|[,\]}#:])")
    wrong = []
    for path in [*yaml_files(DATA, ROOT / "policy"), ROOT / "domain.yml", ROOT / "config.yml"]:
        block: int | None = None
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            indent = len(line) - len(line.lstrip())
            if block is not None and (not line.strip() or indent > block):
                continue
            block = indent if re.search(r":\s*[|>][+-]?\d*\s*$", line) else None
            code = re.sub(r"\"[^\"]*\"|'[^']*'", '""', line).split(" #")[0]
            if trap.search(code):
                wrong.append(f"{relative(path)}:{number}: {line.strip()[:60]}")
    assert not wrong, "\n".join(wrong)


def test_one_slot_is_featurised() -> None:
    featurised = [name for name, slot in domain()["slots"].items() if slot.get("influence_conversation", slot.get("type") != "any")]
    assert featurised == ["open_question"]


def test_the_assistant_has_a_name_of_its_own() -> None:
    name = read_yaml(ROOT / "config.yml").get("assistant_id")
    assert name
    assert name != "placeholder_default"


def _squeeze(text: str) -> str:
    # A message of marks alone is itself.
    return re.sub(r"[\s，。！？、,.!?~～]+", "", text) or text.strip()


def test_lookup_files_are_utf8_and_not_empty() -> None:
    files = [path for path in (DATA / "lookup").iterdir() if path.is_file()]
    assert not [relative(path) for path in files if not Path(path).read_text("utf-8").strip()]
