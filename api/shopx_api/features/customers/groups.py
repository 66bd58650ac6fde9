"""Groups of customers, such as a segment or a cohort, and who is in them."""

import datetime as dt
from dataclasses import dataclass
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import strawberry

from shopx_api.data.operation_data import OperationData
from shopx_api.features.customers.compute import check_unit
from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_api.panels.members import matches, members
from shopx_api.types.enums import DimensionName
from shopx_core.caching.dependencies import DependencyTag
from shopx_core.domain.matviews import CUSTOMER_RFM
from shopx_core.domain.periods import Granularity
from shopx_core.domain.periods.buckets import calendar_floor, calendar_next
from shopx_core.domain.periods.zones import day_start
from shopx_core.domain.rfm import SCORES, Segment
from shopx_core.errors import InvalidInput
from shopx_store.sql import Sql, bind, join, raw, sql

MAX_PERIODS: Final = 600
"""How far a period may lie from its cohort."""

_BY_SCORES: Final = "select customer_id from mv_customer_rfm where {which}"

# As `mv_cohorts` counts them: a customer belongs to the period of the first order that counts.
_OF_COHORT: Final = """
select o.customer_id from ({orders}) o where o.customer_id <> 0 and o.at <= {now}
group by o.customer_id
having min(o.at) >= {joined} and min(o.at) < {joined_end}
    and bool_or(o.at >= {start} and o.at < {end})"""

_PAGE: Final = """
select x.customer_id, s.revenue from ({who}) x
left join mv_customer_rfm s on s.customer_id = x.customer_id
where {found} and {after} order by {order} limit {limit}"""

_FOUND: Final = "x.customer_id in (select m.id from ({customers}) m where {named})"


@strawberry.input(description="Customers with these scores; a missing score is any.")
class ScoresInput:
    """A cell of the grid of recency and frequency."""

    recency: int | None = strawberry.field(default=None, description="1 (worst) to 5 (best).")
    frequency: int | None = strawberry.field(default=None, description="1 (worst) to 5 (best).")
    monetary: int | None = strawberry.field(default=None, description="1 (worst) to 5 (best).")


@strawberry.input(
    description="Customers of a cohort who ordered in one of its periods, in the reporting zone."
)
class CohortPeriodInput:
    """A cell of the table of cohorts."""

    granularity: Granularity = strawberry.field(description="WEEK, MONTH, QUARTER or YEAR.")
    start: dt.date = strawberry.field(description="The first day of the cohort's own period.")
    period: int = strawberry.field(
        default=0, description="Periods after the cohort's own; 0 is all of the cohort."
    )


@strawberry.input(one_of=True, description="Which customers: exactly one of the three.")
class CustomerGroupInput:
    """A group as panels show it."""

    segment: strawberry.Maybe[Segment] = strawberry.field(description="A segment.")
    scores: strawberry.Maybe[ScoresInput] = strawberry.field(description="By scores.")
    cohort: strawberry.Maybe[CohortPeriodInput] = strawberry.field(description="By first order.")


@dataclass(frozen=True, slots=True)
class Scored:
    """Customers by what the view of scores says of them."""

    conditions: tuple[tuple[str, str | int], ...]
    """Columns of the view with their values."""


@dataclass(frozen=True, slots=True)
class CohortPeriod:
    """Customers of a cohort who ordered in a period."""

    granularity: Granularity
    start: dt.date
    period: int


Group: TypeAlias = Scored | CohortPeriod


def group_of(given: CustomerGroupInput) -> Group:
    """Validate a group.

    Raises:
        InvalidInput: A score, a unit or a period is out of bounds.
    """
    if given.segment is not None:
        return Scored((("segment", given.segment.value.value),))
    if given.scores is not None:
        return _scored(given.scores.value)
    if given.cohort is None:
        raise InvalidInput("`group` is empty.", hint="Give one of segment, scores and cohort.")
    cohort = given.cohort.value
    check_unit(cohort.granularity)
    if not 0 <= cohort.period <= MAX_PERIODS:
        raise InvalidInput(f"`cohort.period` is {cohort.period}, outside 0 to {MAX_PERIODS}.")
    return CohortPeriod(cohort.granularity, cohort.start, cohort.period)


