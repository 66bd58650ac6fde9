"""The events of a feed that wait, as files that the pipeline reads."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from shopx_core.domain.webhooks import Shop
from shopx_core.texts import dumps
from shopx_store.feeds import events
from shopx_store.feeds.queue import Feed
from shopx_store.importing.shop_events import Order, Unreadable, order_of


@contextmanager
def waiting_events(
    connection: psycopg.Connection, feed: Feed, shop: Shop
) -> Iterator[tuple[str | None, list[int]]]:
    """The orders that waiting events have, for as long as they are needed.

    Of several events of an order the latest counts. One that is older than what is booked already
    changes nothing. Events that cannot be read are kept with the reason, and hold up no others.

    Yields:
        The folder of the files, `None` = there is no order in them; and the events dealt with.
    """
    orders: dict[int, Order] = {}
    ids: list[int] = []
    for number, body in events.waiting(connection, feed.id):
        try:
            order = order_of(shop, body)
        except Unreadable as error:
            events.refuse(connection, number, dumps(error.args[0]))
            continue
        ids.append(number)
        if order is not None:
            orders[number] = order
            events.note(connection, number, order.key, order.changed_at)
    counting = events.latest(connection, feed.id, {order.key for order in orders.values()})
    chosen = [order for number, order in orders.items() if counting[order.key] == number]
    if not chosen:
        yield None, ids
        return
    with tempfile.TemporaryDirectory(prefix="shopx-events-") as folder:
        _write(chosen, Path(folder))
        yield folder, ids


def _write(orders: list[Order], folder: Path) -> None:
    with (
        (folder / "orders.jsonl").open("x", encoding="utf-8") as headers,
        (folder / "lines.jsonl").open("x", encoding="utf-8") as lines,
    ):
        for order in orders:
            headers.write(f"{json.dumps(order.header())}\n")
            for row in order.rows():
                lines.write(f"{json.dumps(row)}\n")
