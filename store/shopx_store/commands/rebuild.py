"""`shopx rebuild`: recompute the rollups from the ledger."""

import time

import typer

from shopx_core import logging
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.rollups.fold import rebuild


def command() -> None:
    """Recompute the rollups from the ledger, as after a restore; readers are not blocked."""
    settings = Settings.from_env()
    logging.configure("rebuild", json=settings.log.json_lines, level=settings.log.command_level)
    started = time.monotonic()
    with connect(settings.database, "shopx rebuild") as connection:
        done = rebuild(connection)
    typer.echo(f"{done.lines} lines folded in {time.monotonic() - started:.1f} s")
