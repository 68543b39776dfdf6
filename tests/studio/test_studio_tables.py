"""Decision tables as trainers edit them: steps become edits, findings name row and remedy, cases are told exactly, red lines hold."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from policy.decide import decide, tables
from policy.parameters import declared_parameters
from policy.proofs import defaults, problem
from policy.validity import SHANGHAI
from studio import table_draft
from studio.canonical import canonical
from studio.checks.tables import check, red_lines
from studio.edits import apply
from studio.errors import StudioError
from studio.findings import Finding
from studio.guard import findings
from studio.repository import Author, Repository
from studio.table_cases import changes, plain
from studio.table_draft import draft, parameters_view, row, taken, tried
from studio.table_edits import edits, parameter_edits
from studio.table_uses import uses
from studio.table_words import words
from studio.tables import declared_in, opened, topics
from studio.workspace import Workspace

TING = Author("s_ting", "小婷")
OVERSOLD: dict[str, object] = {"reason": "seller_oos", "remedy": "cancel", "stage": "unshipped"}


@pytest.fixture(scope="module")
def files(checkout_of_session: Path) -> Workspace:
    """The project's files, for tests that write none."""
    return Workspace(checkout_of_session)


def step(do: str, row: str = "", **more: Any) -> dict[str, Any]:
    return {"do": do, **({"row": f"row:{row}"} if row else {}), **more}


def narrowed(files: Workspace) -> dict[str, Any]:
    """pr_z_06 answers `unknown` at every stage; without its received goods there is a gap."""
    then = {"reason": "unknown", "stage": ["unshipped", "in_transit", "confirmed"]}
    return step("set", "pr_z_06", fields={"when": then})


def errors(found: list[Finding]) -> list[str]:
    return [one.code for one in found if one.severity == "error"]


def test_the_projects_tables_and_parameters_have_no_finding(files: Workspace) -> None:
    assert check(files, []) == []
    assert set(topics(files)) == set(tables())


def test_every_table_input_word_and_parameter_has_a_chinese_name() -> None:
    names = words()
    lacking: list[str] = []
    for table in tables().values():
        lacking += [table.name] if names.table(table.name) == table.name else []
        for known in (*table.inputs.values(), *table.outputs.values()):
            lacking += [f"{table.name}.{known.name}"] if names.field(table.name, known.name) == known.name else []
            spoken = [word for word in known.words or () if not word.startswith("utter_") and not word.isdigit()]
            lacking += [f"{table.name}.{known.name}.{word}" for word in spoken if names.word(table.name, known.name, word) == word]
    lacking += [name for name in declared_parameters() if names.parameter(name) == name]
    assert lacking == []


# --- steps become edits -----------------------------------------------------------------------------------------------------------------
def test_a_changed_cell_changes_its_lines_and_nothing_else(files: Workspace) -> None:
    before = files.text("policy/tables/postage.yml")
    then = {**opened(files, "postage").rows[0].data["then"], "advanced_by": "shop"}
    (edit,) = edits(files, "postage", [step("set", "pr_s_01", fields={"then": then})])
    after = apply(files, [edit]).texts["policy/tables/postage.yml"]
    assert after is not None
    gone = set(before.splitlines()) - set(after.splitlines())
    assert edit.key == "row:pr_s_01"
    assert all("advanced_by: none" in line for line in gone)
    assert canonical(after) == after


def test_rows_are_added_moved_removed_and_headings_of_groups_stay(files: Workspace) -> None:
    table = opened(files, "postage")
    heading = next(
        line for line in next(one.text for one in table.rows if one.id == "pr_d_01").splitlines() if line.strip().startswith("#")
    )
    fields = {
        "id": "pr_new_1",
        "when": {"reason": "unknown", "days": {"at_most": 3}},
        "then": dict(table.rows[5].data["then"]),
        "source": "店铺决定",
        "hits": [{"reason": "unknown", "days": 1, "stage": "received"}],
        "misses": [{"reason": "unknown", "days": 9, "stage": "received"}],
    }
    steps = [
        step("move", "pr_d_01", after="row:pr_s_01"),
        step("add", fields=fields, after="row:pr_u_01"),
        step("remove", "pr_q_rf_01"),
        step("set", "pr_new_1", fields={"why": "只是一个例子"}),
    ]
    over, _ = taken(files, "postage", steps)
    after = opened(over, "postage")
    ids = [one.id for one in after.rows]
    assert ids[:2] == ["pr_s_01", "pr_d_01"]
    assert ids[ids.index("pr_u_01") + 1] == "pr_new_1"
    assert "pr_q_rf_01" not in ids
    assert heading in next(one.text for one in after.rows if one.id == "pr_l_01")
    text = over.text("policy/tables/postage.yml")
    assert canonical(text) == text
    assert text.count("#") == files.text("policy/tables/postage.yml").count("#")


