"""The rules that fit a state, looked up: Rasa's RulePolicy holds every rule against every state of the talk, twice a prediction.

A state of the talk recurs all day, so which rules fit it is found once, by Rasa's own test, and kept. Only a loaded model's policy is
given the index (engine/channel.py): while a policy is trained, its rules change. The pin `rasa==3.6.21` and tests/test_rule_index.py
keep this honest.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from rasa.core.agent import Agent
from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

# Of states; a talk's text is in none of them (see below), so they are a few hundred.
MOST = 4096
TEXT = "text"
State = Mapping[str, Any]


class RuleIndex:
    """Stands in for `RulePolicy._get_possible_keys` of one trained policy."""

    def __init__(self, policy: RulePolicy) -> None:
        self._policy = policy
        self._kept: dict[tuple[int, int, str], frozenset[str]] = {}
        # The lookups stay alive with the policy, so their ids are theirs alone.
        self._lookups = {id(lookup): lookup for lookup in policy.lookup.values() if isinstance(lookup, dict)}
        self._longest = {
            place: max((len(policy._rule_key_to_state(key)) for key in lookup), default=0) for place, lookup in self._lookups.items()
        }
        self._of_text = {
            place: any(TEXT in state.get("user", {}) for key in lookup for state in policy._rule_key_to_state(key))
            for place, lookup in self._lookups.items()
        }

    def __call__(self, lookup: dict[str, str], states: Sequence[State]) -> set[str]:
        """Keys of the rules that fit these states (oldest first); exactly what Rasa's own method finds."""
        place = id(lookup)
        if place not in self._lookups or self._of_text[place]:
            found: set[str] = RulePolicy._get_possible_keys(self._policy, lookup, list(states))
            return found
        fitting: frozenset[str] | None = None
        # Beyond its length every rule fits.
        for turn, state in enumerate(reversed(states[-self._longest[place] :] if self._longest[place] else [])):
            own = self._fitting(place, turn, state)
            fitting = own if fitting is None else fitting & own
            if not fitting:
                break
        return set(lookup) if fitting is None else set(fitting)

    def _fitting(self, place: int, turn: int, state: State) -> frozenset[str]:
        # No rule looks at the shopper's words, so they are neither compared nor kept.
        plain = {part: {name: value for name, value in features.items() if name != TEXT} for part, features in state.items()}
        key = (place, turn, repr(plain))
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MOST:
                self._kept.clear()
            found = frozenset(one for one in self._lookups[place] if self._policy._is_rule_applicable(one, turn, dict(state)))
            self._kept[key] = found
        return found


class RuleSearch:
    """Stands in for `RulePolicy._find_action_from_rules`: not by the shopper's words where no rule could look at them.

    After each message Rasa goes through the talk twice, once with the words in the intent's place. Without a rule that fits such a
    state that pass finds no action; what else it tells is about an open form, so it is left out only where none is open.
    """

    def __init__(self, policy: RulePolicy) -> None:
        self._policy = policy
        self._by_words = any(not _names_intent(policy._rule_key_to_state(key)) for key in policy.lookup[RULES])

    def __call__(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        """Action, rule and whether a form comes back from an unhappy path; as Rasa's own method."""
        if use_text_for_last_user_input and not self._by_words and not tracker.active_loop_name:
            return None, None, False
        found: tuple[str | None, str | None, bool] = RulePolicy._find_action_from_rules(
            self._policy, tracker, domain, use_text_for_last_user_input
        )
        return found


def _names_intent(states: Sequence[State]) -> bool:
    """Whether a rule's last state is after another action than listening, or asks for an intent: then no state with words fits it."""
    last = states[-1] if states else {}
    after = last.get("prev_action", {}).get("action_name")
    return (after is not None and after != ACTION_LISTEN_NAME) or "intent" in last.get("user", {})


def _no_words(_: Any) -> str:
    return ""


def index_rules(agent: Agent) -> int:
    """Give every rule policy of a loaded agent its index; how many there were.

    What policies write of every state for the log is left out as well unless it is wanted.
    """
    assert agent.processor is not None
    nodes = getattr(agent.processor.graph_runner, "_instantiated_nodes", {})
    policies = [node._component for node in nodes.values() if isinstance(node._component, Policy)]
    rules = [policy for policy in policies if isinstance(policy, RulePolicy)]
    for policy in rules:
        policy._get_possible_keys = RuleIndex(policy)  # type: ignore[method-assign]
        policy._find_action_from_rules = RuleSearch(policy)  # type: ignore[method-assign]
    if not logging.getLogger("rasa").isEnabledFor(logging.DEBUG):
        for policy in policies:
            policy.format_tracker_states = _no_words  # type: ignore[method-assign]
    return len(rules)
