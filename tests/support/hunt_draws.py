"""What a random shop is about: orders, rates, names, files to import and questions. Pure."""

import datetime as dt
import random
from decimal import Decimal
from typing import Final

from shopx_core.domain.periods import Granularity
from shopx_store.ledger.orders import NewLine, NewOrder
from shopx_store.ledger.reference import CategoryRow, ProductRow
from shopx_store.query import Filters, SalesQuery, SalesScope
from shopx_store.rates.files import Rate
from tests.support import raw_sql

PRODUCTS: Final = 12
CUSTOMERS: Final = 15
DAYS: Final = 420
ZONES: Final = ("UTC", "America/New_York", "Asia/Kathmandu")
LATE: Final = tuple(dt.datetime(year, 5, 17, 3, tzinfo=dt.UTC) for year in (1971, 1999, 2015))


class Draws:
    """Draws what happens.

    Args:
        generator: Decides.
        seed: Of the generator; a part of keys.
    """

    def __init__(self, generator: random.Random, seed: int) -> None:
        self._random, self._seed = generator, seed
        self._files = 0
        self.now = dt.datetime.now(dt.UTC)
        self.start = self.now - dt.timedelta(days=DAYS)

    def instant(self) -> dt.datetime:
        """When an order was placed."""
        r = self._random
        what = r.random()
        if what < 0.02:
            return r.choice(LATE)
        if what < 0.04:
            return self.now + dt.timedelta(minutes=r.randrange(1, 1400))
        return self.start + dt.timedelta(minutes=r.randrange(DAYS * 1440))

    def order(self) -> NewOrder:
        """An order of now, of some other time, or of ahead."""
        r = self._random
        lines = []
        for _ in range(r.randint(1, 3)):
            gross = Decimal(r.randrange(1_000_000)) / 1000
            discount = (gross * r.choice([0, 0, 5, 50, 100]) / 100).quantize(Decimal("0.001"))
            cost = None if r.random() < 0.5 else Decimal(r.randrange(10_000)) / 1000
            quantity = Decimal(r.randint(1, 9))
            product = f"p{r.randrange(PRODUCTS)}"
            lines.append(
                NewLine(
                    product=product,
                    quantity=quantity,
                    gross=gross,
                    discount=min(discount, gross),
                    cost=cost,
                )
            )
        return NewOrder(
            key=f"o{self._seed}-{r.random()}",
            ordered_at=self.instant(),
            lines=tuple(lines),
            currency=r.choice([None, None, "USD", "EUR", "JPY", "XXX"]),
            customer=r.choice([None, *(f"c{n}" for n in range(CUSTOMERS))]),
            rep=r.choice([None, "r1", "r2"]),
            region=r.choice([None, "north", "south"]),
            channel=r.choice([None, "web", "shop"]),
        )

    def rate(self) -> Rate:
        """A rate of some day."""
        r = self._random
        day = (self.start + dt.timedelta(days=r.randrange(-5, DAYS))).date()
        code = r.choice(["EUR", "JPY", "XXX"])
        return Rate(code, day, Decimal(r.randrange(1, 10**6)) / 10**5)

    def categories(self) -> list[CategoryRow]:
        """Two categories, under new names."""
        r = self._random
        first = CategoryRow(key="a", name=f"A{r.random()}")
        return [first, CategoryRow(key="b", name="B", parent=r.choice(["a", None]))]

    def products(self) -> list[ProductRow]:
        """All products, under new names and in other categories."""
        r = self._random
        return [
            ProductRow(
                key=f"p{n}",
                name=f"P{n} {r.random()}",
                category=r.choice(["a", "b", None]),
                unit_cost=r.choice([None, Decimal(n)]),
            )
            for n in range(PRODUCTS)
        ]

    def file(self) -> str:
        """Rows of orders, some of which are of earlier files or far in the future."""
        r = self._random
        self._files += 1
        rows = ["order,at,product,quantity,gross,currency"]
        for _ in range(10):
            at = self.instant()
            if r.random() < 0.1:
                at = self.now + dt.timedelta(days=r.randrange(1, 300))
            order = f"f{r.randrange(self._files * 20)}"
            rows.append(
                f"{order},{at:%Y-%m-%dT%H:%M:%SZ},i{r.randrange(4)},1,{r.randrange(9999) / 100},"
            )
        # One instant for each order: the last one that names it.
        instants: dict[str, str] = {}
        for row in rows[1:]:
            instants[row.split(",")[0]] = row.split(",")[1]
        fixed = [rows[0]]
        for row in rows[1:]:
            cells = row.split(",")
            cells[1] = instants[cells[0]]
            fixed.append(",".join(cells))
        return "\n".join(fixed) + "\n"

    def queries(self, number: int) -> list[SalesQuery]:
        """Questions about parts of what was sold, or about all of it."""
        r = self._random
        found = []
        for _ in range(number):
            first = self.start + dt.timedelta(
                days=r.randrange(DAYS - 40), minutes=r.choice([0, 17])
            )
            length = r.choice([dt.timedelta(days=30), dt.timedelta(hours=7)])
            last = first + length
            if r.random() < 0.3:
                first, last = LATE[0] - dt.timedelta(days=1), self.now + dt.timedelta(days=400)
            granularity = r.choice([None, None, Granularity.DAY, Granularity.MONTH])
            if granularity is Granularity.DAY and last - first > dt.timedelta(days=60):
                granularity = None
            found.append(
                SalesQuery(
                    scope=SalesScope.EVERYTHING,
                    measures=raw_sql.COVERED,
                    start=first,
                    end=last,
                    zone=r.choice(ZONES),
                    granularity=granularity,
                    by=tuple(r.sample(raw_sql.DIMENSIONS, r.choice([0, 1, 1, 2]))),
                    filters=Filters(
                        customers=r.choice([(), (), (0, 1, 2)]),
                        regions=r.choice([(), (), (1,)]),
                    ),
                )
            )
        return found
