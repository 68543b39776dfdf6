"""Where rules and stories contradict each other: both paths, and the turn where they part.

Finds what training refuses (rasa.core.policies.rule_policy: contradicting and incomplete rules, rules of several turns) and what
training swallows in silence: two stories of which neither is learned, since the same situation is answered in two ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from studio.rule_policy import FORM, Memory, RulePolicy
from studio.stories import Story
from studio.trackers import SNIPPET, Event, State, Tracker, Way, action_of, moments, ways
from studio.vocabulary import LISTEN, Vocabulary

Sort = Literal["rule", "stories", "incomplete", "turns", "form", "built-in"]
# So many other paths are named; one is enough to see the difference.
MOST_OTHERS = 5


@dataclass(frozen=True)
class Path:
    """One of two paths: the talk, the ``step`` (from 0) where it parts, and what it does there (``action``; action_listen: it waits)."""

    path: str
    key: str
    name: str
    kind: str
    step: int
    action: str | None


@dataclass(frozen=True)
class Contradiction:
    """Two paths that cannot both be true. ``here``: the one that is wrong or as wrong as the others; ``there``: what says otherwise.

    ``refused``: training stops at it; else it trains, and the bot never does what ``here`` says.
    """

    sort: Sort
    here: Path
    there: tuple[Path, ...]
    what: str
    remedy: str
    refused: bool = True

    @property
    def shown(self) -> dict[str, Any]:
        """As a page gets it."""
        return asdict(self)

    def concerns(self, path: str, key: str) -> bool:
        """Whether this talk is one of its paths."""
        return any((one.path, one.key) == (path, key) for one in (self.here, *self.there))


def contradictions(stories: Sequence[Story], words: Vocabulary, known: Sequence[Way] | None = None) -> list[Contradiction]:
    """Every contradiction between these rules and stories, in the order of the files. ``known``: their ways, when they are known."""
    every = ways(stories, words) if known is None else known
    found = [*_too_long(every, stories), *_incomplete(every, stories, words), *_against_rules(every, stories, words)]
    # What contradicts a rule has to change anyway: that other stories do otherwise too says nothing new.
    refused = {(one.here.path, one.here.key) for one in found if one.refused}
    for one in _between_stories(every, stories, words):
        there = tuple(path for path in one.there if (path.path, path.key) not in refused)
        if there and (one.here.path, one.here.key) not in refused:
            found.append(replace(one, there=there))
    return list(dict.fromkeys(found))


def said(action: str | None) -> str:
    """What a path does, in words."""
    return "等买家说话" if action in (LISTEN, None) else f"「{action}」"


def _path(stories: Sequence[Story], event: Event, action: str | None) -> Path:
    story = stories[event.story]
    return Path(story.path, story.key, story.name, story.kind, event.step, action)


def _too_long(every: Iterable[Way], stories: Sequence[Story]) -> list[Contradiction]:
    found = []
    for way in every:
        if way.rule and way.turns > 1:
            second = [event for event in way.events if event.what == "user"][1]
            found.append(
                Contradiction(
                    "turns",
                    _path(stories, second, None),
                    (),
                    f"规则「{stories[way.story].name}」里买家说了 {way.turns} 次话；一条规则只能有一轮，训练会拒绝",
                    "只留第一轮，后面几轮写成故事",
                )
            )
    return found


def _incomplete(every: Sequence[Way], stories: Sequence[Story], words: Vocabulary) -> list[Contradiction]:
    """An action that sets a slot or opens a form in one rule has to say so in the others (_check_for_incomplete_rules)."""
    rules = [way for way in every if way.rule]
    slots: dict[str, dict[str, Event]] = {}
    loops: dict[str, dict[str | None, Event]] = {}
    for way in rules:
        last: str | None = None
        for event in way.events:
            if event.what == "action":
                last = event.name
            elif event.what == "user":
                last = None
            elif last and event.what == "slot" and (slot := words.slots.get(str(event.name))) is not None and slot.influences:
                slots.setdefault(last, {}).setdefault(str(event.name), event)
            elif last and event.what == "loop":
                loops.setdefault(last, {}).setdefault(event.name, event)
    found: list[Contradiction] = []
    for way in rules:
        its = moments(way, words)
        for before, moment in pairwise(its):
            did, following = before.event.name, moment.event.name
            if did is None or SNIPPET in (did, following):
                continue
            state = moment.states[-1]
            missing = {name: event for name, event in slots.get(did, {}).items() if name not in state.get("slots", {})}
            for name, event in missing.items():
                found.append(
                    Contradiction(
                        "incomplete",
                        _path(stories, before.event, did),
                        (_path(stories, event, did),),
                        f"别的规则里「{did}」之后记下了「{name}」，规则「{stories[way.story].name}」里没有写，训练会拒绝",
                        f"在「{did}」后面加一步「记下 {name}」（没有值就写空）；如果这是最后一步，也可以选「做完不等买家说话」",
                    )
                )
            expected = loops.get(did, {})
            if expected and _loop(state) not in {"should_not_be_set" if name is None else name for name in expected}:
                found.append(
                    Contradiction(
                        "incomplete",
                        _path(stories, before.event, did),
                        tuple(_path(stories, event, did) for event in expected.values())[:MOST_OTHERS],
                        f"别的规则里「{did}」之后写明了表单是开始还是结束，规则「{stories[way.story].name}」里没有写，训练会拒绝",
                        f"在「{did}」后面加一步表单：{'、'.join('表单结束' if name is None else f'填 {name}' for name in expected)}",
                    )
                )
    return found


def _loop(state: State) -> str | None:
    name: str | None = state.get("active_loop", {}).get("name")
    return name


def _against_rules(every: Sequence[Way], stories: Sequence[Story], words: Vocabulary) -> list[Contradiction]:
    policy = RulePolicy(every, words)
    sources: dict[str, list[tuple[Event, str]]] = {}
    wrong: list[tuple[Way, Event, str, str]] = []
    for way in every:
        for event, predicted, source in _foretold(way, policy, words):
            gold = str(event.name)
            if way.rule:
                sources.setdefault(source, []).append((event, gold))
            # A story is only wrong where a rule says something; a rule always has to be foretold by itself.
            if predicted != gold and (predicted is not None or way.rule):
                wrong.append((way, event, predicted or str(words.fallback), source))
    found = []
    for way, event, predicted, source in wrong:
        if not way.rule and source.count("prev_action") <= 1 and predicted == LISTEN and policy.goes_further(source):
            continue
        one = _told(way, event, predicted, source, sources.get(source), stories)
        if one is not None:
            found.append(one)
    return found


def _told(
    way: Way, event: Event, predicted: str, source: str, known: Sequence[tuple[Event, str]] | None, stories: Sequence[Story]
) -> Contradiction | None:
    gold, talk = str(event.name), stories[event.story]
    here = _path(stories, event, gold)
    kind = "规则" if way.rule else "故事"
    if source.startswith("built-in "):
        return Contradiction(
            "built-in",
            here,
            (),
            f"买家说「{source[9:]}」时引擎总是做「{predicted}」，{kind}「{talk.name}」写的是{said(gold)}",
            "换一个意图",
            known is not None,
        )
    if source.startswith(FORM):
        form = source[len(FORM) :].partition(" ")[0]
        waits = predicted == LISTEN
        return Contradiction(
            "form",
            here,
            (),
            f"表单「{form}」还开着，接着总是{'等买家说话' if waits else f'继续填「{form}」'}，{kind}「{talk.name}」写的却是{said(gold)}",
            "在这一步前面加一步「表单结束」，或者让表单接着问",
            known is not None,
        )
    others = [(other, action) for other, action in known or () if action != gold]
    if not others:
        return None
    there = tuple(dict.fromkeys(_path(stories, other, action) for other, action in others))[:MOST_OTHERS]
    names = "、".join(f"「{one.name}」" for one in there)
    return Contradiction(
        "rule",
        here,
        there,
        f"{kind}「{talk.name}」第 {event.step + 1} 步是{said(gold)}，规则{names}在同样的情况下是{said(there[0].action)}，训练会拒绝",
        "让两边做同一件事，或者在前面加一步「记下」把两种情况分开，或者删掉其中一条",
    )


def _foretold(way: Way, policy: RulePolicy, words: Vocabulary) -> Iterable[tuple[Event, str | None, str]]:
    """Each action of a way that can be foretold, with what the rules foretell and why (_run_prediction_on_trackers)."""
    tracker, states, first = Tracker(words, way.rule), list[State](), True
    for event in way.events:
        if event.what != "action":
            tracker.update(event)
            continue
        states.append(tracker.state())
        if event.name == SNIPPET or first or event.unpredictable:
            first = event.name == SNIPPET
            tracker.update(event)
            continue
        found = policy.predict(tracker, states)
        form = tracker.form
        if form and found.action != event.name and found.action == form:
            # Inside a form something else may happen: the form is asked again as if it had refused.
            tracker.rejected = True
            found = policy.predict(tracker, states)
        yield event, found.action, str(found.source)
        tracker.update(event)


def _between_stories(every: Sequence[Way], stories: Sequence[Story], words: Vocabulary) -> list[Contradiction]:
    memory, found = Memory(every, words, words.max_history), []
    for key, followed in memory.followed.items():
        if len(followed) < 2 or not _begun(memory.states[key][-1]):
            continue
        paths = [(action, _path(stories, event, action)) for action, several in followed.items() for _, event in several]
        for action, here in paths:
            there = tuple(dict.fromkeys(other for its, other in paths if its != action))[:MOST_OTHERS]
            found.append(
                Contradiction(
                    "stories",
                    here,
                    there,
                    f"故事「{here.name}」第 {here.step + 1} 步是{said(action)}，"
                    f"故事「{there[0].name}」在同样的情况下是{said(there[0].action)}：两边都学不会，机器人会说没听懂",
                    "让两边做同一件事，或者在前面加一步「记下」把两种情况分开",
                    refused=False,
                )
            )
    return found


def _begun(state: State) -> bool:
    return action_of(state) is not None
