"""What the figures mean, worked out once for all rules."""

import math
from dataclasses import dataclass, replace

from shopx_core.scaling.facts import CacheTuning, Observation, ScalingSpec
from shopx_core.scaling.memory import Baseline, Sample, ScalingState

EXACT_SECONDS = 0.01
"""Times below are told to a tenth of a millisecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Believable figures with what is remembered of the past."""

    observation: Observation
    spec: ScalingSpec
    state: ScalingState
    now: float
    samples: tuple[Sample, ...]
    """The load of the stable window, this observation's last."""

    @property
    def levers(self) -> CacheTuning:
        """As they stand."""
        return self.state.levers or self.spec.levers

    @property
    def slow(self) -> bool:
        """Answers take longer than their target."""
        p95 = self.observation.p95
        return p95 is not None and p95 > self.spec.targets.p95

    @property
    def cooldown(self) -> float:
        """Seconds between a step and one in the other direction."""
        return self.spec.behavior.cooldown * self.state.cooldowns

    @property
    def near(self) -> bool:
        """Answers take nearly as long as their target, or longer."""
        p95, tuning = self.observation.p95, self.spec.tuning
        return p95 is not None and p95 > tuning.near * self.spec.targets.p95

    @property
    def flooded(self) -> bool:
        """The pods have no CPU left: whatever else is done, more of them are needed."""
        return (self.observation.cpu or 0.0) >= self.spec.tuning.flooded

    @property
    def cold(self) -> bool:
        """The cache lost much of its content a moment ago."""
        o, base = self.observation, self.state.baseline
        if o.hit_ratio is None or base.hit_ratio is None or self.bottleneck or self.settling:
            return False
        return base.hit_ratio - o.hit_ratio >= self.spec.tuning.drop

    @property
    def settling(self) -> bool:
        """The database was the bottleneck a moment ago: what piled up comes through now."""
        last = self.state.bottleneck_at
        return last is not None and self.now - last <= self.spec.tuning.settle

    @property
    def bottleneck(self) -> str | None:
        """Why the database is what is slow; `None` = it is not.

        Its own figures must be at a multiple of what is normal here; a wait for the pool alone
        says nothing about the database. Slow queries count when requests feel them, which they do
        not feel of a few milliseconds more in an answer that takes seconds. Active
        backends count by themselves, against what normal query times make of this number of
        queries (Little's law): that shows a lock whose victims have not finished yet, and so are
        in no latency.
        """
        return self._slow_queries() or self._piled_up()

    def _piled_up(self) -> str | None:
        o, tuning, base = self.observation, self.spec.tuning, self.state.baseline
        if o.db_active is None or o.db_active < tuning.least_backends:
            return None
        normal = base.db_active
        if o.queries is not None and base.query_seconds is not None:
            normal = max(normal or 0.0, o.queries * base.query_seconds)
        if normal is None or o.db_active < tuning.database_ratio * max(normal, 1.0):
            return None
        return f"{o.db_active:.1f} backends are at work, normal is {normal:.1f}"

    def _slow_queries(self) -> str | None:
        o, tuning, base = self.observation, self.spec.tuning, self.state.baseline
        hurts = self._hurts
        if hurts is None:
            return None
        if self.exhausted and self.waits_for_pool and o.db_connections is not None:
            return (
                f"{o.db_connections:.0f} of {self.spec.connection_budget} connections are in use,"
                f" and {hurts}"
            )
        if o.query_seconds is None:
            return None
        if base.query_seconds is None:
            limit, normal = tuning.database_unknown * self.spec.targets.p95, "not known"
        else:
            limit = tuning.database_ratio * base.query_seconds
            normal = _ms(base.query_seconds)
        if o.query_seconds < max(limit, tuning.felt * self.spec.targets.p95):
            return None
        return f"a query takes {_ms(o.query_seconds)}, normal is {normal}, and {hurts}"

    @property
    def _hurts(self) -> str | None:
        o = self.observation
        if self.near and o.p95 is not None:
            return f"p95 is {_ms(o.p95)} of {_ms(self.spec.targets.p95)}"
        if self.waits_for_pool and o.pool_wait is not None:
            return f"requests wait {_ms(o.pool_wait)} for a connection"
        share = self.spec.tuning.query_share * self.spec.targets.p95
        if o.query_seconds is not None and o.query_seconds >= share:
            return f"that is much of {_ms(self.spec.targets.p95)}"
        return None

    @property
    def waits_for_pool(self) -> bool:
        """Requests wait for a connection for so long that it hurts."""
        wait = self.observation.pool_wait
        return wait is not None and wait > self.spec.tuning.pool_wait * self.spec.targets.p95

    @property
    def starved(self) -> str | None:
        """Why a wait for the pool is the pods' own delay; `None` = it is not.

        A process without CPU runs late: it takes a connection that has long been free, and is
        slow to open one. By Little's law the queries in work tell how many connections are of use.
        """
        o, tuning = self.observation, self.spec.tuning
        if o.queries and o.query_seconds is None:
            return "the database works on far fewer queries than the pods have begun"
        if o.pool_wait and o.loop_lag is not None and o.loop_lag >= tuning.late * o.pool_wait:
            return f"the pods themselves run {_ms(o.loop_lag)} late"
        if o.queries is not None and o.query_seconds is not None:
            used, there = o.queries * o.query_seconds, self.levers.pool * max(1, o.api_reporting)
            if used < tuning.pool_used * there:
                return f"queries keep {used:.1f} of {there} connections busy"
        return None

    @property
    def exhausted(self) -> bool:
        """The connection budget is nearly used up, by whomever."""
        used = self.observation.db_connections
        return (
            used is not None and used >= self.spec.tuning.connections * self.spec.connection_budget
        )

    def mean(self, window: float) -> Sample:
        """The load averaged over the last `window` seconds; this observation at least."""
        recent = [s for s in self.samples if self.now - s.at < window] or [self.samples[-1]]
        return Sample(
            self.now,
            sum(s.in_flight for s in recent) / len(recent),
            sum(s.cores for s in recent) / len(recent),
        )


