"""`shopx fold`: the process that keeps the rollups up to date."""

import signal
import threading
from typing import Annotated

import typer

from shopx_core import logging
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.rollups import fold_daemon
from shopx_store.rollups.fold import fold


def command(
    *,
    once: Annotated[bool, typer.Option("--once", help="Fold once, and end.")] = False,
) -> None:
    """Keep the rollups up to date with the ledger; runs until stopped."""
    settings = Settings.from_env()
    logging.configure("fold", json=settings.log.json_lines, level=settings.log.level)
    if once:
        with connect(settings.database, "shopx fold") as connection:
            typer.echo(f"{fold(connection).lines} lines folded")
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    fold_daemon.run(settings, stop)
