"""Talks drawn as a flow: those that begin alike share their first steps and part where they differ."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.contradictions import Contradiction
from studio.stories import Story, View, view

# A drawing of more talks than this is read by nobody; what is left out is said.
MOST_TALKS = 60

Place = tuple[str, str]


@dataclass
class Node:
    """A step in the drawing: ``talks`` (path, key) that run through it, ``ends`` that stop here, ``clash``: paths part wrongly here."""

    id: int
    parent: int | None
    view: View
    talks: list[Place] = field(default_factory=list)
    ends: list[Place] = field(default_factory=list)
    clash: bool = False
    depth: int = 0

    @property
    def shown(self) -> dict[str, Any]:
        """As a page gets it."""
        return {
            "id": self.id,
            "parent": self.parent,
            "depth": self.depth,
            "step": self.view,
            "talks": [list(one) for one in self.talks],
            "ends": [list(one) for one in self.ends],
            "clash": self.clash,
        }


@dataclass(frozen=True)
class Flow:
    """A drawing: its ``nodes`` (a parent stands before its children), the ``talks`` in it, and how many were ``left_out``."""

    nodes: tuple[Node, ...]
    talks: tuple[Story, ...]
    left_out: int

    @property
    def shown(self) -> dict[str, Any]:
        """As a page gets it."""
        talks = [{"path": one.path, "key": one.key, "kind": one.kind, "name": one.name} for one in self.talks]
        return {"nodes": [one.shown for one in self.nodes], "talks": talks, "left_out": self.left_out}


def begins(story: Story) -> frozenset[str]:
    """Intents that a talk begins with; for one that does not begin with the shopper, its first step."""
    for step in story.steps:
        one = view(step)
        if one["kind"] == "shopper":
            return frozenset(str(wish.get("intent") or wish.get("user")) for wish in one["wishes"])
        if one["kind"] == "bot":
            return frozenset({f"action {one['action']}"})
    return frozenset()


def family(stories: Sequence[Story], story: Story) -> list[Story]:
    """The talk and all that begin like it; tests only with a test, since they repeat what rules and stories say."""
    wanted, test = begins(story), story.kind == "test"
    return [one for one in stories if (one.kind == "test") == test and (one is story or begins(one) & wanted)]


def of_intent(stories: Sequence[Story], intent: str) -> list[Story]:
    """Rules and stories that begin with this intent."""
    return [one for one in stories if one.kind != "test" and intent in begins(one)]


def flow(talks: Sequence[Story], contradictions: Collection[Contradiction] = (), first: Story | None = None) -> Flow:
    """The drawing of these talks; ``first`` is in it in any case."""
    ordered = sorted(talks, key=lambda one: (one is not first, one.kind != "rule"))
    drawn = ordered[:MOST_TALKS]
    clashes = {(one.path, one.key, one.step) for several in contradictions for one in (several.here, *several.there)}
    nodes: list[Node] = []
    known: dict[tuple[int | None, str], Node] = {}
    for story in drawn:
        place: Place = (story.path, story.key)
        parent: Node | None = None
        steps = [(-1, {"condition": list(story.condition)})] if story.condition else []
        for at, step in [*steps, *enumerate(story.steps)]:
            key = (parent.id if parent else None, json.dumps(step, sort_keys=True, ensure_ascii=False, default=str))
            node = known.get(key)
            if node is None:
                shown = {"kind": "condition", "steps": [view(one) for one in story.condition]} if at == -1 else view(step)
                node = known[key] = Node(len(nodes), parent.id if parent else None, shown, depth=parent.depth + 1 if parent else 0)
                nodes.append(node)
            if place not in node.talks:
                node.talks.append(place)
            node.clash = node.clash or (*place, at) in clashes
            parent = node
        if parent is not None:
            parent.ends.append(place)
            parent.clash = parent.clash or (*place, len(story.steps)) in clashes
    return Flow(tuple(nodes), tuple(drawn), len(ordered) - len(drawn))
