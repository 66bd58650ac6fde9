"""What a set of ledger lines adds to each rollup, as SQL.

One definition serves all: the fold adds contributions to the rollups, a rebuild adds those of every
line, and a read adds those of the lines that its snapshot sees and the rollups do not (with sign -1
for those that the rollups have and the snapshot does not).

The sets build on one another, as common table expressions or, where they are large, as temporary
tables of the same names:

| set | rows |
| --- | --- |
| `signed_lines` | the lines, signed: one column a measure, dimensions with 0 for "none" |
| `order_sums` | the lines of one order and instant, added up |
| `product_sums` | the lines of one product and day, added up |
| `changed_orders` | the orders among them, with their surviving sale lines before and after |
| `flipped_orders` | the orders that begin or cease to count (`flip` +1 or -1) |
| `customer_sums` | what one customer's day gains |

Not everything adds up. An order counts while one of its sale lines survives, so `changed_orders`
and `flipped_orders` compare with `rollup_order`. Distinct customers are kept as cells (day,
customer's previous day with an order), the day cells. So the cells of the customers in
`flipped_orders` are taken out as they were and put back as they become. All contributions read the
rollups as they were before, so a rollup comes before those that its contribution reads.

Most groups have a few rows, so the aggregate `add_up` adds them: it keeps the sum alone where `sum`
prepares for millions. For no row it gives NULL, as `sum` does; the sets leave that to readers.
"""

from dataclasses import dataclass
from typing import Final

MEASURES: Final = ("gross", "discounts", "returns", "cost", "units", "returned_units", "lines")
"""The sums of `signed_lines` and of every rollup, in this order."""

SALES_DIMENSIONS: Final = ("currency", "region_id", "channel_id", "rep_id")

ZONE: Final = "(select timezone from reporting)"
WEEK_START: Final = "(select week_start from reporting)"
QUARTER_ORIGIN: Final = "timestamptz '2000-01-01 00:00:00+00'"


def local_day(instant: str, zone: str = ZONE) -> str:
    """The calendar day of an instant in a zone."""
    return f"({instant} at time zone {zone})::date"


def quarter_hour(instant: str) -> str:
    """The UTC quarter-hour that an instant lies in."""
    return f"date_bin('15 minutes', {instant}, {QUARTER_ORIGIN})"


def week(day: str) -> str:
    """The first day of the reporting week that a day lies in."""
    # mod() rather than %, which psycopg would take for a placeholder.
    return f"({day} - mod(extract(isodow from {day})::integer - {WEEK_START} + 7, 7))"


def lines(where: str, sign: str = "1") -> str:
    """`signed_lines`: the lines of the ledger that `where` selects (alias `i`), times `sign`."""
    return f"""
    select i.order_id, i.booked_at, i.currency, i.product_id,
        coalesce(i.customer_id, 0) as customer_id, coalesce(i.rep_id, 0) as rep_id,
        coalesce(i.region_id, 0) as region_id, coalesce(i.channel_id, 0) as channel_id,
        {measures("i", sign)}
    from order_items i
    where {where}"""


def measures(alias: str, sign: str = "1") -> str:
    """The select list that computes the measures of a ledger line."""
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
    """+1 for a sale line, -1 for the reversal of a whole sale line, 0 for the rest."""
    return (
        f"case when {alias}.kind = 'sale' then 1"
        f" when {alias}.kind in ('correction', 'void') and {alias}.reverses is not null"
        f" and not {alias}.is_return then -1 else 0 end"
    )


def orders(lines: str, changed: str, among: str = "true") -> str:
    """`changed_orders`: the orders that gain or lose sale lines.

    Args:
        lines: `signed_lines`, or `order_sums`, which has fewer rows.
        changed: Condition on its rows: those that change an order's number of sale lines.
        among: Condition on `rollup_order` that narrows the search for the orders.
    """
    return f"""
    select t.order_id, coalesce(r.ordered_at, t.ordered_at) as ordered_at,
        t.currency, t.customer_id, t.rep_id, t.region_id, t.channel_id,
        coalesce(r.sale_lines, 0) as before, coalesce(r.sale_lines, 0) + t.lines as after
    from (
        select order_id, min(booked_at) as ordered_at, min(currency) as currency,
            min(customer_id) as customer_id, min(rep_id) as rep_id,
            min(region_id) as region_id, min(channel_id) as channel_id,
            sum(lines::integer) as lines
        from {lines} where {changed} group by order_id
    ) t left join (select * from rollup_order where {among}) r using (order_id)"""


