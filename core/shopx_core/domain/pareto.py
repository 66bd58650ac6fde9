"""ABC analysis: the few products with most of the revenue, and the many with the rest."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import ClassVar, Final, Generic, TypeVar

from shopx_core.domain.money import EXACT, ZERO, product, share, total
from shopx_core.errors import InvalidInput

K = TypeVar("K", bound=Hashable)


class Abc(StrEnum):
    """A class of the Pareto analysis."""

    A = "a"
    """The best items that together make the first 80 % (by default)."""
    B = "b"
    """The next, up to 95 %."""
    C = "c"
    """The rest, and all items without positive value."""


class InvalidLimits(InvalidInput):
    """The limits of the classes are not shares in ascending order."""

    code: ClassVar[str] = "INVALID_LIMITS"


@dataclass(frozen=True, slots=True)
class Ranked(Generic[K]):
    """One item of the analysis."""

    key: K
    value: Decimal
    share: Decimal | None
    """Of the sum of all positive values; `None` when there is none. Negative for a loss."""
    cumulative_share: Decimal | None
    """Of this item and all before it, its ties included; losses do not count."""
    abc: Abc


A_LIMIT: Final = Decimal("0.80")
B_LIMIT: Final = Decimal("0.95")


def classify(
    items: Iterable[tuple[K, Decimal]], *, a_limit: Decimal = A_LIMIT, b_limit: Decimal = B_LIMIT
) -> list[Ranked[K]]:
    """Rank items by value, best first, and give each its class.

    An item belongs to the class in which its part of the cumulative share starts, so the item that
    crosses a limit still belongs to the better class, and class A is not empty if anything sells.
    Items of equal value have one class, in the order of the input. Shares are of the sum of
    positive values, so that losses do not raise others above 100 %.

    Args:
        items: Pairs of key and value, such as a product and its revenue.
        a_limit: Where class B begins, a share above 0 and at most `b_limit`.
        b_limit: Where class C begins, at most 1.

    Raises:
        InvalidLimits: The limits are not in that order.
    """
    if not ZERO < a_limit <= b_limit <= 1:
        raise InvalidLimits(
            f"The limits {a_limit} and {b_limit} do not ascend between 0 and 1.",
            hint="Use shares such as 0.8 and 0.95.",
        )
    ordered = sorted(items, key=lambda item: item[1], reverse=True)
    whole = total(value for _, value in ordered if value > 0)
    result: list[Ranked[K]] = []
    before = ZERO
    for value, tied in groupby(ordered, key=lambda item: item[1]):
        keys = [key for key, _ in tied]
        abc = _class(value, before, whole, (a_limit, b_limit))
        if value > 0:
            before = EXACT.add(before, product(value, len(keys)))
        result.extend(
            Ranked(key, value, share(value, whole), share(before, whole), abc) for key in keys
        )
    return result


def _class(value: Decimal, before: Decimal, whole: Decimal, limits: tuple[Decimal, Decimal]) -> Abc:
    if value <= 0:
        return Abc.C
    a_limit, b_limit = limits
    # Compared as products, because a quotient would be rounded.
    if before < product(a_limit, whole):
        return Abc.A
    return Abc.B if before < product(b_limit, whole) else Abc.C
