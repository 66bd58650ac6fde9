"""A plan as one SQL statement: pure text and arguments.

The text depends on the shape of the question only (values are bound), so the driver's prepared
statements hit. Where lines are pending, every rollup is joined by what those lines contribute
(`shopx_store.rollups.sql`), in the same statement and so in the same snapshot.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from shopx_core.domain import discounts
from shopx_core.domain.metrics import METRICS, Linear, Measure
from shopx_store.query import bucket_starts
from shopx_store.query.plan import (
    CUSTOMER_MEASURES,
    LINE_MEASURES,
    Part,
    QueryPlan,
    SourceTable,
)
from shopx_store.query.read_state import AsOf, PendingLines, ReadState
from shopx_store.query.sales_query import Dimension, SalesQuery
from shopx_store.rollups import sql as contributions

MONEY = frozenset({Measure.GROSS, Measure.DISCOUNTS, Measure.RETURNS, Measure.COST})
INTEGERS = frozenset({Measure.LINES, Measure.ORDERS, Measure.CUSTOMERS, Measure.NEW_CUSTOMERS})
TIME_COLUMN = {
    SourceTable.SALES_DAY: "day",
    SourceTable.SALES_QUARTER: "bucket",
    SourceTable.PRODUCT_DAY: "day",
    SourceTable.PRODUCT_WEEK: "week",
    SourceTable.CUSTOMER_DAY: "day",
}
# Taking a line back negates both amounts and so stays in the line's band.
_DISCOUNT_BAND = (
    f"case when s.is_return then {discounts.RETURNED} when s.gross * s.discounts <= 0 then 0 else"
    " 1 + width_bucket(s.discounts / nullif(s.gross, 0),"
    f" array[{', '.join(map(str, discounts.EDGES))}]::numeric[]) end"
)
WITH_ORDERS = frozenset(
    {SourceTable.SALES_DAY, SourceTable.SALES_QUARTER, SourceTable.CUSTOMER_DAY}
)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$1`… and their values."""

    text: str
    args: tuple[Any, ...]


@dataclass(slots=True)
class Arguments:
    """The values that a statement binds, in the order of their placeholders."""

    values: list[Any] = field(default_factory=list)
    names: dict[tuple[str, Any], str] = field(default_factory=dict)

    def bind(self, value: Any, cast: str) -> str:
        """The placeholder of a value; the same value is bound once."""
        key = (cast, tuple(value) if isinstance(value, list) else value)
        if key not in self.names:
            self.values.append(value)
            self.names[key] = f"${len(self.values)}::{cast}"
        return self.names[key]


def compile_statement(
    query: SalesQuery, plan: QueryPlan, state: ReadState, as_of: AsOf, delta: PendingLines | None
) -> Statement:
    """Write the statement that answers `query`."""
    writer = _Writer(query, state, as_of, delta if _matters(query, delta) else None)
    selects = [select for part in plan.parts for select in writer.part(part)]
    return writer.statement(selects)


def _matters(query: SalesQuery, delta: PendingLines | None) -> bool:
    """Whether lines booked between the delta's bounds can alter the answer.

    An order of another time alters no sum, no order and no distinct customer of the range (whoever
    ordered in it did so anyway); only who is new depends on all that was before. Most questions
    are about closed periods, and so pay nothing for what is pending today.
    """
    if delta is None or delta.first >= query.end:
        return False
    return delta.last >= query.start or Measure.NEW_CUSTOMERS in query.measures


def delta_statement(state: ReadState, as_of: AsOf) -> Statement:
    """Count and bound the lines on which `as_of` and the rollups disagree."""
    arguments = Arguments()
    where = _disagreement(arguments, state, as_of)
    return Statement(
        "select count(*), min(i.booked_at), max(i.booked_at) from order_items i where " + where,
        tuple(arguments.values),
    )


def _snapshot(arguments: Arguments, as_of: AsOf) -> str:
    # A scalar subquery is evaluated once; a cast in place would be parsed for every line.
    return f"(select {arguments.bind(as_of.snapshot, 'text')}::pg_snapshot)"


def _xid(arguments: Arguments, value: int) -> str:
    return f"(select {arguments.bind(str(value), 'text')}::xid8)"


