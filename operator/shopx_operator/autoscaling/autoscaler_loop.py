"""Runs the autoscalers of all dashboards, beside the reconciler."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import aiohttp

from shopx_core import logging
from shopx_core.caching.runtime_tuning import WriteResult
from shopx_core.clients.outbound import Outbound
from shopx_core.clients.tuning_publisher import TuningPublisher
from shopx_core.scaling import Decision
from shopx_operator.autoscaling.autoscaler import Clients, DashboardAutoscaler
from shopx_operator.autoscaling.scraper import Scraper
from shopx_operator.runtime.client import ApiClient, ApiError
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers
from shopx_operator.runtime.informer import Informer, NamespacedName
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.options import Options
from shopx_operator.status.fold import FoldState
from shopx_operator.status.inputs import ConditionValue

TICK_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 20.0
"""The time limit of one dashboard's tick; every request in it has a timeout of its own."""
CONCURRENT_TICKS: Final = 32

_log = logging.get(__name__)


class AutoscalerLoop:
    """Ticks every dashboard's autoscaler while this replica leads.

    Args:
        kubernetes: The API server.
        informer: The watched objects.
        options: The operator's own.
        metrics: Where decisions are counted.
        foreign_autoscalers: The HorizontalPodAutoscalers that users made.
        leads: Whether this replica may act.
        on_status_changed: Called with a dashboard when its status must be written.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        kubernetes: ApiClient,
        informer: Informer,
        options: Options,
        metrics: Metrics,
        foreign_autoscalers: ForeignAutoscalers,
        leads: Callable[[], bool],
        on_status_changed: Callable[[NamespacedName], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._kubernetes = kubernetes
        self._informer = informer
        self._options = options
        self._metrics = metrics
        self._foreign_autoscalers = foreign_autoscalers
        self._leads = leads
        self._on_status_changed = on_status_changed
        self._clock = clock
        self._outbound = Outbound(options.outbound_policy)
        self._tuning = TuningPublisher(outbound=self._outbound)
        self._autoscalers: dict[NamespacedName, DashboardAutoscaler] = {}
        self._slots = asyncio.Semaphore(CONCURRENT_TICKS)

    def decision(self, owner: NamespacedName) -> Decision | None:
        """The decision that a dashboard's status shows; `None` = there is none yet."""
        autoscaler = self._autoscalers.get(owner)
        published = autoscaler.published if autoscaler else None
        return published.decision if published else None

    def redis(self, owner: NamespacedName) -> WriteResult | None:
        """The result of the last write to a dashboard's Redis; `None` = none was tried."""
        autoscaler = self._autoscalers.get(owner)
        report = autoscaler.redis_report if autoscaler else None
        return report.result if report else None

    def columns(self, owner: NamespacedName) -> ConditionValue | None:
        """The condition of a dashboard's columnar replica; `None` = no metrics were read."""
        autoscaler = self._autoscalers.get(owner)
        report = autoscaler.columns_report if autoscaler else None
        return report.condition if report else None

    def fold(self, owner: NamespacedName) -> FoldState | None:
        """What a dashboard's fold reports; `None` = it has not reported."""
        autoscaler = self._autoscalers.get(owner)
        return autoscaler.fold_state if autoscaler else None

    def refused_address(self, owner: NamespacedName) -> str:
        """Why the Prometheus of a dashboard may not be asked; empty = it may."""
        autoscaler = self._autoscalers.get(owner)
        return autoscaler.refused_address if autoscaler else ""

    async def run(self) -> None:
        """Run until cancelled; no dashboard's tick waits for another's."""
        timeout = aiohttp.ClientTimeout(total=LONGEST_SECONDS)
        async with (
            # What a body would unpack to is not known before it is unpacked.
            aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session,
            asyncio.TaskGroup() as tasks,
        ):
            clients = Clients(
                kubernetes=self._kubernetes,
                informer=self._informer,
                options=self._options,
                metrics=self._metrics,
                foreign_autoscalers=self._foreign_autoscalers,
                tuning=self._tuning,
                session=session,
                outbound=self._outbound,
                scraper=Scraper(session),
                leads=self._leads,
            )
            try:
                while True:
                    self._start_due(clients, tasks)
                    await asyncio.sleep(TICK_SECONDS)
            finally:
                await self._tuning.close()

    def _start_due(self, clients: Clients, tasks: asyncio.TaskGroup) -> None:
        dashboards = set(self._informer.dashboards()) if self._leads() else set()
        for owner in self._autoscalers.keys() - dashboards:
            # The replica that leads now continues from the stored memory.
            del self._autoscalers[owner]
            self._metrics.forget(*owner)
        for owner in dashboards:
            autoscaler = self._autoscalers.get(owner)
            if autoscaler is None:
                autoscaler = self._autoscalers[owner] = DashboardAutoscaler(owner, clients)
            if not autoscaler.busy and autoscaler.due(self._clock()):
                autoscaler.busy = True
                tasks.create_task(self._tick(autoscaler))

    async def _tick(self, autoscaler: DashboardAutoscaler) -> None:
        """One tick; a failure is logged and tried again at the next tick."""
        dashboard = "/".join(autoscaler.owner)
        before = _shown(autoscaler)
        try:
            async with self._slots, asyncio.timeout(LONGEST_SECONDS):
                await autoscaler.tick(self._clock())
        except (ApiError, OSError, TimeoutError, aiohttp.ClientError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("scaling_refused", dashboard=dashboard, reason=reason)
        except Exception:  # noqa: BLE001 -- one dashboard's defect must not stop the others
            _log.exception("scaling_failed", dashboard=dashboard)
        finally:
            autoscaler.busy = False
        if _shown(autoscaler) != before:
            self._on_status_changed(autoscaler.owner)


def _shown(autoscaler: DashboardAutoscaler) -> tuple[object, ...]:
    """What the status shows of an autoscaler."""
    return (
        autoscaler.published,
        autoscaler.redis_report,
        autoscaler.columns_report,
        autoscaler.fold_state,
        autoscaler.refused_address,
    )
