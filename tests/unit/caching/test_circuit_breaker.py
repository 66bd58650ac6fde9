"""When a failing server is left alone."""

from shopx_core.caching.circuit_breaker import CircuitBreaker


def test_a_timeline_of_trouble() -> None:
    """Two slow replies are nothing; the third opens; each failed try doubles the pause."""
    breaker = CircuitBreaker(threshold=3, pause=0.1, longest_pause=0.5)
    breaker = breaker.failed(0.0).failed(0.0)
    assert breaker.open_until is None
    breaker = breaker.failed(1.0)
    assert breaker.open_until == 1.1
    assert breaker.wait(1.0) > 0
    assert breaker.wait(1.2) == 0
    breaker = breaker.failed(2.0)
    assert breaker.open_until == 2.2
    for _ in range(50):
        breaker = breaker.failed(3.0)
    assert breaker.open_until == 3.5
    assert breaker.succeeded() == CircuitBreaker(threshold=3, pause=0.1, longest_pause=0.5)


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = CircuitBreaker(threshold=2).failed(0.0).succeeded().failed(0.0)
    assert breaker.open_until is None


def test_a_lost_connection_opens_at_once() -> None:
    assert CircuitBreaker(threshold=3).broke(5.0).open_until == 5.1
