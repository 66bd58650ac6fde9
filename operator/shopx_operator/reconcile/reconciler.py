"""One look at one dashboard: observe, decide, apply, tell. The same whatever the reason."""

import base64
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
from shopx_operator.manifests.context import Context, Facts, Object
from shopx_operator.manifests.kinds import DASHBOARD, EVENT
from shopx_operator.manifests.render import render
from shopx_operator.manifests.secrets import complete
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.planning.plan import ReconcilePlan, make_plan
from shopx_operator.planning.preflight import preflight
from shopx_operator.reconcile.apply import ApplyResult, apply_plan
from shopx_operator.reconcile.observer import Observer
from shopx_operator.runtime.client import Kubernetes, Refused
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers
from shopx_operator.runtime.informer import Informer, Owner
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.options import Options
from shopx_operator.status.conditions import StatusInput
from shopx_operator.status.events import event_object, events
from shopx_operator.status.status import Status, invalid, status

AGAIN_SECONDS: Final = 5.0
"""When to look again after something was changed or refused: no watch tells of a refusal."""

_log = logging.get(__name__)


class Unsettled(Exception):  # noqa: N818 -- reads as the state it tells
    """Something was refused; everything is tried again, later and later."""


class Reconciler:
    """Does whole looks at dashboards.

    Args:
        kubernetes: The API server.
        cache: What the watches told.
        options: The operator's own.
        metrics: Where looks and changes are counted.
        autoscalers: Who else sets numbers of pods.
        leads: Whether this replica may act.
        scaled: The scaling decision that a dashboard's status shows.
        redis: How a dashboard's Redis takes what the operator writes to it.
        now: The present, aware.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        cache: Informer,
        options: Options,
        metrics: Metrics,
        autoscalers: ForeignAutoscalers,
        *,
        leads: Callable[[], bool],
        scaled: Callable[[Owner], Decision | None] = lambda _: None,
        redis: Callable[[Owner], WriteResult | None] = lambda _: None,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._kubernetes = kubernetes
        self._cache = cache
        self._options = options
        self._metrics = metrics
        self._leads = leads
        self._scaled = scaled
        self._redis = redis
        self._now = now
        self._observer = Observer(kubernetes, cache, autoscalers)

    async def __call__(self, owner: Owner) -> float | None:
        """Look at a dashboard; returns seconds after which to look again.

        Raises:
            Unsettled: The API server refused something.
            Refused: It answered with an error before anything was changed.
        """
        body = self._cache.dashboard(owner)
        if body is None or body["metadata"].get("deletionTimestamp") or not self._leads():
            # The cluster removes the children of a removed dashboard.
            return None
        began = time.perf_counter()
        result = "failed"
        try:
            changed = await self._look(owner, body)
            result = "changed" if changed else "unchanged"
        except (Unsettled, Refused, OSError, TimeoutError, aiohttp.ClientError) as error:
            result = "refused"
            _log.warning("look_refused", dashboard="/".join(owner), reason=str(error))
            raise
        except Exception:
            _log.exception("look_failed", dashboard="/".join(owner))
            raise
        finally:
            self._metrics.seconds.labels(result).observe(time.perf_counter() - began)
        return AGAIN_SECONDS if changed else None

    async def _look(self, owner: Owner, body: Object) -> bool:
        try:
            dashboard = parse_dashboard({**body, "status": None}, "/".join(owner))
        except InvalidConfiguration as error:
            generation = body["metadata"].get("generation", 0)
            made = invalid(error.message, generation, body.get("status", {}), self._now())
            await self._tell(body, made)
            return False
        uid = body["metadata"]["uid"]
        observed = await self._observer.children(owner, uid)
        context = await self._context(Context(dashboard, await self._facts(body)), observed)
        found = preflight(context)
        plan = make_plan(context, render(context), observed, found, self._now())
        outcome = await apply_plan(self._kubernetes, self._cache, owner, uid, plan)
        self._count(owner, plan, outcome)
        seen = StatusInput(
            context=context,
            observed=await self._observer.children(owner, uid) if plan.changes else observed,
            plan=plan,
            problems=found,
            errors=outcome.errors,
            now=self._now(),
            scaled=self._scaled(owner),
            redis=self._redis(owner),
        )
        await self._tell(body, status(seen, body.get("status", {})))
        if outcome.errors:
            raise Unsettled("; ".join(error.message for error in outcome.errors))
        return plan.changes

    async def _facts(self, body: Object) -> Facts:
        kinds = await self._observer.kinds()
        return Facts(
            uid=body["metadata"]["uid"],
            release=self._options.release,
            secrets={},
            kinds=frozenset(f"{kind.name}.{kind.group}" for kind in kinds),
            operator_namespace=self._options.namespace,
        )

    async def _context(self, context: Context, observed: ObservedState) -> Context:
        """With the Secrets that rendering reads, those of its own drawn where they are missing."""
        known: dict[str, dict[str, str]] = {}
        own = {context.child(part) for part in ("database", "redis", "token")}
        for name in sorted(config.referenced(context) | own):
            secret = observed.get("Secret", name) or await self._observer.secret(
                context.namespace, name
            )
            if secret is not None:
                known[name] = decoded(secret)
        read = replace(context, facts=replace(context.facts, secrets=known))
        values = complete(read, lambda: secrets.token_urlsafe(32))
        return replace(read, facts=replace(read.facts, secrets=values))

    def _count(self, owner: Owner, plan: ReconcilePlan, outcome: ApplyResult) -> None:
        done = [
            *(("apply", kind, name) for kind, name in outcome.applied),
            *(("lay", piece["kind"], piece["metadata"]["name"]) for piece in plan.lay),
            *(("scale", scale.kind, scale.name) for scale in plan.scale),
            *(("retry", kind, name) for kind, name in plan.retry),
            *(("prune", kind, name) for kind, name in plan.prune if not outcome.errors),
        ]
        for action, kind, name in done:
            self._metrics.decisions.labels(action, kind).inc()
            _log.info("changed", dashboard="/".join(owner), action=action, kind=kind, child=name)

    async def _tell(self, body: Object, made: Status) -> None:
        """Write the status and its events, if they say anything new."""
        before: Status = body.get("status", {})
        if before == made:
            return
        metadata = body["metadata"]
        wanted = {
            "apiVersion": body["apiVersion"],
            "kind": body["kind"],
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "status": made,
        }
        try:
            self._cache.put_dashboard(await self._kubernetes.apply(DASHBOARD, wanted, status=True))
        except Refused as refused:
            raise Unsettled(f"the status was refused: {refused.message}") from refused
        time_text = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        for event in events(before, made):
            told = event_object(event, body, time_text, self._options.identity)
            try:
                await self._kubernetes.create(EVENT, told)
            except Refused as refused:
                # A full quota of events is nobody's outage.
                _log.warning("event_refused", reason=refused.message)


def decoded(secret: Object) -> dict[str, str]:
    """The values of a Secret; what is no text counts as missing."""
    values = {}
    for key, encoded in secret.get("data", {}).items():
        try:
            values[key] = base64.b64decode(encoded).decode()
        except ValueError:
            continue
    return values
