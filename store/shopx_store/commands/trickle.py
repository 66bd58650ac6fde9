"""`shopx trickle`: live orders for a demonstration."""

import asyncio
import signal
from typing import Annotated

import typer

from shopx_core import logging
from shopx_core.settings import Settings
from shopx_store.seeding.live_orders import Trickled, TrickleOptions, trickle


def command(
    *,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=1000,
            help="Orders a second, on average.",
            show_default="as many as the source's history has at that hour of the week",
        ),
    ] = None,
    orders: Annotated[
        int, typer.Option(min=0, help="Stop after so many.", show_default="never")
    ] = 0,
    number: Annotated[
        int, typer.Option("--seed", min=0, help="Other seeds give other orders.")
    ] = 42,
    as_source: Annotated[
        str, typer.Option("--as", help="The source of the products and customers.")
    ] = "seed",
) -> None:
    """Record generated live orders until Ctrl-C."""
    settings = Settings.from_env()
    logging.configure("trickle", json=settings.log.json_lines, level=settings.log.level)
    options = TrickleOptions(rate=rate, orders=orders, source=as_source, seed=number)
    done = asyncio.run(_run(settings.database.write_dsn, options))
    typer.echo(f"{done.orders:,} orders, {done.refunds:,} refunds, {done.amount:,.2f} in all.")


async def _run(dsn: str, options: TrickleOptions) -> Trickled:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    log = logging.get(__name__)

    def log_progress(done: Trickled) -> None:
        if done.orders % 100 == 0:
            log.info("orders_recorded", orders=done.orders, refunds=done.refunds)

    return await trickle(dsn, options, stop=stop, on_order=log_progress)
