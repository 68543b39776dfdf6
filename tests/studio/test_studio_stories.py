"""Rules and stories: read and written without loss, checked as Rasa checks them, drawn, and made from talks."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from studio.checks.stories import check
from studio.contradictions import contradictions
from studio.dialogue import dialogue
from studio.edits import Edit, apply
from studio.errors import StudioError
from studio.flows import family, flow
from studio.rendering import render
from studio.stories import data_of, plain, stories, view
from studio.talk_stories import Heard, made_of, turns_of
from studio.vocabulary import vocabulary
from studio.workspace import Workspace

CASES = json.loads((Path(__file__).with_name("contradiction_cases.json")).read_text("utf-8"))
BARGAINING = "data/stories/bargaining.yml"
RULES = "data/rules/bargaining.yml"


def small(root: Path, content: dict[str, Any], **files: Any) -> Workspace:
    """A checkout with the cases' domain and this content as stories."""
    (root / "data/stories").mkdir(parents=True)
    (root / "domain.yml").write_text(CASES["domain"], "utf-8")
    policies = [{"name": "MemoizationPolicy", "max_history": CASES["history"]}, {"name": "RulePolicy"}]
    (root / "config.yml").write_text(yaml.safe_dump({"policies": policies}), "utf-8")
    (root / "data/stories/all.yml").write_text(yaml.safe_dump({"version": "3.1", **content}, sort_keys=False), "utf-8")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return Workspace(root)


def with_story(workspace: Workspace, path: str, key: str, data: dict[str, Any]) -> Workspace:
    """The workspace as it would be with one more block."""
    kind = workspace.kind_of(path)
    return workspace.overlay(apply(workspace, [Edit(path, key, None, render(kind, key, data))]).texts)


@pytest.fixture(scope="module")
def shop(checkout_of_session: Path) -> Workspace:
    """The project's files; nobody writes them here."""
    return Workspace(checkout_of_session)


def test_every_step_of_every_file_goes_through_its_view_without_loss(shop: Workspace) -> None:
    known = stories(shop)
    assert {one.kind for one in known} == {"rule", "story", "test"}
    assert len(known) > 300
    for story in known:
        assert [plain(one) for one in story.views] == list(story.steps)
        shown = story.shown()
        word = "rule" if story.kind == "rule" else "story"
        data = data_of(story.kind, shown, story)
        assert data[word] == story.name
        assert data["steps"] == list(story.steps)
        assert data.get("condition", []) == list(story.condition)


def test_a_block_that_is_not_changed_is_written_as_it_was(shop: Workspace) -> None:
    for story in stories(shop):
        block = shop.block(story.path, story.key)
        assert block is not None
        assert story.line is not None
        assert shop.text(story.path).splitlines()[story.line - 1].lstrip().startswith(("- rule:", "- story:"))
        data = data_of(story.kind, story.shown(), story)
        assert render(shop.kind_of(story.path), story.key, data, block.text) == block.text


@pytest.mark.parametrize(
    "step",
    [
        {"user": "你好", "intent": "a", "entities": ["colour", {"colour": "red", "role": "x"}]},
        {"or": [{"slot_was_set": [{"q": "x"}]}, {"slot_was_set": [{"q": "y"}]}]},
        {"slot_was_set": ["q", {"flag": False}, {"paint": None}]},
        {"bot": "您好"},
        {"checkpoint": "here"},
        {"checkpoint": "here", "slot_was_set": [{"q": "x"}]},
        {"or": [{"intent": "a"}]},
        {"metadata": {"note": 1}},
        "...",
    ],
)
def test_what_the_format_allows_is_kept(step: Any) -> None:
    assert plain(view(step)) == step


@pytest.mark.parametrize(
    ("shown", "place"),
    [
        ({"name": "", "steps": [{"kind": "bot", "action": "x"}]}, "名称"),
        ({"name": "甲" * 201, "steps": [{"kind": "bot", "action": "x"}]}, "甲"),
        ({"name": "甲", "steps": []}, "甲"),
        ({"name": "甲", "steps": [{"kind": "bot", "action": "x"}] * 201}, "甲"),
        ({"name": "甲", "steps": [{"kind": "bot", "action": " "}]}, "第 1 步"),
        ({"name": "甲", "steps": [{"kind": "bot", "action": "x"}, {"kind": "shopper", "wishes": []}]}, "第 2 步"),
        ({"name": "甲", "steps": [{"kind": "shopper", "wishes": [{"intent": ""}]}]}, "第 1 步"),
        ({"name": "甲", "steps": [{"kind": "slot", "slots": []}]}, "第 1 步"),
        ({"name": "甲", "steps": [{"kind": "slot", "slots": [{"name": "q", "value": {"a": 1}}]}]}, "第 1 步"),
        ({"name": "甲", "steps": [{"kind": "dance"}]}, "第 1 步"),
    ],
)
def test_what_is_no_talk_is_refused_with_its_place_and_remedy(shown: dict[str, Any], place: str) -> None:
    with pytest.raises(StudioError) as refused:
        data_of("story", shown)
    assert place in refused.value.place
    assert refused.value.remedy


