"""The customers page says what the ledger says, to the cent."""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shopx_api.types.node import row_id
from shopx_core.domain import rfm
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import share, total
from shopx_core.domain.periods import Granularity
from shopx_core.domain.ranking import competition_ranks
from shopx_store.query import Dimension, Filters
from tests.support.api import Api
from tests.support.market_dataset import ZONE, Market, nothing
from tests.support.sales_cases import ARGUMENTS, FIGURES, PANEL, SalesCase, days, decimal

CUSTOMER = Dimension.CUSTOMER
ALWAYS = SalesCase(days=days("2026-01-01", "2026-04-30", ZONE))
MARCH = SalesCase(days=days("2026-03-01", "2026-03-31", ZONE))
CASES = [
    pytest.param(MARCH, id="a month"),
    pytest.param(
        SalesCase(
            days=days("2026-03-01", "2026-03-31", "Europe/Berlin"),
            earlier=days("2026-02-01", "2026-02-28", "Europe/Berlin"),
        ),
        id="compared, in another zone",
    ),
    pytest.param(
        SalesCase(
            days=days("2026-02-01", "2026-04-30", ZONE),
            earlier=days("2026-01-20", "2026-01-31", ZONE),
            filters=Filters(regions=(0, 1), categories=(3, 4)),
        ),
        id="filtered by region and category",
    ),
    pytest.param(SalesCase(days=days("2025-03-01", "2025-03-31", ZONE)), id="no customer"),
]

TOP = f"""
query Top({ARGUMENTS}, $by: MetricId!, $direction: SortDirection!, $first: Int!, $after: String) {{
  customers({PANEL}) {{
    top(by: $by, metrics: [REVENUE, ORDERS, AVERAGE_ORDER_VALUE], direction: $direction,
        first: $first, after: $after) {{
      totalCount
      nodes {{ rank previousRank customer {{ id }} figures {{ ...Parts }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
{FIGURES}"""


async def top(api: Api, case: SalesCase, **more: Any) -> Any:
    given = {"by": "REVENUE", "direction": "DESC", "first": 100} | more
    return (await api.data(TOP, case.variables | given))["customers"]["top"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("metric", "direction"),
    [("revenue", "DESC"), ("orders", "ASC"), ("average_order_value", "DESC")],
)
async def test_top_customers_are_those_of_the_ledger(
    api: Api, market: Market, case: SalesCase, metric: str, direction: str
) -> None:
    """Anonymous sales are no customer's, but count in the whole that shares are of."""
    found = await top(api, case, by=metric.upper(), direction=direction)
    values = market.values(case.query(CUSTOMER), metric)
    values.pop(0, None)
    ascending = direction == "ASC"
    ranks = competition_ranks(values)
    earlier: Mapping[int, Any] = {}
    if case.earlier is not None:
        earlier = market.values(case.query(CUSTOMER, period=case.earlier), metric)
        earlier = {key: value for key, value in earlier.items() if key}
    given = {row_id(node["customer"]["id"], "Customer"): node for node in found["nodes"]}
    assert {key: node["rank"] for key, node in given.items() if key in values} == ranks
    # Who bought before and not since is listed, but has no place.
    gone: dict[int, Decimal | None] = dict.fromkeys(earlier, METRICS[metric].value(nothing()))
    values = gone | values
    order = sorted(
        values,
        key=lambda key: (
            values[key] is None,
            (values[key] or Decimal(0)) * (1 if ascending else -1),
            key,
        ),
    )
    assert list(given) == order
    assert found["totalCount"] == len(order)
    places = competition_ranks(earlier)
    whole = {name: market.value(case.query(), name) or 0 for name in ("revenue", "orders")}
    rows = market.rows(case.query(CUSTOMER))
    for key, node in given.items():
        assert node["previousRank"] == places.get(key)
        for figure in node["figures"]:
            name = figure["metric"].lower()
            value = METRICS[name].value(rows.get((key,), nothing()))
            assert decimal(figure["value"]) == value
            expected = share(value or 0, whole[name]) if name in whole else None
            assert decimal(figure["share"]) == expected
            if case.earlier is not None:
                before = market.rows(case.query(CUSTOMER, period=case.earlier))
                row = before.get((key,), nothing())
                assert decimal(figure["previous"]) == METRICS[name].value(row)


