"""Examples and intents: read, changed, moved, parted, merged, renamed with all that refers to them, and what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from studio import intents, teaching
from studio.canonical import canonical
from studio.checks.nlu import check
from studio.doubles import Doubles, doubles, parted
from studio.drafts import Draft
from studio.edits import apply
from studio.errors import StudioError
from studio.guard import findings
from studio.intents import Answer
from studio.nlu import Examples, cleaned, examples, fault, read, rewritten, same
from studio.references import references
from studio.workspace import Workspace
from tests.studio.small_shop import FILES


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    """A small shop with one of everything that names an intent."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Workspace(tmp_path)


def ids(workspace: Workspace, *texts: str) -> list[str]:
    return [one.id for one in examples(workspace).all if one.text in texts]


def after(workspace: Workspace, draft: Draft) -> Workspace:
    """The workspace as a save would leave it; the edits of blocks make exactly what the draft shows."""
    applied = apply(workspace, draft.edits())
    assert applied.conflicts == []
    meant = {path: workspace.parsed(path) if workspace.exists(path) else None for path in applied.texts}
    saved = workspace.overlay(applied.texts)
    for path in applied.texts:
        assert saved.parsed(path) == draft.now.parsed(path) != meant[path]
        assert canonical(saved.text(path)) == saved.text(path)
    return saved


def taught(workspace: Workspace, intent: str, *, held_out: bool = False) -> list[str]:
    return [one.text for one in examples(workspace).of(intent, held_out=held_out)]


def put(workspace: Workspace, texts: Mapping[str, str | None]) -> Workspace:
    return workspace.overlay(texts)


def test_a_block_is_read_with_its_topic_its_lines_and_what_no_reader_takes() -> None:
    text = (
        "  # why\n  - intent: greet\n    metadata: {topic: morning}\n    examples: |\n      - 早上好\n      早\n      - [裙子](product)早\n"
    )
    found = read(text)
    assert found is not None
    assert (found.intent, found.topic, found.texts, found.lines, found.stray) == (
        "greet",
        "morning",
        ("早上好", "[裙子](product)早"),
        (4, 6),
        (5,),
    )
    later = read("- intent: greet\n  examples: |\n    - 早\n  metadata:\n    topic: late\n")
    assert later is not None
    assert (later.texts, later.topic) == (("早",), "late")
    spread = read("- intent: greet\n  examples:\n    - text: |\n        - 早\n    - text: 晚\n")
    assert spread is not None
    assert (spread.texts, spread.spread) == (("早", "晚"), True)
    assert read("- synonym: x\n  examples: |\n    - y\n") is None
    with pytest.raises(StudioError, match="展开写法"):
        rewritten("- intent: greet\n  examples:\n    - text: 晚\n", {}, ["早"])


def test_only_the_lines_that_are_meant_change(shop: Workspace) -> None:
    block = shop.block("data/nlu/sizing.yml", "intent:ask_size")
    assert block is not None
    new = rewritten(block.text, {1: "该拍哪个码", 2: None}, ["穿几号"])
    want = block.text.replace("      - 该拍几码\n", "      - 该拍哪个码\n").replace("      - 内衣穿多大\n", "") + "      - 穿几号\n"
    assert new == want
    assert rewritten(block.text, dict.fromkeys(range(4))) is None


def test_what_two_texts_have_in_common() -> None:
    assert same("我要 退货！！") == same("我要退货") != same("我要换货")
    assert same("？？") == "??"
    assert same("[裙子](product) 有吗") == same("裙子有吗")
    assert cleaned(" 你\u200b好\t在\n吗 ") == "你好 在 吗"
    assert [fault(one) for one in ("。", "", "/restart", "a](b", "长" * 301, "[裙子](product)有吗")] == [
        None, "empty", "command", "marks", "long", None,
    ]  # fmt: skip


