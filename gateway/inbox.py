"""The trainers' inbox: what shoppers said and the bot did not understand, without the person.

``python -m gateway.inbox export [--days N] [--format jsonl|csv] [FILE]``. An entry has the masked sentence, how it was read, and what the
bot had asked before (its response's name, never its text). No talk, no customer, no order, no photo, and the day instead of the time.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Engine, select

from gateway.settings import Settings, SettingsError
from policy.masking import personal
from shop.catalogue import ShopRepository
from shop.clock import Clock, local_day
from shop.db import DatabaseUnusable, make_engine, reading
from shop.models import Conversation, Customer, Message

NOT_UNDERSTOOD = ("nlu_fallback", "unclear_message", "out_of_scope")
UNSURE = 0.75
DAYS = 14


@dataclass(frozen=True)
class Item:
    """One sentence for a trainer. ``why``: not_understood | unsure | failed; ``asked``: the response before it; ``photos``: how many."""

    id: str
    day: str
    text: str
    why: str
    intent: str | None
    confidence: float | None
    ranking: tuple[dict[str, Any], ...]
    asked: str | None
    photos: int


class Inbox:
    """The inbox of one shop; reading it changes nothing."""

    def __init__(self, engine: Engine, shop_id: str, clock: Clock) -> None:
        self._engine = engine
        self._shop = shop_id
        self._clock = clock
        self._repository = ShopRepository(engine, shop_id, clock)

    def items(self, days: int = DAYS, limit: int = 5000) -> list[Item]:
        """What was not understood in the last ``days``, newest first, each sentence once."""
        since = self._clock.now() - timedelta(days=days)
        found: dict[str, Item] = {}
        with reading(self._engine) as session:
            query = (
                select(Message, Customer.name, Customer.phone)
                .join(Conversation, (Conversation.shop_id == Message.shop_id) & (Conversation.id == Message.conversation_id))
                .outerjoin(Customer, (Customer.shop_id == Conversation.shop_id) & (Customer.id == Conversation.customer_id))
                .where(Message.shop_id == self._shop, Message.sender == "shopper", Message.at >= since)
                .order_by(Message.at.desc(), Message.seq.desc())
            )
            for message, name, phone in session.execute(query.execution_options(yield_per=500)):
                why = _why(message)
                if why is None or (message.trace or {}).get("payload"):
                    continue
                item = self._item(message, why, [one for one in (name, phone) if one], self._asked(session, message))
                found.setdefault(item.text, item)
                if len(found) >= limit:
                    break
        return list(found.values())

    def _asked(self, session: Any, message: Message) -> str | None:
        before = select(Message).where(
            Message.shop_id == self._shop, Message.conversation_id == message.conversation_id, Message.seq == message.seq - 1
        )
        row = session.scalar(before)
        name = (row.trace or {}).get("response") if row is not None and row.sender == "bot" else None
        return name if isinstance(name, str) else None

    def _item(self, message: Message, why: str, known: Sequence[str], asked: str | None) -> Item:
        trace = message.trace or {}
        ranking = [
            {"name": one.get("name"), "confidence": one.get("confidence")} for one in trace.get("ranking") or () if isinstance(one, dict)
        ]
        return Item(
            # Not the message's own id: it would lead back to the talk.
            id=hashlib.sha256(f"inbox {message.id}".encode()).hexdigest()[:16],
            day=local_day(message.at).isoformat(),
            text=personal(message.text or "", known).text,
            why=why,
            intent=trace.get("intent"),
            confidence=trace.get("confidence"),
            ranking=tuple(ranking[:5]),
            asked=asked,
            photos=len((message.card or {}).get("attachments") or ()),
        )


def _why(message: Message) -> str | None:
    trace = message.trace or {}
    if not (message.text or "").strip():
        return None
    if message.state == "failed":
        return "failed"
    intent, confidence = trace.get("intent"), trace.get("confidence")
    if intent in NOT_UNDERSTOOD:
        return "not_understood"
    return "unsure" if isinstance(confidence, int | float) and confidence < UNSURE else None


def write(items: Iterable[Item], out: TextIO, kind: str) -> int:
    """Write entries as JSON lines or CSV; how many."""
    count = 0
    rows = csv.writer(out) if kind == "csv" else None
    if rows is not None:
        rows.writerow(["id", "day", "text", "why", "intent", "confidence", "asked", "photos"])
    for item in items:
        count += 1
        if rows is None:
            out.write(json.dumps(asdict(item), ensure_ascii=False) + "\n")
        else:
            # A sentence that begins like a formula stays a sentence in a spreadsheet.
            text = f"'{item.text}" if item.text[:1] in "=+-@\t\r" else item.text
            rows.writerow([item.id, item.day, text, item.why, item.intent, item.confidence, item.asked, item.photos])
    return count


def main(arguments: list[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m gateway.inbox", description=__doc__)
    parser.add_argument("what", choices=["export"])
    parser.add_argument("file", type=Path, nargs="?", help="by default the standard output")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")
    given = parser.parse_args(arguments)
    try:
        settings = Settings.from_env()
        engine = make_engine(settings.database_url)
        items = Inbox(engine, settings.shop_id, Clock.from_env()).items(given.days)
        engine.dispose()
    except (SettingsError, DatabaseUnusable, ValueError) as error:
        print(f"inbox: {error}", file=sys.stderr)
        return 2
    out = io.StringIO(newline="")
    count = write(items, out, given.format)
    if given.file is None:
        sys.stdout.write(out.getvalue())
    else:
        # With its mark, so that spreadsheets read Chinese.
        given.file.write_text(out.getvalue(), "utf-8-sig" if given.format == "csv" else "utf-8")
        print(f"{count} sentences in {given.file}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
