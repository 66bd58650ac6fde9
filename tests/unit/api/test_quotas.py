"""A period gets the part of each month's quota that its days are of the month's."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from shopx_api.features.reps.compute import Attained, months, prorated
from shopx_api.features.reps.queries import Quota
from shopx_core.domain.periods import Range, days_between

NEW_YORK = "America/New_York"


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def quota(month: str, amount: str, rep: int = 1) -> Quota:
    return Quota(rep, day(f"{month}-01"), Decimal(amount))


def between(first: str, last: str, where: str = "UTC") -> Range:
    return days_between(day(first), day(last), where)


def hours(start: str, end: str, where: str = "UTC") -> Range:
    return Range(dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end), where)


@pytest.mark.parametrize(
    ("quotas", "period", "expected"),
    [
        pytest.param(
            [quota("2026-03", "100.07")], between("2026-03-01", "2026-03-31"), "100.07", id="whole"
        ),
        pytest.param(
            [quota("2026-04", "300")],
            between("2026-04-11", "2026-04-20"),
            "100",
            id="ten of thirty",
        ),
        pytest.param(
            [quota("2026-01", "310"), quota("2026-02", "280"), quota("2026-03", "31")],
            between("2026-01-31", "2026-03-01"),
            "291",
            id="a day, a whole month, a day",
        ),
        pytest.param(
            [quota("2024-02", "290")], between("2024-02-29", "2024-02-29"), "10", id="leap day"
        ),
        pytest.param(
            [quota("2026-03", "310")],
            between("2026-03-08", "2026-03-08", NEW_YORK),
            "10",
            id="a day of 23 hours is a day",
        ),
        pytest.param(
            [quota("2026-03", "310")],
            between("2026-03-01", "2026-03-31", NEW_YORK),
            "310",
            id="a month with a clock change is a month",
        ),
        pytest.param(
            [quota("2026-04", "300")],
            hours("2026-04-10T06:00+00:00", "2026-04-11T12:00+00:00"),
            "12.5",
            id="parts of days",
        ),
        pytest.param(
            [quota("2026-04", "300")],
            hours("2026-03-31T20:00+00:00", "2026-04-01T16:00+00:00", NEW_YORK),
            "5",
            id="months are of the zone",
        ),
        pytest.param([quota("2026-04", "0")], between("2026-04-01", "2026-04-30"), "0", id="zero"),
    ],
)
def test_months_are_cut_by_their_days(quotas: list[Quota], period: Range, expected: str) -> None:
    assert prorated(quotas, period) == {1: Decimal(expected)}


def test_a_rep_without_a_quota_in_the_period_is_absent() -> None:
    quotas = [quota("2026-03", "10", rep=1), quota("2026-04", "20", rep=2)]
    assert prorated(quotas, between("2026-04-01", "2026-04-30")) == {2: Decimal(20)}


def test_parts_of_a_month_add_up_to_it() -> None:
    """Days that divide badly stay within the last of 28 digits."""
    quotas = [quota("2026-01", "100")]
    parts: list[Any] = [
        prorated(quotas, between(f"2026-01-{n:02}", f"2026-01-{n:02}"))[1] for n in range(1, 32)
    ]
    assert abs(sum(parts) - 100) < Decimal("1e-23")


def test_months_touched_are_those_of_the_local_days() -> None:
    period = hours("2026-04-01T02:00+00:00", "2026-05-01T03:59+00:00", NEW_YORK)
    assert months(period) == (day("2026-03-01"), day("2026-04-01"))


@pytest.mark.parametrize(
    ("quota_", "revenue", "ratio"),
    [("50", "25", "0.5"), ("50", "-5", "-0.1"), ("0", "25", None), (None, "25", None)],
)
def test_attainment_is_revenue_by_quota(
    quota_: str | None, revenue: str, ratio: str | None
) -> None:
    attained = Attained(Decimal(quota_) if quota_ else None, Decimal(revenue))
    if quota_ == "0":
        attained = Attained(Decimal(0), Decimal(revenue))
    assert attained.ratio == (None if ratio is None else Decimal(ratio))
