"""What is stored beside the words of a message: its files, buttons of its card, the message it quotes, the product it is about."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from gateway import turn_rows
from gateway.talks import LONGEST_QUOTE, Draft, Offer
from shop.models import Attachment, Message

# So many messages back a product still counts as the one that was looked at last.
FAR = 20


@dataclass(frozen=True)
class KeptFile:
    """An attachment; ``path`` relative to the installation's home, ``staff_id``: whose of the staff it is, ``sent``: a message has it."""

    id: str
    mime: str
    size: int
    path: str
    width: int | None = None
    height: int | None = None
    staff_id: str | None = None
    sent: bool = False


def kept_file(row: Attachment) -> KeptFile:
    """A row as a value."""
    return KeptFile(row.id, row.mime, row.size, row.path, row.width, row.height, row.staff_id, row.message_id is not None)


class UnknownQuote(Exception):
    """No message of this talk has that seq."""


def keep_offers(session: Session, shop_id: str, talk_id: str, offers: Sequence[Offer], now: datetime, *, known: bool = True) -> None:
    """Store the buttons of a card; those that the talk has already stay as they are. ``known`` False: the ids were drawn just now."""
    if offers:
        of_talk = {"shop_id": shop_id, "conversation_id": talk_id, "at": now}
        rows = [{**of_talk, "id": offer.id, "payload": offer.payload, "title": offer.title[:255]} for offer in offers]
        turn_rows.add_choices(session.connection(), shop_id, rows, known=known)


def keep_buttons(session: Session, shop_id: str, talk_id: str, draft: Draft, now: datetime) -> list[dict[str, str]]:
    """Store the buttons of a draft and of its card; those below the text as the API says them."""
    keep_offers(session, shop_id, talk_id, draft.offers, now)
    # A button that stands on the card too has one id, so that a client shows it once.
    same = {offer.payload: offer.id for offer in draft.offers}
    offers = [Offer(same.get(payload) or secrets.token_urlsafe(18), title, payload) for title, payload in draft.buttons]
    keep_offers(session, shop_id, talk_id, [offer for offer in offers if offer.payload not in same], now, known=False)
    return [{"title": offer.title, "choice": offer.id} for offer in offers]


def quote_of(session: Session, shop_id: str, talk_id: str, seq: int) -> dict[str, Any]:
    """A message with its words of now: what is quoted stays readable where the older message is not loaded. UnknownQuote."""
    row = session.get(Message, (shop_id, talk_id, seq))
    if row is None:
        raise UnknownQuote
    text = row.text or ""
    return {"seq": seq, "from": row.sender, "text": text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"}


def mark_sent(session: Session, shop_id: str, file_ids: Sequence[str], message_id: str) -> None:
    """These files are shown in a message now: from here on they are evidence, and stay."""
    if file_ids:
        query = update(Attachment).where(Attachment.shop_id == shop_id, Attachment.id.in_(file_ids))
        session.execute(query.values(message_id=message_id))


def take_back(session: Session, shop_id: str, talk_id: str, file_id: str) -> KeptFile | None:
    """Forget a shopper's file that no message has; None for one that is sent, or is not theirs."""
    row = session.get(Attachment, (shop_id, file_id))
    if row is None or row.conversation_id != talk_id or row.message_id is not None or row.staff_id is not None:
        return None
    kept = kept_file(row)
    session.delete(row)
    return kept


_LOOKED = Message.trace["product_id"].as_string()
_PRODUCTS = select(_LOOKED).where(
    Message.shop_id == bindparam("shop"), Message.conversation_id == bindparam("talk"), Message.sender == "shopper"
)
_PRODUCTS = _PRODUCTS.order_by(Message.seq.desc()).limit(FAR)


def last_product(session: Session, shop_id: str, talk_id: str) -> str | None:
    """The product of the newest of the shopper's last messages that told one, else the one the talk was opened with."""
    rows = session.connection()
    told = next((product for product in rows.execute(_PRODUCTS, {"shop": shop_id, "talk": talk_id}).scalars().all() if product), None)
    if told:
        return str(told)
    talk = turn_rows.talk_row(rows, shop_id, talk_id)
    return talk.product_id if talk is not None else None


def file_card(file: KeptFile) -> dict[str, Any]:
    """A file as a message names it."""
    return {"id": file.id, "mime": file.mime, "width": file.width, "height": file.height}
