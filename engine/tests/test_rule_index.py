"""The index finds the rules that Rasa's own search finds."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from engine import rule_index
from engine.rule_index import RuleIndex, RuleSearch, index_rules


@pytest.fixture(scope="module")
def agent(model: Path) -> Agent:
    return Agent.load(str(model))


@pytest.fixture
def policy(agent: Agent) -> Iterator[RulePolicy]:
    assert agent.processor is not None
    nodes = agent.processor.graph_runner._instantiated_nodes.values()  # type: ignore[attr-defined]
    found = next(node._component for node in nodes if isinstance(node._component, RulePolicy))
    yield found
    for name in ("_get_possible_keys", "_find_action_from_rules", "format_tracker_states"):
        found.__dict__.pop(name, None)


def talks(policy: RulePolicy) -> list[list[dict[str, Any]]]:
    """States of talks: every rule's own, longer and shorter ones, and ones with a part changed, gone or of words."""
    drawn = random.Random(5)
    rules = [policy._rule_key_to_state(key) for key in policy.lookup[RULES]]
    states = [state for rule in rules for state in rule]
    found = [copy.deepcopy(rule) for rule in rules]
    found += [copy.deepcopy([*drawn.sample(states, min(3, len(states))), *rule]) for rule in rules]
    for rule in copy.deepcopy(rules):
        changed = rule[-1]
        part = drawn.choice(sorted(changed) or ["user"])
        changed[part] = drawn.choice([{}, {"intent": "nonsense"}, {"text": "随便说说"}, {"action_name": "action_listen"}])
        found.append(rule)
    found += [[drawn.choice(states) for _ in range(drawn.randint(1, 5))] for _ in range(200)]
    return [*found, []]


def test_the_same_rules_are_found(policy: RulePolicy) -> None:
    index, fitting = RuleIndex(policy), 0
    for states in talks(policy):
        for lookup in (one for one in policy.lookup.values() if isinstance(one, dict)):
            expected = RulePolicy._get_possible_keys(policy, lookup, states)
            assert index(lookup, states) == expected
            assert index(lookup, states) == expected, "the second time it is looked up"
            fitting += bool(expected)
    assert fitting > 10


def test_a_loaded_agent_predicts_with_the_index(agent: Agent, policy: RulePolicy) -> None:
    assert index_rules(agent) == 1
    assert isinstance(policy._get_possible_keys, RuleIndex)
    assert isinstance(policy._find_action_from_rules, RuleSearch)


def test_no_words_of_a_shopper_are_kept(policy: RulePolicy) -> None:
    index = RuleIndex(policy)
    index(policy.lookup[RULES], [{"user": {"text": "我的电话是那个"}, "prev_action": {"action_name": "action_listen"}}])
    assert index._kept
    assert not any("电话" in key[2] for key in index._kept)


def test_what_is_kept_is_bounded(policy: RulePolicy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_index, "MOST", 5)
    index = RuleIndex(policy)
    for number in range(20):
        index(policy.lookup[RULES], [{"user": {"intent": f"i{number}"}}])
        assert len(index._kept) <= 5


def test_another_lookup_is_searched_as_rasa_does(policy: RulePolicy) -> None:
    others = dict(list(policy.lookup[RULES].items())[:2])
    assert RuleIndex(policy)(others, []) == set(others)


def trackers(policy: RulePolicy, domain: Domain) -> list[DialogueStateTracker]:
    """Talks after a message of every intent, in and out of every form, and after an action."""
    found = []
    for intent in sorted(domain.intents):
        for form in (None, *domain.form_names):
            events: list[Event] = [ActionExecuted("action_listen")]
            if form:
                events = [*events, UserUttered("先", {"name": "greet", "confidence": 1.0}), ActionExecuted(form), ActiveLoop(form), *events]
            said = UserUttered("随便说说", {"name": intent, "confidence": 1.0})
            found.append(DialogueStateTracker.from_events("t", [*events, said], domain.slots))
            found.append(DialogueStateTracker.from_events("t", [*events, said, ActionExecuted("utter_greet")], domain.slots))
    return found


def test_the_same_actions_follow_without_the_pass_by_words(agent: Agent, policy: RulePolicy) -> None:
    assert agent.processor is not None
    domain = agent.processor.domain
    talks_now = trackers(policy, domain)
    expected = [policy._predict(tracker, domain) for tracker in talks_now]
    index_rules(agent)
    assert [policy._predict(tracker, domain) for tracker in talks_now] == expected
    assert any(prediction.max_confidence > 0 for prediction, _ in expected)


def test_a_rule_that_fits_any_words_is_still_asked(policy: RulePolicy) -> None:
    assert not RuleSearch(policy)._by_words
    listening = {"prev_action": {"action_name": "action_listen"}}
    for state in (listening, {**listening, "user": {"text": "你好"}}, {"slots": {"open": [1.0]}}):
        policy.lookup[RULES][json.dumps([state])] = "utter_greet"
        try:
            assert RuleSearch(policy)._by_words
        finally:
            del policy.lookup[RULES][json.dumps([state])]
