"""One reconcile of one dashboard: observe, plan, apply, write the status."""

import datetime as dt
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import aiohttp

from shopx_core import logging
from shopx_core.caching.runtime_tuning import WriteResult
from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import parse_dashboard
from shopx_core.scaling import Decision
from shopx_operator.manifests import config
from shopx_operator.manifests.context import ClusterFacts, Context, Object
from shopx_operator.manifests.kinds import DASHBOARD
from shopx_operator.manifests.render import render
from shopx_operator.manifests.secrets import PARTS, complete, decoded
from shopx_operator.planning.database_servers import with_servers
from shopx_operator.planning.known_database import with_database
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.planning.plan import ReconcilePlan, make_plan
from shopx_operator.planning.preflight import preflight, refused_prometheus
from shopx_operator.planning.rotation import without_previous_password
from shopx_operator.reconcile.apply import ApplyResult, apply_plan
from shopx_operator.reconcile.event_poster import post_event
from shopx_operator.reconcile.observer import Observer
from shopx_operator.runtime.client import FORBIDDEN, ApiClient, ApiError
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers
from shopx_operator.runtime.informer import Informer, NamespacedName
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.options import Options
from shopx_operator.status.events import events
from shopx_operator.status.fold import FoldState
from shopx_operator.status.inputs import ConditionValue, StatusInput
from shopx_operator.status.status import Status, invalid, status

REQUEUE_SECONDS: Final = 5.0
"""The delay after a change, and while one waits: no watch reports refusals or time."""

_log = logging.get(__name__)


class ReconcileIncomplete(Exception):  # noqa: N818 -- a state, not an error
    """The API server refused something; the work queue retries with growing delays."""


