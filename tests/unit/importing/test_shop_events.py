"""What shops' events say: each order whole, exact, and as of an instant."""

import json
from decimal import Decimal
from typing import Any

import pytest

from shopx_core.domain.webhooks import Shop
from shopx_store.importing.shop_events import Order, Unreadable, order_of
from tests.support.shop_events import SHOPIFY_REFUND, shopify, stripe, woocommerce


def read(shop: Shop, body: bytes) -> Order:
    order = order_of(shop, body)
    assert order is not None
    return order


def amounts(order: Order) -> dict[str, str]:
    """By key: what the line comes to."""
    return {line.key: str(Decimal(line.gross) - Decimal(line.discount)) for line in order.lines}


def test_shopify() -> None:
    order = read(Shop.SHOPIFY, shopify(refunds=[SHOPIFY_REFUND]))
    assert order.header() == {
        "key": "#1001",
        "at": "2026-02-01T08:30:00+00:00",
        "currency": "USD",
        "channel": "web",
        "document": "sale",
        "customer": "ada@example.org",
        "email": "ada@example.org",
        "country": "Germany",
    }
    assert amounts(order) == {
        "1": "9.00", "2": "18.00", "shipping": "5.00", "tax": "3.20", "refund-7-71": "-18.0",
        "tax-7-71": "-1.8", "shipping-7-72": "-5.00",
    }  # fmt: skip
    refund = next(line for line in order.lines if line.key == "refund-7-71")
    assert (refund.kind, refund.quantity, refund.product) == ("return", "-1", "Cup")
    assert refund.at == "2026-02-09T07:00:00+00:00"
    included = read(Shop.SHOPIFY, shopify(taxes_included=True))
    assert "tax" not in amounts(included)


@pytest.mark.parametrize(
    "more", [{"cancelled_at": "2026-02-02T00:00:00Z"}, {"financial_status": "voided"}]
)
def test_shopify_orders_that_are_no_sale(more: dict[str, Any]) -> None:
    assert read(Shop.SHOPIFY, shopify(**more)).lines == []


def test_woocommerce() -> None:
    order = read(Shop.WOOCOMMERCE, woocommerce(refunds=[{"id": 3, "total": "-10.00"}]))
    assert (order.key, order.customer, order.country) == ("501", "ben@example.org", "DE")
    assert amounts(order) == {
        "9": "27.00", "shipping": "4.00", "fee": "1.00", "tax": "2.00", "refund-3": "-10.00",
    }  # fmt: skip
    for status in ("cancelled", "failed", "pending", "trash"):
        assert read(Shop.WOOCOMMERCE, woocommerce(status=status)).lines == []


def test_stripe() -> None:
    charge = read(Shop.STRIPE, stripe("charge", id="ch_1", amount=1234, amount_captured=1000))
    assert (charge.document, amounts(charge)) == ("sale", {"charge": "10.00"})
    yen = read(Shop.STRIPE, stripe("charge", id="ch_2", amount=1234, currency="jpy"))
    assert amounts(yen) == {"charge": "1234"}
    dinar = read(Shop.STRIPE, stripe("charge", id="ch_3", amount=1234, currency="kwd"))
    assert amounts(dinar) == {"charge": "1.234"}
    refund = read(Shop.STRIPE, stripe("refund", id="re_1", amount=250, status="succeeded"))
    assert (refund.document, amounts(refund)) == ("return", {"refund": "-2.50"})
    failed = read(Shop.STRIPE, stripe("refund", id="re_1", amount=250, status="failed"))
    assert failed.lines == []
    taken = stripe("dispute", id="dp_1", amount=500, event="charge.dispute.funds_withdrawn")
    assert amounts(read(Shop.STRIPE, taken)) == {"dispute": "-5.00"}
    back = stripe("dispute", id="dp_1", amount=500, event="charge.dispute.funds_reinstated")
    assert read(Shop.STRIPE, back).lines == []
    assert order_of(Shop.STRIPE, stripe("dispute", id="dp_1", amount=5, event="x.created")) is None


def test_other_events_are_no_orders() -> None:
    assert order_of(Shop.SHOPIFY, b'{"id": 1, "title": "a product"}') is None
    assert order_of(Shop.WOOCOMMERCE, b'{"id": 1}') is None
    assert order_of(Shop.STRIPE, stripe("payout", id="po_1")) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "It is no JSON"),
        (b"\xff", "It is no JSON"),
        (b"[" * 100_000, "It is no JSON"),
        (b"[]", "no JSON object"),
        (shopify(line_items=[{"id": 1}]), "It has no field 'price'"),
        (shopify(line_items=[{"id": 1, "price": "x", "quantity": 1}]), "another form"),
        (shopify(line_items=[{"id": 1, "price": "NaN", "quantity": 1}]), "An amount is NaN"),
        (shopify(line_items=7), "another form"),
        (shopify(updated="2026-02-01T10:00:00"), "has no offset"),
    ],
)
def test_what_cannot_be_read(body: bytes, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        order_of(Shop.SHOPIFY, body)


def test_amounts_stay_exact() -> None:
    body = json.dumps(json.loads(shopify())).replace('"20.00"', "20.000000000000000001").encode()
    order = read(Shop.SHOPIFY, body)
    assert amounts(order)["2"] == "18.000000000000000001"
