"""What the tiers of the cache are made of, and what they answer with."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shopx_api.data.limiter import Limiter
from shopx_api.response_cache.asgi_call import App, Response
from shopx_api.response_cache.memory_tier import MemoryTier, Record
from shopx_api.response_cache.redis_tier import RedisTier
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_api.response_cache.snapshots import Snapshots
from shopx_api.telemetry import Telemetry
from shopx_core.caching.policy import Policy


class CacheStatus(StrEnum):
    """Where an answer came from; the values of `X-Cache`."""

    HIT_L0 = "hit-l0"
    HIT_L1 = "hit-l1"
    STALE = "stale"
    MISS = "miss"
    BYPASS = "bypass"


@dataclass(frozen=True, slots=True)
class CacheResult:
    """What to send: a record, or a response that is nobody else's."""

    outcome: CacheStatus
    record: Record | None = None
    response: Response | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """What the tiers are made of."""

    app: App
    clock: SnapshotClock
    local: MemoryTier
    shared: RedisTier
    moments: Snapshots
    limiter: Limiter
    telemetry: Telemetry
    policy: Callable[[], Policy]
    request_seconds: float
    """How long the application may take."""
    warm: Callable[[], int]
    """How many questions are answered anew at each new state before anybody asks."""
