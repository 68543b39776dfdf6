"""The limited proof of an anonymous shopper: order number + last four digits of the phone (decisions.md 5).

Five wrong tries per order and per client address a day; then the right digits are of no use either until the next day in
Asia/Shanghai. An order that does not exist is treated like one with wrong digits in every respect: same answer, same
statements, same counting. What may be done with a proof (reading status only) is decided by the callers.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Engine, and_, select
from sqlalchemy.orm import Session

from shop.clock import Clock
from shop.counters import hold
from shop.db import reading, writing
from shop.models import Customer, Order, Proof, ProofAttempt

Verdict = Literal["proved", "refused", "blocked"]

WRONG_TRIES_A_DAY = 5

# Compared with when there is no order or no phone, so that there is always one comparison of four characters.
_NOBODY = "????"


def _subject(kind: str, value: str) -> str:
    # Hashed: whatever was typed has a fixed length, and no client address is stored.
    return f"{kind}:{hashlib.sha256(value.encode()).hexdigest()[:40]}"


class Proofs:
    """Tries and proofs of one shop. Safe to share between threads and processes."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock, tries_a_day: int = WRONG_TRIES_A_DAY) -> None:
        """``tries_a_day``: the shop's parameter ``proof_tries_per_day``."""
        self.engine = engine
        self.shop_id = shop_id
        self.clock = clock
        self.tries_a_day = tries_a_day

    def try_proof(self, *, conversation_id: str, order_id: str, phone_tail: str, address: str | None) -> Verdict:
        """Judge one try and remember it. ``address``: a hash of the client's; without one the talk stands for it.

        ``proved``: the talk may read this order from now on. ``refused``: no such order, or other digits. ``blocked``: too many
        wrong tries for this order or address today, whatever the digits.
        """
        order_id = order_id.strip()
        said = unicodedata.normalize("NFKC", phone_tail).strip()
        now, day = self.clock.now(), self.clock.today()
        subjects = (_subject("order", order_id), _subject("address", address) if address else _subject("talk", conversation_id))
        with reading(self.engine) as session:
            # Guessing on and on must not keep the database's writers waiting: what is blocked writes nothing.
            blocked = self._blocked(session, subjects, day)
            self._compare(session, order_id, said)
        if blocked:
            return "blocked"
        with writing(self.engine) as session:
            # One try at a time: tries sent at once must not all see "four wrong so far".
            hold(session, self.shop_id, "proofs")
            blocked = self._blocked(session, subjects, day)
            right = self._compare(session, order_id, said)
            if blocked:
                return "blocked"
            if not right:
                self._count(session, subjects, day, now)
                return "refused"
            if session.get(Proof, (self.shop_id, conversation_id, order_id)) is None:
                session.add(Proof(shop_id=self.shop_id, conversation_id=conversation_id, order_id=order_id, at=now))
            return "proved"

    def _blocked(self, session: Session, subjects: tuple[str, str], day: date) -> bool:
        query = select(ProofAttempt.wrong).where(
            ProofAttempt.shop_id == self.shop_id, ProofAttempt.subject.in_(subjects), ProofAttempt.day == day
        )
        return max(session.scalars(query), default=0) >= self.tries_a_day

    def _compare(self, session: Session, order_id: str, said: str) -> bool:
        query = (
            select(Customer.phone)
            .join(Order, and_(Order.shop_id == Customer.shop_id, Order.customer_id == Customer.id))
            .where(Order.shop_id == self.shop_id, Order.id == order_id)
        )
        phone = session.scalar(query)
        tail = phone[-4:] if phone and len(phone) >= 4 else _NOBODY
        same = hmac.compare_digest(tail.encode(), said.encode())
        return same and said.isdecimal() and tail != _NOBODY

    def _count(self, session: Session, subjects: tuple[str, str], day: date, now: datetime) -> None:
        for subject in sorted(subjects):
            row = session.get(ProofAttempt, (self.shop_id, subject, day))
            if row is None:
                session.add(ProofAttempt(shop_id=self.shop_id, subject=subject, day=day, wrong=1, last_at=now))
            else:
                row.wrong, row.last_at = row.wrong + 1, now

    def proved(self, conversation_id: str) -> set[str]:
        """The orders that this talk has proved."""
        with reading(self.engine) as session:
            return set(
                session.scalars(select(Proof.order_id).where(Proof.shop_id == self.shop_id, Proof.conversation_id == conversation_id))
            )
