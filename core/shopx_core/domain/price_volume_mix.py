"""What explains a change of revenue: price, volume and mix, with amounts that add up exactly.

The members of a dimension (products, say) that were sold in both periods change their revenue by

- volume: what they would have brought more if all had grown like the units of all together;
- mix: what their units grew more, or less, than those of all together, at their earlier prices;
- price: their units now, at the difference of the revenue of a unit.

Members that were sold in one period alone have no second price: they are new, or gone. What has
revenue without units (fees, or the return of what was sold earlier) is told apart.

Source: Horngren, Datar, Rajan, "Cost Accounting: A Managerial Emphasis", 15th edition, chapters 7
and 14: the sales-quantity variance, the sales-mix variance and the selling-price variance, with the
earlier period in the place of the budget and revenue in that of the contribution margin.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K")


class Sold(NamedTuple):
    """What was sold in one period, in any fixed unit such as 10^-6."""

    units: int
    revenue: int


@dataclass(frozen=True, slots=True)
class Effects(Generic[K]):
    """A member's change of revenue; the parts add up to it."""

    key: K
    before: int
    now: int
    volume: int = 0
    mix: int = 0
    price: int = 0
    new: int = 0
    gone: int = 0
    unitless: int = 0
    """Of members without units in both periods."""

    @property
    def change(self) -> int:
        """The revenue now minus that before."""
        return self.now - self.before


def decompose(members: Iterable[tuple[K, Sold, Sold]]) -> list[Effects[K]]:
    """Split each member's change of revenue.

    A quotient is rounded half to even in the given unit; what the rounding leaves is in the next
    effect, so that every sum is exact.

    Args:
        members: Key, what was sold before, and what is sold now.

    Returns:
        One entry for each member, in the same order.
    """
    given = list(members)
    lasting = [(before, now) for _, before, now in given if before.units > 0 and now.units > 0]
    units_before = sum(before.units for before, _ in lasting)
    units_now = sum(now.units for _, now in lasting)
    return [
        _effects(key, before, now, units_before=units_before, units_now=units_now)
        for key, before, now in given
    ]


def _effects(key: K, before: Sold, now: Sold, *, units_before: int, units_now: int) -> Effects[K]:
    old, new = before.revenue, now.revenue
    if before.units > 0 and now.units > 0:
        grown = _scaled(old, units_now, units_before)
        at_old_price = _scaled(old, now.units, before.units)
        return Effects(
            key, old, new, volume=grown - old, mix=at_old_price - grown, price=new - at_old_price
        )
    if now.units > 0:
        return Effects(key, old, new, new=new - old)
    if before.units > 0:
        return Effects(key, old, new, gone=new - old)
    return Effects(key, old, new, unitless=new - old)


def _scaled(amount: int, numerator: int, denominator: int) -> int:
    """`amount` times a positive fraction, rounded half to even."""
    whole, rest = divmod(amount * numerator, denominator)
    double = 2 * rest
    return whole + (double > denominator or (double == denominator and whole % 2 == 1))
