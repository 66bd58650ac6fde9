"""Lists are ordered, paged and searched over all members, whatever part of a figure orders them."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from shopx_api.panels.table import QUOTIENT_DIGITS
from shopx_api.types.node import row_id
from shopx_core.domain.metrics import METRICS
from shopx_store.query import Dimension
from tests.support.api import Api
from tests.support.market_dataset import Market, nothing
from tests.support.sales_cases import ARGUMENTS, COMPARED, PANEL, SalesCase, days

LISTS = f"""
query Lists(
    {ARGUMENTS}, $by: Dimension!, $orderBy: MetricId!, $sort: SortValue!,
    $direction: SortDirection!, $search: String, $first: Int!, $after: String
) {{
  sales({PANEL}) {{
    breakdown(
      by: $by, metrics: [REVENUE], orderBy: $orderBy, sort: $sort, direction: $direction,
      search: $search, first: $first, after: $after
    ) {{
      totalCount
      total {{ value previous }}
      nodes {{ id label isNone figures {{ value previous delta {{ absolute ratio }} }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}"""
TYPES = {"PRODUCT": "Product", "CUSTOMER": "Customer", "REP": "SalesRep", "CATEGORY": "Category"}


async def walk(api: Api, case: SalesCase, *, first: int, **more: Any) -> tuple[Any, list[Any]]:
    """The first page and the rows of all pages."""
    rows: list[Any] = []
    start = None
    after, goes_on = None, True
    while goes_on:
        variables = case.variables | {"search": None, "first": first, "after": after} | more
        page = (await api.data(LISTS, variables))["sales"]["breakdown"]
        start = start or page
        assert page["totalCount"] == start["totalCount"]
        rows += page["nodes"]
        after, goes_on = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return start, rows


def part(metric: str, sort: str, now: Any, before: Any) -> Fraction | None:
    """What orders a row, out of the oracle's measures."""
    values = [METRICS[metric].value(row) for row in (now, before)]
    value, previous = [None if one is None else Fraction(one) for one in values]
    if sort == "VALUE":
        return value
    if sort == "PREVIOUS":
        return previous
    if value is None or previous is None:
        return None
    if sort == "DIFFERENCE":
        return value - previous
    if not previous or (value and (value > 0) != (previous > 0)):
        return None
    return round((value - previous) / abs(previous) * 10**QUOTIENT_DIGITS) * Fraction(1)


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("sort", ["VALUE", "PREVIOUS", "DIFFERENCE", "CHANGE"])
@pytest.mark.parametrize(
    ("by", "metric"),
    [("PRODUCT", "revenue"), ("CUSTOMER", "revenue"), ("REP", "profit"), ("CATEGORY", "orders")],
)
async def test_all_pages_are_the_whole_list_in_order(
    api: Api, market: Market, by: str, metric: str, sort: str, direction: str
) -> None:
    """No gap, no repeat, what fell to nothing included, and the earlier values add up."""
    choice = {"by": by, "orderBy": metric.upper(), "sort": sort, "direction": direction}
    start, rows = await walk(api, COMPARED, first=3, **choice)
    dimension = Dimension(by.lower())
    assert COMPARED.earlier is not None
    now = market.rows(COMPARED.query(dimension))
    before = market.rows(COMPARED.query(dimension, period=COMPARED.earlier))
    keys = {key for (key,) in (*now, *before)}
    by_key = {
        key: part(metric, sort, now.get((key,), nothing()), before.get((key,), nothing()))
        for key in keys
    }
    sign = 1 if direction == "ASC" else -1
    expected = sorted(keys, key=lambda key: (by_key[key] is None, sign * (by_key[key] or 0), key))
    assert [row_id(row["id"], TYPES[by]) for row in rows] == expected
    assert start["totalCount"] == len(expected)
    for side in ("value", "previous"):
        assert sum(Decimal(row["figures"][0][side]) for row in rows) == Decimal(
            start["total"][0][side]
        )


@pytest.mark.parametrize("first", [1, 2, 100])
async def test_pages_of_any_length_are_the_same_list(api: Api, first: int) -> None:
    choice = {"by": "CUSTOMER", "orderBy": "REVENUE", "sort": "CHANGE", "direction": "DESC"}
    _, expected = await walk(api, COMPARED, first=7, **choice)
    _, rows = await walk(api, COMPARED, first=first, **choice)
    assert rows == expected


@pytest.mark.parametrize("by", ["PRODUCT", "CUSTOMER", "REP", "SEGMENT"])
@pytest.mark.parametrize("search", ["a", "%", "no s", "zzz"])
async def test_a_search_lists_the_same_rows_as_the_whole(api: Api, by: str, search: str) -> None:
    """In the same order, with the same figures; the total stays that of all."""
    choice = {"by": by, "orderBy": "REVENUE", "sort": "DIFFERENCE", "direction": "ASC"}
    start, rows = await walk(api, COMPARED, first=2, **choice)
    options = await api.data(
        "query($d: Dimension!, $s: String) { filterOptions(dimension: $d, search: $s, first: 100)"
        " { nodes { id } } }",
        {"d": by, "s": search},
    )
    ids = {node["id"] for node in options["filterOptions"]["nodes"]}
    found, matching = await walk(api, COMPARED, first=2, search=search, **choice)
    assert matching == [
        row
        for row in rows
        if (search in row["label"].casefold() if row["isNone"] else row["id"] in ids)
    ]
    assert found["totalCount"] == len(matching)
    assert found["total"] == start["total"]


async def test_without_a_comparison_every_order_is_that_of_the_value(api: Api) -> None:
    """Such as over all time, before which there is nothing."""
    case = SalesCase(days=days("2026-01-01", "2026-06-30", "UTC"))
    choice = {"by": "PRODUCT", "orderBy": "REVENUE", "direction": "DESC"}
    _, expected = await walk(api, case, first=5, sort="VALUE", **choice)
    for sort in ("PREVIOUS", "DIFFERENCE", "CHANGE"):
        assert (await walk(api, case, first=5, sort=sort, **choice))[1] == expected


async def test_a_cursor_of_another_sort_or_search_is_refused(api: Api) -> None:
    choice = COMPARED.variables | {
        "by": "PRODUCT", "orderBy": "REVENUE", "sort": "VALUE", "direction": "DESC",
        "search": None, "first": 1, "after": None,
    }  # fmt: skip
    page = (await api.data(LISTS, choice))["sales"]["breakdown"]
    after = page["pageInfo"]["endCursor"]
    for change in ({"sort": "CHANGE"}, {"search": "a"}, {"direction": "ASC"}):
        error = await api.error(LISTS, choice | {"after": after} | change)
        assert error["extensions"]["code"] == "INVALID_INPUT"
