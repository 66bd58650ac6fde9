"""The category tree, trends and discount bands say what the ledger says, to the cent."""

import datetime as dt
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from shopx_api.types.node import global_id, row_id
from shopx_core.domain.discounts import BANDS
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import share
from shopx_core.domain.periods import Granularity
from shopx_store.query import Dimension, Filters
from tests.support.api import Api
from tests.support.market_dataset import ZONE, Market, nothing
from tests.support.postgres import Database
from tests.support.sales_cases import (
    ARGUMENTS,
    FIGURES,
    MARCH,
    PANEL,
    PRODUCT_CASES,
    SalesCase,
    decimal,
)


@pytest.mark.parametrize("case", PRODUCT_CASES)
async def test_each_category_holds_all_that_is_below_it(
    api: Api, market: Market, case: SalesCase
) -> None:
    """A node's figures are those of a filter by it; the roots add up to the whole."""
    document = f"""
query Tree({ARGUMENTS}) {{
  products({PANEL}) {{
    categoryTree(metrics: [REVENUE, MARGIN, UNITS]) {{
      id parentId isNone depth products figures {{ ...Parts }}
    }}
  }}
}}
{FIGURES}"""
    nodes = (await api.data(document, case.variables))["products"]["categoryTree"]
    whole = market.value(case.query(), "revenue") or Decimal(0)
    for node in nodes:
        category = row_id(node["id"], "Category")
        assert node["isNone"] == (category == 0)
        below = market.tree.get(category, {0})
        chosen = set(case.filters.categories)
        wanted = {c for key in chosen for c in market.tree.get(key, {key})} if chosen else below
        narrowed = Filters(
            categories=tuple(sorted(below & wanted)),
            channels=case.filters.channels,
            customers=case.filters.customers,
        )
        # Only direct members: descendants are in the set already.
        for figure in node["figures"]:
            name = figure["metric"].lower()
            query = case.query(filters=narrowed)
            assert decimal(figure["value"]) == market.value(query, name), node
            if case.earlier is not None:
                earlier = case.query(period=case.earlier, filters=narrowed)
                assert decimal(figure["previous"]) == market.value(earlier, name)
            if name == "revenue":
                assert decimal(figure["share"]) == share(market.value(query, name) or 0, whole)
    roots = [decimal(node["figures"][0]["value"]) for node in nodes if node["parentId"] is None]
    assert sum(value or 0 for value in roots) == whole
    ids = [node["id"] for node in nodes]
    for node in nodes:
        if node["parentId"] is not None:
            assert ids.index(node["parentId"]) < ids.index(node["id"])


async def test_counts_are_not_added_up_along_the_tree(api: Api) -> None:
    """An order of two categories would count twice in the category above them."""
    error = await api.error("{ products { categoryTree(metrics: [ORDERS]) { id } } }")
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert "category tree" in error["message"]


TREND = f"""
query Trend($products: [ID!], $metric: MetricId!, $granularity: Granularity, {ARGUMENTS}) {{
  products({PANEL}) {{
    trend(products: $products, metric: $metric, granularity: $granularity) {{
      granularity buckets previousBuckets partialFrom
      lines {{ product {{ id }} current previous }}
    }}
  }}
}}"""


@pytest.mark.parametrize("case", PRODUCT_CASES[:4])
@pytest.mark.parametrize("metric", ["revenue", "margin"])
async def test_a_trend_is_the_ledger_by_bucket(
    api: Api, market: Market, case: SalesCase, metric: str
) -> None:
    ids = [5, 3, 14]
    variables = case.variables | {
        "products": [global_id("Product", key) for key in ids],
        "metric": metric.upper(),
        "granularity": "WEEK",
    }
    found = (await api.data(TREND, variables))["products"]["trend"]
    assert [row_id(line["product"]["id"], "Product") for line in found["lines"]] == ids
    for key, line in zip(ids, found["lines"], strict=True):
        filters = Filters(
            products=(key,),
            categories=case.filters.categories,
            channels=case.filters.channels,
        )
        query = case.query(granularity=Granularity.WEEK, filters=filters)
        rows = market.rows(query)
        values = [decimal(value) for value in line["current"]]
        # The period cuts the first week, which begins where the period does.
        expected = {
            max(bucket, case.days.start): METRICS[metric].value(row)
            for (bucket,), row in rows.items()
        }
        starts = [dt.datetime.fromisoformat(text) for text in found["buckets"]]
        none = METRICS[metric].value(nothing())
        assert values == [expected.get(start, none) for start in starts]
        assert expected.keys() <= set(starts)
        assert (line["previous"] is None) == (case.earlier is None)


