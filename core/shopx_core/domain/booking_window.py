"""When an order may be booked: the same bounds on every way in.

Each calendar period costs the database a partition, so a mistyped year must not be one more.
"""

import datetime as dt
from typing import Final

EARLIEST: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""No order lies before it."""

AHEAD: Final = dt.timedelta(days=731)
"""No order lies later than this after the present; a way in may allow less."""
