"""Tables as frames of pandas, Polars and Arrow. Each library is needed only where it is used."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from importlib import import_module
from typing import Any, Final

from shopx_client.errors import ConfigurationError
from shopx_client.tables import Column, Table

DIGITS: Final = 38
"""Of a decimal in Arrow and Polars."""
_UTC: Final = "UTC"


def _library(name: str, extra: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{name} is not installed: pip install 'shopx-analytics[{extra}]'."
        ) from error


def scale_of(values: Sequence[Decimal | None]) -> int:
    """Decimal places that hold every value exactly, within `DIGITS`.

    Amounts have at most 20 and fit. Quotients have 28 significant digits; beside a number with many
    digits before the point the last of a small one may not fit, and is rounded.

    Raises:
        OverflowError: A value has more than `DIGITS` digits before the point.
    """
    known = [one for one in values if one is not None]
    places = max((-int(one.as_tuple().exponent) for one in known), default=0)
    whole = max((one.adjusted() + 1 for one in known if one), default=1)
    if whole > DIGITS:
        raise OverflowError(f"A number has {whole} digits before the point; {DIGITS} fit.")
    return max(0, min(places, DIGITS - max(whole, 1)))


def _scaled(values: Sequence[Decimal | None], scale: int) -> list[Decimal | None]:
    context = Context(prec=2 * DIGITS, rounding=ROUND_HALF_EVEN)
    unit = Decimal(1).scaleb(-scale)
    return [None if one is None else one.quantize(unit, context=context) for one in values]


def to_arrow(table: Table, zone: str | None, about: Mapping[str, str]) -> Any:
    """A `pyarrow.Table`.

    Args:
        table: The columns.
        zone: In which instants are shown.
        about: Its metadata.
    """
    arrow = _library("pyarrow", "arrow")
    plain = {
        str: arrow.string(), int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_(),
        dt.datetime: arrow.timestamp("us", tz=zone or _UTC), dt.date: arrow.date32(),
    }  # fmt: skip
    arrays = {}
    for name, column in table.items():
        if column.kind is Decimal:
            scale = scale_of(column.values)
            values = _scaled(column.values, scale)
            arrays[name] = arrow.array(values, arrow.decimal128(DIGITS, scale))
        elif column.kind is list:
            arrays[name] = arrow.array(column.values)
        else:
            arrays[name] = arrow.array(column.values, plain[column.kind])
    return arrow.table(arrays).replace_schema_metadata(dict(about))


def to_polars(table: Table, zone: str | None) -> Any:
    """A `polars.DataFrame`.

    Args:
        table: The columns.
        zone: In which instants are shown.
    """
    polars = _library("polars", "polars")
    plain = {
        str: polars.String(), int: polars.Int64(), float: polars.Float64(),
        bool: polars.Boolean(), dt.datetime: polars.Datetime("us", zone or _UTC),
        dt.date: polars.Date(), list: None,
    }  # fmt: skip

    def series(name: str, column: Column) -> Any:
        if column.kind is Decimal:
            scale = scale_of(column.values)
            values = _scaled(column.values, scale)
            return polars.Series(name, values, polars.Decimal(DIGITS, scale))
        if column.kind is dt.datetime:
            utc = polars.Series(name, column.values, polars.Datetime("us", _UTC))
            return utc.dt.convert_time_zone(zone or _UTC)
        return polars.Series(name, column.values, plain[column.kind])

    return polars.DataFrame([series(name, column) for name, column in table.items()])


def to_pandas(table: Table, zone: str | None, about: Mapping[str, str]) -> Any:
    """A `pandas.DataFrame`; decimals and days are Python's own, and exact.

    Args:
        table: The columns.
        zone: In which instants are shown.
        about: Its `attrs`.
    """
    pandas = _library("pandas", "pandas")
    plain = {str: "str", int: "Int64", float: "Float64", bool: "boolean"}

    def series(column: Column) -> Any:
        if column.kind is dt.datetime:
            instants = pandas.to_datetime(pandas.Series(column.values, dtype=object), utc=True)
            return instants.dt.tz_convert(zone or _UTC)
        return pandas.Series(column.values, dtype=plain.get(column.kind, "object"))

    frame = pandas.DataFrame({name: series(column) for name, column in table.items()})
    frame.attrs.update(about)
    return frame
