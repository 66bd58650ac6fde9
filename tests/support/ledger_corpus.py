"""A random shop that books straight into the ledger, and random queries about it.

Everything that makes an exact answer hard: voids, corrections, returns, back-dated orders, several
currencies, lines without a customer, transactions that stay open for long.
"""

import datetime as dt
import random
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg

from shopx_core.domain import discounts
from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import Granularity
from shopx_store.query import Dimension, Filters, SalesQuery, SalesScope

START: Final = dt.datetime(2026, 8, 20, tzinfo=dt.UTC)
DAYS: Final = 90
REPORTING_ZONE: Final = "America/New_York"
# Quarters of an hour, a midnight that is struck twice, a clock change of half an hour.
ZONES: Final = (
    REPORTING_ZONE, REPORTING_ZONE, "UTC", "Asia/Kathmandu", "America/Havana",
    "Australia/Lord_Howe",
)  # fmt: skip
PRODUCTS: Final = 9
CUSTOMERS: Final = 8
CURRENCIES: Final = ("USD", "USD", "USD", "EUR", "JPY")

_LINE: Final = """
insert into order_items (id, booked_at, kind, is_return, order_id, line_no, reverses, identity,
    source_id, product_id, customer_id, rep_id, region_id, channel_id, currency, quantity, gross,
    discount, cost)
values (%s, %s, %s, %s, %s, %s, %s, %s, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_STOCK: Final = f"""
update reporting set timezone = '{REPORTING_ZONE}', week_start = 7;
insert into sources (name) values ('corpus');
insert into currencies (code) values ('USD'), ('EUR'), ('JPY');
insert into rates (currency, day, rate)
select c, date '2026-08-01' + n * 11, r + n * 0.013 from generate_series(0, 12) n,
    (values ('EUR', 1.08), ('JPY', 0.00671)) v (c, r);
