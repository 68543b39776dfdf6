"""What a trainer sees before saving is what a shopper would hear: the same cases as engine/tests/test_speaking.py."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from studio.filling import filled, preview, speaking

CASES = yaml.safe_load((Path(__file__).resolve().parents[1] / "speaking.yml").read_text("utf-8"))
NOON = datetime.fromisoformat("2026-11-18T12:00:00+08:00")


@pytest.mark.parametrize("case", CASES, ids=lambda one: one["name"])
def test_what_would_be_said(case: dict[str, Any]) -> None:
    at = datetime.fromisoformat(case["at"]) if "at" in case else NOON
    values, circumstances = case.get("values") or {}, case.get("circumstances") or {}
    places = speaking(case["variations"], values, circumstances, at)
    assert sorted(filled(case["variations"][place]["text"], values)[0] for place in places) == sorted(case["says"])
    shown = preview(case["variations"], values, circumstances, at)
    assert [place for place, one in enumerate(shown) if one.speaks] == places


def test_a_preview_shows_bubbles_titles_and_what_is_missing() -> None:
    variations = [
        {"text": "订单{order_id}。\n\n请稍等。", "buttons": [{"title": "查{courier}", "payload": "/affirm"}], "valid_to": "2026-11-01"},
        {"text": "甲", "valid_from": "2026-12-01"},
    ]
    first, second = preview(variations, {"order_id": "880000000003"}, {}, NOON)
    assert (first.bubbles, first.titles, first.missing) == (("订单880000000003。", "请稍等。"), ("查{courier}",), ("courier",))
    assert (first.when, second.when) == ("over", "ahead")
    with pytest.raises(ValueError, match="valid_from"):
        preview([{"text": "甲", "valid_from": "双十一"}], {}, {}, NOON)
