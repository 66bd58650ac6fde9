"""The job queue: how a process is configured for it, and how a job is put into it."""

import os
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from redis.exceptions import RedisError

from shopx_core.caching.keys import own_prefix
from shopx_core.errors import InvalidConfiguration
from shopx_core.jobs import Job
from shopx_core.settings import Settings, with_secrets

if TYPE_CHECKING:
    # The queue exporter imports this module, and would load Celery for a type alone.
    from celery import Celery

SENT_AT: Final = "shopx_sent_at"
"""The message header with the Unix time at which a job was enqueued."""
_UNUSED_DATABASE: Final = {"SHOPX_DATABASE_DSN": "postgresql://"}


def client_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a process that uses the queue alone and gets no database URL.

    Args:
        environ: Where to read; `None` = the process's environment.

    Raises:
        InvalidConfiguration: A variable is missing, unknown or invalid.
    """
    given = with_secrets(os.environ if environ is None else environ)
    return Settings.from_env(_UNUSED_DATABASE | given)


def broker_url(settings: Settings) -> str:
    """The URL of the broker.

    Raises:
        InvalidConfiguration: The settings name no broker.
    """
    url = settings.redis.broker_url
    if url is None:
        raise InvalidConfiguration(
            "Background jobs need a queue, and no Redis is configured.",
            hint="Set SHOPX_REDIS_URL, or SHOPX_REDIS_QUEUE_URL for a queue of its own.",
        )
    return url


def key_prefix(settings: Settings) -> str:
    """What the queue's keys begin with.

    Raises:
        InvalidConfiguration: Neither it nor the database that it follows from is configured.
    """
    if settings.redis.prefix is not None:
        return settings.redis.prefix
    if settings.database.write_dsn == _UNUSED_DATABASE["SHOPX_DATABASE_DSN"]:
        raise InvalidConfiguration(
            "The names of the queue's keys are not known.",
            hint="Set SHOPX_REDIS_PREFIX as for the workers, or SHOPX_DATABASE_DSN.",
        )
    return own_prefix(settings.database.write_dsn)


def enqueue(app: "Celery", job: Job, *, expires_in: float | None = None) -> str:
    """Put a job into its queue.

    Args:
        app: The application; it names the broker.
        job: The job.
        expires_in: Seconds after which a worker drops it undone; `None` = never.

    Returns:
        The job's id, as in the workers' logs.

    Raises:
        kombu.exceptions.OperationalError: The broker cannot be reached.
    """
    from kombu.exceptions import OperationalError  # noqa: PLC0415 -- as Celery

    identity = str(uuid4())
    pauses = _pauses(app.conf.task_publish_retry_policy)
    while True:
        try:
            # After a failure kombu may keep a closed channel: each attempt has its own connection.
            with app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, interval_start=0)
                app.send_task(
                    job.task.value,
                    task_id=identity,
                    kwargs=job.to_message(),
                    queue=job.queue,
                    expires=expires_in,
                    headers={SENT_AT: time.time()},
                    connection=connection,
                    retry=False,
                )
        except (OperationalError, RedisError, OSError) as error:
            pause = next(pauses, None)
            if pause is None:
                raise OperationalError(str(error)) from error
            time.sleep(pause)
        else:
            return identity


def _pauses(policy: Mapping[str, Any]) -> Iterator[float]:
    """Seconds before each further attempt, by Celery's policy."""
    for attempt in range(policy["max_retries"]):
        longer = policy["interval_start"] + attempt * policy["interval_step"]
        yield min(longer, policy["interval_max"])
