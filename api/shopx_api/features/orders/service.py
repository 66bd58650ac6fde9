"""Lists of orders."""

import datetime as dt

from shopx_api.data.context import Context
from shopx_api.features.orders import repository
from shopx_api.features.orders.types import Order
from shopx_api.panels.ranking import PageArgs
from shopx_api.types.connection import Connection, connection, decode_cursor, encode_cursor
from shopx_core.errors import InvalidInput

_ORDER = "orders"


async def customer_orders(context: Context, customer_id: int, page: PageArgs) -> Connection[Order]:
    """A customer's documents, the newest first.

    Raises:
        InvalidInput: The cursor is of another list.
    """
    key = decode_cursor(page.after, _ORDER, str, int)
    after = None if key is None else (_instant(key[0]), key[1])
    rows = await repository.customer_orders(context.data, customer_id, page.first, after)

    async def count() -> int:
        return await repository.count_customer_orders(context.data, customer_id)

    return connection(
        [Order.of(row) for row in rows],
        first=page.first,
        after=page.after,
        cursor=lambda order: encode_cursor(_ORDER, order.ordered_at.isoformat(), order.row_id),
        count=count,
    )


def _instant(text: str | None) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text or "")
    except ValueError:
        instant = dt.datetime.min  # noqa: DTZ901 -- refused below, like any other naive one
    if instant.tzinfo is None:
        raise InvalidInput("The cursor is of no order.", hint="Pass an endCursor as it was given.")
    return instant
