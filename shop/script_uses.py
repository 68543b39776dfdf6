"""How often scripts are used: put into a draft, sent as they stand or changed, copied into another program; and which nobody uses."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Engine, case, func, select
from sqlalchemy.orm import Session

from shop.clock import SHANGHAI, Clock
from shop.db import reading, writing
from shop.models import Conversation, Script, ScriptUse
from shop.script_rules import UnknownScript
from shop.script_search import VALUE

# A script that nobody has used for so long (or since it was made) is dead: it is in the way of those that help.
DEAD = timedelta(days=60)
MOST_AT_ONCE = 20
Outcome = Literal["sent", "edited"]


@dataclass(frozen=True)
class Ranked:
    """A script's uses within a time: ``dropped`` put into a draft and not sent, ``sent`` as it stands, ``edited`` sent changed."""

    script_id: str
    dropped: int
    sent: int
    edited: int
    copied: int

    @property
    def uses(self) -> int:
        """How often it went out."""
        return self.sent + self.edited + self.copied

    @property
    def unedited(self) -> float | None:
        """The share (0–1) sent as it stands of those sent here; None when none was."""
        return self.sent / (self.sent + self.edited) if self.sent + self.edited else None


class ScriptUses:
    """Counts the uses of one shop's scripts. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def inserted(self, script_id: str, staff_id: str, conversation_id: str | None) -> None:
        """It was put into a draft. Raises UnknownScript (LookupError too when the talk is not there)."""
        self._one(script_id, staff_id, conversation_id, "inserted")

    def copied(self, script_id: str, staff_id: str) -> None:
        """It was copied into another program. Raises UnknownScript."""
        self._one(script_id, staff_id, None, "copied")

    def sent(self, staff_id: str, conversation_id: str, message_id: str, text: str, ids: Sequence[str]) -> dict[str, Outcome]:
        """A message made with these scripts went out: which of them as they stand. The same message counts once; unknown ids not at all."""
        found: dict[str, Outcome] = {}
        now = self._clock.now()
        with writing(self._engine) as session:
            if session.get(Conversation, (self._shop, conversation_id)) is None:
                return found
            for script_id in list(dict.fromkeys(ids))[:MOST_AT_ONCE]:
                script = session.get(Script, (self._shop, script_id))
                key = f"{message_id}:{script_id}"
                before = select(ScriptUse.id).where(ScriptUse.shop_id == self._shop, ScriptUse.use_key == key)
                if script is None or session.scalar(before) is not None:
                    continue
                outcome: Outcome = "sent" if stands_in(script.text, text) else "edited"
                mine = (ScriptUse.shop_id == self._shop, ScriptUse.script_id == script_id, ScriptUse.staff_id == staff_id)
                drafted = (*mine, ScriptUse.conversation_id == conversation_id, ScriptUse.outcome == "inserted")
                row = session.scalar(select(ScriptUse).where(*drafted).order_by(ScriptUse.at.desc(), ScriptUse.id.desc()).limit(1))
                if row is None:
                    row = self._use(session, script_id, staff_id, conversation_id)
                    script.inserted += 1
                row.outcome, row.use_key, row.at = outcome, key, now
                if outcome == "sent":
                    script.sent += 1
                else:
                    script.edited += 1
                script.used_at = now
                session.flush()
                found[script_id] = outcome
        return found

    def ranking(self, since: datetime, until: datetime, staff_id: str | None = None) -> list[Ranked]:
        """Every script used within that time (by one member, or anybody), the most used first."""
        counts = [func.sum(case((ScriptUse.outcome == name, 1), else_=0)) for name in ("inserted", "sent", "edited", "copied")]
        query = select(ScriptUse.script_id, *counts).where(ScriptUse.shop_id == self._shop, ScriptUse.at >= since, ScriptUse.at < until)
        if staff_id is not None:
            query = query.where(ScriptUse.staff_id == staff_id)
        with reading(self._engine) as session:
            rows = session.execute(query.group_by(ScriptUse.script_id)).all()
        ranked = [Ranked(script, *(int(count or 0) for count in counted)) for script, *counted in rows]
        return sorted(ranked, key=lambda one: (-one.uses, -(one.unedited or 0), one.script_id))

    def figures(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """Per day (Asia/Shanghai), agent and script: inserted, sent, edited, copied. For the desk's figures."""
        found: dict[tuple[str, str, str], dict[str, Any]] = {}
        query = select(ScriptUse.at, ScriptUse.staff_id, ScriptUse.script_id, ScriptUse.outcome)
        with reading(self._engine) as session:
            mine = (ScriptUse.shop_id == self._shop, ScriptUse.at >= since, ScriptUse.at < until)
            for at, staff_id, script_id, outcome in session.execute(query.where(*mine).order_by(ScriptUse.at)):
                key = (at.astimezone(SHANGHAI).date().isoformat(), staff_id, script_id)
                line = found.setdefault(
                    key,
                    {
                        **dict(zip(("day", "staff_id", "script_id"), key, strict=True)),
                        **dict.fromkeys(("inserted", "sent", "edited", "copied"), 0),
                    },
                )
                line[outcome] += 1
        return list(found.values())

    def _one(self, script_id: str, staff_id: str, conversation_id: str | None, outcome: Literal["inserted", "copied"]) -> None:
        with writing(self._engine, relaxed=True) as session:
            script = session.get(Script, (self._shop, script_id))
            if script is None:
                raise UnknownScript(script_id)
            if conversation_id is not None and session.get(Conversation, (self._shop, conversation_id)) is None:
                raise LookupError(f"there is no conversation {conversation_id}")
            row = self._use(session, script_id, staff_id, conversation_id)
            row.outcome = outcome
            if outcome == "inserted":
                script.inserted += 1
            else:
                script.copied += 1
                script.used_at = row.at

    def _use(self, session: Session, script_id: str, staff_id: str, conversation_id: str | None) -> ScriptUse:
        row = ScriptUse(
            shop_id=self._shop,
            id=f"k_{time.time_ns():016x}{secrets.token_hex(4)}",
            script_id=script_id,
            staff_id=staff_id,
            conversation_id=conversation_id,
            outcome="inserted",
            at=self._clock.now(),
        )
        session.add(row)
        return row


def stands_in(script: str, text: str) -> bool:
    """Whether a script is in a message as it stands: its values filled in, nothing else changed but blanks at line ends."""
    parts = [re.escape(part) for part in VALUE.split(_even(script))[::2]]
    return re.search("(?:.{1,200}?)".join(parts), _even(text), re.DOTALL) is not None


def _even(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().replace("\r\n", "\n").split("\n"))
