"""Deeds in the world (decisions.md 7): a reply may say that something is done only with the id of an effect that is ``done``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.db import reading, writing
from shop.models import Effect as EffectRow

STATES = ("done", "pending", "failed")


@dataclass(frozen=True)
class Effect:
    """A deed: what (``kind``), whether it happened (``state``), what it refers to (``ref``: a ticket, an order)."""

    id: str
    kind: str
    state: str
    ref: str | None
    conversation_id: str | None
    payload: dict[str, Any]
    at: datetime
    updated_at: datetime


class UnknownEffect(LookupError):
    """The shop has no such effect."""


def _effect(row: EffectRow) -> Effect:
    return Effect(row.id, row.kind, row.state, row.ref, row.conversation_id, dict(row.payload), row.at, row.updated_at)


def _checked(state: str) -> str:
    if state not in STATES:
        raise ValueError(f"{state!r} is no state of an effect: {', '.join(STATES)}")
    return state


def write_effect(
    session: Session,
    shop_id: str,
    kind: str,
    now: datetime,
    *,
    state: str = "done",
    ref: str | None = None,
    talk: str | None = None,
    payload: Mapping[str, Any] | None = None,
) -> str:
    """Store a deed in the transaction that does it, and return its id. ValueError for an unknown state."""
    effect_id = uuid4().hex
    session.add(
        EffectRow(
            shop_id=shop_id,
            id=effect_id,
            kind=kind,
            state=_checked(state),
            ref=ref,
            conversation_id=talk,
            payload=dict(payload or {}),
            at=now,
            updated_at=now,
        )
    )
    return effect_id


class Effects:
    """The effects of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock

    def record(
        self,
        kind: str,
        *,
        state: str = "done",
        ref: str | None = None,
        conversation_id: str | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> str:
        """Store a deed and return its id. ValueError for an unknown state."""
        with writing(self.engine) as session:
            return write_effect(session, self.shop_id, kind, self.clock.now(), state=state, ref=ref, talk=conversation_id, payload=payload)

    def set_state(self, effect_id: str, state: str) -> None:
        """Say how a pending deed came out. UnknownEffect; ValueError for an unknown state."""
        with writing(self.engine) as session:
            row = session.get(EffectRow, (self.shop_id, effect_id))
            if row is None:
                raise UnknownEffect(f"there is no effect {effect_id}")
            row.state, row.updated_at = _checked(state), self.clock.now()

    def get(self, effect_id: str) -> Effect | None:
        """An effect, or None."""
        with reading(self.engine) as session:
            row = session.get(EffectRow, (self.shop_id, effect_id))
            return _effect(row) if row is not None else None

    def latest(self, kind: str, ref: str) -> Effect | None:
        """The newest effect of a kind on a ticket or order, whatever its state; None when there is none."""
        query = select(EffectRow).where(EffectRow.shop_id == self.shop_id, EffectRow.kind == kind, EffectRow.ref == ref)
        with reading(self.engine) as session:
            row = session.scalars(query.order_by(EffectRow.at.desc(), EffectRow.id.desc())).first()
            return _effect(row) if row is not None else None

    def of_conversation(self, conversation_id: str) -> list[Effect]:
        """The effects of a talk, oldest first."""
        query = select(EffectRow).where(EffectRow.shop_id == self.shop_id, EffectRow.conversation_id == conversation_id)
        with reading(self.engine) as session:
            return [_effect(row) for row in session.scalars(query.order_by(EffectRow.at, EffectRow.id))]
