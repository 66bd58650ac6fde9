"""A panel's arguments are understood in one way, for every panel."""

import datetime as dt
from typing import Any

import pytest
import strawberry

from shopx_api.panels.selection import MAX_FILTER, Selection, resolve_arguments
from shopx_api.types.enums import SegmentFilter
from shopx_api.types.inputs import (
    ComparisonInput,
    DateRangeInput,
    FilterInput,
    InstantRangeInput,
    PeriodInput,
)
from shopx_api.types.node import global_id
from shopx_core.domain.periods import Comparison, Preset
from shopx_core.domain.rfm import Segment
from shopx_core.errors import InvalidInput
from shopx_store.query.read_state import ReadState

NOW = dt.datetime(2026, 11, 23, 11, 0, tzinfo=dt.UTC)
READ_STATE = ReadState(
    database="1/1",
    server="",
    folded_below=3,
    folded=(),
    restored_through=0,
    rollups_valid=True,
    same_database_cluster=True,
    timezone="Europe/Berlin",
    ambiguous_days=(),
    currency="EUR",
    week_start=1,
    first_rates={},
)


def period(**one: Any) -> PeriodInput:
    """The input as Strawberry makes it: exactly one field is some."""
    some = {name: strawberry.Some(value) for name, value in one.items()}
    return PeriodInput(**({"preset": None, "days": None, "instants": None} | some))


def select(
    chosen: PeriodInput | None = None,
    comparison: ComparisonInput | None = None,
    zone: str | None = None,
    filters: FilterInput | None = None,
) -> Selection:
    return resolve_arguments(
        chosen, comparison, zone, filters, read_state=READ_STATE, now=NOW,
        extent=(dt.datetime(2009, 12, 1, tzinfo=dt.UTC), dt.datetime(2011, 12, 9, tzinfo=dt.UTC)),
    )  # fmt: skip


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("chosen", "zone", "start", "end"),
    [
        (None, None, "2026-10-25T23:00", "2026-11-22T23:00"),
        (period(preset=Preset.YESTERDAY), "UTC", "2026-11-22", "2026-11-23"),
        (period(preset=Preset.YESTERDAY), None, "2026-11-21T23:00", "2026-11-22T23:00"),
        (
            period(days=DateRangeInput(first=dt.date(2026, 3, 29), last=dt.date(2026, 3, 29))),
            None,
            "2026-03-28T23:00",
            "2026-03-29T22:00",
        ),
        (
            period(instants=InstantRangeInput(start=utc("2026-01-01T01:30"), end=NOW)),
            "Asia/Kathmandu",
            "2026-01-01T01:30",
            "2026-11-23T11:00",
        ),
        (period(preset=Preset.ALL_TIME), "UTC", "2009-12-01", "2011-12-10"),
    ],
    ids=["default", "zone", "reporting-zone", "clock-change", "instants", "all-time"],
)
def test_periods(chosen: PeriodInput | None, zone: str | None, start: str, end: str) -> None:
    """Days are those of the requested zone, or of the reporting zone."""
    found = select(chosen, zone=zone).period
    assert (found.start, found.end) == (utc(start), utc(end))


def test_nothing_is_compared_unless_asked() -> None:
    """And the mode alone is enough to ask."""
    assert select().compared is None
    assert select(comparison=ComparisonInput(mode=Comparison.NONE)).compared is None
    found = select(comparison=ComparisonInput())
    assert found.comparison is not None
    assert (found.comparison.first_day, found.comparison.last_day) == (
        dt.date(2026, 9, 28),
        dt.date(2026, 10, 25),
    )


def test_a_running_period_is_compared_like_for_like() -> None:
    """Half of today is never compared with all of a day."""
    found = select(period(preset=Preset.TODAY), ComparisonInput(), zone="UTC")
    assert found.comparison is not None
    assert found.comparable is not None
    assert found.comparison.end - found.comparison.start == dt.timedelta(days=1)
    assert (found.comparable.start, found.comparable.end) == (
        utc("2026-11-16"),
        utc("2026-11-16T11:00"),
    )


def test_custom_days_are_for_the_custom_mode() -> None:
    """Days that would be ignored are refused; a mode that lacks them too."""
    days = DateRangeInput(first=dt.date(2026, 1, 1), last=dt.date(2026, 1, 28))
    found = select(comparison=ComparisonInput(mode=Comparison.CUSTOM, days=days))
    assert found.comparison is not None
    assert found.comparison.first_day == dt.date(2026, 1, 1)
    with pytest.raises(InvalidInput, match="mode CUSTOM alone"):
        select(comparison=ComparisonInput(days=days))
    with pytest.raises(InvalidInput, match="custom comparison has no range"):
        select(comparison=ComparisonInput(mode=Comparison.CUSTOM))


def test_filters_become_row_ids() -> None:
    """Sorted, without repeats, each of its own type; 0 stands for none."""
    found = select(
        filters=FilterInput(
            products=[global_id("Product", 9), global_id("Product", 2), global_id("Product", 9)],
            reps=[global_id("SalesRep", 0)],
            segments=[SegmentFilter(Segment.LOST), SegmentFilter(Segment.CHAMPIONS)],
        )
    ).filters
    assert (found.products, found.reps, found.segments) == ((2, 9), (0,), ("champions", "lost"))
    assert found.categories == ()


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (FilterInput(products=[global_id("Customer", 1)]), "id of a Customer, not of a Product"),
        (FilterInput(regions=[strawberry.ID("1")]), "is not an id"),
        (
            FilterInput(products=[global_id("Product", n) for n in range(MAX_FILTER + 1)]),
            "more than 200 entries",
        ),
    ],
    ids=["other-type", "no-id", "too-many"],
)
def test_bad_filters_are_refused(filters: FilterInput, message: str) -> None:
    """Nothing is silently left out."""
    with pytest.raises(InvalidInput, match=message):
        select(filters=filters)


def test_an_unknown_zone_is_refused() -> None:
    """Before anything is read."""
    with pytest.raises(InvalidInput, match="is not a time zone"):
        select(zone="Mars/Olympus")


def test_a_period_is_shown_as_understood() -> None:
    """The response states the period that was computed."""
    found = select(period(preset=Preset.TODAY), zone="UTC")
    shown = found.to_period(found.period)
    assert (shown.first_day, shown.last_day) == (dt.date(2026, 11, 23),) * 2
    assert shown.is_running
    assert shown.preset is Preset.TODAY
