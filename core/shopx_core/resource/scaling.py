"""What scaling may do, derived from a spec: the same on a cluster and on one machine."""

from dataclasses import replace
from typing import Final

from shopx_core.caching.tuning import KNOBS, CacheTuning
from shopx_core.resource.presets import RESERVED_CONNECTIONS, SIZES
from shopx_core.resource.types import amount, seconds
from shopx_core.resource.v1beta1.serving import ApiAutoscaling
from shopx_core.resource.v1beta1.spec import (
    DashboardSpec,
    api_pods_at_most,
    columns_connections,
    connection_budget,
    pool_size,
    worker_concurrency,
    worker_pods_at_most,
)
from shopx_core.resource.v1beta1.storage import Cache
from shopx_core.scaling.inputs import (
    ReplicaBounds,
    ScalingBehavior,
    ScalingSpec,
    ScalingTargets,
    Thresholds,
)

MAX_WARM: Final = 100
"""Operations refreshed ahead at most, unless the manifest says more."""


def scaling_from_spec(
    spec: DashboardSpec,
    *,
    interval: float = 5.0,
    api_owned: bool = False,
    workers_owned: bool = False,
) -> ScalingSpec:
    """What `evaluate` may do for a dashboard.

    Without autoscaling in the manifest, the tuning keeps its configured values and the findings are
    only reported. Fewer concurrent misses while the cache is cold remain possible.

    Args:
        spec: The validated spec.
        interval: Seconds between two decisions, which is the scrape interval.
        api_owned: Another autoscaler sets the number of API pods.
        workers_owned: The same for the workers.
    """
    scaling = spec.api.autoscaling
    configured = configured_tuning(spec)
    pool = pool_size(spec)
    workers = spec.workers.autoscaling
    return ScalingSpec(
        api=ReplicaBounds(
            min=spec.api.replicas if scaling is None else scaling.min,
            max=api_pods_at_most(spec),
        ),
        workers=ReplicaBounds(
            min=spec.workers.replicas if workers is None else workers.min,
            max=worker_pods_at_most(spec),
        ),
        worker_slots=worker_concurrency(spec),
        owns_api=scaling is not None and scaling.mode == "native" and not api_owned,
        owns_workers=workers is not None and not workers_owned,
        connection_budget=connection_budget(spec),
        # One more API pod runs while another is being replaced.
        reserved_connections=RESERVED_CONNECTIONS + pool + columns_connections(spec),
        configured=configured,
        freshness_limit=configured.ttl_max + configured.stale_while_revalidate
        if scaling is None
        else seconds(spec.cache.freshness_limit),
        ceiling=configured if scaling is None else _ceiling(spec, configured),
        targets=_targets(scaling),
        behavior=_behavior(scaling),
        thresholds=Thresholds(
            interval=interval, stale_after=max(Thresholds().stale_after, 3.0 * interval)
        ),
    )


def max_pool(spec: DashboardSpec) -> int:
    """Connections for reads that one API process may open when scaling enlarges its pool."""
    pool = pool_size(spec)
    return pool if spec.api.autoscaling is None else int(KNOBS["pool"].clamp(4 * pool))


def _ceiling(spec: DashboardSpec, configured: CacheTuning) -> CacheTuning:
    return replace(
        configured,
        live_interval=KNOBS["live_interval"].max,
        ttl_min=KNOBS["ttl_min"].max,
        ttl_max=KNOBS["ttl_max"].max,
        warm=max(MAX_WARM, configured.warm),
        pool=max_pool(spec),
    )


def configured_tuning(spec: DashboardSpec) -> CacheTuning:
    """The tuning that the manifest sets."""
    cache: Cache = spec.cache
    return CacheTuning(
        live_interval=seconds(cache.live_interval),
        ttl_min=seconds(cache.ttl.min),
        ttl_max=seconds(cache.ttl.max),
        stale_while_revalidate=seconds(cache.stale_while_revalidate),
        warm=cache.warm.top,
        misses=spec.api.limits.concurrent_misses,
        pool=pool_size(spec),
    )


def api_cores(spec: DashboardSpec) -> float:
    """The CPU request of one API pod, in cores."""
    compute = spec.api.resources
    asked = compute.requests.cpu if compute.requests else None
    limit = compute.limits.cpu if compute.limits else None
    preset = amount(SIZES[spec.size].api.cpu)
    # The pod template lowers the size's request to a lower limit.
    least = min(preset, amount(limit)) if limit else preset
    return float(amount(asked) if asked else least)


def _targets(scaling: ApiAutoscaling | None) -> ScalingTargets:
    asked = (scaling or ApiAutoscaling()).targets
    return ScalingTargets(
        p95=seconds(asked.p95_latency),
        hit_ratio=asked.hit_ratio / 100,
        in_flight=float(asked.in_flight),
        cpu=asked.cpu / 100,
    )


def _behavior(scaling: ApiAutoscaling | None) -> ScalingBehavior:
    asked = (scaling or ApiAutoscaling()).behavior
    return ScalingBehavior(
        up_stabilization=seconds(asked.scale_up_stabilization),
        down_stabilization=seconds(asked.scale_down_stabilization),
        cooldown=seconds(asked.cooldown),
    )
