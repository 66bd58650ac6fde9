"""Events of shop systems become orders with lines. Pure.

What an event has is a whole order, as of an instant: of several events the latest counts, in
whatever sequence they arrive. An order that is no sale (cancelled, not paid) has no lines.

- Shopify, an order (topics orders/create, orders/updated, orders/cancelled): items less their
  discounts, shipping, tax where prices are without it; refunds on their own day.
- WooCommerce, an order (order.created, order.updated): items before and after coupons, shipping,
  fees, tax; refunds, which have no date there, on the order's day.
- Stripe: charges (charge.*), refunds (refund.*) and disputes, each a document of its own, as in the
  balance's export.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypedDict

from shopx_core.domain.webhooks import Shop
from shopx_core.texts import say

_PAID: Final = frozenset({"paid", "partially_paid", "partially_refunded", "refunded"})
_PLACED: Final = frozenset({"completed", "processing", "on-hold", "refunded"})
_WITHOUT_MINOR: Final = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
     "xof", "xpf"}
)  # fmt: skip
_IN_THOUSANDS: Final = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_ENDED: Final = frozenset({"failed", "canceled"})


class Unreadable(ValueError):  # noqa: N818 -- what an event is
    """An event that is not what its shop documents; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of an order; amounts as texts of plain digits."""

    key: str
    product: str
    quantity: str = "1"
    gross: str
    discount: str = "0"
    kind: str = "sale"
    at: str | None = None
    charge: str | None = None
    sku: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as of an instant.

    Attributes:
        key: Its number.
        changed_at: When it became so.
        lines: None where it is no sale.
    """

    key: str
    changed_at: dt.datetime
    at: str
    currency: str
    channel: str
    document: str = "sale"
    customer: str | None = None
    email: str | None = None
    country: str | None = None
    lines: list[Line] = field(default_factory=list)

    def header(self) -> dict[str, Any]:
        """Its row."""
        made = asdict(self)
        del made["lines"], made["changed_at"]
        return made

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of its lines."""
        for line in self.lines:
            yield {"order": self.key, **asdict(line)}


def order_of(shop: Shop, body: bytes) -> Order | None:
    """The order of an event.

    Returns:
        `None` = the event is about something else.

    Raises:
        Unreadable: It is not what the shop documents.
    """
    try:
        event = json.loads(body, parse_float=str, parse_int=str)
        if not isinstance(event, dict):
            raise Unreadable(say("event.json-object", "It is no JSON object."))
        return _READERS[shop](event)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Unreadable(say("event.json", "It is no JSON: {error}", error=error)) from None
    except KeyError as error:
        raise Unreadable(say("event.field", "It has no field {error}.", error=error)) from None
    except (TypeError, AttributeError, InvalidOperation, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(
            say(
                "event.field-another-form-documented",
                "A field has another form than documented: {error}",
                error=error,
            )
        ) from None


def _shopify(event: Mapping[str, Any]) -> Order | None:
    if "line_items" not in event or "financial_status" not in event:
        return None
    email = _text(event.get("email"))
    address = event.get("shipping_address") or event.get("billing_address") or {}
    counts = event.get("cancelled_at") is None and event["financial_status"] in _PAID
    return Order(
        key=str(event["name"]),
        changed_at=_instant(event["updated_at"]),
        at=_instant(event.get("processed_at") or event["created_at"]).isoformat(),
        currency=event["currency"],
        channel=_text(event.get("source_name")) or "Shopify",
        customer=email,
        email=email,
        country=_text(address.get("country")),
        lines=[*_shopify_lines(event)] if counts else [],
    )


def _shopify_lines(event: Mapping[str, Any]) -> Iterator[Line]:
    for item in event["line_items"]:
        gross = Decimal(item["price"]) * Decimal(item["quantity"])
        yield Line(
            key=str(item["id"]),
            quantity=str(item["quantity"]),
            gross=_plain(gross),
            discount=_sum(one["amount"] for one in item.get("discount_allocations") or ()),
            **_product(item.get("sku"), item.get("title") or item.get("name")),
        )
    shipping = [
        one.get("discounted_price") or one["price"] for one in event.get("shipping_lines") or ()
    ]
    yield from _charge("shipping", _sum(shipping))
    if not event.get("taxes_included"):
        yield from _charge("tax", _plain(Decimal(event.get("total_tax") or "0")))
    for refund in event.get("refunds") or ():
        yield from _shopify_refund(refund)


def _shopify_refund(refund: Mapping[str, Any]) -> Iterator[Line]:
    at = _instant(refund.get("processed_at") or refund["created_at"]).isoformat()
    for one in refund.get("refund_line_items") or ():
        item = one.get("line_item") or {}
        yield Line(
            key=f"refund-{refund['id']}-{one['id']}",
            quantity=_plain(-Decimal(one["quantity"])),
            gross=_plain(-Decimal(one["subtotal"])),
            kind="return",
            at=at,
            **_product(item.get("sku"), item.get("title") or item.get("name") or "refund"),
        )
        yield from _charge(
            "tax", _plain(-Decimal(one.get("total_tax") or "0")), f"{refund['id']}-{one['id']}", at
        )
    for one in refund.get("order_adjustments") or ():
        kind = "shipping" if one.get("kind") == "shipping_refund" else "fee"
        place = f"{refund['id']}-{one['id']}"
        yield from _charge(kind, _plain(Decimal(one["amount"])), place, at)
        tax = _plain(Decimal(one.get("tax_amount") or "0"))
        yield from _charge("tax", tax, place, at)


def _woocommerce(event: Mapping[str, Any]) -> Order | None:
    if "line_items" not in event or "date_modified_gmt" not in event:
        return None
    billing = event.get("billing") or {}
    email = (_text(billing.get("email")) or "").lower() or None
    counts = event["status"] in _PLACED
    at = _instant(f"{event['date_created_gmt']}Z").isoformat()
    return Order(
        key=str(event.get("number") or event["id"]),
        changed_at=_instant(f"{event['date_modified_gmt']}Z"),
        at=at,
        currency=event["currency"],
        channel="WooCommerce",
        customer=email,
        email=email,
        country=_text(billing.get("country")),
        lines=[*_woocommerce_lines(event, at)] if counts else [],
    )


def _woocommerce_lines(event: Mapping[str, Any], at: str) -> Iterator[Line]:
    for item in event["line_items"]:
        before, after = Decimal(item["subtotal"]), Decimal(item["total"])
        yield Line(
            key=str(item["id"]),
            quantity=str(item["quantity"]),
            gross=_plain(before),
            discount=_plain(before - after),
            **_product(item.get("sku"), item["name"]),
        )
    shipping = (one["total"] for one in event.get("shipping_lines") or ())
    yield from _charge("shipping", _sum(shipping))
    yield from _charge("fee", _sum(one["total"] for one in event.get("fee_lines") or ()))
    yield from _charge("tax", _plain(Decimal(event.get("total_tax") or "0")))
    for refund in event.get("refunds") or ():
        yield Line(
            key=f"refund-{refund['id']}",
            product="refund",
            name="Refund",
            quantity="0",
            gross=_plain(-abs(Decimal(refund["total"]))),
            kind="return",
            at=at,
        )


def _stripe(event: Mapping[str, Any]) -> Order | None:
    if event.get("object") != "event":
        raise Unreadable(say("event.event-stripe", "It is no event of Stripe."))
    of, changed = event["data"]["object"], _seconds(event["created"])
    what = of.get("object")
    if what == "charge":
        details = of.get("billing_details") or {}
        email = _text(details.get("email"))
        counts = of.get("status") == "succeeded" and of.get("captured", True)
        amount = of["amount_captured"] if "amount_captured" in of else of["amount"]
        return _stripe_document(of, changed, "charge", amount, email, details, counts=counts)
    if what == "refund":
        counts = of.get("status") not in _ENDED
        return _stripe_document(of, changed, "refund", of["amount"], None, {}, counts=counts)
    if what == "dispute":
        withdrawn = str(event["type"]).endswith(".funds_withdrawn")
        if not withdrawn and not str(event["type"]).endswith(".funds_reinstated"):
            return None
        return _stripe_document(of, changed, "dispute", of["amount"], None, {}, counts=withdrawn)
    return None


def _stripe_document(
    of: Mapping[str, Any],
    changed: dt.datetime,
    what: str,
    amount: str,
    email: str | None,
    details: Mapping[str, Any],
    *,
    counts: bool,
) -> Order:
    currency = str(of["currency"]).lower()
    places = 0 if currency in _WITHOUT_MINOR else 3 if currency in _IN_THOUSANDS else 2
    sale = what == "charge"
    gross = Decimal(amount).scaleb(-places) * (1 if sale else -1)
    kind = "sale" if sale else "return"
    line = Line(
        key=what, product=what, quantity="1" if sale else "-1", gross=_plain(gross), kind=kind
    )
    return Order(
        key=str(of["id"]),
        changed_at=changed,
        at=_seconds(of["created"]).isoformat(),
        currency=currency.upper(),
        channel="Stripe",
        document=kind,
        customer=email,
        email=email,
        country=_text((details.get("address") or {}).get("country")),
        lines=[line] if counts else [],
    )


_READERS: Final[Mapping[Shop, Callable[[Mapping[str, Any]], Order | None]]] = {
    Shop.SHOPIFY: _shopify,
    Shop.WOOCOMMERCE: _woocommerce,
    Shop.STRIPE: _stripe,
}


def _charge(kind: str, amount: str, place: str = "", at: str | None = None) -> Iterator[Line]:
    if Decimal(amount):
        yield Line(
            key=f"{kind}-{place}" if place else kind,
            product=kind,
            quantity="0",
            gross=amount,
            kind="sale" if at is None else "return",
            at=at,
            charge=kind,
        )


class _Product(TypedDict):
    product: str
    sku: str | None
    name: str | None


def _product(sku: Any, name: Any) -> _Product:
    found, said = _text(sku), _text(name)
    return {"product": found or said or "unknown", "sku": found, "name": said}


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None


def _sum(amounts: Any) -> str:
    return _plain(sum((Decimal(one) for one in amounts), Decimal()))


def _plain(amount: Decimal) -> str:
    if not amount.is_finite():
        raise Unreadable(say("event.amount", "An amount is {amount}.", amount=amount))
    return f"{amount:f}"


def _instant(text: str) -> dt.datetime:
    at = dt.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise Unreadable(say("event.time-offset", "The time {text} has no offset.", text=text))
    return at.astimezone(dt.UTC)


def _seconds(text: str) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(text), dt.UTC)
