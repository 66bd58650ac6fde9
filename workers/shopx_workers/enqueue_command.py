"""`shopx enqueue`: put a scheduled job into the queue, as a CronJob does."""

import datetime as dt
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from kombu.exceptions import OperationalError

from shopx_core import logging
from shopx_core.errors import Unavailable
from shopx_workers.app import make_app
from shopx_workers.queue import client_settings, enqueue
from shopx_workers.schedule import PREDICTIONS, REPORTS


class JobName(StrEnum):
    """The jobs that can be enqueued by name."""

    FIT_PREDICTIONS = "fit-predictions"
    SEND_REPORTS = "send-reports"


_ENTRIES = {JobName.FIT_PREDICTIONS: PREDICTIONS, JobName.SEND_REPORTS: REPORTS}


def command(job: Annotated[JobName, typer.Argument(help="The job.")]) -> None:
    """Put a background job into the queue; it expires when its schedule is due again."""
    settings = client_settings()
    logging.configure("enqueue", json=settings.log.json_lines, level=settings.log.command_level)
    entry = _ENTRIES[job]
    now = dt.datetime.now(dt.UTC)
    expires_in = entry.expires_in(now, ZoneInfo(settings.reporting.timezone))
    try:
        sent = enqueue(make_app(settings), entry.job, expires_in=expires_in)
    except OperationalError as error:
        raise Unavailable(
            f"The job queue cannot be reached: {error}.",
            hint="Check that Redis runs and that SHOPX_REDIS_URL names it.",
        ) from error
    typer.echo(f"{job.value} is enqueued (job {sent})")