@pytest.mark.parametrize("part", range(4))
def test_contradictions_are_found_where_rasa_finds_them(part: int, tmp_path: Path) -> None:
    sorts = {"turns": ("turns",), "incomplete": ("incomplete",), "rule": ("rule", "form", "built-in")}
    for number, case in enumerate(CASES["cases"][part::4]):
        workspace = small(tmp_path / str(number), case["content"])
        words = vocabulary(workspace)
        found = contradictions(stories(workspace), words)
        verdict = case["verdict"]
        refused = [one for one in found if one.refused]
        assert bool(refused) == (verdict["sort"] is not None), case
        if verdict["sort"]:
            assert sorted({one.here.name for one in refused if one.sort in sorts[verdict["sort"]]}) == verdict["names"], case
        if not refused:
            assert sorted({one.here.name for one in found if one.sort == "stories"}) == verdict["conflicts"], case


def test_a_contradiction_shows_both_paths_and_the_turn_where_they_part(shop: Workspace) -> None:
    workspace = with_story(
        shop,
        BARGAINING,
        "story:买家讲价就送一张券",
        {"story": "买家讲价就送一张券", "steps": [{"intent": "bargain"}, {"action": "action_tell_offers"}]},
    )
    (one,) = [one for one in dialogue(workspace).contradictions if one.refused]
    assert (one.sort, one.here.name, one.here.step, one.here.action) == ("rule", "买家讲价就送一张券", 1, "action_tell_offers")
    assert [(path.name, path.step, path.action) for path in one.there] == [("answer a request for a lower price", 1, "action_bargain")]
    assert "第 2 步" in one.what
    assert one.concerns(RULES, "rule:answer a request for a lower price")
    drawn = flow(family(dialogue(workspace).stories, dialogue(workspace).find(one.here.path, one.here.key)), [one])  # type: ignore[arg-type]
    assert [node.view["action"] for node in drawn.nodes if node.clash] == ["action_bargain", "action_tell_offers"]


def test_two_stories_that_answer_alike_situations_differently_are_told_from_both_sides(shop: Workspace) -> None:
    steps = [{"intent": "bargain"}, {"action": "action_bargain"}, {"slot_was_set": [{"open_question": "bargain_offer"}]}]
    data = {"story": "买家嫌券太少", "steps": [*steps, {"intent": "deny"}, {"action": "action_hand_over"}]}
    workspace = with_story(shop, BARGAINING, "story:买家嫌券太少", data)
    found = [one for one in dialogue(workspace).contradictions if one.sort == "stories"]
    assert {one.here.name for one in found} == {"买家嫌券太少", "shopper asks again, is offered a present or coupon and declines it"}
    assert all(one.here.step == 4 for one in found)
    errors = [one for one in check(workspace) if one.severity == "error"]
    assert {one.code for one in errors} == {"contradiction-stories"}


def test_a_slot_parts_two_situations(shop: Workspace) -> None:
    steps = [{"intent": "bargain"}, {"action": "action_bargain"}, {"slot_was_set": [{"open_question": "return_tracking"}]}]
    data = {"story": "买家不想换别的", "steps": [*steps, {"intent": "choose_option"}, {"action": "action_hand_over"}]}
    workspace = with_story(shop, BARGAINING, "story:买家不想换别的", data)
    assert [one for one in dialogue(workspace).contradictions if one.here.name == "买家不想换别的"] == []


def test_the_files_of_the_project_contradict_nothing_and_their_tests_hold(shop: Workspace) -> None:
    found = check(shop)
    assert [one for one in found if one.severity == "error" or one.code == "test-would-fail"] == []


