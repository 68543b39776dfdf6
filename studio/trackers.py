"""Talks as a policy sees them: the states that Rasa makes of stories and rules, one before each action.

Our own, small copy of rasa.shared.core (StoryStep.explicit_events, TrainingDataGenerator, Domain.get_active_state of 3.6), so that
a contradiction is found while somebody types and without an engine. That it agrees with Rasa is tested from both sides
(tests/studio/contradiction_cases.yml).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Literal

from studio.stories import Story
from studio.vocabulary import LISTEN, SHOULD_NOT_BE_SET, Vocabulary

SNIPPET = "..."
# So many ways through one story's alternatives and checkpoints are followed; more is a mistake of the story.
MOST_WAYS = 400

State = Mapping[str, Mapping[str, Any]]
What = Literal["user", "action", "slot", "loop"]


@dataclass(frozen=True)
class Event:
    """One event of a talk and where it stands: ``story`` its index in the list of stories, ``step`` its place there (-1: condition)."""

    what: What
    name: str | None
    value: Any = None
    story: int = 0
    step: int = -1
    unpredictable: bool = False


@dataclass(frozen=True)
class Way:
    """One way through a story (alternatives chosen, checkpoints followed); ``names`` of the stories it runs through."""

    events: tuple[Event, ...]
    rule: bool
    story: int
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """As Rasa calls it in its messages."""
        return " > ".join(self.names)

    @cached_property
    def turns(self) -> int:
        """How often the shopper speaks."""
        return sum(event.what == "user" for event in self.events)


class Tracker:
    """What is known at a point of a talk; ``state()`` is what a policy sees of it."""

    def __init__(self, words: Vocabulary, rule: bool = False) -> None:
        self._words = words
        self._rule = rule
        self.user: dict[str, Any] = {}
        self.previous: str | None = None
        self.loop: str | None = None
        self.rejected = False
        self._set: set[str] = set()
        self._slots: dict[str, Any] = {name: one.feature(one.initial) for name, one in words.slots.items() if one.influences}

    def update(self, event: Event) -> None:
        """What happened."""
        if event.what == "user":
            self.user = dict(event.value)
        elif event.what == "action":
            self.previous = event.name
            if self.loop is not None and self.previous == self.loop:
                self.rejected = False
        elif event.what == "loop":
            self.loop = SHOULD_NOT_BE_SET if self._rule and event.name is None else event.name
            self.rejected = False
        elif event.name in self._slots:
            unset = self._rule and event.value is None
            self._slots[event.name] = SHOULD_NOT_BE_SET if unset else self._words.slots[event.name].feature(event.value)
            self._set.add(event.name)

    @property
    def form(self) -> str | None:
        """The form that is being filled in."""
        return None if self.loop == SHOULD_NOT_BE_SET else self.loop

    def state(self, only_set: bool = False) -> State:
        """What a policy sees; ``only_set``: without the initial values of slots, as rules are learned."""
        slots = {
            name: value
            for name, value in self._slots.items()
            if (value == SHOULD_NOT_BE_SET or any(value)) and (not only_set or name in self._set)
        }
        parts: dict[str, Mapping[str, Any]] = {
            "user": self.user,
            "slots": slots,
            "prev_action": {"action_name": self.previous} if self.previous else {},
            "active_loop": {"name": self.loop} if self.loop else {},
        }
        return {part: value for part, value in parts.items() if value}


def written(states: Sequence[State]) -> str:
    """States in one string: equal ones are equal, and as long as Rasa's own (the longest rule wins)."""
    return json.dumps(list(states), sort_keys=True)


def action_of(state: State) -> str | None:
    """The action before this state."""
    return state.get("prev_action", {}).get("action_name")


def form_of(state: State) -> str | None:
    """The form that is open in this state."""
    name = state.get("active_loop", {}).get("name")
    return None if name == SHOULD_NOT_BE_SET else name


@dataclass(frozen=True)
class Moment:
    """A point of a way where an action follows: the ``states`` up to it, the action's event, and the tracker's view for forms."""

    states: tuple[State, ...]
    event: Event


def moments(way: Way, words: Vocabulary, only_set: bool = False) -> list[Moment]:
    """Every action of a way with the states before it."""
    tracker, states, found = Tracker(words, way.rule), [], []
    for event in way.events:
        if event.what == "action":
            states.append(tracker.state(only_set))
            found.append(Moment(tuple(states), event))
        tracker.update(event)
    return found


def ways(stories: Sequence[Story], words: Vocabulary) -> list[Way]:
    """All ways through the stories; test stories are left out. A checkpoint joins stories where one ends with it and another begins."""
    made = [(place, list(_pieces(place, story, words))) for place, story in enumerate(stories) if story.kind != "test"]
    starting: dict[str, list[tuple[int, list[Any]]]] = {}
    for place, pieces in made:
        if pieces and (begins := _checkpoint(pieces[0])) is not None:
            starting.setdefault(begins, []).append((place, pieces))
    found: list[Way] = []
    for place, pieces in made:
        if pieces and _checkpoint(pieces[0]) is None:
            for events, names in _followed(place, pieces, starting, stories, frozenset()):
                found.append(_way(stories[place], place, events, names))
    return found


