"""`python -m shopx_workers worker` runs jobs, `python -m shopx_workers beat` enqueues them on time.

SIGTERM ends either after its current work; a second one ends the worker at once.
"""

import logging as standard_logging
import signal
import sys
import warnings
from typing import Any

from celery import signals
from celery.exceptions import SecurityWarning

from shopx_core import logging, tracing
from shopx_core.errors import ShopxError
from shopx_core.settings import Settings
from shopx_workers import beat as schedule_beat
from shopx_workers import metrics
from shopx_workers.app import make_app
from shopx_workers.import_queue import ImportQueue
from shopx_workers.slot_watch import SlotWatch


def log_as_configured(settings: Settings, component: str) -> None:
    """Send the log of this process, and of those that it forks, to stderr."""

    def configure(**_: Any) -> None:
        logging.configure(component, json=settings.log.json_lines, level=settings.log.level)
        # A job logs its own begin and end, with facts.
        for name in ("celery.worker.strategy", "celery.app.trace"):
            standard_logging.getLogger(name).setLevel("WARNING")

    configure()
    # Without a receiver of this signal, Celery configures logging itself.
    signals.setup_logging.connect(configure, weak=False)
    standard_logging.captureWarnings(capture=True)
    # Root is dangerous where pickled messages are accepted; here only JSON is.
    warnings.filterwarnings("ignore", category=SecurityWarning)


def worker(settings: Settings) -> int:
    """Run jobs until a signal; returns Celery's exit code."""
    log_as_configured(settings, "worker")
    app = make_app(settings)
    imports, slots = ImportQueue(app, settings), SlotWatch(settings)

    # After the fork of the pool: its processes have no use for the server's thread and socket.
    def serve(**_: Any) -> None:
        metrics.serve(settings)
        imports.start()
        slots.start()

    def leave(**_: Any) -> None:
        imports.stop()
        slots.stop()

    signals.worker_ready.connect(serve)
    signals.worker_shutting_down.connect(leave)

    # Of the processes of the pool, which run the jobs; a thread would not survive the fork.
    def trace(**_: Any) -> None:
        traces = settings.traces
        tracing.configure("worker", endpoint=traces.endpoint, percent=traces.percent)

    def send_traces(**_: Any) -> None:
        tracing.stop()

    signals.worker_process_init.connect(trace)
    signals.worker_process_shutdown.connect(send_traces)
    running = app.Worker(
        loglevel=settings.log.level,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    running.start()
    return int(running.exitcode or 0)


def beat(settings: Settings) -> int:
    """Enqueue jobs on time until a signal."""
    log_as_configured(settings, "beat")
    received: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signal_number, _: received.append(signal_number))
    schedule_beat.run(make_app(settings), settings, lambda: bool(received))
    return 0


ROLES = {"worker": worker, "beat": beat}


def main(arguments: list[str]) -> int:
    """Run the role that the only argument names."""
    if len(arguments) != 1 or arguments[0] not in ROLES:
        sys.stderr.write("usage: python -m shopx_workers worker|beat\n")
        return 2
    try:
        return ROLES[arguments[0]](Settings.from_env())
    except ShopxError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