def test_a_dated_row_takes_the_place_of_its_everyday_one_in_its_days(files: Workspace) -> None:
    base = opened(files, "opening_hours")
    everyday = next(one for one in base.rows if one.id == "oh_06_hours").data
    fields = {**everyday, "then": {"say": "utter_smalltalk_hours_always"}, "valid_from": "2027-02-02", "valid_to": "2027-02-14"}
    steps = [step("add", fields=fields, after="row:oh_06_hours")]
    found = draft(files, "opening_hours", steps)
    assert found["findings"] == []
    assert [one["key"] for one in found["rows"] if one["id"] == "oh_06_hours"] == ["row:oh_06_hours", "row:oh_06_hours@2027-02-02"]
    case: dict[str, object] = {"wish": "hours", "state": "closed"}
    feast = datetime(2027, 2, 10, 12, tzinfo=SHANGHAI)
    assert tried(files, "opening_hours", steps, case)["then"][0]["value"] == "utter_smalltalk_hours_closed"
    assert tried(files, "opening_hours", steps, case, feast)["then"][0]["value"] == "utter_smalltalk_hours_always"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (step("set", "pr_none"), "不在了"),
        (step("add", fields={"id": "Wrong Id"}, after=""), "编号"),
        (step("add", fields={"id": "pr_s_01"}, after=""), "已经有了"),
        (step("set", "pr_s_01", fields={"when": "x"}), "形式不对"),
        (step("set", "pr_s_01", fields={"rows": []}), "读不懂"),
        (step("fly"), "不认识"),
    ],
)
def test_a_step_that_cannot_be_taken_names_place_and_remedy(files: Workspace, wrong: Mapping[str, Any], named: str) -> None:
    with pytest.raises(StudioError, match=named) as raised:
        edits(files, "postage", [wrong])
    assert raised.value.place.startswith("policy/tables/postage.yml")
    assert raised.value.remedy


def test_nobody_overwrites_what_they_have_not_seen(files: Workspace) -> None:
    """Two in different cells of a row both stay; in the same cell the second hears of the first."""
    theirs = [step("cell", "oh_06_hours", part="then", name="ticket", value="person", seen=None)]
    over, _ = taken(files, "opening_hours", theirs)
    when = step("cell", "oh_06_hours", part="when", name="kind", value="retail", seen=None)
    both, _ = taken(over, "opening_hours", [when, step("cell", "oh_06_hours", part="when", name="state", seen="closed")])
    data = next(one.data for one in opened(both, "opening_hours").rows if one.id == "oh_06_hours")
    assert (data["when"], data["then"]["ticket"]) == ({"kind": "retail"}, "person")
    for mine in (
        step("cell", "oh_06_hours", part="then", name="ticket", value="none", seen=None),
        step("remove", "oh_06_hours", seen={"then": {"say": "utter_smalltalk_hours_closed"}}),
        step("set", "oh_06_hours", fields={"source": "x"}, seen={"source": "y"}),
        step("example", "oh_06_hours", part="hits", old={"wish": "person"}, new=None),
    ):
        with pytest.raises(StudioError, match="刚被别人改了"):
            edits(over, "opening_hours", [mine])
    example = step("example", "oh_06_hours", part="hits", new={"wish": "hours", "state": "closed", "kind": "toys"})
    assert draft(over, "opening_hours", [example])["rows"][6]["hits"][-1]["kind"] == "toys"
    parameter = {"do": "parameter", "name": "half_freight_until_days", "fields": {"default": 20}, "seen": {"default": 29}}
    with pytest.raises(StudioError, match="刚被别人改了"):
        parameter_edits(files, [parameter])


