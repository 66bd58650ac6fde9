"""What an answer depends on."""

import asyncio
import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.caching.dependencies import (
    EVERYTHING,
    FIRST,
    MAX_SPANS,
    Dependencies,
    DependencyTag,
    Span,
    bind_dependencies,
    current_dependencies,
    ledger_spans,
    next_boundary,
)

UTC = dt.UTC


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def hour(text: str) -> int:
    return int(at(text).timestamp() // 3600)


def test_an_answer_that_noted_nothing_depends_on_everything() -> None:
    """Forgetting to note costs hits, never correctness."""
    assert Dependencies().spans() == EVERYTHING


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2026-01-01T00:00", "2026-02-01T00:00", "2026-01-01T00:00", "2026-01-31T23:00"),
        ("2026-01-01T00:00", "2026-01-01T00:15", "2026-01-01T00:00", "2026-01-01T00:00"),
        ("2025-12-31T18:30", "2026-01-01T18:30", "2025-12-31T18:00", "2026-01-01T18:00"),
        ("2026-01-01T00:00", "2026-01-01T00:00", "2026-01-01T00:00", "2026-01-01T00:00"),
        ("1969-12-31T23:30", "1970-01-01T00:00", "1969-12-31T23:00", "1969-12-31T23:00"),
    ],
    ids=["a-month", "a-quarter-hour", "a-day-in-kolkata", "empty", "before-1970"],
)
def test_a_range_touches_its_hours(start: str, end: str, first: str, last: str) -> None:
    """The end is not part of a range, and some zones' days begin within an hour of UTC."""
    dependencies = Dependencies()
    dependencies.ledger(at(start), at(end))
    assert dependencies.spans() == (Span(DependencyTag.LEDGER, hour(first), hour(last)),)


def test_everything_before_has_no_beginning() -> None:
    dependencies = Dependencies()
    dependencies.ledger_before(at("2026-02-01T00:00"))
    (span,) = dependencies.spans()
    assert span.first == FIRST
    assert span.last >= hour("2026-01-31T23:00")


def test_contained_spans_are_left_out() -> None:
    """A hundred panels of one page store one span."""
    dependencies = Dependencies()
    dependencies.ledger(at("2026-01-10T00:00"), at("2026-01-12T00:00"))
    dependencies.ledger(at("2026-01-01T00:00"), at("2026-02-01T00:00"))
    dependencies.tags(DependencyTag.TEAM)
    assert dependencies.spans() == (
        Span(DependencyTag.LEDGER, hour("2026-01-01T00:00"), hour("2026-01-31T23:00")),
        Span(DependencyTag.TEAM),
    )


@given(
    st.lists(
        st.tuples(st.sampled_from(DependencyTag), st.integers(0, 60), st.integers(0, 20)),
        min_size=1,
    ),
    st.sampled_from(DependencyTag),
    st.integers(0, 90),
)
def test_leaving_out_loses_nothing(
    parts: list[tuple[DependencyTag, int, int]], part: DependencyTag, where: int
) -> None:
    """A change that touches something noted touches what is kept of it, and nothing else does."""
    dependencies = Dependencies()
    noted = [Span(s, first, first + length) for s, first, length in parts]
    dependencies._spans.update(noted)
    change = Span(part, where, where)
    assert any(s.touches(change) for s in dependencies.spans()) == any(
        s.touches(change) for s in noted
    )


INSTANTS = st.integers(0, 3 * 86_400).map(lambda second: dt.datetime.fromtimestamp(second, UTC))


@given(st.sets(INSTANTS))
def test_few_changes_become_the_fewest_spans(instants: set[dt.datetime]) -> None:
    """The spans hold exactly the hours, and no two of them touch or adjoin."""
    spans = sorted(ledger_spans(instants))
    held = {h for s in spans for h in range(s.first, s.last + 1)}
    assert held == {int(i.timestamp() // 3600) for i in instants}
    assert all(a.last + 1 < b.first for a, b in itertools.pairwise(spans))


@pytest.mark.parametrize("every", [2, 25, 24 * 9, 24 * 40])
def test_an_import_of_years_is_marked_in_few_spans(every: int) -> None:
    """Too much is marked rather than too little."""
    start = at("2000-01-01T00:00")
    instants = [start + dt.timedelta(hours=every * n) for n in range(500)]
    spans = ledger_spans(instants)
    assert 1 <= len(spans) <= MAX_SPANS
    for instant in instants:
        changed = Span(DependencyTag.LEDGER, *[int(instant.timestamp() // 3600)] * 2)
        assert any(span.touches(changed) for span in spans)


@pytest.mark.parametrize(
    ("bound", "time_dependent"),
    [
        ("2026-01-05T10:15:00", False),
        ("2026-01-05T10:16:00", True),
        ("2026-01-05T10:15:00.000001", True),
    ],
    ids=["quarter-hour", "minute", "instant"],
)
def test_a_bound_that_no_clock_shows_is_the_instant_itself(
    bound: str, time_dependent: bool
) -> None:
    """Today so far compared with last week so far changes as time passes, without a sale."""
    dependencies = Dependencies()
    dependencies.ledger(at("2026-01-05T00:00"), at(bound))
    assert dependencies.time_dependent is time_dependent


@pytest.mark.parametrize(
    ("now", "zone", "hourly", "boundary"),
    [
        ("2026-01-05T10:17", "UTC", False, "2026-01-06T00:00"),
        ("2026-01-05T10:17", "UTC", True, "2026-01-05T11:00"),
        ("2026-01-05T10:17", "Asia/Kathmandu", True, "2026-01-05T11:15"),
        ("2026-01-05T23:30", "America/New_York", False, "2026-01-06T05:00"),
        # Clocks go forward: 23 hours.
        ("2026-03-29T00:30", "Europe/Berlin", False, "2026-03-29T22:00"),
        # Clocks go back: 25 hours.
        ("2026-10-25T00:30", "Europe/Berlin", False, "2026-10-25T23:00"),
    ],
    ids=["day", "hour", "hour-of-45-minutes-off", "west", "short-day", "long-day"],
)
def test_the_day_turns_on_the_clocks_of_the_zone(
    now: str, zone: str, hourly: bool, boundary: str
) -> None:
    assert next_boundary(at(now), zone, hourly=hourly) == at(boundary)


def test_a_window_ends_when_its_relative_period_moves() -> None:
    """At the next midnight of the zone, or when the chosen end is reached, if that is earlier."""
    dependencies = Dependencies()
    now = at("2026-01-05T10:17")
    dependencies.window(
        at("2026-01-05T00:00"),
        at("2026-01-05T18:00"),
        now=now,
        zone_name="Europe/London",
        hourly=False,
    )
    assert dependencies.boundary == at("2026-01-05T18:00")
    dependencies.until(at("2026-01-05T12:00"))
    assert dependencies.boundary == at("2026-01-05T12:00")


async def test_each_request_has_its_own_recorder() -> None:
    """Requests that run side by side do not note on one another's."""

    async def request(part: DependencyTag) -> Dependencies:
        mine = Dependencies()
        bind_dependencies(mine)
        await asyncio.sleep(0)
        current_dependencies().tags(part)
        return mine

    one, other = await asyncio.gather(request(DependencyTag.TEAM), request(DependencyTag.VIEWS))
    assert one.spans() == (Span(DependencyTag.TEAM),)
    assert other.spans() == (Span(DependencyTag.VIEWS),)
