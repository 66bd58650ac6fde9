"""Whether PostgreSQL and Python delimit the days of a zone alike.

The day and week rollups are grouped by PostgreSQL's time zone database, and ranges are cut by
Python's. Governments change clocks at short notice, so one of the two may lack a change. A rollup's
day then differs from the requested day, and only a finer source is exact.
"""

import asyncio
import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from shopx_core import logging
from shopx_core.domain.periods import day_start
from shopx_store.query.plan import COMPARED_FROM

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

_FIRST: Final = COMPARED_FROM.date() - dt.timedelta(days=1)
_YEARS_AHEAD: Final = 3

_ODD_DAYS: Final = """
select starts from (
    select day, starts, lag(day) over (order by day) as previous
    from unnest($1::date[], $2::timestamptz[]) as days (day, starts)
) days
where (starts at time zone $3)::date <> day
    or ((starts - interval '1 microsecond') at time zone $3)::date <> previous
order by starts
"""

_log = logging.get(__name__)


@lru_cache(maxsize=4)
def days_of(zone: str, last: dt.date) -> tuple[list[dt.date], list[dt.datetime]]:
    """The days that a zone has, from the first that is compared, and when each begins.

    They are kept: the leader and each replica are compared with them.
    """
    clocks = ZoneInfo(zone)
    days = [_FIRST + dt.timedelta(days=n) for n in range((last - _FIRST).days + 1)]
    starts = [day_start(day, clocks) for day in days]
    # A day that a zone leaves out by crossing the date line begins when the next one does.
    real = [n for n in range(len(days) - 1) if starts[n] < starts[n + 1]]
    return [days[n] for n in real], [starts[n] for n in real]


class Calendars:
    """Compares each zone once: a server's time zone database changes when it is restarted."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[dt.datetime, ...]] = {}
        # A lock exists while a comparison runs or is waited for.
        self._comparing: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def known(self, database: str, zone: str) -> tuple[dt.datetime, ...] | None:
        """What was found before; `None` = this server's zone was not compared yet."""
        return self._known.get((database, zone))

    async def ambiguous_days(
        self, connection: "Connection", database: str, zone: str
    ) -> tuple[dt.datetime, ...]:
        """The starts of the days of a zone that the two delimit differently, ascending.

        Concurrent calls for one zone share a comparison; if it fails or is cancelled, the next
        call repeats it.

        Args:
            connection: To the database.
            database: Which one, so that each is compared for itself.
            zone: An IANA name.
        """
        key = (database, zone)
        if (known := self._known.get(key)) is not None:
            return known
        async with self._comparing.setdefault(key, asyncio.Lock()):
            if (known := self._known.get(key)) is None:
                known = self._known[key] = await _compared(connection, zone)
        return known


async def _compared(connection: "Connection", zone: str) -> tuple[dt.datetime, ...]:
    last = dt.datetime.now(dt.UTC).date().replace(month=1, day=1)
    last = last.replace(year=last.year + _YEARS_AHEAD)
    days, starts = await asyncio.to_thread(days_of, zone, last)
    rows = await connection.fetch(_ODD_DAYS, days, starts, zone)
    odd = tuple(row["starts"] for row in rows)
    if odd:
        _log.warning(
            "time_zones_differed",
            zone=zone,
            days=len(odd),
            first=odd[0].isoformat(),
            last=odd[-1].isoformat(),
            hint="PostgreSQL's and Python's time zone databases disagree; update the older one."
            " Until then, ranges with such days are read from finer sources: exact, but slower.",
        )
    return odd


calendars = Calendars()
