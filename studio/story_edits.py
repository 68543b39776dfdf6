"""Rules, stories and tests as a page lists and edits them: what it offers, and the edits that a changed talk becomes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.blocks import Kind
from studio.dialogue import Dialogue, dialogue
from studio.edits import Edit
from studio.errors import StudioError
from studio.rendering import render
from studio.stories import Story, StoryKind, View, data_of, view
from studio.talk_stories import QUESTION
from studio.vocabulary import OWN_ACTIONS
from studio.workspace import Workspace

# Which files a talk of a kind belongs into.
BELONGS: dict[StoryKind, tuple[Kind, ...]] = {"rule": ("rules", "stories"), "story": ("stories", "rules"), "test": ("test_stories",)}


@dataclass(frozen=True)
class Old:
    """The talk that is edited, as the page saw it."""

    path: str
    key: str
    base: str


def edits_of(workspace: Workspace, kind: StoryKind, shown: Mapping[str, Any], path: str, old: Old | None) -> list[Edit]:
    """The edits that make this talk: in its place, or (with another ``path``) moved there, or new. StudioError names what is missing."""
    if workspace.kind_of(path) not in BELONGS[kind]:
        raise StudioError(path, "这种条目不能放在这个文件里", "规则和故事放在 data/rules、data/stories 下，测试放在 tests/stories 下")
    name = path.rpartition("/")[2]
    if kind == "test" and not name.startswith("test_"):
        raise StudioError(path, "测试故事的文件名要以「test_」开头", "改成 tests/stories/test_….yml")
    if kind != "test" and name.startswith("test_"):
        raise StudioError(path, "以「test_」开头的文件只放测试", "换一个文件名")
    known = dialogue(workspace)
    before = known.find(old.path, old.key) if old else None
    data = data_of(kind, shown, before)
    word = "rule" if kind == "rule" else "story"
    key = f"{word}:{data[word]}"
    taken = next((one for one in known.stories if one.name == data[word] and (one.kind == "test") == (kind == "test")), None)
    if taken is not None and (old is None or (taken.path, taken.key) != (old.path, old.key)):
        raise StudioError(taken.place, f"名称「{data[word]}」已经用过", "换一个名称，写明这一条的不同")
    if old is None or old.path != path or old.key.partition(":")[0] != word:
        like = old.base if old and old.key.partition(":")[0] == word else None
        new = Edit(path, key, None, render(workspace.kind_of(path), key, data, like))
        return [new] if old is None else [Edit(old.path, old.key, old.base, None), new]
    return [Edit(path, old.key, old.base, render(workspace.kind_of(path), key, data, old.base))]


def fits(story: Story, words: Sequence[str], names: Mapping[str, str]) -> bool:
    """Whether every word of a search is in the talk's name, file, intents (by their Chinese names too), actions or slots."""
    if not words:
        return True
    texts = [story.name, story.path]
    for one in (*story.views, *(view(step) for step in story.condition)):
        texts += _texts(one, names)
    whole = "\n".join(texts).lower()
    return all(word in whole for word in words)


def _texts(one: View, names: Mapping[str, str]) -> list[str]:
    kind = one["kind"]
    if kind == "shopper":
        intents = [str(wish.get("intent") or wish.get("user") or "") for wish in one["wishes"]]
        return [*intents, *(names.get(intent, "") for intent in intents)]
    if kind == "bot":
        return [str(one["action"])]
    if kind == "slot":
        return [f"{slot['name']} {slot.get('value')}" for slot in one["slots"]]
    return [str(one.get("name") or "")]


def parts(workspace: Workspace, names: Mapping[str, str]) -> dict[str, Any]:
    """What an editor offers: intents by name, actions and forms with the intents after which rules do them, responses with their
    first text, slots with their values and (of the open question) how it is asked, and the files."""
    known = dialogue(workspace)
    texts, asked = first_texts(workspace)
    words, after = known.words, _after(known)
    every = dict.fromkeys([*words.actions, *words.forms, *sorted(words.responses)])
    return {
        "intents": [{"name": one, "title": names.get(one, one)} for one in words.intents],
        "actions": [
            {
                "name": one,
                "kind": "form" if one in words.forms else "response" if one in words.responses else "action",
                "text": texts.get(one, "")[:120],
                "after": after.get(one, [])[:6],
            }
            for one in every
            if one not in OWN_ACTIONS and not one.startswith("validate_") and not one.startswith("action_ask_")
        ],
        "forms": list(words.forms),
        "slots": [
            {
                "name": one.name,
                "type": one.type,
                "values": list(one.values),
                "seen": one.influences,
                "asked": asked if one.name == QUESTION else {},
            }
            for one in words.slots.values()
        ],
        "files": {kind: [path for name in BELONGS[kind][:1] for path in workspace.files(name)] for kind in BELONGS},
    }


def _after(known: Dialogue) -> dict[str, list[str]]:
    """Action → the intents after which rules do it, in the order of the files."""
    found: dict[str, list[str]] = {}
    for story in known.stories:
        if story.kind != "rule":
            continue
        intents: list[str] = []
        for one in story.views:
            if one["kind"] == "shopper":
                intents = [str(wish.get("intent") or "") for wish in one["wishes"]]
            elif one["kind"] == "bot":
                several = found.setdefault(one["action"], [])
                several += [intent for intent in intents if intent and intent not in several]
    return found


def first_texts(workspace: Workspace) -> tuple[dict[str, str], dict[str, str]]:
    """The first text of every response, and for every question that a response leaves open (``asks`` in its metadata) its words."""
    found: dict[str, str] = {}
    asked: dict[str, str] = {}
    for path in workspace.files("responses"):
        content = workspace.parsed(path)
        responses = content.get("responses") if isinstance(content, Mapping) else None
        for name, variations in (responses or {}).items() if isinstance(responses, Mapping) else ():
            first = variations[0] if isinstance(variations, list) and variations else None
            found[str(name)] = text = str(first.get("text") or "") if isinstance(first, Mapping) else ""
            metadata = first.get("metadata") if isinstance(first, Mapping) else None
            question = metadata.get("asks") if isinstance(metadata, Mapping) else None
            if question and text:
                asked.setdefault(str(question), " ".join(text.split())[-60:])
    return found, asked


def begins_with(stories: Collection[Story]) -> dict[str, int]:
    """Intent → how many rules and stories begin with it."""
    found: dict[str, int] = {}
    for story in stories:
        if story.kind == "test":
            continue
        first = next((one for one in story.views if one["kind"] == "shopper"), None)
        for wish in first["wishes"] if first else ():
            intent = str(wish.get("intent") or "")
            found[intent] = found.get(intent, 0) + 1
    return found
