"""Metrics of the queue: how many jobs wait, and how long the oldest has waited."""

import json
import time
from collections.abc import Iterable
from typing import Any, Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis, RedisError

from shopx_core import logging
from shopx_core.jobs import QUEUES
from shopx_workers.broker import redis_client
from shopx_workers.queue import SENT_AT

TIMEOUT_SECONDS: Final = 2
_log = logging.get(__name__)


class QueueCollector(Collector):
    """The jobs that wait for a worker; the broker is read at each scrape.

    Args:
        url: The broker.
        prefix: What the queue's keys begin with.
    """

    def __init__(self, url: str, prefix: str) -> None:
        self._prefix = prefix
        self._client = redis_client(url, TIMEOUT_SECONDS)

    def collect(self) -> Iterable[Metric]:
        """Read the broker; without it the series are absent."""
        queued = GaugeMetricFamily(
            "shopx_jobs_queued", "Jobs that wait for a worker.", labels=["queue"]
        )
        age = GaugeMetricFamily(
            "shopx_jobs_oldest_age_seconds",
            "How long the oldest of them has waited; 0 when none waits.",
            labels=["queue"],
        )
        try:
            for queue in QUEUES:
                length, sent_at = waiting(self._client, self._prefix + queue)
                queued.add_metric([queue], length)
                if not length:
                    age.add_metric([queue], 0.0)
                elif sent_at is not None:
                    age.add_metric([queue], max(0.0, time.time() - sent_at))
        except RedisError as error:
            _log.warning("metrics_incomplete", source="queue", reason=str(error))
        return queued, age


def waiting(client: Redis, queue: str) -> tuple[int, float | None]:
    """The number of jobs under a queue's key, and the Unix time at which the oldest was enqueued.

    The time is `None` for an empty queue, and for a message without the header.
    """
    # One transaction: otherwise a job taken in between would be counted but not found. Jobs are
    # pushed on the left and taken from the right.
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
