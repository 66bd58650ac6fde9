"""When to leave a failing server alone, and when to try it again."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """Closed while all is well; open after `threshold` failures in a row; tried again later.

    Each method returns the breaker that follows; nothing is changed in place.
    """

    threshold: int = 3
    pause: float = 0.1
    """Seconds that it stays open the first time; doubled at each failed try after that."""
    longest_pause: float = 2.0
    failures: int = 0
    """Failures since the last success."""
    open_until: float | None = None
    """Seconds on the caller's clock; `None` = closed."""

    def succeeded(self) -> "CircuitBreaker":
        """An exchange went well."""
        if self.failures == 0 and self.open_until is None:
            return self
        return replace(self, failures=0, open_until=None)

    def failed(self, now: float) -> "CircuitBreaker":
        """An exchange failed or took too long."""
        failures = self.failures + 1
        if failures < self.threshold:
            return replace(self, failures=failures)
        pause = min(self.longest_pause, self.pause * 2 ** min(failures - self.threshold, 30))
        return replace(self, failures=failures, open_until=now + pause)

    def broke(self, now: float) -> "CircuitBreaker":
        """The connection itself was lost: open at once."""
        return replace(self, failures=max(self.failures, self.threshold - 1)).failed(now)

    def wait(self, now: float) -> float:
        """Seconds until the next try is due; 0 = now."""
        return 0.0 if self.open_until is None else max(0.0, self.open_until - now)
