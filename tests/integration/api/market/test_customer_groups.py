"""Who is in a segment, a cell of scores or a cell of cohorts: as many as the panels count."""

import datetime as dt
from typing import Any

import asyncpg
import pytest

from shopx_api.types.node import row_id
from tests.support.api import Api
from tests.support.market_dataset import ZONE
from tests.support.postgres import Database

MEMBERS = """
query Members($group: CustomerGroupInput!, $search: String, $first: Int!, $after: String) {
  customers {
    groupMembers(group: $group, search: $search, first: $first, after: $after) {
      totalCount
      nodes { id key rfm { segment recency frequency monetary } lifetime { firstOrderAt } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
COHORTS = """
query Cohorts($granularity: Granularity!) {
  customers { cohorts(granularity: $granularity, cohorts: 60) { cohorts { start size values } } }
}"""
# The customers of a cohort with an order in a period, from the ledger alone.
RAW_COHORT = """
select customer_id from (
    select customer_id, min(booked_at) as at from order_items
    where not is_return and customer_id is not null
    group by order_id, customer_id having sum(case kind when 'sale' then 1 else -1 end) > 0
) placed
group by customer_id
having date_trunc($1, min(at) at time zone $4)::date = $2
    and bool_or(date_trunc($1, at at time zone $4)::date = $3)"""


async def walk(api: Api, group: dict[str, Any], **more: Any) -> tuple[int, list[Any]]:
    rows: list[Any] = []
    after, goes_on = None, True
    given = {"group": group, "search": None, "first": 3} | more
    while goes_on:
        page = (await api.data(MEMBERS, given | {"after": after}))["customers"]["groupMembers"]
        rows += page["nodes"]
        after, goes_on = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return page["totalCount"], rows


async def test_a_segment_lists_the_customers_that_it_counts(api: Api) -> None:
    data = await api.data("{ customers { segments { rows { segment customers } } } }")
    found: list[str] = []
    for row in data["customers"]["segments"]["rows"]:
        count, rows = await walk(api, {"segment": row["segment"]})
        assert count == len(rows) == row["customers"]
        assert {one["rfm"]["segment"] for one in rows} <= {row["segment"]}
        found += [one["id"] for one in rows]
    assert len(found) == len(set(found)) > 3


async def test_a_cell_of_scores_lists_the_customers_that_it_counts(api: Api) -> None:
    data = await api.data("{ customers { rfm { recency frequency customers } } }")
    grid = data["customers"]["rfm"]
    cells = list(zip(grid["recency"], grid["frequency"], grid["customers"], strict=True))
    for recency, frequency, customers in cells:
        scores = {"recency": recency, "frequency": frequency}
        count, rows = await walk(api, {"scores": scores})
        assert count == len(rows) == customers
        for one in rows:
            assert (one["rfm"]["recency"], one["rfm"]["frequency"]) == (recency, frequency)
    count, _ = await walk(api, {"scores": {}})
    assert count == sum(customers for _, _, customers in cells)


@pytest.mark.parametrize("unit", ["MONTH", "QUARTER"])
async def test_a_cell_of_cohorts_lists_the_customers_of_the_ledger(
    api: Api, computed: Database, unit: str
) -> None:
    data = await api.data(COHORTS, {"granularity": unit})
    connection = await asyncpg.connect(computed.dsn)
    try:
        for cohort in data["customers"]["cohorts"]["cohorts"]:
            start = dt.date.fromisoformat(cohort["start"])
            months = 1 if unit == "MONTH" else 3
            for period, value in enumerate(cohort["values"]):
                ahead = start.month - 1 + months * period
                of = dt.date(start.year + ahead // 12, ahead % 12 + 1, 1)
                given = {"granularity": unit, "start": cohort["start"], "period": period}
                count, rows = await walk(api, {"cohort": given}, first=50)
                raw = await connection.fetch(RAW_COHORT, unit.lower(), start, of, ZONE)
                assert {row_id(one["id"], "Customer") for one in rows} == {row[0] for row in raw}
                assert count == len(rows) == int(value)
    finally:
        await connection.close()


async def test_members_are_found_by_name_and_by_key(api: Api) -> None:
    count, rows = await walk(api, {"scores": {}}, first=50)
    key = rows[0]["key"]
    searched, found = await walk(api, {"scores": {}}, search=f" {key} ")
    assert searched == len(found) <= count
    assert found == [row for row in rows if row["id"] in {one["id"] for one in found}]
    assert rows[0] in found
    assert await walk(api, {"scores": {}}, search="%") == (0, [])


@pytest.mark.parametrize(
    ("group", "part"),
    [
        ({"scores": {"recency": 6}}, "scores.recency"),
        ({"cohort": {"granularity": "DAY", "start": "2026-01-01"}}, "not grouped by day"),
        ({"cohort": {"granularity": "MONTH", "start": "2026-01-02"}}, "No month begins"),
        (
            {"cohort": {"granularity": "MONTH", "start": "2026-01-01", "period": -1}},
            "cohort.period",
        ),
    ],
)
async def test_a_group_that_cannot_be_is_refused(
    api: Api, group: dict[str, Any], part: str
) -> None:
    error = await api.error(MEMBERS, {"group": group, "search": None, "first": 1, "after": None})
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert part in error["message"]
