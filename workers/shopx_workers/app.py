"""The Celery application: how jobs are delivered, and what happens on a failure.

A job is acknowledged when it is done (`acks_late`), so a killed worker loses none: the broker
redelivers the job after the visibility timeout, which is longer than any job may take. So a job can
run twice, and every job must allow for that. When a process of the pool dies in a job (out of
memory, for example) the job fails instead, because a redelivery could kill one process after
another.
"""

from typing import Any, Final

import psycopg
from celery import Celery, Task
from kombu import Queue
from pydantic import ValidationError

from shopx_core import logging, tracing
from shopx_core.errors import Unavailable
from shopx_core.jobs import QUEUE_DEFAULT, QUEUES, Job
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_workers.broker import celery_configuration
from shopx_workers.queue import broker_url, key_prefix
from shopx_workers.tasks import MODULES, handler
from shopx_workers.transport import install

LONGEST_SECONDS: Final = 3600
"""The time limit of a job."""
VISIBILITY_SECONDS: Final = 2 * LONGEST_SECONDS
"""When the broker redelivers a job; a job that waits for a retry counts as running."""
RETRIES: Final = 7
_RETRY_SECONDS: Final = 2

_log = logging.get(__name__)


def make_app(settings: Settings) -> Celery:
    """The application of one process, with all jobs registered; it does not connect yet.

    Raises:
        InvalidConfiguration: The settings name no broker.
    """
    # All keys and channels are the dashboard's own: another one on the same server takes no job of
    # it, and an ACL user limited to the prefix suffices.
    transport = {
        "global_keyprefix": key_prefix(settings),
        "visibility_timeout": VISIBILITY_SECONDS,
        # Short jobs first, where both queues have some.
        "queue_order_strategy": "priority",
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "client_name": "shopx-workers",
    }
    install()
    app = Celery("shopx", set_as_current=False)
    app.conf.update(
        **celery_configuration(broker_url(settings), transport),
        # Results are in the database, or nowhere.
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_serializer="json",
        accept_content=["json"],
        task_queues=[Queue(name) for name in QUEUES],
        task_default_queue=QUEUE_DEFAULT,
        task_create_missing_queues=False,
        task_acks_late=True,
        task_acks_on_failure_or_timeout=True,
        task_reject_on_worker_lost=False,
        task_time_limit=LONGEST_SECONDS,
        task_soft_time_limit=LONGEST_SECONDS - 60,
        worker_concurrency=settings.workers.concurrency,
        # A process takes one job at a time, so a long job holds up no other.
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # Running jobs continue when the broker comes back.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_proc_alive_timeout=60,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        timezone="UTC",
    )
    for kind in MODULES:
        _register(app, kind, settings)
    return app


def _register(app: Celery, kind: type[Job], settings: Settings) -> None:
    def body(task: Task[Any, Any], /, **message: Any) -> None:
        logging.bind(job_id=task.request.id, job=kind.task.value)
        try:
            with tracing.root(kind.task.value, None, {"shopx.job_id": str(task.request.id)}):
                _take(task, kind, message, settings)
        finally:
            logging.unbind_all()

    # Shared tasks would belong to the process's first application, with its settings.
    app.task(bind=True, name=kind.task.value, shared=False)(body)


def _take(
    task: Task[Any, Any], kind: type[Job], message: dict[str, Any], settings: Settings
) -> None:
    try:
        job = kind.from_message(message)
    except ValidationError as error:
        # The message is of another version or not valid: a retry would fail as well.
        _log.error("job_refused", problems=_problems(error))
    else:
        _do(task, job, settings)


def _do(task: Task[Any, Any], job: Job, settings: Settings) -> None:
    try:
        with connect(settings.database, job.task.value) as connection:
            facts = handler(type(job))(connection, job, settings)
    except (Unavailable, psycopg.OperationalError) as error:
        wait = retry_delay(task.request.retries)
        _log.warning("job_postponed", seconds=wait, reason=str(error))
        raise task.retry(exc=error, countdown=wait, max_retries=RETRIES) from error
    _log.info("job_done", **facts)


def _problems(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
        for problem in error.errors()
    ]


def retry_delay(retries: int) -> int:
    """Seconds before the next attempt: 2, 4, 8 … 128, together about four minutes."""
    return _RETRY_SECONDS << retries
