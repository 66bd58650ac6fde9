"""The results of a cache lookup."""

from dataclasses import dataclass
from enum import StrEnum

from shopx_api.compute.call import Response
from shopx_api.response_cache.cached_response import CachedResponse


class CacheStatus(StrEnum):
    """Where a response came from; the values of `X-Cache`."""

    HIT_MEMORY = "hit-l0"
    HIT_REDIS = "hit-l1"
    STALE = "stale"
    MISS = "miss"
    BYPASS = "bypass"


@dataclass(frozen=True, slots=True)
class CacheResult:
    """What to send: a cached response, or a response for this caller alone."""

    status: CacheStatus
    cached: CachedResponse | None = None
    response: Response | None = None