CHANGED_ORDERS: Final = orders("signed_lines", "lines <> 0")

FLIPPED_ORDERS: Final = """
    select *, (after > 0)::integer - (before > 0)::integer as flip
    from changed_orders where (after > 0) <> (before > 0)"""

# Rare ones are left out rather than added as zeros.
_RARE: Final = ("discounts", "returns", "returned_units")
_LINES_ADDED: Final = ", ".join(
    "sum(lines) as lines" if name == "lines"
    else f"add_up({name}){f' filter (where {name} <> 0)' if name in _RARE else ''} as {name}"
    for name in MEASURES
)  # fmt: skip
_ADDED: Final = ", ".join(
    "sum(lines::integer) as lines" if name == "lines" else f"add_up({name}) as {name}"
    for name in MEASURES
)
_VALUES: Final = ", ".join(f"coalesce({name}, 0) as {name}" for name in MEASURES)
_NAMES: Final = ", ".join(MEASURES)
_NULLS: Final = ", ".join("null" for _ in MEASURES)

ORDER_SUMS: Final = f"""
    select order_id, booked_at, currency, customer_id, rep_id, region_id, channel_id,
        {_LINES_ADDED}, count(*) filter (where lines <> 0) as changes
    from signed_lines
    group by order_id, booked_at, currency, customer_id, rep_id, region_id, channel_id"""

PRODUCT_SUMS: Final = f"""
    select {local_day("booked_at")} as day, currency, product_id, {_LINES_ADDED}
    from signed_lines group by 1, 2, 3"""


def _by(time: str, name: str, keys: tuple[str, ...]) -> str:
    """Lines and orders added up by time and `keys`; `time` maps `at` to the bucket."""
    listed = ", ".join(keys)
    return f"""
    select {time} as {name}, {listed}, sum(orders) as orders, {_ADDED}
    from (
        select booked_at as at, {listed}, null::integer as orders, {_NAMES} from order_sums
        union all
        select ordered_at, {listed}, flip, {_NULLS} from flipped_orders
    ) x group by {name}, {listed}"""


def _values(of: str, keys: tuple[str, ...], *, counted: bool = True) -> str:
    """The rows of a set, with 0 for NULL."""
    count = "coalesce(orders, 0) as orders, " if counted else ""
    return f"select {', '.join(keys)}, {count}{_VALUES} from {of}"


CUSTOMER_SUMS: Final = _by(local_day("at"), "day", ("customer_id", "currency"))

# Each day of the customers in `flipped_orders`, with the customer's previous day before and after.
DAY_CELLS: Final = f"""
select day, previous_day, sum(change)::bigint as customers
from (
    select day, was, becomes,
        coalesce(max(day) filter (where was) over before, '-infinity') as previous_was,
        coalesce(max(day) filter (where becomes) over before, '-infinity') as previous_becomes
    from (
        select customer_id, day, sum(was) > 0 as was, sum(was + flip) > 0 as becomes
        from (
            select customer_id, day, orders::integer as was, 0 as flip from rollup_customer_day
            where customer_id in (select customer_id from flipped_orders where customer_id <> 0)
                and orders <> 0
            union all
            select customer_id, {local_day("ordered_at")}, 0, flip
            from flipped_orders where customer_id <> 0
        ) x group by customer_id, day
    ) days
    window before as (
        partition by customer_id order by day rows between unbounded preceding and 1 preceding
    )
) y cross join lateral (
    values (previous_was, -1, was), (previous_becomes, 1, becomes)
) v (previous_day, change, counts)
where counts and not (was and becomes and previous_was = previous_becomes)
group by day, previous_day having sum(change) <> 0"""

