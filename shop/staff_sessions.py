"""Log-in of staff with lock-out, sessions that expire, and tokens for a shop's own workbench. Tokens are kept as SHA-256."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.db import reading, writing
from shop.models import Staff, StaffSession
from shop.staff import HASHER, InvalidAccount, LoginRefused, Member, UnknownMember, matches, member_of, token_hash

TRIES = 5
LOCKED = timedelta(minutes=15)
# A shift is at most so long, and a screen left alone signs itself out.
LONGEST_SESSION = timedelta(hours=12)
IDLE = timedelta(hours=2)
# Writing down every request's time would be a database write a request.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Login:
    """A member who is logged in. ``token`` only just after the log-in (it is not kept); ``kind``: session | token."""

    member: Member
    csrf: str
    kind: str
    expires_at: datetime | None
    token: str | None = None


class StaffSessions:
    """Who is logged in at one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def log_in(self, login: str, password: str) -> Login:
        """Begin a session.

        Raises:
            LoginRefused: wrong login or password (not told apart), inactive, or locked after five wrong passwords.
        """
        now = self._clock.now()
        with reading(self._engine) as session:
            known = session.scalar(select(Staff).where(Staff.shop_id == self._shop, Staff.login == login.strip().lower()))
        # The slow comparison holds no transaction; an unknown login takes as long as a known one.
        right = matches(known.password_hash if known is not None else _dummy(), password)
        if known is None or not known.active:
            raise LoginRefused
        with writing(self._engine) as session:
            row = self._member_row(session, known.id)
            if row.locked_until is not None and now < row.locked_until:
                refusal = LoginRefused(row.locked_until)
            elif right and row.password_hash == known.password_hash:
                row.failed, row.locked_until = 0, None
                return self._begin(session, row, "session", None, now + LONGEST_SESSION)
            else:
                row.failed += 1
                if row.failed >= TRIES:
                    row.failed, row.locked_until = 0, now + LOCKED
                refusal = LoginRefused(row.locked_until if row.locked_until and now < row.locked_until else None)
        raise refusal

    def make_token(self, staff_id: str, label: str) -> Login:
        """A token of a shop's own workbench, which acts as this member until it is taken back. Raises UnknownMember, InvalidAccount."""
        if not label.strip() or len(label) > 100:
            raise InvalidAccount("a token has a label of 1 to 100 characters: what uses it")
        with writing(self._engine) as session:
            return self._begin(session, self._member_row(session, staff_id), "token", label.strip(), None)

    def tokens(self) -> list[dict[str, object]]:
        """The workbenches' tokens: id (first digits of the hash), label, whose, since when, last seen."""
        with reading(self._engine) as session:
            rows = session.scalars(
                select(StaffSession)
                .where(StaffSession.shop_id == self._shop, StaffSession.kind == "token")
                .order_by(StaffSession.created_at, StaffSession.token_hash)
            )
            return [
                {
                    "id": row.token_hash[:16],
                    "label": row.label,
                    "staff_id": row.staff_id,
                    "created_at": row.created_at,
                    "seen_at": row.seen_at,
                }
                for row in rows
            ]

    def revoke_token(self, token_id: str) -> bool:
        """Take a token back; False when there is none of that id."""
        if not re.fullmatch(r"[0-9a-f]{16}", token_id):
            return False
        with writing(self._engine) as session:
            done = session.execute(
                delete(StaffSession).where(
                    StaffSession.shop_id == self._shop, StaffSession.kind == "token", StaffSession.token_hash.startswith(token_id)
                )
            )
            return bool(getattr(done, "rowcount", 0))

    def enter(self, token: str) -> Login | None:
        """Who this session's or workbench's token belongs to; None when it is unknown, ended, idle for too long, or the member inactive."""
        now = self._clock.now()
        with reading(self._engine) as session:
            row = session.get(StaffSession, (self._shop, token_hash(token)))
            if row is None:
                return None
            member = session.get(Staff, (self._shop, row.staff_id))
            if member is None or not member.active or (row.expires_at is not None and now >= row.expires_at):
                return None
            if row.kind == "session" and now - row.seen_at > IDLE:
                return None
            found = Login(member_of(member), row.csrf, row.kind, row.expires_at)
        if now - row.seen_at > SEEN_EVERY:
            with writing(self._engine) as session:
                mine = (StaffSession.shop_id == self._shop, StaffSession.token_hash == token_hash(token))
                session.execute(update(StaffSession).where(*mine).values(seen_at=now))
        return found

    def log_out(self, token: str) -> None:
        """End a session."""
        with writing(self._engine) as session:
            mine = (StaffSession.shop_id == self._shop, StaffSession.token_hash == token_hash(token), StaffSession.kind == "session")
            session.execute(delete(StaffSession).where(*mine))

    def forget_old_sessions(self) -> int:
        """Delete log-ins that have ended; how many."""
        with writing(self._engine) as session:
            done = session.execute(
                delete(StaffSession).where(
                    StaffSession.shop_id == self._shop, StaffSession.kind == "session", StaffSession.expires_at < self._clock.now()
                )
            )
            return int(getattr(done, "rowcount", 0))

    def _begin(self, session: Session, row: Staff, kind: str, label: str | None, until: datetime | None) -> Login:
        token, csrf, now = f"xs_{secrets.token_urlsafe(32)}", secrets.token_urlsafe(24), self._clock.now()
        session.add(
            StaffSession(
                shop_id=self._shop,
                token_hash=token_hash(token),
                staff_id=row.id,
                kind=kind,
                label=label,
                csrf=csrf,
                created_at=now,
                seen_at=now,
                expires_at=until,
            )
        )
        return Login(member_of(row), csrf, kind, until, token)

    def _member_row(self, session: Session, staff_id: str) -> Staff:
        row = session.get(Staff, (self._shop, staff_id))
        if row is None:
            raise UnknownMember(staff_id)
        return row


_DUMMIES: list[str] = []


def _dummy() -> str:
    """A hash that no password has; made once."""
    if not _DUMMIES:
        _DUMMIES.append(HASHER.hash(secrets.token_urlsafe(24)))
    return _DUMMIES[0]
