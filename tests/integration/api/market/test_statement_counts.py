"""How many statements an operation sends, whatever it finds: the same for 2 rows as for 50.

One of them learns where the rollups stand.
"""

from collections.abc import AsyncIterator

import pytest

from shopx_api.types.node import global_id
from tests.support.market_dataset import Market
from tests.support.postgres import Database
from tests.support.statements import Counted, counting

PERIOD = 'period: { days: { from: "2026-03-01", to: "2026-03-31" } }'
COMPARED = f"{PERIOD}, comparison: {{ mode: PREVIOUS_PERIOD }}"
OPENING = 1

PANELS = [
    pytest.param(
        f"""query Q($first: Int!) {{ products({COMPARED}) {{
            ranking(metrics: [REVENUE, MARGIN], first: $first) {{
              totalCount
              nodes {{ rank previousRank product {{ name }} figures {{ value }} }} }} }} }}""",
        3,
        id="ranking: page with totals and count, earlier, products",
    ),
    pytest.param(
        f"""query Q($first: Int!) {{ products({COMPARED}) {{ ranking(first: $first) {{
            nodes {{ product {{ category {{ name }} }} }} }} }} }}""",
        4,
        id="ranking with categories: a loader each",
    ),
    pytest.param(
        f"""query Q($first: Int!) {{ products({PERIOD}) {{ abc(first: $first) {{
            classes {{ products }}
            products {{ totalCount nodes {{ product {{ name }} }} }} }} }} }}""",
        2,
        id="pareto classes: classes, page and count, products",
    ),
    pytest.param(
        f"""query Q($first: Int!) {{ products({COMPARED}) {{
            margins(points: $first) {{ points {{ margin product {{ name }} }} }} }} }}""",
        2,
        id="margins: products with their sums, their names",
    ),
    pytest.param(
        f"""query Q($first: Int!) {{ reps({COMPARED}) {{
            pace(rows: $first) {{ rows {{ rep {{ name }} figures {{ expected }} }} }} }} }}""",
        6,
        id="pace: days, three times by rep, quotas, reps",
    ),
    pytest.param(
        f"""query Q {{ products({COMPARED}) {{
            categoryTree {{ name figures {{ value previous }} }} }} }}""",
        4,
        id="tree: both periods, products, categories",
    ),
    pytest.param(
        f"""query Q {{ products({COMPARED}) {{
            trend {{ lines {{ current previous product {{ name }} }} }} }} }}""",
        4,
        id="trend: best five, products, both periods",
    ),
    pytest.param(
        """query Q($first: Int!) { products { pairs(minOrders: 1, first: $first) {
            asOf nodes { product { name } other { name } lift } } } }""",
        3,
        id="pairs: page, products, as-of",
    ),
    pytest.param(
        """query Q($first: Int!) { products { pairs(minOrders: 1, first: $first) {
            totalCount nodes { lift } } } }""",
        4,
        id="pairs are counted only on request",
    ),
    pytest.param(
        f"""query Q($first: Int!) {{ customers({COMPARED}) {{ top(first: $first) {{
            totalCount nodes {{ customer {{ name lifetime {{ revenue }} rfm {{ asOf segment }}
              prediction {{ expectedRevenue }} }} }} }} }} }}""",
        10,
        id="top customers with history, scores and predictions: a loader each",
    ),
    pytest.param(
        """query Q($first: Int!) { customers {
            lifetimeValue(first: $first) {
              asOf average model { r } customers { nodes { customer { name } } } }
            segments { asOf rows { customers } }
            rfm { asOf customers } } }""",
        8,
        id="values, segments and scores: their as-ofs in one",
    ),
    pytest.param(
        f"""query Q($first: Int!) {{ customers({PERIOD}) {{
            newVersusReturning {{ newCustomers newRevenue returningRevenue anonymousRevenue }}
            top(first: $first) {{ nodes {{ rank }} }} }} }}""",
        4,
        id="new against returning: counts, and the revenue once",
    ),
    pytest.param(
        f"""query Q($first: Int!) {{ reps({COMPARED}) {{ leaderboard(first: $first) {{
            totalCount nodes {{ rep {{ name region manager {{ name }} }} figures {{ value }}
              attainment {{ ratio }} }} }} }} }}""",
        7,
        id="leaderboard: reps, sales and quotas of both periods, regions, managers",
    ),
]


@pytest.fixture
async def counted(monkeypatch: pytest.MonkeyPatch, computed: Database) -> AsyncIterator[Counted]:
    """The API over the market."""
    async with counting(monkeypatch, computed.dsn) as made:
        yield made


@pytest.mark.parametrize(("document", "expected"), PANELS)
async def test_a_panel_sends_as_many_statements_for_few_rows_as_for_many(
    counted: Counted, document: str, expected: int
) -> None:
    few = await counted.statements(document, {"first": 2})
    many = await counted.statements(document, {"first": 50})
    assert (few, many) == (OPENING + expected, OPENING + expected), counted.sketch()


async def test_one_customers_page(counted: Counted, market: Market) -> None:
    """Orders, their lines, products and reps: a statement each, however many there are."""
    document = """query Q($id: ID!, $first: Int!) { customer(id: $id) {
        name lifetime { revenue } rfm { asOf }
        orders(first: $first) { nodes {
          status customer { name } rep { name } lines { quantity product { name } } } } } }"""
    variables = {"id": global_id("Customer", market.ids["customers"]["c1"])}
    found = {await counted.statements(document, variables | {"first": first}) for first in (2, 50)}
    # Customer; lifetime (sums, first and last); scores, as-of; orders; lines, reps; products; and
    # for foreign money what lifetime and views leave out.
    assert found == {OPENING + 11}
