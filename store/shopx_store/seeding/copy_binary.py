"""Encodes rows in COPY's binary format, whole arrays at once.

A row's fields have a fixed width here (a NULL is one of width 0), so a batch of rows is one NumPy
structured array and needs no loop. Source: "COPY", section "Binary Format", of PostgreSQL's manual;
for `numeric` its `numeric_recv`, which accepts leading and trailing zero digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + (0).to_bytes(4, "big") + (0).to_bytes(4, "big")
TRAILER = (-1).to_bytes(2, "big", signed=True)
EPOCH_2000 = 946_684_800_000_000
"""Microseconds from 1970 to PostgreSQL's epoch."""
MAX_CENTS = 10**16 - 1

_NUMERIC = np.dtype(
    [("ndigits", ">i2"), ("weight", ">i2"), ("sign", ">u2"), ("dscale", ">i2"), ("d", ">i2", (5,))]
)
_NEGATIVE = 0x4000


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a batch: an array of values in the format's type, or one value for all rows."""

    dtype: Any
    values: Any
    """`None` is NULL in every row."""


def null() -> Field:
    """NULL in every row."""
    return Field(None, None)


def int4(values: Any) -> Field:
    """`integer`."""
    return Field(">i4", values)


def int8(values: Any) -> Field:
    """`bigint`."""
    return Field(">i8", values)


def truth(value: bool) -> Field:
    """`boolean`, the same in every row."""
    return Field("u1", int(value))


def label(value: str) -> Field:
    """A text or an enum's label, the same in every row."""
    data = value.encode()
    return Field(f"S{len(data)}", data)


def texts(values: NDArray[np.bytes_]) -> Field:
    """Texts of the same length in bytes."""
    return Field(values.dtype, values)


def timestamps(microseconds: NDArray[np.int64]) -> Field:
    """`timestamptz`, from microseconds since 1970."""
    return Field(">i8", microseconds - EPOCH_2000)


def uuids(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> Field:
    """`uuid`, from two halves."""
    pair = np.empty(len(high), dtype=[("high", ">u8"), ("low", ">u8")])
    pair["high"], pair["low"] = high, low
    return Field(pair.dtype, pair)


def cents(values: NDArray[np.int64]) -> Field:
    """`numeric` with two decimals, from hundredths."""
    return _numeric(values, hundredths=True)


def whole(values: NDArray[np.int64]) -> Field:
    """`numeric` without decimals."""
    return _numeric(values, hundredths=False)


def _numeric(values: NDArray[np.int64], *, hundredths: bool) -> Field:
    """Five base-10,000 digits: four before the point, one after it."""
    size = np.abs(values)
    if size.size and int(size.max()) > MAX_CENTS:
        raise OverflowError("an amount has more digits than this encoding")
    made = np.zeros(len(values), dtype=_NUMERIC)
    made["ndigits"] = 5
    made["weight"] = 3
    made["sign"] = np.where(values < 0, _NEGATIVE, 0)
    if hundredths:
        made["dscale"] = 2
        size, part = np.divmod(size, 100)
        made["d"][:, 4] = part * 100
    for place in (3, 2, 1, 0):
        size, made["d"][:, place] = np.divmod(size, 10_000)
    return Field(_NUMERIC, made)


def rows(fields: Sequence[Field], count: int) -> bytes:
    """The bytes of `count` rows."""
    layout: list[tuple[str, Any]] = [("fields", ">i2")]
    for n, field in enumerate(fields):
        layout.append((f"l{n}", ">i4"))
        if field.dtype is not None:
            layout.append((f"f{n}", field.dtype))
    made = np.empty(count, dtype=np.dtype(layout))
    made["fields"] = len(fields)
    for n, field in enumerate(fields):
        if field.dtype is None:
            made[f"l{n}"] = -1
        else:
            made[f"l{n}"] = made.dtype[f"f{n}"].itemsize
            made[f"f{n}"] = field.values
    return made.tobytes()
