"""Forecasts of a daily series with a weekly pattern, and how well the same method did before.

The method is Theta with a weekly pattern that is added: the pattern is taken off, what remains is
smoothed exponentially, without its spikes, and drifts by half of its linear trend
(V. Assimakopoulos, K. Nikolopoulos, "The theta model: a decomposition approach to forecasting",
International Journal of Forecasting 16, 2000; in the form of R. Hyndman, B. Billah, "Unmasking the
Theta method", ibid. 19, 2003).

The back-test forecasts from each of the last weeks, knowing only what came before. Its errors make
the intervals (split conformal prediction: G. Shafer, V. Vovk, "A tutorial on conformal prediction",
JMLR 9, 2008), tell whether the method is better than the values of a week before, and find days
that are out of the ordinary. The error is the MASE (R. Hyndman, A. Koehler, "Another look at
measures of forecast accuracy", International Journal of Forecasting 22, 2006).

Estimates are floats; nothing that is booked is computed of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WEEK: Final = 7
MIN_DAYS: Final = 8 * WEEK
"""The shortest history that is forecast from."""
WINDOW: Final = 26 * WEEK
"""Days that one forecast knows at most: an older level says little."""
MAX_ORIGINS: Final = 12
"""Forecasts of the back-test at most, a week apart."""
LONG: Final = 4 * WEEK
SHORT: Final = 2 * WEEK
"""Days ahead: the short one where the history is short."""
HISTORY: Final = WINDOW + (MAX_ORIGINS - 1) * WEEK + LONG
"""Days that are worth reading: those that the oldest forecast of the back-test knows, and later."""
COVERAGE: Final = 0.8
"""The part of the back-test's errors that lies within the intervals."""

_LEAST_KNOWN: Final = 4 * WEEK
_ALPHAS: Final[Floats] = np.arange(0.05, 1.0, 0.05)
_HALF: Final = 10
"""Days before and after one that tell what is usual around it."""
_UNUSUAL: Final = 3.5
"""B. Iglewicz, D. Hoaglin, "How to Detect and Handle Outliers", 1993: the modified z-score."""
_OF_NORMAL: Final = 1.4826
"""The standard deviation of a normal distribution, in its median absolute deviations."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An expected value, and the bounds of its interval."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Unusual:
    """A day outside of what a forecast a week before or less expected."""

    day: int
    """Its place in the history."""
    value: float
    estimate: Estimate

    @property
    def beyond(self) -> float:
        """How far it is outside, negative below."""
        bound = self.estimate.high if self.value > self.estimate.high else self.estimate.low
        return self.value - bound


@dataclass(frozen=True, slots=True)
class BackTest:
    """How the method did before."""

    forecasts: int
    """How many were made, a week apart."""
    steps: int
    """Days that each looked ahead."""
    mase: float | None
    """The mean absolute error, in mean absolute differences from a week before over the whole
    history; `None` where these are 0."""
    naive_mase: float | None
    """The same of the values of the last known week, repeated."""

    @property
    def is_better(self) -> bool:
        """Whether the method was better than repeating the last week."""
        return self.mase is not None and self.naive_mase is not None and self.mase < self.naive_mase


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected after a history."""

    days: Sequence[Estimate]
    total: Estimate | None
    """Of all days together; `None` where the back-test is too short to tell its interval."""
    back_test: BackTest
    unusual: Sequence[Unusual]
    """The days of the back-test that were out of the ordinary, the oldest first."""


