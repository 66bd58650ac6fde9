"""What a set of ledger lines adds to each rollup, as SQL.

One definition serves everybody: the fold adds contributions to the rollups, a read adds those of
the lines that its snapshot sees and the rollups do not (with sign -1 for those the rollups have and
the snapshot does not), a rebuild adds those of every line.

The common table expressions build on one another:

`d`  the lines, signed, one column a measure, dimensions with 0 for "none"
`o`  the orders among them, with their surviving sale lines before and after
`f`  the orders that begin or cease to count (`flip` +1 or -1)

Not everything adds up. An order counts while one of its sale lines survives, so `o` and `f` compare
with `rollup_order`. Distinct customers are kept as cells (day, customer's previous day), so the
cells of the customers in `f` are taken out as they were and put back as they become. All of it
reads the rollups as they were before: in one statement every expression sees one snapshot.
"""

from dataclasses import dataclass
from typing import Final

MEASURES: Final = ("gross", "discounts", "returns", "cost", "units", "returned_units", "lines")
"""The sums of `d` and of every rollup, in this order."""

SALES_DIMENSIONS: Final = ("currency", "region_id", "channel_id", "rep_id")

ZONE: Final = "(select timezone from reporting)"
WEEK_START: Final = "(select week_start from reporting)"
QUARTER_ORIGIN: Final = "timestamptz '2000-01-01 00:00:00+00'"


def local_day(instant: str, zone: str = ZONE) -> str:
    """The calendar day of an instant in a zone."""
    return f"({instant} at time zone {zone})::date"


def quarter(instant: str) -> str:
    """The UTC quarter-hour that an instant lies in."""
    return f"date_bin('15 minutes', {instant}, {QUARTER_ORIGIN})"


def week(day: str) -> str:
    """The first day of the reporting week that a day lies in."""
    # mod() rather than %, which psycopg would take for a placeholder.
    return f"({day} - mod(extract(isodow from {day})::integer - {WEEK_START} + 7, 7))"


def lines(where: str, sign: str = "1") -> str:
    """`d`: the lines of the ledger that `where` selects (alias `i`), times `sign`."""
    return f"""
d as materialized (
    select i.order_id, i.booked_at, i.currency, i.product_id,
        coalesce(i.customer_id, 0) as customer_id, coalesce(i.rep_id, 0) as rep_id,
        coalesce(i.region_id, 0) as region_id, coalesce(i.channel_id, 0) as channel_id,
        {measures("i", sign)}
    from order_items i
    where {where}
)"""


def measures(alias: str, sign: str = "1") -> str:
    """The select list that turns a ledger line into measures."""
    a = alias
    times = "" if sign == "1" else f" * {sign}"
    return f"""case when {a}.is_return then 0 else {a}.gross end{times} as gross,
        case when {a}.is_return then 0 else {a}.discount end{times} as discounts,
        case when {a}.is_return then {a}.discount - {a}.gross else 0 end{times} as returns,
        {a}.cost{times} as cost,
        case when {a}.is_return then 0 else {a}.quantity end{times} as units,
        case when {a}.is_return then -{a}.quantity else 0 end{times} as returned_units,
        {sale_line(a)}{times} as lines"""


def sale_line(alias: str) -> str:
    """+1 for a sale line, -1 for what takes one back wholly, 0 for the rest."""
    return (
        f"case when {alias}.kind = 'sale' then 1"
        f" when {alias}.kind in ('correction', 'void') and {alias}.reverses is not null"
        f" and not {alias}.is_return then -1 else 0 end"
    )


ORDERS: Final = """
o as materialized (
    select t.order_id, coalesce(r.ordered_at, t.ordered_at) as ordered_at,
        t.currency, t.customer_id, t.rep_id, t.region_id, t.channel_id,
        coalesce(r.sale_lines, 0) as before, coalesce(r.sale_lines, 0) + t.lines as after
    from (
        select order_id, min(booked_at) as ordered_at, min(currency) as currency,
            min(customer_id) as customer_id, min(rep_id) as rep_id,
            min(region_id) as region_id, min(channel_id) as channel_id, sum(lines) as lines
        from d where lines <> 0 group by order_id
    ) t left join rollup_order r using (order_id)
)"""

FLIPS: Final = """
f as materialized (
    select *, (after > 0)::integer - (before > 0)::integer as flip
    from o where (after > 0) <> (before > 0)
)"""

_SUMS = ", ".join(f"sum({name}) as {name}" for name in MEASURES)
_ZEROS = ", ".join("0" for _ in MEASURES)
_NAMES = ", ".join(MEASURES)


def by_dimensions(time: str, name: str, dimensions: tuple[str, ...]) -> str:
    """Contribution to a rollup of line measures and orders: `time` maps `at` to the bucket."""
    keys = ", ".join(dimensions)
    return f"""
select {time} as {name}, {keys}, sum(orders)::bigint as orders, {_SUMS}
from (
    select booked_at as at, {keys}, 0 as orders, {_NAMES} from d
    union all
    select ordered_at, {keys}, flip, {_ZEROS} from f
) x group by {name}, {keys}"""