# --- what is found while editing --------------------------------------------------------------------------------------------------------
def test_a_gap_is_told_as_a_row_that_closes_it(files: Workspace) -> None:
    steps = [narrowed(files)]
    found = draft(files, "postage", steps)
    assert found["open"] == []  # later rows take what pr_z_06 left: what changes is told instead
    assert {one["before"] for one in found["changed"]} == {"pr_z_06"}
    last = opened(files, "logistics").rows[-1]
    steps = [step("remove", last.id)]
    found = draft(files, "logistics", steps)
    assert "table-gap" in [one["code"] for one in found["findings"]]
    assert all("没有一行回答" in one["what"] for one in found["findings"] if one["code"] == "table-gap")
    (gap,) = found["open"]
    closing = {
        "id": "ls_new_1",
        "when": gap["when"],
        "then": dict(last.data["then"]),
        "source": "店铺决定",
        "hits": [gap["facts"]],
        "misses": list(last.data["misses"]),
    }
    closed = draft(files, "logistics", [*steps, step("add", fields=closing, after=opened(files, "logistics").rows[-2].key)])
    assert (closed["findings"], closed["open"]) == ([], [])
    assert closed["changed"] == []


def test_dead_rows_wrong_examples_and_unknown_words_forbid_a_save(files: Workspace) -> None:
    def codes(*steps: dict[str, Any]) -> list[str]:
        return errors(findings(files, edits(files, "postage", steps)))

    assert "table-dead" in codes(
        step("move", "pr_z_08", after="row:pr_z_06"), step("set", "pr_u_02", fields={"when": {"stage": "unshipped"}})
    )
    rows = {one.id: one.data for one in opened(files, "postage").rows}
    assert codes(step("set", "pr_u_01", fields={"hits": [*rows["pr_u_01"]["hits"], {"reason": "quality", "stage": "received"}]})) == [
        "table-hit"
    ]
    assert codes(step("set", "pr_u_01", fields={"misses": [dict(rows["pr_u_01"]["hits"][0])]})) == ["table-miss"]
    assert codes(step("set", "pr_u_01", fields={"hits": []})) == ["table-format"]
    assert codes(step("set", "pr_u_01", fields={"then": {**rows["pr_u_01"]["then"], "return": "nobody"}})) == ["table-format"]
    assert codes(step("set", "pr_u_01", fields={"then": {**rows["pr_u_01"]["then"], "say": "utter_no_such"}})) == ["table-response"]
    taken_id = step("add", fields={**rows["pr_u_01"], "id": "ls_01"}, after="row:pr_u_01")
    assert "table-id" in codes(taken_id)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"hits": []}, "没有正例"),
        ({"misses": []}, "没有反例"),
        ({"source": " "}, "没有出处"),
        ({"valid_from": "明天"}, "读不懂"),
        ({"valid_from": "2027-02-10", "valid_to": "2027-02-02"}, "结束早于开始"),
        ({"when": {"nothing": "x"}}, "没有的条件"),
        ({"then": {"say": "utter_smalltalk_opening_hours", "ticket": "gold"}}, "没有的词「gold」"),
        ({"then": {}}, "表不能用"),
    ],
)
def test_what_the_grid_allows_and_the_table_does_not_is_said_in_chinese(files: Workspace, fields: dict[str, Any], said: str) -> None:
    found = draft(files, "opening_hours", [step("set", "oh_03", fields=fields)])["findings"]
    assert said in found[0]["what"]
    assert str(found[0]["key"]).startswith("row:oh_03")
    assert found[0]["remedy"]


def test_no_row_crosses_a_red_line_whoever_edits_it(files: Workspace) -> None:
    rows = {one.id: one.data for one in opened(files, "postage").rows}
    then = {**rows["pr_q_rf_01"]["then"], "return": "shopper"}
    (found,) = findings(files, edits(files, "postage", [step("set", "pr_q_rf_01", fields={"then": then})]))
    assert (found.code, found.severity, found.key) == ("table-red-line", "error", "row:pr_q_rf_01")
    assert "邮费不由顾客承担" in found.what
    assert {one.table for one in red_lines()} <= set(topics(files))


