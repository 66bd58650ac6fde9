"""What the API and the schedule may ask of the workers: task names and their payloads.

The API enqueues by name and never imports the workers. A payload is a frozen model: `to_message`
gives the JSON-serialisable keyword arguments of the task, `from_message` checks them on arrival.
"""

from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

QUEUE_DEFAULT = "shopx"
"""Short jobs: refreshing, upkeep."""
QUEUE_HEAVY = "shopx-heavy"
"""Long jobs: fitting predictions; a backlog of these must not hold up the short ones."""
QUEUES = (QUEUE_DEFAULT, QUEUE_HEAVY)


class TaskName(StrEnum):
    """The name under which a task is registered with Celery."""

    REFRESH_VIEW = "shopx.refresh_view"
    UPKEEP_PARTITIONS = "shopx.upkeep_partitions"
    FIT_PREDICTIONS = "shopx.fit_predictions"


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
        """Check what arrived.

        Raises:
            pydantic.ValidationError: The message is not of this type; retrying cannot help.
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
