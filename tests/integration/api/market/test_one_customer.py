"""One customer's page: whole history, orders with what became of them, scores, prediction."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from shopx_api.server.app import create_inner_app
from shopx_api.types.node import global_id, row_id
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import share
from shopx_store.ledger.refunds import cancel_order
from shopx_store.query import Dimension, Filters
from tests.support.api import Api, serving, settings_for
from tests.support.market_dataset import ALL_AT_ONCE, ZONE, Market, nothing
from tests.support.postgres import Database
from tests.support.sales_cases import SalesCase, days, decimal

ALWAYS = SalesCase(days=days("2026-01-01", "2026-04-30", ZONE))

PAGE = """
query Page($id: ID!, $first: Int!, $after: String) {
  customer(id: $id) {
    id key name email country
    lifetime { firstOrderAt lastOrderAt orders revenue profit averageOrderValue }
    rfm { asOf segment recency frequency monetary }
    prediction { asOf horizonDays probabilityAlive expectedOrders expectedOrders90Days
      expectedOrderValue expectedRevenue }
    sales(period: { days: { from: "2026-01-01", to: "2026-04-30" } }) {
      kpis(metrics: [REVENUE]) { value }
      series(metrics: [REVENUE]) { lines { current } }
    }
    orders(first: $first, after: $after) {
      totalCount
      nodes {
        id key source orderedAt currency status revenue profit units
        customer { id } rep { id name }
        lines { number kind bookedAt quantity gross discount cost product { id name } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""


async def page(api: Api, customer: int, first: int = 100, after: str | None = None) -> Any:
    variables = {"id": global_id("Customer", customer), "first": first, "after": after}
    return (await api.data(PAGE, variables))["customer"]


@pytest.fixture
async def original(computed: Database) -> list[dict[str, Any]]:
    """The ledger's lines in their own currency, with the order's key."""
    connection = await asyncpg.connect(computed.dsn)
    try:
        rows = await connection.fetch(
            "select i.*, o.key, o.ordered_at from order_items i join orders o on o.id = i.order_id"
            " order by i.booked_at, i.id"
        )
    finally:
        await connection.close()
    return [dict(row) for row in rows]


def outcome(lines: list[dict[str, Any]]) -> str:
    """The status of an order, computed from its lines one by one."""
    gone = {line["reverses"] for line in lines if line["kind"] == "void"}
    sold = [line for line in lines if line["kind"] == "sale" and line["id"] not in gone]
    back = [line for line in lines if line["kind"] == "return" and line["id"] not in gone]
    if not sold:
        return "CANCELLED"
    if not back:
        return "SOLD"
    left = sum((line["gross"] - line["discount"] for line in [*sold, *back]), Decimal(0))
    units = sum((line["quantity"] for line in [*sold, *back]), Decimal(0))
    worth = sum((line["gross"] - line["discount"] for line in sold), Decimal(0))
    return "REFUNDED" if (left <= 0 if worth else units <= 0) else "PARTLY_REFUNDED"


async def test_orders_are_listed_with_lines_and_status(
    api: Api, market: Market, original: list[dict[str, Any]]
) -> None:
    """Every document of the busiest customers, in its own currency, the newest first."""
    seen = set()
    for key in ("c1", "c2", "c3", "c4"):
        customer = market.ids["customers"][key]
        by_order: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for line in original:
            if line["customer_id"] == customer:
                by_order[line["order_id"]].append(line)
        expected = sorted(
            by_order, key=lambda order: (by_order[order][0]["ordered_at"], order), reverse=True
        )
        orders = (await page(api, customer))["orders"]
        assert [row_id(node["id"], "Order") for node in orders["nodes"]] == expected
        assert orders["totalCount"] == len(expected) > 0
        for node in orders["nodes"]:
            lines = by_order[row_id(node["id"], "Order")]
            check_order(node, lines)
            seen.add(node["status"])
    assert seen == {"SOLD", "PARTLY_REFUNDED", "REFUNDED", "CANCELLED"}


def check_order(node: Mapping[str, Any], lines: list[dict[str, Any]]) -> None:
    """An order of the page, against its ledger lines."""
    head = lines[0]
    assert (node["key"], node["source"], node["currency"]) == (head["key"], "api", head["currency"])
    assert row_id(node["customer"]["id"], "Customer") == head["customer_id"]
    assert (node["rep"] is None) == (head["rep_id"] is None)
    assert node["status"] == outcome(lines)
    revenue = sum((line["gross"] - line["discount"] for line in lines), Decimal(0))
    assert decimal(node["revenue"]) == revenue
    costs = sum(line["cost"] for line in lines)
    assert decimal(node["profit"]) == (revenue - costs if costs or not revenue else None)
    assert decimal(node["units"]) == sum(
        line["quantity"] for line in lines if not line["is_return"]
    )
    given = [
        (line["number"], line["kind"].lower(), decimal(line["quantity"]), decimal(line["gross"]),
         decimal(line["discount"]), decimal(line["cost"]), row_id(line["product"]["id"], "Product"))
        for line in node["lines"]
    ]  # fmt: skip
    names = ("line_no", "kind", "quantity", "gross", "discount", "cost", "product_id")
    assert given == [tuple(line[name] for name in names) for line in lines]


async def test_pages_of_orders_follow_each_other(api: Api, market: Market) -> None:
    customer = market.ids["customers"]["c1"]
    whole = (await page(api, customer))["orders"]["nodes"]
    walked: list[Any] = []
    after, more = None, True
    while more:
        orders = (await page(api, customer, 3, after))["orders"]
        walked += orders["nodes"]
        after, more = orders["pageInfo"]["endCursor"], orders["pageInfo"]["hasNextPage"]
    assert walked == whole
    assert len(walked) > 6


async def test_a_lifetime_is_all_that_was_ever_sold(api: Api, market: Market) -> None:
    """Pending lines included, for every customer at once and in one statement each."""
    rows = market.rows(ALWAYS.query(Dimension.CUSTOMER))
    for customer in market.ids["customers"].values():
        found = await page(api, customer, 1)
        row = rows.get((customer,), nothing())
        lifetime = found["lifetime"]
        assert lifetime["orders"] == row["orders"]
        for name in ("revenue", "profit", "average_order_value"):
            camel = "averageOrderValue" if "_" in name else name
            assert decimal(lifetime[camel]) == METRICS[name].value(row)
        assert (lifetime["firstOrderAt"] is None) == (row["orders"] == 0)
        kpi = market.value(ALWAYS.query(filters=Filters(customers=(customer,))), "revenue")
        assert decimal(found["sales"]["kpis"][0]["value"]) == kpi
        (line,) = found["sales"]["series"]["lines"]
        assert sum(decimal(value) or 0 for value in line["current"]) == kpi


async def test_first_and_last_order_are_those_that_still_count(api: Api, market: Market) -> None:
    customer = market.ids["customers"]["c1"]
    nodes = (await page(api, customer))["orders"]["nodes"]
    counted = [node["orderedAt"] for node in nodes if node["status"] != "CANCELLED"]
    lifetime = (await page(api, customer, 1))["lifetime"]
    assert (lifetime["firstOrderAt"], lifetime["lastOrderAt"]) == (counted[-1], counted[0])


async def test_scores_come_with_their_as_of(api: Api, market: Market) -> None:
    found = (await page(api, market.ids["customers"]["c1"]))["rfm"]
    assert found["asOf"] is not None
    assert found["segment"] in {"CHAMPIONS", "LOYAL", "CANNOT_LOSE_THEM"}
    assert found["frequency"] == 5


async def test_before_anything_was_computed_there_is_neither_score_nor_prediction(
    young_api: Api, market: Market
) -> None:
    found = await page(young_api, market.ids["customers"]["c1"])
    assert (found["rfm"], found["prediction"]) == (None, None)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        pytest.param(global_id("Customer", 999), "NOT_FOUND", id="no such customer"),
        pytest.param(global_id("Product", 1), "INVALID_INPUT", id="a product"),
    ],
)
async def test_a_customer_that_is_none(api: Api, key: str, code: str) -> None:
    error = await api.error(PAGE, {"id": key, "first": 1})
    assert error["extensions"]["code"] == code


# ---- predictions


@pytest.fixture
async def prophet(changed: Database, market: Market) -> AsyncIterator[Api]:
    """The API over the market with two fits: of the second, which failed, nothing is used."""
    connection = await asyncpg.connect(changed.dsn)
    fit = await connection.fetchval(
        "insert into prediction_fits (seconds, as_of, observed_until, customers, horizon_days, r,"
        " alpha, a, b, p, q, v, degenerate, spend_reason) values (1, '2026-04-20 12:00+00',"
        " '2026-04-19', 25, 365, 0.243, 4.414, 0.793, 2.426, 6.25, 3.74, 15.44, false,"
        " 'few came back') returning id"
    )
    await connection.execute(
        "insert into prediction_fits (seconds, as_of, customers, horizon_days, degenerate, reason)"
        " values (1, now(), 0, 365, false, 'nothing to fit')"
    )
    customers = market.ids["customers"]
    await connection.executemany(
        "insert into predictions values ($1, $2, $3, $4, $5, $6, $7)",
        [
            (customers["c1"], fit, 0.9, 1.5, 6.25, 100.5, 628.125),
            (customers["c2"], fit, 0.8, 1.0, 4.0, 200.0, 800.0),
            (customers["c3"], fit, 0.7, 0.5, 2.0, None, 314.0625),
            (customers["c4"], fit, 0.6, 0.5, 2.0, None, 314.0625),
            (customers["c5"], fit, 0.5, 0.1, 0.3, None, None),
        ],
    )
    await connection.close()
    async with serving(create_inner_app(settings_for(changed.dsn, api=ALL_AT_ONCE))) as made:
        yield made


VALUE = """
query Value($first: Int!, $after: String) {
  customers { lifetimeValue(first: $first, after: $after) {
    asOf average median expected
    model { fittedAt asOf observedUntil horizonDays customers r alpha a b p q gamma isDegenerate
      spendProblem }
    customers {
      totalCount
      nodes { customer { id } revenue prediction { expectedRevenue expectedOrderValue } }
      pageInfo { hasNextPage endCursor }
    } } }
}"""


async def test_a_prediction_says_what_it_stands_on(prophet: Api, market: Market) -> None:
    found = (await page(prophet, market.ids["customers"]["c1"]))["prediction"]
    assert found == {
        "asOf": "2026-04-20T12:00:00Z",
        "horizonDays": 365,
        "probabilityAlive": "0.9",
        "expectedOrders": "6.25",
        "expectedOrders90Days": "1.5",
        "expectedOrderValue": "100.5",
        "expectedRevenue": "628.125",
    }


async def test_the_model_in_use_is_the_newest_that_predicted(prophet: Api) -> None:
    value = (await prophet.data(VALUE, {"first": 1}))["customers"]["lifetimeValue"]
    model = value["model"]
    assert (model["r"], model["alpha"], model["gamma"]) == ("0.243", "4.414", "15.44")
    assert (model["asOf"], model["observedUntil"]) == ("2026-04-20T12:00:00Z", "2026-04-19")
    assert (model["customers"], model["isDegenerate"]) == (25, False)
    assert model["spendProblem"] == "few came back"
    assert decimal(value["expected"]) == Decimal("2056.25")


async def test_the_most_valuable_customers_come_first(prophet: Api, market: Market) -> None:
    """Ties by revenue, and so those without a value, who are not left out; page by page."""
    rows = market.rows(ALWAYS.query(Dimension.CUSTOMER))
    buyers = {key: row for (key,), row in rows.items() if key and row["orders"]}
    revenues = {key: METRICS["revenue"].value(row) or Decimal(0) for key, row in buyers.items()}
    ids = market.ids["customers"]

    def by_revenue(keys: Iterable[int]) -> list[int]:
        return sorted(keys, key=lambda key: (-revenues[key], key))

    best = [ids["c2"], ids["c1"], *by_revenue([ids["c3"], ids["c4"]])]
    expected = [*best, *by_revenue(set(buyers) - set(best))]
    walked: list[Any] = []
    after, more, value = None, True, None
    while more:
        found = await prophet.data(VALUE, {"first": 3, "after": after})
        value = found["customers"]["lifetimeValue"]
        walked += value["customers"]["nodes"]
        info = value["customers"]["pageInfo"]
        after, more = info["endCursor"], info["hasNextPage"]
    assert [row_id(node["customer"]["id"], "Customer") for node in walked] == expected
    assert value is not None
    assert value["customers"]["totalCount"] == len(expected)
    for node in walked:
        assert decimal(node["revenue"]) == revenues[row_id(node["customer"]["id"], "Customer")]
    whole = sum(revenues.values())
    assert decimal(value["average"]) == share(whole, len(revenues))
    middle = sorted(revenues.values())
    assert decimal(value["median"]) == middle[(len(middle) + 1) // 2 - 1]


async def test_without_a_fit_the_history_is_there_all_the_same(api: Api) -> None:
    value = (await api.data(VALUE, {"first": 100}))["customers"]["lifetimeValue"]
    assert (value["model"], value["expected"]) == (None, None)
    assert value["customers"]["nodes"]
    assert {node["prediction"] for node in value["customers"]["nodes"]} == {None}


# ---- as of a snapshot


async def test_a_page_stays_as_of_its_snapshot(changed: Database, market: Market) -> None:
    """What is cancelled meanwhile is still sold there, and nowhere else."""
    customer = market.ids["customers"]["c1"]
    variables = {"id": global_id("Customer", customer), "first": 100}
    async with serving(create_inner_app(settings_for(changed.dsn, api=ALL_AT_ONCE))) as api:
        body = (await api.post(PAGE, variables)).json()
        before = body["data"]["customer"]
        sold = next(n for n in before["orders"]["nodes"] if n["status"] == "SOLD")
        connection = await asyncpg.connect(changed.dsn)
        await cancel_order(connection, "api", sold["key"])
        await connection.close()
        then = await api.data(PAGE, variables, x_shopx_as_of=body["extensions"]["snapshot"])
        now = (await api.data(PAGE, variables))["customer"]
    assert then["customer"] == before
    status = {node["key"]: node["status"] for node in now["orders"]["nodes"]}
    assert status[sold["key"]] == "CANCELLED"
    assert now["lifetime"]["orders"] == before["lifetime"]["orders"] - 1
