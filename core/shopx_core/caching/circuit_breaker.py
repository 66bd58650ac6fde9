"""When to stop calling a failing server, and when to try again."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """Closed while calls succeed, open after `threshold` failures in a row, retried after a pause.

    Immutable: each method returns the next state.
    """

    threshold: int = 3
    pause: float = 0.1
    """Seconds that it stays open the first time; doubled after each failed try."""
    longest_pause: float = 2.0
    failures: int = 0
    """Failures since the last success."""
    open_until: float | None = None
    """Seconds on the caller's clock; `None` = closed."""

    def succeeded(self) -> "CircuitBreaker":
        """A call succeeded."""
        if self.failures == 0 and self.open_until is None:
            return self
        return replace(self, failures=0, open_until=None)

    def failed(self, now: float) -> "CircuitBreaker":
        """A call failed or took too long."""
        failures = self.failures + 1
        if failures < self.threshold:
            return replace(self, failures=failures)
        pause = min(self.longest_pause, self.pause * 2 ** min(failures - self.threshold, 30))
        return replace(self, failures=failures, open_until=now + pause)

    def broke(self, now: float) -> "CircuitBreaker":
        """The connection was lost: open at once."""
        return replace(self, failures=max(self.failures, self.threshold - 1)).failed(now)

    def wait(self, now: float) -> float:
        """Seconds until the next try is due; 0 = now."""
        return 0.0 if self.open_until is None else max(0.0, self.open_until - now)
