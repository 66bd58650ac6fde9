"""Shipping, tax, fees, refunds and discounts of whole orders: the revenue is what the shop says."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopx_core.domain.money import minor_digits
from shopx_store.importing.allocation import allocate
from shopx_store.importing.pipeline import Report
from shopx_store.importing.publish_checks import NO_LIMIT
from shopx_store.importing.rejects import TooManyRejects
from tests.support.importing import assert_exact, folded_net, ledger, rows, run
from tests.support.postgres import Database

MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC, currency: EUR, include: [shipping, fee]}
inputs:
  sales: {format: delimited, files: "*.csv"}
order:
  key: order
  at: placed
  discount: coalesce(number(off), 0)
line:
  product: item
  quantity: quantity
  gross: amount
charges:
  shipping: {amount: shipping}
  tax: {amount: tax}
  wrapping: {kind: fee, per: row, amount: wrapping}
  refund: {amount: back, at: back_at}
"""
KEYED = MAPPING.replace("line:\n", "line:\n  key: item\n")
HEADER = "order,placed,item,quantity,amount,wrapping,off,shipping,tax,back,back_at\n"
FIRST = "1,2024-01-31,Pen,2,10.00,,10.00,4.90,3.20,5.00,2024-02-03\n"
OTHERS = "1,2024-01-31,Cup,1,10.00,1.50,,,,,\n1,2024-01-31,Hat,1,10.00,,,,,,\n"
REPEATED = "2,2024-02-01,Pen,1,5.00,,0,4.90,1.00,,\n2,2024-02-01,Cup,1,6.00,,0,4.90,1.00,,\n"


def take(
    database: Database, folder: Path, *lines: str, text: str = MAPPING, **options: Any
) -> Report:
    (folder / "sales.csv").write_text(HEADER + "".join(lines))
    return run(database.dsn, text, folder, rejects=folder / "rejects", **options)


BOOKED = """
select o.key, p.name, p.kind, i.kind::text, i.booked_at::date::text, i.quantity,
    i.gross, i.discount
from order_items i join orders o on o.id = i.order_id join products p on p.id = i.product_id
where not exists (select from order_items r where r.reverses = i.id) and i.reverses is null
order by 1, i.id
"""


@pytest.mark.parametrize("text", [MAPPING, KEYED], ids=["content", "keys"])
def test_the_lines_of_an_order(database: Database, tmp_path: Path, text: str) -> None:
    """Items less their shares of the discount, charges once an order, the refund on its own day."""
    report = take(database, tmp_path, FIRST, OTHERS, REPEATED, text=text)
    assert report.rejected == 0
    found = rows(database.dsn, BOOKED)
    assert sorted(found) == sorted(
        [
            ("1", "Pen", "item", "sale", "2024-01-31", 2, Decimal(10), Decimal("3.34")),
            ("1", "Cup", "item", "sale", "2024-01-31", 1, Decimal(10), Decimal("3.33")),
            ("1", "Hat", "item", "sale", "2024-01-31", 1, Decimal(10), Decimal("3.33")),
            ("1", "Shipping", "shipping", "sale", "2024-01-31", 0, Decimal("4.9"), 0),
            ("1", "Refund", "refund", "return", "2024-02-03", 0, Decimal(-5), 0),
            ("1", "Wrapping", "fee", "sale", "2024-01-31", 0, Decimal("1.5"), 0),
            ("2", "Pen", "item", "sale", "2024-02-01", 1, Decimal(5), 0),
            ("2", "Cup", "item", "sale", "2024-02-01", 1, Decimal(6), 0),
            ("2", "Shipping", "shipping", "sale", "2024-02-01", 0, Decimal("4.9"), 0),
        ]
    )
    # 30 - 10 + 4.90 + 1.50 - 5, and 11 + 4.90.
    assert folded_net(database.dsn) == ledger(database.dsn)["net"] == Decimal("37.3")
    assert ledger(database.dsn)["units"] == 6
    assert_exact(database.dsn)
    again = take(database, tmp_path, FIRST, OTHERS, REPEATED, text=text)
    assert (again.published.changes.nothing, again.published.changes.same) == (True, 9)


@pytest.mark.parametrize("text", [MAPPING, KEYED], ids=["content", "keys"])
def test_a_changed_discount_and_charge(database: Database, tmp_path: Path, text: str) -> None:
    """What follows from them is booked anew, on the lines whose rows say nothing of it too."""
    take(database, tmp_path, FIRST, OTHERS, text=text)
    changed = FIRST.replace("10.00,4.90", "7.00,5.90")
    report = take(
        database, tmp_path, changed, OTHERS, text=text, mode="replace", max_missing=NO_LIMIT
    )
    assert report.rejected == 0
    # 30 - 7 + 5.90 + 1.50 - 5
    assert folded_net(database.dsn) == ledger(database.dsn)["net"] == Decimal("25.4")
    assert_exact(database.dsn)


def test_what_is_revenue_is_chosen(database: Database, tmp_path: Path) -> None:
    """With tax, and without anything but items."""
    for include, net in (("[shipping, tax, fee]", "29.6"), ("[]", "20")):
        text = MAPPING.replace("[shipping, fee]", include).replace("name: shop", f"name: s{net}")
        take(database, tmp_path, FIRST.replace("5.00,2024-02-03", ","), OTHERS, text=text)
        found = rows(
            database.dsn,
            "select sum(i.gross - i.discount) from order_items i join sources s"
            f" on s.id = i.source_id where s.name = 's{net}'",
        )
        assert found == [(Decimal(net),)]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (
            ("1,2024-01-31,Pen,1,5,,0,4.90,,,\n", "1,2024-01-31,Cup,1,5,,0,5.90,,,\n"),
            "another amount than row 2 of its order has",
        ),
        (("1,2024-01-31,Pen,1,5,,6,,,,\n",), "a discount above what the items of the order come"),
        (("1,2024-01-31,Pen,1,5,,-1,,,,\n",), "a negative discount"),
    ],
)
def test_what_cannot_be_meant(
    database: Database, tmp_path: Path, lines: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(TooManyRejects) as caught:
        take(database, tmp_path, *lines)
    assert reason in str(caught.value) + (tmp_path / "rejects").read_text()


def test_shares_are_those_of_the_definition(database: Database, tmp_path: Path) -> None:
    """PostgreSQL spreads discounts as `allocate` does, of odd amounts and in currencies' units."""
    rng = random.Random(7)
    text = MAPPING.replace("  discount:", "  currency: item\n  discount:")
    orders: list[tuple[Decimal, list[Decimal], str]] = []
    lines = []
    for order in range(60):
        currency = rng.choice(["EUR", "JPY", "GBP"])
        amounts = [Decimal(rng.randrange(1, 99_999)).scaleb(-2) for _ in range(rng.randrange(1, 8))]
        off = min(Decimal(rng.randrange(0, 9_999)).scaleb(-3), sum(amounts, Decimal(0)))
        orders.append((off, amounts, currency))
        lines += [f"{order},2024-01-31,{currency},1,{amount},,{off},,,,\n" for amount in amounts]
    take(database, tmp_path, *lines, text=text)
    for order, (off, amounts, currency) in enumerate(orders):
        found = rows(
            database.dsn,
            "select i.discount from order_items i join orders o on o.id = i.order_id"
            f" where o.key = '{order}' order by i.id",
        )
        shares = [share for (share,) in found]
        assert shares == allocate(off, amounts, minor_digits(currency))
        assert sum(shares, Decimal(0)) == off
    assert_exact(database.dsn)
