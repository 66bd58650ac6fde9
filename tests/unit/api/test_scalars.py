"""Scalars keep every digit and every instant, and refuse what is ambiguous."""

import datetime as dt
from decimal import Decimal

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from shopx_api.types.scalars import SCALARS, decimal_text, instant_text

PARSE_DECIMAL = SCALARS[Decimal].parse_value
PARSE_INSTANT = SCALARS[dt.datetime].parse_value
PARSE_DAY = SCALARS[dt.date].parse_value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1265793.04"), "1265793.04"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0E-10"), "0"),
        (Decimal("-0.00"), "0"),
        (Decimal("12.50"), "12.5"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal(100), "100"),
        (7, "7"),
    ],
    ids=str,
)
def test_decimals_are_plain_digits(value: Decimal | int, text: str) -> None:
    """No exponent, no trailing zero, no negative zero: one value, one text."""
    assert decimal_text(value) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**20)))
def test_decimals_survive_the_wire(value: Decimal) -> None:
    """What is printed reads back as the same number."""
    assert Decimal(decimal_text(value)) == value


@pytest.mark.parametrize(
    "value", ["abc", "", "NaN", "Infinity", "1,5", "1e99999", 1.5, True, [], {}, None], ids=repr
)
def test_decimals_refuse_what_is_no_exact_number(value: object) -> None:
    """A JSON fraction is refused too: its digits are not those that were meant."""
    assert PARSE_DECIMAL is not None
    with pytest.raises((GraphQLError, ValueError)):
        PARSE_DECIMAL(value)


def test_instants_are_shown_in_utc() -> None:
    """Whatever the offset inside, the wire says Z."""
    berlin = dt.datetime(2026, 7, 1, 12, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert instant_text(berlin) == "2026-07-01T10:30:00Z"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T09:30:00Z", dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)),
        ("2026-01-31t09:30:00z", dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)),
        ("2026-01-31T09:30Z", dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)),
        ("2026-01-31T09:30:00.25+05:45", dt.datetime(2026, 1, 31, 3, 45, 0, 250_000, dt.UTC)),
    ],
    ids=["utc", "lower-case", "without-seconds", "kathmandu"],
)
def test_instants_take_any_offset(text: str, instant: dt.datetime) -> None:
    """RFC 3339 in, the same instant inside."""
    assert PARSE_INSTANT is not None
    assert PARSE_INSTANT(text) == instant


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-31T09:30:00",
        "2026-01-31",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "2026-01-31T09:30:00+25:00",
        "now",
        1_700_000_000,
        None,
    ],
    ids=repr,
)
def test_instants_refuse_what_is_ambiguous(value: object) -> None:
    """An instant without offset could be any of several."""
    assert PARSE_INSTANT is not None
    with pytest.raises((GraphQLError, ValueError)):
        PARSE_INSTANT(value)


@pytest.mark.parametrize("value", ["2026-02-30", "20260131", "2026-W05-1", "", 20260131], ids=repr)
def test_days_are_iso(value: object) -> None:
    """One form of a day, and only days that exist."""
    assert PARSE_DAY is not None
    assert PARSE_DAY("2026-01-31") == dt.date(2026, 1, 31)
    with pytest.raises((GraphQLError, ValueError)):
        PARSE_DAY(value)
