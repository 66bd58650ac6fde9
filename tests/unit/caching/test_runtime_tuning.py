"""Turning the levers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.caching.policy import Policy
from shopx_core.caching.runtime_tuning import BOUNDS, RuntimeTuning, with_tuning

BASE = RuntimeTuning(
    policy=Policy(
        ttl_min=30, ttl_max=60, stale_while_revalidate=30, freshness_limit=120, live_interval=5
    ),
    misses=8,
)


def test_without_levers_the_configuration_holds() -> None:
    assert with_tuning(BASE, {}) == (BASE, ())


@pytest.mark.parametrize(
    ("wanted", "name", "value"),
    [
        ({"live_interval": "10"}, "live_interval", 10),
        ({"live_interval": "0.1"}, "live_interval", 1),
        ({"live_interval": "99"}, "live_interval", 15),
        ({"ttl_min": "50"}, "ttl_min", 50),
        ({"ttl_max": "40", "ttl_min": "55"}, "ttl_min", 40),
        ({"stale_while_revalidate": "3600"}, "stale_while_revalidate", 60),
    ],
    ids=["plain", "least", "greatest", "ttl", "crossed", "beyond-the-limit"],
)
def test_a_lever_is_cut_to_what_may_be(wanted: dict[str, str], name: str, value: float) -> None:
    levers, refused = with_tuning(BASE, wanted)
    assert getattr(levers.policy, name) == value
    assert refused == ()


def test_misses_are_a_count() -> None:
    assert with_tuning(BASE, {"misses": "3.9"})[0].misses == 3


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "-inf"])
def test_what_is_no_number_changes_nothing_and_is_named(text: str) -> None:
    """A typing error in production must not take the cache down."""
    assert with_tuning(BASE, {"live_interval": text, "colour": "1"}) == (
        BASE,
        ("colour", "live_interval"),
    )


@given(
    st.dictionaries(
        st.sampled_from([*BOUNDS, "unknown"]), st.floats().map(str) | st.text(max_size=4)
    )
)
def test_no_hash_of_levers_breaks_a_promise(wanted: dict[str, str]) -> None:
    levers, _ = with_tuning(BASE, wanted)
    policy = levers.policy
    assert policy.ttl_min <= policy.ttl_max
    assert policy.ttl_max + policy.stale_while_revalidate <= policy.freshness_limit
    assert policy.freshness_limit == BASE.policy.freshness_limit
    assert 1 <= policy.live_interval <= 15
    assert levers.misses >= 1