async def test_pages_of_top_customers_follow_each_other(api: Api) -> None:
    """By orders, where most customers are tied."""
    whole = await top(api, ALWAYS, by="ORDERS")
    walked: list[Any] = []
    after, more = None, True
    while more:
        page = await top(api, ALWAYS, by="ORDERS", first=4, after=after)
        walked += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert walked == whole["nodes"]
    assert len(walked) == whole["totalCount"] > 10


@pytest.mark.parametrize("case", CASES)
async def test_kpis_are_those_of_the_ledger(api: Api, market: Market, case: SalesCase) -> None:
    document = f"""
query Kpis({ARGUMENTS}) {{ customers({PANEL}) {{ kpis {{ ...Parts }} }} }}
{FIGURES}"""
    figures = (await api.data(document, case.variables))["customers"]["kpis"]
    assert [figure["metric"] for figure in figures] == [
        "CUSTOMERS", "NEW_CUSTOMERS", "RETURNING_CUSTOMERS", "REVENUE_PER_CUSTOMER",
    ]  # fmt: skip
    for figure in figures:
        name = figure["metric"].lower()
        assert decimal(figure["value"]) == market.value(case.query(), name)
        if case.earlier is not None:
            query = case.query(period=case.earlier)
            assert decimal(figure["previous"]) == market.value(query, name)


NEW = f"""
query New({ARGUMENTS}, $granularity: Granularity!) {{
  customers({PANEL}) {{
    newVersusReturning(granularity: $granularity) {{
      buckets partialFrom newCustomers returningCustomers
      newRevenue returningRevenue anonymousRevenue
    }}
  }}
}}"""


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("granularity", [Granularity.DAY, Granularity.WEEK])
async def test_new_and_returning_customers_split_the_revenue(
    api: Api, market: Market, case: SalesCase, granularity: Granularity
) -> None:
    """Counts and revenue of each bucket, and the three revenues add up to the whole."""
    variables = case.variables | {"granularity": granularity.name}
    found = (await api.data(NEW, variables))["customers"]["newVersusReturning"]
    starts = [dt.datetime.fromisoformat(text) for text in found["buckets"]]
    rows = market.rows(case.query(granularity=granularity))
    expected = {max(key[0], case.days.start): row for key, row in rows.items()}
    for n, start in enumerate(starts):
        row = expected.get(start, nothing())
        assert decimal(found["newCustomers"][n]) == row["new_customers"]
        assert decimal(found["returningCustomers"][n]) == row["customers"] - row["new_customers"]
    split = revenue_split(market, case, granularity)
    for column, kind in (
        ("newRevenue", "new"), ("returningRevenue", "returning"), ("anonymousRevenue", "anonymous"),
    ):  # fmt: skip
        assert [decimal(value) for value in found[column]] == [
            split[start, kind] for start in starts
        ]
    whole = [
        total(split[start, kind] for kind in ("new", "returning", "anonymous")) for start in starts
    ]
    revenues = [METRICS["revenue"].value(expected.get(start, nothing())) for start in starts]
    assert whole == revenues


def revenue_split(
    market: Market, case: SalesCase, granularity: Granularity
) -> dict[tuple[dt.datetime, str], Decimal]:
    """Revenue by bucket and kind of customer, from rows by bucket and customer."""
    query = case.query(CUSTOMER, granularity=granularity)
    split: dict[tuple[dt.datetime, str], Decimal] = defaultdict(Decimal)
    for (bucket, customer), row in market.rows(query).items():
        kind = "returning" if customer else "anonymous"
        if row["new_customers"]:
            kind = "new"
        revenue = METRICS["revenue"].value(row) or Decimal(0)
        split[max(bucket, case.days.start), kind] += revenue
    return split


async def test_counting_alone_does_not_split_the_revenue(api: Api) -> None:
    """Only the requested columns."""
    document = """
{ customers(period: {days: {from: "2026-03-01", to: "2026-03-31"}}) {
    newVersusReturning { newCustomers } } }"""
    found = (await api.data(document))["customers"]["newVersusReturning"]
    assert found.keys() == {"newCustomers"}


