"""Rows become answers: added up by key, foreign money converted by the rate of its day."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest

from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import Granularity
from shopx_store.columns.results import Meanings, Part, Rates, assemble
from shopx_store.columns.statements import HOME
from shopx_store.query import Dimension, SalesQuery, SalesScope, Tier

DAY = dt.date(2026, 3, 10)
RATES = Rates(
    [("EUR", DAY, Decimal("1.10")), ("EUR", DAY + dt.timedelta(days=2), Decimal("1.123456789"))]
)
MEANINGS = Meanings(("EUR", "USD"), {1: "loyal"}, RATES)
START = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)


def query(*by: Dimension, granularity: Granularity | None = None) -> SalesQuery:
    return SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=frozenset({Measure.GROSS, Measure.UNITS, Measure.ORDERS}),
        start=START,
        end=START + dt.timedelta(days=9),
        zone="UTC",
        by=by,
        granularity=granularity,
    )


def part(keys: Sequence[str], measures: Sequence[Measure], rows: Sequence[Sequence[int]]) -> Part:
    columns = np.array(rows, dtype=np.int64).reshape(-1, len(keys) + len(measures)).T
    return Part(
        dict(zip(keys, columns, strict=False)),
        dict(zip(measures, columns[len(keys) :], strict=True)),
    )


def day_number(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("day", "rate"),
    [(0, "1.10"), (1, "1.10"), (2, "1.123456789"), (400, "1.123456789")],
)
def test_the_rate_is_the_newest_one_of_the_day(day: int, rate: str) -> None:
    assert RATES.of("EUR", DAY + dt.timedelta(days=day)) == Decimal(rate)


@pytest.mark.parametrize(("currency", "day"), [("EUR", -1), ("JPY", 0)])
def test_a_rate_that_is_not_there(currency: str, day: int) -> None:
    assert RATES.of(currency, DAY + dt.timedelta(days=day)) is None


def test_foreign_money_is_converted_exactly_and_quantities_are_not() -> None:
    day = day_number(DAY + dt.timedelta(days=2))
    answer = assemble(
        query(Dimension.REGION),
        [
            part(
                ("region_id", "currency_number", "rate_day"),
                (Measure.GROSS, Measure.UNITS),
                [(3, HOME, 0, 2_000_000, 1_000_000), (3, 0, day, 1, 500_000)],
            ),
            part(("region_id",), (Measure.ORDERS,), [(3, 2), (4, 0)]),
        ],
        MEANINGS,
    )
    assert answer.tier is Tier.COLUMNS
    assert answer.rows == [
        {
            "region_id": 3,
            "gross": Decimal("2.000001123456789"),
            "units": Decimal("1.5"),
            "orders": 2,
        }
    ]


def test_without_keys_there_is_one_row_and_numbers_become_names() -> None:
    assert assemble(query(), [part((), (Measure.ORDERS,), [])], MEANINGS).rows == [
        {"gross": 0, "units": 0, "orders": 0}
    ]
    keys = ("bucket", "segment", "currency")
    named = assemble(
        query(Dimension.SEGMENT, Dimension.CURRENCY, granularity=Granularity.DAY),
        [part(keys, (Measure.ORDERS,), [(2, 1, 1, 7), (0, 0, 0, 5)])],
        MEANINGS,
    )
    assert [tuple(row[key] for key in (*keys, "orders")) for row in named.rows] == [
        (START, "none", "EUR", 5),
        (START + dt.timedelta(days=2), "loyal", "USD", 7),
    ]


def test_sums_are_exact_beyond_64_bits() -> None:
    large = 2**62
    answer = assemble(
        query(Dimension.REGION),
        [part(("region_id",), (Measure.GROSS,), [(3, large), (5, 1), (3, large), (3, large)])],
        MEANINGS,
    )
    assert [(row["region_id"], row["gross"]) for row in answer.rows] == [
        (3, Decimal(3 * large) / 10**6),
        (5, Decimal("0.000001")),
    ]
    assert answer.columns is not None
    assert answer.columns.take(np.array([1])).rows()[0]["region_id"] == 5
