"""Modes decided by hours, what becomes of suggestions, and reviews that outlive their talk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from shop.clock import Clock
from shop.db import reading, writing
from shop.deeds import SuggestionUses, forget_talk_deeds
from shop.models import Conversation, Message, SuggestionUse
from shop.modes import IntentModes, InvalidWindows, ModesChanged, Window
from shop.reviews import ReviewChanged, ReviewedAlready, Reviews, UnknownReview

OFFER = [{"text": "M码有货。", "intent": "ask_stock", "script": "s_stock"}, {"text": "请稍等。", "intent": "ask_stock", "script": "s_wait"}]
FORM = {"marks": {"direct": 2}, "faults": [], "score": 90, "comment": "冯女士的事说得清楚"}


@pytest.fixture
def talk(engine: Engine, clock: Clock) -> str:
    """A talk of the shop with three messages of the shopper's."""
    now = clock.now()
    with writing(engine) as session:
        session.add(Conversation(shop_id="demo", id="t1", token_hash="h", last_seq=3, created_at=now, updated_at=now))
        session.flush()
        for seq in (1, 2, 3):
            session.add(Message(shop_id="demo", conversation_id="t1", seq=seq, id=f"m{seq}", sender="shopper", text="有货吗", at=now))
    return "t1"


def rows(engine: Engine) -> dict[str, SuggestionUse]:
    with reading(engine) as session:
        return {row.message_id: row for row in session.query(SuggestionUse)}


class TestModes:
    def test_hours_are_decided_together_and_the_rest_follows_the_default(self, engine: Engine, clock: Clock) -> None:
        modes = IntentModes(engine, "demo", clock)
        # It is 10:42 in Shanghai.
        assert modes.decide("bargain", [Window(10, 22, "suggest"), Window(0, 9, "off")]) == ()
        assert (modes.mode("bargain"), modes.mode("ask_stock")) == ("suggest", "auto")
        at_nine = IntentModes(engine, "demo", Clock(fixed=clock.now() - timedelta(hours=1)))
        assert at_nine.mode("bargain") == "auto", "no window of its own: as any other"
        assert modes.all()["bargain"] == (Window(0, 9, "off"), Window(10, 22, "suggest"))
        assert modes.decide("bargain", []) == (Window(0, 9, "off"), Window(10, 22, "suggest"))
        assert modes.mode("bargain") == "auto"
        modes.decide("*", [])
        assert modes.mode("bargain") == "suggest", "undecided"

    def test_who_decides_on_what_is_no_longer_so_is_told(self, engine: Engine, clock: Clock) -> None:
        modes = IntentModes(engine, "demo", clock)
        modes.decide("bargain", [Window(0, 24, "off")], [])
        with pytest.raises(ModesChanged) as changed:
            modes.decide("bargain", [Window(0, 24, "auto")], [])
        assert changed.value.now == (Window(0, 24, "off"),)
        assert modes.mode("bargain") == "off"
        modes.decide("bargain", [Window(0, 24, "auto")], [Window(0, 24, "off")])

    @pytest.mark.parametrize("windows", [[Window(22, 8, "off")], [Window(0, 25, "off")], [Window(0, 12, "off"), Window(11, 24, "auto")]])
    def test_windows_that_cannot_be_change_nothing(self, engine: Engine, clock: Clock, windows: list[Window]) -> None:
        modes = IntentModes(engine, "demo", clock)
        modes.decide("bargain", [Window(0, 24, "suggest")])
        with pytest.raises(InvalidWindows):
            modes.decide("bargain", windows)
        assert modes.mode("bargain") == "suggest"


class TestUses:
    def test_of_several_messages_answered_at_once_only_the_newest_offer_was_refused(self, engine: Engine, clock: Clock, talk: str) -> None:
        uses = SuggestionUses(engine, "demo", clock)
        for message in ("m1", "m3", "m2"):
            uses.offered(talk, message, "s1", OFFER, 100)
        assert uses.settle(talk, "s1", "自己写的话") is None
        found = rows(engine)
        assert {name: (row.outcome, row.together) for name, row in found.items()} == {
            "m1": ("ignored", True),
            "m2": ("ignored", True),
            "m3": ("ignored", False),
        }

    def test_with_one_taken_the_others_were_answered_along(self, engine: Engine, clock: Clock, talk: str) -> None:
        uses = SuggestionUses(engine, "demo", clock)
        first, second = (uses.offered(talk, message, "s1", OFFER, 100) for message in ("m1", "m2"))
        assert uses.settle(talk, "s1", " M码有货。 ", use=first, place=0) == "sent"
        assert (rows(engine)["m2"].outcome, rows(engine)["m2"].together) == ("ignored", True)
        assert second is not None

    def test_an_offer_passed_over_by_a_courtesy_may_be_taken_after_all(self, engine: Engine, clock: Clock, talk: str) -> None:
        uses = SuggestionUses(engine, "demo", clock)
        use = uses.offered(talk, "m3", "s1", OFFER, 100)
        assert uses.settle(talk, "s1", "请稍等，马上为您查。") is None
        assert uses.settle(talk, "s1", "M码有货，今天发。", use=use, place=0) == "edited"
        row = rows(engine)["m3"]
        assert (row.outcome, row.text, row.together) == ("edited", "M码有货，今天发。", False)
        assert uses.settle(talk, "s1", "M码有货。", use=use, place=0) is None, "once is once"
        assert rows(engine)["m3"].outcome == "edited"


class TestReviews:
    def test_a_part_has_one_review_which_may_be_answered_and_corrected(self, engine: Engine, clock: Clock, talk: str) -> None:
        reviews = Reviews(engine, "demo", clock)
        made = reviews.add(talk, "s1", "lead", **FORM)
        with pytest.raises(ReviewedAlready) as again:
            reviews.add(talk, "s1", "lead", **FORM)
        assert again.value.review == made.id
        answered = reviews.answer(made.id, made.version, agrees=False, answer="当时系统没有单号")
        assert (answered.agrees, answered.version) == (False, 2)
        with pytest.raises(ReviewChanged):
            reviews.change(made.id, made.version, **FORM)
        corrected = reviews.change(made.id, 2, **{**FORM, "score": 95})
        assert (corrected.score, corrected.agrees, corrected.answer) == (95, None, "当时系统没有单号")
        assert reviews.reviewed() == {(talk, "s1")}
        with pytest.raises(UnknownReview):
            reviews.get("q_none")

    def test_an_erased_talk_leaves_the_score_and_nothing_of_what_was_said(self, engine: Engine, clock: Clock, talk: str) -> None:
        reviews = Reviews(engine, "demo", clock)
        made = reviews.add(talk, "s1", "lead", **FORM)
        reviews.answer(made.id, 1, agrees=True, answer="记住了")
        with writing(engine) as session:
            forget_talk_deeds(session, "demo", talk)
        left = reviews.get(made.id)
        assert (left.score, left.talk_id, left.comment, left.answer) == (90, None, None, None)
        assert reviews.reviewed() == set()

    def test_reviews_are_each_shops_own(self, two_shops: Engine, clock: Clock) -> None:
        mine, other = Reviews(two_shops, "demo", clock), Reviews(two_shops, "other", clock)
        made = other.add("t", "s1", "lead", **FORM)
        assert (mine.all(), mine.reviewed()) == ([], set())
        with pytest.raises(UnknownReview):
            mine.get(made.id)
        for call in (lambda: mine.change(made.id, 1, **FORM), lambda: mine.answer(made.id, 1, agrees=True, answer=None)):
            with pytest.raises(UnknownReview):
                call()
