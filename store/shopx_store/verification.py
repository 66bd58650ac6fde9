"""Verification: every tier recomputed from the ledger, in SQL that shares nothing with the fold's.

One REPEATABLE READ transaction sees the ledger, the rollups and the watermark in one snapshot. The
rollups are compared with the lines that they claim to hold, the materialized views with the lines
that their refresh saw, up to its instant; lines not folded yet are no difference. A missing row
equals zero. An amount without an exchange rate is in no figure of the reporting currency; `unrated`
names it.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import psycopg
from psycopg import IsolationLevel

from shopx_core.domain.matviews import (
    COHORTS,
    CUSTOMER_CONCENTRATION,
    CUSTOMER_PURCHASES,
    CUSTOMER_RFM,
    PRODUCT_ORDERS,
    PRODUCT_PAIRS,
)

_SIGN: Final = """
case kind when 'sale' then 1 when 'return' then 0
    else case when reverses is null or is_return then 0 else -1 end end"""

# `l`: the lines that a tier claims to hold; dimensions with 0 for "none".
_LINES: Final = f"""
l as (
    select id, order_id, product_id, currency, booked_at, is_return,
        coalesce(customer_id, 0) as customer_id, coalesce(rep_id, 0) as rep_id,
        coalesce(region_id, 0) as region_id, coalesce(channel_id, 0) as channel_id,
        (booked_at at time zone (select timezone from reporting))::date as day,
        quantity, gross, discount, cost, {_SIGN} as sign
    from order_items where {{claimed}}
)"""
_FOLDED: Final = """
(xid < (select folded_below from watermark) or xid in (select xid from folded_xids)
    or id <= (select restored_through from watermark))"""
_SUMS: Final = """
sum(gross) filter (where not is_return) as gross,
    sum(discount) filter (where not is_return) as discounts,
    sum(discount - gross) filter (where is_return) as returns,
    sum(cost) as cost,
    sum(quantity) filter (where not is_return) as units,
    -sum(quantity) filter (where is_return) as returned_units,
    sum(sign) as lines"""
_MEASURES: Final = ("gross", "discounts", "returns", "cost", "units", "returned_units", "lines")
# An order counts once, where and when its sales were booked.
_ORDERS: Final = """
counted as (
    select order_id, min(booked_at) as booked_at, min(day) as day, min(currency) as currency,
        min(customer_id) as customer_id, min(rep_id) as rep_id, min(region_id) as region_id,
        min(channel_id) as channel_id, sum(sign) as sale_lines
    from l where sign <> 0 group by order_id
)"""
_WEEK: Final = """
(day - mod(extract(isodow from day)::int - (select week_start from reporting) + 7, 7))"""
_QUARTER_HOUR: Final = """
to_timestamp(floor(extract(epoch from booked_at) / 900) * 900)"""


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison.

    Attributes:
        name: What is compared.
        tier: `rollup`, `matview` or `ledger`.
        raw: The total of its main measure from raw lines.
        stored: Its total as the tier has it.
        rows: How many rows were compared.
        wrong: How many of them differ, in any measure.
    """

    name: str
    tier: str
    raw: Decimal
    stored: Decimal
    rows: int
    wrong: int

    @property
    def good(self) -> bool:
        """Whether no figure differs."""
        return self.wrong == 0 and self.raw == self.stored


@dataclass(frozen=True, slots=True)
class Total:
    """The ledger's totals in one currency, net of everything taken back."""

    currency: str
    lines: int
    orders: int
    gross: Decimal
    revenue: Decimal
    cost: Decimal
    pending: int