def test_a_change_is_told_exactly(files: Workspace) -> None:
    """Every random case decides before and after as the list of changes says."""
    table = opened(files, "quality")
    steps = [step("move", "qp_z_01", after=table.rows[-2].key), step("remove", "qp_05")]
    over, _ = taken(files, "quality", steps)
    old, new = table.table, opened(over, "quality").table
    assert old is not None
    assert new is not None
    values = defaults(table.parameters, None)
    said = {(one["before"], one["after"]) for one in draft(files, "quality", steps)["changed"]}
    picked, changed = random.Random(8), set[tuple[str | None, str | None]]()
    for _ in range(3_000):
        facts = {
            name: picked.choice(known.words) if known.words else picked.choice((0, 7, 8, 30, 31)) for name, known in old.inputs.items()
        }
        was, becomes = decide(old, facts, values), decide(new, facts, values)
        if was.then != becomes.then:
            changed.add((was.row, becomes.row))
    assert changed == said


def test_a_change_is_told_of_no_more_cases_than_need_be(files: Workspace) -> None:
    """The condition that is told has every random case that changed in it, and not "any case" for one word that was taken out."""
    table = opened(files, "postage")
    assert table.table is not None
    reasons = [word for word in table.table.inputs["reason"].words or () if word != "no_room"]
    steps = [step("set", "pr_z_05", fields={"when": {"reason": reasons}})]
    (told,) = draft(files, "postage", steps)["changed"]
    assert (told["before"], told["after"]) == ("pr_z_05", None)
    assert told["said"].startswith("原因＝放不下")
    over, _ = taken(files, "postage", steps)
    values = defaults(table.parameters, None)
    old, new = (plain(one.table, values, None) for one in (table, opened(over, "postage")) if one.table is not None)
    (change,) = changes(old, new)
    picked, gone = random.Random(8), 0
    for _ in range(3_000):
        facts = {name: picked.choice(known.words) if known.words else picked.choice((0, 7, 8, 30)) for name, known in old.inputs.items()}
        facts["reason"] = "no_room"
        if decide(old, facts, values).row == "pr_z_05":
            assert all(facts[name] in allowed for name, allowed in change.case.when.items() if isinstance(allowed, list))
            gone += 1
    assert gone


def test_new_overlaps_are_told(files: Workspace) -> None:
    found = draft(
        files,
        "postage",
        [step("set", "pr_s_01", fields={"when": {"reason": ["seller_oos", "unknown"], "remedy": ["cancel", "exchange"]}})],
    )
    assert any(one["first"] == "pr_s_01" and one["second"] == "pr_z_06" for one in found["new_overlaps"])
    assert draft(files, "postage", [])["new_overlaps"] == []


def test_a_case_is_tried_with_what_is_known(files: Workspace) -> None:
    found = tried(files, "postage", [], OVERSOLD)
    assert (found["row"], found["ask"]) == ("pr_s_01", None)
    assert found["fits"][0] == "pr_s_01"
    assert found["text"]
    assert tried(files, "postage", [], {"reason": "quality", "stage": "received"})["ask"]
    with pytest.raises(StudioError, match="postage"):
        tried(files, "postage", [], {"reason": "nonsense"})


def test_the_shops_own_parameters_decide_as_for_a_shopper(files: Workspace) -> None:
    facts = {"reason": "quality", "remedy": "return_refund", "stage": "received", "days": 9, "insurance": "no"}
    usual = tried(files, "postage", [], facts)
    own = tried(files, "postage", [], facts, own={"quality_return_days": 15, "unknown_to_us": 1})
    assert usual["row"] != own["row"] or usual["ask"] != own["ask"]


def test_a_row_tells_its_examples_its_neighbours_and_where_code_names_it(files: Workspace) -> None:
    found = row(files, "postage", [], "row:pr_u_01")
    assert [one["row"] for one in found["hits"]] == ["pr_u_01"] * 3
    assert "pr_u_01" not in [one["row"] for one in found["misses"]]
    assert any(one["first"] == "pr_s_01" for one in found["overlaps"])
    assert found["answers"]
    assert any(place.startswith("actions/complaints.py") for place in uses("cd_04"))


def test_a_table_that_is_broken_by_hand_still_opens_and_says_where(workspace: Workspace, checkout: Path) -> None:
    path = checkout / "policy/tables/opening_hours.yml"
    path.write_text(path.read_text("utf-8").replace("wish: person, state: open", "wish: nobody, state: open", 1), "utf-8")
    found = draft(workspace, "opening_hours", [])
    assert "nobody" in found["wrong"]
    assert {(one["code"], one["key"]) for one in found["findings"]} == {("table-format", "row:es_07")}
    assert "「意愿」写了没有的词「nobody」" in found["findings"][0]["what"]
    assert len(found["rows"]) == 9
    path.write_text("table: [\n", "utf-8")
    with pytest.raises(StudioError, match="第 "):
        draft(workspace, "opening_hours", [])
    assert check(workspace, ["policy/tables/opening_hours.yml"])[0].code == "table-unreadable"


