"""A query as DuckDB statements: pure text.

Two statements at most: sums over lines, and counts of orders and customers. Numbers are written
into the text, since DuckDB binds Python's integers as 32 bits; they are integers of this program,
and everything else in the text is a constant.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from shopx_core.domain.metrics import Measure
from shopx_store.columns import clock_sql, line_measures
from shopx_store.columns.base import NEVER
from shopx_store.columns.sources import (
    EXACT,
    Names,
    Source,
    fine_ranges,
    source_of,
    starts,
    whole_range,
)
from shopx_store.query.plan import LINE_DIMENSIONS, LINE_MEASURES
from shopx_store.query.sales_query import NONE, CustomerType, Dimension, SalesQuery
from shopx_store.query.snapshots import Snapshot

MONEY: Final = (Measure.GROSS, Measure.DISCOUNTS, Measure.RETURNS, Measure.COST)
QUANTITIES: Final = (Measure.UNITS, Measure.RETURNED_UNITS)
COUNTS: Final = (Measure.ORDERS, Measure.CUSTOMERS, Measure.NEW_CUSTOMERS)

CATEGORY_OF: Final = "category_of"
"""A relation (product_id, category_id) that the caller registers where `needs_categories`."""
SEGMENT_OF: Final = "segment_of"
"""A relation (customer_id, segment), the segment by its number, where `needs_segments`."""
CURRENCY_NUMBER: Final = "currency_number"
RATE_DAY: Final = "rate_day"
"""Two more keys of money that is to be converted; a part has both or none, as its last ones."""

HOME: Final = -1
"""The `currency` of what needs no conversion."""

_HEADER: Final = "order_id, instant, currency, customer_id, rep_id, region_id, channel_id"
_NARROW: Final = "::bigint"
_STATE: Final = f"{_HEADER}, sale_lines"
_PLACE: Final = "instant, currency, rep_id, region_id, channel_id"
_LINE: Final = (
    "order_id, instant, currency, product_id, customer_id, rep_id, region_id, channel_id, band,"
    f" {line_measures.COLUMNS}"
)


@dataclass(frozen=True, slots=True)
class TailPart:
    """The lines of a tail that matter for a query.

    Attributes:
        table: Where they are.
        as_of: Which of them count.
        first: The earliest instant of a sale line among them, or of what takes one back.
        last: The latest.
    """

    table: str
    as_of: Snapshot
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Statement:
    """Text, and what each column of a row is.

    Sums are HUGEINT, which takes five times as long to become a Python integer; nearly all fit into
    a BIGINT, and DuckDB refuses to convert one that does not.
    """

    text: str
    keys: tuple[str, ...]
    measures: tuple[Measure, ...]

    @property
    def wide(self) -> str:
        """The text for sums that do not fit."""
        return self.text.replace(_NARROW, "")


_COLUMNS: Final = {
    Source.LINES: _LINE,
    Source.SALES: f"{_HEADER}, {line_measures.COLUMNS}",
    Source.SALES_DAYS: f"{_PLACE}, {line_measures.COLUMNS}",
    Source.QUARTERS: f"instant, currency, {line_measures.COLUMNS}",
    Source.PRODUCT_DAYS: f"instant, product_id, currency, {line_measures.COLUMNS}",
    Source.BAND_DAYS: f"instant, band, currency, {line_measures.COLUMNS}",
}


def needs_categories(query: SalesQuery) -> bool:
    """Whether products are distinguished by category."""
    return Dimension.CATEGORY in query.dimensions


def needs_segments(query: SalesQuery) -> bool:
    """Whether customers are distinguished by segment."""
    return Dimension.SEGMENT in query.dimensions


def needs_amounts(query: SalesQuery) -> bool:
    """Whether a line's amounts decide anything."""
    return bool(query.measures & {*MONEY, *QUANTITIES}) or Dimension.DISCOUNT in query.dimensions


def needs_orders(query: SalesQuery) -> bool:
    """Whether the answer depends on which orders count."""
    return bool(query.measures & set(COUNTS)) or Dimension.CUSTOMER_TYPE in query.by