def test_a_test_that_would_fail_is_told_before_anything_is_trained(shop: Workspace) -> None:
    data = {"story": "shopper says goodbye and gets offers", "steps": [{"intent": "goodbye"}, {"action": "action_tell_offers"}]}
    workspace = with_story(shop, "tests/stories/test_bargaining.yml", f"story:{data['story']}", data)
    (one,) = check(workspace)
    assert (one.code, one.severity) == ("test-would-fail", "warning")
    assert "action_say_goodbye" in one.what
    assert one.line is not None


WRONG: dict[str, list[Any]] = {
    "unknown-intent": [{"intent": "dance"}, {"action": "action_bargain"}],
    "unknown-action": [{"intent": "bargain"}, {"action": "action_dance"}],
    "unknown-form": [{"intent": "ask_size"}, {"action": "size_form"}, {"active_loop": "dance_form"}],
    "unknown-slot": [{"intent": "bargain"}, {"slot_was_set": [{"mood": "good"}]}, {"action": "action_bargain"}],
    "slot-value": [{"intent": "bargain"}, {"slot_was_set": [{"open_question": "dance"}]}, {"action": "action_bargain"}],
    "slot-unseen": [{"intent": "bargain"}, {"slot_was_set": [{"order_id": "1"}]}, {"action": "action_bargain"}],
    "unknown-entity": [{"intent": "bargain", "entities": ["mood"]}, {"action": "action_bargain"}],
    "unknown-step": [{"intent": "bargain"}, {"acton": "action_bargain"}],
    "story-no-answer": [{"intent": "bargain"}],
    "story-two-shopper": [{"intent": "bargain"}, {"intent": "deny"}, {"action": "action_bargain"}],
    "story-empty": [],
    "checkpoint-loose": [{"checkpoint": "nowhere"}, {"intent": "bargain"}, {"action": "action_bargain"}],
    "checkpoint-inside": [{"intent": "bargain"}, {"checkpoint": "here"}, {"action": "action_bargain"}],
    "story-many-ways": [{"or": [{"intent": one} for one in ("greet", "goodbye", "deny")]}, {"action": "action_greet"}] * 6,
    "form-unsaid": [{"intent": "ask_size"}, {"action": "size_form"}],
}


@pytest.mark.parametrize("code", sorted(WRONG))
def test_what_is_wrong_with_a_talk_is_named_with_place_and_remedy(code: str, shop: Workspace) -> None:
    data = {"story": "something goes wrong here", "steps": WRONG[code]}
    workspace = with_story(shop, BARGAINING, "story:something goes wrong here", data)
    found = [one for one in check(workspace, [BARGAINING]) if one.code == code]
    assert found
    assert found[0].path == BARGAINING
    assert found[0].key == "story:something goes wrong here"
    assert found[0].remedy
    assert found[0].line == len(shop.text(BARGAINING).splitlines()) + 2


def test_a_name_used_twice_and_an_intent_without_an_answer_are_told(shop: Workspace) -> None:
    data = {"rule": "answer a request for a lower price", "steps": [{"intent": "ask_bot"}, {"action": "action_tell_identity"}]}
    twice = with_story(shop, "data/rules/smalltalk.yml", f"rule:{data['rule']}", data)
    assert [one.code for one in check(twice, ["data/rules/smalltalk.yml"])] == ["story-name-twice"]
    domain = shop.text("domain.yml").replace(
        "  - greet: {use_entities: []}", "  - greet: {use_entities: []}\n  - dance: {use_entities: []}"
    )
    found = check(shop.overlay({"domain.yml": domain}), ["domain.yml"])
    assert [(one.code, "dance" in one.what) for one in found] == [("intent-unanswered", True)]


def test_what_the_bot_would_do_next_follows_rules_then_stories(shop: Workspace) -> None:
    known = dialogue(shop)
    begun: list[Any] = [{"intent": "bargain"}, {"action": "action_bargain"}]
    assert known.next_action([{"intent": "bargain"}]) == "action_bargain"
    assert known.next_action(begun) == "action_listen"
    asked = [*begun, {"slot_was_set": [{"open_question": "bargain_reason"}]}]
    assert known.next_action([*asked, {"intent": "affirm"}]) == "action_accept_offer"
    assert known.next_action([{"intent": "request_return"}, {"action": "return_form"}, {"active_loop": "return_form"}]) == "action_listen"
    assert known.next_action([{"intent": "not an intent"}]) is None


