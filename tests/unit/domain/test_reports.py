"""What a report is, and when an alert holds."""

from decimal import Decimal

import pytest

from shopx_api.files.pages import PAGES
from shopx_core.domain.reports import (
    MAX_ATTEMPTS,
    PANELS,
    Alert,
    Channel,
    Condition,
    retry_after,
    shown_target,
)


def test_reports_know_the_panels_of_the_api() -> None:
    """Otherwise a report could be kept that the API refuses."""
    assert dict(PANELS) == {
        name: tuple(panel.name for panel in page.panels) for name, page in PAGES.items()
    }


@pytest.mark.parametrize(
    ("condition", "value", "change", "expected"),
    [
        (Condition.ABOVE, "10.01", None, True),
        (Condition.ABOVE, "10", None, False),
        (Condition.BELOW, "9.99", None, True),
        (Condition.BELOW, "10", None, False),
        (Condition.BELOW, None, "1", None),
        (Condition.RISES, "1", "10.1", True),
        (Condition.RISES, "1", "-11", False),
        (Condition.FALLS, "1", "-10.1", True),
        (Condition.FALLS, "1", "11", False),
        (Condition.FALLS, "1", None, None),
    ],
)
def test_a_condition_holds(
    condition: Condition, value: str | None, change: str | None, expected: bool | None
) -> None:
    """An unknown figure is neither."""
    found = Alert("revenue", condition, Decimal(10)).holds(
        None if value is None else Decimal(value), None if change is None else Decimal(change)
    )
    assert found is expected


def test_attempts_are_further_and_further_apart_and_end() -> None:
    waits = [retry_after(attempt) for attempt in range(1, MAX_ATTEMPTS + 1)]
    minutes = [wait.total_seconds() / 60 for wait in waits if wait is not None]
    assert minutes == [1, 2, 4, 8, 16, 32, 60]
    assert waits[-1] is None


def test_of_a_webhook_the_host_is_shown() -> None:
    assert shown_target(Channel.EMAIL, "a@example.org") == "a@example.org"
    assert "secret" not in shown_target(Channel.WEBHOOK, "https://example.org:8443/secret?a=secret")
