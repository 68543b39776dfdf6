"""Rules that change while the product runs: a good edit decides at once, a broken one never, and nothing changes within an action."""

from __future__ import annotations

import logging
import os
import shutil
import time
from datetime import datetime
from pathlib import Path

import pytest

from policy import live
from policy.decide import decide, load_table
from policy.parameters import declared_parameters, load_parameters
from policy.proofs import problem
from policy.table import TableError
from policy.table_file import read_table

FACTS = {"count": 2, "kind": "abuse", "matter": "no"}
ON = datetime.fromisoformat("2026-11-11T12:00:00+08:00")
OFF = datetime.fromisoformat("2026-11-12T00:00:00+08:00")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tables that this test may edit."""
    copy = tmp_path / "tables"
    shutil.copytree(live.FOLDER, copy)
    for path in copy.iterdir():
        os.utime(path, (0, 1_700_000_000))
    monkeypatch.setenv("XIAOER_TABLES", str(copy))
    monkeypatch.setattr(live, "LOOK_AGAIN", 0.0)
    return copy


def edit(path: Path, old: str, new: str, ago: float = 5.0) -> None:
    """Change a file; it counts as written ``ago`` seconds ago."""
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    os.utime(path, (0, time.time() - ago))


def courier(**facts: str) -> str | None:
    return decide("couriers", facts, load_parameters()).row


def test_an_edited_table_decides_at_the_next_question(folder: Path) -> None:
    assert courier(holiday="yes") == "cc_06"
    edit(folder / "couriers.yml", "id: cc_06", "id: cc_66")
    assert courier(holiday="yes") == "cc_66"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('when: {holiday: "yes"}', 'when: {holiday: "oui"}', "row cc_06: when.holiday is the unknown word 'oui'"),
        ("    hits: [{use: return}, {use: return, want: named}]", "    hits: [{use: send}]", "row cc_05: its hit"),
        ("    when: {use: return}\n", "    when: {}\n", "it can never answer"),
        ("rows:\n", "rows: [\n", "not readable as YAML"),
        ("then: {say: utter_products_couriers_holiday}", "then: {}", "row cc_06: then lacks the output 'say'"),
    ],
)
def test_a_broken_edit_leaves_the_last_good_table_and_is_logged(
    folder: Path, caplog: pytest.LogCaptureFixture, old: str, new: str, place: str
) -> None:
    assert courier(holiday="yes") == "cc_06"
    with caplog.at_level(logging.ERROR):
        edit(folder / "couriers.yml", old, new)
        assert courier(holiday="yes") == "cc_06"
        assert courier(use="return") == "cc_05"
    assert "couriers.yml" in caplog.text
    assert place in caplog.text
    assert "Remedy" in caplog.text
    assert len(caplog.records) == 1, "said once, not at every question"
    shutil.copy(live.FOLDER / "couriers.yml", folder / "couriers.yml")
    edit(folder / "couriers.yml", "id: cc_06", "id: cc_67")
    assert courier(holiday="yes") == "cc_67"


def test_a_file_that_is_being_written_waits_for_its_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert courier(holiday="yes") == "cc_06"
    edit(folder / "couriers.yml", "id: cc_06", "id: cc_66")
    monkeypatch.setattr(live, "SETTLED", 600.0)
    assert courier(holiday="yes") == "cc_06"
    monkeypatch.setattr(live, "SETTLED", 1.0)
    assert courier(holiday="yes") == "cc_66"


def test_a_parameter_changes_while_running(folder: Path) -> None:
    assert load_parameters()["urge_hours"] == 48
    edit(folder / "parameters.yml", "urge_hours:\n  default: 48", "urge_hours:\n  default: 36")
    assert load_parameters()["urge_hours"] == 36


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("urge_hours:\n  default: 48", "urge_hours:\n  default: soon", "urge_hours"),
        ("undispatched_check_days:", "undispatched_days:", "undispatched_check_days"),  # a table in use reads it
    ],
)
def test_parameters_that_do_not_fit_stay_as_they_were(
    folder: Path, caplog: pytest.LogCaptureFixture, old: str, new: str, place: str
) -> None:
    load_table("logistics")
    with caplog.at_level(logging.ERROR):
        edit(folder / "parameters.yml", old, new)
        assert load_parameters()["urge_hours"] == 48
    assert "undispatched_check_days" in declared_parameters()
    assert place in caplog.text


def test_a_new_parameter_and_the_row_that_reads_it_come_together(folder: Path) -> None:
    assert "fresh_days" not in load_table("logistics").parameters
    declared = '\nfresh_days: {default: 5, unit: "days", type: int, status: proposed, confirmed: true, source: "test"}\n'
    edit(folder / "parameters.yml", "\nundispatched_check_days:", declared + "undispatched_check_days:")
    row = "promise: none, ordered_days: {{at_most: {{parameter: {name}}}}}}}\n    then: {{say: utter_logistics_processing"
    edit(folder / "logistics.yml", row.format(name="undispatched_check_days"), row.format(name="fresh_days"))
    assert "fresh_days" in load_table("logistics").parameters
    assert decide("logistics", {"state": "unshipped", "ordered_days": 5}, load_parameters()).row == "ls_01"


def test_one_action_decides_by_one_set_of_rules(folder: Path) -> None:
    with live.pinned():
        assert courier(holiday="yes") == "cc_06"
        edit(folder / "couriers.yml", "id: cc_06", "id: cc_66")
        assert courier(holiday="yes") == "cc_06"
    assert courier(holiday="yes") == "cc_66"


# -- dated rows and values ------------------------------------------------------------------------------------------------------

DATED = """  - id: cc_06
    when: {holiday: "yes"}
    then: {say: utter_products_couriers_far}
    source: "test"
    status: proposed
    valid_from: 2026-11-11
    valid_to: 2026-11-11
    hits: [{holiday: "yes"}]
    misses: [{holiday: "no"}]