@dataclass(frozen=True, slots=True)
class Unrated:
    """Amounts in one currency before its first exchange rate: no figure contains them."""

    currency: str
    lines: int
    revenue: Decimal
    since: dt.date


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was verified."""

    totals: tuple[Total, ...]
    unrated: tuple[Unrated, ...]
    ahead: int
    """Lines dated ahead of now: no view of customers and pairs has them."""
    checks: tuple[Check, ...]

    @property
    def good(self) -> bool:
        """Whether every check is good."""
        return all(check.good for check in self.checks)


def verify(connection: psycopg.Connection) -> Report:
    """Recompute everything and compare; `connection` is idle and in autocommit mode."""
    before = connection.isolation_level
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with connection.transaction():
            connection.execute("set transaction read only")
            connection.execute("set local statement_timeout = 0")
            checks = (*_rollups(connection), *_views(connection), *_invariants(connection))
            return Report(
                tuple(_totals(connection)), tuple(_unrated(connection)), _ahead(connection), checks
            )
    finally:
        connection.isolation_level = before


def _totals(connection: psycopg.Connection) -> Iterator[Total]:
    rows = connection.execute(f"""
        with {_LINES.format(claimed="true")}, {_ORDERS}
        select currency, sum(sign),
            (select count(*) from counted c where c.currency = l.currency and c.sale_lines > 0),
            coalesce(sum(gross) filter (where not is_return), 0), sum(gross - discount), sum(cost),
            (select count(*) from order_items i
                where i.currency = l.currency and not {_FOLDED})
        from l group by currency order by currency
    """)
    for row in rows:
        yield Total(*row)


def _unrated(connection: psycopg.Connection) -> Iterator[Unrated]:
    rows = connection.execute(f"""
        with {_LINES.format(claimed="true")}
        select currency, sum(sign), sum(gross - discount), min(day)
        from l left join (
            select currency, min(day) as first from rates group by currency
        ) f using (currency)
        where currency <> (select currency from reporting) and (first is null or day < first)
        group by currency
        having sum(gross) filter (where not is_return) <> 0 or sum(gross - discount) <> 0
            or sum(cost) <> 0
        order by currency
    """)
    for row in rows:
        yield Unrated(*row)


def _ahead(connection: psycopg.Connection) -> int:
    row = connection.execute("select count(*) from order_items where booked_at > now()").fetchone()
    return int(row[0]) if row else 0


def _rollups(connection: psycopg.Connection) -> Iterator[Check]:
    trusted = connection.execute("select trusted from watermark").fetchone()
    if not trusted or not trusted[0]:
        # Untrusted rollups are not read, so there is nothing to compare.
        return
    sales = ("currency", "region_id", "channel_id", "rep_id")
    yield _measured(connection, "rollup_sales_quarter", "bucket", _QUARTER_HOUR, sales, orders=True)
    yield _measured(connection, "rollup_sales_day", "day", "day", sales, orders=True)
    product = ("currency", "product_id")
    yield _measured(connection, "rollup_product_day", "day", "day", product, orders=False)
    yield _measured(connection, "rollup_product_week", "week", _WEEK, product, orders=False)
    customer = ("customer_id", "currency")
    yield _measured(connection, "rollup_customer_day", "day", "day", customer, orders=True)
    yield _lives(connection)
    yield _order_states(connection)
    yield _cells(connection)


def _compare(
    connection: psycopg.Connection,
    name: str,
    tier: str,
    *,
    raw: str,
    stored: str,
    keys: tuple[str, ...],
    sums: tuple[str, ...],
    main: str,
    exact: tuple[str, ...] = (),
    claimed: str = _FOLDED,
) -> Check:
    """Compare two row sets by key; `sums` may be missing (0), `exact` must be there and equal."""
    different = [f"coalesce(a.{c}, 0) <> coalesce(b.{c}, 0)" for c in sums]
    different += [f"a.{c} is distinct from b.{c}" for c in exact]
    row = connection.execute(f"""
        with {_LINES.format(claimed=claimed)}, {_ORDERS}, a as ({raw}), b as ({stored})
        select coalesce(sum(coalesce(a.{main}, 0)), 0), coalesce(sum(coalesce(b.{main}, 0)), 0),
            count(*), count(*) filter (where {" or ".join(different)})
        from a full join b using ({", ".join(keys)})
    """).fetchone()
    return Check(name, tier, *(row or (Decimal(0), Decimal(0), 0, 0)))


def _measured(
    connection: psycopg.Connection,
    table: str,
    column: str,
    time: str,
    dimensions: tuple[str, ...],
    *,
    orders: bool,
) -> Check:
    names = ", ".join(dimensions)
    keys = (column, *dimensions)
    raw = f"select {time} as {column}, {names}, {_SUMS} from l group by {time}, {names}"
    sums: tuple[str, ...] = _MEASURES
    if orders:
        raw = f"""
            select * from ({raw}) measured full join (
                select {time} as {column}, {names}, count(*) as orders from counted
                where sale_lines > 0 group by {time}, {names}
            ) ordered using ({", ".join(keys)})"""
        sums = ("orders", *_MEASURES)
    return _compare(
        connection,
        table,
        "rollup",
        raw=raw,
        stored=f"select * from {table}",
        keys=keys,
        sums=sums,
        main="gross",
    )


def _lives(connection: psycopg.Connection) -> Check:
    raw = f"""
        select * from (
            select customer_id, currency, {_SUMS} from l where customer_id <> 0 group by 1, 2
        ) m left join (
            select customer_id, currency, count(*) as orders, min(booked_at) as first_order_at,
                max(booked_at) as last_order_at
            from counted where sale_lines > 0 group by 1, 2
        ) o using (customer_id, currency)"""
    return _compare(
        connection,
        "rollup_customer",
        "rollup",
        raw=raw,
        stored="select * from rollup_customer",
        keys=("customer_id", "currency"),
        sums=("orders", *_MEASURES),
        main="gross",
        exact=("first_order_at", "last_order_at"),
    )


def _order_states(connection: psycopg.Connection) -> Check:
    return _compare(
        connection,
        "rollup_order",
        "rollup",
        raw="select *, booked_at as ordered_at from counted",
        stored="select * from rollup_order",
        keys=("order_id",),
        sums=("sale_lines",),
        main="sale_lines",
        exact=("ordered_at", "currency", "customer_id", "rep_id", "region_id", "channel_id"),
    )


def _cells(connection: psycopg.Connection) -> Check:
    raw = """
        select day, coalesce(previous_day, '-infinity') as previous_day, count(*) as customers
        from (
            select customer_id, day,
                lag(day) over (partition by customer_id order by day) as previous_day
            from counted where sale_lines > 0 and customer_id <> 0 group by customer_id, day
        ) d group by 1, 2"""
    return _compare(
        connection,
        "customer_day_cells",
        "rollup",
        raw=raw,
        stored="select * from customer_day_cells",
        keys=("day", "previous_day"),
        sums=("customers",),
        main="customers",
    )


_CONVERTED: Final = """
coalesce((gross - discount) * case when currency = (select currency from reporting) then 1
    else known_rate(currency, day) end, 0)"""


_REVENUE: Final = f"""
(select customer_id, sum({_CONVERTED}) as revenue from l group by customer_id)"""
_BUYERS: Final = """
(select * from counted where sale_lines > 0 and customer_id <> 0)"""
# Orders of the 365 local days that end with the newest sale, and how many products each has.
_BASKETS: Final = """
with newest as (
    select max(booked_at) as at
    from (select booked_at from l group by booked_at having sum(sign) > 0) sold
), contents as (
    select order_id, product_id from l, newest, reporting
    where booked_at <= at and day > (at at time zone timezone)::date - 365
    group by order_id, product_id having sum(sign) > 0
), sizes as (
    select order_id, count(*) as products from contents group by order_id
), totals as (
    select count(*) filter (where products <= 100) as baskets,
        count(*) filter (where products > 100) as oversized
    from sizes
)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ViewQuery:
    """How a view is recomputed from the lines that its refresh saw."""

    raw: str
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    exact: tuple[str, ...] = ()
    stored: str | None = None
    """Rows of the view that are compared; `None` = all."""


