"""valid_from and valid_to have one meaning: the engine's own small reading and that of policy/validity.py agree, as do the two clocks."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import periods
from engine.nlu import clock as engine_clock
from engine.train import everyday_responses
from policy import validity
from shop.clock import Clock
from tests.contract.project import DATA, read_yaml, relative, response_definitions

EDGES: tuple[Any, ...] = (None, "", "2026-11-11", date(2026, 11, 11), "2026-11-11T20:00:00+08:00", "2026-11-11T20:00",
    datetime(2026, 11, 11, 20), "2026-11-12", "2027-02-14", "双十一", 11)  # fmt: skip
INSTANTS = [
    datetime.fromisoformat("2026-11-10T23:59:59.999999+08:00") + timedelta(hours=4 * step, microseconds=step % 2) for step in range(14)
]


def reading(read: Any, given: dict[str, Any]) -> Any:
    try:
        found = read(given, "somewhere")
    except ValueError as error:
        return str(error)
    return found.begins, found.ends, found.always, [found.covers(instant) for instant in INSTANTS]


@pytest.mark.parametrize(("begins", "ends"), list(itertools.product(EDGES, EDGES)))
def test_engine_and_policy_read_the_same_periods(begins: Any, ends: Any) -> None:
    given = {"valid_from": begins, "valid_to": ends}
    assert reading(periods.period, given) == reading(validity.period, given)


def test_engine_and_policy_agree_on_what_meets() -> None:
    days = [None, "2026-11-10", "2026-11-11", "2026-11-12"]
    given = [{"valid_from": a, "valid_to": b} for a in days for b in days if not (a and b and a > b)]
    for one, other in itertools.product(given, given):
        ours = periods.period(one).meets(periods.period(other))
        assert ours == validity.period(one, "").meets(validity.period(other, "")), (one, other)


@pytest.mark.parametrize("said", ["2026-11-22T10:00:00+08:00", "2026-11-22T10:00", "+3d", "-2h", "+1d12h", ""])
def test_the_two_clocks_tell_the_same_time(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand = tmp_path / "clock"
    hand.write_text(said, "utf-8")
    for value in (said, f"@{hand}"):
        monkeypatch.setenv("XIAOER_NOW", value)
        # However long the machine takes between two looks at a clock.
        before, ours, after = engine_clock.now(), Clock.from_env().now(), engine_clock.now()
        assert before <= ours <= after


def test_a_clock_in_a_file_moves_while_it_runs_and_survives_nonsense(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand = tmp_path / "clock"
    hand.write_text("2026-11-11T08:00", "utf-8")
    monkeypatch.setenv("XIAOER_NOW", f"@{hand}")
    ours = Clock.from_env()
    for said, day in (("2026-11-11T08:00", 11), ("2027-02-03T08:00", 3), ("gestern", 3), ("", 3), ("2027-02-04T08:00", 4)):
        hand.write_text(said, "utf-8")
        days = [ours.today().day, engine_clock.today().day]
        # Empty: somebody is just writing it, which a clock that is read from the environment now need not know.
        days += [Clock.from_env().today().day] if said != "gestern" else []
        assert set(days) == {day}, said
    hand.unlink()
    assert ours.today().day == 4
    with pytest.raises(ValueError, match="cannot be read"):
        Clock.from_env({"XIAOER_NOW": f"@{tmp_path / 'nothing'}"})


@pytest.mark.parametrize(("path", "name", "variations"), response_definitions(), ids=lambda one: one if isinstance(one, str) else "")
def test_every_response_s_dates_can_be_spoken_by(path: Path, name: str, variations: list[dict[str, Any]]) -> None:
    periods.check(f"{relative(path)}: {name}", variations)


def test_a_model_knows_nothing_of_dates(tmp_path: Path) -> None:
    everyday_responses(DATA / "responses", tmp_path)
    for path in sorted((DATA / "responses").glob("*.yml")):
        kept = read_yaml(tmp_path / path.name)["responses"]
        assert list(kept) == list(read_yaml(path)["responses"])
        assert not [name for name, variations in kept.items() for one in variations if one.keys() & set(validity.KEYS)]
        assert all(kept.values())
