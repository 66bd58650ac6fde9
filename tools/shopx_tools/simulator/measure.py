"""What autoscalers see: scraped counters over windows, with the delays and faults of scraping."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from shopx_tools.simulator.pod import BOUNDS, MEMORY, NOTHING, Pod, Snapshot
from shopx_tools.simulator.scenario import Trouble
from shopx_tools.simulator.world import World


class Figures(NamedTuple):
    """One pod, or several, over a window."""

    seconds: float
    cpu: float
    """CPU seconds used."""
    hits: tuple[int, ...]
    misses: tuple[int, ...]
    failed: int
    refused: int


def quantile(share: float, *counts: Sequence[int]) -> float:
    """The quantile of histograms together, as Prometheus's histogram_quantile.

    Linear within a bucket, the last bound beyond it, and not a number without requests.
    """
    together: list[int] = [sum(column) for column in zip(*counts, strict=True)]
    whole = sum(together)
    if not whole:
        return math.nan
    rank, below = share * whole, 0
    for index, count in enumerate(together):
        if below + count >= rank and count:
            if index == len(BOUNDS):
                return BOUNDS[-1]
            lower = BOUNDS[index - 1] if index else 0.0
            return lower + (BOUNDS[index] - lower) * (rank - below) / count
        below += count
    return BOUNDS[-1]


class Lens:
    """Reads a world's metrics; metric faults affect every policy alike."""

    def __init__(self, world: World) -> None:
        self.world = world

    def trouble(self) -> Trouble | None:
        """The current fault of the metrics, if any."""
        for fault in self.world.scenario.faults:
            if fault.trouble in _METRICS and fault.start <= self.world.now < fault.end:
                return fault.trouble
        return None

    def delay(self, every: int = 1) -> int:
        """Seconds since the scrape that is seen now, for one that happens each `every` seconds."""
        now = int(self.world.now)
        for fault in self.world.scenario.faults:
            if fault.trouble is Trouble.METRICS_STUCK and fault.start <= now < fault.end:
                now = int(fault.start)
        return int(self.world.now) - (now - now % every)

    def ready(self) -> list[Pod]:
        """Pods that serve."""
        return [pod for pod in self.world.pods if pod.ready_at <= self.world.now]

    def over(self, pod: Pod, seconds: int, delay: int = 0) -> Figures | None:
        """One pod's counters over a window that ended `delay` seconds ago; `None` = no scrape."""
        end = _snapshot(pod, delay)
        if end is None:
            return None
        begin = _snapshot(pod, delay + seconds) or NOTHING
        lived = min(float(seconds), self.world.now - delay - pod.ready_at)
        return Figures(
            max(lived, 1.0),
            end.cpu - begin.cpu,
            tuple(a - b for a, b in zip(end.hits, begin.hits, strict=True)),
            tuple(a - b for a, b in zip(end.misses, begin.misses, strict=True)),
            end.failed - begin.failed,
            end.refused - begin.refused,
        )

    def in_flight(self, pod: Pod, seconds: int, delay: int = 0) -> float:
        """Requests in work in one pod, the mean of each second's count."""
        found = [_snapshot(pod, delay + back) for back in range(seconds)]
        counts = [snapshot.in_flight for snapshot in found if snapshot is not None]
        return sum(counts) / len(counts) if counts else 0.0


_METRICS = {Trouble.METRICS_MISSING, Trouble.METRICS_NAN, Trouble.METRICS_STUCK}


def _snapshot(pod: Pod, back: int) -> Snapshot | None:
    """A pod's counters some seconds ago; `None` = it did not exist."""
    if back >= min(len(pod.snapshots), MEMORY):
        return None
    return pod.snapshots[-1 - back]
