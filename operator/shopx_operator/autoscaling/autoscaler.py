"""The autoscaler of one dashboard: observe, decide, remember, apply, publish."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aiohttp

from shopx_core import logging
from shopx_core.caching.runtime_tuning import WriteResult
from shopx_core.clients.outbound import Outbound
from shopx_core.clients.tuning_publisher import TuningPublisher
from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import parse_dashboard
from shopx_core.resource.scaling import api_cores, scaling_from_spec
from shopx_core.resource.types import seconds
from shopx_core.resource.v1beta1 import AnalyticsDashboard
from shopx_core.scaling import Controller, Decision, ScalingSpec, TickResult, tuning_overrides
from shopx_core.scaling.measurement import ReplicaCounts, Scrape, Windows
from shopx_operator.autoscaling import memory_store
from shopx_operator.autoscaling.notifications import (
    ColumnsReport,
    PublishedDecision,
    RedisReport,
    columns_report,
    decision_counts,
    direction_event,
    published_decision,
    redis_report,
)
from shopx_operator.autoscaling.prometheus import Prometheus
from shopx_operator.autoscaling.scrape_targets import ScrapeTarget, targets
from shopx_operator.autoscaling.scraper import Scraper
from shopx_operator.autoscaling.tuning_target import TuningTargetFinder
from shopx_operator.manifests import api, maintenance, workers
from shopx_operator.manifests.context import ClusterFacts, Context, Object
from shopx_operator.manifests.kinds import DEPLOYMENT
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.planning.workload_status import Rollout, rollout
from shopx_operator.reconcile.event_poster import post_event
from shopx_operator.runtime.client import ApiClient
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers
from shopx_operator.runtime.informer import Informer, NamespacedName
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.options import Options
from shopx_operator.status.columns import columns_condition, columns_facts
from shopx_operator.status.fold import FoldObserver, FoldState

SCRAPE_SECONDS: Final = 5.0
SAVE_SECONDS: Final = 60.0
"""How often the memory is saved while no step is notable."""

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """What the autoscalers of all dashboards share."""

    kubernetes: ApiClient
    informer: Informer
    options: Options
    metrics: Metrics
    foreign_autoscalers: ForeignAutoscalers
    tuning: TuningPublisher
    session: aiohttp.ClientSession
    """For requests to a Prometheus."""
    outbound: Outbound
    """Which addresses of a manifest may be connected to."""
    scraper: Scraper
    leads: Callable[[], bool]
    """Whether this replica may act."""


@dataclass(frozen=True, slots=True)
class _Target:
    """A dashboard that serves, as the informer has it at the beginning of a tick."""

    body: Object
    context: Context
    observed: ObservedState

    @property
    def interval(self) -> float:
        """Seconds between two readings of the metrics: as often as they are scraped."""
        monitoring = self.context.spec.monitoring
        if monitoring.prometheus_url is None:
            return SCRAPE_SECONDS
        return max(SCRAPE_SECONDS, seconds(monitoring.service_monitor.interval))

    def rollout(self, component: str) -> Rollout:
        """How far a component's Deployment is."""
        return rollout(self.observed.get("Deployment", self.context.child(component)))

    @property
    def in_maintenance(self) -> bool:
        """Whether an upgrade stops the pods, or is about to."""
        page = self.context.child(maintenance.COMPONENT)
        return self.observed.get("Deployment", page) is not None

    @property
    def remembered(self) -> bool:
        """Whether the informer has the ConfigMap of the memory."""
        name = self.context.child(memory_store.PART)
        return self.observed.get("ConfigMap", name) is not None

    def counts(self) -> ReplicaCounts:
        """The numbers of pods, and what an API pod requests."""
        serving, working = self.rollout(api.COMPONENT), self.rollout(workers.COMPONENT)
        return ReplicaCounts(
            api_replicas=serving.desired,
            api_ready=serving.ready,
            worker_replicas=working.desired,
            worker_ready=working.ready,
            cores=api_cores(self.context.spec),
        )


@dataclass(slots=True)
class _Session:
    """The decisions since the memory was loaded."""

    controller: Controller
    stored: memory_store.StoredMemory
    remembered: bool
    """Whether the informer had the memory's ConfigMap at the last tick."""