def statements(
    query: SalesQuery, tail: TailPart | None, names: Names, zone: str
) -> list[Statement]:
    """All statements to run; the rows of all statements are added up by key.

    Args:
        query: The query.
        tail: What it reads besides the base.
        names: What its names are numbered by.
        zone: The zone of the base's days.
    """
    writer = _Writer(query, tail, names, source_of(query, zone, names))
    found = []
    if lines := [m for m in Measure if m in query.measures & LINE_MEASURES]:
        found.append(writer.sums(lines))
    counts = [m for m in COUNTS if m in query.measures]
    if Measure.ORDERS in counts:
        # An order has one row of each product, so what adds up by product counts it once.
        by_product = Dimension.PRODUCT in query.by and Dimension.DISCOUNT not in query.by
        if by_product or writer.source is Source.SALES_DAYS:
            found.append(writer.orders_of_products() if by_product else writer.orders_of_days())
            counts.remove(Measure.ORDERS)
    if counts:
        by_line = query.dimensions & LINE_DIMENSIONS
        found.append(writer.counts_of_lines(counts) if by_line else writer.counts(counts))
    return found


@dataclass(slots=True)
class _Writer:
    query: SalesQuery
    tail: TailPart | None
    names: Names
    source: Source
    common: dict[str, str] = field(default_factory=dict)

    # ---- statements

    def sums(self, measures: Sequence[Measure]) -> Statement:
        keys = self._keys()
        if self.names.home is not None and set(measures) & set(MONEY):
            home = f"s.currency = {self.names.home}"
            shown = clock_sql.local("s.instant", self.query.start, self.query.end, self.names.zone)
            keys += [
                (CURRENCY_NUMBER, f"case when {home} then {HOME} else s.currency end"),
                (RATE_DAY, f"case when {home} then 0 else {clock_sql.local_day(shown)} end"),
            ]
        values = {m: f"sum(s.{m.value}){_NARROW}" for m in measures}
        rows = self._rows(self.source)
        return self._select(f"({rows}) s {self._joins()}", self._filters(), keys, values)

    def orders_of_days(self) -> Statement:
        """Orders by what a day's sales are added up by."""
        rows = (
            f"select {_PLACE}, orders from base.{self.source}"
            f" where {_within(*whole_range(self.query, self.source))}"
        )
        for part in self._fine(self.source):
            rows += (
                f" union all select {_PLACE}, 1 as orders from base.orders"
                f" where sale_lines > 0 and {part}"
            )
        if self.tail is not None:
            self._changed()
            rows += (
                f" union all select {_PLACE},"
                " (sale_lines > 0)::bigint - (before > 0)::bigint as orders"
                f" from changed where {self._between()}"
            )
        values = {Measure.ORDERS: f"sum(s.orders){_NARROW}"}
        return self._select(f"({rows}) s", self._filters(), self._keys(), values)

    def orders_of_products(self) -> Statement:
        """Orders by product: sale lines, less those of a product that the order has already."""
        columns = "instant, product_id, customer_id, rep_id, region_id, channel_id, currency"
        if self.source is Source.PRODUCT_DAYS:
            columns = "instant, product_id, currency"
            rows = self._rows(self.source, f"{columns}, orders", f"{columns}, lines as orders")
        else:
            rows = self._rows(Source.LINES, f"{columns}, lines as orders")
        for part in self._fine(self.source):
            rows += f" union all select {columns}, orders from base.repeats where {part}"
        if self.tail is not None:
            self._product_orders()
            rows += f" union all select {columns}, orders from repeats where {self._between()}"
        values = {Measure.ORDERS: f"sum(s.orders){_NARROW}"}
        return self._select(f"({rows}) s {self._joins()}", self._filters(), self._keys(), values)

    def counts(self, measures: Sequence[Measure]) -> Statement:
        """Counts by what all lines of an order have in common."""
        if not self.query.dimensions and not self.query.hour_of_week:
            return self._counts_by_previous(measures)
        tables = f"({self._orders(_HEADER)}) s {self._joins()}"
        values = self._distinct(measures, "count(*)")
        if Measure.NEW_CUSTOMERS in measures and Dimension.CUSTOMER_TYPE not in self.query.by:
            tables += f" {self._first()}"
        return self._select(tables, self._filters(), self._keys(), values)

    def counts_of_lines(self, measures: Sequence[Measure]) -> Statement:
        """Counts by what tells an order's lines apart."""
        keys = self._keys()
        group = "".join(f", {number + 3}" for number in range(len(keys)))
        listed = "".join(f", {expression} as {name}" for name, expression in keys)
        surviving = (
            f"select s.order_id, s.customer_id{listed}, min(s.instant) as instant"
            f" from ({self._rows(Source.LINES)}) s {self._joins()}"
            f" where s.lines <> 0 and {self._filters()}"
            f" group by 1, 2{group} having sum(s.lines) > 0"
        )
        tables = f"({surviving}) s"
        # An order has one customer, which a build checks: it is one row of each key.
        values = self._distinct(measures, "count(*)")
        if Measure.NEW_CUSTOMERS in measures:
            tables += f" {self._first()}"
        return self._select(tables, "true", [(name, f"s.{name}") for name, _ in keys], values)

    def _counts_by_previous(self, measures: Sequence[Measure]) -> Statement:
        """The same over all orders: a customer counts with the first order in range or bucket.

        Customers of whom the tail changes an order have no known previous order; they are few and
        counted one by one.
        """
        before = f"s.previous_at < {clock_sql.micros(self.query.start)}"
        if self.query.granularity is not None:
            other = f"{self._bucket('s.previous_at')} <> {self._bucket('s.instant')}"
            before = f"case when {before} then true else {other} end"
        known = "s.customer_id <> 0"
        values = {
            Measure.ORDERS: "count(*)",
            Measure.CUSTOMERS: f"count(*) filter (where {known} and {before})",
            Measure.NEW_CUSTOMERS: f"count(*) filter (where {known} and s.previous_at = {NEVER})",
        }
        orders = self._orders(f"{_HEADER}, previous_at")
        tables = f"({orders}) s"
        if self.tail is not None:
            self._touched()
            tables = (
                f"(select o.*, t.customer_id is not null as touched from ({orders}) o"
                " left join touched t on t.customer_id = o.customer_id) s"
            )
            if Measure.NEW_CUSTOMERS in measures:
                tables += f" {self._first()}"
            one_by_one = self._distinct(measures, "")
            for measure in set(measures) & {Measure.CUSTOMERS, Measure.NEW_CUSTOMERS}:
                untouched = values[measure].replace(known, f"{known} and not s.touched")
                values[measure] = f"{untouched} + {one_by_one[measure].replace(known, 's.touched')}"
        chosen = {measure: values[measure] for measure in measures}
        return self._select(tables, "true", self._keys(), chosen)

    def _distinct(self, measures: Sequence[Measure], orders: str) -> dict[Measure, str]:
        customers = "count(distinct s.customer_id) filter (where s.customer_id <> 0"
        values = {
            Measure.ORDERS: orders,
            Measure.CUSTOMERS: f"{customers})",
            Measure.NEW_CUSTOMERS: f"{customers} and {self._is_new()})",
        }
        return {measure: values[measure] for measure in measures}

    def _is_new(self) -> str:
        if self.query.hour_of_week:
            return "f.first_at = s.instant"
        start, end = clock_sql.micros(self.query.start), clock_sql.micros(self.query.end)
        within = f"f.first_at >= {start} and f.first_at < {end}"
        if self.query.granularity is None:
            return within
        # A first order outside the range has no bucket; CASE keeps it from being given one.
        return (
            f"case when {within} then {self._bucket('f.first_at')} = {self._bucket('s.instant')}"
            " else false end"
        )

    def _select(
        self,
        tables: str,
        where: str,
        keys: Sequence[tuple[str, str]],
        values: dict[Measure, str],
    ) -> Statement:
        columns = [f"{expression} as {name}" for name, expression in keys]
        columns += [f"{value} as {measure.value}" for measure, value in values.items()]
        text = f"select {', '.join(columns)} from {tables} where {where}"
        if keys:
            text += f" group by {', '.join(str(n + 1) for n in range(len(keys)))}"
        if self.common:
            text = f"with {', '.join(self.common.values())} {text}"
        return Statement(text, tuple(name for name, _ in keys), tuple(values))

    # ---- relations

    def _between(self) -> str:
        return _within(self.query.start, self.query.end)

    def _rows(self, source: Source, columns: str = "", of_lines: str = "") -> str:
        """The range's rows of a source; what is no whole day of it, and the tail, from lines.

        Args:
            source: The table.
            columns: What to select from it.
            of_lines: What to select from lines instead.
        """
        columns = columns or _COLUMNS[source]
        of_lines = of_lines or columns
        if source in EXACT:
            rows = f"select {columns} from base.{source} where {self._between()}"
        else:
            whole = _within(*whole_range(self.query, source))
            rows = f"select {columns} from base.{source} where {whole}"
            for part in self._fine(source):
                rows += f" union all select {of_lines} from base.lines where {part}"
        if self.tail is not None:
            self._seen()
            rows += f" union all select {of_lines} from seen where {self._between()}"
        return rows

    def _fine(self, source: Source) -> list[str]:
        """Conditions for what of the range a source does not have."""
        if source in EXACT:
            return [self._between()]
        return [_within(*part) for part in fine_ranges(self.query, source)]

    def _product_orders(self) -> None:
        """`repeats`: what to add to the tail's sale lines so that they count orders by product."""
        if "repeats" in self.common or self.tail is None:
            return
        self._seen()
        header = _HEADER.removeprefix("order_id, ")
        columns = ", ".join(f"min({name}) as {name}" for name in header.split(", "))
        self.common["repeats"] = (
            f"repeats as materialized (select {columns}, product_id,"
            " (sum(lines + before) > 0)::bigint - (sum(before) > 0)::bigint"
            " - sum(lines)::bigint as orders"
            f" from (select {_HEADER}, product_id, lines, 0 as before from seen where lines <> 0"
            f" union all select {_HEADER}, product_id, 0, lines from base.lines where lines <> 0"
            f" and instant between {self.tail.first} and {self.tail.last}"
            " and order_id in (select order_id from seen where lines <> 0)"
            ") group by order_id, product_id)"
        )

    def _orders(self, columns: str) -> str:
        """The orders of the range that count."""
        where = f"sale_lines > 0 and {self._between()}"
        rows = f"select {columns} from base.orders where {where}"
        if self.tail is not None:
            self._changed()
            added = columns.replace("previous_at", f"{NEVER} as previous_at")
            rows += (
                " and order_id not in (select order_id from changed)"
                f" union all select {added} from changed where {where}"
            )
        return rows

    def _seen(self) -> None:
        """`seen`: the tail's lines that the snapshot sees."""
        if "seen" in self.common or self.tail is None:
            return
        as_of = self.tail.as_of
        visible = f"xid < {as_of.xmax}"
        if as_of.running:
            visible += f" and xid not in ({', '.join(map(str, as_of.running))})"
        self.common["seen"] = (
            f"seen as materialized (select * from {self.tail.table}"
            f" where {visible} and instant < {clock_sql.micros(self.query.end)})"
        )

    def _changed(self) -> None:
        """`changed`: the orders whose sale lines the tail makes more or fewer, as they become."""
        if "changed" in self.common or self.tail is None:
            return
        self._seen()
        columns = ", ".join(f"min({name}) as {name}" for name in _HEADER.split(", ")[1:])
        self.common["changed"] = (
            f"changed as materialized (select order_id, {columns}, sum(sale_lines) as sale_lines,"
            " sum(before) as before"
            f" from (select {_HEADER}, lines as sale_lines, 0 as before from seen where lines <> 0"
            f" union all select {_STATE}, sale_lines from base.orders"
            f" where instant between {self.tail.first} and {self.tail.last}"
            " and order_id in (select order_id from seen where lines <> 0)"
            ") group by order_id)"
        )

    def _touched(self) -> None:
        """`touched`: the customers whose orders those are."""
        self._changed()
        self.common["touched"] = (
            "touched as materialized"
            " (select distinct customer_id from changed where customer_id <> 0)"
        )

    def _first(self) -> str:
        """Join each customer's first order ever, as `f`."""
        if self.tail is None:
            firsts = "base.customers"
        else:
            self._touched()
            self.common["firsts"] = (
                "firsts as materialized (select customer_id, first_at from base.customers"
                " where customer_id not in (select customer_id from touched)"
                " union all select customer_id, min(instant) from ("
                "select customer_id, instant from base.orders where sale_lines > 0"
                " and customer_id in (select customer_id from touched)"
                " and order_id not in (select order_id from changed)"
                " union all select customer_id, instant from changed where sale_lines > 0"
                ") group by customer_id)"
            )
            firsts = "firsts"
        return f"left join {firsts} f on f.customer_id = s.customer_id"

    # ---- expressions

    def _bucket(self, at: str) -> str:
        found = [clock_sql.micros(start) for start in starts(self.query)]
        return clock_sql.bucket(at, found, clock_sql.micros(self.query.end)) if found else "0"

    def _keys(self) -> list[tuple[str, str]]:
        query = self.query
        keys: list[tuple[str, str]] = []
        if query.granularity is not None:
            keys.append(("bucket", self._bucket("s.instant")))
        if query.hour_of_week:
            shown = clock_sql.local("s.instant", query.start, query.end, query.zone)
            keys += [("weekday", clock_sql.weekday(shown)), ("hour", clock_sql.hour(shown))]
        expressions = {
            Dimension.CATEGORY: f"coalesce(p.category_id, {NONE})",
            Dimension.SEGMENT: f"coalesce(c.segment, {NONE})",
            Dimension.DISCOUNT: "s.band",
            Dimension.CUSTOMER_TYPE: (
                f"case when s.customer_id = {NONE} then {CustomerType.NONE:d}"
                f" when {self._is_new()} then {CustomerType.NEW:d}"
                f" else {CustomerType.RETURNING:d} end"
            ),
        }
        keys += [(d.key, expressions.get(d, f"s.{d.key}")) for d in query.by]
        return keys

    def _joins(self) -> str:
        joins = ""
        if needs_categories(self.query):
            joins += f" left join {CATEGORY_OF} p on p.product_id = s.product_id"
        if needs_segments(self.query):
            joins += f" left join {SEGMENT_OF} c on c.customer_id = s.customer_id"
        if Dimension.CUSTOMER_TYPE in self.query.by:
            joins += f" {self._first()}"
        return joins

    def _filters(self) -> str:
        filters = self.query.filters
        requested = (
            ("s.product_id", filters.products, filters.products),
            ("s.customer_id", filters.customers, filters.customers),
            ("s.rep_id", filters.reps, filters.reps),
            ("s.region_id", filters.regions, filters.regions),
            ("s.channel_id", filters.channels, filters.channels),
            (f"coalesce(p.category_id, {NONE})", filters.categories, self.names.categories),
            (f"coalesce(c.segment, {NONE})", filters.segments, self.names.segments),
        )
        conditions = [_among(column, numbers) for column, given, numbers in requested if given]
        return " and ".join(conditions) or "true"


def _within(start: dt.datetime, end: dt.datetime) -> str:
    return f"instant >= {clock_sql.micros(start)} and instant < {clock_sql.micros(end)}"


def _among(column: str, numbers: Sequence[int]) -> str:
    if not numbers:
        return "false"
    return f"{column} in ({', '.join(str(int(number)) for number in numbers)})"
