"""The verdicts that the studio's own check is tested against (tests/studio/contradiction_cases.json) are Rasa's.

``python -m engine.tests.test_contradiction_cases`` draws the cases anew and writes them with Rasa's verdicts.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.core.policies.rule_policy import InvalidRule, RulePolicy
from rasa.core.training.story_conflict import find_story_conflicts
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrainingDataGenerator
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph

CASES = Path(__file__).resolve().parents[2] / "tests" / "studio" / "contradiction_cases.json"
DOMAIN = """
version: "3.1"
intents:
  - a: {use_entities: []}
  - b: {use_entities: []}
  - c
entities: [colour]
slots:
  q: {type: categorical, values: [x, y], influence_conversation: true, mappings: [{type: custom}]}
  flag: {type: bool, influence_conversation: true, mappings: [{type: custom}]}
  style: {type: categorical, values: [x, y], initial_value: x, influence_conversation: true, mappings: [{type: custom}]}
  paint: {type: text, influence_conversation: true, mappings: [{type: from_entity, entity: colour}]}
  hidden: {type: text, influence_conversation: false, mappings: [{type: custom}]}
forms:
  f: {required_slots: [hidden]}
actions: [act_1, act_2, act_3]
"""
HISTORY = 1
DRAWN = 160


def verdict(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What Rasa's RulePolicy refuses (``sort`` and the names it gives) and the stories it cannot tell apart."""
    domain = Domain.from_yaml(DOMAIN)
    steps = YAMLStoryReader(domain).read_from_string(yaml.safe_dump({"version": "3.1", **content}, sort_keys=False))
    trackers = TrainingDataGenerator(StoryGraph(steps), domain, augmentation_factor=0).generate()
    told = [one for one in trackers if not one.is_rule_tracker]
    conflicts = find_story_conflicts(told, domain, HISTORY)
    names = sorted({name for one in conflicts for several in one._conflicting_actions.values() for name in several})
    context = ExecutionContext(GraphSchema({}))
    policy = RulePolicy(RulePolicy.get_default_config(), LocalModelStorage(folder), Resource("rules"), context)
    try:
        policy.train(trackers, domain)
    except InvalidRule as refused:
        return {"sort": _sort(str(refused)), "names": _names(str(refused)), "conflicts": names}
    return {"sort": None, "names": [], "conflicts": names}


def _sort(text: str) -> str:
    return "turns" if "more than 1" in text else "incomplete" if "Incomplete" in text else "rule"


def _names(text: str) -> list[str]:
    if "more than 1" in text:
        return sorted(set(re.search(r"Found rules '(.*?)' that", text, re.S).group(1).split(", ")))  # type: ignore[union-attr]
    return sorted(set(re.findall(r"in (?:rule|story) '([^']+)'", text)))


def drawn(seed: int) -> dict[str, Any]:
    """Rules and stories as somebody might write them, right ones and wrong ones."""
    dice = random.Random(seed)

    def said() -> dict[str, Any]:
        if dice.random() < 0.12:
            return {"or": [{"intent": one} for one in dice.sample("abc", 2)]}
        if dice.random() < 0.1:
            return {"intent": "c", "entities": [{"colour": "red"}]}
        return {"intent": dice.choice("abc" if dice.random() < 0.95 else ["restart"])}

    def slot() -> dict[str, Any]:
        name, values = dice.choice(
            [("q", ["x", "y", None]), ("flag", [True, False, None]), ("style", ["x", "y"]), ("hidden", ["v"]), ("paint", ["r", None])]
        )
        return {"slot_was_set": [{name: dice.choice(values)}]}

    def done() -> list[dict[str, Any]]:
        if dice.random() < 0.2:
            ends = dice.random() < 0.7
            return [{"action": "f"}, {"active_loop": "f"}, *([{"active_loop": None}, {"action": "act_3"}] if ends else [])]
        return [{"action": dice.choice(["act_1", "act_2"])}, *([slot()] if dice.random() < 0.3 else [])]

    rules, stories = [], []
    for number in range(dice.randint(1, 4)):
        one: dict[str, Any] = {"rule": f"rule {number}"}
        if dice.random() < 0.3:
            one["condition"] = [slot() if dice.random() < 0.6 else {"active_loop": "f"}]
        one["steps"] = [*([said()] if dice.random() < 0.9 else []), *done(), *(done() if dice.random() < 0.2 else [])]
        if dice.random() < 0.05:
            one["steps"] += [said(), *done()]
        if dice.random() < 0.1:
            one["wait_for_user_input"] = False
        if dice.random() < 0.05:
            one["conversation_start"] = True
        rules.append(one)
    for number in range(dice.randint(0, 4)):
        steps = []
        for _ in range(dice.randint(1, 3)):
            steps += [said(), *done()]
        stories.append({"story": f"story {number}", "steps": steps})
    return {"rules": rules, **({"stories": stories} if stories else {})}


def twice(content: dict[str, Any]) -> bool:
    """Rasa leaves out a talk that stands there twice, and a form's second run in one rule: such cases prove nothing."""
    ways: list[str] = []
    for one in [*content["rules"], *content.get("stories", [])]:
        if "rule" in one and [step.get("action") for step in one["steps"]].count("f") > 1:
            return True
        choices = [step.get("or", [step]) for step in one["steps"]]
        ways += [json.dumps([one.get("condition"), *chosen]) for chosen in itertools.product(*choices)]
    return len(ways) != len(set(ways))


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(CASES.read_text("utf-8"))["cases"]
    return found


@pytest.mark.parametrize("part", range(4))
def test_the_recorded_verdicts_are_those_of_rasa(part: int, tmp_path: Path) -> None:
    for number, case in enumerate(cases()[part::4]):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert verdict(case["content"], folder) == case["verdict"], case


def write() -> None:
    """Draw the cases and write them with Rasa's verdicts."""
    found = []
    with tempfile.TemporaryDirectory() as home:
        contents = (one for one in map(drawn, itertools.count()) if not twice(one))
        for seed, content in enumerate(itertools.islice(contents, DRAWN)):
            folder = Path(home) / str(seed)
            folder.mkdir()
            found.append({"content": content, "verdict": verdict(content, folder)})
    text = ",\n".join(json.dumps(one, ensure_ascii=False) for one in found)
    CASES.write_text('{"domain": ' + json.dumps(DOMAIN) + f', "history": {HISTORY}, "cases": [\n{text}\n]}}\n', "utf-8")


if __name__ == "__main__":
    write()
