"""Thousands of stored conversations, in seconds: real talks of this product, copied with other ids, customers, orders and days.

The templates are talks that the bench has just had through the gateway, so every row is what the product writes. Each copy has
talk, messages, buttons, traces and the engine's tracker; every second one is of another customer, who has the orders that the
template's customer had. SQLite only, as the bench's installation is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

TALKS_A_CUSTOMER = 2
MINUTES_APART = 7  # 10,000 talks are seven weeks
FIRST_ORDER = 890_000_000_000
OF_CUSTOMER = ("customers", "orders")
OF_ORDER = ("shipments", "scans")
OF_TALK = ("conversations", "messages", "choices", "answer_traces", "tickets", "effects", "proofs", "concessions")


@dataclass
class Copy:
    """The ids of one copy: what stands for which talk, customer and order."""

    number: int
    talks: dict[str, str] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)

    def row(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        """A template's row as this copy has it."""
        new = dict(row)
        for name, value in row.items():
            if not isinstance(value, str):
                continue
            if name == "conversation_id" or (table, name) == ("conversations", "id"):
                new[name] = self.talks.get(value, value)
            elif name == "customer_id" or (table, name) == ("customers", "id"):
                new[name] = self.customers.get(value, value)
            elif name == "order_id" or (table, name) == ("orders", "id"):
                new[name] = self.orders.get(value, value)
            elif name in ("id", "client_id", "open_key", "tracking"):
                new[name] = f"{value}-{self.number}"
            elif name.endswith("_at") or name == "at":
                new[name] = _earlier(value, self.number)
        return new


def _earlier(moment: str, number: int) -> str:
    try:
        return (datetime.fromisoformat(moment) - timedelta(minutes=number * MINUTES_APART)).isoformat(" ")
    except ValueError:
        return moment  # a text of that name that is no moment


def fill(shop_db: Path, tracker_db: Path, count: int) -> dict[str, int]:
    """Copy the installation's talks until ``count`` more are stored, in the shop's database and the engine's.

    Returns:
        How many rows were written into each table (the engine's under ``tracker``).

    Raises:
        ValueError: there is no talk to copy.
    """
    with closing(sqlite3.connect(shop_db, timeout=60)) as shop:
        shop.row_factory = sqlite3.Row
        templates = [dict(row) for row in shop.execute("SELECT id, customer_id FROM conversations ORDER BY created_at, id")]
        if not templates:
            raise ValueError("there is no talk that could be copied")
        copies = list(_copies(shop, templates, count))
        copier = _Copier(shop)
        shop.execute("BEGIN IMMEDIATE")
        seen: set[str] = set()
        for copy, template, old in copies:
            if old and copy.customers[old] not in seen:
                seen.add(copy.customers[old])
                copier.copy(copy, "customers", "id", [old])
                copier.copy(copy, "orders", "customer_id", [old])
                for table in OF_ORDER:
                    copier.copy(copy, table, "order_id", list(copy.orders))
            for table in OF_TALK:
                copier.copy(copy, table, "id" if table == "conversations" else "conversation_id", [template])
        shop.commit()
        shop.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {**copier.written, "tracker": _fill_tracker(tracker_db, [copy for copy, _, _ in copies])}


def _copies(shop: sqlite3.Connection, templates: Sequence[dict[str, Any]], count: int) -> Iterator[tuple[Copy, str, str | None]]:
    orders: dict[str, list[str]] = {}
    for row in shop.execute("SELECT id, customer_id FROM orders WHERE customer_id IS NOT NULL ORDER BY id"):
        orders.setdefault(row["customer_id"], []).append(row["id"])
    numbers = iter(range(FIRST_ORDER, FIRST_ORDER * 2))
    known: dict[tuple[str, int], dict[str, str]] = {}
    for number in range(1, count + 1):
        template = templates[(number - 1) % len(templates)]
        old = template["customer_id"]
        copy = Copy(number, {template["id"]: f"{template['id']}-{number}"})
        if old:
            nth = (number - 1) // len(templates) // TALKS_A_CUSTOMER
            copy.customers = {old: f"{old}-{nth + 1}"}
            if (old, nth) not in known:
                known[old, nth] = {order: str(next(numbers)) for order in orders.get(old, [])}
            copy.orders = known[old, nth]
        yield copy, template["id"], old


class _Copier:
    """Writes copies of template rows; each template is read once."""

    def __init__(self, shop: sqlite3.Connection) -> None:
        self._shop = shop
        self._templates: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        self.written = dict.fromkeys((*OF_CUSTOMER, *OF_ORDER, *OF_TALK), 0)

    def copy(self, copy: Copy, table: str, column: str, values: list[str]) -> None:
        """The rows of a table whose column is one of these values."""
        if not values:
            return
        key = (table, column, *values)
        if key not in self._templates:
            marks = ", ".join("?" * len(values))
            found = self._shop.execute(f"SELECT * FROM {table} WHERE {column} IN ({marks})", values)  # names of ours
            self._templates[key] = [dict(row) for row in found]
        rows = [copy.row(table, row) for row in self._templates[key]]
        if rows:
            names = list(rows[0])
            marks = ", ".join("?" * len(names))
            columns = ", ".join(f'"{name}"' for name in names)
            self._shop.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", [list(row.values()) for row in rows])
            self.written[table] += len(rows)


def _fill_tracker(path: Path, copies: Sequence[Copy]) -> int:
    rows = 0
    with closing(sqlite3.connect(path, timeout=60)) as tracker:
        tracker.execute("BEGIN IMMEDIATE")
        for copy in copies:
            for old, new in copy.talks.items():
                for table, columns, at in (("talks", "state, events, summary", "updated"), ("turns", "events", "at")):
                    statement = (
                        f"INSERT INTO {table} (sender_id, {columns}, {at}) SELECT ?, {columns}, {at} - ? FROM {table} WHERE sender_id = ?"
                    )
                    rows += tracker.execute(statement, (new, copy.number * MINUTES_APART * 60.0, old)).rowcount
        tracker.commit()
        tracker.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return rows