def test_examples_are_added_changed_and_moved(shop: Workspace) -> None:
    draft = Draft(shop)
    assert teaching.add(draft, "ask_size", ["穿 几号？", "我穿什么码", "穿几号"]) == 1
    teaching.change(draft, {ids(shop, "到哪了")[0]: "快递到哪了", ids(shop, "我的快递呢")[0]: None})
    teaching.move(draft, ids(shop, "文胸怎么选码", "一米七穿什么码合适"), "ask_fit", "loose")
    now = after(shop, draft)
    assert taught(now, "ask_size") == ["我穿什么码", "该拍几码", "内衣穿多大", "穿 几号？"]
    assert taught(now, "track_parcel") == ["快递到哪了"]
    assert [one.topic for one in examples(now).of("ask_fit") if one.text == "文胸怎么选码"] == ["loose"]
    assert taught(now, "ask_fit", held_out=True) == ["小个子能驾驭吗", "一米七穿什么码合适"]
    assert "# What people ask most." in now.text("data/nlu/sizing.yml")
    assert {one.path for one in draft.edits()} == {"data/nlu/sizing.yml", "data/nlu/parcels.yml", "tests/nlu/test_sizing.yml"}


def test_what_is_already_there_is_not_moved(shop: Workspace) -> None:
    draft = Draft(shop)
    assert teaching.move(draft, ids(shop, "一米七穿什么码合适", "该拍几码"), "ask_size", held_out=True) == 1
    now = after(shop, draft)
    assert taught(now, "ask_size", held_out=True) == ["胸围八十五穿几号", "一米七穿什么码合适", "该拍几码"]


def test_the_last_example_of_a_block_takes_the_block_along(shop: Workspace) -> None:
    draft = Draft(shop)
    teaching.change(draft, dict.fromkeys(ids(shop, "胖人能穿吗", "穿着显胖吗")))
    now = after(shop, draft)
    assert [(one.text, one.topic) for one in examples(now).of("ask_fit")] == [("是宽松的吗", "loose")]


def test_an_example_that_somebody_changed_is_not_written_over(shop: Workspace) -> None:
    chosen = ids(shop, "到哪了")
    (shop.root / "data/nlu/parcels.yml").write_text(FILES["data/nlu/parcels.yml"].replace("到哪了", "到哪里了"), "utf-8")
    with pytest.raises(StudioError, match="刚被别人改过"):
        teaching.move(Draft(shop), chosen, "affirm")


@pytest.mark.parametrize(("text", "word"), [("/restart", "开头"), ("！", None), ("   ", "空"), ("坏](了", "括号")])
def test_what_can_be_no_example_is_refused_with_its_reason(shop: Workspace, text: str, word: str | None) -> None:
    if word is None:
        assert teaching.add(Draft(shop), "affirm", [text]) == 1
        return
    with pytest.raises(StudioError, match=word):
        teaching.add(Draft(shop), "affirm", [text])


def test_a_split_takes_examples_tests_rules_stories_lists_names_and_labels_along(shop: Workspace) -> None:
    chosen = ids(shop, "内衣穿多大", "文胸怎么选码", "胸围八十五穿几号")
    now = after(shop, intents.split(shop, "ask_size", "ask_bra_size", "问内衣尺码", chosen))
    assert taught(now, "ask_bra_size") == ["内衣穿多大", "文胸怎么选码"]
    assert taught(now, "ask_bra_size", held_out=True) == ["胸围八十五穿几号"]
    assert intents.listed(now) == ["ask_size", "ask_bra_size", "ask_fit", "track_parcel", "affirm"]
    assert now.parsed("domain.yml")["intents"][1] == {"ask_bra_size": {"use_entities": []}}
    assert now.parsed("domain.yml")["slots"]["option"]["mappings"][0]["not_intent"] == ["ask_size", "ask_bra_size", "ask_fit"]
    assert intents.names(now)["ask_bra_size"] == ("尺码", "问内衣尺码")
    assert now.parsed("tests/nlu/coarse_labels.yml")["intents"]["ask_bra_size"] == {"strict": ["ask_size"], "lenient": []}
    assert now.parsed("data/rules/sizing.yml")["rules"][0]["steps"][0] == {"or": [{"intent": "ask_size"}, {"intent": "ask_bra_size"}]}
    both = [{"intent": one, "entities": ["size"]} for one in ("ask_size", "ask_bra_size")]
    assert now.parsed("data/stories/sizing.yml")["stories"][0]["steps"][0] == {"or": both}
    assert "# how it sits" in now.text("domain.yml")
    assert [one.code for one in check(now, ()) if one.severity == "error"] == []


