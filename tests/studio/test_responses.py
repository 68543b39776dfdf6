"""Responses in the studio: found, used where, changed without touching anything else, and checked as CI would check them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from studio import guard
from studio.checks.responses import check, of_response
from studio.edits import Edit, apply
from studio.errors import StudioError
from studio.response_rules import response_rules
from studio.response_uses import uses
from studio.responses import listed, propose, remove, response, responses, vocabulary
from studio.workspace import Workspace

NOW = datetime.fromisoformat("2027-01-25T12:00:00+08:00")
NAME, PATH = "utter_smalltalk_thanks", "data/responses/smalltalk.yml"
PLAIN = {"text": "好的，我记下了。", "metadata": {"script": "s_thanks", "source": "试验"}}


@pytest.fixture(scope="module")
def shared(checkout_of_session: Path) -> Workspace:
    """Read by many tests, written by none."""
    return Workspace(checkout_of_session)


def some(workspace: Workspace) -> str:
    """The first plain response of small talk: one that has more than one variation and no button."""
    return next(one.name for one in listed(workspace, NOW, topic="smalltalk") if len(one.variations) > 1 and not one.marks(NOW))


def codes(workspace: Workspace, *variations: Any, name: str = "utter_smalltalk_try", topic: str = "smalltalk", **more: Any) -> list[str]:
    found = of_response(workspace, f"data/responses/{topic}.yml", name, list(variations), **more)
    assert all(one.what and one.remedy for one in found)
    return [one.code for one in found if one.severity != "info"]


class TestLooking:
    def test_every_response_is_there_with_its_place_and_uses(self, shared: Workspace) -> None:
        found = responses(shared)
        assert len(found) > 800
        one = response(shared, "utter_ask_return_form_reason")
        assert one.base.splitlines()[0].strip() in shared.text(one.path).splitlines()[one.line - 1]
        assert {use.kind for use in one.uses} >= {"form"}
        kinds = {use.kind for places in uses(shared).values() for use in places}
        assert kinds >= {"row", "form", "twin", "code"}
        row = next(use for places in uses(shared).values() for use in places if use.kind == "row")
        assert "utter_" in shared.text(row.path).splitlines()[row.line - 1]

    def test_rules_stories_and_tests_count_too_and_comments_do_not(self, shared: Workspace) -> None:
        name = some(shared)
        steps = f"    steps:\n      - intent: greet\n      # {name}\n      - action: {name}\n"
        texts: dict[str, str | None] = {
            "data/rules/try.yml": f'version: "3.1"\nrules:\n  - rule: try\n{steps}',
            "data/stories/try.yml": f'version: "3.1"\nstories:\n  - story: try\n{steps}',
            "tests/stories/test_try.yml": f'version: "3.1"\nstories:\n  - story: try\n{steps}',
        }
        found = [use for use in uses(shared.overlay(texts))[name] if use.label == "try"]
        assert [(use.kind, use.line) for use in found] == [("rule", 7), ("story", 7), ("test", 7)]

    def test_searching_by_words_topic_and_state(self, shared: Workspace) -> None:
        everything = listed(shared, NOW)
        assert len(everything) == len(responses(shared))
        some = listed(shared, NOW, words="快递 单号")
        assert some
        assert len(some) < 100
        assert {one.topic for one in listed(shared, NOW, topic="returns")} == {"returns"}
        assert listed(shared, NOW, words="没有人会说的话") == []
        dated = listed(shared, NOW, state="dated")
        assert dated
        assert all("dated" in one.marks(NOW) for one in dated)
        assert listed(shared, datetime.fromisoformat("2030-01-01T00:00:00+08:00"), state="over")
        assert listed(shared, NOW, state="unused") == []

    def test_values_have_names_that_trainers_know(self, shared: Workspace) -> None:
        words = {one["name"]: one for one in vocabulary(shared)}
        assert words["order_id"]["label"] == "订单号"
        assert words["order_id"]["used"] > 10
        assert response_rules().labelled("订单号") == "order_id"

    def test_what_is_not_there_is_said(self, shared: Workspace) -> None:
        with pytest.raises(StudioError, match="没有这条回复"):
            response(shared, "utter_no_such")


class TestChanging:
    def test_one_text_changes_one_line(self, shared: Workspace) -> None:
        one = response(shared, some(shared))
        variations = [dict(each) for each in one.variations]
        variations[0]["text"] = "好的，已经记在这里。"
        edit = propose(shared, one.name, one.path, variations, one.base)
        assert edit.new is not None
        changed = [line for line in edit.new.splitlines() if line not in one.base.splitlines()]
        assert len(changed) == 1, changed
        assert len(edit.new.splitlines()) <= len(one.base.splitlines())

    def test_nothing_changed_is_the_same_block(self, shared: Workspace) -> None:
        for one in list(responses(shared).values())[::25]:
            edit = propose(shared, one.name, one.path, [dict(each) for each in one.variations], one.base)
            assert edit.new == one.base, one.name
            trimmed = [{**each, "text": str(each.get("text") or "").strip()} for each in one.variations]
            assert propose(shared, one.name, one.path, trimmed, one.base).new == one.base, one.name

    def test_variations_come_and_go_with_bubbles_buttons_dates_and_conditions(self, shared: Workspace) -> None:
        one = response(shared, some(shared))
        added = {
            "metadata": {"script": "s_x", "source": "试验"},
            "valid_to": "2027-02-14",
            "valid_from": "2027-01-20",
            "text": "春节期间您好。\r\n\r\n请讲。  ",
            "buttons": [{"title": "找人工", "payload": "/request_human"}],
            "condition": [],
        }
        edit = propose(shared, one.name, one.path, [*one.variations, added], one.base)
        after = apply(shared, [edit])
        made = response(shared.overlay(after.texts), one.name)
        assert list(made.variations[-1]) == ["text", "buttons", "valid_from", "valid_to", "metadata"]
        assert made.variations[-1]["text"].strip() == "春节期间您好。\n\n请讲。"
        assert len(made.variations) == len(one.variations) + 1
        assert guard.findings(shared, [edit]) == []
        back = propose(shared.overlay(after.texts), one.name, one.path, made.variations[:-1], made.base)
        assert apply(shared.overlay(after.texts), [back]).texts[one.path] == shared.text(one.path)

    def test_a_new_one_is_made_and_an_unused_one_removed(self, shared: Workspace) -> None:
        edit = propose(shared, "utter_smalltalk_try", PATH, [PLAIN], None)
        texts = apply(shared, [edit]).texts
        after = shared.overlay(texts)
        assert response(after, "utter_smalltalk_try").marks(NOW) == ["unused"]
        assert [one.code for one in guard.findings(shared, [edit])] == ["unused"]
        base = response(after, "utter_smalltalk_try").base
        gone = apply(after, [remove(after, "utter_smalltalk_try", base)])
        assert gone.texts[PATH] == shared.text(PATH)

    def test_what_is_used_is_not_removed_and_by_hand_it_is_an_error(self, shared: Workspace) -> None:
        name = "utter_ask_return_form_reason"
        one = response(shared, name)
        with pytest.raises(StudioError, match="在用"):
            remove(shared, name, one.base)
        row = next(one for one in responses(shared).values() if any(use.kind == "row" for use in one.uses))
        found = guard.findings(shared, [Edit(row.path, f"response:{row.name}", row.base, None)])
        assert "missing" in {each.code for each in found if each.severity == "error"}

    @pytest.mark.parametrize(
        ("name", "path", "variations", "match"),
        [
            ("utter_X", PATH, [PLAIN], "格式"),
            ("utter_smalltalk_try", "data/nlu/orders.yml", [PLAIN], "回复文件"),
            ("utter_smalltalk_try", "../secret.yml", [PLAIN], "不是工作室"),
            ("utter_smalltalk_try", PATH, [], "一种说法也没有"),
            ("utter_ask_return_form_reason", PATH, [PLAIN], "已经有"),
            ("utter_smalltalk_try", PATH, [{"text": 5}], "不是文本"),
        ],
    )
    def test_what_cannot_be_is_refused_with_a_remedy(
        self, shared: Workspace, name: str, path: str, variations: list[Any], match: str
    ) -> None:
        with pytest.raises(StudioError, match=match) as refused:
            propose(shared, name, path, variations, None)
        assert refused.value.remedy


class TestChecking:
    def test_what_is_there_is_good(self, shared: Workspace) -> None:
        found = check(shared, ["data/responses/sizing.yml", "data/responses/smalltalk.yml"])
        assert [one for one in found if one.severity == "error"] == []

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"text": "订单{订单号}已收到。"}, "unknown-value"),
            ({"text": "订单{ order_id }在路上。"}, "unknown-value"),
            ({"text": "订单{order_id在路上。"}, "braces"),
            ({"text": ""}, "empty"),
            ({"text": "我们会尽快处理。"}, "style"),
            ({"text": "加我微信详聊，微信号 abc12345"}, "wording"),
            ({"text": "请看一下这里的说明" * 12}, "too-long"),
            ({"text": "好的😀😀"}, "emoji"),
            ({"text": "已经为您退款。"}, "deed"),
            ({"text": "已提交给售后。"}, "deed"),
            ({"buttons": [{"title": "", "payload": "/affirm"}]}, "button-title"),
            ({"buttons": [{"title": "好", "payload": "affirm"}]}, "button-payload"),
            ({"buttons": [{"title": "好", "payload": "/no_such_intent"}]}, "button-intent"),
            ({"buttons": [{"title": "好", "payload": '/choose_option{"option": }'}]}, "button-payload"),
            ({"buttons": [{"title": "要{尺码}", "payload": "/affirm"}]}, "unknown-value"),
            ({"metadata": {"source": "x"}}, "script"),
            ({"metadata": {"script": "s_x"}}, "source"),
            ({"metadata": {"script": "none"}}, "source"),
            ({"condition": [{"name": "speaker"}]}, "condition"),
            ({"txt": "x"}, "unknown-key"),
        ],
    )
    def test_each_mistake_is_named(self, shared: Workspace, change: dict[str, Any], code: str) -> None:
        assert codes(shared, PLAIN) == []
        assert code in codes(shared, PLAIN, {**PLAIN, **change})

    def test_a_wrong_name_of_a_value_is_answered_with_the_right_one(self, shared: Workspace) -> None:
        (found,) = of_response(shared, PATH, "utter_smalltalk_try", [PLAIN, {**PLAIN, "text": "订单{订单号}在这里。"}])
        assert (found.what, found.remedy) == ("第2种说法：没有叫「订单号」的值", "写成 {order_id}")

    def test_where_somebody_is_unhappy_there_is_no_emoji(self, shared: Workspace) -> None:
        smiling = {**PLAIN, "text": "好的😀"}
        assert codes(shared, smiling) == []
        assert "emoji" in codes(shared, smiling, name="utter_returns_try", topic="returns")

    @pytest.mark.parametrize(
        ("dates", "code"),
        [
            ([{"valid_from": "双十一"}], "date"),
            ([{"valid_from": "2027-02-01", "valid_to": "2027-01-01"}], "date"),
            ([{"valid_from": "2027-01-01", "valid_to": "2027-01-31"}, {"valid_from": "2027-01-31"}], "dates-meet"),
        ],
    )
    def test_dates_that_cannot_be_or_meet(self, shared: Workspace, dates: list[dict[str, str]], code: str) -> None:
        assert codes(shared, PLAIN, *({**PLAIN, **one} for one in dates)) == [code]

    def test_something_is_said_every_day(self, shared: Workspace) -> None:
        only = {**PLAIN, "valid_from": "2027-01-20"}
        assert codes(shared, only) == ["no-everyday"]
        assert codes(shared, {**PLAIN, "condition": [{"type": "slot", "name": "speaker", "value": "agent"}]}) == ["no-everyday"]
        assert codes(shared) == ["form"]

    def test_a_value_that_was_never_given_there_is_asked_about(self, shared: Workspace) -> None:
        with_value = {**PLAIN, "text": "单号{tracking}。"}
        assert codes(shared, PLAIN, with_value, before=[PLAIN]) == ["value-not-given"]
        severities = [one.severity for one in of_response(shared, PATH, "utter_smalltalk_try", [with_value], before=[PLAIN])]
        assert severities == ["error"], "nothing could be said without it"
        assert codes(shared, PLAIN, with_value, before=[PLAIN, with_value]) == []

    def test_a_deed_has_its_effect_in_every_variation_and_a_twin_without_it(self, shared: Workspace) -> None:
        one = next(one for one in responses(shared).values() if "deed" in one.marks(NOW))
        bare = {"text": "请稍候。", "metadata": {"script": "s_x", "source": "x"}}
        edit = propose(shared, one.name, one.path, [*one.variations, bare], one.base)
        assert "effect" in {each.code for each in guard.findings(shared, [edit])}
        twin = response(shared, str(one.variations[0]["metadata"]["twin"]))
        worse = {**twin.variations[0], "text": "已经为您退款，{sales}。"}
        edit = propose(shared, twin.name, twin.path, [worse], twin.base)
        assert {"deed", "value-not-given"} <= {each.code for each in guard.findings(shared, [edit])}

    def test_a_product_name_makes_no_forbidden_word_with_its_neighbours(self, shared: Workspace) -> None:
        found = codes(shared, {**PLAIN, "text": "{product}漏发了，会补寄。"})
        assert "wording-filled" in found or found == []

    def test_defined_twice_is_an_error_in_both_files(self, shared: Workspace) -> None:
        name = some(shared)
        other = "data/responses/reviews.yml"
        edit = Edit(other, f"response:{name}", None, response(shared, name).base)
        assert "defined-twice" in {one.code for one in guard.findings(shared, [edit])}