class Reconciler:
    """Reconciles dashboards.

    Args:
        kubernetes: The API server.
        informer: The watched objects.
        options: The operator's own.
        metrics: Where reconciles and changes are counted.
        foreign_autoscalers: The HorizontalPodAutoscalers that users made.
        leads: Whether this replica may act.
        scaling_decision: The scaling decision that a dashboard's status shows.
        tuning_write_result: The result of the last write to a dashboard's Redis.
        columns: The condition of a dashboard's columnar replica.
        fold: What a dashboard's fold reports.
        refused_address: Why the Prometheus of a dashboard may not be asked.
        now: The present, aware.
    """

    def __init__(
        self,
        kubernetes: ApiClient,
        informer: Informer,
        options: Options,
        metrics: Metrics,
        foreign_autoscalers: ForeignAutoscalers,
        *,
        leads: Callable[[], bool],
        scaling_decision: Callable[[NamespacedName], Decision | None] = lambda _: None,
        tuning_write_result: Callable[[NamespacedName], WriteResult | None] = lambda _: None,
        columns: Callable[[NamespacedName], ConditionValue | None] = lambda _: None,
        fold: Callable[[NamespacedName], FoldState | None] = lambda _: None,
        refused_address: Callable[[NamespacedName], str] = lambda _: "",
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._kubernetes = kubernetes
        self._informer = informer
        self._options = options
        self._metrics = metrics
        self._leads = leads
        self._scaling_decision = scaling_decision
        self._tuning_write_result = tuning_write_result
        self._columns = columns
        self._fold = fold
        self._refused_address = refused_address
        self._now = now
        self._refusals: dict[NamespacedName, str] = {}
        """What was refused last, by dashboard."""
        self._observer = Observer(kubernetes, informer, foreign_autoscalers)

    async def __call__(self, owner: NamespacedName) -> float | None:
        """Reconcile a dashboard; returns the seconds until the next time, `None` = at an event.

        Raises:
            ReconcileIncomplete: The API server refused something.
            ApiError: A request failed before anything was changed.
        """
        body = self._informer.dashboard(owner)
        if body is None or body["metadata"].get("deletionTimestamp") or not self._leads():
            # The cluster deletes the children of a deleted dashboard.
            self._refusals.pop(owner, None)
            self._metrics.show_backup(*owner, None)
            self._metrics.show_replication(*owner, None)
            self._metrics.forget_conditions(*owner)
            return None
        began = time.perf_counter()
        result = "failed"
        try:
            plan = await self._reconcile(owner, body)
            result = "changed" if plan and plan.changes else "unchanged"
            self._refusals.pop(owner, None)
        except (ReconcileIncomplete, ApiError, OSError, TimeoutError, aiohttp.ClientError) as error:
            result = "refused"
            if self._refusals.get(owner) != str(error):
                # A retry with the same result writes no line.
                _log.warning("reconcile_refused", dashboard="/".join(owner), reason=str(error))
            self._refusals[owner] = str(error)
            raise
        except Exception:
            _log.exception("reconcile_failed", dashboard="/".join(owner))
            raise
        finally:
            self._metrics.seconds.labels(result).observe(time.perf_counter() - began)
        return REQUEUE_SECONDS if plan and (plan.changes or plan.waits) else None

    async def _reconcile(self, owner: NamespacedName, body: Object) -> ReconcilePlan | None:
        """The plan that was carried out; `None` = the spec cannot be read."""
        try:
            dashboard = parse_dashboard({**body, "status": None}, "/".join(owner))
        except InvalidConfiguration as error:
            generation = body["metadata"].get("generation", 0)
            made = invalid(error.message, generation, body.get("status", {}), self._now())
            await self._write_status(body, made)
            return None
        uid = body["metadata"]["uid"]
        observed = await self._observer.children(owner, uid)
        facts = await self._facts(body)
        context = with_servers(Context(dashboard, facts), observed)
        context = await self._context(context, observed)
        context = without_previous_password(context, observed)
        context = with_database(context, observed, body.get("status", {}))
        found = preflight(context, self._options.permitted_pod_fields)
        found += refused_prometheus(self._refused_address(owner))
        plan = make_plan(context, render(context), observed, found, self._now())
        applied = await apply_plan(self._kubernetes, self._informer, owner, uid, plan)
        self._count(owner, plan, applied)
        inputs = StatusInput(
            context=context,
            observed=await self._observer.children(owner, uid) if plan.changes else observed,
            plan=plan,
            problems=found,
            errors=applied.errors,
            now=self._now(),
            scaling_decision=self._scaling_decision(owner),
            tuning_write_result=self._tuning_write_result(owner),
            columns=self._columns(owner),
            fold=self._fold(owner),
        )
        made = status(inputs, body.get("status", {}))
        self._metrics.show_backup(*owner, made.get("backup"))
        self._metrics.show_replication(*owner, made.get("database"))
        await self._write_status(body, made)
        if applied.errors:
            raise ReconcileIncomplete("; ".join(error.message for error in applied.errors))
        return plan

    async def _facts(self, body: Object) -> ClusterFacts:
        kinds = await self._observer.kinds()
        return ClusterFacts(
            uid=body["metadata"]["uid"],
            release=self._options.release,
            secrets={},
            kinds=frozenset(f"{kind.name}.{kind.group}" for kind in kinds),
            platform=self._options.platform,
            cluster_domain=self._options.cluster_domain,
            ipv6=self._options.ipv6,
            operator_namespace=self._options.namespace,
        )

    async def _context(self, context: Context, observed: ObservedState) -> Context:
        """The context with the Secrets that rendering reads; missing own ones are generated."""
        known: dict[str, dict[str, str]] = {}
        own = {context.child(part) for part in PARTS}
        for name in sorted(config.referenced(context) | own):
            secret = observed.get("Secret", name) or await self._observer.secret(
                context.namespace, name
            )
            if secret is not None:
                known[name] = decoded(secret)
        route = context.spec.ingress
        if route is not None and route.tls is not None:
            known |= await self._certificate(context.namespace, route.tls.secret_name)
        read = replace(context, facts=replace(context.facts, secrets=known))
        values = complete(read, lambda: secrets.token_urlsafe(32))
        return replace(read, facts=replace(read.facts, secrets=values))

    async def _certificate(self, namespace: str, name: str) -> dict[str, dict[str, str]]:
        """The Secret of a route's certificate; none if it is absent, or may not be read."""
        try:
            secret = await self._observer.secret(namespace, name)
        except ApiError as error:
            if error.status != FORBIDDEN:
                raise
            return {name: {}}
        return {name: decoded(secret)} if secret is not None else {}

    def _count(self, owner: NamespacedName, plan: ReconcilePlan, applied: ApplyResult) -> None:
        done = [
            *(("apply", kind, name) for kind, name in applied.applied),
            *(("patch", patch["kind"], patch["metadata"]["name"]) for patch in plan.patches),
            *(("scale", scale.kind, scale.name) for scale in plan.scale),
            *(("withdraw", kind, name) for kind, name in plan.withdraw),
            *(("retry", kind, name) for kind, name in plan.retry),
            *(("replace", kind, name) for kind, name in plan.replace),
            *(("discard", one["kind"], one["metadata"]["name"]) for one in (plan.discard,) if one),
            *(("prune", kind, name) for kind, name in plan.prune if not applied.errors),
        ]
        for action, kind, name in done:
            self._metrics.child_changes.labels(action, kind).inc()
            _log.info(
                "child_changed", dashboard="/".join(owner), action=action, kind=kind, child=name
            )

    async def _write_status(self, body: Object, made: Status) -> None:
        """Write the status and its events, if the status has changed."""
        before: Status = body.get("status", {})
        metadata = body["metadata"]
        self._metrics.show_conditions(
            metadata["namespace"], metadata["name"], made.get("conditions", [])
        )
        if before == made:
            return
        desired = {
            "apiVersion": body["apiVersion"],
            "kind": body["kind"],
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "status": made,
        }
        try:
            self._informer.put_dashboard(
                await self._kubernetes.apply(DASHBOARD, desired, status=True)
            )
        except ApiError as error:
            raise ReconcileIncomplete(f"the status was refused: {error.message}") from error
        for event in events(before, made):
            await post_event(self._kubernetes, event, body, self._now(), self._options.identity)
