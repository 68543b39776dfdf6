"""Promotions of a shop: what ``policy.promotions.Promotion`` is made of."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.models.base import ID, NAME, WORD, Base, OfShop


class PromotionRow(OfShop, Base):
    """A promotion; amounts in yuan, instants from (inclusive) and to (exclusive). ``steps``: [{"from": "200", "less": "20"}, …].

    ``limit_count``: times, pieces or presents of one order; None: no limit. The other fields are those of docs/data_import.md.
    """

    __tablename__ = "promotions"
    __table_args__ = (
        CheckConstraint("kind IN ('full_reduction', 'second_piece', 'limited_price', 'presale', 'gift')", name="kind"),
        CheckConstraint("scope IN ('shop', 'kind', 'product')", name="scope"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    kind: Mapped[str] = mapped_column(WORD)
    scope: Mapped[str] = mapped_column(WORD, default="shop")
    targets: Mapped[list[Any]] = mapped_column(default=list)
    slot: Mapped[str | None] = mapped_column(ID)
    exclusive_group: Mapped[str | None] = mapped_column(ID)
    with_promotions: Mapped[bool] = mapped_column(default=True)
    with_coupons: Mapped[bool] = mapped_column(default=True)
    discounted_goods: Mapped[bool] = mapped_column(default=False)
    limit_count: Mapped[int | None]
    steps: Mapped[list[Any]] = mapped_column(default=list)
    every: Mapped[bool] = mapped_column(default=False)
    percent: Mapped[int] = mapped_column(default=50)
    price: Mapped[Decimal | None]
    deposit: Mapped[Decimal | None]
    deposit_worth: Mapped[Decimal | None]
    balance_from: Mapped[datetime | None]
    balance_to: Mapped[datetime | None]
    ships_by: Mapped[datetime | None]
    gift: Mapped[str | None] = mapped_column(NAME)
    threshold: Mapped[Decimal] = mapped_column(default=Decimal(0))
    spoken: Mapped[list[Any]] = mapped_column(default=list)
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    announced_from: Mapped[datetime | None]
