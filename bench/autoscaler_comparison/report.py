"""The results of a comparison, as figures and as a plot: pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from autoscaler_comparison.load import Sample, Stretch
from autoscaler_comparison.pod_counts import Pods
from autoscaler_comparison.policies import DOWN_SECONDS, LEAST, MOST, TARGET_SECONDS, Policy

from shopx_tools.simulator.svg import drawn

WINDOW = 5
"""Seconds of a window of the plots."""
HEAD = """# Scaling on a cluster, side by side

One run of `python -m shopx_tools.kind_cluster compare` on {day}: a kind cluster on a machine with
2 cores, one dashboard after the other, each from {least} to {most} API pods of 150 m CPU with a
PostgreSQL of at most 400 m, the same requests from vegeta through the ingress, the same bounds, and
a scale-down window of {down} s. metrics-server, KEDA and Prometheus run all the time. The target:
p95 of {target} ms.

{policies}

"""


@dataclass(frozen=True, slots=True)
class Phase:
    """One kind of load."""

    name: str
    about: str
    exact: bool
    """Whether every answer is computed, past all caches."""
    stretches: tuple[Stretch, ...]

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return sum(stretch.seconds for stretch in self.stretches)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One phase under one policy."""

    policy: Policy
    phase: Phase
    began: float
    samples: tuple[Sample, ...]
    pods: Pods
    reported: float | None
    """Seconds from the first lock to `DatabaseBottleneck=True`; `None` = never True."""

    @property
    def ended(self) -> float:
        """When it was over."""
        return self.began + self.phase.seconds


def p95(samples: Sequence[Sample]) -> float:
    """In seconds; a failed request counts with the time until it failed."""
    ordered = sorted(sample.seconds for sample in samples)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def failed(samples: Sequence[Sample]) -> float:
    """The share of requests that were not answered."""
    return sum(not sample.good for sample in samples) / len(samples)


def missed(outcome: Outcome) -> int:
    """Seconds of windows in which over 5 % of the requests were over the target, or failed."""
    return WINDOW * sum(
        1
        for window in _windows(outcome)
        if window
        and sum(not one.good or one.seconds > TARGET_SECONDS for one in window) > 0.05 * len(window)
    )


def _windows(outcome: Outcome) -> list[list[Sample]]:
    found: list[list[Sample]] = [[] for _ in range(outcome.phase.seconds // WINDOW)]
    for sample in outcome.samples:
        at = int((sample.at - outcome.began) / WINDOW)
        if 0 <= at < len(found):
            found[at].append(sample)
    return found


def row(outcome: Outcome) -> str:
    """A line of the table."""
    samples, pods = outcome.samples, outcome.pods
    reported = "-" if outcome.reported is None else f"{outcome.reported:.0f} s"
    cells = (
        *(outcome.phase.name, outcome.policy.name, f"{len(samples)}"),
        f"{p95(samples) * 1000:.0f}",
        f"{missed(outcome)}",
        f"{failed(samples):.1%}",
        f"{pods.minutes(outcome.began, outcome.ended):.1f}",
        f"{pods.most(outcome.began, outcome.ended)}",
        reported,
    )
    return "| " + " | ".join(cells) + " |"


def table(outcomes: Sequence[Outcome]) -> str:
    """The figures of all."""
    head = (
        *("phase", "policy", "requests", "p95 ms", "s missed", "failed", "pod minutes"),
        *("most pods", "bottleneck reported"),
    )
    rule = ["---", "---", *(["---:"] * (len(head) - 2))]
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join(rule) + " |"]
    ordered = sorted(outcomes, key=lambda one: one.phase.name)
    return "\n".join([*lines, *map(row, ordered)])


def page(outcomes: Sequence[Outcome], phases: Sequence[Phase], plots: Sequence[str]) -> str:
    """The whole report, without a person's conclusions.

    Args:
        outcomes: Of all phases under all policies.
        phases: The loads.
        plots: The names of the plots' files.
    """
    policies = {one.policy.name: one.policy.about for one in outcomes}
    head = HEAD.format(
        day=dt.datetime.now(dt.UTC).date(),
        least=LEAST,
        most=MOST,
        down=DOWN_SECONDS,
        target=f"{TARGET_SECONDS * 1000:.0f}",
        policies="\n".join(f"- **{name}**: {about}" for name, about in policies.items()),
    )
    asked = "\n".join(f"- **{phase.name}**: {phase.about}" for phase in phases)
    missing = (
        f"`s missed`: seconds of {WINDOW}-second windows in which over 5 % of the requests were"
        " slower than the target or failed. Pod minutes count the pods requested."
    )
    shown = "\n".join(f"![{name}]({name})" for name in plots)
    return f"{head}{asked}\n\n{table(outcomes)}\n\n{missing}\n\n{shown}\n"


def plot(phase: Phase, outcomes: Sequence[Outcome]) -> str:
    """Load, pods and slow requests of all policies in one phase, as SVG."""
    shown = [one for one in outcomes if one.phase == phase]
    load = [float(one.rate) for one in phase.stretches for _ in range(one.seconds)]
    panels = [
        ("requests per second", [load], 1),
        ("API pods requested", [_pods(one) for one in shown], 1),
        ("p95 of the requests sent, ms", [_slowness(one) for one in shown], WINDOW),
    ]
    names = [one.policy.name for one in shown]
    return drawn(f"{phase.name}: {phase.about}", names, panels, phase.seconds)


def _pods(outcome: Outcome) -> list[float]:
    ends = outcome.began + outcome.phase.seconds
    held = outcome.pods.between(outcome.began, ends)
    counts = [float(count) for seconds, count in held for _ in range(round(seconds))]
    return (counts + counts[-1:] * outcome.phase.seconds)[: outcome.phase.seconds]


def _slowness(outcome: Outcome) -> list[float]:
    return [p95(window) * 1000 if window else 0.0 for window in _windows(outcome)]
