"""What Rasa's RulePolicy and MemoizationPolicy (3.6) learn from rules and stories, and what they would do next.

``RulePolicy.predict`` follows rasa.core.policies.rule_policy step by step: built-in commands first, then an open form, then the longest
rule that fits. Nothing is trained: the rules are looked up as they stand in the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from studio.trackers import SNIPPET, Event, State, Tracker, Way, action_of, form_of, moments, written
from studio.vocabulary import LISTEN, SHOULD_NOT_BE_SET, Vocabulary

# rasa.shared.core.constants.DEFAULT_ACTION_MAPPINGS
BUILT_IN = {"restart": "action_restart", "back": "action_back", "session_start": "action_session_start"}
INTERRUPTED, NOT_THE_FORM = "interrupted", "not the form"
FORM = "form "


@dataclass(frozen=True)
class Rule:
    """One learned turn: after these ``states`` comes ``action``; ``key`` is what the longest one is told by."""

    states: tuple[State, ...]
    action: str
    key: str


@dataclass(frozen=True)
class Next:
    """What comes next: ``action`` (None: nothing fits) and ``source``, what decided it: a rule's key, a form, a built-in command."""

    action: str | None
    source: str | None


def _cut(states: Sequence[State]) -> tuple[State, ...]:
    """The states after the last "anything may have happened before"."""
    for at in range(len(states) - 1, -1, -1):
        if action_of(states[at]) == SNIPPET:
            return tuple(states[at + 1 :])
    return tuple(states)


class RulePolicy:
    """The rules of these ways (of rules and of stories)."""

    def __init__(self, every: Sequence[Way], words: Vocabulary) -> None:
        self._words = words
        rules = [way for way in every if way.rule]
        self.rules = {rule.key: rule for rule in self._learned(rules)}
        self._unhappy = self._around_forms(every)
        self._by_end = _indexed(self.rules.values())
        self._unhappy_by_end = _indexed(self._unhappy.values())

    def _learned(self, rules: Iterable[Way]) -> list[Rule]:
        found: dict[str, Rule] = {}
        ambiguous: set[str] = set()
        for way in rules:
            for moment in moments(way, self._words, only_set=True):
                states, action = _cut(moment.states), str(moment.event.name)
                if not states or moment.event.unpredictable:
                    continue
                key = written(states)
                known = found.get(key)
                if known is not None and known.action != action:
                    ambiguous.add(key)
                found.setdefault(key, Rule(states, action, key))
        return [rule for key, rule in found.items() if key not in ambiguous and rule.action != SNIPPET]

    def _around_forms(self, every: Iterable[Way]) -> dict[str, Rule]:
        """What rules and stories say of leaving a form for a moment (_create_loop_unhappy_lookup_from_states)."""
        found: dict[str, Rule] = {}
        for way in every:
            for moment in moments(way, self._words, only_set=way.rule):
                states, action = moment.states, str(moment.event.name)
                form = form_of(states[-1])
                if not form or moment.event.unpredictable:
                    continue
                last = action_of(states[-1])
                short: tuple[State, ...] = (states[-1],)
                if len(states) > 1 and states[-2].get("prev_action"):
                    short = ({"prev_action": states[-2]["prev_action"]}, states[-1])
                short = _cut(short)
                if not short:
                    continue
                key = written(short)
                if last == LISTEN and action == form:
                    found[key] = Rule(short, INTERRUPTED, key)
                elif last != LISTEN and action != form:
                    found[key] = Rule(short, NOT_THE_FORM, key)
        return found

    def predict(self, tracker: Tracker, states: Sequence[State]) -> Next:
        """What comes after these states (the newest last)."""
        intent = tracker.user.get("intent")
        if tracker.previous == LISTEN and intent in BUILT_IN:
            return Next(BUILT_IN[intent], f"built-in {intent}")
        form = tracker.form
        if form is not None and not tracker.rejected:
            if tracker.previous != form:
                return Next(form, FORM + form)
            return Next(LISTEN, f"{FORM}{form} {LISTEN}")
        fitting = _fitting(self._by_end, states)
        best = max(fitting, key=lambda rule: (len(rule.key), rule.key), default=None)
        action = best.action if best else None
        if form is not None:
            around = {rule.action for rule in _fitting(self._unhappy_by_end, states)}
            if best is not None and action == LISTEN and not form_of(best.states[-1]):
                if NOT_THE_FORM not in around:
                    return Next(form, best.key)
                action = None
        return Next(action, best.key if best else written(_cut(states)))

    def goes_further(self, source: str) -> bool:
        """Whether a rule begins like this one and goes on after it."""
        return any(key.startswith(source[:-2]) and key != source for key in self.rules)


