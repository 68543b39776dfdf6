"""Intents and examples for the studio's page: lists, figures of the newest measured release, what collides, and proposed edits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.studio import Studio
from studio.checks.nlu import FEWEST, HELD_OUT_FEWEST
from studio.doubles import doubles, parted
from studio.drafts import Draft
from studio.errors import StudioError
from studio.findings import Finding
from studio.intents import listed, names
from studio.nlu import Example, cleaned, examples, fault, same
from studio.references import counts, references
from studio.releases import Releases
from studio.teaching import FAULTS
from studio.workspace import Workspace

MOST_CONFUSED = 5
EVALUATED = "evaluate/saved/last.json"


def example_out(one: Example) -> dict[str, Any]:
    """An example as the API says it."""
    return {name: getattr(one, name) for name in ("id", "text", "intent", "topic", "path", "line", "held_out")}


def measured(releases: Releases) -> tuple[str | None, dict[str, dict[str, Any]]]:
    """Release and figures by intent of the newest release that was measured (studio/training.py): accuracy (0–1), messages, and what
    they were read as instead, the commonest first."""
    for one in releases.all():
        found = one.figures.get("intents")
        of = found.get("of") if isinstance(found, Mapping) else None
        if of:
            return one.id, {str(intent): _figures(each) for intent, each in of.items()}
    return None, {}


def evaluated(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Confusions by intent of the last `make eval` (evaluate/saved/last.json, cross-validated); empty when there is none."""
    try:
        pairs = json.loads((workspace.root / EVALUATED).read_text("utf-8"))["cross"]["confused"]
        found: dict[str, list[dict[str, Any]]] = {}
        for one in pairs:
            found.setdefault(str(one["intent"]), []).append({"intent": str(one["taken_for"]), "count": int(one["examples"])})
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {intent: {"accuracy": None, "messages": None, "confused": those[:MOST_CONFUSED]} for intent, those in found.items()}


def _figures(one: Mapping[str, Any]) -> dict[str, Any]:
    taken: Counter[str] = Counter()
    for read_as, count in (one.get("taken_for") or {}).items():
        # A classifier's class may be an intent with its topic.
        taken[str(read_as).partition("/")[0]] += int(count)
    confused = [{"intent": intent, "count": count} for intent, count in taken.most_common(MOST_CONFUSED)]
    return {"accuracy": one.get("accuracy"), "messages": one.get("n"), "confused": confused}


def overview(studio: Studio) -> dict[str, Any]:
    """Every intent with its counts, what it was measured with last, and what is thin."""
    workspace = studio.workspace
    found, called, used = examples(workspace), names(workspace), counts(workspace)
    release, figures = measured(studio.releases)
    figures = figures or evaluated(workspace)
    conflicts = Counter(one.intent for those in found.by_same.values() if len({each.intent for each in those}) > 1 for one in those)
    domain = listed(workspace)
    rows = []
    for intent in [*domain, *sorted(found.by_intent.keys() - set(domain))]:
        own = found.by_intent.get(intent, [])
        taught = [one for one in own if not one.held_out]
        uses = used.get(intent, Counter())
        rows.append(
            {
                "intent": intent,
                "name": called.get(intent, ("", intent))[1],
                "group": called.get(intent, ("", ""))[0],
                "examples": len(taught),
                "held_out": len(own) - len(taught),
                "topics": [topic for topic in found.topics(intent) if topic],
                "files": sorted({one.path for one in own}),
                "uses": {"flows": uses["story"], "buttons": uses["button"], "wishes": uses["wish"]},
                "conflicts": conflicts[intent],
                "few": len(taught) < FEWEST or len(own) - len(taught) < HELD_OUT_FEWEST,
                "known": intent in domain,
                **figures.get(intent, {"accuracy": None, "messages": None, "confused": []}),
            }
        )
    return {
        "intents": rows,
        "release": release,
        "examples": sum(not one.held_out for one in found.all),
        "held_out": sum(one.held_out for one in found.all),
        "fewest": FEWEST,
        "held_out_fewest": HELD_OUT_FEWEST,
    }


