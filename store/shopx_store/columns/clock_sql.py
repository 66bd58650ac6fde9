"""Calendar and clock of a zone as DuckDB expressions over microseconds since 1970.

Python's calendar decides (`bucket_starts`), as for PostgreSQL. Buckets are nearly equally long, so
a bucket's number is a subtraction and an integer division in one of a few pieces, chosen by a tree
of comparisons: a join with the starts takes ten times as long.
"""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shopx_core.domain.periods import zone
from shopx_core.domain.periods.zones import transition

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
DAY: Final = 86_400_000_000
HOUR: Final = 3_600_000_000

# DuckDB divides towards zero. 400 years are whole weeks, and no sale is older.
_POSITIVE: Final = 146_097 * DAY
_THURSDAY: Final = 3
"""Days from Monday to 1970-01-01."""


class _Piece(NamedTuple):
    """An expression that holds from an instant on."""

    start: int
    expression: str


@lru_cache(maxsize=16_384)
def micros(instant: dt.datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (instant - EPOCH) // dt.timedelta(microseconds=1)


def instant(at: int) -> dt.datetime:
    """The instant of so many microseconds since 1970."""
    return EPOCH + dt.timedelta(microseconds=at)


def bucket(at: str, starts: Sequence[int], end: int) -> str:
    """The number, from 0, of the bucket that an instant of [starts[0], end) lies in.

    Args:
        at: The instant's expression; it must not be before the first start.
        starts: When each bucket begins, ascending.
        end: The end of the last one.
    """
    lengths = [after - start for start, after in zip(starts, (*starts[1:], end), strict=True)]
    if len(lengths) > 1 and lengths[-1] < lengths[-2]:
        lengths[-1] = lengths[-2]  # the range cuts the last bucket: nothing comes after it
    pieces: list[_Piece] = []
    length = None
    for number, start in enumerate(starts):
        if lengths[number] != length:
            length = lengths[number]
            pieces.append(_Piece(start, f"{number} + ({at} - ({start})) // {length}"))
    return _tree(at, pieces)


def local(at: str, start: dt.datetime, end: dt.datetime, where: str) -> str:
    """What a zone's clocks show at an instant of [start, end), in microseconds like `at`."""
    pieces = [_Piece(since, str(offset)) for since, offset in offsets(start, end, where)]
    tree = _tree(at, pieces)
    return f"({at} + {tree})"


def local_day(shown: str) -> str:
    """Days since 1970 of what clocks show."""
    return f"(({shown} + {_POSITIVE}) // {DAY} - {_POSITIVE // DAY})"


def weekday(shown: str) -> str:
    """The ISO weekday, 1 Monday … 7 Sunday, of what clocks show."""
    return f"((({shown} + {_POSITIVE}) // {DAY} + {_THURSDAY}) % 7 + 1)"


def hour(shown: str) -> str:
    """The hour, 0 … 23, of what clocks show."""
    return f"(({shown} + {_POSITIVE}) // {HOUR} % 24)"


@lru_cache(maxsize=256)
def offsets(start: dt.datetime, end: dt.datetime, where: str) -> tuple[tuple[int, int], ...]:
    """From when on a zone has which offset from UTC, in microseconds; the first from `start` on."""
    clocks = zone(where)
    found = [(micros(start), _offset(start, clocks))]
    before = start
    while before < end:
        after = min(before + dt.timedelta(days=1), end)
        offset = _offset(after, clocks)
        if offset != found[-1][1]:
            found.append((micros(transition(before, after, clocks)), offset))
        before = after
    return tuple(found)


def _offset(instant: dt.datetime, clocks: ZoneInfo) -> int:
    offset = instant.astimezone(clocks).utcoffset() or dt.timedelta()
    return offset // dt.timedelta(microseconds=1)


def _tree(at: str, pieces: Sequence[_Piece]) -> str:
    """Choose the piece of an instant by halving."""
    if len(pieces) == 1:
        return f"({pieces[0].expression})"
    middle = len(pieces) // 2
    early, late = _tree(at, pieces[:middle]), _tree(at, pieces[middle:])
    return f"(case when {at} < {pieces[middle].start} then {early} else {late} end)"
