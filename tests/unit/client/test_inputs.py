"""What would not be exact, or would mean two things, is refused before it is sent."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from shopx_client import enums, inputs, mutations, queries
from shopx_client.operation import mutation_document, query_document
from shopx_client.values import to_json


@pytest.mark.parametrize("value", [1.1, True, "much", float("nan")])
def test_an_amount_is_exact(value: Any) -> None:
    with pytest.raises(ValidationError):
        inputs.OrderLineInput(product="p", quantity=Decimal(1), gross=value)


NAIVE = dt.datetime.fromisoformat("2026-03-01T00:00:00")


@pytest.mark.parametrize("value", [NAIVE, 1_700_000_000, "2026-03-01T00:00:00"])
def test_an_instant_has_a_zone(value: Any) -> None:
    with pytest.raises(ValidationError):
        inputs.OrderInput(key="1", ordered_at=value, lines=[])


@pytest.mark.parametrize("value", [NAIVE, 1.5, object()])
def test_an_argument_that_cannot_be_sent_exactly_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        mutation_document(mutations.refund_order("1", "r", refunded_at=value))


def test_a_choice_is_one_of_several() -> None:
    days = inputs.DateRangeInput(from_=dt.date(2026, 1, 1), to=dt.date(2026, 1, 31))
    with pytest.raises(ValidationError, match="exactly one"):
        inputs.PeriodInput(preset=enums.PeriodPreset.TODAY, days=days)
    with pytest.raises(ValidationError, match="exactly one"):
        inputs.PeriodInput()
    with pytest.raises(ValidationError, match="form_"):
        inputs.DateRangeInput(form_=dt.date(2026, 1, 1), to=dt.date(2026, 1, 2))  # type: ignore[call-arg]


def test_names_and_numbers_are_written_as_the_api_has_them() -> None:
    large = Decimal("1E+3")
    product = inputs.ProductInput(key="p", name="P", unit_cost=large)
    document = mutation_document(mutations.upsert_products([product]))
    assert document.variables == {"v0": [{"key": "p", "name": "P", "unitCost": "1000"}]}
    assert to_json([dt.date(2026, 1, 2), Decimal("0.10"), None]) == ["2026-01-02", "0.10", None]


def test_a_limit_is_a_number_of_rows() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        queries.orders().placed(limit=0)


def test_arguments_are_variables_of_the_schemas_types() -> None:
    """So one text stands for all values of an operation, which the server reads once."""
    period = inputs.PeriodInput(preset=enums.PeriodPreset.ALL_TIME)
    query = queries.customer("c1").sales(period=period).live()
    document = query_document(query, rows=None, after=None)
    assert document.text.startswith("query($v0: PeriodInput, $v1: ID!) { customer(id: $v1)")
    assert document.variables == {"v0": {"preset": "ALL_TIME"}, "v1": "c1"}
