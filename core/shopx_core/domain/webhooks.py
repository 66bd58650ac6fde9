"""Signatures of the events that shop systems send. Pure.

Each shop signs the body's bytes with a secret that both sides know (HMAC with SHA-256):

- Shopify: base64 in `X-Shopify-Hmac-Sha256`.
- WooCommerce: base64 in `X-WC-Webhook-Signature`.
- Stripe: `t=TIME,v1=HEX` in `Stripe-Signature`, over `TIME.BODY`; several `v1` while a secret is
  being changed. The time limits how long a captured request can be sent again.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

STRIPE_TOLERANCE_SECONDS: Final = 300
MOST_SIGNATURES: Final = 10
SCHEME: Final = "webhook:"
_TIME: Final = re.compile(r"[0-9]{1,12}")
_PING: Final = re.compile(rb"webhook_id=[0-9]{1,20}")


class Shop(StrEnum):
    """Who sends events."""

    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    STRIPE = "stripe"


_HEADERS: Final[Mapping[Shop, str]] = {
    Shop.SHOPIFY: "x-shopify-hmac-sha256",
    Shop.WOOCOMMERCE: "x-wc-webhook-signature",
    Shop.STRIPE: "stripe-signature",
}


def shop_of(address: str) -> Shop | None:
    """Whose events a feed's address stands for; `None` = the feed is read instead."""
    name = address.removeprefix(SCHEME)
    return Shop(name) if address.startswith(SCHEME) and name in set(Shop) else None


def is_signed(shop: Shop, secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether a request has the signature of a shop; compared in constant time.

    Args:
        shop: Who should have sent it.
        secret: What both sides know.
        headers: With small letters.
        body: The bytes as they arrived.
        now: The present as Unix time, in seconds.
    """
    given = headers.get(_HEADERS[shop], "")
    if shop is Shop.STRIPE:
        return _is_signed_by_stripe(secret, given, body, now)
    expected = base64.b64encode(_mac(secret, body))
    return hmac.compare_digest(expected, given.strip().encode())


def _is_signed_by_stripe(secret: str, given: str, body: bytes, now: float) -> bool:
    parts = [part.strip().partition("=") for part in given.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1"][:MOST_SIGNATURES]
    sent = times[0] if len(times) == 1 and _TIME.fullmatch(times[0]) else "0"
    expected = _mac(secret, sent.encode() + b"." + body).hex().encode()
    found = [hmac.compare_digest(expected, one.encode()) for one in signatures]
    return any(found) and abs(now - int(sent)) <= STRIPE_TOLERANCE_SECONDS


def _mac(secret: str, text: bytes) -> bytes:
    return hmac.digest(secret.encode(), text, hashlib.sha256)


def is_ping(body: bytes) -> bool:
    """Whether a body is WooCommerce's question, unsigned, whether an address answers."""
    return _PING.fullmatch(body) is not None
