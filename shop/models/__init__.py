"""All tables of the shop database (SQLAlchemy 2). ``shop_id`` is in each and comes first in every key."""

from __future__ import annotations

from shop.models.base import Base, OfShop, new_stamp
from shop.models.catalogue import CouponRow, CourierRow, Gift, IntentMode, Parameter, Price, Product, Shop, Stock
from shop.models.desk import FollowUpRow, OrderFlagRow
from shop.models.inbox import InboxRow
from shop.models.knowledge import MissingFact, ProductAnswer
from shop.models.orders import Customer, Order, ScanRow, Shipment
from shop.models.outbox import Consent, OutboxRow, WatchedOrder
from shop.models.privacy import DataReceipt
from shop.models.promotions import PromotionRow
from shop.models.scripts import Script, ScriptFolder, ScriptPicture, ScriptUse
from shop.models.service import Concession, Counter, Effect, Proof, ProofAttempt
from shop.models.staff import QualityReview, Staff, StaffDeed, StaffSession, SuggestionUse, TalkNote
from shop.models.talk import Attachment, BlockRow, Choice, Conversation, Erasure, Message, RateLimit
from shop.models.tickets import ApprovalRow, ReturnRow, TicketEventRow, TicketNote, TicketRow
from shop.models.trace import AnswerTraceRow, SnapshotRow
from shop.models.waiting import WaitingAlert

__all__ = [
    "AnswerTraceRow",
    "ApprovalRow",
    "Attachment",
    "Base",
    "BlockRow",
    "Choice",
    "Concession",
    "Consent",
    "Conversation",
    "Counter",
    "CouponRow",
    "CourierRow",
    "Customer",
    "DataReceipt",
    "Effect",
    "Erasure",
    "FollowUpRow",
    "Gift",
    "InboxRow",
    "IntentMode",
    "Message",
    "MissingFact",
    "OfShop",
    "Order",
    "OrderFlagRow",
    "OutboxRow",
    "Parameter",
    "Price",
    "Product",
    "ProductAnswer",
    "PromotionRow",
    "Proof",
    "ProofAttempt",
    "QualityReview",
    "RateLimit",
    "ReturnRow",
    "ScanRow",
    "Script",
    "ScriptFolder",
    "ScriptPicture",
    "ScriptUse",
    "Shipment",
    "Shop",
    "SnapshotRow",
    "Staff",
    "StaffDeed",
    "StaffSession",
    "Stock",
    "SuggestionUse",
    "TalkNote",
    "TicketEventRow",
    "TicketNote",
    "TicketRow",
    "WaitingAlert",
    "WatchedOrder",
    "new_stamp",
]
