"""What the observed values mean, derived once for all rules."""

import math
from dataclasses import dataclass, replace

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling.inputs import Observation, ScalingSpec
from shopx_core.scaling.state import Baseline, LoadSample, ScalingState

EXACT_SECONDS = 0.01
"""Times below are shown to a tenth of a millisecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Plausible observed values beside the state of the past."""

    observation: Observation
    spec: ScalingSpec
    state: ScalingState
    now: float
    samples: tuple[LoadSample, ...]
    """The load of the stable window; this observation is the last."""

    @property
    def tuning(self) -> CacheTuning:
        """The tuning in force."""
        return self.state.tuning or self.spec.configured

    @property
    def slow(self) -> bool:
        """p95 exceeds its target."""
        p95 = self.observation.p95
        return p95 is not None and p95 > self.spec.targets.p95

    @property
    def cooldown(self) -> float:
        """Seconds between a step and one in the other direction."""
        return self.spec.behavior.cooldown * self.state.cooldown_factor

    @property
    def near(self) -> bool:
        """p95 is close to its target, or exceeds it."""
        p95, thresholds = self.observation.p95, self.spec.thresholds
        return p95 is not None and p95 > thresholds.near_target_ratio * self.spec.targets.p95

    @property
    def cpu_exhausted(self) -> bool:
        """The pods have no CPU left: more pods are needed, whatever else is done."""
        return (self.observation.cpu or 0.0) >= self.spec.thresholds.cpu_exhausted

    @property
    def cold(self) -> bool:
        """The cache suddenly lost much of its content."""
        o, base = self.observation, self.state.baseline
        if o.hit_ratio is None or base.hit_ratio is None or self.bottleneck or self.settling:
            return False
        return base.hit_ratio - o.hit_ratio >= self.spec.thresholds.hit_ratio_drop

    @property
    def settling(self) -> bool:
        """The database was the bottleneck until recently: queued requests still drain."""
        last = self.state.bottleneck_at
        return last is not None and self.now - last <= self.spec.thresholds.drain_seconds

    @property
    def bottleneck(self) -> str | None:
        """Why the database is the bottleneck; `None` = it is not.

        Database metrics must exceed a multiple of their baseline; a wait for the pool alone says
        nothing about the database. Slow queries count only if they are a relevant part of a
        request's time. Active backends count by themselves, against the number that Little's law
        gives for this query rate at normal query times: that shows a lock whose waiting queries
        have not finished and so are in no latency.
        """
        return self._slow_queries() or self._piled_up()

    def _piled_up(self) -> str | None:
        o, thresholds, base = self.observation, self.spec.thresholds, self.state.baseline
        if o.db_active is None or o.db_active < thresholds.min_backends:
            return None
        normal = base.db_active
        if o.queries is not None and base.query_seconds is not None:
            normal = max(normal or 0.0, o.queries * base.query_seconds)
        if normal is None or o.db_active < thresholds.database_ratio * max(normal, 1.0):
            return None
        return f"{o.db_active:.1f} backends are active, normal is {normal:.1f}"

    def _slow_queries(self) -> str | None:
        o, thresholds, base = self.observation, self.spec.thresholds, self.state.baseline
        symptom = self._symptom
        if symptom is None:
            return None
        if self.connections_exhausted and self.waits_for_pool and o.db_connections is not None:
            return (
                f"{o.db_connections:.0f} of {self.spec.connection_budget} connections are in use,"
                f" and {symptom}"
            )
        if o.query_seconds is None:
            return None
        if base.query_seconds is None:
            limit, normal = thresholds.database_unknown * self.spec.targets.p95, "not known"
        else:
            limit = thresholds.database_ratio * base.query_seconds
            normal = _ms(base.query_seconds)
        if o.query_seconds < max(limit, thresholds.query_min_share * self.spec.targets.p95):
            return None
        return f"a query takes {_ms(o.query_seconds)}, normal is {normal}, and {symptom}"

    @property
    def _symptom(self) -> str | None:
        o = self.observation
        if self.near and o.p95 is not None:
            return f"p95 is {_ms(o.p95)} of {_ms(self.spec.targets.p95)}"
        if self.waits_for_pool and o.pool_wait is not None:
            return f"requests wait {_ms(o.pool_wait)} for a connection"
        share = self.spec.thresholds.query_share * self.spec.targets.p95
        if o.query_seconds is not None and o.query_seconds >= share:
            return f"that is much of {_ms(self.spec.targets.p95)}"
        return None

    @property
    def waits_for_pool(self) -> bool:
        """Requests wait long for a pooled connection."""
        wait = self.observation.pool_wait
        return wait is not None and wait > self.spec.thresholds.pool_wait * self.spec.targets.p95

    @property
    def pods_delayed(self) -> str | None:
        """Why a wait for the pool is caused by the pods themselves; `None` = it is not.

        A process without CPU is late to take a free connection and slow to open one. By Little's
        law, query rate times query time is the number of connections that are really used.
        """
        o, thresholds = self.observation, self.spec.thresholds
        if o.queries and o.query_seconds is None:
            return "the database works on far fewer queries than the pods have started"
        if (
            o.pool_wait
            and o.loop_lag is not None
            and o.loop_lag >= thresholds.loop_lag_ratio * o.pool_wait
        ):
            return f"the pods' event loops run {_ms(o.loop_lag)} late"
        if o.queries is not None and o.query_seconds is not None:
            used, there = o.queries * o.query_seconds, self.tuning.pool * max(1, o.api_reporting)
            if used < thresholds.pool_used * there:
                return f"queries keep {used:.1f} of {there} connections busy"
        return None

    @property
    def connections_exhausted(self) -> bool:
        """The connection budget is nearly used up, by any client."""
        used = self.observation.db_connections
        return (
            used is not None
            and used >= self.spec.thresholds.connections * self.spec.connection_budget
        )

    def mean(self, window: float) -> LoadSample:
        """The load averaged over the last `window` seconds, or this observation alone."""
        recent = [s for s in self.samples if self.now - s.at < window] or [self.samples[-1]]
        return LoadSample(
            self.now,
            sum(s.in_flight for s in recent) / len(recent),
            sum(s.cores for s in recent) / len(recent),
        )


