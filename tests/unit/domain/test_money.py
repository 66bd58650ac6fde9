from decimal import Decimal, DivisionByZero, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.domain import money
from shopx_core.domain.money import InvalidAmount, InvalidCurrency

amounts = st.decimals(
    min_value=-(10**29), max_value=10**29, places=20, allow_nan=False, allow_infinity=False
)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.50", "12.50"),
        (" -0.01\n", "-0.01"),
        ("+7", "7"),
        (".5", "0.5"),
        ("1e3", "1000"),
        ("0.05000000074505806", "0.05000000074505806"),
        ("0e99", "0"),
        ("9" * 30 + "." + "9" * 30, "9" * 30 + "." + "9" * 30),
    ],
)
def test_an_amount_is_read_to_its_last_digit(text: str, amount: str) -> None:
    assert money.parse(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1,000.00",
        "1.000,00",
        "1_000",
        "NaN",
        "Infinity",
        "-inf",
        "0x10",
        "٣",
        "1 2",
        ".",
    ],
)
def test_a_text_that_could_mean_another_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidAmount, match="not an amount"):
        money.parse(text)


@pytest.mark.parametrize(
    "text", ["1e30", "1" * 31, "0." + "0" * 30 + "1", "1e-31", "1e999", "0e-40"]
)
def test_a_number_without_end_is_refused(text: str) -> None:
    with pytest.raises(InvalidAmount, match="too many digits"):
        money.parse(text)


def test_numbers_are_taken_exactly_and_floats_never() -> None:
    assert money.parse(3) == Decimal(3)
    assert money.parse(Decimal("0.10")) == Decimal("0.10")
    with pytest.raises(InvalidAmount):
        money.parse(Decimal("NaN"))
    with pytest.raises(TypeError, match="float"):
        money.parse(0.1)  # type: ignore[arg-type]


@given(st.lists(amounts, max_size=30))
def test_a_sum_is_exact_and_does_not_depend_on_order(values: list[Decimal]) -> None:
    assert money.total(values) == money.total(reversed(values))
    as_integers = sum(int(value.scaleb(20, money.EXACT)) for value in values)
    assert money.total(values).scaleb(20, money.EXACT) == as_integers


def test_a_sum_that_cannot_be_exact_raises_instead_of_rounding() -> None:
    with pytest.raises(Inexact):
        money.total([Decimal("1e150"), Decimal("1e-100")])


@given(amounts, amounts)
def test_a_product_is_exact(left: Decimal, right: Decimal) -> None:
    scaled = int(left.scaleb(20, money.EXACT)) * int(right.scaleb(20, money.EXACT))
    assert money.product(left, right).scaleb(40, money.EXACT) == scaled


def test_a_share_of_nothing_is_no_number() -> None:
    assert money.share(Decimal(1), Decimal(3)) == Decimal("0.3333333333333333333333333333")
    assert money.share(Decimal(1), 0) is None
    assert money.share(0, 0) is None
    with pytest.raises(DivisionByZero):
        money.quotient(1, 0)


def test_a_currency_is_three_capital_letters() -> None:
    assert money.currency("EUR") == "EUR"
    for wrong in ("eur", "EURO", "E1R", "", "€", "EUR "):
        with pytest.raises(InvalidCurrency, match="such as EUR"):
            money.currency(wrong)