def forecast(history: Sequence[float]) -> Forecast | None:
    """Forecast what follows a history.

    Args:
        history: One value a day, the oldest first, without a gap.

    Returns:
        `None` where it has fewer than `MIN_DAYS` days.
    """
    known = np.asarray(history, dtype=np.float64)[-HISTORY:]
    days, skipped = len(known), max(0, len(history) - HISTORY)
    if days < MIN_DAYS:
        return None
    steps = LONG if days >= 2 * MIN_DAYS else SHORT
    count = min(MAX_ORIGINS, (days - steps - _LEAST_KNOWN) // WEEK + 1)
    # The newest forecast of the back-test ends with the history; one more is of the future.
    origins = [days - steps - WEEK * n for n in reversed(range(count))]
    made = _theta(known, [*origins, days], steps)
    actual = np.stack([known[origin : origin + steps] for origin in origins])
    errors = actual - made[:-1]
    low = 0.0 if known.min() >= 0 else -math.inf
    widths = _widths(errors)
    ahead = [
        Estimate(float(value), float(max(low, value - width)), float(value + width))
        for value, width in zip(np.maximum(made[-1], low), widths, strict=True)
    ]
    return Forecast(
        days=ahead,
        total=_total(ahead, errors.sum(axis=1), low),
        back_test=_back_test(known, origins, actual, errors),
        unusual=_unusual(known, origins, errors, low, skipped),
    )


def _theta(known: Floats, origins: Sequence[int], steps: int) -> Floats:
    """A forecast from each origin, of what is before it: a row each, a column a day ahead."""
    windows = [known[max(0, origin - WINDOW) : origin] for origin in origins]
    patterns = [_weekly(window) for window in windows]
    remains = [
        _without_spikes(window - np.resize(pattern, len(window)))
        for window, pattern in zip(windows, patterns, strict=True)
    ]
    levels, alphas = _smoothed(remains)
    ahead = np.arange(steps)
    rows = []
    for window, pattern, rest, level, alpha in zip(
        windows, patterns, remains, levels, alphas, strict=True
    ):
        length = len(window)
        drift = ahead + (1 - (1 - alpha) ** length) / alpha
        rows.append(level + _slope(rest) / 2 * drift + pattern[(length + ahead) % WEEK])
    return np.stack(rows)


def _weekly(window: Floats) -> Floats:
    """What each day of the week differs by, from the first day of the window on; 0 together."""
    # The median: one exceptional day is not a habit.
    smooth = np.convolve(window, np.full(WEEK, 1 / WEEK), mode="valid")
    half = WEEK // 2
    off = window[half : len(window) - half] - smooth
    found = np.array([np.median(off[(day - half) % WEEK :: WEEK]) for day in range(WEEK)])
    pattern: Floats = found - found.mean()
    return pattern


def _without_spikes(rest: Floats) -> Floats:
    """With the local median instead of what is far off: a sale of some days is no new level.

    A Hampel filter (R. Pearson, "Outliers in process modeling and identification", IEEE
    Transactions on Control Systems Technology 10, 2002). A level that stays for a week is the
    median itself.
    """
    known = np.pad(rest, _HALF, constant_values=np.nan)
    # What is not there is sorted to the end.
    around = np.sort(np.lib.stride_tricks.sliding_window_view(known, 2 * _HALF + 1), axis=1)
    counts, rows = (~np.isnan(around)).sum(axis=1), np.arange(len(rest))
    local = (around[rows, (counts - 1) // 2] + around[rows, counts // 2]) / 2
    off = np.abs(rest - local)
    reach = _UNUSUAL * _OF_NORMAL * float(np.median(off))
    return np.where(off > reach, local, rest) if reach > 0 else rest


def _smoothed(series: Sequence[Floats]) -> tuple[Floats, Floats]:
    """The last level of each series by simple exponential smoothing, and the alpha that fits best.

    All series and all alphas are smoothed side by side, a day after the other.
    """
    longest = max(map(len, series))
    first = np.array([one[:WEEK].mean() for one in series])
    # What a series lacks at its beginning is its first level, which changes nothing.
    padded = np.stack(
        [
            np.concatenate([np.full(longest - len(one), start), one])
            for one, start in zip(series, first, strict=True)
        ]
    )
    level = np.repeat(first[:, None], len(_ALPHAS), axis=1)
    squares = np.zeros_like(level)
    for day in range(longest):
        error = padded[:, day, None] - level
        squares += error * error
        level += _ALPHAS * error
    best = squares.argmin(axis=1)
    rows = np.arange(len(series))
    return level[rows, best], _ALPHAS[best]


def _slope(values: Floats) -> float:
    """Of the line that fits best, by least squares."""
    days = np.arange(len(values)) - (len(values) - 1) / 2
    return float((days * values).sum() / (days * days).sum())


def _widths(errors: Floats) -> Floats:
    """Half the width of the interval of each day ahead; it never narrows."""
    steps = errors.shape[1]
    weeks = [
        _bound(np.abs(errors[:, first : first + WEEK]).ravel()) for first in range(0, steps, WEEK)
    ]
    widest: Floats = np.maximum.accumulate(np.repeat(weeks, WEEK)[:steps])
    return widest


def _bound(sizes: Floats) -> float:
    """What a further error stays within as often as `COVERAGE`; infinite where that is unknown."""
    place = math.ceil((len(sizes) + 1) * COVERAGE)
    return float(np.sort(sizes)[place - 1]) if place <= len(sizes) else math.inf


def _total(ahead: Sequence[Estimate], errors: Floats, low: float) -> Estimate | None:
    width = _bound(np.abs(errors))
    if math.isinf(width):
        return None
    expected = sum(one.expected for one in ahead)
    return Estimate(expected, max(low, expected - width), expected + width)


def _back_test(known: Floats, origins: Sequence[int], actual: Floats, errors: Floats) -> BackTest:
    steps = errors.shape[1]
    unit = float(np.abs(known[WEEK:] - known[:-WEEK]).mean())
    repeated = np.stack([np.resize(known[origin - WEEK : origin], steps) for origin in origins])

    def scaled(differences: Floats) -> float | None:
        return float(np.abs(differences).mean()) / unit if unit > 0 else None

    return BackTest(len(origins), steps, scaled(errors), scaled(actual - repeated))


def _unusual(
    known: Floats, origins: Sequence[int], errors: Floats, low: float, skipped: int
) -> list[Unusual]:
    """Days of the first week of each forecast; the newest one is also asked for its later weeks."""
    # So each day has one forecast, the newest that did not know it.
    days = [origin + step for origin in origins for step in range(WEEK)]
    off = errors[:, :WEEK].ravel()
    days += range(origins[-1] + WEEK, len(known))
    off = np.concatenate([off, errors[-1, WEEK:]])
    middle = float(np.median(off))
    reach = _UNUSUAL * _OF_NORMAL * float(np.median(np.abs(off - middle)))
    if reach == 0:
        return []
    found = []
    for day, error in zip(days, off.tolist(), strict=True):
        if abs(error - middle) > reach:
            value = float(known[day])
            expected = value - error
            estimate = Estimate(
                expected, max(low, expected + middle - reach), expected + middle + reach
            )
            if not estimate.low <= value <= estimate.high:
                found.append(Unusual(day + skipped, value, estimate))
    return found
