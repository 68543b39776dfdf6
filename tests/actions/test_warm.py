"""The first turn finds everything read."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import event

from actions import warm
from actions.context import Context
from policy.decide import topics
from shop.db import make_engine


def test_what_was_read_ahead_is_not_read_again(world: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    compiled = []
    real = warm.compile_table

    def compile_table(*arguments: object) -> object:
        compiled.append(arguments[0])
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(warm, "compile_table", compile_table)
    warm.warm(world, "demo")
    assert len(compiled) == len(topics())
    event.listen(world.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
    world.repository("demo").product("p1001")
    assert not any("sku" in one.lower() or "stock" in one.lower() for one in seen), "the product's facts are kept; only its stamp is asked"


def test_a_database_that_cannot_be_read_yet_stops_no_start(
    world: Context, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    went_on: list[bool] = []
    empty = Context(make_engine("sqlite:///:memory:"), world.clock)
    monkeypatch.setattr(warm, "current", lambda: empty)
    with caplog.at_level(logging.WARNING):
        warm.begin(then=lambda: went_on.append(True)).join(20)
    assert went_on == [True]
    assert "nothing was read ahead" in caplog.text
