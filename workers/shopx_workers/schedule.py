"""The schedule of background jobs: pure."""

import datetime as dt
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from shopx_core.jobs import (
    PARTITIONS_CRON,
    PREDICTIONS_CRON,
    REPORTS_CRON,
    REPORTS_CRON_HERE,
    FitPredictions,
    Job,
    RefreshView,
    SendReports,
    UpkeepPartitions,
)
from shopx_core.settings import Settings
from shopx_workers.cron import Cron


@dataclass(frozen=True, slots=True)
class Entry:
    """A job and when it is enqueued, in the reporting time zone."""

    name: str
    """Stable: the database keeps the last run under this name."""
    cron: Cron
    job: Job

    def expires_in(self, now: dt.datetime, zone: ZoneInfo) -> float | None:
        """Seconds until the entry is due again, when a job enqueued now expires.

        So a queue without workers does not fill. `None` = the entry is never due again.

        Args:
            now: The present, aware.
            zone: The reporting time zone.
        """
        following = self.cron.next_due(now, zone)
        return (following - now).total_seconds() if following else None


PREDICTIONS: Final = Entry("predictions", Cron.parse(PREDICTIONS_CRON), FitPredictions())
REPORTS: Final = Entry("reports", Cron.parse(REPORTS_CRON), SendReports())
_REPORTS_HERE: Final = Entry("reports", Cron.parse(REPORTS_CRON_HERE), SendReports())


def entries(settings: Settings) -> tuple[Entry, ...]:
    """Every entry of the schedule.

    Raises:
        InvalidConfiguration: A view's schedule is not valid.
    """
    views = tuple(
        Entry(
            f"refresh:{view.name}",
            Cron.parse(view.schedule),
            RefreshView(name=view.name, concurrently=view.concurrently),
        )
        for view in settings.refresh.views
    )
    partitions = Entry(
        "partitions", Cron.parse(PARTITIONS_CRON), UpkeepPartitions(ahead=settings.partitions.ahead)
    )
    reports = (_REPORTS_HERE,) if settings.reports.enabled else ()
    return (*views, partitions, PREDICTIONS, *reports)
