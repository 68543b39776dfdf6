"""Everything that is known of the rules and stories of a workspace, worked out once and kept until a file changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from studio.contradictions import Contradiction, contradictions
from studio.rule_policy import Policies
from studio.stories import Story, stories
from studio.trackers import Tracker, Way, ways
from studio.vocabulary import LISTEN, Vocabulary, vocabulary
from studio.workspace import Workspace

# So many states of the files are kept: the checkout, what a save would make of it, and a few drafts.
KEPT = 6


@dataclass(frozen=True)
class Wrong:
    """A test story that fails by the rules and stories as they are: at ``step`` it expects one action and ``would`` come."""

    story: Story
    step: int
    expected: str
    would: str


class Dialogue:
    """Rules, stories and test stories with their vocabulary. Lazily: a page that lists names pays for no contradictions."""

    def __init__(self, every: list[Story], words: Vocabulary) -> None:
        self.stories = every
        self.words = words

    def find(self, path: str, key: str) -> Story | None:
        """A talk by its place."""
        return next((one for one in self.stories if (one.path, one.key) == (path, key)), None)

    @cached_property
    def ways(self) -> list[Way]:
        """All ways through rules and stories."""
        return ways(self.stories, self.words)

    @cached_property
    def policies(self) -> Policies:
        """What the bot would do next."""
        return Policies(self.ways, self.words)

    @cached_property
    def contradictions(self) -> list[Contradiction]:
        """Where they contradict each other."""
        return contradictions(self.stories, self.words, self.ways)

    @cached_property
    def failing(self) -> list[Wrong]:
        """Test stories that would fail, each with its first wrong step."""
        found = (self.first_wrong(one) for one in self.stories if one.kind == "test")
        return [one for one in found if one is not None]

    def first_wrong(self, story: Story) -> Wrong | None:
        """The first step of a talk that the bot would not do, as ``rasa test core`` walks it."""
        for way in ways([_as_story(story)], self.words):
            tracker, states = Tracker(self.words), list[Any]()
            for event in way.events:
                if event.what != "action":
                    tracker.update(event)
                    continue
                states.append(tracker.state())
                if tracker.previous is None and not tracker.user:
                    tracker.update(event)
                    continue
                would = self.policies.next(tracker, states)
                if would != event.name and tracker.form is not None and would == tracker.form:
                    tracker.rejected = True
                    would = self.policies.next(tracker, states)
                if would != event.name:
                    return Wrong(story, event.step, str(event.name), would or str(self.words.fallback))
                tracker.update(event)
        return None

    def next_action(self, steps: list[Any]) -> str | None:
        """What the bot would do after these steps (of the first alternatives); None: it would say that it did not understand."""
        story = Story("", "", "story", "", tuple(steps))
        way = next(iter(ways([story], self.words)), None)
        if way is None:
            return None
        tracker, states = Tracker(self.words), list[Any]()
        # The last listening is the one that nobody wrote down: the talk goes on there.
        ends = way.events[:-1] if way.events and way.events[-1].name == LISTEN else way.events
        for event in ends:
            if event.what == "action":
                states.append(tracker.state())
            tracker.update(event)
        states.append(tracker.state())
        return self.policies.next(tracker, states)


def _as_story(story: Story) -> Story:
    return Story(story.path, story.key, "story", story.name, story.steps)


_kept: OrderedDict[Any, Dialogue] = OrderedDict()
_lock = threading.Lock()


def dialogue(workspace: Workspace) -> Dialogue:
    """What is known of this workspace. StudioError when a file does not load."""
    key = (str(workspace.root), workspace.stamp())
    with _lock:
        known = _kept.get(key)
        if known is not None:
            _kept.move_to_end(key)
            return known
    made = Dialogue(stories(workspace), vocabulary(workspace))
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made
