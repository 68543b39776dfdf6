"""All tables of the shop database (SQLAlchemy 2). ``shop_id`` is in each and comes first in every key."""

from __future__ import annotations

from shop.models.base import Base, OfShop, new_stamp
from shop.models.catalogue import CouponRow, CourierRow, Gift, IntentMode, Parameter, Product, Shop, Stock
from shop.models.orders import Customer, Order, ScanRow, Shipment
from shop.models.service import Concession, Counter, Effect, Proof, ProofAttempt, TicketNote, TicketRow
from shop.models.talk import Attachment, Choice, Conversation, Erasure, Message, RateLimit

__all__ = [
    "Attachment",
    "Base",
    "Choice",
    "Concession",
    "Conversation",
    "Counter",
    "CouponRow",
    "CourierRow",
    "Customer",
    "Effect",
    "Erasure",
    "Gift",
    "IntentMode",
    "Message",
    "OfShop",
    "Order",
    "Parameter",
    "Product",
    "Proof",
    "ProofAttempt",
    "RateLimit",
    "ScanRow",
    "Shipment",
    "Shop",
    "Stock",
    "TicketNote",
    "TicketRow",
    "new_stamp",
]
