"""The products page says what the ledger says, to the cent."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from itertools import combinations
from typing import Any

import asyncpg
import pytest

from shopx_api.graphql.node import global_id, row_id
from shopx_core.cube import CubeQuery, Dimension, Filters
from shopx_core.domain.basket import associate
from shopx_core.domain.discounts import BANDS
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import share
from shopx_core.domain.pareto import classify
from shopx_core.domain.periods import Granularity
from shopx_core.domain.ranking import competition_ranks
from tests.support.api import Api
from tests.support.market import ZONE, Market, nothing
from tests.support.postgres import Database
from tests.support.questions import ARGUMENTS, FIGURES, PANEL, Question, days, decimal

PRODUCT = Dimension.PRODUCT

MARCH = Question(days=days("2026-03-01", "2026-03-31", ZONE))
COMPARED = Question(
    days=days("2026-03-01", "2026-03-31", ZONE), earlier=days("2026-02-01", "2026-02-28", ZONE)
)
QUESTIONS = [
    pytest.param(MARCH, id="a month"),
    pytest.param(COMPARED, id="compared"),
    pytest.param(
        Question(
            days=days("2026-02-10", "2026-04-12", "Asia/Kathmandu"),
            earlier=days("2026-01-25", "2026-02-09", "Asia/Kathmandu"),
        ),
        id="another zone, which no rollup by product serves",
    ),
    pytest.param(
        Question(
            days=days("2026-01-20", "2026-04-30", ZONE),
            earlier=days("2026-01-20", "2026-02-20", ZONE),
            filters=Filters(categories=(1, 0), channels=(1,)),
        ),
        id="filtered by category and channel",
    ),
    pytest.param(
        Question(days=days("2026-02-01", "2026-04-30", ZONE), filters=Filters(customers=(0, 2, 3))),
        id="filtered by customer",
    ),
    pytest.param(Question(days=days("2025-01-01", "2025-01-31", ZONE)), id="nothing sold"),
]

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


async def ranking(api: Api, question: Question, **more: Any) -> Any:
    given = {"metrics": [more["by"]], "direction": "DESC", "first": 100} | more
    return (await api.data(RANKING, question.variables | given))["products"]["ranking"]


def expected_order(
    values: Mapping[int, Decimal | None], *, ascending: bool
) -> list[tuple[int, int | None]]:
    """Keys with their places, as the page must list them."""
    ranks = competition_ranks(values, ascending=ascending)

    def place(key: int) -> tuple[bool, Decimal, int]:
        value = values[key] or Decimal(0)
        return values[key] is None, value if ascending else -value, key

    return [(key, ranks[key]) for key in sorted(values, key=place)]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    ("metric", "direction"),
    [("revenue", "DESC"), ("margin", "DESC"), ("return_rate", "ASC"), ("orders", "DESC")],
)
async def test_ranking_is_that_of_the_ledger(
    api: Api, market: Market, question: Question, metric: str, direction: str
) -> None:
    """Order, places, values, earlier values and places, deltas' base and shares."""
    shown = ["revenue", "units", metric]
    given = await ranking(
        api,
        question,
        by=metric.upper(),
        metrics=[name.upper() for name in dict.fromkeys(shown)],
        direction=direction,
    )
    query = question.query(PRODUCT)
    values = market.values(query, metric)
    order = expected_order(values, ascending=direction == "ASC")
    ids = [row_id(node["product"]["id"], "Product") for node in given["nodes"]]
    assert list(zip(ids, [node["rank"] for node in given["nodes"]], strict=True)) == order
    assert given["totalCount"] == len(order)
    earlier: dict[int, Decimal | None] = {}
    if question.earlier is not None:
        earlier = market.values(question.query(PRODUCT, period=question.earlier), metric)
    places = competition_ranks(earlier, ascending=direction == "ASC")
    for key, node in zip(ids, given["nodes"], strict=True):
        assert node["previousRank"] == places.get(key)
        check_figures(market, question, key, node["figures"])


