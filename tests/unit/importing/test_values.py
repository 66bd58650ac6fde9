"""Conversions between a source's values and the ledger's."""

import datetime as dt
import math
import uuid
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopx_store.importing import values
from shopx_store.importing.vectors import REPEATED, Fault, Vector, combine

LONDON = ZoneInfo("Europe/London")


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_float4_is_the_shortest_decimal_of_four_bytes(number: float) -> None:
    """Widened or not, the result reads back as the same four bytes."""
    short = values.float4(Decimal(repr(number)))
    assert np.float32(float(short)) == np.float32(number)
    assert len(short.as_tuple().digits) <= 9


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_from_float_reads_back_as_the_same_double(number: float) -> None:
    """The shortest decimal is the number that was meant."""
    assert float(values.from_float(number)) == number


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_floats_that_are_no_numbers(number: float) -> None:
    """They are refused, whatever they came as."""
    assert isinstance(values.from_float(number), Fault)
    assert isinstance(values.normalise(Decimal(number)), Fault)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_plain_is_canonical(number: Decimal) -> None:
    """Equal numbers are written equally, without exponent, and read back as they were."""
    text = values.plain(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert text == values.plain(Decimal(text))
    assert text != "-0"
    assert "." not in text or not text.endswith(("0", "."))


@pytest.mark.parametrize(
    ("local", "clock_change", "expected"),
    [
        pytest.param("2011-07-01 12:00", "earlier", "2011-07-01T11:00", id="summer"),
        pytest.param("2011-01-01 12:00", "earlier", "2011-01-01T12:00", id="winter"),
        pytest.param("2011-10-30 01:30", "earlier", "2011-10-30T00:30", id="twice-earlier"),
        pytest.param("2011-10-30 01:30", "later", "2011-10-30T01:30", id="twice-later"),
        pytest.param("2011-03-27 01:30", "earlier", "2011-03-27T01:30", id="never-earlier"),
        pytest.param("2011-03-27 01:30", "later", "2011-03-27T00:30", id="never-later"),
        pytest.param("2011-07-01T12:00+02:00", "reject", "2011-07-01T10:00", id="with-offset"),
        pytest.param("2011-07-01", "reject", "2011-06-30T23:00", id="a-day"),
    ],
)
def test_local_times(local: str, clock_change: str, expected: str) -> None:
    """Local times become the instant that the stated rule says."""
    instant = values.Localiser(LONDON, clock_change)(local)
    assert instant == dt.datetime.fromisoformat(expected).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize("local", ["2011-10-30 01:30", "2011-03-27 01:30"])
def test_ambiguous_times_can_be_refused(local: str) -> None:
    """Twice or never: `reject` takes neither."""
    fault = values.Localiser(LONDON, "reject")(local)
    assert isinstance(fault, Fault)
    assert "twice or never" in fault.reason


@pytest.mark.parametrize("local", ["0001-01-01", "9999-12-31T23:59-12:00"])
def test_the_calendar_ends(local: str) -> None:
    """An instant beyond it is a fault, not a crash."""
    assert isinstance(values.Localiser(ZoneInfo("Asia/Tokyo"), "earlier")(local), Fault)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(5, Decimal(5), id="int"),
        pytest.param(0.1, Decimal("0.1"), id="float"),
        pytest.param(True, True, id="truth-is-no-number"),
        pytest.param(dt.date(2024, 2, 29), dt.datetime.fromisoformat("2024-02-29"), id="date"),
        pytest.param(dt.time(12, 30), "12:30:00", id="time-of-day"),
        pytest.param(uuid.UUID(int=1), str(uuid.UUID(int=1)), id="uuid"),
        pytest.param(None, None, id="none"),
    ],
)
def test_normalise(value: Any, expected: Any) -> None:
    """What drivers return becomes one of the kinds that expressions know."""
    result = values.normalise(value)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize("value", [b"x", [1], {"a": 1}], ids=["bytes", "list", "object"])
