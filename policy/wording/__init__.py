"""What may leave the shop: words to avoid, 禁语, honesty, shape. ``check`` judges a text; ``python -m policy.wording`` explains it.

The lists are data (``lists/*.yml``): named word classes, and rules whose patterns are composed of them. What no pattern catches
may still sound like a trick: ``learn.py`` asks a person then. Sources: style.md §1–§4 (av_, st_, ng_), §6 (hn_) and decisions.md;
op_ are the rules of marketplaces' own chats.
"""

from __future__ import annotations

from policy.wording.better import Better, put, sentence
from policy.wording.check import ADDRESSES, PROFILES, blocks, check
from policy.wording.rules import Finding, Rule, rules

__all__ = ["ADDRESSES", "PROFILES", "Better", "Finding", "Rule", "blocks", "check", "put", "rules", "sentence"]
