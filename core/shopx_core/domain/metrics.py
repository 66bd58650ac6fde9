"""The definition of every figure that the product shows.

Base measures are signed sums over ledger lines, or exact counts, from the query engine. Each metric
is a linear combination of measures, or the quotient of two. Pages, exports, the API's descriptions
and SQL that ranks by a metric all use this registry.

An unknown cost is not a cost of zero. The ledger keeps 0 for a line whose source names no cost, so
sales that add up to a revenue without any cost have no known cost, profit or margin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shopx_core.domain.money import EXACT, ZERO, product, share
from shopx_core.texts import Text


class Measure(StrEnum):
    """What is summed or counted over the ledger; each one is a metric of the same name too."""

    GROSS = "gross"
    DISCOUNTS = "discounts"
    RETURNS = "returns"
    COST = "cost"
    UNITS = "units"
    RETURNED_UNITS = "returned_units"
    LINES = "lines"
    ORDERS = "orders"
    CUSTOMERS = "customers"
    NEW_CUSTOMERS = "new_customers"


class Unit(StrEnum):
    """How a metric's value reads."""

    MONEY = "money"
    """An amount in the reporting currency."""
    COUNT = "count"
    """A number of things; quantities and averages may have a fraction."""
    RATIO = "ratio"
    """A fraction that is shown as a percentage: 0.25 is 25 %."""


class Better(StrEnum):
    """Which way a metric should move."""

    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"
    """More is neither good nor bad by itself."""


Linear = Mapping[Measure, int]
"""A linear combination: the factor of each measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure: `numerator`, or `numerator` ÷ `denominator`."""

    id: str
    title: str
    definition: str
    """One sentence in accounting terms."""
    unit: Unit
    better: Better
    numerator: Linear
    denominator: Linear | None = None
    """`None` for a metric that is a plain sum and so adds up over disjoint sets of lines."""
    measures: frozenset[Measure] = field(init=False)
    """The measures that `value` needs."""
    needs_cost: bool = field(init=False)
    """Whether it has no value where no cost is known."""

    def __post_init__(self) -> None:
        """Work out what `value` needs."""
        combined = frozenset(self.numerator) | frozenset(self.denominator or ())
        needs_cost = Measure.COST in combined
        measures = combined | frozenset(REVENUE) if needs_cost else combined
        object.__setattr__(self, "needs_cost", needs_cost)
        object.__setattr__(self, "measures", measures)

    @property
    def text(self) -> Text:
        """The title, which the page has in its languages."""
        return Text(self.title, f"metric.{self.id.upper()}.title", {})

    def value(self, measures: Mapping[Measure, Decimal | int]) -> Decimal | None:
        """Compute the metric.

        Sums are exact; a quotient has 28 significant digits.

        Returns:
            `None` for a quotient whose denominator is not above 0 (a loss divided by a negative
            revenue would read as a positive margin), and for a metric of costs where there is
            revenue and no cost.

        Raises:
            KeyError: A measure of `self.measures` is missing.
        """
        if self.needs_cost and _combine(REVENUE, measures) and not measures[Measure.COST]:
            return None
        top = _combine(self.numerator, measures)
        if self.denominator is None:
            return top
        bottom = _combine(self.denominator, measures)
        return share(top, bottom) if bottom > 0 else None


def _combine(terms: Linear, measures: Mapping[Measure, Decimal | int]) -> Decimal:
    # Nearly all factors are 1 or -1, and adding alone takes half the time: a page has hundreds of
    # figures.
    result = ZERO
    for measure, factor in terms.items():
        amount = measures[measure]
        if factor == 1:
            result = EXACT.add(result, amount)
        elif factor == -1:
            result = EXACT.subtract(result, amount)
        else:
            result = EXACT.add(result, product(amount, factor))
    return result


def _base(
    measure: Measure, title: str, definition: str, unit: Unit, better: Better = Better.HIGHER
) -> Metric:
    return Metric(
        id=measure.value,
        title=title,
        definition=definition,
        unit=unit,
        better=better,
        numerator=MappingProxyType({measure: 1}),
    )


def _linear(**factors: int) -> Linear:
    return MappingProxyType({Measure(name): factor for name, factor in factors.items()})