def histories(market: Market) -> dict[int, tuple[dt.datetime, int, Decimal]]:
    """Of each customer with an order: the last one, how many, and the revenue."""
    rows = market.rows(ALWAYS.query(CUSTOMER))
    surviving: dict[int, list[Any]] = defaultdict(list)
    for row in market.ledger:
        surviving[row["order_id"]].append(row)
    last: dict[int, dt.datetime] = {}
    for lines in surviving.values():
        gone = {line["reverses"] for line in lines if line["kind"] in {"void", "correction"}}
        sold = [line for line in lines if line["kind"] == "sale" and line["id"] not in gone]
        customer = lines[0]["customer_id"]
        if sold and customer:
            last[customer] = max(last.get(customer, sold[0]["booked_at"]), sold[0]["booked_at"])
    return {
        key: (at, int(rows[key,]["orders"]), METRICS["revenue"].value(rows[key,]) or Decimal(0))
        for key, at in last.items()
    }


SEGMENTS = """
{ customers { segments { asOf rows {
    segment title description customers customersShare revenue revenueShare
    averageRecencyDays averageOrders averageRevenue } }
  rfm { asOf recency frequency customers revenue averageMonetary } } }"""


def scored(market: Market) -> dict[int, rfm.Scores]:
    """Each customer's scores, by the domain's functions."""
    lives = histories(market)
    newest = max(at for at, _, _ in lives.values())
    ages = {key: newest - at for key, (at, _, _) in lives.items()}
    age = rfm.score_breaks(ages.values())
    orders = rfm.score_breaks([count for _, count, _ in lives.values()])
    revenue = rfm.score_breaks([amount for _, _, amount in lives.values()])
    return {
        key: rfm.Scores(
            rfm.recency_score(ages[key], age),
            rfm.score(count, orders),
            rfm.score(amount, revenue),
        )
        for key, (_, count, amount) in lives.items()
    }


async def test_segments_and_scores_are_those_of_the_definition(api: Api, market: Market) -> None:
    """Counts, revenue and averages by segment, and the grid of scores."""
    found = (await api.data(SEGMENTS))["customers"]
    lives, scores = histories(market), scored(market)
    assert [row["segment"].lower() for row in found["segments"]["rows"]] == list(rfm.SEGMENTS)
    for row in found["segments"]["rows"]:
        members = [key for key, score in scores.items() if score.segment == row["segment"].lower()]
        revenue = total(lives[key][2] for key in members)
        assert row["customers"] == len(members)
        assert decimal(row["revenue"]) == revenue
        assert decimal(row["customersShare"]) == share(len(members), len(lives))
        assert decimal(row["averageRevenue"]) == share(revenue, len(members))
        assert decimal(row["averageOrders"]) == share(
            sum(lives[key][1] for key in members), len(members)
        )
        assert row["title"] == rfm.SEGMENTS[rfm.Segment(row["segment"].lower())].title
    grid = found["rfm"]
    assert len(grid["recency"]) == 25
    for n, cell in enumerate(zip(grid["recency"], grid["frequency"], strict=True)):
        inside = [key for key, s in scores.items() if (s.recency, s.frequency) == cell]
        assert grid["customers"][n] == len(inside)
        assert decimal(grid["revenue"][n]) == total(lives[key][2] for key in inside)
        assert decimal(grid["averageMonetary"][n]) == share(
            sum(scores[key].monetary for key in inside), len(inside)
        )
    assert found["segments"]["asOf"] == found["rfm"]["asOf"] is not None


async def test_before_the_first_refresh_views_are_empty_and_say_so(young_api: Api) -> None:
    found = (await young_api.data(SEGMENTS))["customers"]
    assert (found["segments"]["asOf"], found["rfm"]["asOf"]) == (None, None)
    assert {row["customers"] for row in found["segments"]["rows"]} == {0}
    assert set(found["rfm"]["customers"]) == {0}


CONCENTRATION = """
{ customers { concentration { asOf customers revenue
    points { customersShare customers revenue revenueShare } } } }"""


