"""Setting exchange rates through the API."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shopx_core.domain.booking_window import EARLIEST
from shopx_core.domain.money import is_currency
from shopx_core.errors import InvalidInput
from shopx_store.ledger.off_loop import off_loop
from shopx_store.rates.files import Rate
from shopx_store.rates.storing import UPSERT, Stored, checked

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

_LATEST = dt.date(2200, 1, 1)


async def set_rates(connection: "Connection", rates: Sequence[Rate]) -> Stored:
    """Add rates, and correct those of days that have one, all or none.

    Raises:
        InvalidInput: One cannot be stored, or two contradict each other.
    """
    reporting: str = await connection.fetchval("select currency from reporting")
    given = await off_loop(len(rates), lambda: _checked(rates, reporting))
    row = await connection.fetchrow(
        UPSERT.format(codes="$1", days="$2", rates="$3"),
        [rate.currency for rate in given],
        [rate.day for rate in given],
        [rate.rate for rate in given],
    )
    added, changed = row or (0, 0)
    return Stored(added, changed, len(given) - added - changed)


def _checked(rates: Sequence[Rate], reporting: str) -> list[Rate]:
    for rate in rates:
        if not is_currency(rate.currency):
            raise InvalidInput(
                f"{rate.currency!r} is not a currency code.", hint="ISO 4217, such as EUR."
            )
        if not EARLIEST.date() <= rate.day < _LATEST or not rate.rate.is_finite():
            raise InvalidInput(f"{rate.rate} for {rate.day} is no rate of {rate.currency}.")
    return checked(rates, reporting)
