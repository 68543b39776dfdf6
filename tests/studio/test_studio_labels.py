"""Labelled messages become tests first and training data by choice; what speaks against a label is said before it is saved."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from studio import exams, labels, nlu, teaching
from studio.drafts import Draft
from studio.edits import apply
from studio.errors import StudioError
from studio.labels import HELD_OUT, Label
from studio.likeness import Likeness, features, groups, likeness, plain
from studio.marks import marked, unmarked
from studio.repository import Repository
from studio.workspace import Workspace
from tests.studio.conftest import QING

NEW = "这口锅炖牛腩要熬几个钟头呀小二"


@pytest.fixture(scope="module")
def still(checkout_of_session: Path) -> Workspace:
    """Files that no test writes."""
    return Workspace(checkout_of_session)


def codes(workspace: Workspace, label: Label) -> set[tuple[str, str]]:
    return {(one.severity, one.code) for one in labels.check(workspace, label)}


class TestLikeness:
    def test_digits_marks_and_blanks_make_no_difference(self) -> None:
        assert plain("退货，OK？") == plain("退货 ok")
        assert likeness(features("158 98斤穿什么码"), features("165 120斤 穿什么码")) == 1.0
        assert likeness(features("退货"), features("发票")) == 0.0

    def test_what_is_found_is_what_a_comparison_with_all_would_find(self, still: Workspace) -> None:
        texts = [one.said for one in nlu.examples(still).all if one.held_out][:300]
        index = Likeness(enumerate(texts))
        for asked in texts[::30]:
            shares = {at: round(likeness(features(asked), features(text)), 4) for at, text in enumerate(texts)}
            wanted = {at: share for at, share in shares.items() if share >= 0.2}
            assert {one.key: one.share for one in index.near(asked, 0.2, 500)} == pytest.approx(wanted, abs=1e-3)

    def test_it_shrinks_as_it_grew(self) -> None:
        index = Likeness([("a", "能便宜点吗"), ("b", "能便宜点不")])
        index.add("a", "发票怎么开")
        index.remove("nobody")
        assert [one.key for one in index.near("能便宜点吗")] == ["b"]
        index.remove("b")
        assert (index.near("能便宜点吗"), len(index)) == ([], 1)

    def test_groups_are_begun_by_their_first(self) -> None:
        assert groups(["能便宜点吗", "发票怎么开", "能便宜点吗？", "能便宜一点吗"]) == [[0, 2, 3], [1]]


class TestMarks:
    @pytest.mark.parametrize(
        ("text", "spans", "line"),
        [
            ("我要M码的", [(2, 4, "size", "M码")], "我要[M码](size)的"),
            ("我要M码的", [(2, 4, "size", "M")], '我要[M码]{"entity": "size", "value": "M"}的'),
            ("😀M码蓝色", [(1, 3, "size", "M码"), (3, 5, "colour", "蓝色")], "😀[M码](size)[蓝色](colour)"),
            ("没有标注", [], "没有标注"),
        ],
    )
    def test_they_are_written_as_rasa_does_and_read_back(self, text: str, spans: list[Any], line: str) -> None:
        made = [{"start": a, "end": b, "entity": name, "value": value} for a, b, name, value in spans]
        assert marked(text, made) == line
        assert unmarked(line) == (text, made)

    def test_brackets_of_the_shoppers_own_stay(self) -> None:
        assert unmarked("[图片] 这个（有货）吗") == ("[图片] 这个（有货）吗", [])
        with pytest.raises(StudioError, match="方括号"):
            marked("[图片](size)吗", [])

    @pytest.mark.parametrize("span", [(0, 0), (3, 2), (0, 9)])
    def test_places_outside_are_refused(self, span: tuple[int, int]) -> None:
        with pytest.raises(StudioError, match="超出"):
            marked("三个字", [{"start": span[0], "end": span[1], "entity": "size"}])


class TestChecks:
    def test_the_same_words_under_another_wish_are_a_conflict(self, still: Workspace) -> None:
        one = next(each for each in nlu.examples(still).all if not each.held_out and each.intent == "request_return")
        assert codes(still, Label(one.text + "！", "track_parcel")) == {("error", "conflict")}
        assert codes(still, Label(one.text, "request_return")) == {("info", "taught")}

    def test_examples_nearly_the_same_are_told(self, still: Workspace) -> None:
        assert ("warning", "near-conflict") in codes(still, Label("不喜欢 退了呀", "track_parcel"))
        assert codes(still, Label(NEW, "ask_product_info")) == set()

    @pytest.mark.parametrize(
        ("label", "code"),
        [
            (Label(NEW, "no_such"), "unknown-intent"),
            (Label(NEW, "complain"), "topic"),
            (Label(NEW, "complain", "no_such"), "topic"),
            (Label(NEW, "greet", "slow"), "topic"),
            (Label("我叫王小明 电话13812345678", "greet"), "personal"),
            (Label(" / ", "greet"), "empty"),
            (Label("看[图片](size)", "greet"), "brackets"),
            (Label(NEW, "greet", None, ({"start": 0, "end": 1, "entity": "nothing"},)), "unknown-entity"),
            (Label(NEW, "greet", None, ({"start": 0, "end": 99, "entity": "size"},)), "marks"),
        ],
    )
    def test_a_label_that_cannot_be_written_says_why(self, still: Workspace, label: Label, code: str) -> None:
        assert ("error", code) in codes(still, label)

    def test_a_topic_is_guessed_from_its_like(self, still: Workspace) -> None:
        slow = next(one for one in nlu.examples(still).all if not one.held_out and (one.intent, one.topic) == ("complain", "slow"))
        assert labels.likely_topic(still, slow.text, "complain") == "slow"
        assert labels.likely_topic(still, "完全不像", "complain") in labels.topics(still)["complain"]
        assert labels.likely_topic(still, NEW, "greet") is None


class TestFiles:
    def test_a_batch_is_one_commit_of_tests_and_a_second_time_nothing(self, workspace: Workspace, repository: Repository) -> None:
        size = {"start": 0, "end": 2, "entity": "size", "value": "M"}
        mine = [
            Label("M码裤子还有几条剩着", "ask_stock", None, (size,)),
            Label("/等了八百年了你们是蜗牛吗", "complain", "slow"),
            Label("啥玩意儿嘛气得我肝疼了呀", "complain", "angry"),
            Label("M码裤子还有几条剩着！", "track_parcel"),
            Label("M码裤子还有几条剩着", "ask_stock"),
        ]
        done = labels.batch(workspace, mine)
        assert (done.there, list(done.refused)) == ([], [3])
        commit = repository.save(done.edits, QING, "收件箱")
        assert list(commit.paths) == [HELD_OUT]
        assert workspace.text(HELD_OUT).startswith("# Messages of the trainers' inbox")
        assert '[M码]{"entity": "size", "value": "M"}裤子' in workspace.text(HELD_OUT)
        assert [(one.said, one.intent, one.topic) for one in labels.held_out(workspace)] == [
            ("M码裤子还有几条剩着", "ask_stock", None),
            ("等了八百年了你们是蜗牛吗", "complain", "slow"),
            ("啥玩意儿嘛气得我肝疼了呀", "complain", "angry"),
        ]
        told = {one.text for one in exams.questions(workspace.root) if one.source == "held_out"}
        assert "M码裤子还有几条剩着" in told, "the model is asked what a shopper wrote, without marks"
        (test,) = [one for one in nlu.examples(workspace).of("ask_stock", held_out=True) if one.path == HELD_OUT]
        draft = Draft(workspace)
        teaching.move(draft, [test.id], "ask_stock", held_out=False)
        assert any("- M码裤子还有几条剩着\n" in (edit.new or "") for edit in draft.edits()), "what is taught has no marks"
        again = labels.batch(workspace, mine)
        assert (again.edits, again.there) == ([], [0, 1, 2, 4])
        more = labels.batch(workspace, [Label("催了三回还没个准信儿", "complain", "slow"), Label("哟在不在呀掌柜的您呐", "greet")])
        assert [(edit.key, edit.base is None) for edit in more.edits] == [("intent:complain", False), ("intent:greet", True)]
        repository.save(more.edits, QING, "收件箱")
        assert len(labels.held_out(workspace)) == 5

    def test_joining_the_training_data_leaves_the_tests(self, workspace: Workspace, repository: Repository) -> None:
        size = {"start": 0, "end": 2, "entity": "size", "value": "M"}
        mine = [
            Label("M码裤子还有几条剩着", "ask_stock", None, (size,)),
            Label("裤子M码剩多少件呐您说", "ask_stock"),
            Label("等了八百年了你们是蜗牛吗", "complain", "slow"),
            Label("啥玩意儿嘛气得我肝疼了呀", "complain", "angry"),
        ]
        repository.save(labels.batch(workspace, mine).edits, QING, "收件箱")
        repository.save(labels.join_training(workspace, [mine[0].text, mine[2].text]), QING, "用于训练")
        assert [one.said for one in labels.held_out(workspace)] == [mine[1].text, mine[3].text]
        same = {one.said: one for place in (0, 2) for one in nlu.examples(workspace).by_same[nlu.same(mine[place].text)]}
        assert {(not one.held_out, one.text, one.intent, one.topic) for one in same.values()} == {
            (True, mine[0].text, "ask_stock", None),
            (True, mine[2].text, "complain", "slow"),
        }
        with pytest.raises(StudioError, match="刷新页面再选"):
            labels.join_training(workspace, [mine[0].text])
        repository.save(labels.join_training(workspace, [mine[1].text, mine[3].text]), QING, "用于训练")
        assert labels.held_out(workspace) == []

    def test_two_trainers_labels_come_together(self, workspace: Workspace, repository: Repository) -> None:
        """Both proposed upon the same file: the second's is proposed anew, and nothing of either is lost."""
        first = labels.batch(workspace, [Label("M码裤子还有几条剩着", "ask_stock")])
        repository.save(labels.batch(workspace, [Label("裤子M码剩多少件呐您说", "ask_stock")]).edits, QING, "别人")
        assert apply(workspace, first.edits).conflicts
        repository.save(labels.batch(workspace, [Label("M码裤子还有几条剩着", "ask_stock")]).edits, QING, "我")
        assert len(labels.held_out(workspace)) == 2

    def test_a_wish_that_nobody_taught_gets_a_file_of_the_inbox(self, workspace: Workspace, repository: Repository) -> None:
        domain = workspace.text("domain.yml").replace("intents:\n", "intents:\n  - brand_new\n", 1)
        (workspace.root / "domain.yml").write_text(domain, "utf-8")
        repository.save(labels.batch(workspace, [Label(NEW, "brand_new")]).edits, QING, "新意图")
        repository.save(labels.join_training(workspace, [NEW]), QING, "用于训练")
        assert [one.path for one in nlu.examples(workspace).by_same[nlu.same(NEW)]] == [labels.TAUGHT_ANEW]


def test_with_twenty_thousand_examples_a_check_is_quick(workspace: Workspace) -> None:
    lines = "".join(f"      - 第{place % 97}排{place // 97}号{chr(0x4E00 + place)}货架在哪\n" for place in range(4000))
    path = workspace.root / "data" / "nlu" / "many.yml"
    path.write_text(f'version: "3.1"\nnlu:\n  - intent: greet\n    examples: |\n{lines}', "utf-8")
    assert len(nlu.examples(workspace).all) > 20_000
    begun = time.process_time()
    for _ in range(10):
        labels.check(workspace, Label("不喜欢 退了呀", "request_return"))
    assert time.process_time() - begun < 1
