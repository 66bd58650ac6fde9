"""API, workers and fold, and how their number of pods follows the load."""

from typing import Annotated, Literal

from pydantic import Field

from shopx_core.caching.tuning import KNOBS
from shopx_core.resource.knobs import count_knob
from shopx_core.resource.rules import Resource, Rule, duration_within
from shopx_core.resource.types import Duration, Setting, seconds
from shopx_core.resource.v1beta1.pods import ComputeResources, PodTemplate

Replicas = Annotated[int, Field(ge=1, le=100)]


def _minimum_rule() -> Rule:
    return Rule(
        cel="!has(self.max) || self.min <= self.max",
        holds=lambda scaling: scaling.max is None or scaling.min <= scaling.max,
        message="min must not exceed max",
    )


class Targets(Resource):
    """The targets of scaling."""

    p95_latency: Duration = "200ms"
    """The 95th percentile of latency, 10ms to 10s."""
    hit_ratio: Annotated[int, Field(ge=1, le=99)] = 80
    """Percentage of requests answered from cache."""
    in_flight: Annotated[int, Field(ge=1, le=1000)] = 16
    """Requests in flight per pod."""
    cpu: Annotated[int, Field(ge=10, le=95)] = 70
    """Percentage of the requested CPU."""
    rules = (duration_within("p95Latency", "10ms", "10s"),)


class Behavior(Resource):
    """How fast the number of pods may change."""

    scale_up_stabilization: Duration = "0s"
    """How long the need for more pods must last, at most 1h."""
    scale_down_stabilization: Duration = "5m"
    """How long the need for fewer pods must last, at most 1h."""
    cooldown: Duration = "60s"
    """The pause after a step, to measure its effect; at most 1h."""
    rules = (
        duration_within("scaleUpStabilization", "0s", "1h"),
        duration_within("scaleDownStabilization", "0s", "1h"),
        duration_within("cooldown", "0s", "1h"),
    )


class ApiAutoscaling(Resource):
    """The number of API pods follows the load; without this group it is `replicas`."""

    mode: Literal["native", "hpa", "keda"] = "native"
    """What sets the number: this operator, a HorizontalPodAutoscaler, or a KEDA ScaledObject."""
    min: Replicas = 2
    """Minimum pods."""
    max: Replicas | None = None
    """Maximum pods; absent = that of `spec.size`, or `min` if that is more."""
    targets: Targets = Targets()
    """The targets of scaling."""
    behavior: Behavior = Behavior()
    """How fast the number may change."""
    rules = (_minimum_rule(),)


class Limits(Resource):
    """Limits of one API process."""

    concurrent_misses: Annotated[int, Setting("api.max_concurrent_misses")] = count_knob("misses")
    miss_wait: Annotated[Duration, Setting("api.miss_wait", seconds)] = "1s"
    """How long a request may be expected to wait for its computation, 50ms to 1m; beyond that it is
    rejected at once, or gets an earlier response."""
    max_cost: Annotated[int, Field(ge=10, le=100_000), Setting("api.max_cost")] = 1000
    """The cost from which an operation is rejected before it runs."""
    max_depth: Annotated[int, Field(ge=4, le=50), Setting("api.max_depth")] = 12
    """The maximum nesting depth of an operation."""
    rules = (duration_within("missWait", "50ms", "1m"),)


class Api(Resource):
    """The API and the pages."""

    replicas: Annotated[int, Field(ge=0, le=100)] = 2
    """Pods (on one machine: processes) while `autoscaling` is absent."""
    pool_size: Annotated[int, Field(ge=KNOBS["pool"].min, le=KNOBS["pool"].max)] | None = None
    """Maximum database connections of each pod; absent = that of `spec.size`."""
    limits: Limits = Limits()
    """Limits of one pod."""
    resources: ComputeResources = ComputeResources()
    """Compute of each pod."""
    autoscaling: ApiAutoscaling | None = None
    """Scaling of the number of pods by the load."""
    pod_template: PodTemplate | None = None
    """Overrides for the pods."""


class WorkerAutoscaling(Resource):
    """The number of worker pods follows the queue."""

    min: Annotated[int, Field(ge=0, le=100)] = 1
    """Minimum pods."""
    max: Replicas | None = None
    """Maximum pods; absent = that of `spec.size`, or `min` if that is more."""
    rules = (_minimum_rule(),)


class Workers(Resource):
    """Background jobs: refreshes, predictions."""

    replicas: Annotated[int, Field(ge=0, le=100)] = 1
    """Pods while `autoscaling` is absent."""
    concurrency: Annotated[int, Field(ge=1, le=32)] | None = None
    """Jobs that each pod runs at once, one connection each; absent = that of `spec.size`."""
    resources: ComputeResources = ComputeResources()
    """Compute of each pod."""
    autoscaling: WorkerAutoscaling | None = None
    """Scaling of the number of pods by the queue."""
    pod_template: PodTemplate | None = None
    """Overrides for the pods."""


class Jobs(Resource):
    """What runs and ends: migrations, refreshes, partitions, verification, checks."""

    resources: ComputeResources = ComputeResources()
    """Compute of each pod."""
    pod_template: PodTemplate | None = None
    """Overrides for the pods."""


class Fold(Resource):
    """The process that keeps the rollups up to date; exactly one is active."""

    interval: Annotated[Duration, Setting("fold.interval", seconds)] = "1s"
    """The pause between two folds, 100ms to 60s."""
    resources: ComputeResources = ComputeResources()
    """Compute of the pod."""
    pod_template: PodTemplate | None = None
    """Overrides for the pod."""
    rules = (duration_within("interval", "100ms", "60s"),)
