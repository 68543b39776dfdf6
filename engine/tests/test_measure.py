"""What `make eval` is told of a message."""

from __future__ import annotations

from typing import Any

import pytest

from engine.measure import best_guess

KIN = ("ask_refund_status", "ask_return_progress")


def parsed(*ranking: tuple[str, float]) -> dict[str, Any]:
    rows = [{"name": name, "confidence": share} for name, share in ranking]
    return {"intent": rows[0], "intent_ranking": rows}


def test_the_share_is_the_one_that_the_bot_decides_by() -> None:
    found = parsed((KIN[0], 0.5), (KIN[1], 0.3), ("track_parcel", 0.2))
    assert best_guess(found) == (KIN[0], 0.5)
    assert best_guess(found, with_kin=True) == (KIN[0], pytest.approx(0.8))


def test_a_wish_without_kin_keeps_its_share() -> None:
    found = parsed(("track_parcel", 0.6), (KIN[0], 0.4))
    assert best_guess(found, with_kin=True) == ("track_parcel", 0.6)


def test_the_guess_behind_a_doubt_is_told_with_its_kin_and_without_the_doubts_threshold() -> None:
    found = parsed(("nlu_fallback", 0.7), (KIN[0], 0.3), (KIN[1], 0.2), ("track_parcel", 0.2))
    assert best_guess(found, with_kin=True) == (KIN[0], pytest.approx(0.5))


def test_nothing_is_guessed_where_nothing_was_read() -> None:
    assert best_guess({"intent": {"name": None, "confidence": 0.0}, "intent_ranking": []}, with_kin=True) == ("nlu_fallback", 0.0)