"""


def said(at: datetime | None) -> object:
    return decide("couriers", {"holiday": "yes"}, load_parameters(at=at)).then["say"]


def test_a_dated_row_takes_the_everyday_one_s_place_for_its_time(folder: Path) -> None:
    assert said(ON) == "utter_products_couriers_holiday"
    edit(folder / "couriers.yml", "  - id: cc_06\n", DATED + "  - id: cc_06\n")
    assert [said(at) for at in (None, ON, OFF)] == [
        "utter_products_couriers_holiday", "utter_products_couriers_far", "utter_products_couriers_holiday",
    ]  # fmt: skip
    assert decide("couriers", {"holiday": "yes"}, load_parameters(), ON).then["say"] == "utter_products_couriers_far"


@pytest.mark.parametrize(
    ("second", "place"),
    [
        (DATED.replace("valid_from: 2026-11-11", "valid_from: 2026-11-05"), "valid at the same time"),
        (DATED.replace("    valid_from: 2026-11-11\n", "").replace("    valid_to: 2026-11-11\n", ""), "used twice"),
        (DATED.replace("valid_to: 2026-11-11", "valid_to: 2026-11-01"), "is before valid_from"),
        (DATED.replace("valid_to: 2026-11-11", "valid_to: 双十一"), "write a day"),
    ],
)
def test_two_rows_of_one_id_at_one_time_do_not_load(folder: Path, second: str, place: str) -> None:
    edit(folder / "couriers.yml", "  - id: cc_06\n", DATED + second + "  - id: cc_06\n")
    with pytest.raises(TableError, match=place) as caught:
        read_table(folder / "couriers.yml")
    assert "couriers.yml, row cc_06" in str(caught.value)
    assert "Remedy" in str(caught.value)


def test_a_table_is_proved_at_every_boundary(folder: Path) -> None:
    """A row of its own id that covers another one for a day leaves a dead row on that day only."""
    edit(folder / "couriers.yml", "  - id: cc_06\n", DATED.replace("id: cc_06", "id: cc_99") + "  - id: cc_06\n")
    why = problem(read_table(folder / "couriers.yml"), declared_parameters())
    assert why is not None
    assert "row cc_06: it can never answer at 2026-11-11T00:00:00+08:00" in why
    # An everyday row that is only there until a day leaves a hole afterwards.
    shutil.copy(live.FOLDER / "couriers.yml", folder / "couriers.yml")
    text = (folder / "couriers.yml").read_text("utf-8")
    last = text.rindex("    hits:")
    (folder / "couriers.yml").write_text(text[:last] + "    valid_to: 2026-11-11\n" + text[last:], encoding="utf-8")
    why = problem(read_table(folder / "couriers.yml"), declared_parameters())
    assert why is not None
    assert "no row fits" in why


def test_a_dated_value_holds_for_its_time_and_the_shop_s_own_goes_before(folder: Path) -> None:
    edit(
        folder / "parameters.yml",
        "urge_hours:\n  default: 48",
        "urge_hours:\n  default: 48\n  dated: [{value: 96, valid_from: 2026-11-10, valid_to: 2026-11-11}]",
    )
    assert [load_parameters(at=at)["urge_hours"] for at in (None, ON, OFF)] == [48, 96, 48]
    own = {"urge_hours": [{"value": 24}, {"value": "72", "valid_from": "2026-11-11", "valid_to": "2026-11-11"}]}
    assert [load_parameters(own, at)["urge_hours"] for at in (None, ON, OFF)] == [24, 72, 24]
    only = {"domestic_stale_hours": [{"value": 72, "valid_from": "2026-11-11T12:00", "valid_to": "2026-11-11T12:01"}]}
    assert [load_parameters(only, at)["urge_hours"] for at in (None, ON, OFF)] == [48, 72, 48]


@pytest.mark.parametrize(
    ("own", "place"),
    [
        ([{"value": 1, "valid_from": "2026-11-01"}, {"value": 2, "valid_to": "2026-11-02"}], "valid at the same time"),
        ([{"value": 1}, {"value": 2}], "entries without dates"),
        ([{"value": "soon", "valid_from": "2026-11-01"}], "a whole number"),
        ([{"valid_from": "2026-11-01"}], "write {value"),
        ([{"value": 1, "valid_from": "bald"}], "write a day"),
    ],
)
def test_own_values_that_contradict_each_other_are_refused(own: list[dict[str, object]], place: str) -> None:
    with pytest.raises(ValueError, match=place) as caught:
        load_parameters({"urge_hours": own})
    assert "urge_hours" in str(caught.value)


def test_looking_for_changes_costs_next_to_nothing(folder: Path) -> None:
    """A look at the folder at most twice a second, and no reading while nothing has changed."""
    watched = live.live()
    # The processor's time: how long others have it is no cost of ours.
    begun = time.process_time()
    for _ in range(50):
        watched.current()
    assert (time.process_time() - begun) / 50 < 0.01
