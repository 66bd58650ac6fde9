"""How many statements each operation runs: pinned, and the same however much there is to show."""

import pytest

from tests.support.api import Api
from tests.support.shop_dataset import Shop

PERIOD = 'period: {days: {from: "2026-03-01", to: "2026-03-31"}}'
SHARES = "label figures { share }"
COMPARED = f"{PERIOD}, comparison: {{}}"

# Statements besides the one that opens every transaction (the state of the rollups).
COUNTS = [
    ("metrics { id title }", 0),
    ("viewer { name }", 0),
    ("reporting { currency timezone }", 0),
    ("reporting { firstSaleAt lastSaleAt }", 2),
    ("freshness { fold { pendingLines } views { name } }", 2),
    (f"sales({PERIOD}) {{ period {{ from }} }}", 0),
    (f"sales({PERIOD}) {{ kpis {{ value }} }}", 1),
    (f"sales({COMPARED}) {{ kpis {{ value delta {{ ratio }} }} }}", 2),
    (f"sales({COMPARED}) {{ a: kpis {{ value }} b: kpis {{ previous }} }}", 2),
    (f"sales({PERIOD}) {{ series {{ lines {{ current }} }} }}", 1),
    (f"sales({COMPARED}) {{ series(metrics: [REVENUE, ORDERS]) {{ lines {{ current }} }} }}", 2),
    (f"sales({PERIOD}) {{ heatmap {{ values }} }}", 1),
    (f"sales({COMPARED}) {{ pareto(by: PRODUCT) {{ counts shares }} }}", 1),
    (f"sales({PERIOD}) {{ live {{ figures {{ value }} lastOrderAt }} }}", 3),
    # All members and the labels of a page; with comparison the earlier members. Shares are parts
    # of the members' sum.
    (f"sales({PERIOD}) {{ breakdown(by: PRODUCT) {{ nodes {{ label }} }} }}", 2),
    (f"sales({PERIOD}) {{ breakdown(by: SEGMENT) {{ nodes {{ label }} }} }}", 1),
    (
        f"sales({COMPARED}) {{ breakdown(by: PRODUCT) {{ nodes {{ figures {{ previous }} }} }} }}",
        3,
    ),
    (
        f"sales({COMPARED}) {{ breakdown(by: REP) {{ totalCount nodes {{ {SHARES} }} }} }}",
        3,
    ),
    (f"profitability({COMPARED}) {{ waterfall {{ change previous }} }}", 2),
    (f"profitability({PERIOD}) {{ series {{ lines {{ current }} }} }}", 1),
    (f"profitability({PERIOD}) {{ by(dimension: REP) {{ nodes {{ label }} }} }}", 2),
    (f"profitability({PERIOD}) {{ lossMakers {{ nodes {{ label }} total {{ value }} }} }}", 2),
    ("filterOptions(dimension: PRODUCT) { nodes { label } }", 1),
    ("filterOptions(dimension: PRODUCT) { totalCount }", 2),
    ("imports { nodes { id undoObstacle } }", 1),
    ("imports { totalCount nodes { id } }", 2),
    ("dataSources { name lastImportAt }", 1),
]


async def statements(api: Api, name: str) -> int:
    """How many statements operations of this name have run."""
    wanted = f'shopx_db_query_seconds_count{{operation="{name}"}} '
    for line in (await api.http.get("/metrics")).text.splitlines():
        if line.startswith(wanted):
            return int(float(line.removeprefix(wanted)))
    return 0


@pytest.mark.parametrize(("selection", "count"), COUNTS, ids=[text[:60] for text, _ in COUNTS])
async def test_statements_are_counted(shop: Shop, selection: str, count: int) -> None:
    """A change of one of these numbers is a decision."""
    await shop.api.data(f"query Counted {{ {selection} }}")
    assert await statements(shop.api, "Counted") == count


async def test_longer_pages_run_no_more_statements(shop: Shop) -> None:
    """Labels of a page are loaded together; so is what belongs to its orders."""
    text = f"""query NAME($first: Int!) {{
        sales({PERIOD}) {{ breakdown(by: CUSTOMER, first: $first) {{ nodes {{ label }} }} }}
        customers({PERIOD}) {{
            top(first: 1) {{ nodes {{ customer {{
                orders(first: $first) {{
                    nodes {{ key customer {{ name }} rep {{ name }} lines {{
                        product {{ name category {{ name }} }}
                    }} }}
                }}
            }} }} }}
        }}
    }}"""
    rows = {}
    for name, first in (("Short", 6), ("Long", 30)):
        data = await shop.api.data(text.replace("NAME", name), {"first": first})
        rows[name] = len(data["customers"]["top"]["nodes"][0]["customer"]["orders"]["nodes"])
    assert rows["Long"] > rows["Short"] == 6
    assert await statements(shop.api, "Long") == await statements(shop.api, "Short")
