"""Signatures of events: over the body's bytes, with the shop's secret, and not long ago."""

import pytest

from shopx_core.domain.webhooks import (
    MOST_SIGNATURES,
    STRIPE_TOLERANCE_SECONDS,
    Shop,
    is_ping,
    is_signed,
    shop_of,
)
from tests.support.shop_events import SECRETS, signed

BODY = b'{"id": 1, "name": "\xc3\xa9"}'
NOW = 1_770_000_000.0


@pytest.mark.parametrize("shop", list(Shop))
def test_a_signature_is_of_the_bytes_and_the_secret(shop: Shop) -> None:
    headers = signed(shop, BODY, at=NOW)
    assert is_signed(shop, SECRETS[shop], headers, BODY, NOW)
    assert not is_signed(shop, "another", headers, BODY, NOW)
    assert not is_signed(shop, SECRETS[shop], headers, BODY + b" ", NOW)
    assert not is_signed(shop, SECRETS[shop], {}, BODY, NOW)
    (name,) = headers
    for wrong in ("", "x", "é", "t=1", "v1=", "t=,v1=", "t=1,t=2,v1=ab", "=" * 500, "t=é,v1=é"):
        assert not is_signed(shop, SECRETS[shop], {name: wrong}, BODY, NOW)


def test_known_values() -> None:
    """As computed by `openssl dgst -sha256 -hmac key`."""
    mac = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    text = b"The quick brown fox jumps over the lazy dog"
    encoded = "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="
    assert bytes.fromhex(mac).hex() == mac
    headers = {"x-shopify-hmac-sha256": encoded, "x-wc-webhook-signature": encoded}
    assert is_signed(Shop.SHOPIFY, "key", headers, text, NOW)
    assert is_signed(Shop.WOOCOMMERCE, "key", headers, text, NOW)


def test_stripe_limits_the_age() -> None:
    headers = signed(Shop.STRIPE, BODY, at=NOW)
    secret = SECRETS[Shop.STRIPE]
    for away in (-STRIPE_TOLERANCE_SECONDS, STRIPE_TOLERANCE_SECONDS):
        assert is_signed(Shop.STRIPE, secret, headers, BODY, NOW + away)
        assert not is_signed(
            Shop.STRIPE, secret, headers, BODY, NOW + away + (1 if away > 0 else -1)
        )
    later = {"stripe-signature": headers["stripe-signature"].replace("t=", "t=1")}
    assert not is_signed(Shop.STRIPE, secret, later, BODY, NOW)


def test_stripe_may_sign_twice() -> None:
    """While a secret is changed; not without end."""
    right = signed(Shop.STRIPE, BODY, at=NOW)["stripe-signature"].split(",")[1]
    secret = SECRETS[Shop.STRIPE]
    two = {"stripe-signature": f"t={NOW:.0f},v1=00,{right}"}
    assert is_signed(Shop.STRIPE, secret, two, BODY, NOW)
    many = {"stripe-signature": f"t={NOW:.0f}{',v1=00' * MOST_SIGNATURES},{right}"}
    assert not is_signed(Shop.STRIPE, secret, many, BODY, NOW)


def test_addresses_and_pings() -> None:
    assert shop_of("webhook:stripe") is Shop.STRIPE
    assert shop_of("webhook:ebay") is None
    assert shop_of("stripe") is None
    assert is_ping(b"webhook_id=17")
    assert not is_ping(b"webhook_id=17&x=1")
