"""Scaling of all dashboards: each looked at every few seconds, beside the reconciler."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import aiohttp

from shopx_core import logging
from shopx_core.caching.runtime_tuning import WriteResult
from shopx_core.clients.tuning_publisher import TuningPublisher
from shopx_core.scaling import Decision
from shopx_operator.autoscaling.autoscaler import Clients, DashboardAutoscaler
from shopx_operator.autoscaling.scraper import Scraper
from shopx_operator.runtime.client import Kubernetes, Refused
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers
from shopx_operator.runtime.informer import Informer, Owner
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.options import Options

TICK_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 20.0
"""What one tick of one dashboard may take; every request in it has a timeout of its own."""
AT_ONCE: Final = 32

_log = logging.get(__name__)


class AutoscalerLoop:
    """Runs the scaling of every dashboard while this replica leads.

    Args:
        kubernetes: The API server.
        cache: What the watches told.
        options: The operator's own.
        metrics: Where decisions are counted.
        autoscalers: Who else sets numbers of pods.
        leads: Whether this replica may act.
        told: Called with a dashboard whose status has something new to show.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        cache: Informer,
        options: Options,
        metrics: Metrics,
        autoscalers: ForeignAutoscalers,
        leads: Callable[[], bool],
        told: Callable[[Owner], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._kubernetes = kubernetes
        self._cache = cache
        self._options = options
        self._metrics = metrics
        self._autoscalers = autoscalers
        self._leads = leads
        self._told = told
        self._clock = clock
        self._board = TuningPublisher()
        self._ones: dict[Owner, DashboardAutoscaler] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    def decision(self, owner: Owner) -> Decision | None:
        """The decision that a dashboard's status shows; `None` = none was made yet."""
        one = self._ones.get(owner)
        return one.shown.decision if one and one.shown else None

    def redis(self, owner: Owner) -> WriteResult | None:
        """The last result of publishing the tuning to a dashboard's Redis; `None` = not tried."""
        one = self._ones.get(owner)
        return one.heard.tried if one and one.heard else None

    async def run(self) -> None:
        """Go on for ever: begin each dashboard's tick on time, whatever the others' take."""
        timeout = aiohttp.ClientTimeout(total=LONGEST_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as tasks:
            means = Clients(
                kubernetes=self._kubernetes,
                cache=self._cache,
                options=self._options,
                metrics=self._metrics,
                autoscalers=self._autoscalers,
                board=self._board,
                session=session,
                scraper=Scraper(session),
                leads=self._leads,
            )
            try:
                while True:
                    self._begin(means, tasks)
                    await asyncio.sleep(TICK_SECONDS)
            finally:
                await self._board.close()

    def _begin(self, means: Clients, tasks: asyncio.TaskGroup) -> None:
        known = set(self._cache.dashboards()) if self._leads() else set()
        for owner in self._ones.keys() - known:
            # Whoever leads now goes on from what is kept.
            del self._ones[owner]
            self._metrics.forget(*owner)
        for owner in known:
            one = self._ones.get(owner)
            if one is None:
                one = self._ones[owner] = DashboardAutoscaler(owner, means)
            if not one.busy and one.due(self._clock()):
                one.busy = True
                tasks.create_task(self._tick(one))

    async def _tick(self, one: DashboardAutoscaler) -> None:
        """One tick; what fails is tried again at the next, and disturbs no other dashboard."""
        before = one.shown, one.heard
        try:
            async with self._turns, asyncio.timeout(LONGEST_SECONDS):
                await one.tick(self._clock())
        except (Refused, OSError, TimeoutError, aiohttp.ClientError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("scaling_refused", dashboard="/".join(one.owner), reason=reason)
        except Exception:  # noqa: BLE001 -- one dashboard's defect must not stop the others
            _log.exception("scaling_failed", dashboard="/".join(one.owner))
        finally:
            one.busy = False
        if (one.shown, one.heard) != before:
            self._told(one.owner)
