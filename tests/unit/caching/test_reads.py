"""What an answer depends on."""

import asyncio
import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.caching.reads import (
    EVERYTHING,
    FIRST_DAY,
    Reads,
    Slice,
    Span,
    ledger_spans,
    next_turn,
    record,
    recording,
)

UTC = dt.UTC


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> int:
    return dt.date.fromisoformat(text).toordinal()


def test_an_answer_that_noted_nothing_depends_on_everything() -> None:
    """Forgetting to note costs hits, never correctness."""
    assert Reads().spans() == EVERYTHING


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2026-01-01T00:00", "2026-02-01T00:00", "2026-01-01", "2026-01-31"),
        ("2026-01-01T00:00", "2026-01-01T00:15", "2026-01-01", "2026-01-01"),
        ("2025-12-31T23:00", "2026-01-01T23:00", "2025-12-31", "2026-01-01"),
        ("2026-01-01T00:00", "2026-01-01T00:00", "2026-01-01", "2026-01-01"),
    ],
    ids=["a-month", "a-quarter-hour", "a-local-day", "empty"],
)
def test_a_range_touches_its_days(start: str, end: str, first: str, last: str) -> None:
    """The end is not part of a range, and a local day touches two days of UTC."""
    reads = Reads()
    reads.ledger(at(start), at(end))
    assert reads.spans() == (Span(Slice.LEDGER, day(first), day(last)),)


def test_everything_before_begins_at_the_first_day() -> None:
    reads = Reads()
    reads.ledger_before(at("2026-02-01T00:00"))
    (span,) = reads.spans()
    assert span.first == FIRST_DAY
    assert span.last >= day("2026-01-31")


def test_contained_spans_are_left_out() -> None:
    """A hundred panels of one page store one span."""
    reads = Reads()
    reads.ledger(at("2026-01-10T00:00"), at("2026-01-12T00:00"))
    reads.ledger(at("2026-01-01T00:00"), at("2026-02-01T00:00"))
    reads.whole(Slice.TEAM)
    assert reads.spans() == (
        Span(Slice.LEDGER, day("2026-01-01"), day("2026-01-31")),
        Span(Slice.TEAM),
    )


@given(
    st.lists(st.tuples(st.sampled_from(Slice), st.integers(0, 60), st.integers(0, 20)), min_size=1),
    st.sampled_from(Slice),
    st.integers(0, 90),
)
def test_leaving_out_loses_nothing(
    parts: list[tuple[Slice, int, int]], part: Slice, where: int
) -> None:
    """A change that touches something noted touches what is kept of it, and nothing else does."""
    reads = Reads()
    noted = [Span(s, first, first + length) for s, first, length in parts]
    reads._spans.update(noted)
    change = Span(part, where, where)
    assert any(s.touches(change) for s in reads.spans()) == any(s.touches(change) for s in noted)


@given(st.sets(st.dates(dt.date(2000, 1, 1), dt.date(2000, 3, 1))))
def test_changed_days_become_the_fewest_spans(days: set[dt.date]) -> None:
    """The spans hold exactly the days, and no two of them touch or adjoin."""
    spans = sorted(ledger_spans(days))
    held = {d for s in spans for d in range(s.first, s.last + 1)}
    assert held == {d.toordinal() for d in days}
    assert all(a.last + 1 < b.first for a, b in itertools.pairwise(spans))


@pytest.mark.parametrize(
    ("bound", "moving"),
    [
        ("2026-01-05T10:15:00", False),
        ("2026-01-05T10:16:00", True),
        ("2026-01-05T10:15:00.000001", True),
    ],
    ids=["quarter-hour", "minute", "instant"],
)
def test_a_bound_that_no_clock_shows_is_the_instant_itself(bound: str, moving: bool) -> None:
    """Today so far compared with last week so far changes as time passes, without a sale."""
    reads = Reads()
    reads.ledger(at("2026-01-05T00:00"), at(bound))
    assert reads.moving is moving


@pytest.mark.parametrize(
    ("now", "zone", "hourly", "turn"),
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
    now: str, zone: str, hourly: bool, turn: str
) -> None:
    assert next_turn(at(now), zone, hourly=hourly) == at(turn)


def test_a_window_ends_when_its_question_means_something_else() -> None:
    """At the next midnight of the zone, or when the chosen end is reached, if that is earlier."""
    reads = Reads()
    now = at("2026-01-05T10:17")
    reads.window(
        at("2026-01-05T00:00"),
        at("2026-01-05T18:00"),
        now=now,
        zone_name="Europe/London",
        hourly=False,
    )
    assert reads.boundary == at("2026-01-05T18:00")
    reads.until(at("2026-01-05T12:00"))
    assert reads.boundary == at("2026-01-05T12:00")


async def test_each_request_has_its_own_recorder() -> None:
    """Requests that run side by side do not note on one another's."""

    async def request(part: Slice) -> Reads:
        mine = Reads()
        record(mine)
        await asyncio.sleep(0)
        recording().whole(part)
        return mine

    one, other = await asyncio.gather(request(Slice.TEAM), request(Slice.VIEWS))
    assert one.spans() == (Span(Slice.TEAM),)
    assert other.spans() == (Span(Slice.VIEWS),)
