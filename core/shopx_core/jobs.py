"""Background jobs: the names of the tasks, their payloads, and when the scheduled ones run.

Commands and the scheduler put jobs into the queue; the workers run them. A payload is a frozen
model: `to_message` gives the task's JSON-serialisable keyword arguments, `from_message` validates
them on arrival. On a cluster CronJobs keep the schedule, on one machine the scheduler
(`shopx_workers.beat`); both read it from here, and that of the views from
`shopx_core.domain.matviews`.
"""

from enum import StrEnum
from typing import Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field

QUEUE_DEFAULT = "shopx"
"""Short jobs: refreshes, partitions."""
QUEUE_HEAVY = "shopx-heavy"
"""Long jobs: fits of predictions, imports. Apart, so that they do not delay the short ones."""
QUEUES = (QUEUE_DEFAULT, QUEUE_HEAVY)

# Five cron fields, in the reporting time zone; the minutes are not those of any refresh.
PARTITIONS_CRON: Final = "12 1 * * *"
PREDICTIONS_CRON: Final = "42 * * * *"
REPORTS_CRON: Final = "*/5 * * * *"
"""How often due reports are looked for, on a cluster; on one machine each minute."""
REPORTS_CRON_HERE: Final = "* * * * *"


class TaskName(StrEnum):
    """The name under which a task is registered with Celery."""

    REFRESH_VIEW = "shopx.refresh_view"
    UPKEEP_PARTITIONS = "shopx.upkeep_partitions"
    FIT_PREDICTIONS = "shopx.fit_predictions"
    SEND_REPORTS = "shopx.send_reports"
    RUN_IMPORT_JOB = "shopx.run_import_job"


class Job(BaseModel):
    """The payload of one task."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    task: ClassVar[TaskName]
    queue: ClassVar[str] = QUEUE_DEFAULT

    def to_message(self) -> dict[str, Any]:
        """The task's keyword arguments, JSON-serialisable."""
        return self.model_dump(mode="json")

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> Self:
        """Validate a message.

        Raises:
            pydantic.ValidationError: The message is not of this type, so a retry fails as well.
        """
        return cls.model_validate(message)


class RefreshView(Job):
    """Refresh one materialized view and record the result."""

    task = TaskName.REFRESH_VIEW
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    concurrently: bool = True


class UpkeepPartitions(Job):
    """Make the coming months' partitions."""

    task = TaskName.UPKEEP_PARTITIONS
    ahead: int = Field(default=3, ge=2, le=24)


class FitPredictions(Job):
    """Fit the customer models and store each customer's predicted purchases and value."""

    task = TaskName.FIT_PREDICTIONS
    queue = QUEUE_HEAVY


class SendReports(Job):
    """Send the reports that are due, and what waits for a further attempt."""

    task = TaskName.SEND_REPORTS
    queue = QUEUE_HEAVY


class RunImportJob(Job):
    """Look at an uploaded file, check it, import it, or take an import back.

    What is to be done is in the row of `import_jobs` with this id.
    """

    task = TaskName.RUN_IMPORT_JOB
    queue = QUEUE_HEAVY
    id: int = Field(ge=1, lt=2**31)
