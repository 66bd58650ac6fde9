"""Every panel of the sales and profitability pages says what the lines say, to the cent."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shopx_api.types.enums import MetricId
from shopx_api.types.node import global_id
from shopx_core.domain.metrics import METRICS
from tests.support.api import Api
from tests.support.shop_dataset import CATEGORIES, PRODUCTS, RECORD, Line, Shop

MARCH = (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
FEBRUARY = (dt.date(2026, 2, 1), dt.date(2026, 2, 28))
IN_MARCH = {"days": {"from": "2026-03-01", "to": "2026-03-31"}}
MONTH_BEFORE = {"mode": "PREVIOUS_PERIOD"}

KPIS = """
query Kpis($p: PeriodInput, $c: ComparisonInput, $m: [MetricId!], $f: FilterInput, $z: String) {
    sales(period: $p, comparison: $c, filters: $f, zone: $z) {
        period { firstDay lastDay zone }
        comparison { firstDay lastDay }
        kpis(metrics: $m) { metric value previous delta { absolute status } }
    }
}
"""
SERIES = """
query Series($p: PeriodInput, $c: ComparisonInput, $m: [MetricId!], $g: Granularity, $z: String) {
    sales(period: $p, comparison: $c, zone: $z) {
        series(metrics: $m, granularity: $g) {
            granularity buckets previousBuckets partialFrom partial
            lines { metric current previous }
        }
    }
}
"""
BREAKDOWN = """
query Breakdown(
    $p: PeriodInput, $c: ComparisonInput, $by: Dimension!, $m: [MetricId!], $o: MetricId,
    $d: SortDirection! = DESC, $n: Int! = 10, $after: String
) {
    sales(period: $p, comparison: $c) {
        breakdown(by: $by, metrics: $m, orderBy: $o, direction: $d, first: $n, after: $after) {
            totalCount
            total { metric value previous }
            pageInfo { hasNextPage endCursor }
            nodes { id label isNone figures { metric value previous share delta { absolute } } }
        }
    }
}
"""


def number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


async def test_every_metric_is_what_the_lines_say(shop: Shop) -> None:
    """Twelve at a time, for March and, compared, for February."""
    ids = [member.name for member in MetricId]
    for some in (ids[:12], ids[12:]):
        data = await shop.api.data(KPIS, {"p": IN_MARCH, "c": MONTH_BEFORE, "m": some})
        assert data["sales"]["comparison"] == {"firstDay": "2026-02-01", "lastDay": "2026-02-28"}
        for figure in data["sales"]["kpis"]:
            name = MetricId[figure["metric"]].value
            assert number(figure["value"]) == shop.metric(name, *MARCH), name
            assert number(figure["previous"]) == shop.metric(name, *FEBRUARY), name


@pytest.mark.parametrize(
    ("filters", "only"),
    [
        ({"reps": ["SalesRep:ann"]}, lambda line: line.rep == "ann"),
        ({"reps": ["SalesRep:ann", "SalesRep:none"]}, lambda line: line.rep in {"ann", None}),
        ({"products": ["Product:kite"]}, lambda line: line.product == "kite"),
        ({"categories": ["Category:tools"]}, lambda line: line.category in {"tools", "saws"}),
        ({"categories": ["Category:none"]}, lambda line: line.category is None),
        ({"customers": ["Customer:c2"]}, lambda line: line.customer == "c2"),
        ({"customers": ["Customer:none"]}, lambda line: line.customer is None),
        ({"regions": ["Region:North"]}, lambda line: line.region == "North"),
        ({"channels": ["Channel:none"]}, lambda line: line.channel is None),
        (
            {"reps": ["SalesRep:bob"], "categories": ["Category:toys"]},
            lambda line: line.rep == "bob" and line.category == "toys",
        ),
        ({"segments": ["LOST"]}, lambda _: False),
        ({"segments": ["NONE", "LOST"]}, lambda _: True),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
async def test_filters_choose_lines(
    shop: Shop, filters: dict[str, list[str]], only: Callable[[Line], bool]
) -> None:
    """Lists between them all, entries within them any; a category with all below it."""
    named = await ids_by_key(shop.api)
    given = {
        name: [named.get(entry, entry) for entry in entries] for name, entries in filters.items()
    }
    metrics = ["REVENUE", "PROFIT", "UNITS", "RETURNS", "ORDERS"]
    data = await shop.api.data(KPIS, {"p": IN_MARCH, "m": metrics, "f": given})
    for figure in data["sales"]["kpis"]:
        name = MetricId[figure["metric"]].value
        assert number(figure["value"]) == shop.metric(name, *MARCH, only=only), name


async def ids_by_key(api: Api) -> dict[str, str]:
    """Global ids by `Type:key`; `Type:none` for the absence of one."""
    found: dict[str, str] = {}
    for dimension, kind in (
        ("PRODUCT", "Product"), ("CATEGORY", "Category"), ("CUSTOMER", "Customer"),
        ("REP", "SalesRep"), ("REGION", "Region"), ("CHANNEL", "Channel"),
    ):  # fmt: skip
        data = await api.data(
            "query($d: Dimension!) { filterOptions(dimension: $d, first: 100)"
            " { totalCount nodes { id label } } }",
            {"d": dimension},
        )
        for node in data["filterOptions"]["nodes"]:
            label = node["label"]
            key = (
                label if kind in {"Region", "Channel"} else label.lower().removeprefix("customer ")
            )
            found[f"{kind}:{key}"] = node["id"]
        found[f"{kind}:none"] = global_id(kind, 0)
    return found


async def test_options_are_named_by_their_ids(shop: Shop) -> None:
    """Those of a link: in its order, none among them, and without what is not there."""
    ids = await ids_by_key(shop.api)
    wanted = [ids["Category:none"], *(one for name, one in ids.items() if "Category:" in name)]
    ask = "query($d: Dimension!, $i: [ID!]!) { filterOptions(dimension: $d, ids: $i)"
    ask += " { totalCount nodes { id label } } }"
    gone = global_id("Category", 999_999)
    found = await shop.api.data(ask, {"d": "CATEGORY", "i": [*wanted, gone]})
    assert [node["id"] for node in found["filterOptions"]["nodes"]] == list(dict.fromkeys(wanted))
    assert found["filterOptions"]["nodes"][0]["label"] == "Uncategorised"
    segments = (await shop.api.data(ask, {"d": "SEGMENT", "i": ["NONE", "LOST", "WORST"]}))[
        "filterOptions"
    ]
    assert [node["label"] for node in segments["nodes"]] == ["No segment", "Lost"]
    assert segments["totalCount"] == 2


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
async def test_days_are_those_of_the_zone(shop: Shop, zone: str) -> None:
    """Also over the clock change of 8 March, and also where hours begin at a quarter past."""
    variables = {"p": IN_MARCH, "m": ["REVENUE", "ORDERS"], "g": "DAY", "z": zone}
    series = (await shop.api.data(SERIES, variables))["sales"]["series"]
    assert len(series["buckets"]) == 31
    for place, begin in enumerate(series["buckets"]):
        day = dt.datetime.fromisoformat(begin).astimezone(ZoneInfo(zone)).date()
        assert day == dt.date(2026, 3, place + 1)
        for line in series["lines"]:
            wanted = shop.metric(MetricId[line["metric"]].value, day, day, zone=ZoneInfo(zone))
            assert number(line["current"][place]) == wanted


@pytest.mark.parametrize("granularity", ["DAY", "WEEK", "HOUR"])
async def test_a_chart_adds_up_to_its_kpi(shop: Shop, granularity: str) -> None:
    """Whatever the unit, and on both sides of the comparison."""
    period = {"days": {"from": "2026-03-03", "to": "2026-03-14"}}
    variables = {"p": period, "c": MONTH_BEFORE, "m": ["REVENUE", "UNITS"], "g": granularity}
    data = await shop.api.data(SERIES, variables)
    kpis = await shop.api.data(KPIS, variables | {"m": ["REVENUE", "UNITS"]})
    for line, figure in zip(data["sales"]["series"]["lines"], kpis["sales"]["kpis"], strict=True):
        assert sum(Decimal(v) for v in line["current"]) == Decimal(figure["value"])
        assert sum(Decimal(v) for v in line["previous"]) == Decimal(figure["previous"])


KEYS: dict[str, Callable[[Line], Any]] = {
    "PRODUCT": lambda line: line.product,
    "CATEGORY": lambda line: line.category,
    "CUSTOMER": lambda line: line.customer,
    "REP": lambda line: line.rep,
    "REGION": lambda line: line.region,
    "CHANNEL": lambda line: line.channel,
}


@pytest.mark.parametrize("by", KEYS)
async def test_a_breakdown_adds_up_to_its_total(shop: Shop, by: str) -> None:
    """Rows, earlier values and shares; sales without a value of the dimension are a row too."""
    variables = {"p": IN_MARCH, "c": MONTH_BEFORE, "by": by, "m": ["REVENUE", "UNITS", "ORDERS"]}
    found = (await shop.api.data(BREAKDOWN, variables | {"n": 50}))["sales"]["breakdown"]
    kpis = (await shop.api.data(KPIS, variables | {"m": variables["m"]}))["sales"]["kpis"]
    assert [(f["value"], f["previous"]) for f in found["total"]] == [
        (f["value"], f["previous"]) for f in kpis
    ]
    key = KEYS[by]
    assert found["totalCount"] == len(found["nodes"])
    assert {row["isNone"] for row in found["nodes"]} == {False} | (
        {True} if any(key(line) is None for line in shop.lines) else set()
    )
    for row in found["nodes"]:
        name = None if row["isNone"] else row["label"].removeprefix("Customer ")

        def mine(line: Line, name: str | None = name) -> bool:
            value = key(line)
            return (value or "").lower() == (name or "").lower()

        for figure in row["figures"]:
            metric = MetricId[figure["metric"]].value
            assert number(figure["value"]) == shop.metric(metric, *MARCH, only=mine), row
            assert number(figure["previous"]) == shop.metric(metric, *FEBRUARY, only=mine), row
    shares: list[Any] = [Decimal(row["figures"][0]["share"]) for row in found["nodes"]]
    assert abs(sum(shares) - 1) < Decimal("1e-20")


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("metric", ["REVENUE", "MARGIN", "RETURN_RATE", "LINES"])
@pytest.mark.parametrize("by", ["PRODUCT", "CUSTOMER", "SEGMENT"])
async def test_pages_show_every_row_once(shop: Shop, by: str, metric: str, direction: str) -> None:
    """Over ties, quotients with infinitely many digits, and rows without a value."""
    variables = {"p": IN_MARCH, "by": by, "m": [metric], "d": direction}
    whole = (await shop.api.data(BREAKDOWN, variables | {"n": 100}))["sales"]["breakdown"]["nodes"]
    paged: list[Any] = []
    after = None
    while True:
        page = (await shop.api.data(BREAKDOWN, variables | {"n": 1, "after": after}))["sales"]
        paged += page["breakdown"]["nodes"]
        if not page["breakdown"]["pageInfo"]["hasNextPage"]:
            break
        after = page["breakdown"]["pageInfo"]["endCursor"]
    assert [row["id"] for row in paged] == [row["id"] for row in whole]
    values = [number(row["figures"][0]["value"]) for row in whole]
    present = [value for value in values if value is not None]
    assert present == sorted(present, reverse=direction == "DESC")
    assert values[len(present) :] == [None] * (len(values) - len(present))


async def test_a_cursor_of_another_order_is_refused(shop: Shop) -> None:
    """It would start a page at a place that means nothing."""
    variables = {"p": IN_MARCH, "by": "PRODUCT", "n": 1}
    page = (await shop.api.data(BREAKDOWN, variables))["sales"]["breakdown"]
    after = page["pageInfo"]["endCursor"]
    error = await shop.api.error(BREAKDOWN, variables | {"after": after, "d": "ASC"})
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert error["path"] == ["sales", "breakdown"]


async def test_the_heat_map_adds_up(shop: Shop) -> None:
    """Each hour of the week, in the requested zone."""
    text = """
    query Heat($p: PeriodInput) {
        sales(period: $p, zone: "Asia/Kathmandu") {
            heatmap(metric: REVENUE) { weekdays hours values }
        }
    }
    """
    found = (await shop.api.data(text, {"p": IN_MARCH}))["sales"]["heatmap"]
    zone = ZoneInfo("Asia/Kathmandu")
    assert len(found["values"]) == 168
    for day, hour, value in zip(found["weekdays"], found["hours"], found["values"], strict=True):

        def mine(line: Line, day: int = day, hour: int = hour) -> bool:
            local = line.at.astimezone(zone)
            return (local.isoweekday(), local.hour) == (day, hour)

        assert number(value) == shop.metric("revenue", *MARCH, only=mine, zone=zone)


async def test_live_figures_show_an_order_at_once(shop: Shop) -> None:
    """Today so far, against the same hours a week ago, or yesterday."""
    text = """
    query Live($match: Boolean!) {
        sales(comparison: { matchWeekdays: $match }) {
            live(metrics: [ORDERS, UNITS]) {
                asOf lastOrderAt period { from to } comparison { from to }
                figures { value previous }
            }
        }
    }
    """
    before = (await shop.api.data(text, {"match": True}))["sales"]["live"]
    assert [figure["value"] for figure in before["figures"]] == ["0", "0"]
    now = dt.datetime.now(dt.UTC)
    for key, at in (
        ("today", now),
        ("week", now - dt.timedelta(7)),
        ("day", now - dt.timedelta(1)),
    ):
        await record(shop.api, key, at)
    after = (await shop.api.data(text, {"match": True}))["sales"]["live"]
    assert [figure["value"] for figure in after["figures"]] == ["1", "2"]
    assert dt.datetime.fromisoformat(after["lastOrderAt"]) == now
    begun = dt.datetime.fromisoformat(after["comparison"]["from"])
    today = dt.datetime.fromisoformat(after["period"]["from"])
    assert today - begun == dt.timedelta(days=7)
    other = (await shop.api.data(text, {"match": False}))["sales"]["live"]
    assert today - dt.datetime.fromisoformat(other["comparison"]["from"]) == dt.timedelta(days=1)


async def record(api: Api, key: str, at: dt.datetime) -> None:
    """One order of two kites."""
    line = {"product": "kite", "quantity": "2", "gross": "20"}
    order = {"key": key, "orderedAt": at.isoformat(), "lines": [line]}
    data = await api.data(RECORD, {"orders": [order]})
    assert data["recordOrders"]["recorded"] == 1


async def test_profitability_agrees_with_sales(shop: Shop) -> None:
    """The waterfall's bars are the KPIs, and the loss-makers are those with a negative profit."""
    text = """
    query Profit($p: PeriodInput) {
        profitability(period: $p, comparison: { mode: PREVIOUS_PERIOD }) {
            waterfall { step start end change isTotal share previous }
            series { lines { metric current } }
            by(dimension: CATEGORY) { nodes { label figures { metric value } } }
            lossMakers(first: 100) { totalCount total { metric value }
                nodes { label figures { metric value } } }
        }
    }
    """
    found = (await shop.api.data(text, {"p": IN_MARCH}))["profitability"]
    bars = {bar["step"]: bar for bar in found["waterfall"]}
    for step in ("GROSS", "REVENUE", "PROFIT"):
        assert number(bars[step]["end"]) == shop.metric(step.lower(), *MARCH)
        assert number(bars[step]["previous"]) == shop.metric(step.lower(), *FEBRUARY)
    profit = next(line for line in found["series"]["lines"] if line["metric"] == "PROFIT")
    assert sum(Decimal(value) for value in profit["current"]) == Decimal(bars["PROFIT"]["end"])
    by_category = {
        row["label"]: {f["metric"]: number(f["value"]) for f in row["figures"]}
        for row in found["by"]["nodes"]
    }
    assert set(by_category) == {"Uncategorised"} | {key.title() for key in CATEGORIES}
    assert sum(row["PROFIT"] or 0 for row in by_category.values()) == Decimal(bars["PROFIT"]["end"])
    losses = {
        product: shop.metric("profit", *MARCH, only=lambda line, p=product: line.product == p)
        for product in PRODUCTS
    }
    losing = sorted((value, key) for key, value in losses.items() if value and value < 0)
    shown = [
        (number(row["figures"][4]["value"]), row["label"].lower())
        for row in found["lossMakers"]["nodes"]
    ]
    assert shown == losing
    assert found["lossMakers"]["totalCount"] == len(losing)
    total = {f["metric"]: number(f["value"]) for f in found["lossMakers"]["total"]}
    assert total["PROFIT"] == sum(value for value, _ in losing)