def assess(
    observation: Observation, spec: ScalingSpec, state: ScalingState, now: float
) -> Assessment:
    """Put a gated observation beside the past.

    The load of pods that did not report is unknown: figures that are totals count only what was
    reported, so they never ask for more than there is reason to.
    """
    cores = (observation.cpu or 0.0) * observation.api_reporting
    samples = tuple(s for s in state.samples if now - s.at < spec.tuning.stable_window)
    sample = Sample(now, observation.in_flight or 0.0, cores)
    return Assessment(
        observation=observation, spec=spec, state=state, now=now, samples=(*samples, sample)
    )


def learned(situation: Assessment) -> Baseline:
    """The baselines after this observation: healthy times move them slowly.

    Exponential averages over `Tuning.memory` seconds; the first value counts whole. The hit ratio
    forgets ten times as fast, because a cold cache is told by a *sudden* loss.
    """
    o, base, tuning = situation.observation, situation.state.baseline, situation.spec.tuning
    elapsed = tuning.tick if base.at is None else max(0.0, situation.now - base.at)
    new = replace(base, at=situation.now)
    if o.hit_ratio is not None and not situation.cold:
        new = replace(
            new, hit_ratio=_towards(base.hit_ratio, o.hit_ratio, elapsed, tuning.memory / 10)
        )
    troubled = situation.slow or situation.bottleneck or situation.settling
    if o.p95 is None or troubled or situation.exhausted:
        return new
    if o.query_seconds is not None:
        new = replace(
            new,
            query_seconds=_towards(base.query_seconds, o.query_seconds, elapsed, tuning.memory),
        )
    if o.db_active is not None:
        new = replace(new, db_active=_towards(base.db_active, o.db_active, elapsed, tuning.memory))
    return new


def _towards(old: float | None, new: float, elapsed: float, constant: float) -> float:
    return new if old is None else old + (new - old) * (1.0 - math.exp(-elapsed / constant))


def _ms(seconds: float) -> str:
    # Twice 1.7 is not told from twice 2 by whole milliseconds.
    return f"{seconds * 1000:.{1 if seconds < EXACT_SECONDS else 0}f} ms"