def page(workspace: Workspace, intent: str | None, topic: str | None, kind: str, query: str, limit: int, offset: int) -> dict[str, Any]:
    """Examples of an intent, or of all, that hold the words; one page of them."""
    found = examples(workspace)
    words = same(query) if query.strip() else ""
    chosen = [
        one
        for one in (found.by_intent.get(intent, []) if intent else found.all)
        if (kind == "all" or one.held_out == (kind == "held_out"))
        and (topic is None or (one.topic or "") == topic)
        and (not words or words in same(one.text) or query.strip() in one.text)
    ]
    shown = []
    for one in chosen[offset : offset + limit]:
        others = [other for other in found.by_same[same(one.text)] if other.id != one.id]
        foreign = next((other for other in others if other.intent != one.intent), None)
        shown.append({**example_out(one), "clash": foreign.intent if foreign else None, "doubled": bool(others) and foreign is None})
    return {"examples": shown, "total": len(chosen), "topics": [topic or "" for topic in found.topics(intent)] if intent else []}


def looked_at(workspace: Workspace, texts: Sequence[str], intent: str | None, ignored: Sequence[str]) -> list[dict[str, Any]]:
    """What speaks against each text while somebody types it: the fault, the same text elsewhere, nearly the same. ``ignored``: ids of the
    examples that are being changed."""
    found, near = examples(workspace), doubles(workspace)
    answers: list[dict[str, Any]] = []
    for text in texts:
        clean = cleaned(text)
        wrong = fault(clean)
        there = [one for one in found.by_same.get(same(clean), ()) if one.id not in ignored]
        clash = next((one for one in there if one.intent != intent), None)
        own = next((one for one in there if one.intent == intent), None)
        close = [] if there else [(one, share) for one, share in near.near(clean, 5) if one.id not in ignored]
        answers.append(
            {
                "text": clean,
                "fault": FAULTS[wrong][0] if wrong else None,
                "clash": example_out(clash) if clash else None,
                "there": example_out(own) if own else None,
                "near": [{**example_out(one), "share": round(share, 2)} for one, share in close],
            }
        )
    return answers


def doubled(workspace: Workspace, only: str, limit: int, offset: int) -> dict[str, Any]:
    """Pairs of examples that say (nearly) the same; ``only``: conflict (of two intents), same (of one) or all."""
    pairs = doubles(workspace).all()
    kept = [one for one in pairs if only == "all" or (one.one.intent != one.other.intent) == (only == "conflict")]
    shown = [
        {"one": example_out(each.one), "other": example_out(each.other), "share": each.share} for each in kept[offset : offset + limit]
    ]
    return {"pairs": shown, "total": len(kept), "conflicts": sum(one.one.intent != one.other.intent for one in pairs)}


def grouped(workspace: Workspace, intent: str, groups: int) -> list[dict[str, Any]]:
    """An intent's examples, taught and held out, in groups of the likest."""
    return [
        {"words": list(one.words), "examples": [example_out(each) for each in one.examples]}
        for one in parted(examples(workspace).by_intent.get(intent, []), groups)
    ]


def used(workspace: Workspace, intent: str) -> list[dict[str, Any]]:
    """Where an intent is used beside its examples, in the studio's files and in the program."""
    called = ("use", "path", "key", "line", "text", "writable", "speaks")
    return [{name: getattr(one, name) for name in called} for one in references(workspace, intent) if one.use not in ("nlu", "test_nlu")]


def answers(workspace: Workspace) -> list[dict[str, str]]:
    """What a bot may do at a new intent: responses with the beginning of their words, and actions."""
    found = []
    for path in workspace.files("responses"):
        content = workspace.parsed(path)
        for key, variations in ((content or {}).get("responses") or {}).items():
            first = next((str(one["text"]) for one in variations or () if isinstance(one, dict) and one.get("text")), "")
            found.append({"action": str(key), "text": first.strip()[:60]})
    domain = workspace.parsed("domain.yml") or {}
    return [*found, *({"action": str(one), "text": ""} for one in domain.get("actions") or ())]


def told(draft: Draft, bound: Sequence[Finding] = ()) -> list[Finding]:
    """What the page says of a draft beside the checks: what the program holds, and which flows had to go."""
    found = list(bound)
    if draft.dropped:
        flows = "、".join(f"「{key.partition(':')[2]}」" for _, key in draft.dropped[:4])
        more = f" 等 {len(draft.dropped)} 条" if len(draft.dropped) > 4 else ""
        path, key = draft.dropped[0]
        what = f"会删掉不再成立的规则、故事和测试：{flows}{more}"
        found.append(Finding("info", "flows-dropped", path, key, None, what, "保存前在差异里核对"))
    return found


def known(workspace: Workspace, intent: str) -> str:
    """The intent, when there is one of this name; StudioError else."""
    if intent not in listed(workspace) and intent not in examples(workspace).by_intent:
        raise StudioError(f"意图 {intent[:64]}", "没有这个意图", "刷新页面，看看是不是刚被改名或合并")
    return intent
