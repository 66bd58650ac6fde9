"""One dashboard's tick: look, decide, remember, obey."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import aiohttp

from shopx_core import logging
from shopx_core.caching.runtime_tuning import WriteResult
from shopx_core.clients.tuning_publisher import TuningPublisher
from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import parse_dashboard
from shopx_core.resource.scaling import api_cores, scaling_from_spec
from shopx_core.resource.types import seconds
from shopx_core.resource.v1alpha1 import AnalyticsDashboard
from shopx_core.scaling import Controller, ScalingSpec, Step, tuning_overrides
from shopx_core.scaling.measurement import ReplicaCounts, Scrape, Windows
from shopx_operator.autoscaling import memory_store
from shopx_operator.autoscaling.notifications import (
    PublishedDecision,
    RedisReport,
    decision_counts,
    direction_event,
    published_decision,
    redis_report,
)
from shopx_operator.autoscaling.prometheus import Prometheus
from shopx_operator.autoscaling.scrape_targets import targets
from shopx_operator.autoscaling.scraper import Scraper
from shopx_operator.manifests import api, config, maintenance, workers
from shopx_operator.manifests.context import Context, Facts, Object
from shopx_operator.manifests.endpoints import from_elsewhere
from shopx_operator.manifests.kinds import BY_NAME, EVENT, SECRET
from shopx_operator.planning.observed_state import ObservedState, rollout
from shopx_operator.reconcile.reconciler import decoded
from shopx_operator.runtime.client import Kubernetes, Refused
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers
from shopx_operator.runtime.informer import Informer, Owner
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.options import Options
from shopx_operator.status.events import event_object

SCRAPE_SECONDS: Final = 5.0
KEEP_SECONDS: Final = 60.0
"""How often the memory is kept while nothing notable happens."""
ASK_SECONDS: Final = 60.0
"""How long Secrets of others are taken as they were."""

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """What the ticks of all dashboards work with."""

    kubernetes: Kubernetes
    cache: Informer
    """What the watches told."""
    options: Options
    metrics: Metrics
    """Where decisions are counted."""
    autoscalers: ForeignAutoscalers
    """Who else sets numbers of pods."""
    board: TuningPublisher
    session: aiohttp.ClientSession
    """Connections to a Prometheus."""
    scraper: Scraper
    leads: Callable[[], bool]
    """Whether this replica may act."""


class DashboardAutoscaler:
    """The scaling of one dashboard.

    Args:
        owner: The dashboard's namespace and name.
        means: What it works with.
    """

    def __init__(self, owner: Owner, means: Clients) -> None:
        self.owner = owner
        self.busy = False
        self.shown: PublishedDecision | None = None
        self.heard: RedisReport | None = None
        self._means = means
        self._course: Controller | None = None
        self._kept: memory_store.StoredMemory | None = None
        self._memory_seen = False
        self._saved_at = 0.0
        self._next_at = 0.0
        self._parsed: tuple[object, AnalyticsDashboard | None] = (None, None)
        self._asked: dict[str, tuple[float, Any]] = {}

    def due(self, now: float) -> bool:
        """Whether a tick is due."""
        return now >= self._next_at

    async def tick(self, now: float) -> None:
        """Look, decide, remember, obey.

        Args:
            now: Seconds since 1970.
        """
        dashboard = self._dashboard()
        if dashboard is None or dashboard.spec.suspend:
            # What it did before it was stopped says nothing about what comes.
            self._course, self.shown, self.heard = None, None, None
            return
        facts = Facts(uid=self._uid(), release=self._means.options.release, secrets={})
        context = Context(dashboard, facts)
        observed = self._means.cache.observed(self.owner)
        if not rollout(observed.get("Deployment", context.child(api.COMPONENT))).ready:
            # What its Redis said is of no use to anybody, and gets old.
            self.heard = None
            return
        if observed.get("Deployment", context.child(maintenance.COMPONENT)) is not None:
            # Pods that are stopped for a migration stay stopped, and say nothing about load.
            self._course, self.shown, self.heard = None, None, None
            return
        interval = _interval(dashboard)
        # A little early, or the loop's own pace would skip every other one.
        self._next_at = now + interval - 1.0
        removed = self._memory_removed(context, observed)
        if self._course is None or removed:
            self._kept = await memory_store.load(self._means.kubernetes, context)
            self._course = Controller(self._kept.memory)
        pace = Windows.of(interval)
        pages = await self._pages(context, observed, now)
        asked = targets(observed.pods)
        self._course.add_scrapes(
            pages,
            [target.name for target in asked if target.serves],
            [target.name for target in asked if not target.serves],
            now,
            pace,
        )
        spec = await self._spec(context, interval)
        step = self._course.step(spec, _counts(context, observed), now, pace)
        if await self._remember(context, step, now):
            self._course.commit(step)
            await self._obey(context, observed, spec, step, now)

    def _memory_removed(self, context: Context, observed: ObservedState) -> bool:
        """Whether somebody removed what is remembered, so that scaling begins anew."""
        there = observed.get("ConfigMap", context.child(memory_store.PART)) is not None
        removed = self._memory_seen and not there
        self._memory_seen = there
        return removed

    def _dashboard(self) -> AnalyticsDashboard | None:
        """The dashboard, read once a version; `None` when it is gone or not valid."""
        body = self._means.cache.dashboard(self.owner)
        if body is None or body["metadata"].get("deletionTimestamp"):
            return None
        metadata = body["metadata"]
        version = (metadata.get("uid"), metadata.get("generation"))
        if self._parsed[0] != version:
            try:
                parsed = parse_dashboard({**body, "status": None}, "/".join(self.owner))
            except InvalidConfiguration:
                parsed = None  # the reconciler tells
            self._parsed = (version, parsed)
        return self._parsed[1]

    async def _pages(
        self, context: Context, observed: ObservedState, now: float
    ) -> dict[str, Scrape]:
        asked = targets(observed.pods)
        url = context.spec.monitoring.prometheus_url
        if url is None:
            return await self._means.scraper.pages(asked)
        prometheus = Prometheus(self._means.session, url)
        return await prometheus.pages(context.namespace, context.name, asked, now)

    async def _spec(self, context: Context, interval: float) -> ScalingSpec:
        owners = await self._means.autoscalers.of_others(context.namespace, context.facts.uid)
        return scaling_from_spec(
            context.spec,
            interval=interval,
            api_owned=context.child(api.COMPONENT) in owners,
            workers_owned=context.child(workers.COMPONENT) in owners,
        )

    async def _recent(self, what: str, now: float, ask: Callable[[], Awaitable[Any]]) -> Any:
        """An answer that is asked for again after a while."""
        known = self._asked.get(what)
        if known is None or now - known[0] > ASK_SECONDS:
            known = self._asked[what] = (now, await ask())
        return known[1]

    async def _remember(self, context: Context, step: Step, now: float) -> bool:
        """Keep what must not be lost before anything is done; returns whether it may be done."""
        assert self._kept is not None, "read before"  # noqa: S101 -- a defect, not input
        if not self._means.leads():
            return False
        if not step.notable and now - self._saved_at < KEEP_SECONDS:
            return True
        try:
            self._kept = await memory_store.save(
                self._means.kubernetes, context, step.memory, self._kept
            )
        except memory_store.Overtaken:
            _log.warning("memory_overtaken", dashboard="/".join(self.owner))
            self._course = None
            return False
        self._saved_at = now
        return self._means.leads()

    async def _obey(
        self, context: Context, observed: ObservedState, spec: ScalingSpec, step: Step, now: float
    ) -> None:
        decision = step.decision
        self.shown = published_decision(self.shown, decision, now)
        for action, rule in decision_counts(decision):
            self._means.metrics.decisions.labels(action, rule.value).inc()
        self._means.metrics.show(*self.owner, decision)
        tuning = tuning_overrides(spec.configured, decision.tuning)
        self.heard = redis_report(self.heard, await self._turn(context, tuning, observed, now), now)
        for part, wanted, owned in (
            (api.COMPONENT, decision.api, spec.owns_api),
            (workers.COMPONENT, decision.workers, spec.owns_workers),
        ):
            current = rollout(observed.get("Deployment", context.child(part))).desired
            if owned and wanted != current and self._means.leads():
                await self._scale(context, part, wanted)
        if decision.changes:
            _log.info(
                "scaled",
                dashboard="/".join(self.owner),
                rule=decision.rule.value,
                changes={one.what: one.after for one in decision.changes},
                reason=decision.reason,
            )
        event = direction_event(step)
        if event is not None:
            await self._post(
                event_object(event, self._body(), _text(now), self._means.options.identity)
            )

    async def _scale(self, context: Context, part: str, replicas: int) -> None:
        name = context.child(part)
        await self._means.kubernetes.scale(BY_NAME["Deployment"], context.namespace, name, replicas)
        self._means.cache.scaled("Deployment", (context.namespace, name), replicas)

    async def _turn(
        self, context: Context, tuning: dict[str, str], observed: ObservedState, now: float
    ) -> WriteResult | None:
        """Publish the tuning to Redis; `None` if its URL is unknown or this replica may not act."""
        known: dict[str, dict[str, str]] = {}
        for reference in config.read_by(context, reads=True):
            place = (context.namespace, reference.name)
            secret = observed.get("Secret", reference.name) or await self._recent(
                f"secret {reference.name}", now, partial(self._means.kubernetes.get, SECRET, *place)
            )
            known[reference.name] = decoded(secret) if secret else {}

        def value(reference: Any) -> str | None:
            return known.get(reference.name, {}).get(reference.key) if reference else None

        url = value(config.redis(context))
        dsn = value(config.database_readonly(context)) or value(config.database(context))
        if url and dsn and self._means.leads():
            there = from_elsewhere(url, context.namespace)
            return await self._means.board.publish(there, dsn, tuning)
        return None

    async def _post(self, event: Object) -> None:
        try:
            await self._means.kubernetes.create(EVENT, event)
        except Refused as refused:
            # A full quota of events is nobody's outage.
            _log.warning("event_refused", reason=refused.message)

    def _uid(self) -> str:
        return str(self._body()["metadata"]["uid"])

    def _body(self) -> Object:
        body = self._means.cache.dashboard(self.owner)
        assert body is not None, "looked at before"  # noqa: S101 -- a defect, not input
        return body


def _interval(dashboard: AnalyticsDashboard) -> float:
    """How often figures come: as often as they are scraped."""
    monitoring = dashboard.spec.monitoring
    if monitoring.prometheus_url is None:
        return SCRAPE_SECONDS
    return max(SCRAPE_SECONDS, seconds(monitoring.service_monitor.interval))


def _counts(context: Context, observed: ObservedState) -> ReplicaCounts:
    serving = rollout(observed.get("Deployment", context.child(api.COMPONENT)))
    working = rollout(observed.get("Deployment", context.child(workers.COMPONENT)))
    return ReplicaCounts(
        api_replicas=serving.desired,
        api_ready=serving.ready,
        worker_replicas=working.desired,
        worker_ready=working.ready,
        cores=api_cores(context.spec),
    )


def _text(now: float) -> str:
    return dt.datetime.fromtimestamp(now, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
