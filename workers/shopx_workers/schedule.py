"""What runs when, from the settings: pure."""

from dataclasses import dataclass

from shopx_core.jobs import FitPredictions, Job, RefreshView, UpkeepPartitions
from shopx_core.settings import Settings
from shopx_workers.cron import Cron

# Beside the refreshes' minutes, see `shopx_core.resource.views`.
_PARTITIONS = "12 1 * * *"
_PREDICTIONS = "42 * * * *"


@dataclass(frozen=True, slots=True)
class Entry:
    """A job and when it is put into the queue, in the reporting time zone."""

    name: str
    """Stable: what ran is remembered under it."""
    cron: Cron
    job: Job


def entries(settings: Settings) -> tuple[Entry, ...]:
    """Every entry of the schedule.

    Raises:
        InvalidConfiguration: A view's schedule is none.
    """
    views = tuple(
        Entry(
            f"refresh:{view.name}",
            Cron.parse(view.schedule),
            RefreshView(name=view.name, concurrently=view.concurrently),
        )
        for view in settings.refresh.views
    )
    return (
        *views,
        Entry(
            "partitions",
            Cron.parse(_PARTITIONS),
            UpkeepPartitions(ahead=settings.partitions.ahead),
        ),
        Entry("predictions", Cron.parse(_PREDICTIONS), FitPredictions()),
    )
