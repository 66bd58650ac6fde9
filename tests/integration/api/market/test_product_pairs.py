"""Products bought together are those of the baskets."""

from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from shopx_api.types.node import global_id, row_id
from shopx_core.domain.basket import associate
from shopx_store.query import Dimension
from tests.support.api import Api
from tests.support.market_dataset import Market
from tests.support.sales_cases import decimal

PRODUCT = Dimension.PRODUCT

PAIRS = """
query Pairs(
  $filters: FilterInput, $by: PairOrder!, $minOrders: Int!, $first: Int!, $after: String
) {
  products(filters: $filters) {
    pairs(by: $by, minOrders: $minOrders, first: $first, after: $after) {
      asOf totalCount
      nodes { orders support confidence lift product { id } other { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""


async def pairs(api: Api, **more: Any) -> Any:
    given = {"by": "LIFT", "minOrders": 2, "first": 100} | more
    return (await api.data(PAIRS, given))["products"]["pairs"]


def baskets(market: Market) -> list[set[int]]:
    """The distinct products of each order with a surviving sale."""
    contents: dict[int, dict[int, int]] = {}
    for row in market.ledger:
        if row["is_return"]:
            continue
        products = contents.setdefault(row["order_id"], {})
        sign = 1 if row["kind"] == "sale" else -1
        products[row["product_id"]] = products.get(row["product_id"], 0) + sign
    found = [
        {key for key, lines in products.items() if lines > 0} for products in contents.values()
    ]
    return [basket for basket in found if basket]


async def test_before_the_first_refresh_there_are_no_pairs(young_api: Api) -> None:
    found = await pairs(young_api)
    assert (found["asOf"], found["nodes"], found["totalCount"]) == (None, [], 0)


@pytest.mark.parametrize("by", ["LIFT", "SUPPORT", "CONFIDENCE"])
async def test_pairs_are_those_of_the_baskets(api: Api, market: Market, by: str) -> None:
    """Each pair once, from the rarer product, with exact measures, in the requested order."""
    found = await pairs(api, by=by)
    assert found["asOf"] is not None
    all_baskets = baskets(market)
    counts = {
        key: sum(key in basket for basket in all_baskets)
        for key in {key for basket in all_baskets for key in basket}
    }
    expected = {}
    for a, b in combinations(sorted(counts), 2):
        both = sum(a in basket and b in basket for basket in all_baskets)
        if both >= 2:
            first, other = (a, b) if counts[a] <= counts[b] else (b, a)
            expected[first, other] = associate(
                together=both, with_a=counts[first], with_b=counts[other], orders=len(all_baskets)
            )
    given = {}
    for node in found["nodes"]:
        key = tuple(row_id(node[name]["id"], "Product") for name in ("product", "other"))
        given[key] = tuple(decimal(node[name]) for name in ("support", "confidence", "lift"))
    assert given == {k: (a.support, a.confidence, a.lift) for k, a in expected.items()}
    assert found["totalCount"] == len(expected)
    values = [decimal(node[by.lower()]) or Decimal(0) for node in found["nodes"]]
    assert values == sorted(values, reverse=True)


async def test_pairs_are_paged_and_told_from_the_chosen_product(api: Api) -> None:
    for chosen in (
        {},
        {"products": [global_id("Product", 3)]},
        {"categories": [global_id("Category", 1)]},
    ):
        whole = await pairs(api, by="CONFIDENCE", filters=chosen)
        walked: list[Any] = []
        after, more = None, True
        while more:
            page = await pairs(api, by="CONFIDENCE", filters=chosen, first=7, after=after)
            walked += page["nodes"]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert walked == whole["nodes"]
        assert len(walked) == whole["totalCount"] > 0
        if "products" in chosen:
            assert {node["product"]["id"] for node in walked} == set(chosen["products"])
