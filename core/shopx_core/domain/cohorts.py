"""Retention: how many customers of a cohort, by first order, order again in later periods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from shopx_core.domain.money import quotient
from shopx_core.domain.periods import Granularity, GranularityNotAllowed
from shopx_core.domain.periods.buckets import calendar_floor, calendar_next
from shopx_core.errors import IntegrityBroken


class CohortCell(NamedTuple):
    """One count of the input."""

    cohort: date
    """First local day of the period of the customers' first order."""
    period: date
    """First local day of the period in which they ordered (again)."""
    customers: int
    """Distinct customers of the cohort with an order in the period."""


@dataclass(frozen=True, slots=True)
class Retention:
    """A cohort's activity in one period."""

    offset: int
    """Periods since the first: 0 is the cohort's own."""
    period: date
    customers: int
    rate: Decimal
    """`customers` divided by the cohort's size, 0 to 1."""
    is_running: bool
    """The period has not ended: the rate can still rise."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The customers with their first order in one period."""

    start: date
    size: int
    is_running: bool
    """The period has not ended: more customers may join."""
    retention: tuple[Retention, ...]
    """By `offset` from 0, without holes, up to the period that holds today."""


def retention_matrix(
    cells: Iterable[CohortCell], *, unit: Granularity, today: date, week_start: int = 1
) -> list[Cohort]:
    """Arrange counts as a triangle: a row per cohort, a column per period since.

    A period without orders is 0, a period that has not begun is absent. Cohorts without customers
    have no row. Periods after today, which only wrong dates cause, are dropped.

    Args:
        cells: Counts, in any order; each (cohort, period) at most once.
        unit: The length of periods and cohorts, a day or longer.
        today: The current local day, or that of the last known order: the matrix ends there.
        week_start: ISO number of the week's first day.

    Raises:
        GranularityNotAllowed: `unit` is an hour.
        IntegrityBroken: A day does not start a period, a pair comes twice, a period lies before its
            cohort, or a count is negative or larger than the cohort.
    """
    if unit is Granularity.HOUR:
        raise GranularityNotAllowed(
            "Cohorts cannot be hours.", hint="Choose day, week, month, quarter or year."
        )
    current = calendar_floor(today, unit, week_start)
    counts: dict[date, dict[date, int]] = {}
    for cell in cells:
        _check(cell, unit, week_start)
        row = counts.setdefault(cell.cohort, {})
        if cell.period in row:
            raise IntegrityBroken(f"Cohort {cell.cohort} has two counts for {cell.period}.")
        row[cell.period] = cell.customers
    return [
        _cohort(start, counts[start], unit, current)
        for start in sorted(counts)
        if start <= current and any(counts[start].values())
    ]


def finished(cohort: Cohort) -> Cohort:
    """Return the same cohort with every period ended."""
    cells = tuple(
        cell if not cell.is_running else replace(cell, is_running=False)
        for cell in cohort.retention
    )
    return replace(cohort, is_running=False, retention=cells)


def average_retention(cohorts: Iterable[Cohort]) -> list[Decimal]:
    """Return the customer-weighted mean rate at each offset, over the finished periods there are.

    Running periods are excluded, because they would lower the mean. The list ends at the first
    offset that no cohort has finished.
    """
    sums: dict[int, tuple[int, int]] = {}
    for cohort in cohorts:
        for cell in cohort.retention:
            if not cell.is_running:
                came, size = sums.get(cell.offset, (0, 0))
                sums[cell.offset] = came + cell.customers, size + cohort.size
    result: list[Decimal] = []
    while (pair := sums.get(len(result))) is not None:
        result.append(quotient(*pair))
    return result


def _cohort(start: date, row: Mapping[date, int], unit: Granularity, current: date) -> Cohort:
    size = row.get(start, 0)
    for period, came in row.items():
        if came > size:
            raise IntegrityBroken(
                f"Cohort {start} has {size} customers, but {came} of them ordered in {period}.",
                hint="Count distinct customers whose first order lies in the cohort's period.",
            )
    cells: list[Retention] = []
    period = start
    while period <= current:
        came = row.get(period, 0)
        cells.append(Retention(len(cells), period, came, quotient(came, size), period == current))
        period = calendar_next(period, unit)
    return Cohort(start, size, start == current, tuple(cells))


def _check(cell: CohortCell, unit: Granularity, week_start: int) -> None:
    for day in (cell.cohort, cell.period):
        if calendar_floor(day, unit, week_start) != day:
            raise IntegrityBroken(
                f"{day} does not start a {unit}.", hint="Truncate days in the reporting time zone."
            )
    if cell.period < cell.cohort or cell.customers < 0:
        raise IntegrityBroken(
            f"Cohort {cell.cohort} cannot have {cell.customers} customers in {cell.period}."
        )