def _end(state: State) -> tuple[str | None, Any]:
    return action_of(state), state.get("user", {}).get("intent")


def _indexed(rules: Iterable[Rule]) -> dict[tuple[str | None, Any], list[Rule]]:
    found: dict[tuple[str | None, Any], list[Rule]] = {}
    for rule in rules:
        found.setdefault(_end(rule.states[-1]), []).append(rule)
    return found


def _fitting(index: dict[tuple[str | None, Any], list[Rule]], states: Sequence[State]) -> list[Rule]:
    """Rules that fit these states; one that names no intent fits every one."""
    previous, intent = _end(states[-1])
    candidates = [*index.get((previous, intent), ()), *(index.get((previous, None), ()) if intent is not None else ())]
    return [rule for rule in candidates if _fits(rule.states, states)]


def _fits(rule: Sequence[State], states: Sequence[State]) -> bool:
    for at in range(min(len(rule), len(states))):
        own, here = rule[-1 - at], states[-1 - at]
        mine, its = own.get("prev_action"), here.get("prev_action")
        if not mine and not its:
            continue
        if not mine or not its or not _matches(own, here):
            return False
    return True


def _matches(rule: State, here: State) -> bool:
    for part, features in rule.items():
        its = here.get(part, {})
        for name, wanted in features.items():
            said = its.get(name)
            if wanted == SHOULD_NOT_BE_SET:
                if said and said != SHOULD_NOT_BE_SET:
                    return False
            elif wanted and said != wanted:
                return False
    return True


class Memory:
    """What MemoizationPolicy remembers of the stories: the last ``longest`` states → what followed, where it is always the same."""

    def __init__(self, every: Iterable[Way], words: Vocabulary, longest: int | None) -> None:
        self._longest = longest
        self.followed: dict[str, dict[str, list[tuple[Way, Event]]]] = {}
        self.states: dict[str, tuple[State, ...]] = {}
        for way in every:
            if way.rule:
                continue
            for moment in moments(way, words):
                if moment.event.unpredictable:
                    continue
                states = self._last(moment.states)
                key = written(states)
                self.states.setdefault(key, states)
                self.followed.setdefault(key, {}).setdefault(str(moment.event.name), []).append((way, moment.event))

    def _last(self, states: Sequence[State]) -> tuple[State, ...]:
        return tuple(states if self._longest is None else states[-self._longest :])

    def recall(self, states: Sequence[State]) -> str | None:
        """What followed; None when it is not known, or not always the same."""
        found = self.followed.get(written(self._last(states)), {})
        return next(iter(found)) if len(found) == 1 else None


class Policies:
    """Both policies together, as the bot asks them: a rule first, then what a story remembers, then the fallback."""

    def __init__(self, every: Sequence[Way], words: Vocabulary) -> None:
        self._words = words
        self.rules = RulePolicy(every, words)
        self.memory = Memory(every, words, words.max_history)

    def next(self, tracker: Tracker, states: Sequence[State]) -> str | None:
        """The action that comes next; None when the bot would fall back."""
        found = self.rules.predict(tracker, states).action
        return found if found is not None else self.memory.recall(states)