def test_a_split_may_answer_otherwise(shop: Workspace) -> None:
    now = after(shop, intents.split(shop, "ask_size", "ask_bra_size", "问内衣", ids(shop, "内衣穿多大"), Answer(action="utter_size")))
    assert now.parsed("data/rules/sizing.yml")["rules"][-1] == {
        "rule": "answer ask_bra_size",
        "steps": [{"intent": "ask_bra_size"}, {"action": "utter_size"}],
    }
    assert now.text("data/stories/sizing.yml") == shop.text("data/stories/sizing.yml")
    with pytest.raises(StudioError, match="没有这个动作"):
        intents.split(shop, "ask_size", "ask_bra_size", "问内衣", ids(shop, "内衣穿多大"), Answer(action="action_nothing"))


def test_a_split_leaves_something_behind(shop: Workspace) -> None:
    with pytest.raises(StudioError, match="就空了"):
        intents.split(shop, "affirm", "agree", "同意", ids(shop, "好的"))
    with pytest.raises(StudioError, match="不全是它的例句"):
        intents.split(shop, "ask_size", "agree", "同意", ids(shop, "好的"))


def test_a_rename_reaches_everything_that_names_the_intent(shop: Workspace) -> None:
    now = after(shop, intents.rename(shop, "ask_size", "choose_size", "选尺码"))
    assert [one for one in references(now, "ask_size") if one.writable and one.use != "label"] == []
    assert len(references(now, "choose_size")) == len(references(shop, "ask_size"))
    assert (
        now.parsed("data/responses/sizing.yml")["responses"]["utter_size"][0]["buttons"][0]["payload"] == '/choose_size{"option": "chart"}'
    )
    assert now.parsed("tests/stories/test_sizing.yml")["stories"][0]["steps"][0]["intent"] == "choose_size"
    # The label of the real messages is called ask_size as before: it is no intent.
    assert now.parsed("tests/nlu/coarse_labels.yml")["intents"]["choose_size"] == {"strict": ["ask_size"], "lenient": []}
    assert intents.names(now)["choose_size"] == ("尺码", "选尺码")
    assert [one for one in findings(shop, intents.rename(shop, "ask_size", "choose_size").edits()) if one.severity == "error"] == []


def test_a_merge_keeps_what_is_new_and_drops_what_the_other_says_already(shop: Workspace) -> None:
    with pytest.raises(StudioError, match="分主题（body、loose）"):
        intents.merge(shop, "ask_size", "ask_fit")
    shop = put(shop, {"data/nlu/sizing.yml": shop.text("data/nlu/sizing.yml").replace("      - 该拍几码\n", "      - 胖人能穿吗！\n")})
    draft = intents.merge(shop, "ask_size", "ask_fit", "body")
    now = after(shop, draft)
    assert sorted(taught(now, "ask_fit")) == sorted(["我穿什么码", "内衣穿多大", "文胸怎么选码", "胖人能穿吗", "穿着显胖吗", "是宽松的吗"])
    assert examples(now).topics("ask_fit") == ["body", "loose"]
    assert [one for one in references(now, "ask_size") if one.writable] == []
    # The other's rule stands; this one's, and what went on as it said, would contradict it.
    assert [one["rule"] for one in now.parsed("data/rules/sizing.yml")["rules"]] == ["tell the fit"]
    gone = ["rule:advise a size", "story:a shopper asks for a size", "story:size and then the parcel"]
    assert sorted(key for _, key in draft.dropped) == gone
    assert now.parsed("domain.yml")["slots"]["option"]["mappings"][0]["not_intent"] == ["ask_fit"]
    wish = now.parsed("data/wishes.yml")["wishes"]["size_wanted"]
    assert (wish["intent"], wish["topic"], wish["why"]) == ("ask_fit", "body", "merged from ask_size")
    assert "ask_size" not in intents.names(now)
    assert "ask_size" not in now.parsed("tests/nlu/coarse_labels.yml")["intents"]
    assert [one.what for one in check(now, ()) if one.severity == "error"] == []


