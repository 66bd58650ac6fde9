"""`shopx columns`: the process that builds the columnar replica."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from shopx_core import logging
from shopx_core.errors import InvalidConfiguration
from shopx_core.settings import Settings
from shopx_store.columns import build_daemon


def command(
    *, once: Annotated[bool, typer.Option("--once", help="Build now, and end.")] = False
) -> None:
    """Keep building the columnar replica of the ledger; runs until stopped."""
    settings = Settings.from_env()
    logging.configure("columns", json=settings.log.json_lines, level=settings.log.level)
    if settings.columns.folder is None:
        raise InvalidConfiguration(
            "There is no folder for the columnar replica.",
            hint="Set SHOPX_COLUMNS_FOLDER, here and for the API.",
        )
    folder = Path(settings.columns.folder)
    if once:
        typer.echo(f"{build_daemon.run_once(settings, folder)} lines built")
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    build_daemon.run(settings, folder, stop)
