"""Who was erased stays erased: a backup that is put back may hold talks and customers that were erased after it was made.

`make restore` notes their hashes (`erase-again.json`, nothing else is known of them); the gateway erases them at its next start,
as if their shoppers had asked again.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING

from sqlalchemy import select

from gateway.data import erase_customer, subject_of
from gateway.threads import in_thread
from shop.db import reading
from shop.models import Conversation, Customer

if TYPE_CHECKING:
    from gateway.services import Services

log = logging.getLogger(__name__)
FILE = "erase-again.json"  # in the home; written by launch/restore.py


async def erase_again(services: Services) -> int:
    """Erase the customers and talks that the file names, then remove it; how many were there again."""
    file = services.settings.home / FILE
    if not file.exists():
        return 0
    named = json.loads(file.read_text("utf-8"))
    customers, talks = await in_thread(_present, services, set(named.get("customers", ())), set(named.get("talks", ())))
    for customer_id in customers:
        await erase_customer(services, customer_id, by="restore", even_with_open_matters=True)
    count = len(customers)
    for talk_id in talks:
        talk = await in_thread(services.store.talk, talk_id)
        if talk is not None:  # not gone with its customer
            await services.conversations.erase(talk)
            count += 1
    file.unlink()
    log.info("after a restore: %d talks and customers that had been erased were erased again", count)
    return count


def _present(services: Services, customers: set[str], talks: set[str]) -> tuple[list[str], list[str]]:
    shop_id = services.settings.shop_id
    with reading(services.database) as session:
        people = list(session.scalars(select(Customer.id).where(Customer.shop_id == shop_id))) if customers else []
        spoken = list(session.scalars(select(Conversation.id).where(Conversation.shop_id == shop_id)))
    return (
        [one for one in people if subject_of(services, one) in customers],
        [one for one in spoken if hashlib.sha256(one.encode()).hexdigest() in talks],
    )