_LIFETIME_VALUES: Final = ", ".join(f"coalesce(total.{name}, 0) as {name}" for name in MEASURES)
_LOSERS: Final = "select customer_id from flipped_orders where flip < 0 and customer_id <> 0"
# A customer who only gained orders has the earlier of two first ones. For one who lost an order the
# first and last are looked up anew.
LIFETIMES: Final = f"""
select total.customer_id, total.currency, total.orders, {_LIFETIME_VALUES},
    case when lost.customer_id is null then least(known.first_order_at, gained.first_order_at)
        else anew.first_order_at end as first_order_at,
    case when lost.customer_id is null then greatest(known.last_order_at, gained.last_order_at)
        else anew.last_order_at end as last_order_at
from (
    select customer_id, currency, coalesce(sum(orders::integer), 0) as orders, {_ADDED}
    from customer_sums where customer_id <> 0 group by customer_id, currency
) total
left join rollup_customer known using (customer_id, currency)
left join (
    select customer_id, currency, min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at
    from flipped_orders where flip > 0 group by customer_id, currency
) gained using (customer_id, currency)
left join (
    select distinct customer_id from flipped_orders where flip < 0
) lost using (customer_id)
left join (
    select customer_id, currency, min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at
    from (
        select customer_id, currency, ordered_at from rollup_order r
        where customer_id in ({_LOSERS}) and sale_lines > 0
            and not exists (select from changed_orders c where c.order_id = r.order_id)
        union all
        select customer_id, currency, ordered_at from changed_orders
        where after > 0 and customer_id in ({_LOSERS})
    ) y group by customer_id, currency
) anew using (customer_id, currency)"""

ORDER_STATES: Final = """
select order_id, ordered_at, currency, customer_id, rep_id, region_id, channel_id,
    after - before as sale_lines
from changed_orders"""


def _within(column: str, first: str, last: str) -> str:
    """Which rows of a rollup a large set of lines can touch, by the set `touched_period`."""
    return (
        f"{{0}}.{column} between (select {first} from touched_period)"
        f" and (select {last} from touched_period)"
    )


# Clocks that are set back over midnight make a later instant one of an earlier day.
_DAY_BEFORE, _DAY_AFTER = f"({local_day('first')} - 1)", f"({local_day('last')} + 1)"
_QUARTERS: Final = _within("bucket", quarter_hour("first"), quarter_hour("last"))
_DAYS: Final = _within("day", _DAY_BEFORE, _DAY_AFTER)
_WEEKS: Final = _within("week", week(_DAY_BEFORE), week(_DAY_AFTER))
_ORDER_IDS: Final = (
    "{0}.order_id between (select min(order_id) from changed_orders)"
    " and (select max(order_id) from changed_orders)"
)
_PERIOD: Final = """
    select min(at) as first, max(at) as last from (
        select unnest(array[min(booked_at), max(booked_at)]) as at from order_sums
        union all select unnest(array[min(ordered_at), max(ordered_at)]) from flipped_orders
    ) x"""


@dataclass(frozen=True, slots=True)
class Rollup:
    """An aggregation table and what lines add to it.

    Attributes:
        table: Its name.
        keys: Its primary key.
        sums: What adds up.
        contribution: What lines add, a row a key.
        replaced: Columns that the contribution overwrites.
        window: Which of its rows (of the alias `{0}`) a large set of lines can touch.
    """

    table: str
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    contribution: str
    replaced: tuple[str, ...] = ()
    window: str = "true"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column, keys first."""
        return (*self.keys, *self.sums, *self.replaced)

    def upsert(self) -> str:
        """Add the contribution to the table with ON CONFLICT, in the order of the key."""
        return f"""
insert into {self.table} ({", ".join(self.columns)})
select {", ".join(self.columns)} from ({self.contribution}) n order by {", ".join(self.keys)}
on conflict ({", ".join(self.keys)}) do update set {self._assignments("excluded")}"""

    def any_touched(self) -> str:
        """The query of one row that a large set of lines can touch."""
        return f"select from {self.table} where {self.window.format(self.table)} limit 1"

    def insert(self) -> str:
        """Add a large contribution where no row of its window exists; otherwise as below."""
        columns, keys = ", ".join(self.columns), ", ".join(self.keys)
        return (
            f"insert into {self.table} ({columns})"
            f" select {columns} from ({self.contribution}) n order by {keys}"
        )

    def update_then_insert(self, *, emptying: bool) -> str:
        """Add a large contribution, of which most rows are new; the caller holds the fold's lock.

        Under the lock no other session inserts rows, so ON CONFLICT and its cost are not needed.

        Args:
            emptying: Many rows become 0, as where an import is taken back. They are deleted: a row
                that is altered is written again, with an entry in each index.
        """
        t = self.table
        same = " and ".join(f"{t}.{key} = n.{key}" for key in self.keys)
        here = f"{same} and {self.window.format(t)}"
        empty = " and ".join(f"{t}.{c} + n.{c} = 0" for c in self.sums)
        deletes = emptying and not self.replaced
        gone = f"gone as (delete from {t} using n where {here} and {empty})," if deletes else ""
        stays = f" and not ({empty})" if deletes else ""
        return f"""
