"""What the tiers of the cache are made of, and what they answer with."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shopx_api.cache.clock import Clock
from shopx_api.cache.inner import App, Response
from shopx_api.cache.limiter import Limiter
from shopx_api.cache.local import Local, Record
from shopx_api.cache.moments import Moments
from shopx_api.cache.shared import Shared
from shopx_api.telemetry import Telemetry
from shopx_core.caching.policy import Policy


class Outcome(StrEnum):
    """Where an answer came from; the values of `X-Cache`."""

    HIT_L0 = "hit-l0"
    HIT_L1 = "hit-l1"
    STALE = "stale"
    MISS = "miss"
    BYPASS = "bypass"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send: a record, or a response that is nobody else's."""

    outcome: Outcome
    record: Record | None = None
    response: Response | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the tiers are made of."""

    app: App
    clock: Clock
    local: Local
    shared: Shared
    moments: Moments
    limiter: Limiter
    telemetry: Telemetry
    policy: Callable[[], Policy]
    request_seconds: float
    """How long the application may take."""
    warm: Callable[[], int]
    """How many questions are answered anew at each new state before anybody asks."""
