"""What the bench feeds both sides: noise that nobody has said, the same data, kept trainings, stored talks."""

from __future__ import annotations

import dataclasses
import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from bench import kept, sample, stored
from bench.noise import Noise
from gateway.store import Store
from gateway.talks import Draft, Incoming
from launch.paths import ROOT
from shop.clock import Clock
from shop.db import make_engine, migrate
from shop.seed import seed

SAID = ("我上周买的那条裙子，穿一次就裂口子了", "在吗", "单号是YT7788990011223", "好", "158 98斤穿啥码")


def test_noise_gives_each_text_once_and_new_in_every_clause() -> None:
    noise = Noise(7)
    given = [noise.unseen(text) for _ in range(60) for text in SAID]
    assert len(set(given)) == len(given)
    clauses = [part for text in given for part in re.split("，| ", text)]
    original = {part for text in SAID for part in re.split("，| ", text)}
    assert len(set(clauses)) == len(clauses)
    assert not original & set(clauses)


def test_noise_leaves_numbers_whole_and_comes_out_the_same_again() -> None:
    first, again = Noise(7), Noise(7)
    told = [first.unseen("单号是YT7788990011223帮我查") for _ in range(50)]
    assert all("YT7788990011223" in one for one in told)
    assert told == [again.unseen("单号是YT7788990011223帮我查") for _ in range(50)]


def test_examples_grow_without_repeating() -> None:
    lines = [f"- {text}" for text in SAID]
    grown = sample.multiplied(lines, 4, Noise(1))
    assert grown[: len(lines)] == lines
    assert len(set(grown)) == len(grown) == 4 * len(lines)
    assert sample.multiplied(lines, 1, Noise(1)) == lines


def test_a_part_of_the_examples_is_taken_from_the_whole_list() -> None:
    lines = [str(number) for number in range(100)]
    assert sample.spread(lines, 4) == ["0", "25", "50", "75"]
    assert sample.spread(lines, 0) == lines == sample.spread(lines, 200)


def test_an_intent_of_several_files_keeps_as_many_examples_as_any() -> None:
    first, second, other = ([f"{name}{number}" for number in range(30)] for name in "abc")
    kept = sample.shared([("greet", first), ("goodbye", other), ("greet", second)], 20)
    assert [len(lines) for lines in kept] == [10, 20, 10]
    assert set(kept[0]) < set(first)
    assert set(kept[2]) < set(second)
    assert sample.shared([("greet", first)], 0) == [first]


