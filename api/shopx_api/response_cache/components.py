"""The components of the response cache, and its results."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shopx_api.asgi import App
from shopx_api.data.limiter import Limiter
from shopx_api.response_cache.asgi_call import Response
from shopx_api.response_cache.memory_tier import MemoryTier, Record
from shopx_api.response_cache.redis_tier import RedisTier
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_api.response_cache.snapshots import Snapshots
from shopx_api.telemetry import Telemetry
from shopx_core.caching.policy import Policy


class CacheStatus(StrEnum):
    """Where a response came from; the values of `X-Cache`."""

    HIT_L0 = "hit-l0"
    HIT_L1 = "hit-l1"
    STALE = "stale"
    MISS = "miss"
    BYPASS = "bypass"


@dataclass(frozen=True, slots=True)
class CacheResult:
    """What to send: a cached record, or a response for this caller alone."""

    outcome: CacheStatus
    record: Record | None = None
    response: Response | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """What `Lookup` works with."""

    app: App
    clock: SnapshotClock
    memory: MemoryTier
    redis: RedisTier
    snapshots: Snapshots
    limiter: Limiter
    telemetry: Telemetry
    policy: Callable[[], Policy]
    request_seconds: float
    """Seconds that the application may take."""
    warm: Callable[[], int]
    """Records that are refreshed in the background at each new epoch."""
