"""Who is talking: the shop's signed identity, and the token of a conversation.

Both are JWT with HS256 and keys of their own. Their times are checked against the machine's clock, never against
``XIAOER_NOW``: a shifted shop clock must not make an old credential valid.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time
from typing import Any

import jwt

from gateway.problems import Problem, unauthorized
from gateway.settings import Secret

TALK_AUDIENCE = "xiaoer-talk"
TALK_DAYS = 90
DEMO_SECONDS = 600
LONGEST_TOKEN = 4096
MOST_GOOD = 10_000


class Identities:
    """Signed customers of the shop's own page (claims ``sub`` = customer id and ``exp``)."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def customer(self, token: str) -> str:
        """The customer id in a signed identity. Raises a 401 problem when it is forged, expired, unsigned or incomplete."""
        if len(token) > LONGEST_TOKEN:
            raise self._refused("is too long")
        try:
            claims = jwt.decode(
                token, self._secret.reveal(), algorithms=["HS256"], options={"require": ["sub", "exp"], "verify_aud": False}
            )
        except jwt.ExpiredSignatureError:
            raise self._refused("has expired; ask the shop's page for a new one") from None
        except jwt.InvalidTokenError:
            raise self._refused("is not signed by this shop, or lacks sub or exp") from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 64:
            raise self._refused("names no customer")
        return subject

    def sign(self, customer_id: str, seconds: int = DEMO_SECONDS) -> str:
        """What a shop's page does: an identity that is good for ``seconds``."""
        return jwt.encode({"sub": customer_id, "exp": int(time.time()) + seconds}, self._secret.reveal(), algorithm="HS256")

    @staticmethod
    def _refused(why: str) -> Problem:
        return Problem(401, "identity", f"The identity {why}.")


class TalkTokens:
    """Tokens of conversations: signed, so that a wrong one is refused before the database is asked."""

    def __init__(self, key: Secret, shop_id: str) -> None:
        self._key = key
        self._shop_id = shop_id
        # Conversation and end of tokens that were good: a window shows the same one with every request.
        self._good: dict[str, tuple[str, int]] = {}

    def make(self, conversation_id: str) -> str:
        """A token that opens this conversation only."""
        claims = {"aud": TALK_AUDIENCE, "shop": self._shop_id, "sub": conversation_id, "exp": int(time.time()) + TALK_DAYS * 86400}
        return jwt.encode(claims, self._key.reveal(), algorithm="HS256")

    def conversation(self, token: str) -> str:
        """The conversation a token opens. Raises a 401 problem for any other text."""
        if len(token) > LONGEST_TOKEN:
            raise unauthorized()
        known = self._good.get(token)
        if known is not None and time.time() < known[1]:
            return known[0]
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._key.reveal(), algorithms=["HS256"], audience=TALK_AUDIENCE, options={"require": ["sub", "exp", "aud"]}
            )
        except jwt.InvalidTokenError:
            raise unauthorized() from None
        if claims.get("shop") != self._shop_id:
            raise unauthorized()
        if len(self._good) >= MOST_GOOD:
            self._good.clear()
        self._good[token] = (str(claims["sub"]), int(claims["exp"]))
        return str(claims["sub"])


def bearer(header: str | None) -> str:
    """The token of an Authorization header. Raises a 401 problem when there is none."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized()
    return token.strip()


def same_secret(given: str, secret: Secret) -> bool:
    """Compare without telling by the time how much was right."""
    return hmac.compare_digest(given.encode(), secret.reveal().encode())


def address_hash(address: str, key: Secret) -> str:
    """A keyed hash of a client's network: enough to count tries, not enough to find a person.

    IPv6 is counted by its /64, since one household has that many addresses.
    """
    try:
        ip = ipaddress.ip_address(address)
        network = str(ipaddress.ip_network(f"{ip}/64", strict=False)) if ip.version == 6 else str(ip)
    except ValueError:
        network = address
    return hmac.new(key.reveal().encode(), network.encode(), hashlib.sha256).hexdigest()[:32]
