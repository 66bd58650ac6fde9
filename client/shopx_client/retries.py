"""When to send again: decided from what came back, without waiting itself."""

import datetime as dt
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

BUSY: Final = frozenset({429, 502, 503, 504})
"""HTTP statuses that pass by themselves."""
_REFUSED_UNREAD: Final = 429
_FIRST: Final = 0.5
_LONGEST: Final = 30.0


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt without a result.

    Attributes:
        was_refused: The server surely did not carry it out.
        retry_after: Seconds after which the server asks to be asked again; None if it does not say.
    """

    was_refused: bool
    retry_after: float | None = None


def refusal(status: int, retry_after: str | None, now: dt.datetime) -> Failure | None:
    """What a status says about sending again; None if the same request would fail again.

    Args:
        status: Of the response.
        retry_after: The header: seconds, or an HTTP date.
        now: With a zone.
    """
    if status not in BUSY:
        return None
    return Failure(status == _REFUSED_UNREAD, _seconds(retry_after, now))


def _seconds(header: str | None, now: dt.datetime) -> float | None:
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (at - now).total_seconds()) if at.tzinfo else None


def wait_before_next(
    failure: Failure,
    *,
    attempt: int,
    spent: float,
    patience: float,
    is_repeatable: bool,
    jitter: float,
) -> float | None:
    """Seconds to wait before the next attempt; None to give up.

    Without a word of the server it waits twice as long each time, half of it drawn at random, so
    that many clients do not come back together.

    Args:
        failure: Of the attempt that ended.
        attempt: Its number, from 1.
        spent: Seconds since the first attempt began.
        patience: Seconds after which no attempt begins.
        is_repeatable: Whether carrying it out twice is the same as once.
        jitter: From 0 to 1, drawn by the caller.
    """
    if not is_repeatable and not failure.was_refused:
        return None
    doubled = min(_LONGEST, _FIRST * 2 ** min(attempt - 1, 10))
    own = doubled * (0.5 + jitter / 2)
    wait = own if failure.retry_after is None else max(failure.retry_after, _FIRST * jitter)
    return wait if spent + wait <= patience else None
