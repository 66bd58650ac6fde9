"""The load and the faults of one simulated run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling.inputs import ReplicaBounds, ScalingSpec

UNWARMED = CacheTuning(warm=0)
"""The default tuning without refreshing ahead, so that every policy starts from the same cache."""

Half = Literal["tuning", "report"]


class Trouble(StrEnum):
    """Kinds of faults, with the meaning of a fault's `size`."""

    SLOW_DATABASE = "slow database"
    """Queries take `size` times as long."""
    LOCK = "lock"
    """The share `size` of the queries waits for the end of the fault."""
    CONNECTIONS = "connections"
    """Other clients use `size` connections."""
    REFRESH = "refresh"
    """A refresh of views takes `size` of the database's cores."""
    FLUSH = "flush"
    """The cache is emptied at the start."""
    REDIS_DOWN = "redis down"
    """Each pod has only its own memory tier."""
    KEY_SHIFT = "key shift"
    """At the start, other keys become popular."""
    HOT_KEYS = "hot keys"
    """The share `size` of the requests is for the ten most popular keys."""
    DEPLOY_ERRORS = "deploy errors"
    """The share `size` of the requests fails at once."""
    DEPLOY_SLOW = "deploy slow"
    """Every request takes `size` times the CPU."""
    INGEST = "ingest"
    """Every period is open: sales are imported all over history."""
    METRICS_MISSING = "metrics missing"
    METRICS_NAN = "metrics not a number"
    METRICS_STUCK = "metrics stuck"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault for a time; seconds of the run."""

    trouble: Trouble
    start: float
    end: float
    size: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Service times and sizes of the modelled product.

    A pod has a tenth of a core, what the small size asks for; the CPU times are those measured on
    a whole core (0.04 ms for an answer from cache, 3.6 ms for one that is computed while many
    are), so ten times as long here. Small pods let 10⁵ requests exercise several of them.
    """

    hit_cpu: float = 0.0004
    miss_cpu: float = 0.036
    before_query: float = 0.4
    """Share of a miss's CPU that comes before its query."""
    query: float = 0.008
    """Mean of an exponential distribution, seconds, on an idle database."""
    database_cores: float = 4.0
    thrash: float = 0.02
    """Relative slowdown per active backend beyond twice the cores."""
    most_connections: int = 50
    miss_wait: float = 1.0
    """Seconds that a request may have to wait for its turn; above, it is refused at once."""
    freshness_limit: float = 120.0
    """Seconds that an answer may be served when it cannot be refreshed."""
    grace: float = 1.0
    """Seconds past the live interval that an answer is served while it is refreshed."""
    timeout: float = 5.0
    """Seconds after which a client gives up, and retries once if it retries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One run."""

    name: str
    about: str
    half: Half
    rate: Callable[[float], float]
    """Requests per second at a second of the run."""
    seconds: int = 900
    keys: int = 1200
    """Different cache keys, requested by Zipf's law."""
    skew: float = 0.9
    open_share: float = 0.8
    """Share of the keys with an open period."""
    faults: tuple[Fault, ...] = ()
    trigger: float | None = None
    """When the fault to recover from starts, or a temporary one ends."""
    database_bound: bool = False
    """Pods cannot help while its faults last."""
    retries: bool = False
    """Clients retry after a timeout."""
    warm_start: bool = True
    """The cache is full at the start."""
    pods: int = 2
    """At the start."""
    pod_start: float = 20.0
    """Seconds until a new pod serves."""
    jobs: Callable[[float], float] | None = None
    """Jobs per second at a second of the run; `None` = none."""
    job_seconds: float = 12.0
    prefetch: int = 0
    """Jobs that each worker slot reserves beyond the running one, invisible in the queue."""
    spec: ScalingSpec = field(
        default_factory=lambda: ScalingSpec(
            api=ReplicaBounds(min=2, max=8),
            workers=ReplicaBounds(min=0, max=4),
            connection_budget=60,
            configured=UNWARMED,
        )
    )
    product: Product = Product()
