"""Frames have the exact values, in columns that follow from the data's type."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from shopx_client import models
from shopx_client.errors import ConfigurationError
from shopx_client.frames import scale_of, to_arrow, to_pandas, to_polars
from shopx_client.tables import table

AT = dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.UTC)


def figure(metric: str, value: str | None, previous: str | None = None) -> dict[str, Any]:
    return {"metric": metric, "value": value, "previous": previous, "delta": None, "share": "0.5"}


def test_figures_of_a_row_are_columns() -> None:
    rows = [
        {"id": "1", "label": "A", "isNone": False, "figures": [figure("REVENUE", "1.10", "2")]},
        {"id": "2", "label": "B", "isNone": True, "figures": [figure("REVENUE", None)]},
    ]
    info = {"hasNextPage": False, "endCursor": None}
    given = {"pageInfo": info, "nodes": rows, "dimension": "PRODUCT", "total": []}
    found = models.Breakdown.model_validate(given)
    plain = table(models.Breakdown, found, is_compared=False)
    assert list(plain) == ["id", "label", "is_none", "revenue", "revenue_share"]
    assert plain["revenue"].values == [Decimal("1.10"), None]
    compared = table(models.Breakdown, found, is_compared=True)
    assert compared["revenue_previous"].values == [Decimal(2), None]
    assert list(compared)[-4:] == [
        "revenue_previous", "revenue_change", "revenue_change_ratio", "revenue_share",
    ]  # fmt: skip


def test_a_metric_that_only_later_rows_have_is_none_before() -> None:
    rows = [
        {"id": "1", "label": "A", "isNone": False, "figures": []},
        {"id": "2", "label": "B", "isNone": False, "figures": [figure("COST", "3")]},
        {"id": "3", "label": "C", "isNone": False, "figures": []},
    ]
    found = [models.BreakdownRow.model_validate(row) for row in rows]
    made = table(list[models.BreakdownRow], found, is_compared=False)
    assert made["cost"].values == [None, Decimal(3), None]


def test_cohorts_have_a_row_for_each_place() -> None:
    cohort = {"start": "2026-01-01", "size": 2, "values": ["2", "1"], "ratios": ["1", "0.5"]}
    later = {"start": "2026-02-01", "size": 1, "values": ["1"], "ratios": ["1"]}
    given = {
        "metric": "CUSTOMERS", "granularity": "MONTH", "asOf": None, "averageRetention": ["1"],
        "cohorts": [one | {"partialFrom": None} for one in (cohort, later)],
    }  # fmt: skip
    made = table(models.Cohorts, models.Cohorts.model_validate(given), is_compared=False)
    assert made["index"].values == [0, 1, 0]
    assert made["size"].values == [2, 2, 1]
    assert made["ratios"].values == [Decimal(1), Decimal("0.5"), Decimal(1)]


def test_a_heat_map_is_a_row_for_each_cell() -> None:
    given = {"metric": "REVENUE", "weekdays": [1, 1], "hours": [0, 1], "values": ["1", None]}
    made = table(models.Heatmap, models.Heatmap.model_validate(given), is_compared=False)
    assert {name: column.values for name, column in made.items()} == {
        "weekdays": [1, 1],
        "hours": [0, 1],
        "values": [Decimal(1), None],
    }


def test_an_empty_list_keeps_its_columns_and_types() -> None:
    made = table(list[models.OrderLine], [], is_compared=False)
    arrow = to_arrow(made, "Europe/Berlin", {})
    assert arrow.num_rows == 0
    assert str(arrow.schema.field("quantity").type) == "decimal128(38, 0)"
    assert str(arrow.schema.field("booked_at").type) == "timestamp[us, tz=Europe/Berlin]"
    assert len(to_pandas(made, None, {})) == len(to_polars(made, None)) == 0


def test_every_library_has_exact_numbers_and_instants_of_the_zone() -> None:
    exact = Decimal("123456789012345678.12345678901234567891")
    line = {
        "number": 1, "kind": "SALE", "bookedAt": AT.isoformat(), "quantity": "0.001",
        "gross": str(exact), "discount": "0", "revenue": str(exact), "cost": "1",
        "product": {"id": "p", "key": "p", "sku": "p", "name": "P", "unitCost": None,
                    "listPrice": "2"},
    }  # fmt: skip
    found = [models.OrderLine.model_validate(line)]
    made = table(list[models.OrderLine], found, is_compared=False)
    about = {"currency": "EUR"}
    pandas = to_pandas(made, "Europe/Berlin", about)
    polars = to_polars(made, "Europe/Berlin")
    arrow = to_arrow(made, "Europe/Berlin", about)
    assert pandas["gross"][0] == polars["gross"][0] == arrow["gross"][0].as_py() == exact
    for instant in (
        pandas["booked_at"][0].to_pydatetime(),
        polars["booked_at"][0],
        arrow["booked_at"][0].as_py(),
    ):
        assert instant == AT
        assert (instant.day, instant.hour, instant.minute) == (2, 0, 30)
    assert pandas.attrs == about
    assert arrow.schema.metadata == {b"currency": b"EUR"}
    assert polars["product_list_price"][0] == Decimal(2)
    assert polars["product_unit_cost"][0] is None


def test_a_quotient_beside_a_large_number_keeps_38_digits() -> None:
    third = Decimal("0.3333333333333333333333333333")
    assert scale_of([third, Decimal(1)]) == 28
    assert scale_of([third, Decimal(10) ** 15]) == 22
    assert scale_of([None, Decimal("1E+3")]) == 0
    assert scale_of([Decimal(0)]) == 0
    with pytest.raises(OverflowError, match="39 digits"):
        scale_of([Decimal(10) ** 38])


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'shopx-analytics\[polars\]'"):
        to_polars({}, None)


def test_a_single_value_is_no_table() -> None:
    with pytest.raises(TypeError, match="no rows"):
        table(Decimal | None, Decimal(1), is_compared=False)
