"""The orders behind a figure are those that the metric ORDERS counts, each once."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from shopx_store.query import Filters
from tests.support.api import Api
from tests.support.postgres import Database
from tests.support.sales_cases import ARGUMENTS, COMPARED, PANEL, SalesCase, days

PLACED = f"""
query Placed(
    {ARGUMENTS}, $search: String, $weekHour: WeekHourInput,
    $orderBy: PlacedOrder! = TIME, $direction: SortDirection!, $first: Int!, $after: String
) {{
  orders({PANEL}) {{
    placed(
      search: $search, weekHour: $weekHour, orderBy: $orderBy, direction: $direction,
      first: $first, after: $after
    ) {{
      totalCount
      nodes {{
        id key orderedAt status revenue customer {{ name key }}
        lines {{ gross discount revenue }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
  sales({PANEL}) {{ kpis(metrics: [ORDERS]) {{ value }} }}
}}"""
QUARTER = days("2026-01-01", "2026-03-31", "Europe/Berlin")
RAW_HOURS = """
select extract(isodow from at at time zone $3)::int as weekday,
    extract(hour from at at time zone $3)::int as hour, count(*)::int as orders
from (
    select min(booked_at) filter (where kind = 'sale') as at from order_items
    where not is_return group by order_id
    having sum(case kind when 'sale' then 1 else -1 end) > 0
) placed
where at >= $1 and at < $2 group by 1, 2"""
"""Orders with a sale that was not taken back, by when they were placed: from the ledger alone."""
CASES = [
    pytest.param(COMPARED, id="a month"),
    pytest.param(SalesCase(days=QUARTER, filters=Filters(reps=(0, 1))), id="reps"),
    pytest.param(SalesCase(days=QUARTER, filters=Filters(products=(1, 2))), id="products"),
    pytest.param(SalesCase(days=QUARTER, filters=Filters(categories=(1, 5))), id="categories"),
    pytest.param(
        SalesCase(days=QUARTER, filters=Filters(customers=(0, 2), channels=(0, 1))), id="customers"
    ),
]


async def walk(api: Api, case: SalesCase, **more: Any) -> tuple[int, int, list[Any]]:
    rows: list[Any] = []
    after, goes_on = None, True
    given = {"search": None, "direction": "DESC", "first": 4} | more
    while goes_on:
        data = await api.data(PLACED, case.variables | given | {"after": after})
        page = data["orders"]["placed"]
        rows += page["nodes"]
        after, goes_on = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return page["totalCount"], int(data["sales"]["kpis"][0]["value"]), rows


@pytest.mark.parametrize("case", CASES)
async def test_every_counted_order_is_listed_once(api: Api, case: SalesCase) -> None:
    """From the newest to the oldest, and back."""
    count, kpi, rows = await walk(api, case)
    assert count == kpi == len(rows) == len({row["id"] for row in rows}) > 0
    assert [row["orderedAt"] for row in rows] == sorted(
        (row["orderedAt"] for row in rows), reverse=True
    )
    assert "CANCELLED" not in {row["status"] for row in rows}
    _, _, back = await walk(api, case, direction="ASC", first=7)
    assert back == rows[::-1]


async def test_segments_filter_orders_as_they_filter_figures(api: Api) -> None:
    chosen = SalesCase(days=QUARTER).variables | {"filters": {"segments": ["NONE", "CHAMPIONS"]}}
    given = {"search": None, "direction": "DESC", "first": 100, "after": None}
    data = await api.data(PLACED, chosen | given)
    count = int(data["sales"]["kpis"][0]["value"])
    assert data["orders"]["placed"]["totalCount"] == count


async def test_orders_are_found_by_key_and_by_customer(api: Api) -> None:
    _, _, rows = await walk(api, COMPARED)
    key = rows[0]["key"]
    count, _, found = await walk(api, COMPARED, search=key.upper())
    assert found == [row for row in rows if key in row["key"]]
    assert count == len(found)
    named = next(row["customer"] for row in rows if row["customer"])
    _, _, found = await walk(api, COMPARED, search=named["name"] or named["key"])
    assert {row["customer"]["key"] for row in found if row["customer"]} >= {named["key"]}
    assert (await walk(api, COMPARED, search="%"))[2] == []


async def test_orders_are_sorted_by_revenue_and_their_lines_add_up(api: Api) -> None:
    """From the largest to the smallest, over all pages, and back."""
    _, _, by_time = await walk(api, COMPARED)
    _, _, rows = await walk(api, COMPARED, orderBy="REVENUE", first=7)
    assert {row["id"] for row in rows} == {row["id"] for row in by_time}
    amounts = [Decimal(row["revenue"]) for row in rows]
    assert amounts == sorted(amounts, reverse=True)
    assert len(set(amounts)) > 3
    _, _, back = await walk(api, COMPARED, orderBy="REVENUE", direction="ASC")
    assert back == rows[::-1]
    for row in rows:
        assert sum(Decimal(line["revenue"]) for line in row["lines"]) == Decimal(row["revenue"])
        for line in row["lines"]:
            assert Decimal(line["gross"]) - Decimal(line["discount"]) == Decimal(line["revenue"])


async def test_spaces_around_a_search_are_ignored(api: Api) -> None:
    _, _, rows = await walk(api, COMPARED)
    key = rows[0]["key"]
    assert await walk(api, COMPARED, search=f"  {key} ") == await walk(api, COMPARED, search=key)
    assert (await walk(api, COMPARED, search="   "))[2] == rows


async def test_the_hours_of_the_week_divide_the_orders_among_them(
    api: Api, computed: Database
) -> None:
    """Each hour lists what the heat map counts there, and what SQL over the ledger finds."""
    grid = """
    query Grid($period: PeriodInput, $zone: String) {
      sales(period: $period, zone: $zone) {
        heatmap(metric: ORDERS) { weekdays hours values }
      }
    }"""
    case = SalesCase(days=QUARTER)
    given = {name: case.variables[name] for name in ("period", "zone")}
    heatmap = (await api.data(grid, given))["sales"]["heatmap"]
    cells = {
        (weekday, hour): int(value)
        for weekday, hour, value in zip(
            heatmap["weekdays"], heatmap["hours"], heatmap["values"], strict=True
        )
        if value not in (None, "0")
    }
    connection = await asyncpg.connect(computed.dsn)
    try:
        raw = await connection.fetch(RAW_HOURS, QUARTER.start, QUARTER.end, QUARTER.zone)
    finally:
        await connection.close()
    assert cells == {(row["weekday"], row["hour"]): row["orders"] for row in raw}
    for weekday, hour in list(cells)[:6]:
        chosen = {"weekHour": {"weekday": weekday, "hour": hour}}
        count, _, rows = await walk(api, case, first=100, **chosen)
        assert count == len(rows) == cells[weekday, hour]
        for row in rows:
            at = dt.datetime.fromisoformat(row["orderedAt"]).astimezone(ZoneInfo(QUARTER.zone))
            assert (at.isoweekday(), at.hour) == (weekday, hour)


@pytest.mark.parametrize("hour", [{"weekday": 0, "hour": 1}, {"weekday": 1, "hour": 24}])
async def test_an_hour_that_no_week_has_is_refused(api: Api, hour: dict[str, int]) -> None:
    given = {"search": None, "direction": "DESC", "first": 1, "after": None, "weekHour": hour}
    error = await api.error(PLACED, SalesCase(days=QUARTER).variables | given)
    assert error["extensions"]["code"] == "INVALID_INPUT"
