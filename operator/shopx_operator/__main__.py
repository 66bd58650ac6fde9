"""Run the operator: `python -m shopx_operator`, configured by the environment."""

import asyncio
import logging as standard_logging
import signal
import sys

import kopf
from aiohttp import web

from shopx_core import logging
from shopx_core.errors import ShopxError
from shopx_operator.autoscaling.autoscaler_loop import AutoscalerLoop
from shopx_operator.reconcile.reconciler import Reconciler
from shopx_operator.runtime import handlers
from shopx_operator.runtime.client import ApiClient
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers
from shopx_operator.runtime.health import application
from shopx_operator.runtime.informer import Informer, NamespacedName
from shopx_operator.runtime.leader import Candidate, LeaderElection
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.options import Options
from shopx_operator.runtime.resync import Resync
from shopx_operator.runtime.served_version import until_served
from shopx_operator.runtime.workqueue import WorkQueue

_log = logging.get(__name__)


async def run(options: Options) -> None:
    """Watch, reconcile, scale and serve until a signal.

    Raises:
        ShopxError: The API server does not serve what this operator reads.
    """
    metrics = Metrics()
    kubernetes = await ApiClient.connect(lambda verb: metrics.requests.labels(verb).inc())
    informer = Informer()
    queue: WorkQueue[NamespacedName] = WorkQueue()
    candidate = Candidate(options.identity, options.lease_seconds)
    election = LeaderElection(kubernetes, options.namespace, options.lease, candidate)
    resync = Resync(kubernetes, options.watch, informer, queue, options.resync_seconds)
    foreign_autoscalers = ForeignAutoscalers(kubernetes)
    autoscaling = AutoscalerLoop(
        *(kubernetes, informer, options, metrics, foreign_autoscalers),
        leads=lambda: election.leads,
        on_status_changed=queue.add,
    )
    reconcile = Reconciler(
        *(kubernetes, informer, options, metrics, foreign_autoscalers),
        leads=lambda: election.leads,
        scaling_decision=autoscaling.decision,
        tuning_write_result=autoscaling.redis,
        columns=autoscaling.columns,
        fold=autoscaling.fold,
        refused_address=autoscaling.refused_address,
    )
    metrics.watch(
        leads=lambda: election.leads,
        queued=lambda: len(queue),
        dashboards=lambda: len(informer.dashboards()),
    )

    def elected() -> None:
        for owner in informer.dashboards():
            queue.add(owner)

    stopping, watching = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    # Without access log: each probe and each scrape would write a line.
    health = application(metrics, queue, resync.watch_lag, watching.is_set)
    server = web.AppRunner(health, access_log=None)
    await server.setup()
    # The kubelet and Prometheus connect from outside the pod, to each of its addresses.
    await web.TCPSite(server, None, options.port).start()
    try:
        await until_served(kubernetes, stopping)
        await resync.begin()
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(election.run(elected)),
                tasks.create_task(resync.run()),
                tasks.create_task(autoscaling.run()),
                *(tasks.create_task(queue.work(reconcile)) for _ in range(options.workers)),
            ]
            await kopf.operator(
                registry=handlers.registry(informer, queue),
                settings=handlers.settings(),
                standalone=True,
                clusterwide=not options.watch,
                namespaces=options.watch,
                stop_flag=stopping,
                ready_flag=watching,
            )
            for task in running:
                task.cancel()
    finally:
        await election.resign()
        await server.cleanup()
        await kubernetes.close()


def main() -> int:
    """Run until a signal; returns the exit code."""
    try:
        options = Options.from_env()
    except ShopxError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    logging.configure("operator", json=True, level=options.log_level)
    # At INFO kopf writes a line for each event of each watch.
    standard_logging.getLogger("kopf").setLevel("WARNING")
    _log.info("operator_started", version=options.version, namespaces=options.watch or "all")
    try:
        asyncio.run(run(options))
    except ShopxError as error:
        # The status of the pod shows the last lines of a container that ended.
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