def test_a_merge_into_an_intent_without_topics_drops_them(shop: Workspace) -> None:
    now = after(shop, intents.merge(shop, "ask_fit", "ask_size"))
    assert examples(now).topics("ask_size") == [None]
    assert "topic" not in now.parsed("data/wishes.yml")["wishes"]["fit_wanted"]
    assert now.parsed("data/rules/sizing.yml")["rules"][1]["steps"][0] == {"or": [{"intent": "affirm"}]}
    assert now.parsed("domain.yml")["forms"]["size_form"]["ignored_intents"] == ["ask_size", "affirm"]
    assert [one.what for one in check(now, ()) if one.severity == "error"] == []


def test_an_intent_is_deleted_with_its_flows_but_not_while_a_button_names_it(shop: Workspace) -> None:
    with pytest.raises(StudioError, match="按钮还在用"):
        intents.delete(shop, "ask_size")
    now = after(shop, intents.delete(shop, "track_parcel"))
    assert references(now, "track_parcel") == []
    assert "data/stories/sizing.yml" not in {path for path in now.files("stories") if (now.parsed(path) or {}).get("stories")}
    assert intents.names(now).keys() == {"ask_size", "ask_fit", "affirm"}


def test_what_the_program_says_of_an_intent_holds_it(shop: Workspace) -> None:
    (shop.root / "engine/nlu/data").mkdir(parents=True)
    (shop.root / "actions").mkdir()
    (shop.root / "engine/nlu/data/exact.yml").write_text("ask_size: [尺码]\n", "utf-8")
    (shop.root / "actions/sizing.py").write_text('INTENTS = {"ask_fit"}\nBUTTON = "/track_parcel"\n', "utf-8")
    severities = {
        (intent, deed): [one.severity for one in intents.bound(shop, intent, deed)]
        for intent in ("ask_size", "ask_fit", "track_parcel", "affirm")
        for deed in intents.DEEDS
    }
    assert severities == {
        ("ask_size", "rename"): ["error"], ("ask_size", "merge"): ["error"], ("ask_size", "delete"): ["error"],
        ("ask_fit", "rename"): ["error"], ("ask_fit", "merge"): ["warning"], ("ask_fit", "delete"): ["warning"],
        ("track_parcel", "rename"): ["error"], ("track_parcel", "merge"): ["error"], ("track_parcel", "delete"): ["error"],
        ("affirm", "rename"): [], ("affirm", "merge"): [], ("affirm", "delete"): [],
    }  # fmt: skip
    assert [one.severity for one in intents.left_behind(shop, "ask_fit")] == ["info"]
    assert intents.left_behind(shop, "affirm") == []
    assert "actions/sizing.py 第 2 行" in intents.bound(shop, "track_parcel", "merge")[0].what


def test_names_are_told_apart_and_groups_are_kept(shop: Workspace) -> None:
    draft = Draft(shop)
    intents.call(draft, "ask_fit", "问上身效果")
    intents.call(draft, "affirm", "同意", "闲聊")
    now = after(shop, draft)
    assert now.parsed("policy/intent_names.yml") == {
        "尺码": {"ask_size": "问尺码", "ask_fit": "问上身效果"},
        "物流": {"track_parcel": "查物流"},
        "闲聊": {"affirm": "同意"},
    }
    for name in ("问尺码", "a: b", "", "长" * 31):
        with pytest.raises(StudioError):
            intents.call(Draft(shop), "ask_fit", name)


@pytest.mark.parametrize("word", ["AskSize", "1st", "a b", "", "ask-size"])
def test_an_identifier_is_one(shop: Workspace, word: str) -> None:
    with pytest.raises(StudioError, match="标识"):
        intents.create(shop, word, "新的")


def test_a_new_intent_comes_with_examples_and_an_answer(shop: Workspace) -> None:
    draft = intents.create(
        shop, "ask_gift", "问包装", ["能包装吗"], held_out=["有礼盒不"], answer=Answer(action="action_track"), group="售前"
    )
    now = after(shop, draft)
    assert taught(now, "ask_gift") == ["能包装吗"]
    assert taught(now, "ask_gift", held_out=True) == ["有礼盒不"]
    assert {one.path for one in examples(now).by_intent["ask_gift"]} == {teaching.ADDED, teaching.HELD_OUT}
    assert intents.names(now)["ask_gift"] == ("售前", "问包装")
    with pytest.raises(StudioError, match="已经有这个意图"):
        intents.create(shop, "ask_fit", "又一个")


