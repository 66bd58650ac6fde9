"""Rate limits: what a key may take, at once and in the long run."""

import pytest

from shopx_api.auth.rate_limits import Allowance, RateLimits, source_of

TEN = Allowance(rate=10, burst=20)


def test_a_burst_passes_and_then_the_rate() -> None:
    limits = RateLimits(TEN)
    assert [limits.take("a", 100.0) for _ in range(20)] == [0.0] * 20
    assert limits.take("a", 100.0) == pytest.approx(0.1)
    taken = sum(limits.take("a", 100.0 + step / 100) == 0 for step in range(1, 1001))
    assert taken == 100


def test_the_wait_is_what_the_next_call_needs() -> None:
    limits = RateLimits(TEN)
    now = 0.0
    for _ in range(200):
        wait = limits.take("a", now)
        if wait:
            assert limits.take("a", now + wait * 0.99)
            assert not limits.take("a", now + wait + 1e-6)
            now += wait


def test_keys_do_not_share_and_a_gift_back_counts() -> None:
    limits = RateLimits(Allowance(rate=1, burst=1))
    assert limits.take("a", 0.0) == 0
    assert limits.take("b", 0.0) == 0
    assert limits.take("a", 0.0) == pytest.approx(1)
    limits.give_back("a")
    assert limits.left("a", 0.0) == 1
    assert limits.take("a", 0.0) == 0


def test_more_than_a_burst_is_owed() -> None:
    limits = RateLimits(TEN)
    assert limits.take("a", 0.0, 50) == 0
    assert limits.left("a", 0.0) == 0
    assert limits.take("a", 0.0, 1) == pytest.approx(3.1)
    assert limits.take("a", 5.0, 20) == 0


def test_keys_are_bounded() -> None:
    limits = RateLimits(Allowance(rate=1, burst=1), max_keys=3)
    for key in "abcd":
        assert limits.take(key, 0.0) == 0
    assert limits.take("a", 0.0) == 0
    assert limits.take("d", 0.0) > 0


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_a_subscriber_is_one_source(address: str, source: str) -> None:
    assert source_of(address) == source
