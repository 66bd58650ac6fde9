"""Recency, frequency and monetary value: scores from 1 to 5, and the named segments they make.

Method. For each of the three figures the customers are put in order, and the values at 20, 40, 60
and 80 % of the way (nearest rank, which is PostgreSQL's `percentile_disc`) are the breaks. A score
is 1 plus the number of breaks that lie strictly below the value. So equal values always get equal
scores, the outcome does not depend on the order of rows, and any tier that knows the breaks scores
one customer the same way. A large tie gets the lowest score that it touches: if most customers
bought once, all of these score 1 in frequency.

Recency is scored on the age of the last order, where less is better: 6 minus the score of the age,
so that a large tie gets the best score that it touches.

The segments are the usual eleven names over a grid of recency against frequency and monetary value
together: their mean, rounded half up. The idea of RFM is from direct mail (Bult and Wansbeek,
"Optimal Selection for Direct Mail", Marketing Science 14, 1995); the names have no single source
and published grids overlap or leave gaps, so `GRID` is this product's own total table.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol, TypeVar

from shopx_core.errors import InvalidInput

SCORES: Final = 5
"""Scores run from 1, the worst, to this."""


class Ordered(Protocol):
    """A value that can be compared with its like: a number, a `Decimal`, a `timedelta`."""

    def __lt__(self, other: Any, /) -> bool: ...


T = TypeVar("T", bound=Ordered)


class NoCustomers(InvalidInput):
    """There are no values to compute breaks from."""

    code: ClassVar[str] = "NO_CUSTOMERS"


class Segment(StrEnum):
    """A named group of customers."""

    CHAMPIONS = "champions"
    LOYAL = "loyal"
    POTENTIAL_LOYALISTS = "potential_loyalists"
    NEW_CUSTOMERS = "new_customers"
    """Shown as recent buyers: the name is that of a metric. Stored, and in saved links."""
    PROMISING = "promising"
    NEED_ATTENTION = "need_attention"
    ABOUT_TO_SLEEP = "about_to_sleep"
    AT_RISK = "at_risk"
    CANNOT_LOSE_THEM = "cannot_lose_them"
    HIBERNATING = "hibernating"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class SegmentText:
    """How a segment is shown."""

    title: str
    definition: str
    """One sentence."""


SEGMENTS: Final[Mapping[Segment, SegmentText]] = MappingProxyType(
    {
        Segment.CHAMPIONS: SegmentText(
            "Champions", "Bought lately, and are among those who buy most often and for most."
        ),
        Segment.LOYAL: SegmentText("Loyal", "Buy often and for much, and bought not long ago."),
        Segment.POTENTIAL_LOYALISTS: SegmentText(
            "Potential loyalists", "Bought lately, and more often or for more than beginners do."
        ),
        Segment.NEW_CUSTOMERS: SegmentText(
            "Recent buyers", "Bought most lately, seldom and for little so far."
        ),
        Segment.PROMISING: SegmentText(
            "Promising", "Bought rather lately, seldom and for little so far."
        ),
        Segment.NEED_ATTENTION: SegmentText(
            "Need attention", "In the middle in everything, and may turn either way."
        ),
        Segment.ABOUT_TO_SLEEP: SegmentText(
            "About to sleep", "Buy seldom and for little, and have not come for a while."
        ),
        Segment.AT_RISK: SegmentText("At risk", "Used to buy well, and have not come for long."),
        Segment.CANNOT_LOSE_THEM: SegmentText(
            "Cannot lose them", "Were among the very best, and have not come for long."
        ),
        Segment.HIBERNATING: SegmentText("Hibernating", "Bought seldom and for little, long ago."),
        Segment.LOST: SegmentText("Lost", "Bought seldom and for little, longest ago."),
    }
)
"""Every segment's text, best customers first."""

_C, _L, _P = Segment.CHAMPIONS, Segment.LOYAL, Segment.POTENTIAL_LOYALISTS
_N, _O, _A = Segment.NEW_CUSTOMERS, Segment.PROMISING, Segment.NEED_ATTENTION
_S, _R, _X = Segment.ABOUT_TO_SLEEP, Segment.AT_RISK, Segment.CANNOT_LOSE_THEM
_H, _G = Segment.HIBERNATING, Segment.LOST

# A row per recency from 5 down to 1; a column per value from 1 to 5.
_ROWS = (
    (_N, _P, _P, _C, _C),
    (_O, _P, _P, _L, _C),
    (_S, _S, _A, _L, _L),
    (_H, _H, _R, _R, _X),
    (_G, _G, _R, _R, _X),
)

GRID: Final[Mapping[tuple[int, int], Segment]] = MappingProxyType(
    {
        (SCORES - row, column): name
        for row, names in enumerate(_ROWS)
        for column, name in enumerate(names, start=1)
    }
)
"""The segment of each (recency, value), where value is `value_score(frequency, monetary)`."""


@dataclass(frozen=True, slots=True)
class Scores:
    """One customer's scores, each from 1 (worst) to 5 (best)."""

    recency: int
    frequency: int
    monetary: int

    @property
    def segment(self) -> Segment:
        """The segment that these scores make."""
        return segment(self.recency, self.frequency, self.monetary)


def score_breaks(values: Iterable[T]) -> tuple[T, T, T, T]:
    """Return the values at 20, 40, 60 and 80 % of the way through `values` in ascending order.

    Raises:
        NoCustomers: `values` is empty.
    """
    ordered = sorted(values)
    count = len(ordered)
    if not count:
        raise NoCustomers(
            "There is no customer to score.", hint="Import or record orders with customers first."
        )
    first, second, third, fourth = (ordered[-(-count * k // SCORES) - 1] for k in range(1, SCORES))
    return first, second, third, fourth


def score(value: T, breaks: tuple[T, T, T, T]) -> int:
    """Return the score from 1 to 5 of a value of which more is better."""
    return 1 + bisect_left(breaks, value)


def recency_score(age: T, breaks: tuple[T, T, T, T]) -> int:
    """Return the score from 1 to 5 of the age of a customer's last order; `breaks` are of ages."""
    return SCORES + 1 - score(age, breaks)


def value_score(frequency: int, monetary: int) -> int:
    """Return the mean of a frequency and a monetary score, rounded half up."""
    return (frequency + monetary + 1) // 2


def segment(recency: int, frequency: int, monetary: int) -> Segment:
    """Return the segment of three scores.

    Raises:
        KeyError: A score lies outside 1 to 5.
    """
    return GRID[recency, value_score(frequency, monetary)]