with n as materialized (
    -- In the order of the key, in which the table and its indexes are.
    select * from ({self.contribution}) c order by {", ".join(self.keys)}), {gone}
known as (update {t} set {self._assignments("n")} from n where {here}{stays})
insert into {t} ({", ".join(self.columns)})
select {", ".join(self.columns)} from n where not exists (select from {t} where {here})
order by {", ".join(self.keys)}"""

    def _assignments(self, new: str) -> str:
        assignments = [f"{c} = {self.table}.{c} + {new}.{c}" for c in self.sums]
        return ", ".join([*assignments, *(f"{c} = {new}.{c}" for c in self.replaced)])


_PRODUCT_WEEK_SUMS: Final = (
    f"select {week('day')} as week, currency, product_id, {_ADDED}"
    " from product_sums group by 1, 2, 3"
)
_QUARTER: Final = ("bucket", *SALES_DIMENSIONS)
_DAY: Final = ("day", *SALES_DIMENSIONS)
_PRODUCT_DAY: Final = ("day", "currency", "product_id")
_PRODUCT_WEEK: Final = ("week", "currency", "product_id")
_CUSTOMER_DAY: Final = ("customer_id", "day", "currency")

ROLLUPS: Final = (
    Rollup(
        "rollup_sales_quarter",
        _QUARTER,
        ("orders", *MEASURES),
        _values(f"({_by(quarter_hour('at'), 'bucket', SALES_DIMENSIONS)}) s", _QUARTER),
        window=_QUARTERS,
    ),
    Rollup(
        "rollup_sales_day",
        _DAY,
        ("orders", *MEASURES),
        _values(f"({_by(local_day('at'), 'day', SALES_DIMENSIONS)}) s", _DAY),
        window=_DAYS,
    ),
    Rollup(
        "rollup_product_day",
        _PRODUCT_DAY,
        MEASURES,
        _values("product_sums", _PRODUCT_DAY, counted=False),
        window=_DAYS,
    ),
    Rollup(
        "rollup_product_week",
        _PRODUCT_WEEK,
        MEASURES,
        _values(f"({_PRODUCT_WEEK_SUMS}) s", _PRODUCT_WEEK, counted=False),
        window=_WEEKS,
    ),
    Rollup("customer_day_cells", ("day", "previous_day"), ("customers",), DAY_CELLS),
    Rollup(
        "rollup_customer",
        ("customer_id", "currency"),
        ("orders", *MEASURES),
        LIFETIMES,
        replaced=("first_order_at", "last_order_at"),
    ),
    Rollup(
        "rollup_customer_day",
        _CUSTOMER_DAY,
        ("orders", *MEASURES),
        _values("customer_sums", _CUSTOMER_DAY),
        window=_DAYS,
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
        window=_ORDER_IDS,
    ),
)
"""Every rollup, each before those that its contribution reads. One statement may upsert them all,
because it sees each as it was before."""


def sets(where: str) -> dict[str, str]:
    """The queries of the sets by name, each after those that it reads."""
    return {
        "signed_lines": lines(where),
        "order_sums": ORDER_SUMS,
        "product_sums": PRODUCT_SUMS,
        "changed_orders": orders("order_sums", "changes > 0"),
        "flipped_orders": FLIPPED_ORDERS,
        "customer_sums": CUSTOMER_SUMS,
    }


def large_sets(where: str) -> dict[str, str]:
    """The queries of the sets for many lines, whose orders have adjacent ids.

    One more set, `touched_period`, holds their first and last instant.
    """
    among = "order_id between " + " and ".join(
        f"(select {end}(order_id) from order_sums where changes > 0)" for end in ("min", "max")
    )
    return {
        **sets(where),
        "changed_orders": orders("order_sums", "changes > 0", among),
        "touched_period": _PERIOD,
    }


def common(name: str, query: str) -> str:
    """A set as a common table expression."""
    return f"{name} as materialized ({query}\n)"


def fold_statement(where: str) -> str:
    """One statement that folds the lines `where` selects into every rollup; returns their count."""
    read = ", ".join(common(name, query) for name, query in sets(where).items())
    upserts = ", ".join(f"u{n} as ({rollup.upsert()})" for n, rollup in enumerate(ROLLUPS))
    return f"with {read}, {upserts} select count(*) from signed_lines"
