"""The goals of the runs; each is one figure with its limit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shopx_tools.simulator.policies.catalogue import NATIVE
from shopx_tools.simulator.run import Result
from shopx_tools.simulator.scenario import Fault, Trouble

Runs = Mapping[str, Sequence[Result]]
"""Results by policy."""

_DATABASE = {Trouble.SLOW_DATABASE, Trouble.LOCK, Trouble.CONNECTIONS, Trouble.REFRESH}

REPORT_WITHIN = 60.0
"""Seconds after the database became slow."""

REVERSALS = 2
"""Changes of direction within ten minutes."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure and its limit; smaller is better."""

    name: str
    value: float
    target: float

    @property
    def met(self) -> bool:
        """Whether the figure is within its limit."""
        return self.value <= self.target

    def __str__(self) -> str:
        """One line for people and scripts."""
        word = "met" if self.met else "short"
        return f"goal {self.name} {self.value:.2f} {self.target:.2f} {word}"


def violation_minutes(results: Iterable[Result]) -> float:
    """Minutes in which the objective was missed, over all runs."""
    return sum(result.score.violation_minutes for result in results)


def pod_minutes(results: Iterable[Result]) -> float:
    """Pods' minutes over all runs."""
    return sum(result.score.pod_minutes for result in results)


def best_baseline(runs: Runs) -> str:
    """The other policy with the least total of minutes missed."""
    return min((name for name in runs if name != NATIVE), key=lambda n: violation_minutes(runs[n]))


def goals(runs: Runs) -> list[Goal]:
    """All goals over a set of runs."""
    ours, best = runs[NATIVE], runs[best_baseline(runs)]
    bound = [result for result in ours if result.scenario.database_bound]
    flushed = [
        result
        for result in ours
        if any(fault.trouble is Trouble.FLUSH for fault in result.scenario.faults)
    ]
    return [
        Goal("violation-minutes", violation_minutes(ours), violation_minutes(best) / 2.0),
        Goal("pod-minutes", pod_minutes(ours), pod_minutes(best)),
        Goal("reversals", float(max(result.score.reversals for result in ours)), float(REVERSALS)),
        Goal("database-bound-pods-added", float(max(map(added, bound), default=0)), 0.0),
        Goal("database-bound-reported", max(map(reported, bound), default=0.0), REPORT_WITHIN),
        Goal("flush-unrecovered", float(sum(not run.score.recovered for run in flushed)), 0.0),
    ]


def added(result: Result) -> int:
    """The most API pods added during a database fault."""
    return max((result.score.added_during(f.start, f.end) for f in _troubles(result)), default=0)


def reported(result: Result) -> float:
    """Seconds from the first database fault until it was reported; infinite = never."""
    start = min(fault.start for fault in _troubles(result))
    found = [at - start for at in result.score.bottleneck_at if at > start]
    return min(found, default=float("inf"))


def _troubles(result: Result) -> list[Fault]:
    return [fault for fault in result.scenario.faults if fault.trouble in _DATABASE]
