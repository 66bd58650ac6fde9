"""How long a request would wait to be computed, and whether it may.

A response takes about as long as those of the same operation took lately, and as many are computed
at once as there is width. So the wait of a newcomer is the work that waits before it, in seconds,
divided by the width (Little's law, with the mean service time measured at that width).
"""

import math
from typing import Final

WEIGHT: Final = 0.1
"""The weight of the newest of a mean's observations."""
FIRST_MEAN: Final = 0.02
"""Seconds that an operation is taken to need before the first was observed."""
MAX_OPERATIONS: Final = 256
"""Operations with a mean of their own: clients choose the names."""
SHORT: Final = 0.1
"""Seconds that a caller barely notices: work that takes no longer may run side by side."""
OVERLOADED_SHARE: Final = 0.1
"""The part of the limit that a newcomer may be expected to wait under overload."""


class ServiceTimes:
    """Exponentially weighted means of how long responses take, by operation and of all."""

    def __init__(self) -> None:
        self._mean: float | None = None
        self._means: dict[str, float] = {}

    @property
    def known(self) -> bool:
        """Whether any response was observed."""
        return self._mean is not None

    def observe(self, operation: str, seconds: float) -> None:
        """A response of an operation took so long."""
        self._mean = _moved(self._mean, seconds)
        self._means[operation] = _moved(self._means.pop(operation, None), seconds)
        if len(self._means) > MAX_OPERATIONS:
            # The one that was not observed for the longest time.
            del self._means[next(iter(self._means))]

    def mean(self, operation: str) -> float:
        """Seconds that a response of an operation takes; of one not seen yet, those of all."""
        return self._means.get(operation, self._mean or FIRST_MEAN)


def _moved(mean: float | None, seconds: float) -> float:
    return seconds if mean is None else mean + WEIGHT * (seconds - mean)


def expected_wait(waiting_seconds: float, width: int) -> float:
    """Seconds that a newcomer would wait.

    Args:
        waiting_seconds: The sum of the mean service times of what waits before it.
        width: How many responses are computed at once.
    """
    return waiting_seconds / width


def share_of_width(width: int, callers: int) -> int:
    """How much of one caller may be computed at once, so that a further caller finds room.

    Args:
        width: How many responses are computed at once.
        callers: Callers with work that waits or runs.
    """
    return max(1, math.ceil(width / (callers + 1)))


def side_by_side(share: int, seconds: float) -> int:
    """How many pieces of work of a caller may be computed at once while there are other callers.

    What runs takes processors from everyone else's work for as long as it takes, which no queue
    can take back: the longer it takes, the less of it runs at once.

    Args:
        share: The caller's part of the width.
        seconds: How long one of the pieces takes on average.
    """
    return max(1, min(share, math.floor(share * SHORT / max(seconds, SHORT))))


def longest_wait(limit: float, since_refusal: float) -> float:
    """Seconds that a newcomer may be expected to wait; beyond that it is refused at once.

    A burst that can be computed within the limit may wait. Once a request had to be refused, more
    arrives than can be computed: a long queue would only let all of them wait, and refuse no
    fewer. Then a short queue is kept, which is enough for the work never to cease, until no request
    was refused for as long as the limit (compare CoDel: Nichols and Jacobson, "Controlling Queue
    Delay", ACM Queue 10(5), 2012).

    Args:
        limit: Seconds that a request may wait.
        since_refusal: Seconds since the last refusal.
    """
    return limit if since_refusal > limit else limit * OVERLOADED_SHARE


def retry_after(wait: float) -> int:
    """Whole seconds after which what waits now is done, at least one, for `Retry-After`."""
    return max(1, math.ceil(wait))


def newest_first(oldest: float, wait: float, limit: float) -> bool:
    """Whether the newest waiting request goes next.

    While all are served soon, the oldest goes first, which is fair. Under overload the oldest are
    those whose callers are the most likely to have given up; serving the newest first answers most
    of the others in time, instead of each of them late (adaptive LIFO: Maurer, "Fail at Scale",
    ACM Queue 13(8), 2015). In a short queue the oldest are served soon again.

    Args:
        oldest: Seconds that the oldest waiting request has waited.
        wait: Seconds that the newest would wait if the oldest went first.
        limit: Seconds that a request may wait.
    """
    return oldest > limit / 2 and wait > limit * OVERLOADED_SHARE
