"""What a decision is made from: what was observed, and what was asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Misses:
    """Answers that had to be computed, by reason; shares of all requests, 0 to 1."""

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
    """When the figures were gathered, in seconds since 1970."""
    api_replicas: int
    """API pods asked for now."""
    api_ready: int
    """API pods that serve."""
    api_reporting: int
    """API pods whose figures are in this observation."""
    worker_replicas: int = 0
    """Worker pods asked for now."""
    samples: float | None = None
    """Requests that the latencies are of."""
    rps: float | None = None
    """Requests answered per second."""
    errors: float | None = None
    """Share of requests answered with a server error."""
    in_flight: float | None = None
    """Requests in work, averaged over the window."""
    cpu: float | None = None
    """Use of the CPU that the pods asked for, averaged over pods; 1 = all of it."""
    loop_lag: float | None = None
    """The greatest event-loop lag of a pod."""
    p95: float | None = None
    """Latency of all requests; those that failed count as the slowest."""
    p95_hit: float | None = None
    """Latency of requests answered from cache."""
    p95_miss: float | None = None
    """Latency of requests that were computed."""
    hit_ratio: float | None = None
    """Share of requests answered from cache."""
    misses: Misses = Misses()
    """Why requests were computed."""
    pool_wait: float | None = None
    """p95 of the wait for a pooled database connection."""
    query_seconds: float | None = None
    """Mean time of a query in the database."""
    queries: float | None = None
    """Queries finished per second."""
    db_active: float | None = None
    """Database backends at work."""
    db_connections: float | None = None
    """Database connections in use, everybody's."""
    queued: float | None = None
    """Jobs waiting, those that a worker has reserved but not begun included."""
    active: float | None = None
    """Jobs being done."""
    oldest_job: float | None = None
    """Age of the oldest waiting job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheTuning:
    """What can be turned without starting or stopping a pod; times in seconds."""

    live_interval: float = 5.0
    """How often answers about open periods are made anew."""
    ttl_min: float = 30.0
    ttl_max: float = 60.0
    """An answer's life is drawn between the two."""
    stale_while_revalidate: float = 30.0
    """How long past its life an answer is served while a fresh one is made."""
    warm: int = 0
    """How many of the most asked questions are answered ahead of request."""
    misses: int = 8
    """Answers that one pod computes at once."""
    pool: int = 5
    """Database connections of one API pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Pods of one component."""

    least: int
    most: int

    def clamp(self, count: int) -> int:
        """The nearest count within the bounds."""
        return max(self.least, min(self.most, count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What scaling steers towards."""

    p95: float = 0.2
    """Seconds."""
    hit_ratio: float = 0.8
    in_flight: float = 16.0
    """Requests in work in one pod."""
    cpu: float = 0.7
    """Share of the CPU that a pod asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """How fast the number of pods may move; seconds."""

    up_stabilization: float = 0.0
    down_stabilization: float = 300.0
    cooldown: float = 60.0
    """The pause after a step before one in the other direction, in which its effect is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Thresholds found with the simulator; `docs/scaling/` says how."""

    tick: float = 5.0
    """Seconds between two decisions."""
    stale_after: float = 30.0
    """Age in seconds from which figures say nothing any more."""
    least_samples: float = 100.0
    """Requests below which latencies and hit ratios say nothing."""
    repeats: int = 3
    """Observations equal in every figure from which the source counts as stuck."""
    failures: int = 3
    """Observations without usable figures in a row from which it is reported."""
    stable_window: float = 30.0
    panic_window: float = 5.0
    """Windows over which the need for pods is averaged."""
    panic_ratio: float = 2.0
    """The need in the panic window over the pods there are, from which it rules."""
    tolerance: float = 0.1
    """Relative difference between need and pods that changes nothing."""
    up_ratio: float = 2.0
    up_pods: int = 4
    up_period: float = 15.0
    """At most the greater of ratio and pods more within the period."""
    down_ratio: float = 0.5
    down_period: float = 60.0
    """At most this share (and always one pod) less within the period."""
    reversals: int = 2
    reversals_period: float = 600.0
    """Changes of direction at most within the period."""
    worker_window: float = 120.0
    """Seconds that the need for fewer workers must last."""
    worker_cooldown: float = 30.0
    """Seconds between a step of the workers and one in the other direction."""
    database_ratio: float = 2.0
    """Active backends or query time over their own baseline that mean a saturated database."""
    database_unknown: float = 0.5
    """Query time as a share of the p95 target that means it while no baseline is known."""
    felt: float = 0.05
    """Query time as a share of the p95 target below which no request is slow because of it."""
    query_share: float = 0.2
    """Query time as a share of the p95 target from which it hurts by itself."""
    settle: float = 30.0
    """Seconds after a saturated database in which what piled up may come through."""
    least_backends: float = 4.0
    """Active backends below which their number says nothing."""
    pool_wait: float = 0.2
    """Wait for the pool as a share of the p95 target from which it hurts."""
    late: float = 0.5
    """Event-loop lag as a share of the wait for the pool from which the wait is the pod's own."""
    pool_used: float = 0.2
    """Queries in work as a share of the pools' connections below which these are not too few."""
    connections: float = 0.85
    """Share of the connection budget in use from which it hurts."""
    near: float = 0.7
    """p95 as a share of its target from which busy pods get another."""
    busy: float = 0.6
    """CPU as a share of its target from which a pod counts as busy."""
    flooded: float = 0.9
    """CPU use from which pods are added even while levers are turned."""
    miss_ratio: float = 3.0
    """p95 of misses over that of hits from which the misses are what is slow."""
    lever_pause: float = 10.0
    """Seconds between two turns of a lever, in which the first shows its effect."""
    calm: float = 0.6
    """p95 as a share of its target below which levers go back."""
    idle: float = 0.6
    """CPU as a share of its target below which levers may go back: they save CPU as well."""
    calm_window: float = 240.0
    """Seconds that it must last."""
    drop: float = 0.2
    """Sudden loss of hit ratio that means a cold cache."""
    drop_patience: float = 45.0
    """Seconds that a cold cache gets to fill before it counts as the new normal."""
    cold_misses: float = 0.5
    """Share of the miss concurrency that a cold cache leaves."""
    errors: float = 0.05
    """Share of errors from which nothing is scaled down."""
    gain: float = 0.5
    """Least throughput gained per capacity added for a step to have helped."""
    better: float = 0.95
    """p95 after over p95 before a step from which it helped."""
    longest_cooldown: float = 8.0
    """Cooldowns double after a step in vain, up to this many."""
    memory: float = 600.0
    """Time constant in seconds of the baselines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingSpec:
    """What was asked for, with the bounds that nothing may leave."""

    api: Bounds = Bounds(least=2, most=6)
    workers: Bounds = Bounds(least=1, most=2)
    worker_slots: int = 2
    """Jobs that one worker pod does at once, one database connection each."""
    owns_api: bool = True
    """False = somebody else (an HPA, KEDA, a fixed number) sets the API pods."""
    owns_workers: bool = True
    """False = the number of worker pods is fixed."""
    connection_budget: int = 50
    """Database connections that may be opened at most."""
    reserved_connections: int = 6
    """Those kept free of API and workers."""
    levers: CacheTuning = CacheTuning()
    """What is configured; levers return to it."""
    freshness_limit: float = 120.0
    """Seconds that life and staleness of an answer may reach together."""
    longest_live_interval: float = 15.0
    """Seconds; the live interval never exceeds it."""
    longest_ttl: float = 60.0
    """Seconds; an answer's life never exceeds it."""
    most_warm: int = 50
    """Questions answered ahead of request at most."""
    most_pool: int = 20
    """Connections of one API pod at most."""
    targets: Targets = Targets()
    behavior: Behavior = Behavior()
    tuning: Tuning = Tuning()

    def __post_init__(self) -> None:
        """Refuse what no decision could keep.

        Raises:
            ValueError: Bounds cross, or the least of everything exceeds the connection budget.
        """
        for name, bounds in (("api", self.api), ("workers", self.workers)):
            if not 0 <= bounds.least <= bounds.most:
                raise ValueError(f"{name}: least {bounds.least} and most {bounds.most} cross")
        need = self.api.least + self.workers.least * self.worker_slots
        if need > self.free_connections:
            raise ValueError(
                f"the least pods need {need} connections, one an API pod and {self.worker_slots} a"
                f" worker pod, but {self.connection_budget} less {self.reserved_connections}"
                " reserved are there; raise the connection budget or lower the minimum"
            )

    @property
    def free_connections(self) -> int:
        """Connections that API and workers share."""
        return self.connection_budget - self.reserved_connections
