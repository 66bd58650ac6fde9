"""How long an answer may be served, and what to do with a cached one.

Three bounds hold for everything that is served. An answer whose data has not changed is served for
its time to live, and for `stale_while_revalidate` longer while it is refreshed. An answer whose
data has changed is served only until it is a live interval and `grace` old, and only while it is
refreshed. Nothing older than the freshness limit is served, whatever fails.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.entry import Entry
from shopx_core.caching.tuning import DEFAULTS, CacheTuning


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The bounds, in seconds."""

    tuning: CacheTuning = DEFAULTS
    """Lifetimes are drawn between `ttl_min` and `ttl_max`, so that answers made together do not
    expire together."""
    freshness_limit: float = 120.0
    grace: float = 1.0
    """How long a refresh may take while the answer from before the change is served."""
    eagerness: float = 1.0
    """β of the early refresh: above 1 refreshes earlier, 0 never refreshes early."""

    @property
    def epoch_interval(self) -> float:
        """Seconds from one epoch to the next.

        A tenth of the live interval is left to the request that finds the change and to making
        its answer.
        """
        return 0.9 * self.tuning.live_interval

    @property
    def tolerance(self) -> float:
        """The greatest age of an answer whose data has changed."""
        return self.tuning.live_interval + self.grace


class Reason(StrEnum):
    """Why an answer must be computed."""

    FIRST_SEEN = "first_seen"
    EXPIRED = "expired"
    EVICTED = "evicted"
    INVALIDATED = "invalidated"


class Cause(StrEnum):
    """Why a served answer is refreshed."""

    EARLY = "early"
    """It is still fresh; the refresh before it expires avoids a miss."""
    EXPIRED = "expired"
    INVALIDATED = "invalidated"


@dataclass(frozen=True, slots=True)
class Serve:
    """Serve the cached answer."""

    stale: bool = False
    """The database is unavailable, so the answer cannot be refreshed."""


@dataclass(frozen=True, slots=True)
class ServeAndRefresh:
    """Serve the cached answer and refresh it in the background."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Miss:
    """Compute the answer first."""

    reason: Reason


CacheDecision = Serve | ServeAndRefresh | Miss
SERVE = Serve()


def lifetime(policy: Policy, draw: float) -> float:
    """The lifetime of a new answer, in seconds.

    Args:
        policy: The bounds; lifetime and `stale_while_revalidate` together never exceed the
            freshness limit.
        draw: A random number in [0, 1).
    """
    tuning = policy.tuning
    ttl = tuning.ttl_min + (tuning.ttl_max - tuning.ttl_min) * draw
    return max(0.0, min(ttl, policy.freshness_limit - tuning.stale_while_revalidate))


def retention(policy: Policy, entry: Entry, now: float) -> float:
    """Seconds that Redis keeps an answer: until the freshness limit."""
    return entry.at + policy.freshness_limit - now


def fresh_until(entry: Entry, epoch: CacheEpoch, policy: Policy) -> float:
    """Until when `cache_decision` is certainly `SERVE` for an answer that is current in `epoch`.

    A hit compares with this one number instead of deciding each time. It lies five times
    the mean of the early refresh's draw before expiry, where the probability of a refresh is e^-5.
    """
    return min(
        entry.expires - 5.0 * entry.cost * policy.eagerness, epoch.seconds + policy.tolerance
    )


def refreshes_early(entry: Entry, policy: Policy, now: float, draw: float) -> bool:
    """XFetch: refresh at `now` with a probability that grows towards expiry.

    `now - cost · β · ln(1 - draw) ≥ expires`, from Vattani, Chierichetti, Lowenstein: "Optimal
    Probabilistic Cache Stampede Prevention", VLDB 2015.

    Args:
        entry: An answer that is still fresh.
        policy: Its `eagerness` is β.
        now: Seconds since 1970.
        draw: A random number in [0, 1).
    """
    return now - entry.cost * policy.eagerness * math.log(1.0 - draw) >= entry.expires


def cache_decision(
    entry: Entry | None,
    epoch: CacheEpoch,
    now: float,
    policy: Policy,
    *,
    draw: float = 0.0,
    kept_until: float | None = None,
    outage: bool = False,
) -> CacheDecision:
    """Whether to serve, refresh or compute the answer of a request.

    Args:
        entry: The cached answer; `None` = there is none.
        epoch: The current epoch.
        now: Seconds since 1970 on the clock of `epoch.at`.
        policy: The bounds.
        draw: A random number in [0, 1) for the early refresh.
        kept_until: When an earlier answer to this request was due to leave the cache; `None` = no
            earlier answer is known.
        outage: The database is known to be unavailable, so a refresh cannot succeed.
    """
    if entry is None:
        return Miss(_absence_reason(now, kept_until))
    age = now - entry.at
    if age > policy.freshness_limit:
        return Miss(Reason.EXPIRED)
    if outage:
        return Serve(stale=True)
    current = is_current(entry, epoch)
    # An epoch that was not advanced in time does not cover the changes since.
    if current and now - epoch.seconds <= policy.tolerance:
        return _by_lifetime(entry, now, policy, draw)
    expired = current or epoch.seconds >= entry.boundary
    # An entry of later than now is from before the database's clock was set back.
    if abs(age) <= policy.tolerance:
        return ServeAndRefresh(Cause.EXPIRED if expired else Cause.INVALIDATED)
    return Miss(Reason.EXPIRED if expired else Reason.INVALIDATED)


def is_current(entry: Entry, epoch: CacheEpoch) -> bool:
    """Whether computing the answer in `epoch` would give the same."""
    return entry.at <= epoch.seconds < entry.boundary and epoch.unchanged_since(
        entry.version, entry.dependencies, time_dependent=entry.time_dependent
    )


def _absence_reason(now: float, kept_until: float | None) -> Reason:
    if kept_until is None:
        return Reason.FIRST_SEEN
    return Reason.EVICTED if now < kept_until else Reason.EXPIRED


def _by_lifetime(entry: Entry, now: float, policy: Policy, draw: float) -> CacheDecision:
    if now < entry.expires:
        if refreshes_early(entry, policy, now, draw):
            return ServeAndRefresh(Cause.EARLY)
        return SERVE
    if now < entry.expires + policy.tuning.stale_while_revalidate:
        return ServeAndRefresh(Cause.EXPIRED)
    return Miss(Reason.EXPIRED)


def may_serve_if_error(entry: Entry, now: float, policy: Policy) -> bool:
    """Whether an old answer may be served because computing a new one failed (stale-if-error)."""
    return now - entry.at <= policy.freshness_limit