def check_figures(
    market: Market, question: Question, key: int, figures: list[dict[str, Any]]
) -> None:
    """A product's figures, against the ledger."""
    whole = market.rows(question.query(PRODUCT))
    for figure in figures:
        metric = METRICS[figure["metric"].lower()]
        value = metric.value(whole[key,])
        assert decimal(figure["value"]) == value
        previous = None
        if question.earlier is not None:
            rows = market.rows(question.query(PRODUCT, period=question.earlier))
            previous = metric.value(rows.get((key,), nothing()))
        assert decimal(figure["previous"]) == previous
        assert (figure["delta"] is None) == (question.earlier is None)
        part = None
        if metric.id in {"revenue", "units"}:
            part = share(value or 0, market.value(question.query(), metric.id) or 0)
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


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("metric", ["revenue", "profit", "units"])
async def test_pareto_classes_are_those_of_the_definition(
    api: Api, market: Market, question: Question, metric: str
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
    values = {k: v or Decimal(0) for k, v in market.values(question.query(PRODUCT), metric).items()}
    # What has none of the metric's measures is not listed.
    needed = METRICS[metric].measures
    listed = {
        key for (key,), row in market.rows(question.query(PRODUCT)).items()
        if any(row[m] for m in needed)
    }  # fmt: skip
    ranked = classify(sorted((k, v) for k, v in values.items() if k in listed))
    nodes: list[Any] = []
    after, more, found = None, True, None
    while more:
        variables = question.variables | {"by": metric.upper(), "after": after}
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


@pytest.mark.parametrize("question", QUESTIONS)
async def test_each_category_holds_all_that_is_below_it(
    api: Api, market: Market, question: Question
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
    nodes = (await api.data(document, question.variables))["products"]["categoryTree"]
    whole = market.value(question.query(), "revenue") or Decimal(0)
    for node in nodes:
        category = row_id(node["id"], "Category")
        assert node["isNone"] == (category == 0)
        below = market.tree.get(category, {0})
        chosen = set(question.filters.categories)
        wanted = {c for key in chosen for c in market.tree.get(key, {key})} if chosen else below
        narrowed = Filters(
            categories=tuple(sorted(below & wanted)),
            channels=question.filters.channels,
            customers=question.filters.customers,
        )
        # Only direct members: descendants are in the set already.
        for figure in node["figures"]:
            name = figure["metric"].lower()
            query = question.query(filters=narrowed)
            assert decimal(figure["value"]) == market.value(query, name), node
            if question.earlier is not None:
                earlier = question.query(period=question.earlier, filters=narrowed)
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


@pytest.mark.parametrize("question", QUESTIONS[:4])
@pytest.mark.parametrize("metric", ["revenue", "margin"])
async def test_a_trend_is_the_ledger_by_bucket(
    api: Api, market: Market, question: Question, metric: str
) -> None:
    ids = [5, 3, 14]
    variables = question.variables | {
        "products": [global_id("Product", key) for key in ids],
        "metric": metric.upper(),
        "granularity": "WEEK",
    }
    found = (await api.data(TREND, variables))["products"]["trend"]
    assert [row_id(line["product"]["id"], "Product") for line in found["lines"]] == ids
    for key, line in zip(ids, found["lines"], strict=True):
        filters = Filters(
            products=(key,),
            categories=question.filters.categories,
            channels=question.filters.channels,
        )
        query = question.query(granularity=Granularity.WEEK, filters=filters)
        rows = market.rows(query)
        values = [decimal(value) for value in line["current"]]
        # The period cuts the first week, which begins where the period does.
        expected = {
            max(bucket, question.days.start): METRICS[metric].value(row)
            for (bucket,), row in rows.items()
        }
        starts = [dt.datetime.fromisoformat(text) for text in found["buckets"]]
        none = METRICS[metric].value(nothing())
        assert values == [expected.get(start, none) for start in starts]
        assert expected.keys() <= set(starts)
        assert (line["previous"] is None) == (question.earlier is None)


async def test_a_trend_of_nobody_in_particular_shows_the_best_five(api: Api) -> None:
    variables = MARCH.variables | {"metric": "REVENUE"}
    trend = (await api.data(TREND, variables))["products"]["trend"]
    best = await ranking(api, MARCH, by="REVENUE", first=5)
    assert [line["product"] for line in trend["lines"]] == [n["product"] for n in best["nodes"]]


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
    question = MARCH
    document = f"""
query Bands({ARGUMENTS}) {{
  products({PANEL}) {{ discountBands {{ low high figures {{ metric value share }} }} }}
}}"""
    bands = (await api.data(document, question.variables))["products"]["discountBands"]
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
                question.days.start,
                question.days.end,
                band.number,
            )
            assert row is not None
            figures = {f["metric"].lower(): decimal(f["value"]) for f in given["figures"]}
            for name in ("gross", "discounts", "units", "lines", "profit"):
                assert figures[name] == (row[name] or 0), (band, name)
            assert (decimal(given["low"]), decimal(given["high"])) == (band.low, band.high)
    finally:
        await connection.close()
    shares = [
        decimal(figure["share"]) or Decimal(0)
        for band in bands
        for figure in band["figures"]
        if figure["metric"] == "UNITS"
    ]
    assert abs(sum(shares) - 1) < Decimal("1e-20")


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
    """Each pair once, from the rarer product, with exact measures, in the asked order."""
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
    query: CubeQuery = MARCH.query(filters=Filters(products=(key,)))
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