async def test_the_registry_is_what_the_pages_show(api: Api) -> None:
    """Definitions come from the one registry."""
    data = await api.data("{ metrics { id title definition unit better isAdditive } }")
    assert [metric["id"] for metric in data["metrics"]] == [name.upper() for name in METRICS]
    margin = next(metric for metric in data["metrics"] if metric["id"] == "MARGIN")
    assert margin["definition"] == METRICS["margin"].definition
    assert (margin["unit"], margin["better"], margin["isAdditive"]) == ("RATIO", "HIGHER", False)


CHANGE = """
query Change($p: PeriodInput, $c: ComparisonInput, $by: Dimension!, $n: Int! = 100) {
    sales(period: $p, comparison: $c) {
        change(by: $by, rows: $n) {
            dimension members
            total { before now change volume mix price new gone unitless }
            rows {
                id label isNone
                effects { before now change volume mix price new gone unitless }
            }
        }
        kpis(metrics: [REVENUE]) { value previous delta { absolute } }
        breakdown(by: $by, metrics: [REVENUE], first: 100) {
            nodes { id figures { value previous } }
        }
    }
}
"""
EFFECTS = ("volume", "mix", "price", "new", "gone", "unitless")


@pytest.mark.parametrize("by", ["PRODUCT", "CATEGORY", "CUSTOMER", "REP", "REGION", "SEGMENT"])
async def test_what_explains_a_change_adds_up_to_it(shop: Shop, by: str) -> None:
    """Over all members to the change of the tile, and in each row to that of the breakdown."""
    data = (await shop.api.data(CHANGE, {"p": IN_MARCH, "c": MONTH_BEFORE, "by": by}))["sales"]
    (tile,) = data["kpis"]
    found = data["change"]
    total = {name: Decimal(value) for name, value in found["total"].items()}
    assert total["now"] == number(tile["value"]) == shop.metric("revenue", *MARCH)
    assert total["before"] == number(tile["previous"]) == shop.metric("revenue", *FEBRUARY)
    assert total["change"] == Decimal(tile["delta"]["absolute"])
    assert sum(total[name] for name in EFFECTS) == total["change"]
    rows = {row["id"]: {k: Decimal(v) for k, v in row["effects"].items()} for row in found["rows"]}
    expected = {
        node["id"]: [Decimal(node["figures"][0][side]) for side in ("previous", "value")]
        for node in data["breakdown"]["nodes"]
    }
    assert {key: [row["before"], row["now"]] for key, row in rows.items()} == {
        key: sides for key, sides in expected.items() if sides[0] != sides[1]
    }
    for row in rows.values():
        assert sum(row[name] for name in EFFECTS) == row["change"]
    changes = [abs(row["change"]) for row in rows.values()]
    assert changes == sorted(changes, reverse=True)
    for name in EFFECTS:
        assert sum(row[name] for row in rows.values()) == total[name]


async def test_nothing_is_explained_where_nothing_is_compared(shop: Shop) -> None:
    data = await shop.api.data(CHANGE, {"p": IN_MARCH, "c": None, "by": "PRODUCT"})
    assert data["sales"]["change"] is None
