"""From a spec to what scaling may do: one derivation for a cluster and for a laptop."""

from typing import Final

from shopx_core.resource.presets import RESERVED_CONNECTIONS, SIZES
from shopx_core.resource.types import amount, seconds
from shopx_core.resource.v1alpha1.serving import ApiAutoscaling
from shopx_core.resource.v1alpha1.spec import (
    DashboardSpec,
    api_pods_at_most,
    connection_budget,
    pool_size,
    worker_concurrency,
    worker_pods_at_most,
)
from shopx_core.resource.v1alpha1.storage import Cache
from shopx_core.scaling.facts import Behavior, Bounds, CacheTuning, ScalingSpec, Targets, Tuning

MOST_WARM: Final = 100
"""Questions answered ahead of request at most, unless the manifest says more."""


def scaling_from_spec(
    spec: DashboardSpec,
    *,
    interval: float = 5.0,
    api_owned: bool = False,
    workers_owned: bool = False,
) -> ScalingSpec:
    """What `decide` may do for a dashboard.

    A manifest without any autoscaling is only watched: every lever stays where it is, and what is
    found is told. Caution against a cold cache is no lever of the manifest's and stays.

    Args:
        spec: What is asked for, already validated.
        interval: Seconds between two decisions: how often figures come.
        api_owned: Somebody else sets the number of API pods, whatever the manifest says.
        workers_owned: The same of the workers.
    """
    scaling = spec.api.autoscaling
    levers = configured(spec)
    free = scaling is not None
    pool = pool_size(spec)
    workers = spec.workers.autoscaling
    return ScalingSpec(
        api=Bounds(
            least=spec.api.replicas if scaling is None else scaling.min,
            most=api_pods_at_most(spec),
        ),
        workers=Bounds(
            least=spec.workers.replicas if workers is None else workers.min,
            most=worker_pods_at_most(spec),
        ),
        worker_slots=worker_concurrency(spec),
        owns_api=scaling is not None and scaling.mode == "native" and not api_owned,
        owns_workers=workers is not None and not workers_owned,
        connection_budget=connection_budget(spec),
        # One more API pod runs while another is being replaced.
        reserved_connections=RESERVED_CONNECTIONS + pool,
        levers=levers,
        freshness_limit=seconds(spec.cache.freshness_limit)
        if free
        else levers.ttl_max + levers.stale_while_revalidate,
        longest_live_interval=15.0 if free else levers.live_interval,
        longest_ttl=60.0 if free else levers.ttl_max,
        most_warm=max(MOST_WARM, levers.warm) if free else levers.warm,
        most_pool=most_pool(spec),
        targets=_targets(scaling),
        behavior=_behavior(scaling),
        tuning=Tuning(tick=interval, stale_after=max(Tuning().stale_after, 3.0 * interval)),
    )


def most_pool(spec: DashboardSpec) -> int:
    """Connections for reads that one API process may ever open: its pool is made this wide."""
    pool = pool_size(spec)
    return pool if spec.api.autoscaling is None else 4 * pool


def configured(spec: DashboardSpec) -> CacheTuning:
    """The levers as the manifest sets them."""
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
    """CPU that one API pod asks for, in cores."""
    compute = spec.api.resources
    asked = compute.requests.cpu if compute.requests else None
    limit = compute.limits.cpu if compute.limits else None
    preset = amount(SIZES[spec.size].api.cpu)
    # The pod's template lowers the size's request to a limit below it.
    least = min(preset, amount(limit)) if limit else preset
    return float(amount(asked) if asked else least)


def _targets(scaling: ApiAutoscaling | None) -> Targets:
    asked = (scaling or ApiAutoscaling()).targets
    return Targets(
        p95=seconds(asked.p95_latency),
        hit_ratio=asked.hit_ratio / 100,
        in_flight=float(asked.in_flight),
        cpu=asked.cpu / 100,
    )


def _behavior(scaling: ApiAutoscaling | None) -> Behavior:
    asked = (scaling or ApiAutoscaling()).behavior
    return Behavior(
        up_stabilization=seconds(asked.scale_up_stabilization),
        down_stabilization=seconds(asked.scale_down_stabilization),
        cooldown=seconds(asked.cooldown),
    )
