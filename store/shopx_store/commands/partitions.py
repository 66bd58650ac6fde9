"""`shopx partitions`: make the coming months' partitions, as a CronJob does."""

from typing import Annotated

import typer

from shopx_core import logging
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.partitions import keep_up


def command(
    ahead: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=24,
            help="Months after the current one; by default SHOPX_PARTITIONS_AHEAD.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make the coming months' partitions of orders and order lines; merge those of old years."""
    settings = Settings.from_env()
    logging.configure("partitions", json=settings.log.json_lines, level=settings.log.command_level)
    with connect(settings.database, "shopx partitions") as connection:
        done = keep_up(connection, ahead or settings.partitions.ahead)
    merged = f"; merged the months of {', '.join(map(str, done.merged))}" if done.merged else ""
    typer.echo(
        f"{done.made} partitions made; {done.left} months after this one are prepared{merged}"
    )
