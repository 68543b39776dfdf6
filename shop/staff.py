"""Staff accounts: who works here, in which role, how many talks at once, and whether they are there (log-in: shop/staff_sessions.py).

Passwords are kept as argon2id hashes. `python -m shop.staff first-admin` makes the first account and
prints its one-time password; it does nothing when there is an account.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.counters import hold
from shop.db import make_engine, reading, writing
from shop.models import Staff, StaffSession

Role = Literal["agent", "supervisor", "trainer", "admin"]
Presence = Literal["online", "break", "away"]
ROLES: tuple[Role, ...] = ("agent", "supervisor", "trainer", "admin")
# Who may work on talks, and who leads those who do. A trainer never sees personal data (shop/personal_data.yml), so no talk either.
TALKS: tuple[Role, ...] = ("agent", "supervisor", "admin")
LEADS: tuple[Role, ...] = ("supervisor", "admin")
TRAINERS: tuple[Role, ...] = ("supervisor", "trainer", "admin")
PRESENCES: tuple[Presence, ...] = ("online", "break", "away")

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_NUMBER = re.compile(r"[0-9A-Za-z]{1,12}")
# OWASP's second choice of parameters: 19 MiB, two passes, about 30 ms.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class InvalidAccount(ValueError):
    """A value that an account may not have; the message says which and what is allowed."""


class UnknownMember(LookupError):
    """The shop has no such account."""


class LoginRefused(Exception):
    """No log-in. ``until``: locked until then, or None when login or password is wrong."""

    def __init__(self, until: datetime | None = None) -> None:
        super().__init__("locked" if until else "wrong")
        self.until = until


@dataclass(frozen=True)
class Member:
    """One of the staff; ``number`` is shown to shoppers, ``capacity`` talks at once, ``topics`` intents (empty: all)."""

    id: str
    login: str
    name: str
    number: str
    role: Role
    active: bool
    must_change: bool
    capacity: int
    topics: tuple[str, ...]
    presence: Presence
    presence_at: datetime


class StaffAccounts:
    """The staff of one shop. Safe to share between threads."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock

    def first_admin(self) -> tuple[str, str] | None:
        """(login, one-time password) of a new administrator when the shop has no account at all, else None."""
        count = select(func.count()).select_from(Staff).where(Staff.shop_id == self._shop)
        with reading(self._engine) as session:
            if session.scalar(count):
                return None
        password = secrets.token_urlsafe(12)
        row = self._new("admin", "管理员", "001", "admin", password, must_change=True)
        with writing(self._engine) as session:
            # Two processes that start at once make one.
            hold(session, self._shop, "first_admin")
            if session.scalar(count):
                return None
            session.add(row)
            return "admin", password

    def add(self, login: str, name: str, number: str, role: Role, *, capacity: int = 5, topics: Sequence[str] = ()) -> tuple[Member, str]:
        """A new account and its one-time password.

        Raises:
            InvalidAccount: a malformed value, or login or number taken.
        """
        _check(login=login, name=name, number=number, role=role, capacity=capacity)
        password = secrets.token_urlsafe(12)
        row = self._new(login, name, number, role, password, must_change=True)
        row.capacity, row.topics = capacity, list(topics)
        try:
            with writing(self._engine) as session:
                session.add(row)
                session.flush()
                return member_of(row), password
        except IntegrityError:
            raise InvalidAccount(f"login {login!r} or number {number!r} is taken") from None

    def change(
        self,
        staff_id: str,
        *,
        name: str | None = None,
        role: Role | None = None,
        capacity: int | None = None,
        topics: Sequence[str] | None = None,
        active: bool | None = None,
    ) -> Member:
        """Change an account; who is made inactive is logged out at once.

        Raises:
            UnknownMember: no such account.
            InvalidAccount: a malformed value, or the last active administrator would be gone.
        """
        _check(name=name, role=role, capacity=capacity)
        with writing(self._engine) as session:
            row = self._row(session, staff_id)
            was_admin = row.role == "admin" and row.active
            for field, value in (("name", name), ("role", role), ("capacity", capacity), ("active", active)):
                if value is not None:
                    setattr(row, field, value)
            if topics is not None:
                row.topics = list(topics)
            session.flush()
            if was_admin and not (row.role == "admin" and row.active):
                left = select(func.count()).where(Staff.shop_id == self._shop, Staff.role == "admin", Staff.active.is_(True))
                if not session.scalar(left):
                    raise InvalidAccount("the shop would have no administrator left: make another one first")
            if active is False:
                self._log_out(session, staff_id)
            return member_of(row)

    def reset_password(self, staff_id: str) -> str:
        """A new one-time password; every session of the account ends, its lock too. Raises UnknownMember."""
        password = secrets.token_urlsafe(12)
        hashed = HASHER.hash(password)
        with writing(self._engine) as session:
            row = self._row(session, staff_id)
            row.password_hash, row.must_change, row.failed, row.locked_until = hashed, True, 0, None
            self._log_out(session, staff_id)
        return password

    def set_password(self, staff_id: str, old: str, new: str, *, keep: str | None = None) -> None:
        """Change one's own password; other sessions than ``keep`` (a token) end.

        Raises:
            LoginRefused: the old one is wrong.
            InvalidAccount: the new one is too short, too long, or the old one.
        """
        if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
            raise InvalidAccount(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
        if new == old:
            raise InvalidAccount("the new password is the old one")
        with reading(self._engine) as session:
            before = self._row(session, staff_id).password_hash
        if not matches(before, old):
            raise LoginRefused
        hashed = HASHER.hash(new)
        with writing(self._engine) as session:
            row = self._row(session, staff_id)
            if row.password_hash != before:
                raise LoginRefused  # changed by somebody else in between
            row.password_hash, row.must_change = hashed, False
            self._log_out(session, staff_id, keep=token_hash(keep) if keep else None)

    def set_presence(self, staff_id: str, presence: Presence) -> Member:
        """在线, 小憩 or 离开. Raises UnknownMember, InvalidAccount."""
        if presence not in PRESENCES:
            raise InvalidAccount(f"{presence!r} is no presence: {', '.join(PRESENCES)}")
        with writing(self._engine) as session:
            row = self._row(session, staff_id)
            if row.presence != presence:
                row.presence, row.presence_at = presence, self._clock.now()
            return member_of(row)

    def all(self) -> list[Member]:
        """Every account, by number."""
        with reading(self._engine) as session:
            rows = session.scalars(select(Staff).where(Staff.shop_id == self._shop).order_by(Staff.number))
            return [member_of(row) for row in rows]

    def get(self, staff_id: str) -> Member:
        """One account. Raises UnknownMember."""
        with reading(self._engine) as session:
            return member_of(self._row(session, staff_id))

    def _new(self, login: str, name: str, number: str, role: Role, password: str, *, must_change: bool) -> Staff:
        now = self._clock.now()
        return Staff(
            shop_id=self._shop,
            id=f"s_{uuid4().hex[:16]}",
            login=login,
            name=name.strip(),
            number=number,
            role=role,
            password_hash=HASHER.hash(password),
            must_change=must_change,
            presence_at=now,
            created_at=now,
        )

    def _row(self, session: Session, staff_id: str) -> Staff:
        row = session.get(Staff, (self._shop, staff_id))
        if row is None:
            raise UnknownMember(staff_id)
        return row

    def _log_out(self, session: Session, staff_id: str, *, keep: str | None = None) -> None:
        mine = (StaffSession.shop_id == self._shop, StaffSession.staff_id == staff_id)
        session.execute(delete(StaffSession).where(*mine, StaffSession.token_hash != (keep or "")))


def _check(
    *, login: str | None = None, name: str | None = None, number: str | None = None, role: str | None = None, capacity: int | None = None
) -> None:
    if login is not None and not _LOGIN.fullmatch(login):
        raise InvalidAccount(f"login {login!r}: 2 to 32 of a–z, 0–9, dot, dash, underscore, beginning with a letter or digit")
    if name is not None and not 0 < len(name.strip()) <= 40:
        raise InvalidAccount("a name has 1 to 40 characters")
    if number is not None and not _NUMBER.fullmatch(number):
        raise InvalidAccount(f"number {number!r}: 1 to 12 letters or digits")
    if role is not None and role not in ROLES:
        raise InvalidAccount(f"{role!r} is no role: {', '.join(ROLES)}")
    if capacity is not None and not 0 <= capacity <= 50:
        raise InvalidAccount("capacity is 0 to 50 talks at once")


def matches(hashed: str, password: str) -> bool:
    """Whether the password is the one of this hash."""
    try:
        return len(password) <= LONGEST_PASSWORD and HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def member_of(row: Staff) -> Member:
    """A row as a value."""
    return Member(
        row.id,
        row.login,
        row.name,
        row.number,
        cast(Role, row.role),
        row.active,
        row.must_change,
        row.capacity,
        tuple(row.topics or ()),
        cast(Presence, row.presence),
        row.presence_at,
    )


def main(arguments: Sequence[str]) -> int:
    """``first-admin``: make it if there is nobody, print login and password; ``reset LOGIN``: a new one-time password."""
    engine = make_engine()
    accounts = StaffAccounts(engine, os.environ.get("XIAOER_SHOP_ID") or "demo", Clock.from_env())
    try:
        if list(arguments) == ["first-admin"]:
            made = accounts.first_admin()
            if made is not None:
                print(f"{made[0]} {made[1]}")
            return 0
        if len(arguments) == 2 and arguments[0] == "reset":
            found = next((one for one in accounts.all() if one.login == arguments[1]), None)
            if found is None:
                print(f"no account has the login {arguments[1]!r}", file=sys.stderr)
                return 2
            print(f"{found.login} {accounts.reset_password(found.id)}")
            return 0
    finally:
        engine.dispose()
    print("usage: python -m shop.staff first-admin | reset LOGIN", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