async def test_concentration_adds_up_the_best_customers(api: Api, market: Market) -> None:
    """All of the market lies within one year, so each customer's whole history counts."""
    found = (await api.data(CONCENTRATION))["customers"]["concentration"]
    revenues = sorted((amount for _, _, amount in histories(market).values()), reverse=True)
    assert found["asOf"] is not None
    assert found["customers"] == len(revenues)
    assert decimal(found["revenue"]) == total(revenues)
    assert len(found["points"]) == 100
    for percent, point in enumerate(found["points"], start=1):
        best = math.ceil(Decimal(percent) / 100 * len(revenues))
        assert decimal(point["customersShare"]) == share(percent, 100)
        assert point["customers"] == best
        assert decimal(point["revenue"]) == total(revenues[:best])
        assert decimal(point["revenueShare"]) == share(total(revenues[:best]), total(revenues))


async def test_no_concentration_is_known_before_the_first_refresh(young_api: Api) -> None:
    found = (await young_api.data(CONCENTRATION))["customers"]["concentration"]
    assert found == {"asOf": None, "customers": 0, "revenue": "0", "points": []}


COHORTS = """
query Cohorts($metric: CohortMetric!, $granularity: Granularity!) {
  customers { cohorts(metric: $metric, granularity: $granularity, cohorts: 60) {
    granularity asOf averageRetention cohorts { start size values ratios partialFrom } } }
}"""


@pytest.mark.parametrize("unit", [Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER])
@pytest.mark.parametrize("metric", ["CUSTOMERS", "ORDERS", "REVENUE"])
async def test_cohorts_are_those_of_the_ledger(
    api: Api, market: Market, unit: Granularity, metric: str
) -> None:
    """Who came back in which unit after the first; every row adds up to its customers' whole."""
    variables = {"metric": metric, "granularity": unit.name}
    found = (await api.data(COHORTS, variables))["customers"]["cohorts"]
    rows = market.rows(ALWAYS.query(CUSTOMER, granularity=unit))
    first: dict[int, dt.date] = {}
    for (bucket, customer), row in sorted(rows.items(), key=lambda pair: pair[0]):
        if customer and row["orders"]:
            first.setdefault(customer, bucket.astimezone(ZoneInfo(ZONE)).date())
    values: dict[tuple[dt.date, dt.date], Decimal] = defaultdict(Decimal)
    for (bucket, customer), row in rows.items():
        if customer not in first:
            continue
        period = max(bucket.astimezone(ZoneInfo(ZONE)).date(), first[customer])
        values[first[customer], period] += {
            "CUSTOMERS": Decimal(bool(row["orders"])),
            "ORDERS": row["orders"],
            "REVENUE": METRICS["revenue"].value(row) or Decimal(0),
        }[metric]
    assert [row["start"] for row in found["cohorts"]] == [
        str(start) for start in sorted(set(first.values()))
    ]
    for row in found["cohorts"]:
        start = dt.date.fromisoformat(row["start"])
        assert row["size"] == sum(1 for day in first.values() if day == start)
        given = [decimal(value) for value in row["values"]]
        mine = {period: value for (cohort, period), value in values.items() if cohort == start}
        assert total(value or 0 for value in given) == total(mine.values())
        assert [value for value in given if value] == [mine[d] for d in sorted(mine) if mine[d]]
        assert [decimal(ratio) for ratio in row["ratios"]] == [
            share(value or 0, given[0] or 0) for value in given
        ]
        # The market closed in April: every unit is over by now.
        assert row["partialFrom"] is None
    assert decimal(found["averageRetention"][0]) == 1


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ customers { cohorts(granularity: DAY) { asOf } } }", "INVALID_INPUT"),
        ("{ customers { cohorts(cohorts: 0) { asOf } } }", "INVALID_INPUT"),
        ("{ customers { cohorts(cohorts: 61) { asOf } } }", "INVALID_INPUT"),
        ("{ customers { top(first: 0) { totalCount } } }", "INVALID_INPUT"),
        ('{ customers { lifetimeValue(after: "!") { average } } }', "INVALID_INPUT"),
    ],
)
async def test_what_cannot_be_answered_says_so(api: Api, document: str, code: str) -> None:
    assert (await api.error(document))["extensions"]["code"] == code
