"""When a build is due."""

import pytest

from shopx_store.columns.build_daemon import EARLY, is_due


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