@pytest.mark.parametrize(
    ("path", "old", "new", "code", "severity"),
    [
        ("data/nlu/parcels.yml", "      - 好的\n", "      - 好的\n      - 该拍几码？\n", "conflict", "error"),
        ("data/nlu/parcels.yml", "      - 好的\n", "      - 好的\n      - 好的！\n", "doubled", "warning"),
        ("data/nlu/parcels.yml", "      - 好的\n", "      - 好的\n      那行\n", "unread-line", "error"),
        ("data/nlu/parcels.yml", "      - 好的\n", "      - 好的\n      - /restart\n", "example-command", "error"),
        ("data/nlu/parcels.yml", "      - 好的\n", "      - 好的\n      - 打 13812345678\n", "personal-data", "warning"),
        ("data/nlu/parcels.yml", "intent: affirm", "intent: agree", "unknown-intent", "error"),
        ("data/nlu/sizing.yml", "      - 该拍几码\n", "      - 胸围八十五穿几号\n", "held-out-taught", "error"),
        ("data/nlu/sizing.yml", "    metadata: {topic: loose}\n", "", "topicless", "error"),
        ("data/wishes.yml", "topic: body", "topic: height", "untaught-topic", "error"),
        ("domain.yml", "  - track_parcel\n", "  - track_parcel\n  - ask_gift\n", "untaught", "warning"),
        ("policy/intent_names.yml", "  affirm: 肯定\n", "", "unnamed-intent", "warning"),
        ("policy/intent_names.yml", "肯定", "问尺码", "named-alike", "error"),
        ("policy/intent_names.yml", "affirm: 肯定", "affirm: [肯定]", "names-form", "error"),
    ],
)
def test_the_check_finds(shop: Workspace, path: str, old: str, new: str, code: str, severity: str) -> None:
    text = shop.text(path)
    assert old in text
    changed = put(shop, {path: text.replace(old, new, 1)})
    before = {one.same for one in check(shop, ())}
    found = [one for one in check(changed, ()) if one.same not in before]
    assert (code, severity) in {(one.code, one.severity) for one in found}
    assert all(one.remedy and one.what for one in found)


def test_doubles_are_found_and_kept_up_to_date(shop: Workspace) -> None:
    path = "data/nlu/parcels.yml"
    near = shop.text(path).replace("      - 好的\n", "      - 好的\n      - 我的快递在哪呢\n      - 我的快递在哪\n      - 该拍几码呀\n")
    changed = put(shop, {path: near})
    found = doubles(changed)
    assert next((one.text, share) for one, share in found.near("我的快递呢")) == ("我的快递呢", 1.0)
    told = {frozenset((one.one.text, one.other.text)) for one in found.all()}
    assert {frozenset(("该拍几码", "该拍几码呀")), frozenset(("我的快递在哪呢", "我的快递在哪"))} <= told
    first = found.all()[0]
    assert first.one.intent != first.other.intent
    # Incrementally as anew.
    more = put(shop, {path: near.replace("      - 到哪了\n", "      - 该拍几号码\n")})
    again = Doubles(examples(more), found)
    anew = Doubles(Examples(examples(more).all))
    assert {(one.one.id, one.other.id, one.share) for one in again.all()} == {(one.one.id, one.other.id, one.share) for one in anew.all()}


def test_examples_part_into_the_same_groups_every_time(shop: Workspace) -> None:
    found = examples(shop).of("ask_size")
    groups = parted(found, 2)
    assert groups == parted(found, 2)
    assert sorted(one.id for group in groups for one in group.examples) == sorted(one.id for one in found)
    assert parted(found[:1], 2)[0].examples == tuple(found[:1])
    assert parted([], 3) == []


def test_the_projects_own_files_have_no_error_and_follow_a_rename(checkout_of_session: Path) -> None:
    workspace = Workspace(checkout_of_session)
    assert [one for one in check(workspace, ()) if one.severity == "error"] == []
    draft = intents.rename(workspace, "place_order", "buy_now", "立即下单")
    assert [one for one in findings(workspace, draft.edits()) if one.severity == "error"] == []
    now = workspace.overlay(apply(workspace, draft.edits()).texts)
    assert references(now, "place_order") == []
    assert len(examples(now).of("buy_now")) == len(examples(workspace).of("place_order"))
