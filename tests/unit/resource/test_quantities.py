"""Quantities are read as Kubernetes reads them."""

from decimal import Decimal

import pytest

from shopx_core.resource.types import amount


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500m", "0.5"),
        ("2", "2"),
        ("10Gi", "10737418240"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("1E", "1000000000000000000"),
        ("5e-1", "0.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("7u", "0.000007"),
    ],
)
def test_a_quantity(text: str, value: str) -> None:
    assert amount(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ki",
        "10Gib",
        "1e3Ki",
        "213085e7f",
        "two",
        "NaN",
        "inf",
        "1_0",
        "1 ",
        "\u0661",
        ".",
        "1e",
        "09e6141386106019",
        "1e-999999999",
    ],
)
def test_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        amount(text)