VIEW_QUERIES: Final[Mapping[str, _ViewQuery]] = {
    CUSTOMER_RFM: _ViewQuery(
        raw=f"""
            select * from {_REVENUE} r join (
                select customer_id, count(*) as orders, max(booked_at) as last_order_at
                from {_BUYERS} b group by customer_id
            ) o using (customer_id)""",
        keys=("customer_id",),
        sums=("revenue", "orders"),
        exact=("last_order_at",),
    ),
    CUSTOMER_PURCHASES: _ViewQuery(
        raw=f"""
            select * from {_REVENUE} r
            where customer_id in (select customer_id from {_BUYERS} b)""",
        keys=("customer_id",),
        sums=("revenue",),
    ),
    COHORTS: _ViewQuery(
        raw=f"""
            select unit, cohort, sum(revenue) as revenue from {_REVENUE} r join (
                select customer_id, unit, case when unit = 'week'
                    then min(day) - (extract(isodow from min(day))::integer - week_start + 7) % 7
                    else date_trunc(unit, min(day))::date end as cohort
                from {_BUYERS} b, reporting,
                    (values ('week'), ('month'), ('quarter'), ('year')) u (unit)
                group by customer_id, unit, week_start
            ) c using (customer_id) group by unit, cohort""",
        stored=f"""
            select unit, cohort, sum(revenue) as revenue from {COHORTS} group by unit, cohort""",
        keys=("unit", "cohort"),
        sums=("revenue",),
    ),
    CUSTOMER_CONCENTRATION: _ViewQuery(
        raw=f"""
            with newest as (
                select max(day) as last
                from (select day from l group by booked_at, day having sum(sign) > 0) sold
            ), buyers as (
                select customer_id, sum({_CONVERTED}) as revenue from l, newest
                where day between last - 364 and last and customer_id in (
                    select customer_id from {_BUYERS} b where b.day between last - 364 and last
                )
                group by customer_id
            ), ranked as (
                select row_number() over best as place, sum(revenue) over best as revenue
                from buyers window best as (order by revenue desc, customer_id)
            )
            select percent, place as customers, revenue
            from ranked, generate_series(1, 100) percent
            where place = ceil(percent * (select count(*) from buyers) / 100.0)""",
        keys=("percent",),
        sums=("revenue", "customers"),
    ),
    PRODUCT_ORDERS: _ViewQuery(
        raw=f"""
            {_BASKETS}
            select product_id, count(*) as orders, baskets, oversized
            from contents join sizes using (order_id), totals
            where products <= 100 group by product_id, baskets, oversized""",
        keys=("product_id",),
        sums=("orders",),
        exact=("baskets", "oversized"),
    ),
    PRODUCT_PAIRS: _ViewQuery(
        raw=f"""
            {_BASKETS}
            select a.product_id as product_a, b.product_id as product_b, count(*) as orders
            from contents a join contents b
                on b.order_id = a.order_id and b.product_id > a.product_id
            join sizes on sizes.order_id = a.order_id and products <= 100
            group by 1, 2
            having count(*) >= greatest(2, (select baskets from totals) / 10000.0)""",
        keys=("product_a", "product_b"),
        sums=("orders",),
    ),
}
"""By view; the first of `sums` is its total."""