def test_one_changed_example_changes_the_fingerprint(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    data = tmp_path / "data"
    data.mkdir()
    config.write_text("pipeline: []", "utf-8")
    (data / "nlu.yml").write_text("- 在吗", "utf-8")
    before = sample.fingerprint(data, config)
    assert before == sample.fingerprint(data, config)
    (data / "nlu.yml").write_text("- 在吗?", "utf-8")
    assert sample.fingerprint(data, config) != before
    (data / "nlu.yml").write_text("- 在吗", "utf-8")
    config.write_text("pipeline: [x]", "utf-8")
    assert sample.fingerprint(data, config) != before


def test_a_kept_training_counts_only_for_its_data_machine_and_model(tmp_path: Path) -> None:
    notes, archive = tmp_path / "stock.json", tmp_path / "stock-1.tar.gz"
    archive.write_bytes(b"a model")
    one = kept.entry("data", 2872, 600.0, archive, busy=0.02)
    kept.save(one, notes)
    assert kept.find("data", tmp_path, path=notes) == one
    assert kept.find("other data", tmp_path, path=notes) is None
    assert kept.expected_minutes(1436, notes) == pytest.approx(5.0)
    archive.write_bytes(b"another model")
    assert kept.find("data", tmp_path, path=notes) is None
    archive.unlink()
    assert kept.find("data", tmp_path, path=notes) is None


def test_seconds_of_another_machine_are_kept_beside_ours_and_never_used(tmp_path: Path) -> None:
    notes, archive = tmp_path / "stock.json", tmp_path / "stock-1.tar.gz"
    archive.write_bytes(b"a model")
    here = kept.entry("data", 10, 60.0, archive, busy=0.0)
    elsewhere = dataclasses.replace(here, machine={**here.machine, "cores": 64}, train_s=6.0)
    kept.save(elsewhere, notes)
    assert kept.find("data", tmp_path, path=notes) is None
    kept.save(here, notes)
    assert kept.find("data", tmp_path, path=notes) == here
    kept.save(dataclasses.replace(here, train_s=61.0), notes)
    assert [one.train_s for one in kept.read(notes)] == [6.0, 61.0]


def test_seconds_of_a_busy_machine_are_for_a_look_only(tmp_path: Path) -> None:
    notes, archive = tmp_path / "stock.json", tmp_path / "stock-1.tar.gz"
    archive.write_bytes(b"a model")
    kept.save(kept.entry("data", 10, 60.0, archive, busy=0.4), notes)
    assert kept.find("data", tmp_path, path=notes) is None
    assert kept.find("data", tmp_path, path=notes, busy_too=True) is not None


def test_notes_that_cannot_be_read_are_measured_anew(tmp_path: Path) -> None:
    notes = tmp_path / "stock.json"
    assert kept.read(notes) == []
    notes.write_text("{", "utf-8")
    assert kept.read(notes) == []
    notes.write_text(json.dumps({"trainings": [{"data": "of an older form"}]}), "utf-8")
    assert kept.read(notes) == []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation with the demonstration shop and two short talks, one of them of a customer with orders."""
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    clock = Clock(datetime(2026, 11, 22, 4, tzinfo=UTC))
    migrate(engine)
    seed(engine, clock)
    store = Store(engine, "demo", clock)
    for talk, customer in (("c_one", "c05"), ("c_two", None)):
        store.open(talk, "hash", customer, None, "address", [Draft("bot", "您好", (("再看看", "/greet"),))])
        message, _ = store.take(talk, Incoming(f"id-{talk}", "在吗"))
        store.finish(talk, [message.id], "answered", [Draft("bot", "在的")])
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "tracker.db")) as tracker:
        tracker.execute("CREATE TABLE talks (sender_id TEXT PRIMARY KEY, state TEXT, events TEXT, summary TEXT, updated REAL)")
        tracker.execute("CREATE TABLE turns (id INTEGER PRIMARY KEY, sender_id TEXT, at REAL, events TEXT)")
        for talk in ("c_one", "c_two"):
            tracker.execute("INSERT INTO talks VALUES (?, '{}', '[]', '{}', 1e9)", (talk,))
            tracker.execute("INSERT INTO turns (sender_id, at, events) VALUES (?, 1e9, '[]')", (talk,))
        tracker.commit()
    return tmp_path


def test_stored_talks_are_whole_talks_of_customers_with_orders(home: Path) -> None:
    written = stored.fill(home / "shop.db", home / "tracker.db", 20)
    assert (written["conversations"], written["messages"], written["choices"], written["tracker"]) == (20, 60, 20, 40)
    with closing(sqlite3.connect(home / "shop.db")) as shop:
        assert shop.execute("PRAGMA foreign_key_check").fetchall() == []
        assert shop.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        owned = shop.execute("SELECT COUNT(DISTINCT customer_id), COUNT(customer_id) FROM conversations WHERE id LIKE 'c_one-%'").fetchone()
        assert owned == (5, 10)  # two talks a customer
        orders = shop.execute("SELECT COUNT(*) FROM orders WHERE customer_id LIKE 'c05-%'").fetchone()[0]
        own = shop.execute("SELECT COUNT(*) FROM orders WHERE customer_id = 'c05'").fetchone()[0]
        assert orders == own * owned[0] > 0
        days = shop.execute("SELECT COUNT(DISTINCT updated_at) FROM conversations").fetchone()[0]
        assert days >= 20


def test_without_a_talk_there_is_nothing_to_copy(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    migrate(engine)
    engine.dispose()
    with pytest.raises(ValueError, match="no talk"):
        stored.fill(tmp_path / "shop.db", tmp_path / "tracker.db", 5)


def test_our_model_is_given_of_each_response_what_it_keeps(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "nlu").mkdir(parents=True)
    (data / "nlu" / "a.yml").write_text("nlu: []\n", "utf-8")
    (data / "responses").mkdir()
    (data / "responses" / "old.yml").write_text("responses: {utter_x: [{text: x}]}\n", "utf-8")
    ours = sample.as_ours(data)
    assert (ours / "nlu" / "a.yml").read_text("utf-8") == "nlu: []\n"
    kept = {
        name: several
        for path in (ours / "responses").glob("*.yml")
        for name, several in yaml.safe_load(path.read_text("utf-8"))["responses"].items()
    }
    whole = {
        name
        for path in sorted((ROOT / "data" / "responses").glob("*.yml"))
        for name in yaml.safe_load(path.read_text("utf-8"))["responses"]
    }
    assert set(kept) == whole
    assert all(
        len(several) == 1 and "metadata" not in several[0] and several[0].keys() & {"text", "image", "custom"} for several in kept.values()
    )