def by_product(time: str, name: str) -> str:
    """Contribution to a rollup by product: line measures only."""
    return f"""
select {time} as {name}, currency, product_id, {_SUMS}
from (select *, booked_at as at from d) x group by {name}, currency, product_id"""


CELLS: Final = """
select day, previous_day, sum(customers)::bigint as customers
from (
    select day, coalesce(lag(day) over (partition by customer_id order by day), '-infinity')
        as previous_day, -1 as customers
    from ({days}) before where was > 0
    union all
    select day, coalesce(lag(day) over (partition by customer_id order by day), '-infinity'), 1
    from ({days}) after where becomes > 0
) x group by day, previous_day having sum(customers) <> 0""".format(
    days="""select customer_id, day, sum(was) as was, sum(becomes) as becomes from (
        select customer_id, day, orders as was, orders as becomes from rollup_customer_day
        where customer_id in (select customer_id from f where customer_id <> 0) and orders <> 0
        union all
        select customer_id, {day}, 0, flip from f where customer_id <> 0
    ) days group by customer_id, day""".replace("{day}", local_day("ordered_at"))
)

LIVES: Final = f"""
select t.customer_id, t.currency, t.orders, l.first_order_at, l.last_order_at, {_NAMES}
from (
    select customer_id, currency, sum(orders)::bigint as orders, {_SUMS}
    from (
        select customer_id, currency, 0 as orders, {_NAMES} from d where customer_id <> 0
        union all
        select customer_id, currency, flip, {_ZEROS} from f where customer_id <> 0
    ) x group by customer_id, currency
) t left join (
    select customer_id, currency, min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at
    from (
        select customer_id, currency, ordered_at from rollup_order r
        where customer_id in (select customer_id from d where customer_id <> 0)
            and sale_lines > 0 and not exists (select from o where o.order_id = r.order_id)
        union all
        select customer_id, currency, ordered_at from o where after > 0 and customer_id <> 0
    ) y group by customer_id, currency
) l using (customer_id, currency)"""

ORDER_STATES: Final = """
select order_id, ordered_at, currency, customer_id, rep_id, region_id, channel_id,
    after - before as sale_lines
from o"""


@dataclass(frozen=True, slots=True)
class Rollup:
    """An aggregation table: its key, what adds up, what is replaced, and what lines add to it."""

    table: str
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    contribution: str
    replaced: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column, keys first."""
        return (*self.keys, *self.sums, *self.replaced)

    def upsert(self) -> str:
        """Add the contribution to the table, in the key's order: a range of it lies together."""
        t = self.table
        assignments = [f"{c} = {t}.{c} + excluded.{c}" for c in self.sums]
        assignments += [f"{c} = excluded.{c}" for c in self.replaced]
        names = ", ".join(self.columns)
        return f"""
insert into {t} ({names})
select {names} from ({self.contribution}) contribution order by {", ".join(self.keys)}
on conflict ({", ".join(self.keys)}) do update set {", ".join(assignments)}"""


ROLLUPS: Final = (
    Rollup(
        "rollup_sales_quarter",
        ("bucket", *SALES_DIMENSIONS),
        ("orders", *MEASURES),
        by_dimensions(quarter("at"), "bucket", SALES_DIMENSIONS),
    ),
    Rollup(
        "rollup_sales_day",
        ("day", *SALES_DIMENSIONS),
        ("orders", *MEASURES),
        by_dimensions(local_day("at"), "day", SALES_DIMENSIONS),
    ),
    Rollup(
        "rollup_product_day",
        ("day", "currency", "product_id"),
        MEASURES,
        by_product(local_day("at"), "day"),
    ),
    Rollup(
        "rollup_product_week",
        ("week", "currency", "product_id"),
        MEASURES,
        by_product(week(local_day("at")), "week"),
    ),
    Rollup(
        "rollup_customer_day",
        ("customer_id", "day", "currency"),
        ("orders", *MEASURES),
        by_dimensions(local_day("at"), "day", ("customer_id", "currency")),
    ),
    Rollup("customer_day_cells", ("day", "previous_day"), ("customers",), CELLS),
    Rollup(
        "rollup_customer",
        ("customer_id", "currency"),
        ("orders", *MEASURES),
        LIVES,
        replaced=("first_order_at", "last_order_at"),
    ),
    Rollup(
        "rollup_order",
        ("order_id",),
        ("sale_lines",),
        ORDER_STATES,
        replaced=(
            "ordered_at",
            "currency",
            "customer_id",
            "rep_id",
            "region_id",
            "channel_id",
        ),
    ),
)
"""Every rollup; a statement that upserts them all sees each as it was before."""


def fold_statement(where: str) -> str:
    """One statement that folds the lines `where` selects into every rollup; returns their count."""
    upserts = ", ".join(f"u{n} as ({rollup.upsert()})" for n, rollup in enumerate(ROLLUPS))
    return f"with {lines(where)}, {ORDERS}, {FLIPS}, {upserts} select count(*) from d"