def _disagreement(arguments: Arguments, state: ReadState, as_of: AsOf) -> str:
    low = _xid(arguments, min(state.folded_below, as_of.xmin))
    below = _xid(arguments, state.folded_below)
    folded = f"(i.xid < {below})"
    if state.folded:
        listed = arguments.bind([str(xid) for xid in state.folded], "text[]")
        folded = f"({folded} or i.xid = any((select {listed}::xid8[])::xid8[]))"
    visible = f"pg_visible_in_snapshot(i.xid, {_snapshot(arguments, as_of)})"
    restored = arguments.bind(state.restored_through, "bigint")
    return f"i.xid >= {low} and i.id > {restored} and {folded} <> {visible}"


def visible(arguments: Arguments, state: ReadState, as_of: AsOf) -> str:
    """Whether the moment sees a line of the ledger (alias `i`)."""
    if not state.same_cluster:
        return "true"
    xmin = _xid(arguments, as_of.xmin)
    restored = arguments.bind(state.restored_through, "bigint")
    snapshot = _snapshot(arguments, as_of)
    return f"(i.id <= {restored} or i.xid < {xmin} or pg_visible_in_snapshot(i.xid, {snapshot}))"


def pending(
    arguments: Arguments, state: ReadState, as_of: AsOf, delta: PendingLines
) -> dict[str, str]:
    """The common table expressions of what the moment and the rollups disagree on."""
    where = (
        f"{_disagreement(arguments, state, as_of)}"
        f" and i.booked_at >= {arguments.bind(delta.first, 'timestamptz')}"
        f" and i.booked_at <= {arguments.bind(delta.last, 'timestamptz')}"
    )
    seen = f"pg_visible_in_snapshot(i.xid, {_snapshot(arguments, as_of)})"
    sets = {
        "d": contributions.lines(where, f"(case when {seen} then 1 else -1 end)"),
        "o": contributions.ORDERS,
        "f": contributions.FLIPS,
    }
    return {name: contributions.common(name, query) for name, query in sets.items()}


def counted_orders(where: str, *, pending: bool) -> str:
    """The orders that count, as of the moment; `o` says what is pending."""
    columns = "order_id, currency, customer_id, rep_id, region_id, channel_id"
    settled = f"""
        select {columns}, ordered_at as at from rollup_order r
        where r.sale_lines > 0 and {where}"""
    if not pending:
        return settled
    return f"""{settled} and not exists (select from o where o.order_id = r.order_id)
        union all
        select {columns}, ordered_at from o where after > 0 and {where}"""