REVENUE: Final = _linear(gross=1, discounts=-1, returns=-1)
"""Gross sales minus discounts and returns."""
_PROFIT = _linear(gross=1, discounts=-1, returns=-1, cost=-1)

_ALL = (
    Metric(
        id="revenue",
        title="Revenue",
        definition="Gross sales minus discounts and returns, without voided lines; of shipping, "
        "tax and fees what the imports count as revenue.",
        unit=Unit.MONEY,
        better=Better.HIGHER,
        numerator=REVENUE,
    ),
    _base(
        Measure.GROSS,
        "Gross sales",
        "Everything sold at its price before discounts, with returns not taken off; shipping, tax "
        "and fees where the imports count them as revenue.",
        Unit.MONEY,
    ),
    _base(
        Measure.DISCOUNTS,
        "Discounts",
        "Price reductions granted on what was sold.",
        Unit.MONEY,
        Better.NEUTRAL,
    ),
    _base(
        Measure.RETURNS,
        "Returns",
        "What was credited for goods taken back and refunds, net of their discounts, booked when "
        "it happened.",
        Unit.MONEY,
        Better.LOWER,
    ),
    _base(
        Measure.COST,
        "Cost of goods sold",
        "What the goods sold cost to buy or make, less the cost of goods taken back.",
        Unit.MONEY,
        Better.NEUTRAL,
    ),
    Metric(
        id="profit",
        title="Gross profit",
        definition="Revenue minus the cost of goods sold; unknown where no cost is known.",
        unit=Unit.MONEY,
        better=Better.HIGHER,
        numerator=_PROFIT,
    ),
    Metric(
        id="margin",
        title="Gross margin",
        definition="Gross profit divided by revenue.",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        numerator=_PROFIT,
        denominator=REVENUE,
    ),
    Metric(
        id="markup",
        title="Markup",
        definition="Gross profit divided by the cost of goods sold.",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        numerator=_PROFIT,
        denominator=_linear(cost=1),
    ),
    _base(
        Measure.ORDERS,
        "Orders",
        "Distinct orders with at least one sale that was not voided; a return keeps its order.",
        Unit.COUNT,
    ),
    Metric(
        id="average_order_value",
        title="Average order value",
        definition="Revenue divided by orders.",
        unit=Unit.MONEY,
        better=Better.HIGHER,
        numerator=REVENUE,
        denominator=_linear(orders=1),
    ),
    _base(Measure.UNITS, "Units sold", "Quantity sold, before returns.", Unit.COUNT),
    _base(
        Measure.RETURNED_UNITS,
        "Units returned",
        "Quantity taken back.",
        Unit.COUNT,
        Better.LOWER,
    ),
    _base(
        Measure.LINES,
        "Order lines",
        "Lines sold that were not voided.",
        Unit.COUNT,
        Better.NEUTRAL,
    ),
    Metric(
        id="units_per_order",
        title="Units per order",
        definition="Units sold divided by orders.",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        numerator=_linear(units=1),
        denominator=_linear(orders=1),
    ),
    Metric(
        id="discount_rate",
        title="Discount rate",
        definition="Discounts divided by gross sales.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        numerator=_linear(discounts=1),
        denominator=_linear(gross=1),
    ),
    Metric(
        id="return_rate",
        title="Return rate",
        definition="Returns divided by gross sales net of discounts.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        numerator=_linear(returns=1),
        denominator=_linear(gross=1, discounts=-1),
    ),
    _base(
        Measure.CUSTOMERS,
        "Customers",
        "Distinct customers who ordered in the period, by orders with a sale that was not voided.",
        Unit.COUNT,
    ),
    _base(
        Measure.NEW_CUSTOMERS,
        "New customers",
        "Customers whose first order ever lies in the period.",
        Unit.COUNT,
    ),
    Metric(
        id="returning_customers",
        title="Returning customers",
        definition="Customers of the period who had ordered before it.",
        unit=Unit.COUNT,
        better=Better.HIGHER,
        numerator=_linear(customers=1, new_customers=-1),
    ),
    Metric(
        id="revenue_per_customer",
        title="Revenue per customer",
        definition="Revenue divided by customers.",
        unit=Unit.MONEY,
        better=Better.HIGHER,
        numerator=REVENUE,
        denominator=_linear(customers=1),
    ),
)

METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.id: metric for metric in _ALL})
"""Every metric by its id, in the order in which pages and documents list them."""
