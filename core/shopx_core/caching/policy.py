"""How long an answer is good, and what to do with one: facts, state and `now` in, a verdict out.

Three bounds hold for whatever is served. An answer whose data has not changed lives its time to
live and may be served for `stale_while_revalidate` longer while a fresh one is made. One whose data
has changed is served only while it is at most a live interval and `grace` old, and only while a
fresh one is being made. Nothing is older than the freshness limit, whatever fails.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.entry import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The bounds, in seconds."""

    ttl_min: float = 30.0
    ttl_max: float = 60.0
    """An answer's life is drawn between the two, so that answers made together end apart."""
    stale_while_revalidate: float = 30.0
    freshness_limit: float = 120.0
    live_interval: float = 5.0
    """How often the shared instant of reads advances."""
    grace: float = 1.0
    """How long making a fresh answer may take while the one before the change is served."""
    eagerness: float = 1.0
    """β of the early refresh: above 1 refreshes earlier, 0 never."""

    @property
    def tolerance(self) -> float:
        """The greatest age of an answer whose data has changed."""
        return self.live_interval + self.grace


class Reason(StrEnum):
    """Why an answer has to be made."""

    FIRST_SEEN = "first_seen"
    EXPIRED = "expired"
    EVICTED = "evicted"
    INVALIDATED = "invalidated"


class Cause(StrEnum):
    """Why a served answer is being made anew."""

    EARLY = "early"
    """It is still good; it is made before it ends, so that nobody has to wait then."""
    EXPIRED = "expired"
    INVALIDATED = "invalidated"


@dataclass(frozen=True, slots=True)
class Serve:
    """Answer with it."""

    stale: bool = False
    """Nothing better can be had: the database is away."""


@dataclass(frozen=True, slots=True)
class ServeAndRefresh:
    """Answer with it and make a fresh one meanwhile."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Miss:
    """Make it first."""

    reason: Reason


Verdict = Serve | ServeAndRefresh | Miss
SERVE = Serve()


def lifetime(policy: Policy, draw: float) -> float:
    """Seconds that a new answer lives.

    Args:
        policy: The bounds; a life never leaves less room below the freshness limit than serving
            stale needs.
        draw: A random number in [0, 1).
    """
    life = policy.ttl_min + (policy.ttl_max - policy.ttl_min) * draw
    return max(0.0, min(life, policy.freshness_limit - policy.stale_while_revalidate))


def retention(policy: Policy, entry: Entry, now: float) -> float:
    """Seconds that Redis should keep an answer: to the freshness limit, when nothing serves it."""
    return entry.at + policy.freshness_limit - now


def surely_good_until(entry: Entry, state: CacheEpoch, policy: Policy) -> float:
    """Until when `decide` certainly says `SERVE` of an answer that is still true as of `state`.

    Lets the hot path compare one number instead of deciding anew: five mean life spans of the
    early refresh's draw before the end, where its probability is still e^-5.
    """
    return min(
        entry.expires - 5.0 * entry.cost * policy.eagerness, state.seconds + policy.tolerance
    )


def refreshes_early(entry: Entry, policy: Policy, now: float, draw: float) -> bool:
    """XFetch: refresh at `now` with a probability that grows as the end of the life comes near.

    `now - cost · β · ln(1 - draw) ≥ expires`, from Vattani, Chierichetti, Lowenstein: "Optimal
    Probabilistic Cache Stampede Prevention", VLDB 2015.

    Args:
        entry: An answer that is still good.
        policy: Its `eagerness` is β.
        now: Seconds since 1970.
        draw: A random number in [0, 1).
    """
    return now - entry.cost * policy.eagerness * math.log(1.0 - draw) >= entry.expires


def decide(
    entry: Entry | None,
    state: CacheEpoch,
    now: float,
    policy: Policy,
    *,
    draw: float = 0.0,
    kept_until: float | None = None,
    outage: bool = False,
) -> Verdict:
    """What to do with a request whose answer may be in a cache.

    Args:
        entry: What the cache has; `None` = nothing.
        state: The current instant of reads.
        now: Seconds since 1970 on the clock that `state.at` is of.
        policy: The bounds.
        draw: A random number in [0, 1) for the early refresh.
        kept_until: When the cache was to drop an answer to this request that it was given before;
            `None` = no such answer is known of.
        outage: The database is known to be away, so that a refresh cannot succeed.
    """
    if entry is None:
        return Miss(_why_absent(now, kept_until))
    age = now - entry.at
    if age > policy.freshness_limit:
        return Miss(Reason.EXPIRED)
    if outage:
        return Serve(stale=True)
    unchanged = still_true(entry, state)
    # A state that nobody advanced in time says nothing about the changes since.
    if unchanged and now - state.seconds <= policy.tolerance:
        return _by_life(entry, now, policy, draw)
    turned = unchanged or state.seconds >= entry.boundary
    if age <= policy.tolerance:
        return ServeAndRefresh(Cause.EXPIRED if turned else Cause.INVALIDATED)
    return Miss(Reason.EXPIRED if turned else Reason.INVALIDATED)


def still_true(entry: Entry, state: CacheEpoch) -> bool:
    """Whether an answer is what would be answered as of `state`."""
    return state.seconds < entry.boundary and state.vouches_for(
        entry.stamp, entry.reads, moving=entry.moving
    )


def _why_absent(now: float, kept_until: float | None) -> Reason:
    if kept_until is None:
        return Reason.FIRST_SEEN
    return Reason.EVICTED if now < kept_until else Reason.EXPIRED


def _by_life(entry: Entry, now: float, policy: Policy, draw: float) -> Verdict:
    if now < entry.expires:
        if refreshes_early(entry, policy, now, draw):
            return ServeAndRefresh(Cause.EARLY)
        return SERVE
    if now < entry.expires + policy.stale_while_revalidate:
        return ServeAndRefresh(Cause.EXPIRED)
    return Miss(Reason.EXPIRED)


def may_serve_instead(entry: Entry, now: float, policy: Policy) -> bool:
    """Whether an old answer is better than an error: the answer could not be made."""
    return now - entry.at <= policy.freshness_limit
