"""Write ledger lines straight into a test's database, keeping the ledger's invariants.

For tests of what reads the ledger: they state exactly which lines there are, and need none of the
product's own writers to be right.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg

ORDER_COLUMNS = "id, ordered_at, source_id, key, document, customer_id, currency"
LINE_COLUMNS = (
    "id, booked_at, kind, is_return, order_id, line_no, reverses, identity, source_id, product_id,"
    " customer_id, currency, quantity, gross, discount, cost"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a sale or return; amounts are positive, as on the document."""

    product: int = 1
    quantity: Decimal = Decimal(1)
    gross: Decimal = Decimal(10)
    discount: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """A ledger row."""

    id: int
    booked_at: dt.datetime
    kind: str
    is_return: bool
    order_id: int
    line_no: int
    reverses: int | None
    product: int
    customer: int | None
    currency: str
    quantity: Decimal
    gross: Decimal
    discount: Decimal
    cost: Decimal

    def row(self) -> tuple[Any, ...]:
        """The values of `LINE_COLUMNS`."""
        return (
            self.id, self.booked_at, self.kind, self.is_return, self.order_id, self.line_no,
            self.reverses, uuid.UUID(int=self.id), 1, self.product, self.customer, self.currency,
            self.quantity, self.gross, self.discount, self.cost,
        )  # fmt: skip


@dataclass(slots=True)
class Sales:
    """Collects documents; `write` stores them, with the reference rows that they name.

    Products and customers are numbered from 1; their database ids are the same numbers.
    """

    lines: list[Line] = field(default_factory=list)
    orders: list[tuple[Any, ...]] = field(default_factory=list)
    _written: tuple[int, int] = (0, 0)

    def sale(
        self,
        at: dt.datetime,
        items: Iterable[Item] = (Item(),),
        *,
        customer: int | None = 1,
        currency: str = "USD",
    ) -> list[Line]:
        """An order; returns its lines."""
        return self._document("sale", at, items, customer, currency)

    def giveback(
        self,
        at: dt.datetime,
        items: Iterable[Item] = (Item(),),
        *,
        customer: int | None = 1,
        currency: str = "USD",
    ) -> list[Line]:
        """A return, as its own document; returns its lines."""
        return self._document("return", at, items, customer, currency)

    def reverse(self, lines: Sequence[Line], kind: str = "void") -> list[Line]:
        """Take lines back at their own time: `void` an order's, or put a `correction` on some."""
        taken = [
            Line(
                len(self.lines) + n, line.booked_at, kind, line.is_return, line.order_id,
                line.line_no, line.id, line.product, line.customer, line.currency, -line.quantity,
                -line.gross, -line.discount, -line.cost,
            )
            for n, line in enumerate(lines, start=1)
        ]  # fmt: skip
        self.lines += taken
        return taken

    def _document(
        self,
        kind: str,
        at: dt.datetime,
        items: Iterable[Item],
        customer: int | None,
        currency: str,
    ) -> list[Line]:
        order = len(self.orders) + 1
        self.orders.append((order, at, 1, f"{kind}-{order}", kind, customer, currency))
        sign = -1 if kind == "return" else 1
        added = [
            Line(
                len(self.lines) + n, at, kind, kind == "return", order, n, None, item.product,
                customer, currency, sign * item.quantity, sign * item.gross, sign * item.discount,
                sign * item.cost,
            )
            for n, item in enumerate(items, start=1)
        ]  # fmt: skip
        self.lines += added
        return added

    def write(self, dsn: str) -> None:
        """Store what was added since the last call, in one transaction."""
        orders, lines = self.orders[self._written[0] :], self.lines[self._written[1] :]
        with psycopg.connect(dsn) as connection:
            if self._written == (0, 0):
                connection.execute("insert into sources (name) values ('test')")
            customers = max((order[5] or 0 for order in orders), default=0)
            products = max((line.product for line in lines), default=0)
            connection.execute(
                "insert into customers (source_id, key) select 1, n from"
                " generate_series((select count(*) + 1 from customers), %s) n",
                [customers],
            )
            connection.execute(
                "insert into products (source_id, key, sku, name) select 1, n, n, n from"
                " generate_series((select count(*) + 1 from products), %s) n",
                [products],
            )
            days = [line.booked_at.astimezone(dt.UTC).date() for line in lines]
            if days:
                connection.execute("select make_partitions(%s, %s)", [min(days), max(days)])
            cursor = connection.cursor()
            with cursor.copy(f"copy orders ({ORDER_COLUMNS}) from stdin") as copy:
                for order in orders:
                    copy.write_row(order)
            with cursor.copy(f"copy order_items ({LINE_COLUMNS}) from stdin") as copy:
                for line in lines:
                    copy.write_row(line.row())
        self._written = (len(self.orders), len(self.lines))