def _scored(given: ScoresInput) -> Scored:
    chosen = {
        name: score
        for name, score in (
            ("recency", given.recency),
            ("frequency", given.frequency),
            ("monetary", given.monetary),
        )
        if score is not None
    }
    for name, score in chosen.items():
        if not 1 <= score <= SCORES:
            raise InvalidInput(f"`scores.{name}` is {score}, outside 1 to {SCORES}.")
    return Scored(tuple(chosen.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMembers:
    """Who of a group is listed: those that a search finds, by revenue so far."""

    group: Group
    search: str | None

    @property
    def keyset(self) -> Keyset:
        """The order: the highest revenue as last computed first, then by customer."""
        return Keyset(
            f"group:{self.group}:{self.search or ''}",
            (
                Column("s.revenue", "numeric", descending=True, nullable=True),
                Column("x.customer_id", "bigint"),
            ),
        )


async def group_members(
    data: OperationData, wanted: GroupMembers, *, first: int, after: Key | None
) -> list[Key]:
    """Return the sort keys of a page, each with its customer's id, and one more if there are more.

    Args:
        data: The operation's data.
        wanted: Which customers.
        first: Customers of the page.
        after: The sort key of the customer before the page.
    """
    await data.read_view(CUSTOMER_RFM)
    keyset = wanted.keyset
    query = sql(
        _PAGE,
        who=await _who(data, wanted.group),
        found=_found(wanted.search),
        after=keyset.after(after),
        order=keyset.order_by,
        limit=bind(first + 1, "bigint"),
    )
    rows = await data.fetch(query.reading(DependencyTag.VIEWS))
    return [(row["revenue"], row["customer_id"]) for row in rows]


async def count_group_members(data: OperationData, wanted: GroupMembers) -> int:
    """Count the customers on all pages."""
    query = sql(
        "select count(*) from ({who}) x where {found}",
        who=await _who(data, wanted.group),
        found=_found(wanted.search),
    )
    return int((await data.fetch(query))[0][0])


def _found(search: str | None) -> Sql:
    if search is None:
        return raw("true")
    return sql(_FOUND, customers=members(DimensionName.CUSTOMER), named=matches(search))


async def _who(data: OperationData, group: Group) -> Sql:
    if isinstance(group, Scored):
        which = join(
            " and ",
            [
                raw("true"),
                *(
                    sql(
                        f"{name} = {{value}}",
                        value=bind(value, "text" if isinstance(value, str) else "smallint"),
                    )
                    for name, value in group.conditions
                ),
            ],
        )
        return sql(_BY_SCORES, which=which).reading(DependencyTag.VIEWS)
    read_state = await data.read_state()
    joined, start = _bounds(group, ZoneInfo(read_state.timezone), read_state.week_start)
    return sql(
        _OF_COHORT,
        orders=await data.orders(),
        now=bind(await data.now(), "timestamptz"),
        joined=bind(joined[0], "timestamptz"),
        joined_end=bind(joined[1], "timestamptz"),
        start=bind(start[0], "timestamptz"),
        end=bind(start[1], "timestamptz"),
    )


def _bounds(
    group: CohortPeriod, where: ZoneInfo, week_start: int
) -> tuple[tuple[dt.datetime, dt.datetime], tuple[dt.datetime, dt.datetime]]:
    """When customers joined, and when they ordered: instants, each without its end.

    Raises:
        InvalidInput: No period begins on the cohort's day.
    """
    unit = group.granularity
    if calendar_floor(group.start, unit, week_start) != group.start:
        raise InvalidInput(
            f"No {unit} begins on {group.start}.",
            hint="Pass `start` of a cohort as `cohorts` returns it.",
        )
    first = group.start
    for _ in range(group.period):
        first = calendar_next(first, unit)

    def span(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
        return day_start(day, where), day_start(calendar_next(day, unit), where)

    return span(group.start), span(first)