async def test_a_trend_of_nobody_in_particular_shows_the_best_five(
    api: Api, market: Market
) -> None:
    trend = (await api.data(TREND, MARCH.variables | {"metric": "REVENUE"}))["products"]["trend"]
    values = market.values(MARCH.query(Dimension.PRODUCT), "revenue")
    best = sorted(values, key=lambda key: (-(values[key] or Decimal(0)), key))[:5]
    assert [row_id(line["product"]["id"], "Product") for line in trend["lines"]] == best


@pytest.mark.parametrize(
    ("products", "code"),
    [
        pytest.param([], "INVALID_INPUT", id="none"),
        pytest.param(list(range(1, 12)), "INVALID_INPUT", id="eleven"),
        pytest.param([1, 999], "NOT_FOUND", id="one that does not exist"),
    ],
)
async def test_a_trend_of_products_that_cannot_be_shown(
    api: Api, products: list[int], code: str
) -> None:
    variables = MARCH.variables | {
        "products": [global_id("Product", key) for key in products],
        "metric": "REVENUE",
    }
    assert (await api.error(TREND, variables))["extensions"]["code"] == code


BANDS_BY_SQL = """
select sum(quantity) as units, sum(gross) as gross, sum(discount) as discounts,
    count(*) filter (where kind = 'sale') - count(*) filter (where kind <> 'sale') as lines,
    sum(gross - discount - cost) as profit
from (
    select kind, quantity, {money}, case when i.gross * i.discount <= 0 then 0
        when abs(i.discount) < 0.05 * abs(i.gross) then 1
        when abs(i.discount) < 0.10 * abs(i.gross) then 2
        when abs(i.discount) < 0.20 * abs(i.gross) then 3
        when abs(i.discount) < 0.30 * abs(i.gross) then 4
        when abs(i.discount) < 0.50 * abs(i.gross) then 5 else 6 end as band
    from order_items i where not is_return and booked_at >= $1 and booked_at < $2
) x where band = $3"""


async def test_discount_bands_hold_every_sale_line_once(api: Api, computed: Database) -> None:
    """Against plain SQL over the ledger; cancelled lines leave the band that they were in."""
    case = MARCH
    document = f"""
query Bands({ARGUMENTS}) {{
  products({PANEL}) {{
    discountBands {{ low high isReturns figures {{ metric value share }} }}
  }}
  sales({PANEL}) {{ kpis(metrics: [GROSS, DISCOUNTS, UNITS, LINES, PROFIT]) {{ metric value }} }}
}}"""
    answer = await api.data(document, case.variables)
    rows = answer["products"]["discountBands"]
    for tile in answer["sales"]["kpis"]:
        parts = [
            decimal(figure["value"]) or Decimal(0)
            for row in rows
            for figure in row["figures"]
            if figure["metric"] == tile["metric"]
        ]
        assert sum(parts) == decimal(tile["value"]), tile["metric"]
    bands, returns = rows[:-1], rows[-1]
    assert returns["isReturns"]
    assert not any(band["isReturns"] for band in bands)
    factor = (
        "case when currency = 'USD' then 1 else rate_of(currency,"
        f" (booked_at at time zone '{ZONE}')::date) end"
    )
    money = ", ".join(f"i.{name} * {factor} as {name}" for name in ("gross", "discount", "cost"))
    connection = await asyncpg.connect(computed.dsn)
    try:
        for band, given in zip(BANDS, bands, strict=True):
            row = await connection.fetchrow(
                BANDS_BY_SQL.format(money=money),
                case.days.start,
                case.days.end,
                band.number,
            )
            assert row is not None
            figures = {f["metric"].lower(): decimal(f["value"]) for f in given["figures"]}
            for name in ("gross", "discounts", "units", "lines", "profit"):
                assert figures[name] == (row[name] or 0), (band, name)
            assert (decimal(given["low"]), decimal(given["high"])) == (band.low, band.high)
    finally:
        await connection.close()
    shares: list[Any] = [
        decimal(figure["share"]) or Decimal(0)
        for band in rows
        for figure in band["figures"]
        if figure["metric"] == "UNITS"
    ]
    assert abs(sum(shares) - 1) < Decimal("1e-20")