def assess(
    observation: Observation, spec: ScalingSpec, state: ScalingState, now: float
) -> Assessment:
    """Combine a checked observation with the state.

    The load of pods that did not report is unknown. Totals contain only what was reported, so they
    never show more load than was measured.
    """
    cores = (observation.cpu or 0.0) * observation.api_reporting
    samples = tuple(s for s in state.samples if now - s.at < spec.thresholds.stable_window)
    sample = LoadSample(now, observation.in_flight or 0.0, cores)
    return Assessment(
        observation=observation, spec=spec, state=state, now=now, samples=(*samples, sample)
    )


def updated_baseline(assessment: Assessment) -> Baseline:
    """The baselines after this observation; only healthy times change them.

    Exponential averages with `Thresholds.baseline_time_constant`; the first value is taken as it
    is. The hit ratio's average is ten times as fast: only a *sudden* loss means a cold cache.
    """
    o, base, thresholds = (
        assessment.observation,
        assessment.state.baseline,
        assessment.spec.thresholds,
    )
    elapsed = thresholds.interval if base.at is None else max(0.0, assessment.now - base.at)
    new = replace(base, at=assessment.now)
    if o.hit_ratio is not None and not assessment.cold:
        new = replace(
            new,
            hit_ratio=_towards(
                base.hit_ratio, o.hit_ratio, elapsed, thresholds.baseline_time_constant / 10
            ),
        )
    troubled = assessment.slow or assessment.bottleneck or assessment.settling
    if o.p95 is None or troubled or assessment.connections_exhausted:
        return new
    if o.query_seconds is not None:
        new = replace(
            new,
            query_seconds=_towards(
                base.query_seconds, o.query_seconds, elapsed, thresholds.baseline_time_constant
            ),
        )
    if o.db_active is not None:
        new = replace(
            new,
            db_active=_towards(
                base.db_active, o.db_active, elapsed, thresholds.baseline_time_constant
            ),
        )
    return new


def _towards(old: float | None, new: float, elapsed: float, constant: float) -> float:
    return new if old is None else old + (new - old) * (1.0 - math.exp(-elapsed / constant))


def _ms(seconds: float) -> str:
    # Whole milliseconds would hide that 1.7 is not 2.
    return f"{seconds * 1000:.{1 if seconds < EXACT_SECONDS else 0}f} ms"
