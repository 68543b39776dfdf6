"""Readers of one cell of a reviewed answer each (docs/product_answers.md). ValueError says what is wrong."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from policy.knowledge import attribute_key
from shop import fields
from shop.clock import SHANGHAI

LONGEST_ANSWER = 70  # characters: with the product's name one bubble of 80
LONGEST_QUESTION = 40
MOST_QUESTIONS = 30
SCOPES = {"kind": "类别", "series": "系列", "product": "商品"}
KINDS = {"clothing": "服装", "bedding": "床品", "furniture": "家具", "appliance": "家电", "other": "其他"}
_QUESTIONS = re.compile("[\uff1b;\n|\uff5c]+")
_MARKUP = re.compile(r"[{}<>]|https?://")


def questions(value: Any) -> list[str]:
    """Reviewed ways to ask, separated by ； or line breaks in a cell; each at most 40 characters, each once."""
    parts = value if isinstance(value, list) else _QUESTIONS.split(fields.clean(value))
    found = list(dict.fromkeys(fields.text(LONGEST_QUESTION)(part) for part in parts if not fields.is_blank(part)))
    if len(found) > MOST_QUESTIONS:
        raise ValueError(f"{len(found)} questions, at most {MOST_QUESTIONS} are compared")
    return found


def sentence(value: Any) -> str:
    """An answer as it is spoken after the product's name: one line, without a full stop at its end, no variables and no links."""
    found = re.sub(r"\s*\n\s*", "，", str(fields.text(LONGEST_ANSWER)(value))).rstrip("。.;； ")
    if not found:
        raise ValueError("it is empty")
    if _MARKUP.search(found):
        raise ValueError("brackets of code and links are not spoken")
    return found


def attribute(value: Any) -> str:
    """An attribute's key; a name that is not known is the shop's own attribute."""
    return attribute_key(str(fields.text(20)(value)))


def validity(value: Any) -> str:
    """A day (2026-11-11) or an instant as ISO text in Asia/Shanghai, as policy/validity.py reads it."""
    local = fields.instant(value).astimezone(SHANGHAI)
    written = str(value)
    named_hour = isinstance(value, str) and re.search(r"\d:\d", written)
    midnight = local.time() == time() and not named_hour
    return local.date().isoformat() if midnight else local.isoformat(timespec="minutes")


def kind_key(written: str) -> str:
    """A kind's word for its Chinese name or itself; anything else stays as it is."""
    return next((key for key, name in KINDS.items() if written in (key, name)), written)
