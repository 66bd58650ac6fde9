"""Events as Shopify, WooCommerce and Stripe document them, made here, and their signatures."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from shopx_core.domain.webhooks import Shop

SECRETS = {shop: f"secret of {shop}" for shop in Shop}


def signed(
    shop: Shop, body: bytes, *, secret: str | None = None, at: float | None = None
) -> dict[str, str]:
    """The headers that the shop sends with a body."""
    key = (SECRETS[shop] if secret is None else secret).encode()
    if shop is Shop.STRIPE:
        sent = int(time.time() if at is None else at)
        mac = hmac.new(key, f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={sent},v1={mac},v0=ab"}
    name = "x-shopify-hmac-sha256" if shop is Shop.SHOPIFY else "x-wc-webhook-signature"
    return {name: base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()}


def shopify(number: int = 1001, updated: str = "2026-02-01T10:00:00+01:00", **more: Any) -> bytes:
    """An order of two items, 10 % off, with shipping and tax: 27.00 + 5.00 and tax 3.20."""
    order: dict[str, Any] = {
        "id": 10_000 + number,
        "name": f"#{number}",
        "created_at": "2026-02-01T09:30:00+01:00",
        "updated_at": updated,
        "cancelled_at": None,
        "financial_status": "paid",
        "currency": "USD",
        "email": "ada@example.org",
        "source_name": "web",
        "taxes_included": False,
        "total_tax": "3.20",
        "shipping_address": {"country": "Germany"},
        "line_items": [
            {
                "id": 1, "sku": "PEN", "title": "Pen", "price": "5.00", "quantity": 2,
                "discount_allocations": [{"amount": "1.00"}],
            },
            {
                "id": 2, "sku": "", "title": "Cup", "price": "20.00", "quantity": 1,
                "discount_allocations": [{"amount": "2.00"}],
            },
        ],
        "shipping_lines": [{"price": "5.00"}],
        "refunds": [],
    }  # fmt: skip
    return json.dumps(order | more).encode()


SHOPIFY_REFUND = {
    "id": 7,
    "created_at": "2026-02-09T08:00:00+01:00",
    "refund_line_items": [
        {
            "id": 71, "quantity": 1, "subtotal": 18.00, "total_tax": 1.8,
            "line_item": {"sku": "", "title": "Cup"},
        }
    ],
    "order_adjustments": [
        {"id": 72, "kind": "shipping_refund", "amount": "-5.00", "tax_amount": "0.00"}
    ],
}  # fmt: skip


def woocommerce(number: int = 501, modified: str = "2026-02-01T10:00:00", **more: Any) -> bytes:
    """An order of 30.00 less 3.00, with shipping 4.00, a fee of 1.00 and tax."""
    order: dict[str, Any] = {
        "id": number,
        "number": str(number),
        "status": "processing",
        "currency": "USD",
        "date_created_gmt": "2026-02-01T09:00:00",
        "date_modified_gmt": modified,
        "total_tax": "2.00",
        "billing": {"email": "Ben@Example.org", "country": "DE"},
        "line_items": [
            {"id": 9, "sku": "HAT", "name": "Hat", "quantity": 3, "subtotal": "30.00",
             "total": "27.00"},
        ],
        "shipping_lines": [{"total": "4.00"}],
        "fee_lines": [{"total": "1.00"}],
        "refunds": [],
    }  # fmt: skip
    return json.dumps(order | more).encode()


def stripe(kind: str, created: int = 1_770_000_000, **of: Any) -> bytes:
    """An event about a charge, a refund or a dispute."""
    what: dict[str, Any] = {"created": 1_770_000_000, "currency": "usd", "object": kind} | of
    if kind == "charge":
        what = {"status": "succeeded", "captured": True, "billing_details": {}} | what
    event = {
        "id": f"evt_{created}_{what['id']}",
        "object": "event",
        "type": what.pop("event", f"{kind}.updated"),
        "created": created,
        "data": {"object": what},
    }
    return json.dumps(event).encode()
