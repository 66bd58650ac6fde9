"""`python -m shopx_workers.queue_exporter`: serve the metrics of the queue until stopped.

It runs where there may be no worker to report them. It needs Redis alone, so it imports neither
Celery nor a database driver.
"""

import signal
import sys
import threading

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

from shopx_core import logging
from shopx_core.errors import InvalidConfiguration, ShopxError
from shopx_core.settings import Settings
from shopx_workers.queue import broker_url, client_settings, key_prefix
from shopx_workers.queue_metrics import QueueCollector

_log = logging.get(__name__)


def registry(settings: Settings) -> CollectorRegistry:
    """What the exporter serves: the queue, and its own process.

    Raises:
        InvalidConfiguration: The settings name no broker.
    """
    made = CollectorRegistry()
    ProcessCollector(registry=made)
    made.register(QueueCollector(broker_url(settings), key_prefix(settings)))
    return made


def run(settings: Settings, stop: threading.Event) -> None:
    """Serve until `stop` is set.

    Raises:
        InvalidConfiguration: The settings name no broker, or no port.
    """
    if settings.metrics.port is None:
        raise InvalidConfiguration(
            "The queue exporter needs a port.", hint="Set SHOPX_METRICS_PORT."
        )
    server, _ = start_http_server(
        settings.metrics.port, addr=settings.metrics.host, registry=registry(settings)
    )
    _log.info("metrics_served", host=settings.metrics.host, port=server.server_port)
    stop.wait()
    server.shutdown()


def main() -> int:
    """Read the environment and serve; returns the exit code."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = client_settings()
        logging.configure("queue-exporter", json=settings.log.json_lines, level=settings.log.level)
        run(settings, stop)
    except ShopxError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
