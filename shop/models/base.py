"""The declarative base, and the column that every table has: ``shop_id``, first part of every key and index."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from sqlalchemy import ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shop.models.types import Instant, Json, Money

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

ID = String(64)
WORD = String(32)
NAME = String(255)


def new_stamp() -> str:
    """A value never used before: caches compare it to know whether a row has changed."""
    return uuid4().hex


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        Decimal: Money,
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class OfShop:
    """Mixin of every table but ``shops``: whose row it is. Part of the primary key, so no query can do without it."""

    shop_id: Mapped[str] = mapped_column(ID, ForeignKey("shops.shop_id", ondelete="CASCADE"), primary_key=True, sort_order=-10)
