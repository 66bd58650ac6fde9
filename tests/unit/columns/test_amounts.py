"""Amounts become integers exactly, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_store.columns.amounts import LIMIT, amount, scaled


@given(st.integers(-(LIMIT * 10**6) + 1, LIMIT * 10**6 - 1))
def test_there_and_back(millionths: int) -> None:
    value = amount(millionths)
    assert value == Decimal(millionths) / 10**6
    assert scaled(value) == millionths


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.5", 1_500_000),
        ("-0.000001", -1),
        ("1.0000000000", 1_000_000),
        ("1e3", 1_000_000_000),
        ("99999999999.999999", 99_999_999_999_999_999),
        ("0.0000001", None),
        ("100000000000", None),
        ("-100000000000", None),
        ("NaN", None),
    ],
)
def test_what_fits(value: str, expected: int | None) -> None:
    assert scaled(Decimal(value)) == expected
