from decimal import Decimal

import pytest

from shopx_core.domain.metrics import METRICS, Better, Measure, Metric, Unit

NONE_SOLD = dict.fromkeys(Measure, Decimal(0))
A_DAY: dict[Measure, Decimal | int] = {
    Measure.GROSS: Decimal("1000.00"),
    Measure.DISCOUNTS: Decimal("100.00"),
    Measure.RETURNS: Decimal("90.00"),
    Measure.COST: Decimal("405.00"),
    Measure.UNITS: Decimal(50),
    Measure.RETURNED_UNITS: Decimal(5),
    Measure.LINES: 25,
    Measure.ORDERS: 20,
    Measure.CUSTOMERS: 16,
    Measure.NEW_CUSTOMERS: 4,
}


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("gross", "1000"),
        ("discounts", "100"),
        ("returns", "90"),
        ("revenue", "810"),
        ("cost", "405"),
        ("profit", "405"),
        ("margin", "0.5"),
        ("markup", "1"),
        ("orders", "20"),
        ("average_order_value", "40.5"),
        ("units", "50"),
        ("returned_units", "5"),
        ("lines", "25"),
        ("units_per_order", "2.5"),
        ("discount_rate", "0.1"),
        ("return_rate", "0.1"),
        ("customers", "16"),
        ("new_customers", "4"),
        ("returning_customers", "12"),
        ("revenue_per_customer", "50.625"),
    ],
)
def test_each_metric_has_its_accounting_value(metric: str, value: str) -> None:
    """The whole registry, computed by hand from one day; no metric is left out of this table."""
    assert METRICS[metric].value(A_DAY) == Decimal(value)


def test_the_table_above_covers_the_registry() -> None:
    marks = test_each_metric_has_its_accounting_value.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in marks[0].args[1]} == set(METRICS)


def test_every_measure_is_a_metric_of_the_same_name() -> None:
    for measure in Measure:
        assert METRICS[measure].numerator == {measure: 1}
        assert METRICS[measure].denominator is None


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
def test_nothing_sold_gives_zero_or_no_value_but_never_a_made_up_ratio(metric: Metric) -> None:
    expected = Decimal(0) if metric.denominator is None else None
    assert metric.value(NONE_SOLD) == expected


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
def test_a_metric_needs_only_the_measures_it_names(metric: Metric) -> None:
    named = {measure: A_DAY[measure] for measure in metric.measures}
    assert metric.value(named) == metric.value(A_DAY)
    for missing in metric.measures:
        with pytest.raises(KeyError):
            metric.value({m: v for m, v in named.items() if m != missing})


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
def test_a_definition_is_one_sentence_that_ends(metric: Metric) -> None:
    assert metric.definition[0].isupper()
    assert metric.definition.endswith(".")
    assert metric.definition.count(".") == 1


def test_sums_keep_every_digit() -> None:
    """29 significant digits do not survive Python's default context; here they do."""
    day = A_DAY | {
        Measure.GROSS: Decimal("12345678901234567890.00000000123456789"),
        Measure.DISCOUNTS: Decimal("0.00000000000000001"),
        Measure.RETURNS: Decimal(0),
    }
    assert METRICS["revenue"].value(day) == Decimal("12345678901234567890.00000000123456788")


def test_ratios_and_losses_say_what_is_better() -> None:
    assert METRICS["return_rate"].better is Better.LOWER
    assert METRICS["profit"].better is Better.HIGHER
    assert METRICS["cost"].better is Better.NEUTRAL
    assert {m.id for m in METRICS.values() if m.unit is Unit.RATIO} == {
        "margin",
        "markup",
        "discount_rate",
        "return_rate",
    }


@pytest.mark.parametrize("metric", ["cost", "profit", "margin", "markup"])
def test_sales_without_any_cost_have_no_profit_rather_than_all_of_the_revenue(metric: str) -> None:
    unknown = A_DAY | {Measure.COST: Decimal(0)}
    assert METRICS[metric].value(unknown) is None
    assert METRICS["revenue"].value(unknown) == Decimal(810)


def test_nothing_sold_costs_nothing() -> None:
    assert METRICS["cost"].value(NONE_SOLD) == 0
    assert METRICS["profit"].value(NONE_SOLD) == 0


def test_a_loss_on_negative_revenue_is_no_positive_margin() -> None:
    fee = NONE_SOLD | {Measure.RETURNS: Decimal(100), Measure.COST: Decimal(10)}
    assert METRICS["profit"].value(fee) == -110
    assert METRICS["margin"].value(fee) is None