def _views(connection: psycopg.Connection) -> Iterator[Check]:
    """Compare the views with the lines that their refresh saw; skip those never refreshed."""
    rows = connection.execute("select view, snapshot, as_of from matview_refreshes").fetchall()
    refreshed = {view: (snapshot, as_of) for view, snapshot, as_of in rows}
    for view, query in VIEW_QUERIES.items():
        if view not in refreshed:
            continue
        snapshot, as_of = refreshed[view]
        seen = f"pg_visible_in_snapshot(xid, '{snapshot}')"
        yield _compare(
            connection,
            view,
            "matview",
            raw=query.raw,
            stored=query.stored or f"select * from {view}",
            keys=query.keys,
            sums=query.sums,
            main=query.sums[0],
            exact=query.exact,
            claimed=f"({seen} or id <= (select restored_through from watermark))"
            f" and booked_at <= '{as_of.isoformat()}'",
        )


# Invariants that no constraint can check; each query selects the lines that violate one.
_INVARIANTS: Final = {
    "lines of a missing order": """
        select i.id from order_items i left join orders o
            on o.id = i.order_id and o.ordered_at <= i.booked_at where o.id is null""",
    "sales not booked at their order's time": """
        select i.id from order_items i join orders o on o.id = i.order_id
        where i.kind = 'sale' and i.booked_at <> o.ordered_at""",
    "lines of a missing product": """
        select i.id from order_items i left join products p on p.id = i.product_id
        where p.id is null""",
    "lines that differ from their order": """
        select i.id from order_items i join orders o on o.id = i.order_id
        where (i.customer_id, i.rep_id, i.region_id, i.channel_id, i.currency, i.source_id)
            is distinct from
            (o.customer_id, o.rep_id, o.region_id, o.channel_id, o.currency, o.source_id)""",
    "reversals that do not mirror their line": """
        select r.id from order_items r left join order_items i
            on i.id = r.reverses and i.booked_at = r.booked_at
        where r.kind in ('correction', 'void') and r.reverses is not null
            and (i.id is null or i.is_return <> r.is_return or i.order_id <> r.order_id
                or (i.quantity, i.gross, i.discount, i.cost)
                    <> (-r.quantity, -r.gross, -r.discount, -r.cost))""",
    "lines reversed more than once": """
        select reverses from order_items where kind in ('correction', 'void')
            and reverses is not null group by reverses having count(*) > 1""",
    "order keys of a missing order": """
        select k.order_id from order_keys k left join orders o
            on o.id = k.order_id and o.ordered_at = k.ordered_at where o.id is null""",
}


def _invariants(connection: psycopg.Connection) -> Iterator[Check]:
    for name, query in _INVARIANTS.items():
        row = connection.execute(f"select count(*) from ({query}) broken").fetchone()
        wrong = int(row[0]) if row else 0
        yield Check(name, "ledger", Decimal(0), Decimal(wrong), wrong, wrong)
