"""What was read, with what it is of."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from shopx_client import frames
from shopx_client.generated.models import Period
from shopx_client.tables import Table, table
from shopx_client.values import Amount, Model

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

T = TypeVar("T")


class LeftOutAmounts(Model):
    """Amounts without an exchange rate: no figure has them. Show them beside the figures."""

    of: str
    """`sales` or `quotas`."""
    currency: str
    lines: int
    gross: Amount
    amount: Amount
    """The revenue that is missing."""
    cost: Amount
    command: str
    """Sets a rate, after which the amounts are in."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a query read.

    Attributes:
        data: The value.
        as_of: The instant that every figure is exact for; None if nothing was read.
        snapshot: A token of that instant: `read(…, as_of=answer)` reads the same one.
        currency: Of every amount; None where no amount is in the reporting currency.
        zone: The IANA zone of days and buckets.
        period: What was asked for, as the API understood it; None outside of panels.
        comparison: What it was compared with.
        left_out: Amounts that lack an exchange rate.
    """

    data: T
    as_of: dt.datetime | None
    snapshot: str | None
    currency: str | None
    zone: str | None
    period: Period | None
    comparison: Period | None
    left_out: tuple[LeftOutAmounts, ...]
    _kind: Any = field(repr=False)

    def table(self) -> Table:
        """The data as columns, of which all frames are made: docs/python-client.md has the rules.

        Raises:
            TypeError: The data have no rows, such as a single text.
        """
        return table(self._kind, self.data, is_compared=self.comparison is not None)

    def about(self) -> Mapping[str, str]:
        """What the figures are of, as texts: frames that can keep it do so."""
        known = {
            "as_of": self.as_of and self.as_of.isoformat(),
            "currency": self.currency,
            "zone": self.zone,
            "period_from": self.period and self.period.from_.isoformat(),
            "period_to": self.period and self.period.to.isoformat(),
            "comparison_from": self.comparison and self.comparison.from_.isoformat(),
            "comparison_to": self.comparison and self.comparison.to.isoformat(),
            "left_out": "; ".join(_missing(one) for one in self.left_out) or None,
        }
        return {name: text for name, text in known.items() if text}

    def to_pandas(self) -> "pd.DataFrame":
        """A DataFrame of pandas: amounts are `Decimal`, instants are in the zone.

        `DataFrame.attrs` has what `about` gives.
        """
        return frames.to_pandas(self.table(), self.zone, self.about())

    def to_polars(self) -> "pl.DataFrame":
        """A DataFrame of Polars, with exact decimals; `about` has what it is of."""
        frame: pl.DataFrame = frames.to_polars(self.table(), self.zone)
        return frame

    def to_arrow(self) -> "pa.Table":
        """A table of Arrow, with exact decimals; its metadata has what `about` gives."""
        return frames.to_arrow(self.table(), self.zone, self.about())


def _missing(one: LeftOutAmounts) -> str:
    amount: Decimal = one.amount
    return f"{one.of}: {one.currency} {amount} in {one.lines} lines"
