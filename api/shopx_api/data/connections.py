"""Why a pool gave no connection."""

import asyncpg

from shopx_core.errors import ShopxError, TooManyRequests, Unavailable
from shopx_core.texts import say


def none_came(pool: asyncpg.Pool, busy: TooManyRequests) -> ShopxError:
    """What to raise when no connection came in time.

    Args:
        pool: It was asked for one.
        busy: When all that it may have are in use. Otherwise a further one could not be made.
    """
    if pool.get_size() < pool.get_max_size():
        return Unavailable(
            say(
                "request.database-accepted-connection-time",
                "The database accepted no connection in time.",
            ),
            hint=say("again.in-seconds", "Try again in a few seconds."),
        )
    return busy
