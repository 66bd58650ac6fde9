"""The products page says what the ledger says, to the cent."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from shopx_api.types.node import global_id, row_id
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import share
from shopx_core.domain.pareto import classify
from shopx_core.domain.ranking import competition_ranks
from shopx_store.query import Dimension, Filters, SalesQuery
from tests.support.api import Api
from tests.support.market_dataset import Market, nothing
from tests.support.sales_cases import (
    ARGUMENTS,
    COMPARED,
    FIGURES,
    MARCH,
    PANEL,
    PRODUCT_CASES,
    SalesCase,
    decimal,
)

PRODUCT = Dimension.PRODUCT

RANKING = f"""
query Ranking(
    {ARGUMENTS}, $by: MetricId!, $metrics: [MetricId!]!, $direction: SortDirection!, $first: Int!,
    $after: String
) {{
  products({PANEL}) {{
    ranking(by: $by, metrics: $metrics, direction: $direction, first: $first, after: $after) {{
      totalCount
      nodes {{ rank previousRank product {{ id }} figures {{ ...Parts }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
{FIGURES}"""


async def ranking(api: Api, case: SalesCase, **more: Any) -> Any:
    given = {"metrics": [more["by"]], "direction": "DESC", "first": 100} | more
    return (await api.data(RANKING, case.variables | given))["products"]["ranking"]


def expected_order(values: Mapping[int, Decimal | None], *, ascending: bool) -> list[int]:
    """Keys as the page must list them."""

    def place(key: int) -> tuple[bool, Decimal, int]:
        value = values[key] or Decimal(0)
        return values[key] is None, value if ascending else -value, key

    return sorted(values, key=place)


@pytest.mark.parametrize("case", PRODUCT_CASES)
@pytest.mark.parametrize(
    ("metric", "direction"),
    [("revenue", "DESC"), ("margin", "DESC"), ("return_rate", "ASC"), ("orders", "DESC")],
)
async def test_ranking_is_that_of_the_ledger(
    api: Api, market: Market, case: SalesCase, metric: str, direction: str
) -> None:
    """Order, places, values, earlier values and places, deltas' base and shares."""
    shown = ["revenue", "units", metric]
    given = await ranking(
        api,
        case,
        by=metric.upper(),
        metrics=[name.upper() for name in dict.fromkeys(shown)],
        direction=direction,
    )
    values = market.values(case.query(PRODUCT), metric)
    earlier: dict[int, Decimal | None] = {}
    if case.earlier is not None:
        earlier = market.values(case.query(PRODUCT, period=case.earlier), metric)
    # What sold before and not since is listed, but has no place.
    nothing_now = dict.fromkeys(earlier, METRICS[metric].value(nothing()))
    order = expected_order(nothing_now | values, ascending=direction == "ASC")
    ids = [row_id(node["product"]["id"], "Product") for node in given["nodes"]]
    assert ids == order
    assert given["totalCount"] == len(order)
    ranks, places = competition_ranks(values), competition_ranks(earlier)
    for key, node in zip(ids, given["nodes"], strict=True):
        assert (node["rank"], node["previousRank"]) == (ranks.get(key), places.get(key))
        check_figures(market, case, key, node["figures"])


def check_figures(market: Market, case: SalesCase, key: int, figures: list[dict[str, Any]]) -> None:
    """A product's figures, against the ledger."""
    whole = market.rows(case.query(PRODUCT))
    for figure in figures:
        metric = METRICS[figure["metric"].lower()]
        value = metric.value(whole.get((key,), nothing()))
        assert decimal(figure["value"]) == value
        previous = None
        if case.earlier is not None:
            rows = market.rows(case.query(PRODUCT, period=case.earlier))
            previous = metric.value(rows.get((key,), nothing()))
        assert decimal(figure["previous"]) == previous
        assert (figure["delta"] is None) == (case.earlier is None)
        part = None
        if metric.id in {"revenue", "units"}:
            part = share(value or 0, market.value(case.query(), metric.id) or 0)
        assert decimal(figure["share"]) == part


@pytest.mark.parametrize(
    ("by", "direction"), [("REVENUE", "DESC"), ("MARGIN", "ASC"), ("RETURN_RATE", "DESC")]
)
async def test_pages_of_a_ranking_follow_each_other(api: Api, by: str, direction: str) -> None:
    """Ties and products without a value included: no gap, no repeat, the same places."""
    whole = await ranking(api, COMPARED, by=by, direction=direction)
    walked: list[Any] = []
    after, more = None, True
    while more:
        page = await ranking(api, COMPARED, by=by, direction=direction, first=3, after=after)
        walked += page["nodes"]
        assert page["totalCount"] == whole["totalCount"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert walked == whole["nodes"]
    beyond = await ranking(api, COMPARED, by=by, direction=direction, after=after)
    assert (beyond["nodes"], beyond["totalCount"]) == ([], whole["totalCount"])


@pytest.mark.parametrize("case", PRODUCT_CASES)
@pytest.mark.parametrize("metric", ["revenue", "profit", "units"])
async def test_pareto_classes_are_those_of_the_definition(
    api: Api, market: Market, case: SalesCase, metric: str
) -> None:
    """The windows in SQL say what the domain's function says, losses and ties included."""
    document = f"""
query Abc({ARGUMENTS}, $by: MetricId!, $after: String) {{
  products({PANEL}) {{
    abc(by: $by, first: 5, after: $after) {{
      classes {{ name products productsShare value share }}
      products {{
        totalCount
        nodes {{ rank value share cumulativeShare class product {{ id }} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
  }}
}}"""
    values = market.values(case.query(PRODUCT), metric)
    # What has none of the metric's measures, or no known value, is not listed.
    needed = METRICS[metric].measures
    listed = {
        key for (key,), row in market.rows(case.query(PRODUCT)).items()
        if any(row[m] for m in needed)
    }  # fmt: skip
    ranked = classify(sorted((k, v) for k, v in values.items() if k in listed and v is not None))
    nodes: list[Any] = []
    after, more, found = None, True, None
    while more:
        variables = case.variables | {"by": metric.upper(), "after": after}
        found = (await api.data(document, variables))["products"]["abc"]
        page = found["products"]["pageInfo"]
        nodes += found["products"]["nodes"]
        after, more = page["endCursor"], page["hasNextPage"]
    assert found is not None
    assert [
        (
            row_id(node["product"]["id"], "Product"),
            decimal(node["value"]),
            decimal(node["share"]),
            decimal(node["cumulativeShare"]),
            node["class"].lower(),
        )
        for node in nodes
    ] == [(one.key, one.value, one.share, one.cumulative_share, one.abc.value) for one in ranked]
    ranks = competition_ranks({one.key: one.value for one in ranked})
    assert [node["rank"] for node in nodes] == [ranks[one.key] for one in ranked]
    assert found["products"]["totalCount"] == len(ranked)
    for row in found["classes"]:
        members = [one for one in ranked if one.abc.value == row["name"].lower()]
        assert row["products"] == len(members)
        assert decimal(row["value"]) == sum(one.value for one in members)
        assert decimal(row["productsShare"]) == share(len(members), len(ranked))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ products { pairs(minOrders: 0) { totalCount } } }", "minOrders"),
        ("{ products { abc(by: MARGIN) { metric } } }", "does not add up"),
        ("{ products { abc(by: ORDERS) { metric } } }", "does not add up"),
        ("{ products { ranking(first: 0) { totalCount } } }", "first"),
        ("{ products { ranking(first: 101) { totalCount } } }", "first"),
        ('{ products { ranking(after: "x") { totalCount } } }', "cursor"),
    ],
)
async def test_what_cannot_be_answered_says_why(api: Api, document: str, message: str) -> None:
    error = await api.error(document)
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert message in error["message"]


ONE = """
query One($id: ID!) {
  product(id: $id) {
    id key sku name unitCost category { name parent { name } }
    sales(period: { days: { from: "2026-03-01", to: "2026-03-31" } }) {
      kpis(metrics: [REVENUE, ORDERS]) { value }
    }
  }
}"""


async def test_one_product(api: Api, market: Market) -> None:
    """Its attributes, the categories above it, and figures of it alone."""
    key = market.ids["products"]["p3"]
    found = (await api.data(ONE, {"id": global_id("Product", key)}))["product"]
    assert found["sku"] == found["key"] == "p3"
    assert (found["name"], found["unitCost"]) == ("Product 3", "3")
    assert found["category"] == {"name": "Tea", "parent": {"name": "Drinks"}}
    query: SalesQuery = MARCH.query(filters=Filters(products=(key,)))
    values = [decimal(figure["value"]) for figure in found["sales"]["kpis"]]
    assert values == [market.value(query, "revenue"), market.value(query, "orders")]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        pytest.param(global_id("Product", 999), "NOT_FOUND", id="no such product"),
        pytest.param(global_id("Customer", 1), "INVALID_INPUT", id="a customer"),
        pytest.param("nonsense", "INVALID_INPUT", id="no id"),
    ],
)
async def test_a_product_that_is_none(api: Api, key: str, code: str) -> None:
    assert (await api.error(ONE, {"id": key}))["extensions"]["code"] == code
