"""The input of a decision: what was observed, and what the spec asks for."""

from dataclasses import dataclass, replace

from shopx_core.caching.tuning import DEFAULTS, KNOBS, CacheTuning


@dataclass(frozen=True, slots=True, kw_only=True)
class Misses:
    """Computed answers by reason; shares of all requests, 0 to 1."""

    first_seen: float | None = None
    expired: float | None = None
    evicted: float | None = None
    invalidated: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was measured over the last short window, about 15 s; `None` = not known.

    Times are in seconds, shares between 0 and 1, and totals over all pods unless said otherwise.
    """

    at: float | None = None
    """When the metrics were collected, in seconds since 1970."""
    api_replicas: int
    """API pods currently requested."""
    api_ready: int
    """API pods that are ready."""
    api_reporting: int
    """API pods whose metrics are in this observation."""
    worker_replicas: int = 0
    """Worker pods currently requested."""
    samples: float | None = None
    """Number of requests behind the latencies."""
    rps: float | None = None
    """Requests answered per second."""
    errors: float | None = None
    """Share of requests answered with a server error."""
    refused: float | None = None
    """Share of requests refused at once, because the pods had no time for them; as recent as the
    CPU."""
    in_flight: float | None = None
    """Requests in progress, averaged over the window."""
    cpu: float | None = None
    """CPU use as a share of the request, averaged over pods."""
    loop_lag: float | None = None
    """The greatest event-loop lag of any pod."""
    p95: float | None = None
    """Latency of all requests; failed ones count as the slowest."""
    p95_hit: float | None = None
    """Latency of requests answered from cache."""
    p95_miss: float | None = None
    """Latency of computed requests."""
    hit_ratio: float | None = None
    """Share of requests answered from cache."""
    misses: Misses = Misses()
    """Misses by reason."""
    pool_wait: float | None = None
    """p95 of the wait for a pooled database connection."""
    query_seconds: float | None = None
    """Mean time of a query in the database."""
    queries: float | None = None
    """Queries finished per second."""
    db_active: float | None = None
    """Active database backends."""
    db_connections: float | None = None
    """Database connections in use, by all clients."""
    queued: float | None = None
    """Waiting jobs, including those that a worker has reserved."""
    active: float | None = None
    """Jobs in progress."""
    oldest_job: float | None = None
    """Age of the oldest waiting job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaBounds:
    """Minimum and maximum pods of one component."""

    min: int
    max: int

    def clamp(self, count: int) -> int:
        """The nearest count within the bounds."""
        return max(self.min, min(self.max, count))

    def holds(self, count: int) -> bool:
        """Whether a count is within the bounds."""
        return self.min <= count <= self.max


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingTargets:
    """The targets of scaling."""

    p95: float = 0.2
    """Seconds."""
    hit_ratio: float = 0.8
    in_flight: float = 16.0
    """Requests in progress in one pod."""
    cpu: float = 0.7
    """Share of a pod's CPU request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingBehavior:
    """How fast the number of pods may change; seconds."""

    up_stabilization: float = 0.0
    down_stabilization: float = 300.0
    cooldown: float = 60.0
    """The pause after a step before one in the other direction, to measure its effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Thresholds found with the simulator, as `docs/scaling/` explains."""

    interval: float = 5.0
    """Seconds between two decisions."""
    stale_after: float = 30.0
    """Age in seconds from which metrics are unusable."""
    min_samples: float = 100.0
    """Requests below which latencies and hit ratios are unusable."""
    repeats: int = 3
    """Identical observations from which the source counts as stuck."""
    failures: int = 3
    """Consecutive unusable observations from which they are reported."""
    stable_window: float = 30.0
    panic_window: float = 5.0
    """Windows over which the need for pods is averaged."""
    panic_ratio: float = 2.0
    """The need in the panic window over the current pods from which it applies."""
    tolerance: float = 0.1
    """Relative difference between need and pods that is ignored."""
    up_ratio: float = 2.0
    up_pods: int = 4
    up_period: float = 15.0
    """At most the greater of the ratio and the pods added within the period."""
    down_ratio: float = 0.5
    down_period: float = 60.0
    """At most this share, and always one pod, removed within the period."""
    reversals: int = 2
    reversals_period: float = 600.0
    """Maximum changes of direction within the period."""
    worker_window: float = 120.0
    """Seconds that the need for fewer workers must last."""
    worker_cooldown: float = 30.0
    """Seconds between a step of the workers and one in the other direction."""
    database_ratio: float = 2.0
    """Active backends or query time over their baseline that mean a saturated database."""
    database_unknown: float = 0.5
    """The same for query time over the p95 target while no baseline is known."""
    query_min_share: float = 0.05
    """Query time as a share of the p95 target below which it cannot slow a request."""
    query_share: float = 0.2
    """Query time as a share of the p95 target from which it is a symptom by itself."""
    drain_seconds: float = 30.0
    """Seconds after a saturated database in which queued requests drain."""
    min_backends: float = 4.0
    """Active backends below which their number means nothing."""
    pool_wait: float = 0.2
    """Wait for the pool as a share of the p95 target from which it is long."""
    loop_lag_ratio: float = 0.5
    """Event-loop lag as a share of the pool wait from which the pod itself causes the wait."""
    pool_used: float = 0.2
    """Queries in progress as a share of pooled connections below which the pools suffice."""
    connections: float = 0.85
    """Share of the connection budget in use from which it counts as used up."""
    near_target_ratio: float = 0.7
    """p95 as a share of its target from which busy pods get one more."""
    busy_cpu_ratio: float = 0.6
    """CPU as a share of its target from which a pod counts as busy."""
    cpu_exhausted: float = 0.9
    """CPU use from which pods are added even while the cache is tuned."""
    miss_ratio: float = 3.0
    """p95 of misses over that of hits from which misses are the cause of slowness."""
    tuning_pause: float = 10.0
    """Seconds between two changes of the tuning, in which the first takes effect."""
    restore_p95_ratio: float = 0.6
    """p95 as a share of its target below which the tuning is restored."""
    restore_cpu_ratio: float = 0.6
    """CPU as a share of its target below which it is restored: tuning saves CPU as well."""
    restore_window: float = 240.0
    """Seconds that both must last."""
    hit_ratio_drop: float = 0.2
    """Sudden loss of hit ratio that means a cold cache."""
    refill_seconds: float = 45.0
    """Seconds for a cold cache to refill before its hit ratio counts as normal."""
    cold_misses: float = 0.5
    """Factor on concurrent misses while the cache is cold."""
    errors: float = 0.05
    """Share of errors from which no pods are removed."""
    most_refused: float = 0.75
    """Share of refused requests that is counted as load; beyond it the load is not known."""
    effective_gain: float = 0.5
    """Throughput gained per capacity added from which a step had an effect."""
    effective_p95_ratio: float = 0.95
    """p95 after over p95 before a step below which it had an effect."""
    max_cooldown_factor: float = 8.0
    """Upper limit of the cooldown factor, which doubles after each step without effect."""
    baseline_time_constant: float = 600.0
    """Time constant in seconds of the baselines."""


_CEILING = replace(
    DEFAULTS,
    live_interval=KNOBS["live_interval"].max,
    ttl_min=KNOBS["ttl_min"].max,
    ttl_max=KNOBS["ttl_max"].max,
    warm=50,
    pool=20,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingSpec:
    """What the manifest asks for, with bounds that hold for every decision."""

    api: ReplicaBounds = ReplicaBounds(min=2, max=6)
    workers: ReplicaBounds = ReplicaBounds(min=1, max=2)
    worker_slots: int = 2
    """Jobs that one worker pod runs at once, one database connection each."""
    owns_api: bool = True
    """False = an HPA, KEDA or a fixed number sets the API pods."""
    owns_workers: bool = True
    """False = the number of worker pods is fixed."""
    connection_budget: int = 50
    """Maximum database connections."""
    reserved_connections: int = 6
    """Connections that API and workers must leave free."""
    configured: CacheTuning = DEFAULTS
    """The configured tuning, to which scaling returns."""
    freshness_limit: float = 120.0
    """Seconds that lifetime and staleness of an answer may reach together."""
    ceiling: CacheTuning = _CEILING
    """The highest value of each knob that scaling may set; staleness is limited by the freshness
    limit and concurrent misses by the configured value instead."""
    targets: ScalingTargets = ScalingTargets()
    behavior: ScalingBehavior = ScalingBehavior()
    thresholds: Thresholds = Thresholds()

    def __post_init__(self) -> None:
        """Reject a spec that no decision can satisfy.

        Raises:
            ValueError: Bounds cross, or the minimum pods exceed the connection budget.
        """
        for name, bounds in (("api", self.api), ("workers", self.workers)):
            if not 0 <= bounds.min <= bounds.max:
                raise ValueError(
                    f"{name}: the minimum {bounds.min} exceeds the maximum {bounds.max}"
                )
        need = self.api.min + self.workers.min * self.worker_slots
        if need > self.free_connections:
            raise ValueError(
                f"the minimum pods need {need} connections, one per API pod and {self.worker_slots}"
                f" per worker pod, but the budget has {self.connection_budget} less"
                f" {self.reserved_connections} reserved; raise the connection budget or lower"
                " the minimum"
            )

    @property
    def free_connections(self) -> int:
        """Connections that API and workers share."""
        return self.connection_budget - self.reserved_connections