def _way(story: Story, place: int, events: Sequence[Event], names: Sequence[str]) -> Way:
    """With the listening that nobody writes down (StoryStep.explicit_events), and the first action marked that cannot be foretold."""
    full: list[Event] = []
    for event in events:
        if event.what == "user" and not (full and full[-1].what == "action" and full[-1].name == LISTEN):
            full.append(Event("action", LISTEN, story=event.story, step=event.step))
        full.append(event)
    last = full[-1] if full else None
    if last is not None and not (last.what == "action" and last.name == LISTEN):
        full.append(Event("action", LISTEN, story=last.story, step=last.step + 1))
    for at, event in enumerate(full):
        if event.what == "user" or (event.what == "action" and event.name == LISTEN):
            break
        if event.what == "action":
            full[at] = Event(event.what, event.name, event.value, event.story, event.step, unpredictable=True)
            break
    return Way(tuple(full), story.kind == "rule", place, tuple(dict.fromkeys(names)))


# A piece is a list of alternatives, each a list of events; ("checkpoint", name) stands for itself.
def _pieces(place: int, story: Story, words: Vocabulary) -> Iterator[list[Any]]:
    if story.kind == "rule":
        yield from (one for step in story.condition if (one := _alternatives(place, -1, step, words)))
        if not story.conversation_start:
            yield [[Event("action", SNIPPET, story=place, step=-1)]]
    for at, step in enumerate(story.steps):
        alternatives = _alternatives(place, at, step, words)
        if alternatives:
            yield alternatives
    if story.kind == "rule" and not story.wait_for_user_input:
        yield [[Event("action", SNIPPET, story=place, step=len(story.steps))]]


def _followed(
    place: int, pieces: Sequence[list[Any]], starting: Mapping[str, Any], stories: Sequence[Story], passed: frozenset[str]
) -> Iterator[tuple[list[Event], list[str]]]:
    own: list[list[Any]] = []
    onward: str | None = None
    for at, piece in enumerate(pieces):
        name = _checkpoint(piece)
        if name is None:
            own.append(piece)
        elif at and at == len(pieces) - 1:
            onward = name
    count = 0
    for chosen in product(*own):
        count += 1
        if count > MOST_WAYS:
            return
        events = [event for part in chosen for event in part]
        following = starting.get(onward or "", ()) if onward not in passed else ()
        if not following:
            yield events, [stories[place].name]
            continue
        for further, its in following:
            for more, names in _followed(further, its, starting, stories, passed | {str(onward)}):
                count += 1
                if count > MOST_WAYS:
                    return
                yield [*events, *more], [stories[place].name, *names]


def _checkpoint(piece: list[Any]) -> str | None:
    return str(piece[0][1]) if isinstance(piece[0], tuple) else None


def _alternatives(place: int, at: int, step: Any, words: Vocabulary) -> list[Any]:
    if not isinstance(step, Mapping):
        return []
    if "intent" in step or "user" in step:
        return [_said(place, at, step, words)]
    if "or" in step:
        found: list[Any] = []
        for one in step["or"] if isinstance(step["or"], list) else ():
            if not isinstance(one, Mapping):
                continue
            if "intent" in one or "user" in one:
                found.append(_said(place, at, one, words))
            else:
                found += [[event] for event in _slots(place, at, one.get("slot_was_set"))]
        return found
    if step.get("action"):
        return [[Event("action", str(step["action"]), story=place, step=at)]]
    if step.get("bot"):
        return [[Event("action", str(step["bot"]), story=place, step=at)]]
    if "checkpoint" in step:
        return [("checkpoint", str(step["checkpoint"]))]
    if "slot_was_set" in step:
        events = _slots(place, at, step["slot_was_set"])
        return [events] if events else []
    if "active_loop" in step:
        return [[Event("loop", step["active_loop"], story=place, step=at)]]
    return []


def _slots(place: int, at: int, value: Any) -> list[Event]:
    found = []
    for one in value if isinstance(value, list) else ():
        if isinstance(one, Mapping):
            found += [Event("slot", str(name), said, place, at) for name, said in one.items()]
        elif isinstance(one, str):
            found.append(Event("slot", one, "filled", place, at))
    return found


def _said(place: int, at: int, step: Mapping[str, Any], words: Vocabulary) -> list[Event]:
    """The shopper's message, and the slots that its entities fill."""
    said: list[tuple[str, Any]] = []
    for one in step.get("entities") or ():
        if isinstance(one, str):
            said.append((one, ""))
        elif isinstance(one, Mapping):
            said += [(str(name), value) for name, value in one.items() if name not in ("role", "group")]
    intent = str(step.get("intent") or "").strip().removeprefix("/").partition("/")[0]
    value: dict[str, Any] = {"intent": intent} if intent else {"text": str(step.get("user") or "").strip()}
    seen = words.seen_entities(intent, [name for name, _ in said])
    if seen:
        value["entities"] = list(seen)
    filled = [
        Event("slot", slot.name, [text] if slot.type == "list" else text, place, at)
        for slot in words.slots.values()
        if slot.influences
        for name, text in said
        if name in slot.entities and text not in ("", None)
    ]
    return [Event("user", intent or None, value, place, at), *filled]
