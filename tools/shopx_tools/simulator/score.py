"""The score of a run."""

from shopx_tools.simulator.scenario import Product, Scenario

WINDOW = 5
"""Seconds of a window in which the objective is met or missed."""

ALLOWED = 0.05
"""Share of requests that may be slow or fail: the objective is a 95th percentile."""

LATE_JOB = 60.0
"""Seconds after which a waiting job is late."""

REVERSALS_PERIOD = 600
"""Seconds over which changes of direction are counted."""

RECOVERED = 30
"""Seconds without violation after which a run counts as recovered."""


class Score:
    """Counters of a run, by the time at which a request was sent."""

    def __init__(self, scenario: Scenario, product: Product) -> None:
        self._target = scenario.spec.targets.p95
        self._scenario = scenario
        self._timeout = product.timeout
        windows = scenario.seconds // WINDOW + 2
        self._asked = [0] * windows
        self._good = [0] * windows
        self._late = [False] * windows
        self.api: list[int] = []
        """Pods asked for, each second."""
        self.workers: list[int] = []
        self.live: list[float] = []
        """The live interval, each second."""
        self.bottleneck_at: list[float] = []
        """Evaluations that reported the database as the bottleneck, seconds of the run."""

    def asked(self, at: float) -> None:
        """A request was sent."""
        self._asked[int(at) // WINDOW] += 1

    def answered(self, asked: float, latency: float, *, failed: bool = False) -> None:
        """A request was answered."""
        if not failed and latency <= self._target:
            self._good[int(asked) // WINDOW] += 1

    def second(
        self, now: float, *, api: int, workers: int, live_interval: float, oldest_job: float
    ) -> None:
        """Record the state at the end of a second.

        Args:
            now: Seconds of the run.
            api: Requested API pods.
            workers: Requested worker pods.
            live_interval: The live interval in force, in seconds.
            oldest_job: Age of the oldest waiting job, in seconds.
        """
        self.api.append(api)
        self.workers.append(workers)
        self.live.append(live_interval)
        if oldest_job > LATE_JOB:
            self._late[(int(now) - 1) // WINDOW] = True

    def violations(self) -> list[bool]:
        """Whether each window missed the objective; requests never answered count as slow."""
        count = self._scenario.seconds // WINDOW
        return [
            self._late[i] or (self._asked[i] > 0 and 1.0 - self._good[i] / self._asked[i] > ALLOWED)
            for i in range(count)
        ]

    def bad_shares(self) -> list[float]:
        """Share of slow or failed requests in each window."""
        count = self._scenario.seconds // WINDOW
        return [
            1.0 - self._good[i] / self._asked[i] if self._asked[i] else 0.0 for i in range(count)
        ]

    @property
    def violation_minutes(self) -> float:
        """Minutes in which the objective was missed."""
        return sum(self.violations()) * WINDOW / 60.0

    @property
    def pod_minutes(self) -> float:
        """Minutes of pods asked for, API and workers."""
        return (sum(self.api) + sum(self.workers)) / 60.0

    @property
    def reversals(self) -> int:
        """Most changes of direction of the API's pods within ten minutes."""
        reversals: list[int] = []
        last = 0
        for at in range(1, len(self.api)):
            step = self.api[at] - self.api[at - 1]
            if step == 0:
                continue
            sign = 1 if step > 0 else -1
            if last and sign != last:
                reversals.append(at)
            last = sign
        return max(
            (sum(0 <= t - start < REVERSALS_PERIOD for t in reversals) for start in reversals),
            default=0,
        )

    @property
    def recovery(self) -> float | None:
        """Seconds from the trigger to the begin of the first half minute without violation.

        `None` = the scenario has nothing to recover from, or the run ended first: then the whole
        rest of the run was not enough.
        """
        trigger = self._scenario.trigger
        if trigger is None:
            return None
        bad = self.violations()
        need = RECOVERED // WINDOW
        first = int(trigger) // WINDOW
        for start in range(first, len(bad) - need + 1):
            if not any(bad[start : start + need]):
                return max(0.0, start * WINDOW - trigger)
        return float(self._scenario.seconds - trigger)

    @property
    def recovered(self) -> bool:
        """The run's last half minute met the objective."""
        return not any(self.violations()[-RECOVERED // WINDOW :])

    def added_during(self, start: float, end: float) -> int:
        """API pods added between two seconds of the run, over those there were."""
        span = self.api[int(start) : int(end)]
        return max(span) - span[0] if span else 0