# --- parameters -------------------------------------------------------------------------------------------------------------------------
def test_a_parameter_changes_what_its_tables_decide(files: Workspace) -> None:
    steps = [{"do": "parameter", "name": "half_freight_until_days", "fields": {"default": 20}}]
    found = parameters_view(files, steps, {"half_freight_until_days": 25}, None)
    assert len(found["edits"]) == 1
    assert {one["table"] for one in found["changed"]} >= {"postage", "quality"}
    shown = next(one for one in found["parameters"] if one["name"] == "half_freight_until_days")
    assert (shown["default"], shown["own"], shown["own_set"]) == (20, 25, True)
    dated = [{"value": 10, "valid_from": "2027-02-01", "valid_to": "2027-02-10"}]
    over = files.overlay(apply(files, parameter_edits(files, [{**steps[0], "fields": {"dated": dated}}])).texts)
    assert declared_in(over)["half_freight_until_days"].at(datetime(2027, 2, 3, tzinfo=SHANGHAI)) == 10


def test_what_the_law_forbids_no_parameter_says(files: Workspace) -> None:
    made = parameter_edits(files, [{"do": "parameter", "name": "no_reason_return_days", "fields": {"default": 6}}])
    assert "parameter-format" in errors(findings(files, made))
    (found,) = [one for one in findings(files, made) if one.code == "parameter-format"]
    assert (found.key, "不少于 7" in found.remedy) == ("parameter:no_reason_return_days", True)
    with pytest.raises(StudioError, match="没有这个参数"):
        parameter_edits(files, [{"do": "parameter", "name": "nothing", "fields": {"default": 6}}])


# --- whole -----------------------------------------------------------------------------------------------------------------------------
def test_random_steps_always_leave_a_table_that_loads_or_findings_that_forbid_it(files: Workspace) -> None:
    picked = random.Random(2026)
    for _ in range(12):
        topic = picked.choice(("opening_hours", "quality", "sizing", "couriers", "tickets"))
        table = opened(files, topic)
        assert table.table is not None
        steps: list[dict[str, Any]] = []
        keys = [one.key for one in table.rows]
        for _ in range(picked.randint(1, 4)):
            one = picked.choice(keys)
            kind = picked.choice(("move", "remove", "widen", "hit"))
            data = next(each for each in table.rows if each.key == one).data
            if kind == "move" and len(keys) > 1:
                steps.append({"do": "move", "row": one, "after": picked.choice(["", *[each for each in keys if each != one]])})
            elif kind == "remove" and len(keys) > 2:
                keys.remove(one)
                steps.append({"do": "remove", "row": one})
            elif kind == "widen":
                when = dict(data["when"])
                if when:
                    del when[picked.choice(list(when))]
                steps.append({"do": "set", "row": one, "fields": {"when": when}})
            else:
                steps.append({"do": "set", "row": one, "fields": {"hits": [*data["hits"], dict(data["misses"][0])]}})
        over, made = taken(files, topic, steps)
        found = opened(over, topic)
        assert found.table is not None
        assert canonical(over.text(f"policy/tables/{topic}.yml")) == over.text(f"policy/tables/{topic}.yml")
        assert bool(errors(check(over, [f"policy/tables/{topic}.yml"]))) == (problem(found.table, found.parameters) is not None)
        assert made or opened(over, topic).rows == table.rows


def test_a_saved_row_has_its_history(workspace: Workspace, repository: Repository) -> None:
    steps = [step("set", "oh_05", fields={"why": "只对签了的货"})]
    repository.save(edits(workspace, "opening_hours", steps), TING, "老板说的")
    kept = repository.history("policy/tables/opening_hours.yml", "row:oh_05")
    assert (kept[0].author, kept[0].reason) == ("小婷", "老板说的")
    assert [one.reason for one in repository.history("policy/tables/opening_hours.yml", "row:oh_04")] == ["The shop's data."]
    assert table_draft.draft(workspace, "opening_hours", [])["rows"][2]["why"] == "只对签了的货"
