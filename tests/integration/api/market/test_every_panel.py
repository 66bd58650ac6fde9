"""What holds for every panel of products, customers and reps."""

from typing import Any

import asyncpg

from shopx_api.server.app import create_inner_app
from shopx_api.types.node import global_id
from tests.support.api import Api, serving, settings_for
from tests.support.market_dataset import ALL_AT_ONCE, ZONE, Market
from tests.support.postgres import Database
from tests.support.sales_cases import ARGUMENTS, PANEL, SalesCase, days

FIGURES = "figures { metric value previous share delta { absolute ratio status } }"
PAGE_INFO = "totalCount pageInfo { hasNextPage endCursor }"
PRODUCTS = f"""
query Products({ARGUMENTS}) {{
  products({PANEL}) {{
    period {{ from to }} comparison {{ from to }}
    ranking(metrics: [REVENUE, ORDERS, MARGIN]) {{
      {PAGE_INFO} nodes {{ rank previousRank product {{ name category {{ name }} }} {FIGURES} }} }}
    abc {{ classes {{ name products value share }}
      products {{ {PAGE_INFO} nodes {{ rank value class product {{ name }} }} }} }}
    categoryTree {{ id parentId name depth products {FIGURES} }}
    trend {{ buckets previousBuckets lines {{ current previous product {{ name }} }} }}
    discountBands {{ low high {FIGURES} }}
    margins(points: 10) {{ volume typicalVolume margin others withoutCost withoutRevenue
      points {{ product {{ name }} volume revenue profit margin }} }}
    pairs(minOrders: 2) {{ asOf {PAGE_INFO} nodes {{ lift product {{ name }} other {{ name }} }} }}
  }}
}}"""
CUSTOMERS = f"""
query Customers({ARGUMENTS}) {{
  customers({PANEL}) {{
    kpis {{ metric value previous }}
    segments {{ asOf rows {{ segment customers revenue }} }}
    rfm {{ asOf customers revenue }}
    cohorts {{ asOf cohorts {{ start size values }} }}
    concentration {{ asOf customers points {{ customers revenueShare }} }}
    lifetimeValue {{ asOf average expected customers {{ {PAGE_INFO} nodes {{ revenue }} }} }}
    newVersusReturning {{ buckets newCustomers newRevenue returningRevenue anonymousRevenue }}
    top {{ {PAGE_INFO} nodes {{ rank previousRank {FIGURES}
      customer {{ name lifetime {{ firstOrderAt lastOrderAt orders revenue profit }} }} }} }}
  }}
}}"""
PACE = """firstDay lastDay today daysLeft elapsed state weeks members
  total { quota booked attained expected expectedAttained }
  rows { rep { name } figures { quota booked attained expected expectedAttained } }"""
REPS = f"""
query Reps({ARGUMENTS}) {{
  reps({PANEL}) {{
    leaderboard {{ {PAGE_INFO} nodes {{ rank previousRank isTied rep {{ name region }} {FIGURES}
      attainment {{ quota revenue ratio }} }} }}
    month: pace {{ {PACE} }}
    quarter: pace(unit: QUARTER, rows: 3) {{ {PACE} }}
  }}
}}"""
MARCH = SalesCase(
    days=days("2026-03-01", "2026-03-31", ZONE), earlier=days("2026-02-01", "2026-02-28", ZONE)
)


async def execute(database: Database, sql: str) -> None:
    connection = await asyncpg.connect(database.dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def ask(api: Api, market: Market) -> Any:
    """Every panel, and one customer's page."""
    orders = """
query Orders($id: ID!) { customer(id: $id) { orders(first: 50) { nodes {
    key status revenue units lines { kind quantity product { name } } } } } }"""
    variables = {"id": global_id("Customer", market.ids["customers"]["c1"])}
    return [
        *[await api.data(panel, MARCH.variables) for panel in (PRODUCTS, CUSTOMERS, REPS)],
        await api.data(orders, variables),
    ]


async def test_without_trustworthy_rollups_the_answers_are_the_same(
    api: Api, changed: Database, market: Market
) -> None:
    """After a restore, until the rollups are rebuilt, the ledger itself answers."""
    await execute(changed, "update watermark set trusted = false")
    async with serving(create_inner_app(settings_for(changed.dsn, api=ALL_AT_ONCE))) as restored:
        assert await ask(restored, market) == await ask(api, market)


async def test_a_period_of_no_length_holds_nothing(api: Api) -> None:
    instant = {"from": "2026-03-01T12:00:00Z", "to": "2026-03-01T12:00:00Z"}
    variables = MARCH.variables | {"period": {"instants": instant}}
    found: dict[str, Any] = {}
    for panel in (PRODUCTS, CUSTOMERS, REPS):
        found |= await api.data(panel, variables)
    # What sold in the compared month alone has no place.
    assert {node["rank"] for node in found["products"]["ranking"]["nodes"]} == {None}
    assert [row["products"] for row in found["products"]["abc"]["classes"]] == [0, 0, 0]
    assert found["products"]["trend"]["buckets"] == []
    assert found["customers"]["kpis"][0]["value"] == "0"
    assert {node["rank"] for node in found["customers"]["top"]["nodes"]} == {None}
    assert found["customers"]["newVersusReturning"]["newRevenue"] == []
    assert {node["rank"] for node in found["reps"]["leaderboard"]["nodes"]} == {None}


async def test_a_quota_without_a_rate_is_unknown(changed: Database) -> None:
    """And said to be: a sum of the others would be too easy to attain."""
    await execute(changed, "delete from rates")
    case = SalesCase(days=days("2026-03-01", "2026-03-31", ZONE))
    rows = "nodes { rep { key } attainment { quota } }"
    document = f"query Board({ARGUMENTS}) {{ reps({PANEL}) {{ leaderboard {{ {rows} }} }} }}"
    euros = "select r.key from quotas q join sales_reps r on r.id = q.rep_id where currency = 'EUR'"
    async with serving(create_inner_app(settings_for(changed.dsn, api=ALL_AT_ONCE))) as api:
        answer = (await api.post(document, case.variables)).json()
        connection = await asyncpg.connect(changed.dsn)
        unknown = {row["key"] for row in await connection.fetch(euros)}
        await connection.close()
    quotas = {
        row["rep"]["key"]: row["attainment"]["quota"]
        for row in answer["data"]["reps"]["leaderboard"]["nodes"]
    }
    assert all(quotas[key] is None for key in unknown & quotas.keys())
    kinds = {(one["of"], one["currency"]) for one in answer["extensions"]["leftOut"]}
    assert ("quotas", "EUR") in kinds
