"""What shoppers hear in the cases that a trainer's preview is held to as well (tests/studio/test_filling.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig

from engine.nlg import LiveResponses
from engine.nlu import clock

CASES = yaml.safe_load((Path(__file__).resolve().parents[2] / "tests" / "speaking.yml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda one: one["name"])
def test_what_is_said(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOER_NOW", case.get("at", "2026-11-18T12:00:00+08:00"))
    assert clock.now()
    body = {"utter_case": case["variations"]}
    (tmp_path / "a.yml").write_text(yaml.safe_dump({"responses": body}, allow_unicode=True), "utf-8")
    live = LiveResponses(EndpointConfig(folder=str(tmp_path)), Domain.empty())
    # Cases without an everyday variation are refused as files, so what is said is asked of the rendering itself.
    live._files._looked = float("inf")
    live._files._all = body
    said = {
        (live.generate_from_slots("utter_case", case.get("circumstances") or {}, "turn", **(case.get("values") or {})) or {}).get("text")
        for _ in range(20)
    }
    assert said == set(case["says"] or [None])
