"""What the desk keeps: flags with their past, talks to come back to, decisions; and that they go with the person and the talk."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from shop.anonymise import forget_customer
from shop.clock import Clock
from shop.copies import of_customer
from shop.db import reading, writing
from shop.follow_ups import FollowUps
from shop.models import Conversation, FollowUpRow, OrderFlagRow
from shop.order_flags import COLOURS, OrderFlags
from shop.rules import Changed

ORDER = "880000000009"


@pytest.fixture
def talk(engine: Engine, clock: Clock) -> str:
    """A talk of c05."""
    now = clock.now()
    with writing(engine) as session:
        session.add(Conversation(shop_id="demo", id="t1", token_hash="t", customer_id="c05", created_at=now, updated_at=now))
    return "t1"


def test_a_flag_keeps_its_past_and_the_same_again_adds_nothing(engine: Engine, clock: Clock) -> None:
    flags = OrderFlags(engine, "demo", clock)
    for number, colour in enumerate(COLOURS[1:], 1):
        assert flags.put(ORDER, colour, f"第{number}次", by="s1", version=number - 1).version == number
    assert flags.put(ORDER, "purple", " 第5次 ", by="s2").version == 5
    assert [one.flag for one in flags.history(ORDER)] == list(reversed(COLOURS[1:]))
    assert flags.of([ORDER, "880000000001"])[ORDER].note == "第5次"
    assert "880000000001" not in flags.of([ORDER, "880000000001"])
    assert flags.of([]) == {}


def test_of_two_who_flag_at_once_one_is_told(engine: Engine, clock: Clock) -> None:
    flags = OrderFlags(engine, "demo", clock)
    told: list[str] = []

    def put(note: str) -> None:
        try:
            flags.put(ORDER, "red", note, by=note, version=0)
        except Changed:
            told.append(note)

    threads = [threading.Thread(target=put, args=(note,)) for note in ("一", "二", "三")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 2
    assert len(flags.history(ORDER)) == 1


@pytest.mark.parametrize(
    ("flag", "note", "error"), [("orange", "", "is no flag"), ("red", "长" * 501, "at most 500"), ("", "", "is no flag")]
)
def test_a_bad_flag_is_said_and_changes_nothing(engine: Engine, clock: Clock, flag: str, note: str, error: str) -> None:
    flags = OrderFlags(engine, "demo", clock)
    with pytest.raises(ValueError, match=error):
        flags.put(ORDER, flag, note, by="s1")
    with pytest.raises(LookupError, match="no order"):
        flags.put("none", "red", "", by="s1")
    assert flags.history(ORDER) == []


def test_a_follow_up_is_one_for_each_person_and_talk(engine: Engine, clock: Clock, talk: str) -> None:
    marks = FollowUps(engine, "demo", clock)
    at = clock.now() + timedelta(hours=1)
    first = marks.mark(talk, "s1", at, "回电")
    assert marks.mark(talk, "s1", at + timedelta(hours=1), "晚点回电").id == first.id
    other = marks.mark(talk, "s2", at, "看物流")
    assert [one.id for one in marks.open_of_talk(talk)] == [other.id, first.id], "the earliest first"
    assert marks.done(first.id, by="s2").done_by == "s2"
    assert marks.done(first.id, by="s1").done_by == "s2", "told twice, the first holds"
    assert marks.mark(talk, "s1", at, "再一次").id != first.id
    for due, note, error in ((clock.now(), "", "is past"), (at, "长" * 501, "at most 500")):
        with pytest.raises(ValueError, match=error):
            marks.mark(talk, "s3", due, note)


def test_what_was_noted_goes_with_the_person_and_the_talk(engine: Engine, clock: Clock, talk: str) -> None:
    OrderFlags(engine, "demo", clock).put(ORDER, "red", "顾客住五楼", by="s1")
    FollowUps(engine, "demo", clock).mark(talk, "s1", clock.now() + timedelta(hours=1), "周五回电")
    copy = str(of_customer(engine, "demo", "c05"))
    assert "顾客住五楼" in copy
    assert "周五回电" in copy
    assert "s1" not in copy, "who of the staff noted it is no data of the shopper"
    with writing(engine) as session:
        session.delete(session.get_one(Conversation, ("demo", talk)))
    with writing(engine) as session:
        assert forget_customer(session, "demo", "c05", [talk], clock.now())["order_flags"] == 1
    with reading(engine) as session:
        assert [session.scalar(select(func.count()).select_from(table)) for table in (OrderFlagRow, FollowUpRow)] == [0, 0]
