"""What a shopper can have of their data: a copy as one ZIP (data.json and photos), and erasure as a whole.

``python -m gateway.data copy CUSTOMER FILE`` writes the copy; ``python -m gateway.data erase CUSTOMER [--even-with-open-matters]`` erases.
Exit codes: 0 done, 1 nobody of that id, 2 a setting or the database, 3 open orders or tickets stand against it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import logging
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast
from uuid import uuid4

from sqlalchemy import select

from gateway.rasa_client import EngineError
from gateway.settings import Settings, SettingsError
from gateway.threads import in_thread
from policy.masking.logs import install as mask_logs
from shop import copies
from shop.anonymise import forget_customer
from shop.db import DatabaseUnusable, reading, writing
from shop.models import Conversation, Customer, DataReceipt, Order, TicketRow

if TYPE_CHECKING:
    from gateway.services import Services

log = logging.getLogger(__name__)
IN_MEMORY = 4 * 1024 * 1024
OPEN_ORDERS = ("unpaid", "paid", "shipped")


class OpenMatters(Exception):
    """Orders or tickets are still open; ``numbers`` names them."""

    def __init__(self, numbers: list[str]) -> None:
        super().__init__(f"still open: {', '.join(numbers)}; let them end, or ask for it all the same")
        self.numbers = numbers


@dataclass(frozen=True)
class Erased:
    """An erased customer: the receipt and how much went of what."""

    receipt: str
    counts: dict[str, int]


async def copy_of_customer(services: Services, customer_id: str) -> IO[bytes]:
    """A ZIP with everything of one customer, at its beginning; a receipt is kept that it was given."""
    where = (services.database, services.settings.shop_id)
    data = await in_thread(copies.of_customer, *where, customer_id)
    content = await _packed(services, {"customer_id": customer_id, **data})
    await in_thread(_note, services, "copy", customer_id, {"talks": len(data["talks"]), "photos": len(data["attachments"])}, "shopper")
    return content


async def copy_of_talk(services: Services, talk_id: str) -> IO[bytes]:
    """A ZIP with everything of one talk, at its beginning."""
    return await _packed(services, await in_thread(copies.of_talk, services.database, services.settings.shop_id, talk_id))


async def _packed(services: Services, data: dict[str, Any]) -> IO[bytes]:
    for talk in data["talks"]:
        try:
            talk["noted"] = await services.engine.noted(talk["id"])
        except EngineError as error:
            log.warning("a copy is given without what the engine has noted: %s", error)
            talk["noted"] = None
    told = {"shop": services.settings.shop_id, "made_at": services.clock.now().isoformat(), **data}
    return await in_thread(_zip, services.settings.home, told)


def _zip(home: Path, data: dict[str, Any]) -> IO[bytes]:
    file = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  # the caller reads and closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in data["attachments"]:
            path = home / one.pop("path")
            one["file"] = f"photos/{one['id']}{path.suffix}" if path.is_file() else None
            if one["file"]:
                # Photos and videos are compressed already.
                archive.write(path, one["file"], zipfile.ZIP_STORED)
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1, default=str))
    file.seek(0)
    return file


async def erase_customer(services: Services, customer_id: str, *, by: str, even_with_open_matters: bool = False) -> Erased | None:
    """Erase a customer as a whole; None when nothing of that id is there. Raises :class:`OpenMatters`.

    Talks go first, one by one, as a shopper erases them; then everything else in one transaction. Again after a crash: goes on.
    """
    found, talks, waiting = await in_thread(_look, services, customer_id)
    if not found:
        return None
    if waiting and not even_with_open_matters:
        raise OpenMatters(waiting)
    counts: dict[str, int] = {"talks": len(talks)}
    for talk_id in talks:
        talk = await in_thread(services.store.talk, talk_id)
        if talk is not None:
            gone = await services.conversations.erase(talk)
            for name, count in gone["erased"].items():
                counts[name] = counts.get(name, 0) + int(count)

    def rest() -> dict[str, int]:
        with writing(services.database) as session:
            return forget_customer(session, services.settings.shop_id, customer_id, talks, services.clock.now())

    for name, count in (await in_thread(rest)).items():
        counts[name] = counts.get(name, 0) + count
    return Erased(await in_thread(_note, services, "customer", customer_id, counts, by), counts)


def _look(services: Services, customer_id: str) -> tuple[bool, list[str], list[str]]:
    """Whether anything of the customer is there, their talks, and what is still open."""
    shop = services.settings.shop_id
    with reading(services.database) as session:
        there = session.get(Customer, (shop, customer_id)) is not None
        talks = list(session.scalars(select(Conversation.id).where(Conversation.shop_id == shop, Conversation.customer_id == customer_id)))
        orders = select(Order.id).where(Order.shop_id == shop, Order.customer_id == customer_id, Order.state.in_(OPEN_ORDERS))
        tickets = select(TicketRow.id).where(TicketRow.shop_id == shop, TicketRow.customer_id == customer_id, TicketRow.state != "closed")
        return there or bool(talks), talks, [*session.scalars(orders), *session.scalars(tickets)]


def subject_of(services: Services, customer_id: str) -> str:
    """A customer as receipts name one: a keyed hash of the id."""
    key = services.settings.address_key.reveal().encode()
    return hmac.new(key, f"customer:{customer_id}".encode(), hashlib.sha256).hexdigest()


def _note(services: Services, kind: str, customer_id: str, counts: Mapping[str, int], by: str) -> str:
    """A receipt that names nobody: the customer id only as a keyed hash."""
    subject = subject_of(services, customer_id)
    receipt = f"d_{uuid4().hex}"
    with writing(services.database) as session:
        row = DataReceipt(shop_id=services.settings.shop_id, id=receipt, kind=kind, state="done", by=by, at=services.clock.now())
        row.subject_hash, row.counts = subject, dict(counts)
        session.add(row)
    return receipt


def main(arguments: list[str] | None = None) -> int:
    """Command line; see the module's text."""
    from gateway.app import make_services

    parser = argparse.ArgumentParser(prog="python -m gateway.data", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    copy = what.add_parser("copy", help="everything of a customer as one ZIP")
    copy.add_argument("customer")
    copy.add_argument("file", type=Path)
    erase = what.add_parser("erase", help="a customer as a whole")
    erase.add_argument("customer")
    erase.add_argument("--even-with-open-matters", action="store_true", help="close open tickets and cut open orders off from the person")
    given = parser.parse_args(arguments)
    mask_logs()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")

    async def work() -> int:
        services = make_services(Settings.from_env())
        try:
            found, _, _ = await in_thread(_look, services, given.customer)
            if not found:
                print("data: there is nobody of that id", file=sys.stderr)
                return 1
            if given.what == "copy":
                with await copy_of_customer(services, given.customer) as content, given.file.open("xb") as out:
                    given.file.chmod(0o600)
                    out.write(content.read())
                print(given.file)
                return 0
            erased = await erase_customer(services, given.customer, by="command", even_with_open_matters=given.even_with_open_matters)
            print(json.dumps({"receipt": erased.receipt, "erased": erased.counts} if erased else {}))
            return 0
        finally:
            await services.engine.close()
            services.database.dispose()

    try:
        return asyncio.run(work())
    except OpenMatters as error:
        print(f"data: {error} (--even-with-open-matters)", file=sys.stderr)
        return 3
    except (SettingsError, DatabaseUnusable, ValueError, OSError) as error:
        print(f"data: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
