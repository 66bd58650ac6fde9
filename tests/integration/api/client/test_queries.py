"""Every query of the client is answered by the API, and what it reads is what was booked."""

import datetime as dt
import inspect
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, get_type_hints

import pytest

from shopx_api.types.node import global_id
from shopx_client import AsyncClient, NotFound, enums, inputs, queries
from shopx_client.operation import Query
from shopx_core.domain.metrics import Measure
from tests.support.shop_dataset import Shop

FIRST, LAST = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
MARCH = inputs.PeriodInput(days=inputs.DateRangeInput(from_=FIRST, to=LAST))
BEFORE = inputs.ComparisonInput(mode=enums.ComparisonMode.PREVIOUS_PERIOD)
GIVEN: dict[str, Any] = {
    "period": MARCH,
    "comparison": BEFORE,
    "dimension": enums.Dimension.CATEGORY,
    "by": enums.Dimension.CATEGORY,
    "group": inputs.CustomerGroupInput(segment=enums.CustomerSegment.CHAMPIONS),
}
"""Arguments by their names; others are not given."""
WITHOUT_ROWS = {"sales.csv", "profitability.cost_coverage"}
"""Single values."""


def _functions(of: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, function in inspect.getmembers(of, inspect.isroutine):
        if not name.startswith("_") and (inspect.ismethod(function) or name in queries.__all__):
            yield name, function


def _called(function: Callable[..., Any], ids: dict[str, str]) -> Any:
    parameters = inspect.signature(function).parameters
    given = {name: GIVEN[name] for name in parameters if name in GIVEN}
    if "by" in parameters and "Dimension" not in str(get_type_hints(function)["by"]):
        del given["by"]
    if "id" in parameters:
        given["id"] = ids[function.__name__]
    return function(**given)


def every_query(ids: dict[str, str]) -> Iterator[tuple[str, Query[Any]]]:
    """Each query of the module with its path, also those of panels of one object."""

    def below(path: str, of: Any) -> Iterator[tuple[str, Query[Any]]]:
        for name, function in _functions(of):
            made = _called(function, ids)
            if isinstance(made, Query):
                yield f"{path}{name}", made
            else:
                yield from below(f"{path}{name}.", made)

    yield from below("", queries)


async def test_every_query_is_answered_and_has_frames(client: AsyncClient) -> None:
    """Its type fits, and each library gets the same rows and columns."""
    products = await client.read(queries.products(period=MARCH).ranking(limit=1))
    customers = await client.read(queries.customers(period=MARCH).top(limit=1))
    reps = await client.read(queries.reps(period=MARCH).leaderboard(limit=1))
    orders = await client.read(queries.orders(period=MARCH).placed(limit=1))
    ids = {
        "product": products.data.nodes[0].product.id,
        "customer": customers.data.nodes[0].customer.id,
        "rep": reps.data.nodes[0].rep.id,
        "order": orders.data.nodes[0].id,
        "import_job": "",
    }
    seen = set()
    for path, query in every_query(ids):
        if path == "import_job":
            continue
        answer = await client.read(query)
        seen.add(path)
        if path in WITHOUT_ROWS:
            continue
        arrow, pandas, polars = answer.to_arrow(), answer.to_pandas(), answer.to_polars()
        assert arrow.num_rows == len(pandas) == len(polars), path
        assert arrow.column_names == list(pandas.columns) == polars.columns, path
    assert {"sales.kpis", "customer.sales.series", "rep.attainment", "import_limits"} <= seen
    assert len(seen) > 60


async def test_figures_are_exact_and_say_what_they_are_of(client: AsyncClient, shop: Shop) -> None:
    answer = await client.read(
        queries.sales(period=MARCH, comparison=BEFORE).kpis(metrics=[enums.MetricId.REVENUE])
    )
    (revenue,) = answer.data
    assert revenue.value == shop.metric("revenue", FIRST, LAST)
    assert revenue.delta is not None
    assert (answer.currency, answer.zone) == ("USD", "UTC")
    assert answer.period is not None
    assert (answer.period.first_day, answer.period.last_day) == (FIRST, LAST)
    assert answer.comparison is not None
    assert answer.as_of is not None
    assert answer.as_of.tzinfo is not None
    assert answer.left_out == ()
    frame = answer.to_pandas()
    assert frame["value"][0] == revenue.value
    assert isinstance(frame["value"][0], Decimal)
    assert frame.attrs["as_of"] == answer.as_of.isoformat()
    assert frame.attrs["currency"] == "USD"


async def test_a_series_is_a_row_for_each_bucket(client: AsyncClient) -> None:
    answer = await client.read(
        queries.sales(period=MARCH, comparison=BEFORE, zone="Europe/Berlin").series(
            metrics=[enums.MetricId.REVENUE, enums.MetricId.ORDERS],
            granularity=enums.Granularity.DAY,
        )
    )
    frame = answer.to_pandas()
    assert list(frame.columns) == [
        "bucket", "previous_bucket", "is_partial", "revenue", "revenue_previous", "orders",
        "orders_previous",
    ]  # fmt: skip
    assert [instant.date() for instant in frame["bucket"]] == [
        FIRST + dt.timedelta(days=number) for number in range(31)
    ]
    assert str(frame["bucket"].dt.tz) == answer.zone == "Europe/Berlin"
    polars = answer.to_polars()
    assert polars["revenue"].sum() == answer.to_arrow()["revenue"].to_pandas().sum()
    assert sum(frame["revenue"]) == sum(value or 0 for value in answer.data.lines[0].current)


async def test_filters_choose_lines(client: AsyncClient, shop: Shop) -> None:
    options = await client.read(queries.filter_options(enums.Dimension.CHANNEL, search="web"))
    (web,) = options.data.nodes
    filters = inputs.FilterInput(channels=[web.id])
    answer = await client.read(
        queries.sales(period=MARCH, filters=filters).kpis(metrics=[enums.MetricId.ORDERS])
    )
    right = shop.measures(FIRST, LAST, lambda line: line.channel == "web")[Measure.ORDERS]
    assert answer.data[0].value == right


async def test_lists_are_read_to_their_end_as_of_one_instant(
    client: AsyncClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pages, whose places and sums are those of one list; a limit cuts it and says so."""
    monkeypatch.setattr("shopx_client.flows.PAGE_ROWS", 7)
    every = inputs.PeriodInput(preset=enums.PeriodPreset.ALL_TIME)
    orders = queries.orders(period=every)
    answer = await client.read(orders.placed(order_by=enums.PlacedOrder.TIME))
    keys = [order.key for order in answer.data.nodes]
    assert len(keys) == len(set(keys)) > 50
    assert {line.order for line in shop.lines} <= set(keys)
    assert not answer.data.page_info.has_next_page
    cut = await client.read(orders.placed(limit=10), as_of=answer)
    assert [order.key for order in cut.data.nodes] == keys[:10]
    assert cut.data.page_info.has_next_page
    assert cut.as_of == answer.as_of
    assert sum(order.revenue for order in answer.data.nodes) == shop.metric(
        "revenue", dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    )
    abc = await client.read(queries.products(period=every).abc())
    assert [row.rank for row in abc.data.products.nodes] == list(range(1, 7))


async def test_an_object_that_is_not_there_is_told(client: AsyncClient) -> None:
    (one,) = (await client.read(queries.products(period=MARCH).ranking(limit=1))).data.nodes
    sku = (await client.read(queries.product(one.product.id).read())).data.sku
    assert sku == one.product.sku
    gone = global_id("Product", 999_999)
    missing: list[Query[Any]] = [
        queries.product(gone).read(),
        queries.product(gone).sales().kpis(),
    ]
    for query in missing:
        with pytest.raises(NotFound):
            await client.read(query)
