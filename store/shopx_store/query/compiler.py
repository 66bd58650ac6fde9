"""Compiles a plan into one SQL statement. Pure.

The text depends on the shape of the query only, because values are bound; so the driver's prepared
statements hit. Where lines are pending, every rollup is joined by what they contribute
(`shopx_store.rollups.sql`), in the same statement and so in the same snapshot.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from shopx_core.domain import discounts
from shopx_core.domain.metrics import Measure
from shopx_store.query import bucket_starts
from shopx_store.query.categories import category_subtree
from shopx_store.query.left_out import MONEY
from shopx_store.query.plan import LINE_MEASURES, Part, QueryPlan, SourceTable
from shopx_store.query.read_state import AsOf, PendingLines, ReadState
from shopx_store.query.sales_query import NONE, CustomerType, Dimension, SalesQuery
from shopx_store.query.scope import SalesScope
from shopx_store.query.snapshot_relations import counted_orders, pending, visible
from shopx_store.rollups import sql as contributions
from shopx_store.sql import Sql, bind, join, raw, sql

INTEGERS = frozenset({Measure.LINES, Measure.ORDERS, Measure.CUSTOMERS, Measure.NEW_CUSTOMERS})
TIME_COLUMN = {
    SourceTable.SALES_DAY: "day",
    SourceTable.SALES_QUARTER: "bucket",
    SourceTable.PRODUCT_DAY: "day",
    SourceTable.PRODUCT_WEEK: "week",
    SourceTable.CUSTOMER_DAY: "day",
}
# A reversal negates both amounts, and so is in the band of its line.
_DISCOUNT_BAND: Final = (
    f"case when s.is_return then {discounts.RETURNED} when s.gross * s.discounts <= 0 then 0 else"
    " 1 + width_bucket(s.discounts / nullif(s.gross, 0),"
    f" array[{', '.join(map(str, discounts.EDGES))}]::numeric[]) end"
)
WITH_ORDERS = frozenset(
    {SourceTable.SALES_DAY, SourceTable.SALES_QUARTER, SourceTable.CUSTOMER_DAY}
)

_NOTHING: Final = raw("")
_TRUE: Final = raw("true")

# The lines of the ledger with the columns of the rollups.
_LEDGER: Final = f"""
        select i.order_id, i.booked_at, i.booked_at as at, i.is_return, i.currency, i.product_id,
            coalesce(i.customer_id, 0) as customer_id, coalesce(i.rep_id, 0) as rep_id,
            coalesce(i.region_id, 0) as region_id, coalesce(i.channel_id, 0) as channel_id,
            {contributions.measures("i")}
        from order_items i where {{where}} and {{visible}}"""

# The one order that counts of each group of lines.
_SURVIVING: Final = f"""
        select s.order_id as of_order, s.customer_id as buyer, {{keys}}min(s.at) as at
        from ({{rows}} and {contributions.sale_line("i")} <> 0) s {{joins}}
        where {{filters}} group by 1, 2{{group}} having sum(s.lines) > 0"""

_FIRST_ORDERS: Final = """
first_orders as (
    select customer_id, min(at) as at from ({source}
    ) y where at is not null group by customer_id
)"""
_FIRST_OF_LEDGER: Final = """
    select customer_id, min(booked_at) as at from ({ledger}) s
    where customer_id <> 0 group by customer_id, order_id having sum(lines) > 0"""
_FIRST_FOLDED: Final = raw("select customer_id, first_order_at as at from rollup_customer")
_FIRST_WITH_PENDING: Final = """
    select customer_id, first_order_at as at from rollup_customer
    where customer_id not in (select customer_id from flipped_orders)
    union all
    select customer_id, at from ({orders}) x"""
_OF_PENDING_CUSTOMERS: Final = raw("customer_id in (select customer_id from flipped_orders)")

_CELLS: Final = "select day, previous_day, customers from customer_day_cells"
_CELLS_AND_PENDING: Final = f"{_CELLS} union all {contributions.DAY_CELLS}"
_CUSTOMERS_OF_CELLS: Final = "sum(customers) filter (where previous_day < {since}) as customers"
_NEW_OF_CELLS: Final = raw(
    "sum(customers) filter (where previous_day = '-infinity') as new_customers"
)

# The columns of measures: of the whole, and of a part.
_TOTAL: Final = {m: f"coalesce(sum({m}), 0){'::bigint' if m in INTEGERS else ''}" for m in Measure}
_TOTALS: Final = {m: f"{total} as {m}" for m, total in _TOTAL.items()}
_ANY: Final = {m: f"{total} <> 0" for m, total in _TOTAL.items()}
_NONE: Final = {m: raw(f"0 as {m}") for m in Measure}
_SUMS: Final = {m: raw(f"sum(s.{m}) as {m}") for m in Measure}
# Money in the reporting currency, by the rate of the line's day. Without one the rate is NULL and
# the sum leaves the amount out: `shopx_store.query.left_out` says so.
_CONVERT: Final = (
    "sum(s.{m} * case when s.currency = {{currency}} then 1 else known_rate(s.currency, {day}) end)"
    " as {m}"
)
_CONVERTED: Final = {m: _CONVERT.format(m=m, day="s.day") for m in MONEY}
_CONVERTED_AT: Final = {m: _CONVERT.format(m=m, day=contributions.local_day("s.at")) for m in MONEY}
_ORDERS: Final = raw("count(*) as orders")
_SURVIVING_ORDERS: Final = raw("count(distinct s.of_order) as orders")

_CUSTOMER_TYPE: Final = (
    f"case when s.customer_id = {NONE} then {CustomerType.NONE:d} when {{is_new}}"
    f" then {CustomerType.NEW:d} else {CustomerType.RETURNING:d} end"
    f" as {Dimension.CUSTOMER_TYPE.key}, "
)
_WEEKDAY_AND_HOUR: Final = (
    "extract(isodow from (s.at at time zone {zone}))::integer as weekday,"
    " extract(hour from (s.at at time zone {zone}))::integer as hour, "
)

_JOINS: Final = (
    (Dimension.CATEGORY, " left join products p on p.id = s.product_id"),
    (Dimension.SEGMENT, " left join mv_customer_rfm c on c.customer_id = s.customer_id"),
    (
        Dimension.CUSTOMER_TYPE,
        " left join first_orders on first_orders.customer_id = s.customer_id",
    ),
)
_KEYS: Final[Mapping[Dimension, str]] = {
    dimension: f"{expression} as {dimension.key}, "
    for dimension, expression in {
        **{dimension: f"s.{dimension.key}" for dimension in Dimension},
        Dimension.CATEGORY: "coalesce(p.category_id, 0)",
        Dimension.SEGMENT: "coalesce(c.segment, 'none')",
        Dimension.DISCOUNT: _DISCOUNT_BAND,
    }.items()
}


def compile_statement(
    query: SalesQuery,
    plan: QueryPlan,
    state: ReadState,
    as_of: AsOf,
    pending_lines: PendingLines | None,
) -> Sql:
    """Write the statement that answers `query`."""
    compiler = _Compiler(
        query, state, as_of, pending_lines if _matters(query, pending_lines) else None
    )
    return compiler.statement(plan)


def _matters(query: SalesQuery, pending_lines: PendingLines | None) -> bool:
    """Whether lines booked between the pending_lines's bounds can alter the answer.

    An order of another time alters no sum, no order and no distinct customer of the range; only
    who is new depends on all that was before. Most queries are of closed periods, and so pay
    nothing for what is pending today.
    """
    if pending_lines is None or pending_lines.first >= query.end:
        return False
    return pending_lines.last >= query.start or query.needs_first_orders


class _Compiler:
    def __init__(
        self, query: SalesQuery, state: ReadState, as_of: AsOf, pending_lines: PendingLines | None
    ) -> None:
        self.query = query
        self.state = state
        self.as_of = as_of
        self.pending = pending_lines
        self.measures = [measure for measure in Measure if measure in query.measures]
        dimensions = query.dimensions
        self.joins = raw("".join(join for d, join in _JOINS if d in dimensions))
        self.filters = self._filters()
        self.visible = visible(state, as_of)
        self.names = query.keys
        self.group = _NOTHING
        if self.names:
            self.group = raw(f" group by {', '.join(map(str, range(1, len(self.names) + 1)))}")
        self.instants: tuple[dt.datetime, ...] = ()
        if query.granularity is not None:
            self.instants = bucket_starts.starts(
                query.start, query.end, query.granularity, query.zone, query.week_start
            )
        self.starts = bind(self.instants, "timestamptz[]")

    # ---- the whole

    def statement(self, plan: QueryPlan) -> Sql:
        """Add the parts up and order the rows."""
        keys = self.names
        columns = [*keys, *(_TOTALS[measure] for measure in self.measures)]
        starts = _NOTHING
        if self.query.granularity is not None:
            # Rows are grouped by bucket number, which is cheap; it becomes an instant here.
            columns[0] = "[u.bucket] as bucket"
            starts = sql("({starts})", starts=self.starts)
        tail = ""
        if keys:
            tail = f"\ngroup by {', '.join([f'u.{key}' for key in keys])}"
            if self.query.by:
                tail += f"\nhaving ({' or '.join([_ANY[measure] for measure in self.measures])})"
            tail += f"\norder by {', '.join(keys)}"
        return sql(
            "{common}select {starts}{columns}\nfrom (\n    {union}\n) u{tail}",
            common=self._common(plan),
            starts=starts,
            columns=raw(", ".join(columns)),
            union=join(
                "\n    union all\n    ",
                [select for part in plan.parts for select in self.part(part)],
            ),
            tail=raw(tail),
        )

    # ---- common table expressions: materialized where several parts read them, and pruned by
    # PostgreSQL where none does

    def _common(self, plan: QueryPlan) -> Sql:
        common = []
        if self.pending is not None:
            common.append(pending(self.state, self.as_of, self.pending))
        if any(self._needs_first_orders(part) for part in plan.parts):
            common.append(self._first_orders())
        return sql("with {common}\n", common=join(",", common)) if common else _NOTHING

    def _first_orders(self) -> Sql:
        """`first_orders`: each customer's first order ever, as of the snapshot."""
        if not self.state.rollups_valid:
            source = sql(_FIRST_OF_LEDGER, ledger=self._ledger(_TRUE))
        elif self.pending is None:
            source = _FIRST_FOLDED
        else:
            source = sql(_FIRST_WITH_PENDING, orders=self._orders(_OF_PENDING_CUSTOMERS))
        return sql(_FIRST_ORDERS, source=source)

    # ---- sources, each with the columns `at` or `day`, the dimensions and the measures

    def _ledger(self, where: Sql) -> Sql:
        return sql(_LEDGER, where=where, visible=self.visible)

    def _orders(self, where: Sql) -> Sql:
        return counted_orders(where, pending=self.pending is not None)

    # ---- the parts

    def part(self, part: Part) -> list[Sql]:
        """The selects that deliver a part, pending lines included."""
        match part.source:
            case SourceTable.LEDGER:
                return self._ledger_part(part)
            case SourceTable.ORDER_STATES:
                return [self._order_counts(part)]
            case SourceTable.DAY_CELLS:
                return [self._cells(part)]
            case _:
                return self._rollup_part(part)

    def _between(self, column: str, part: Part) -> Sql:
        return sql(
            f"{column} >= {{start}} and {column} < {{end}}",
            start=bind(part.start, "timestamptz"),
            end=bind(part.end, "timestamptz"),
        )

    def _between_days(self, column: str, part: Part) -> Sql:
        zone = ZoneInfo(self.state.timezone)
        return sql(
            f"{column} >= {{first}} and {column} < {{last}}",
            first=bind(_day(part.start, zone), "date"),
            last=bind(_day(part.end, zone), "date"),
        )

    def _rollup_part(self, part: Part) -> list[Sql]:
        column = TIME_COLUMN[part.source]
        instants = part.source is SourceTable.SALES_QUARTER
        between = self._between if instants else self._between_days
        time = {"bucket": ", bucket as at", "week": ", week as day", "day": ""}[column]
        rows = sql(
            f"select *{time} from {part.source} where {{within}}", within=between(column, part)
        )
        selects = [self._sums(rows, part.measures, instants=instants)]
        if self.pending is None or part.end <= self.pending.first or part.start > self.pending.last:
            return selects
        lines = sql(
            "select *, booked_at as at from signed_lines where {within}",
            within=self._between("booked_at", part),
        )
        selects.append(self._sums(lines, part.measures & LINE_MEASURES, instants=True))
        if Measure.ORDERS in part.measures and part.source in WITH_ORDERS:
            flips = sql(
                "select *, ordered_at as at, flip as orders from flipped_orders where {within}",
                within=self._between("ordered_at", part),
            )
            selects.append(self._sums(flips, frozenset({Measure.ORDERS}), instants=True))
        return selects

    def _ledger_part(self, part: Part) -> list[Sql]:
        rows = self._ledger(self._between("i.booked_at", part))
        selects = []
        lines = part.measures & LINE_MEASURES
        if lines:
            selects.append(self._sums(rows, lines, instants=True))
        if part.measures - LINE_MEASURES:
            selects.append(self._ledger_counts(rows, part))
        return selects

    def _cells(self, part: Part) -> Sql:
        since = first = bind(_day(part.start, ZoneInfo(self.state.timezone)), "date")
        if self.query.granularity is not None:
            since = sql(
                "greatest({first}, ({days})[width_bucket(day, {days})])",
                first=first,
                days=self._days(),
            )
        values = {
            Measure.CUSTOMERS: sql(_CUSTOMERS_OF_CELLS, since=since),
            Measure.NEW_CUSTOMERS: _NEW_OF_CELLS,
        }
        tables = sql(
            f"({_CELLS_AND_PENDING if self.pending else _CELLS}) s where {{within}}",
            within=self._between_days("day", part),
        )
        return self._select(tables, self._day_keys(), _only(values, part))

    def _order_counts(self, part: Part) -> Sql:
        """Count the orders that count, and their customers."""
        by_type = Dimension.CUSTOMER_TYPE in self.query.by  # it is joined already
        tables = sql(
            "({orders}) s {joins}{first_orders} where {filters}",
            orders=self._orders(self._between("ordered_at", part)),
            joins=self.joins,
            first_orders=_NOTHING if by_type else _first_orders_of("s.customer_id", part),
            filters=self.filters,
        )
        values = self._counts(part, orders=_ORDERS, buyer="s.customer_id")
        return self._select(tables, self._keys(), values)

    def _ledger_counts(self, rows: Sql, part: Part) -> Sql:
        """Count the orders that survive in lines of the ledger, by key, and their customers."""
        names = self.names
        surviving = sql(
            _SURVIVING,
            keys=self._keys(),
            rows=rows,
            joins=self.joins,
            filters=self.filters,
            group=raw("".join(f", {n + 3}" for n in range(len(names)))),
        )
        tables = sql(
            "({surviving}) s{first_orders} where true",
            surviving=surviving,
            first_orders=_first_orders_of("s.buyer", part),
        )
        values = self._counts(part, orders=_SURVIVING_ORDERS, buyer="s.buyer")
        return self._select(tables, raw("".join(f"s.{name}, " for name in names)), values)

    def _counts(self, part: Part, *, orders: Sql, buyer: str) -> dict[Measure, Sql]:
        customers = f"count(distinct {buyer}) filter (where {buyer} <> 0"
        values = {Measure.ORDERS: orders, Measure.CUSTOMERS: raw(f"{customers}) as customers")}
        if Measure.NEW_CUSTOMERS in part.measures:
            values[Measure.NEW_CUSTOMERS] = sql(
                f"{customers} and {{is_new}}) as new_customers",
                is_new=self._is_new(self._bucket("s.at")),
            )
        return _only(values, part)

    def _needs_first_orders(self, part: Part) -> bool:
        """Whether a part asks who is new otherwise than by day cells."""
        counted = (
            Measure.NEW_CUSTOMERS in part.measures and part.source is not SourceTable.DAY_CELLS
        )
        return counted or Dimension.CUSTOMER_TYPE in self.query.by

    def _is_new(self, bucket: Sql) -> Sql:
        """Whether the first order of a row's customer lies in the row's bucket."""
        if self.query.hour_of_week:
            return raw("first_orders.at = s.at")
        within = sql(
            "first_orders.at >= {start} and first_orders.at < {end}",
            start=bind(self.query.start, "timestamptz"),
            end=bind(self.query.end, "timestamptz"),
        )
        if self.query.granularity is None:
            return within
        return sql(
            "{within} and {bucket} = {first}",
            within=within,
            bucket=bucket,
            first=self._bucket("first_orders.at"),
        )

    def _sums(self, rows: Sql, measures: frozenset[Measure], *, instants: bool) -> Sql:
        values = {measure: _SUMS[measure] for measure in measures}
        foreign = self.state.has_foreign_currency and Dimension.CURRENCY not in self.query.by
        if foreign and measures & MONEY:
            converted = _CONVERTED_AT if instants else _CONVERTED
            currency = bind(self.state.currency, "text")
            for measure in measures & MONEY:
                values[measure] = sql(converted[measure], currency=currency)
        tables = sql(
            "({rows}) s {joins} where {filters}", rows=rows, joins=self.joins, filters=self.filters
        )
        return self._select(tables, self._keys() if instants else self._day_keys(), values)

    def _select(self, tables: Sql, keys: Sql, values: Mapping[Measure, Sql]) -> Sql:
        return sql(
            "select {keys}{values}\n    from {tables}{group}",
            keys=keys,
            values=join(", ", [values.get(m) or _NONE[m] for m in self.measures]),
            tables=tables,
            group=self.group,
        )

    # ---- expressions

    def _bucket(self, instant: str) -> Sql:
        """The number of the bucket that an instant lies in, from 1."""
        return sql(f"width_bucket({instant}, {{starts}})", starts=self.starts)

    def _days(self) -> Sql:
        return bind(bucket_starts.start_days(self.instants, self.query.zone), "date[]")

    def _keys(self) -> Sql:
        """The columns of the answer's keys, of rows with an instant; each with a comma after."""
        return self._keys_in(self._bucket("s.at"))

    def _day_keys(self) -> Sql:
        """The columns of the answer's keys, of rows with a day; each with a comma after."""
        return self._keys_in(sql("width_bucket(s.day, {days})", days=self._days()))

    def _keys_in(self, bucket: Sql) -> Sql:
        keys = []
        if self.query.granularity is not None:
            keys.append(sql("{bucket} as bucket, ", bucket=bucket))
        if self.query.hour_of_week:
            keys.append(sql(_WEEKDAY_AND_HOUR, zone=bind(self.query.zone, "text")))
        for dimension in self.query.by:
            if dimension is Dimension.CUSTOMER_TYPE:
                keys.append(sql(_CUSTOMER_TYPE, is_new=self._is_new(bucket)))
            else:
                keys.append(raw(_KEYS[dimension]))
        return join("", keys)

    def _filters(self) -> Sql:
        filters = self.query.filters
        conditions = _in_scope(self.query.scope) + [
            sql(f"s.{column} = any({{ids}})", ids=bind(ids, "bigint[]"))
            for column, ids in (
                ("product_id", filters.products),
                ("customer_id", filters.customers),
                ("rep_id", filters.reps),
                ("region_id", filters.regions),
                ("channel_id", filters.channels),
            )
            if ids
        ]
        if filters.segments:
            names = bind(filters.segments, "text[]")
            conditions.append(sql("coalesce(c.segment, 'none') = any({names})", names=names))
        if filters.categories:
            subtree = category_subtree(filters.categories)
            conditions.append(sql("coalesce(p.category_id, 0) in {subtree}", subtree=subtree))
        return join(" and ", conditions) if conditions else _TRUE


def _in_scope(scope: SalesScope) -> list[Sql]:
    """The conditions of the lines that a caller may see."""
    match scope:
        case SalesScope.EVERYTHING:
            return []


def _first_orders_of(buyer: str, part: Part) -> Sql:
    """The join with `first_orders`, where a part counts new customers."""
    if Measure.NEW_CUSTOMERS not in part.measures:
        return _NOTHING
    return raw(f" left join first_orders on first_orders.customer_id = {buyer}")


def _only(values: Mapping[Measure, Sql], part: Part) -> dict[Measure, Sql]:
    return {measure: value for measure, value in values.items() if measure in part.measures}


def _day(instant: dt.datetime, zone: ZoneInfo) -> dt.date:
    return instant.astimezone(zone).date()