insert into categories (source_id, key, name) values (1, 'a', 'A'), (1, 'd', 'D');
insert into categories (source_id, key, name, parent_id) values (1, 'b', 'B', 1), (1, 'c', 'C', 3);
insert into products (source_id, key, sku, name, category_id)
select 1, n, n, n, (array[1, 2, 3, 4, null])[n % 5 + 1] from generate_series(1, {PRODUCTS}) n;
insert into customers (source_id, key) select 1, n from generate_series(1, {CUSTOMERS}) n;
select make_partitions('2026-07-01', '2026-12-01');
"""

_IDS = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    id: int
    booked_at: dt.datetime
    kind: str
    is_return: bool
    order: int
    number: int
    reverses: int | None
    product: int
    header: tuple[Any, ...]
    amounts: tuple[Decimal, ...]


@dataclass(slots=True)
class Shop:
    """Books documents; each connection only knows of what it has committed or booked itself."""

    random: random.Random
    orders: dict[int, list[_Line]] = field(default_factory=dict)
    _reversed: set[int] = field(default_factory=set)

    @staticmethod
    def stock(connection: psycopg.Connection) -> None:
        """Reference data."""
        connection.execute(_STOCK)

    def act(self, connection: psycopg.Connection, acts: int = 1) -> None:
        """Do something in one transaction."""
        with connection.transaction():
            self.book(connection, acts)

    def book(self, connection: psycopg.Connection, acts: int = 1) -> None:
        """Do something in the transaction that is open."""
        for _ in range(acts):
            what = self.random.random()
            if what < 0.6 or not self.orders:
                self._sell(connection)
            elif what < 0.72:
                self._give_back(connection)
            else:
                self._reverse(connection, whole=what > 0.86)

    def _sell(self, connection: psycopg.Connection) -> None:
        r = self.random
        order = next(_IDS)
        # Some are booked for a time long ago, and now and then two at the same instant.
        at = START + dt.timedelta(
            minutes=30 * r.randrange(DAYS * 48), microseconds=r.choice([0, 7])
        )
        header = (
            r.choice([None, *range(1, CUSTOMERS + 1)]),
            r.choice([None, 1, 2]),
            r.choice([None, 1, 2, 3]),
            r.choice([None, 1]),
            r.choice(CURRENCIES),
        )
        self.orders[order] = [
            self._write(
                connection,
                _Line(
                    id=next(_IDS), booked_at=at, kind="sale", is_return=False, order=order,
                    number=number, reverses=None, product=r.randint(1, PRODUCTS), header=header,
                    amounts=self._amounts(),
                ),
            )
            for number in range(1, r.randint(2, 4))
        ]  # fmt: skip

    def _amounts(self) -> tuple[Decimal, ...]:
        r = self.random
        gross = Decimal(r.choice([0, r.randrange(100_000), r.randrange(10**9)])) / 10**3
        part = r.choice(["0", "0", "0.05", "0.049999", "0.1", "0.3", "0.77", "1"])
        discount = (gross * Decimal(part)).quantize(Decimal("0.000001"))
        return (
            Decimal(r.randint(1, 9000)) / r.choice([1, 1, 8]),
            gross,
            discount,
            Decimal(r.randrange(10**6)) / 10**6,
        )

    def _give_back(self, connection: psycopg.Connection) -> None:
        r = self.random
        line = r.choice(r.choice(list(self.orders.values())))
        at = line.booked_at + dt.timedelta(hours=r.randrange(400))
        at = min(at, START + dt.timedelta(days=DAYS + 10))
        amounts = tuple(-amount for amount in line.amounts)
        made = _Line(
            id=next(_IDS), booked_at=at, kind="return", is_return=True, order=line.order,
            number=90 + line.number, reverses=None, product=line.product, header=line.header,
            amounts=amounts,
        )  # fmt: skip
        self.orders[line.order].append(self._write(connection, made))

    def _reverse(self, connection: psycopg.Connection, *, whole: bool) -> None:
        r = self.random
        lines = r.choice(list(self.orders.values()))
        left = [line for line in lines if line.id not in self._reversed and not line.reverses]
        for line in left if whole else left[:1]:
            self._reversed.add(line.id)
            made = replace(
                line,
                id=next(_IDS),
                kind="void" if whole else "correction",
                reverses=line.id,
                amounts=tuple(-amount for amount in line.amounts),
            )
            lines.append(self._write(connection, made))

    @staticmethod
    def _write(connection: psycopg.Connection, line: _Line) -> _Line:
        connection.execute(
            _LINE,
            (
                line.id, line.booked_at, line.kind, line.is_return, line.order, line.number,
                line.reverses, uuid.UUID(int=line.id), line.product, *line.header, *line.amounts,
            ),
        )  # fmt: skip
        return line


DIMENSIONS: Final = tuple(Dimension)


def queries(r: random.Random, number: int) -> list[SalesQuery]:
    """Random queries: ranges, zones, buckets, dimensions, filters, measures."""
    return [_query(r) for _ in range(number)]


def _query(r: random.Random) -> SalesQuery:
    first = START + dt.timedelta(days=r.randrange(-3, 80), minutes=r.choice([0, 240, 301, 17]))
    length = r.choice([dt.timedelta(days=100), dt.timedelta(days=r.randint(1, 40)),
                       dt.timedelta(minutes=50), dt.timedelta(0)])  # fmt: skip
    measures = frozenset(Measure)
    if r.random() < 0.4:
        measures = frozenset(r.sample(sorted(Measure), r.randint(1, 4)))
    return SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=measures,
        start=first,
        end=first + length,
        zone=r.choice(ZONES),
        week_start=r.choice([1, 7]),
        granularity=r.choice([None, None, None, *Granularity]),
        by=tuple(r.sample(DIMENSIONS, r.choice([0, 0, 1, 1, 1, 2]))),
        filters=_filters(r) if r.random() < 0.5 else Filters(),
        hour_of_week=r.random() < 0.15,
    )


def _filters(r: random.Random) -> Filters:
    return Filters(
        categories=r.choice([(), (), (), (1,), (2, 0), (3,)]),
        products=r.choice([(), (), (), (1, 2, 3)]),
        customers=r.choice([(), (), (), (0, 1, 2)]),
        segments=r.choice([(), (), (), (), ("none",)]),
        reps=r.choice([(), (), (), (0, 1)]),
        regions=r.choice([(), (), (), (1, 2)]),
        channels=r.choice([(), (), (), (1,)]),
    )


def rates(connection: psycopg.Connection) -> dict[str, list[tuple[dt.date, Decimal]]]:
    """Every rate, by currency, ascending by day."""
    found: dict[str, list[tuple[dt.date, Decimal]]] = defaultdict(list)
    for currency, day, rate in connection.execute("select * from rates order by currency, day"):
        found[currency].append((day, rate))
    return found


def prepared(
    rows: Sequence[Mapping[str, Any]],
    query: SalesQuery,
    known: Mapping[str, Sequence[tuple[dt.date, Decimal]]],
    segments: Mapping[int, str],
) -> list[dict[str, Any]]:
    """Ledger lines for the oracle: money converted where it is to be, bands and segments added."""
    made = []
    for row in rows:
        line = dict(row)
        line["discount_band"] = _band(line)
        line["segment"] = segments.get(line["customer_id"] or 0, "none")
        if Dimension.CURRENCY not in query.by and line["currency"] != "USD":
            day = line["booked_at"].astimezone(ZoneInfo(REPORTING_ZONE)).date()
            rate = [rate for since, rate in known[line["currency"]] if since <= day][-1]
            line |= {name: line[name] * rate for name in ("gross", "discount", "cost")}
        made.append(line)
    return made


def _band(line: Mapping[str, Any]) -> int:
    if line["is_return"]:
        return discounts.RETURNED
    if line["gross"] * line["discount"] <= 0:
        return 0
    share = Fraction(line["discount"]) / Fraction(line["gross"])
    return 1 + sum(share >= Fraction(edge) for edge in discounts.EDGES)
