"""How a fold of many lines is divided."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_store.rollups import fold_batch

FIRST = dt.date(2024, 1, 1)


def days(*counts: int) -> list[tuple[dt.date, int]]:
    """Consecutive days with so many lines; those without any are left out."""
    return [(FIRST + dt.timedelta(days=n), count) for n, count in enumerate(counts) if count]


def lengths(counts: list[tuple[dt.date, int]]) -> list[int]:
    """How many lines each slice has."""
    return [
        sum(count for day, count in counts if start.date() <= day < end.date())
        for start, end in fold_batch.ranges(counts)
    ]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((), []),
        ((1,), [1]),
        ((40_000, 50_000), [90_000]),
        ((180_000, 180_000, 180_000), [360_000, 180_000]),
        ((150_000,) * 4, [300_000, 300_000]),
        ((111_000,) * 3, [333_000]),
        ((900_000, 10), [900_000, 10]),
    ],
    ids=["none", "one", "few", "whole-days", "even", "no-small-rest", "a-huge-day"],
)
def test_slices(counts: tuple[int, ...], expected: list[int]) -> None:
    """About as many lines each as is good, whole days, no small rest where one can be avoided."""
    assert lengths(days(*counts)) == expected


@given(st.lists(st.integers(0, 300_000), max_size=60))
def test_every_line_is_in_one_slice(counts: list[int]) -> None:
    """Slices follow one another without overlap, and hold all days."""
    given_days = days(*counts)
    found = list(fold_batch.ranges(given_days))
    assert sum(lengths(given_days)) == sum(counts)
    for (_, end), (start, _) in pairwise(found):
        assert end <= start
    assert all(instant.time() == dt.time.min for part in found for instant in part)
    assert all(instant.tzinfo is dt.UTC for part in found for instant in part)
