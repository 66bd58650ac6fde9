"""Requests that were forgotten, of which Redis may have the response."""

import random
from collections.abc import Iterator

import pytest

from shopx_api.response_cache.forgotten_requests import ForgottenRequests

MEMORY = 40_000
"""Bytes: 8,000 requests in each of four generations."""


def hashes(seed: int) -> Iterator[int]:
    """Hashes as Python's are: 64 bits with a sign."""
    draw = random.Random(seed)
    while True:
        yield draw.getrandbits(64) - (1 << 63)


@pytest.fixture
def forgotten() -> ForgottenRequests:
    return ForgottenRequests(MEMORY)


def test_what_was_added_is_known(forgotten: ForgottenRequests) -> None:
    """Until the end of life of what was made about then: never too early."""
    known = [(one, number / 100) for number, one in zip(range(5000), hashes(1), strict=False)]
    for hashed, until in known:
        forgotten.add(hashed, until)
    for hashed, until in known:
        found = forgotten.kept_until(hashed)
        assert found is not None
        assert until <= found <= until + 60


def test_one_in_fifty_others_at_most_is_taken_for_known(forgotten: ForgottenRequests) -> None:
    for _, hashed in zip(range(8000), hashes(2), strict=False):
        forgotten.add(hashed, 1.0)
    others = [hashed for _, hashed in zip(range(5000), hashes(3), strict=False)]
    assert sum(hashed in forgotten for hashed in others) <= 100


def test_what_redis_has_dropped_is_not_kept(forgotten: ForgottenRequests) -> None:
    forgotten.add(7, 100.0)
    for minute in range(1, 4):
        forgotten.add(1000 + minute, 100.0 + 60 * minute)
        assert 7 in forgotten
    forgotten.add(2000, 340.0)
    assert 7 not in forgotten


def test_more_than_fit_drop_the_oldest(forgotten: ForgottenRequests) -> None:
    """Memory is bounded whatever is sent within a minute."""
    first, *rest = [hashed for _, hashed in zip(range(40_000), hashes(4), strict=False)]
    forgotten.add(first, 1.0)
    for hashed in rest:
        forgotten.add(hashed, 1.0)
    assert first not in forgotten
    assert all(hashed in forgotten for hashed in rest[-8000:])


def test_the_newest_end_of_life_counts(forgotten: ForgottenRequests) -> None:
    forgotten.add(7, 100.0)
    forgotten.add(7, 190.0)
    assert forgotten.kept_until(7) == 190.0


def test_a_memory_of_nothing_works() -> None:
    """Where the tier in memory is disabled."""
    forgotten = ForgottenRequests(0)
    forgotten.add(7, 1.0)
    assert forgotten.kept_until(7) == 1.0
