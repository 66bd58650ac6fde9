"""When a build is due."""

import pytest

from shopx_store.columns.build_daemon import EARLY, LONGEST_PAUSE, is_due, pause


@pytest.mark.parametrize(
    ("pending", "age", "due"),
    [
        (0, 1e9, False),
        (1, 3599, False),
        (1, 3600, True),
        (EARLY - 1, 5, False),
        (EARLY, 5, True),
    ],
)
def test_a_build_is_due(pending: int, age: float, due: bool) -> None:
    assert is_due(pending, age, 3600) is due


def test_build_after_build_that_fails_is_tried_ever_later() -> None:
    """A build from nothing reads the whole ledger, and a full disk stays full."""
    pauses = [pause(failures) for failures in range(12)]
    assert pauses[:4] == [10, 20, 40, 80]
    assert pauses[-1] == pause(10_000) == LONGEST_PAUSE
