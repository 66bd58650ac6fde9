"""What explains a change of revenue, of the rows of both periods: pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from shopx_api.features.sales.types import ChangeEffects
from shopx_api.panels.compared_table import ComparedTable
from shopx_api.panels.table import Numbers, Table, amount
from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.price_volume_mix import Effects, Sold, decompose

MEASURES: Final = METRICS["revenue"].measures | {Measure.UNITS}
_UNITS: Final = METRICS["units"].numerator


def effects_by_member(table: ComparedTable, previous: Table) -> tuple[list[Effects[int]], int]:
    """Split the change of each row.

    Args:
        table: The rows of both periods, with `MEASURES`.
        previous: Its rows of the compared period.

    Returns:
        By the number of the row; and the digits after the decimal point of amounts.
    """
    digits = max(table.current.digits, previous.digits)
    before, now = _sold(previous, digits), _sold(table.current, digits)
    members = zip(range(len(table)), before, now, strict=True)
    return decompose(members), digits


def largest(effects: Sequence[Effects[int]], count: int) -> list[Effects[int]]:
    """The members that changed most, up or down; of equal ones, the first rows."""
    changed = [one for one in effects if one.change]
    return sorted(changed, key=lambda one: (-abs(one.change), one.key))[:count]


def in_all(effects: Sequence[Effects[int]], digits: int) -> ChangeEffects:
    """The sums over all members."""
    return shown(
        Effects(
            0,
            sum(one.before for one in effects),
            sum(one.now for one in effects),
            volume=sum(one.volume for one in effects),
            mix=sum(one.mix for one in effects),
            price=sum(one.price for one in effects),
            new=sum(one.new for one in effects),
            gone=sum(one.gone for one in effects),
            unitless=sum(one.unitless for one in effects),
        ),
        digits,
    )


def shown(effects: Effects[int], digits: int) -> ChangeEffects:
    """The effects as the schema shows them."""

    def decimal(number: int) -> Decimal:
        return amount(number, digits)

    return ChangeEffects(
        before=decimal(effects.before),
        now=decimal(effects.now),
        change=decimal(effects.change),
        volume=decimal(effects.volume),
        mix=decimal(effects.mix),
        price=decimal(effects.price),
        new=decimal(effects.new),
        gone=decimal(effects.gone),
        unitless=decimal(effects.unitless),
    )


def _sold(table: Table, digits: int) -> list[Sold]:
    units, unit_digits = table.combined(_UNITS)
    revenue, revenue_digits = table.combined(METRICS["revenue"].numerator)
    return [
        Sold(*pair)
        for pair in zip(
            _scaled(units, digits - unit_digits),
            _scaled(revenue, digits - revenue_digits),
            strict=True,
        )
    ]


def _scaled(numbers: Numbers, more: int) -> list[int]:
    """Python's integers, which no product leaves."""
    return [int(number) * 10**more for number in numbers.tolist()]
