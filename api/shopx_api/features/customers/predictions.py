"""What customers are worth: so far from a materialized view, expected from the fitted models."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import overload

import asyncpg

from shopx_api.data.operation_data import OperationData


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The models in use. Time is in days, money in the reporting currency."""

    fitted_at: dt.datetime
    as_of: dt.datetime
    observed_until: dt.date
    """The newest purchase day: predictions look ahead from it."""
    customers: int
    horizon_days: int
    r: float
    alpha: float
    a: float
    b: float
    p: float | None
    q: float | None
    v: float | None
    degenerate: bool
    spend_reason: str | None
    """Why the value of purchases could not be fitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What one customer is expected to buy."""

    fit_id: int
    as_of: dt.datetime
    horizon_days: int
    probability_alive: float
    purchases_90: float
    purchases_365: float
    spend: float | None
    value: float | None


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A customer with value so far and expected."""

    customer_id: int
    revenue: Decimal
    forecast: Forecast | None


@dataclass(frozen=True, slots=True)
class Worth:
    """All customers together."""

    revenue: Decimal
    """So far."""
    median: Decimal | None
    """Of the revenue so far; `None` without customers."""
    expected: float | None
    """Expected revenue within the horizon; `None` before the first fit of spend."""
    customers: int


_FORECAST = """p.fit_id, f.as_of, f.horizon_days, p.probability_alive, p.expected_purchases_90,
    p.expected_purchases_365, p.expected_spend, p.predicted_value"""


async def current_fit(data: OperationData) -> Fit | None:
    """Return the newest fit that predicted something; `None` before the first."""
    rows = await data.fetch("""
select fitted_at, as_of, observed_until, customers, horizon_days, r, alpha, a, b, p, q, v,
    degenerate, spend_reason
from prediction_fits where reason is null order by id desc limit 1""")
    return Fit(**rows[0]) if rows else None


async def forecasts(data: OperationData, ids: Sequence[int]) -> list[Forecast | None]:
    """Return the forecasts of customers; `None` for who has none. A loader's function."""
    data.read_view()
    rows = await data.fetch(
        f"select p.customer_id, {_FORECAST} from predictions p"
        " join prediction_fits f on f.id = p.fit_id where p.customer_id = any($1::bigint[])",
        list(ids),
    )
    found = {row["customer_id"]: _forecast(row) for row in rows}
    return [found.get(key) for key in ids]


async def worth(data: OperationData) -> Worth:
    """Return what every customer with an order brought, and is expected to bring."""
    data.read_view()
    rows = await data.fetch("""
select coalesce(sum(revenue), 0) as revenue,
    percentile_disc(0.5) within group (order by revenue) as median,
    (select sum(predicted_value) from predictions) as expected, count(*) as customers
from mv_customer_purchases""")
    return Worth(*rows[0])


async def most_valuable(
    data: OperationData, first: int, after: tuple[float | None, int] | None
) -> list[ValueRow]:
    """Return customers by expected revenue, the highest first, those without one last.

    Args:
        data: What the operation reads.
        first: How many; one more comes where there are more.
        after: Expected revenue and id of the customer before the page.
    """
    data.read_view()
    where, args = "true", list[float | int | None]()
    if after is not None:
        args += after
        where = "c.customer_id > $3 and p.predicted_value is null and $2::float8 is null"
        if after[0] is not None:
            where = (
                "(p.predicted_value < $2 or p.predicted_value is null"
                " or (p.predicted_value = $2 and c.customer_id > $3))"
            )
    rows = await data.fetch(
        f"""
select c.customer_id, c.revenue, {_FORECAST}
from mv_customer_purchases c
left join predictions p on p.customer_id = c.customer_id
left join prediction_fits f on f.id = p.fit_id
where {where} order by p.predicted_value desc nulls last, c.customer_id limit $1""",
        first + 1,
        *args,
    )
    return [ValueRow(row["customer_id"], row["revenue"], _forecast(row)) for row in rows]


@overload
def estimate(value: float) -> Decimal: ...
@overload
def estimate(value: float | None) -> Decimal | None: ...
def estimate(value: float | None) -> Decimal | None:
    """Return an estimate as a Decimal of 10 significant digits: more would feign precision."""
    return None if value is None else Decimal(f"{value:.10g}")


def _forecast(row: asyncpg.Record) -> Forecast | None:
    if row["fit_id"] is None:
        return None
    return Forecast(
        fit_id=row["fit_id"],
        as_of=row["as_of"],
        horizon_days=row["horizon_days"],
        probability_alive=row["probability_alive"],
        purchases_90=row["expected_purchases_90"],
        purchases_365=row["expected_purchases_365"],
        spend=row["expected_spend"],
        value=row["predicted_value"],
    )
