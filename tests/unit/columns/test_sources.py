"""Which table sums are read from: the smallest that has the dimensions and whose rows fit."""

import datetime as dt
from typing import Any

import pytest

from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import Granularity
from shopx_store.columns.sources import Names, Source, source_of
from shopx_store.query import Dimension, Filters, SalesQuery, SalesScope

BERLIN = "Europe/Berlin"
# Its clocks were 44 minutes and 30 seconds behind UTC until 1972.
OFF_QUARTERS = "Africa/Monrovia"
START = dt.datetime(1971, 3, 1, tzinfo=dt.UTC)


def query(zone: str = BERLIN, **more: Any) -> SalesQuery:
    return SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=frozenset({Measure.GROSS}),
        start=START,
        end=START + dt.timedelta(days=40),
        zone=zone,
        **more,
    )


@pytest.mark.parametrize(
    ("asked", "source"),
    [
        (query(), Source.SALES_DAYS),
        (query("Asia/Tokyo"), Source.QUARTERS),
        (query(OFF_QUARTERS), Source.QUARTERS),
        (query(OFF_QUARTERS, hour_of_week=True), Source.SALES),
        (query(OFF_QUARTERS, granularity=Granularity.DAY), Source.SALES),
        (query(granularity=Granularity.HOUR), Source.QUARTERS),
        (query(by=(Dimension.REP,), granularity=Granularity.HOUR), Source.SALES),
        (query(by=(Dimension.SEGMENT,)), Source.SALES),
        (query("Asia/Tokyo", by=(Dimension.REGION,)), Source.SALES),
        (query(by=(Dimension.PRODUCT,)), Source.PRODUCT_DAYS),
        (query(by=(Dimension.PRODUCT,), filters=Filters(reps=(1,))), Source.LINES),
        (query("Asia/Tokyo", by=(Dimension.CATEGORY,)), Source.LINES),
        (query(by=(Dimension.DISCOUNT,)), Source.BAND_DAYS),
        (query(by=(Dimension.DISCOUNT, Dimension.PRODUCT)), Source.LINES),
    ],
)
def test_the_smallest_source(asked: SalesQuery, source: Source) -> None:
    assert source_of(asked, BERLIN, Names(None, BERLIN)) is source


@pytest.mark.parametrize(
    ("rate_zone", "source"),
    [(BERLIN, Source.SALES_DAYS), ("Asia/Tokyo", Source.QUARTERS), (OFF_QUARTERS, Source.SALES)],
)
def test_rates_are_of_days_in_the_reporting_zone(rate_zone: str, source: Source) -> None:
    assert source_of(query(), BERLIN, Names(0, rate_zone)) is source