def test_normalise_refuses(value: Any) -> None:
    """What has no place in a sale is a fault."""
    assert isinstance(values.normalise(value), Fault)


@given(st.lists(st.sampled_from(["a", "b", None, "longer"]), max_size=30))
def test_encoded_and_plain_vectors_are_equal(rows: list[str | None]) -> None:
    """Encoding, mapping, taking and combining do not change what the rows are."""
    encoded, plain = Vector.of(rows), Vector(list(rows))
    keep = list(range(0, len(rows), 2))
    assert encoded.rows() == plain.rows() == rows

    def shout(value: str | None) -> str | None:
        return value and value.upper()

    assert encoded.map(shout).rows() == plain.map(shout).rows()
    assert encoded.take(keep).rows() == plain.take(keep).rows()
    if rows:
        constant = Vector.constant("!", len(rows))
        for left in (encoded, plain):
            pairs = combine(lambda a, b: (a, b), [left, constant]).rows()
            assert pairs == [(row, "!") for row in rows]
        mixed = combine(lambda a, b: (a, b), [encoded, encoded.map(shout)]).rows()
        assert mixed == [(row, shout(row)) for row in rows]


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.sampled_from([None, "x", "y"])),
        max_size=40,
    )
)
def test_combinations_that_repeat_are_made_once(rows: list[tuple[str, int, str | None]]) -> None:
    """The rows are what they would be one by one, however often the function ran."""
    names = [row[0] for row in rows]
    numbers = [row[1] for row in rows]
    notes = [row[2] for row in rows]
    vectors = [
        Vector.of(names),
        Vector.constant("!", len(rows)),
        Vector([0, 1, 2], numbers),
        Vector.of(notes),
    ]
    calls = 0

    def together(*values: object) -> tuple[object, ...]:
        nonlocal calls
        calls += 1
        return values

    if rows:
        expected = [(name, "!", number, note) for name, number, note in rows]
        assert combine(together, vectors).rows() == expected
        different = len(set(rows))
        assert calls == (different if different * REPEATED <= len(rows) else len(rows))


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "expected"),
    [
        pytest.param(",", ".", "1.234.567,80", Decimal("1234567.80"), id="german"),
        pytest.param(",", ".", "18500,00", Decimal("18500.00"), id="not-grouped"),
        pytest.param(".", ",", "-1,250.5", Decimal("-1250.5"), id="english"),
        pytest.param(".", "'", "1'000", Decimal(1000), id="swiss"),
    ],
)
def test_grouped_digits(decimal: str, thousands: str, text: str, expected: Decimal) -> None:
    """Groups of three are one number."""
    assert values.number_reader(decimal, thousands)(text) == expected


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "likely"),
    [
        pytest.param(",", ".", "18500.00", "if it is 18500.00", id="a-hundredfold"),
        pytest.param(".", ",", "12,50", "if it is 12.50", id="a-decimal-comma"),
        pytest.param(",", ".", "1.5", "if it is 1.5", id="a-quantity"),
        pytest.param(".", ",", "1,23,456.00", "not groups of three", id="groups-of-two"),
        pytest.param(".", ",", "a,b", "no number", id="no-number"),
        pytest.param(".", None, "12,50", "`decimal` or `thousands`", id="nothing-declared"),
    ],
)
def test_a_separator_elsewhere_is_refused(
    decimal: str, thousands: str | None, text: str, likely: str
) -> None:
    """Leaving it out would multiply the amount; the reason says what was probably meant."""
    fault = values.number_reader(decimal, thousands)(text)
    assert isinstance(fault, Fault)
    assert likely in fault.reason
    assert fault.value == text


def test_a_zone_by_another_name_is_refused() -> None:
    """Names other than UTC's have several meanings, and `strptime` would ignore them all."""
    fault = values.time_reader("%Y-%m-%d %H:%M %Z")("2024-07-01 00:30 CST")
    assert isinstance(fault, Fault)
    assert fault.reason.startswith("no time of the form YYYY-MM-DD hh:mm UTC; other zones")
