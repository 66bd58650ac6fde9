"""Putting jobs into the queue, and what can be seen of the queue from outside."""

import json
import time
from typing import Any, Final

from celery import Celery
from redis import Redis

from shopx_core.jobs import Job

SENT_AT: Final = "shopx_sent_at"
"""The message header with the Unix time at which a job was enqueued."""


def enqueue(app: Celery, job: Job, *, expires_in: float | None = None) -> str:
    """Put a job into its queue.

    Args:
        app: Whose broker.
        job: What is to be done.
        expires_in: Seconds after which a worker drops it undone; `None` = never.

    Returns:
        The job's id, as the workers' logs show it.

    Raises:
        kombu.exceptions.OperationalError: The broker cannot be reached.
    """
    sent = app.send_task(
        job.task.value,
        kwargs=job.to_message(),
        queue=job.queue,
        expires=expires_in,
        headers={SENT_AT: time.time()},
    )
    return str(sent.id)


def waiting(client: Redis, queue: str) -> tuple[int, float | None]:
    """How many jobs wait in a queue, and the Unix time at which the oldest was put there.

    The time is `None` for an empty queue and for a job that somebody else put there.
    """
    # Read in one step: a job taken in between would be counted but not found. Jobs are pushed on
    # the left and taken from the right.
    both = client.pipeline()
    both.llen(queue)
    both.lindex(queue, -1)
    length, oldest = both.execute()
    return int(length), _sent_at(oldest)


def _sent_at(message: bytes | None) -> float | None:
    if message is None:
        return None
    try:
        headers: dict[str, Any] = json.loads(message)["headers"]
        return float(headers[SENT_AT])
    except (ValueError, KeyError, TypeError):
        return None