def test_a_flow_shares_what_begins_alike(shop: Workspace) -> None:
    known = dialogue(shop)
    story = known.find(BARGAINING, "story:shopper asks for less and agrees with the value")
    assert story is not None
    drawn = flow(family(known.stories, story), first=story)
    assert [node.parent for node in drawn.nodes].count(None) == 1
    assert drawn.nodes[0].view["wishes"] == [{"intent": "bargain"}]
    assert len(drawn.nodes[0].talks) == len(drawn.talks) == 7
    assert (RULES, "rule:answer a request for a lower price") in drawn.nodes[1].ends
    assert all(node.parent is None or node.parent < node.id for node in drawn.nodes)
    assert drawn.left_out == 0


def turn(intent: str, *actions: str, form: str | None = None, question: str = "none", **more: Any) -> dict[str, Any]:
    """A bot's message as it is stored."""
    state = {"active_loop": form, "requested_slot": None, "open_question": question}
    return {"sender": "bot", "trace": {"intent": intent, "actions": list(actions), "state": state, **more}}


def test_a_talk_becomes_a_story_that_holds(shop: Workspace) -> None:
    known = dialogue(shop)
    asked = {"sender": "shopper", "trace": {}}
    messages = [
        asked,
        turn("bargain", "action_bargain", question="bargain_reason", reply_to="m1"),
        turn("bargain", "action_bargain", question="bargain_reason", reply_to="m1"),
        asked,
        turn("affirm", "action_accept_offer", reply_to="m2"),
        asked,
        turn("request_return", "return_form", form="return_form", reply_to="m3"),
        asked,
        turn("provide_order_id", "return_form", form="return_form", reply_to="m4"),
        asked,
        turn("report_quality", "return_form", "action_settle_return", question="return_tracking", reply_to="m5"),
        asked,
        turn("deny", "action_leave_return", reply_to="m6"),
        {"sender": "agent", "trace": {}},
        turn("greet", "action_greet", reply_to="m7"),
    ]
    made = made_of(turns_of(messages), known.words)
    data = data_of("test", {"name": "a talk of yesterday", "steps": made.steps})
    assert data["steps"] == [
        {"intent": "bargain"},
        {"action": "action_bargain"},
        {"slot_was_set": [{"open_question": "bargain_reason"}]},
        {"intent": "affirm"},
        {"action": "action_accept_offer"},
        {"intent": "request_return"},
        {"slot_was_set": [{"open_question": None}]},
        {"action": "return_form"},
        {"active_loop": "return_form"},
        {"active_loop": None},
        {"action": "action_settle_return"},
        {"slot_was_set": [{"open_question": "return_tracking"}]},
        {"intent": "deny"},
        {"action": "action_leave_return"},
    ]
    assert any("2 轮" in note for note in made.notes)
    path = "tests/stories/test_bargaining.yml"
    workspace = with_story(shop, path, "story:a talk of yesterday", data)
    assert check(workspace, [path]) == []


def test_a_form_left_for_another_question_goes_on(shop: Workspace) -> None:
    words = dialogue(shop).words
    turns = [
        Heard(("ask_size",), ("size_form",), "size_form"),
        Heard(("ask_stock",), ("action_tell_stock", "size_form"), "size_form"),
        Heard(("deny",), ("action_leave_form",), None),
        Heard(("greet", "bargain"), ("action_greet",)),
        Heard((), ("action_greet",)),
    ]
    made = made_of(turns, words)
    assert [one.get("action") or one.get("name") or one["kind"] for one in made.steps] == [
        "shopper",
        "size_form",
        "size_form",
        "shopper",
        "action_tell_stock",
        "size_form",
        "size_form",
        "shopper",
        "action_leave_form",
        "loop",
        "shopper",
        "action_greet",
    ]
    assert len(made.notes) == 2


def test_three_hundred_stories_are_checked_in_well_under_a_second(tmp_path: Path, shop: Workspace) -> None:
    many = [
        {"story": f"story number {number} of many", "steps": [{"intent": "bargain"}, {"action": "action_bargain"}] * (1 + number % 5)}
        for number in range(300)
    ]
    text = yaml.safe_dump({"version": "3.1", "stories": many}, sort_keys=False)
    bigger = shop.overlay({"data/stories/many.yml": text})
    dialogue(bigger)
    began = time.process_time()
    found = check(bigger, ["data/stories/many.yml"])
    spent = time.process_time() - began
    assert not [one for one in found if one.severity == "error"]
    assert spent < 1.0