class DashboardAutoscaler:
    """The autoscaler of one dashboard.

    What it keeps from tick to tick, and until when:

    - the session: until the dashboard is suspended, invalid, gone or in maintenance, and until the
      stored memory was removed or overwritten; then the next tick loads the memory again;
    - what the status shows (`published`, the reports): until the dashboard is suspended, invalid,
      gone or in maintenance; the reports also while no API pod serves.

    Args:
        owner: The dashboard's namespace and name.
        clients: What all autoscalers share.
    """

    def __init__(self, owner: NamespacedName, clients: Clients) -> None:
        self.owner = owner
        self.busy = False
        self.published: PublishedDecision | None = None
        self.redis_report: RedisReport | None = None
        self.columns_report: ColumnsReport | None = None
        self.fold_state: FoldState | None = None
        self._fold = FoldObserver()
        self.refused_address = ""
        """Why the Prometheus of the manifest is not asked; empty = it is, or there is none."""
        self._clients = clients
        self._manifest = _Manifest(owner)
        self._tuning_target = TuningTargetFinder(clients.kubernetes)
        self._session: _Session | None = None
        self._saved_at = 0.0
        self._next_at = 0.0

    def due(self, now: float) -> bool:
        """Whether a tick is due."""
        return now >= self._next_at

    async def tick(self, now: float) -> None:
        """Observe, decide, remember, apply, publish.

        Args:
            now: Seconds since 1970.
        """
        target = self._find_target()
        if target is None:
            return
        # A little early: otherwise the loop's own period would skip every other tick.
        self._next_at = now + target.interval - 1.0
        session = await self._load(target)
        await self._observe(session, target, now)
        spec = await self._spec(target)
        step = session.controller.step(spec, target.counts(), now, Windows.of(target.interval))
        if not await self._remember(session, target, step, now):
            return
        session.controller.commit(step)
        try:
            await self._apply(target, spec, step.decision, now)
        finally:
            # The decision stands, also when the API server refused a change.
            self._publish(step.decision, now)
        await self._post_event(target, step, now)

    def _find_target(self) -> _Target | None:
        """The dashboard, if it can be scaled now; otherwise resets what no longer holds."""
        body = self._clients.informer.dashboard(self.owner)
        dashboard = self._manifest.parsed(body)
        if body is None or dashboard is None or dashboard.spec.suspend:
            self._reset()
            return None
        facts = ClusterFacts(
            uid=body["metadata"]["uid"], release=self._clients.options.release, secrets={}
        )
        observed = self._clients.informer.observed(self.owner)
        target = _Target(body, Context(dashboard, facts), observed)
        if not target.rollout(api.COMPONENT).ready:
            self.redis_report = self.columns_report = self.fold_state = None
            return None
        if target.in_maintenance:
            self._reset()
            return None
        return target

    def _reset(self) -> None:
        """Discard everything: metrics measured before maintenance do not apply afterwards."""
        self._session, self.published, self.refused_address = None, None, ""
        self.redis_report = self.columns_report = self.fold_state = None
        self._fold = FoldObserver()

    async def _load(self, target: _Target) -> _Session:
        """The session; a new one when there is none or its memory was removed."""
        session = self._session
        if session is None or (session.remembered and not target.remembered):
            stored = await memory_store.load(self._clients.kubernetes, target.context)
            session = _Session(Controller(stored.memory), stored, target.remembered)
            self._session = session
        session.remembered = target.remembered
        return session

    async def _observe(self, session: _Session, target: _Target, now: float) -> None:
        """Read the metrics of all pods into the controller."""
        found = targets(target.observed.pods)
        scrapes = await self._scrapes(target.context, found, now)
        serving = [pod.name for pod in found if pod.serves]
        session.controller.add_scrapes(
            scrapes,
            serving,
            [pod.name for pod in found if not pod.serves],
            now,
            Windows.of(target.interval),
        )
        self.fold_state = self._fold.observe(scrapes, now, target.interval)
        condition = columns_condition(columns_facts(serving, scrapes, now))
        self.columns_report = columns_report(self.columns_report, condition, now)

    async def _scrapes(
        self, context: Context, found: list[ScrapeTarget], now: float
    ) -> dict[str, Scrape]:
        url = context.spec.monitoring.prometheus_url
        self.refused_address = ""
        if url is None:
            return await self._clients.scraper.scrapes(found)
        prometheus = Prometheus(self._clients.session, self._clients.outbound, url)
        scrapes = await prometheus.scrapes(context.namespace, context.name, found, now)
        self.refused_address = prometheus.refusal
        return scrapes

    async def _spec(self, target: _Target) -> ScalingSpec:
        """What the manifest allows, without what a foreign autoscaler sets."""
        context = target.context
        foreign = await self._clients.foreign_autoscalers.in_namespace(
            context.namespace, context.facts.uid
        )
        return scaling_from_spec(
            context.spec,
            interval=target.interval,
            api_owned=context.child(api.COMPONENT) in foreign,
            workers_owned=context.child(workers.COMPONENT) in foreign,
        )

    async def _remember(
        self, session: _Session, target: _Target, step: TickResult, now: float
    ) -> bool:
        """Save what the next decision needs, before anything is changed.

        Returns:
            Whether the step may be applied.
        """
        if not self._clients.leads():
            return False
        if not step.notable and now - self._saved_at < SAVE_SECONDS:
            return True
        try:
            session.stored = await memory_store.save(
                self._clients.kubernetes, target.context, step.persisted, session.stored
            )
        except memory_store.MemoryConflict:
            _log.warning("memory_conflict", dashboard="/".join(self.owner))
            self._session = None
            return False
        self._saved_at = now
        return self._clients.leads()

    async def _apply(
        self, target: _Target, spec: ScalingSpec, decision: Decision, now: float
    ) -> None:
        """Write the tuning to Redis, and the numbers of pods to the API server."""
        tuning = tuning_overrides(spec.configured, decision.tuning)
        written = await self._write_tuning(target, tuning, now)
        self.redis_report = redis_report(self.redis_report, written, now)
        if spec.owns_api:
            await self._scale(target, api.COMPONENT, decision.api)
        if spec.owns_workers:
            await self._scale(target, workers.COMPONENT, decision.workers)
        if decision.changes:
            _log.info(
                "scaled",
                dashboard="/".join(self.owner),
                rule=decision.rule.value,
                changes={one.what: one.after for one in decision.changes},
                reason=decision.reason,
            )

    async def _write_tuning(
        self, target: _Target, tuning: dict[str, str], now: float
    ) -> WriteResult | None:
        """Write to the dashboard's Redis; `None` = its URL is not known, or another leads."""
        redis = await self._tuning_target.find(target.context, target.observed, now)
        if redis is None or not self._clients.leads():
            return None
        return await self._clients.tuning.publish(
            redis.url,
            redis.dsn,
            tuning,
            owner=target.context.namespace,
            prefix=redis.prefix,
        )

    async def _scale(self, target: _Target, component: str, replicas: int) -> None:
        if replicas == target.rollout(component).desired or not self._clients.leads():
            return
        deployment = (target.context.namespace, target.context.child(component))
        await self._clients.kubernetes.scale(DEPLOYMENT, *deployment, replicas)
        self._clients.informer.scaled(DEPLOYMENT.name, deployment, replicas)

    def _publish(self, decision: Decision, now: float) -> None:
        """Show the decision in the status and the metrics."""
        self.published = published_decision(self.published, decision, now)
        for action, rule in decision_counts(decision):
            self._clients.metrics.decisions.labels(action, rule.value).inc()
        self._clients.metrics.show(*self.owner, decision)

    async def _post_event(self, target: _Target, step: TickResult, now: float) -> None:
        event = direction_event(step)
        if event is not None:
            await post_event(
                self._clients.kubernetes,
                event,
                target.body,
                dt.datetime.fromtimestamp(now, dt.UTC),
                self._clients.options.identity,
            )


class _Manifest:
    """Parses a dashboard once for each of its generations."""

    def __init__(self, owner: NamespacedName) -> None:
        self._owner = owner
        self._generation: tuple[object, object] | None = None
        self._parsed: AnalyticsDashboard | None = None

    def parsed(self, body: Object | None) -> AnalyticsDashboard | None:
        """The dashboard; `None` when it is gone, being deleted, or invalid."""
        if body is None or body["metadata"].get("deletionTimestamp"):
            return None
        metadata = body["metadata"]
        generation = (metadata.get("uid"), metadata.get("generation"))
        if generation != self._generation:
            self._generation = generation
            try:
                self._parsed = parse_dashboard({**body, "status": None}, "/".join(self._owner))
            except InvalidConfiguration:
                # The reconciler reports it.
                self._parsed = None
        return self._parsed