class _Writer:
    def __init__(
        self, query: SalesQuery, state: ReadState, as_of: AsOf, delta: PendingLines | None
    ) -> None:
        self.query = query
        self.state = state
        self.as_of = as_of
        self.delta = delta
        self.arguments = Arguments()
        self.common: dict[str, str] = {}
        if delta is not None:
            self.common |= pending(self.arguments, state, as_of, delta)

    # ---- common table expressions

    def _first_orders(self) -> str:
        """`first_orders`: each customer's first order ever, as of the snapshot."""
        if "first_orders" not in self.common:
            if not self.state.trusted:
                source = f"""
    select customer_id, min(booked_at) as at from ({self._ledger("true")}) s
    where customer_id <> 0 group by customer_id, order_id having sum(lines) > 0"""
            elif self.delta is None:
                source = "select customer_id, first_order_at as at from rollup_customer"
            else:
                source = f"""
    select customer_id, first_order_at as at from rollup_customer
    where customer_id not in (select customer_id from f)
    union all
    select customer_id, at from ({self._orders("customer_id in (select customer_id from f)")}) x"""
            self.common["first_orders"] = f"""
first_orders as (
    select customer_id, min(at) as at from ({source}
    ) y where at is not null group by customer_id
)"""
        return "first_orders"

    # ---- sources, each with the columns `at` or `day`, the dimensions and the measures

    def _ledger(self, where: str) -> str:
        seen = visible(self.arguments, self.state, self.as_of)
        return f"""
        select i.order_id, i.booked_at, i.booked_at as at, i.is_return, i.currency, i.product_id,
            coalesce(i.customer_id, 0) as customer_id, coalesce(i.rep_id, 0) as rep_id,
            coalesce(i.region_id, 0) as region_id, coalesce(i.channel_id, 0) as channel_id,
            {contributions.measures("i")}
        from order_items i where {where} and {seen}"""

    def _orders(self, where: str) -> str:
        return counted_orders(where, pending=self.delta is not None)

    # ---- the parts

    def part(self, part: Part) -> list[str]:
        """The selects that deliver a part, pending lines included."""
        match part.source:
            case SourceTable.LEDGER:
                return self._ledger_part(part)
            case SourceTable.ORDER_STATES:
                rows = self._orders(self._between("ordered_at", part))
                return [self._counts(rows, part)]
            case SourceTable.DAY_CELLS:
                return [self._cells(part)]
            case _:
                return self._rollup_part(part)

    def _between(self, column: str, part: Part) -> str:
        bind = self.arguments.bind
        return (
            f"{column} >= {bind(part.start, 'timestamptz')}"
            f" and {column} < {bind(part.end, 'timestamptz')}"
        )

    def _between_days(self, column: str, part: Part) -> str:
        zone = ZoneInfo(self.state.timezone)
        first, last = (_day(instant, zone) for instant in (part.start, part.end))
        bind = self.arguments.bind
        return f"{column} >= {bind(first, 'date')} and {column} < {bind(last, 'date')}"

    def _rollup_part(self, part: Part) -> list[str]:
        column = TIME_COLUMN[part.source]
        if part.source is SourceTable.SALES_QUARTER:
            time, within = f"{column} as at", self._between(column, part)
        else:
            time, within = f"{column} as day", self._between_days(column, part)
        rows = f"select *, {time} from {part.source.value}"
        if column == "day":
            rows = f"select * from {part.source.value}"
        instants = part.source is SourceTable.SALES_QUARTER
        selects = [self._sums(f"{rows} where {within}", part.measures, instants=instants)]
        if self.delta is None or part.end <= self.delta.first or part.start > self.delta.last:
            return selects
        pending = f"select *, booked_at as at from d where {self._between('booked_at', part)}"
        selects.append(self._sums(pending, part.measures & LINE_MEASURES, instants=True))
        if Measure.ORDERS in part.measures and part.source in WITH_ORDERS:
            flips = (
                "select *, ordered_at as at, flip as orders from f"
                f" where {self._between('ordered_at', part)}"
            )
            selects.append(self._sums(flips, frozenset({Measure.ORDERS}), instants=True))
        return selects

    def _ledger_part(self, part: Part) -> list[str]:
        rows = self._ledger(self._between("i.booked_at", part))
        selects = []
        lines = part.measures & LINE_MEASURES
        if lines:
            selects.append(self._sums(rows, lines, instants=True))
        if part.measures - LINE_MEASURES:
            keys = self._keys(instants=True)
            group = "".join(f", {n + 3}" for n in range(len(keys)))
            listed = "".join(f", {expression} as {name}" for name, expression in keys)
            surviving = f"""
        select s.order_id as of_order, s.customer_id as buyer{listed}, min(s.at) as at
        from ({rows} and {contributions.sale_line("i")} <> 0) s {self._joins()}
        where {self._filters()} group by 1, 2{group} having sum(s.lines) > 0"""
            selects.append(self._counts(surviving, part, named=True))
        return selects

    def _cells(self, part: Part) -> str:
        rows = "select day, previous_day, customers from customer_day_cells"
        if self.delta is not None:
            rows = f"({rows} union all {contributions.CELLS})"
        else:
            rows = f"({rows})"
        zone = ZoneInfo(self.state.timezone)
        first = self.arguments.bind(_day(part.start, zone), "date")
        if self.query.granularity is None:
            since = first
        else:
            days = self._days()
            since = f"greatest({first}, ({days})[width_bucket(day, {days})])"
        values = {
            Measure.CUSTOMERS: f"sum(customers) filter (where previous_day < {since})",
            Measure.NEW_CUSTOMERS: "sum(customers) filter (where previous_day = '-infinity')",
        }
        chosen = {m: v for m, v in values.items() if m in part.measures}
        return self._select(
            f"{rows} s where {self._between_days('day', part)}",
            self._keys(instants=False),
            chosen,
        )

    def _counts(self, rows: str, part: Part, *, named: bool = False) -> str:
        """Count orders and distinct customers of rows, one an order (and key, where `named`)."""
        keys = [(name, f"s.{name}") for name in self.query.keys] if named else self._keys()
        tables = f"({rows}) s"
        where = "true"
        if not named:
            tables += f" {self._joins()}"
            where = self._filters()
        buyer = "s.buyer" if named else "s.customer_id"
        customer = f"count(distinct {buyer}) filter (where {buyer} <> 0"
        values = {
            Measure.ORDERS: "count(distinct s.of_order)" if named else "count(*)",
            Measure.CUSTOMERS: f"{customer})",
        }
        if Measure.NEW_CUSTOMERS in part.measures:
            tables += f" left join {self._first_orders()} on first_orders.customer_id = {buyer}"
            values[Measure.NEW_CUSTOMERS] = f"{customer} and {self._is_new(part)})"
        chosen = {m: v for m, v in values.items() if m in part.measures}
        return self._select(f"{tables} where {where}", keys, chosen)

    def _is_new(self, part: Part) -> str:
        if self.query.hour_of_week:
            return "first_orders.at = s.at"
        if self.query.granularity is None:
            return f"first_orders.at >= {self.arguments.bind(part.start, 'timestamptz')}"
        bucket, first = (self._bucket(i) for i in ("s.at", "first_orders.at"))
        start = self.arguments.bind(part.start, "timestamptz")
        return f"first_orders.at >= {start} and {bucket} = {first}"

    def _sums(self, rows: str, measures: frozenset[Measure], *, instants: bool) -> str:
        rate = ""
        foreign = self.state.foreign and Dimension.CURRENCY not in self.query.by
        if foreign and measures & MONEY:
            day = "s.day"
            if instants:
                day = contributions.local_day("s.at")
            currency = self.arguments.bind(self.state.currency, "text")
            rate = (
                f" * case when s.currency = {currency} then 1 else rate_of(s.currency, {day}) end"
            )
        values = {m: f"sum(s.{m.value}{rate if m in MONEY else ''})" for m in measures}
        return self._select(
            f"({rows}) s {self._joins()} where {self._filters()}",
            self._keys(instants=instants),
            values,
        )

    def _select(self, tables: str, keys: list[tuple[str, str]], values: dict[Measure, str]) -> str:
        columns = [f"{expression} as {name}" for name, expression in keys]
        columns += [f"{values.get(m, '0')} as {m.value}" for m in self._measures()]
        group = ""
        if keys:
            group = " group by " + ", ".join(str(n + 1) for n in range(len(keys)))
        return f"select {', '.join(columns)}\n    from {tables}{group}"

    # ---- expressions

    @property
    def zone(self) -> str:
        return self.arguments.bind(self.query.zone, "text")

    def _measures(self) -> list[Measure]:
        return [measure for measure in Measure if measure in self.query.measures]

    def _starts(self) -> tuple[dt.datetime, ...]:
        query = self.query
        if query.granularity is None:
            return ()
        return bucket_starts.starts(
            query.start, query.end, query.granularity, query.zone, query.week_start
        )

    def _bucket(self, instant: str) -> str:
        """The number of the bucket that an instant lies in, from 1."""
        return f"width_bucket({instant}, {self.arguments.bind(self._starts(), 'timestamptz[]')})"

    def _days(self) -> str:
        days = bucket_starts.start_days(self._starts(), self.query.zone)
        return self.arguments.bind(days, "date[]")

    def _keys(self, *, instants: bool = True) -> list[tuple[str, str]]:
        keys: list[tuple[str, str]] = []
        if self.query.granularity is not None:
            day = f"width_bucket(s.day, {self._days()})" if not instants else ""
            keys.append(("bucket", day or self._bucket("s.at")))
        if self.query.hour_of_week:
            local = f"(s.at at time zone {self.zone})"
            keys.append(("weekday", f"extract(isodow from {local})::integer"))
            keys.append(("hour", f"extract(hour from {local})::integer"))
        expressions = {
            Dimension.CATEGORY: "coalesce(p.category_id, 0)",
            Dimension.SEGMENT: "coalesce(c.segment, 'none')",
            Dimension.DISCOUNT: _DISCOUNT_BAND,
        }
        keys += [(d.key, expressions.get(d, f"s.{d.key}")) for d in self.query.by]
        return keys

    def _joins(self) -> str:
        joins = ""
        if Dimension.CATEGORY in self.query.dimensions:
            joins += " left join products p on p.id = s.product_id"
        if Dimension.SEGMENT in self.query.dimensions:
            joins += " left join mv_customer_rfm c on c.customer_id = s.customer_id"
        return joins

    def _filters(self) -> str:
        filters = self.query.filters
        bind = self.arguments.bind
        conditions = [
            f"s.{column} = any({bind(list(ids), 'bigint[]')})"
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
            names = bind(list(filters.segments), "text[]")
            conditions.append(f"coalesce(c.segment, 'none') = any({names})")
        if filters.categories:
            roots = bind(list(filters.categories), "bigint[]")
            conditions.append(f"""coalesce(p.category_id, 0) in (
        with recursive tree as (
            select unnest({roots}) as id
            union select k.id from categories k join tree on k.parent_id = tree.id
        ) select id from tree)""")
        return " and ".join(conditions) or "true"

    # ---- the whole

    def statement(self, selects: list[str]) -> Statement:
        """Add the parts up, order and cut."""
        keys = self.query.keys
        totals = {m: _total(m) for m in self._measures()}
        columns = [*keys, *(f"{total} as {m.value}" for m, total in totals.items())]
        if self.query.granularity is not None:
            # Numbers until here: cheaper to group by, and every part counts the same starts.
            starts = self.arguments.bind(self._starts(), "timestamptz[]")
            columns[0] = f"({starts})[u.bucket] as bucket"
        union = "\n    union all\n    ".join(selects)
        text = f"select {', '.join(columns)}\nfrom (\n    {union}\n) u"
        if keys:
            text += f"\ngroup by {', '.join(f'u.{key}' for key in keys)}"
            having = self._having(totals)
            if having:
                text += f"\nhaving {having}"
            text += f"\norder by {self._order(totals)}"
        if self.query.limit is not None:
            text += f"\nlimit {self.arguments.bind(self.query.limit, 'bigint')}"
        # Materialized where several parts read them, and pruned by PostgreSQL where none does.
        common = ",".join(self.common.values())
        if common:
            text = f"with {common}\n{text}"
        return Statement(text, tuple(self.arguments.values))

    def _having(self, totals: dict[Measure, str]) -> str:
        conditions = []
        if self.query.by:
            anything = " or ".join(f"{total} <> 0" for total in totals.values())
            conditions.append(f"({anything})")
        if self.query.after is not None:
            value, key = self.query.after
            first = self.query.by[0].key
            metric = self._metric(totals)
            bound = f"coalesce({self.arguments.bind(value, 'numeric')}, '-Infinity')"
            cast = "text" if isinstance(key, str) else "bigint"
            sign = ">" if self.query.ascending else "<"
            conditions.append(
                f"({metric} {sign} {bound} or ({metric} = {bound}"
                f" and {first} > {self.arguments.bind(key, cast)}))"
            )
        return " and ".join(conditions)

    def _order(self, totals: dict[Measure, str]) -> str:
        names = list(self.query.keys)
        if self.query.order_by is None:
            return ", ".join(names)
        direction = "asc" if self.query.ascending else "desc"
        first = [d.key for d in self.query.by]
        rest = [name for name in names if name not in first]
        return ", ".join([f"{self._metric(totals)} {direction}", *first, *rest])

    def _metric(self, totals: dict[Measure, str]) -> str:
        metric = METRICS[self.query.order_by or ""]
        top = _linear(metric.numerator, totals)
        if metric.denominator is None:
            return f"({top})::numeric"
        # As many digits as `Metric.value` gives, so that a cursor meets its own row again.
        quotient = f"({top})::numeric / nullif(({_linear(metric.denominator, totals)})::numeric, 0)"
        return f"coalesce({quotient}, '-Infinity')"


def _total(measure: Measure) -> str:
    total = f"coalesce(sum({measure.value}), 0)"
    return f"{total}::bigint" if measure in INTEGERS else total


def _linear(terms: Linear, totals: dict[Measure, str]) -> str:
    return " + ".join(f"{factor} * {totals[measure]}" for measure, factor in terms.items())


def _day(instant: dt.datetime, zone: ZoneInfo) -> dt.date:
    return instant.astimezone(zone).date()


__all__ = ["CUSTOMER_MEASURES", "Statement", "compile_statement", "delta_statement"]
