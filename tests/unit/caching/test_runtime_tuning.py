"""Overrides of the tuning knobs."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.caching.runtime_tuning import apply_overrides
from shopx_core.caching.tuning import KNOBS, CacheTuning

CONFIGURED = CacheTuning(
    ttl_min=30, ttl_max=60, stale_while_revalidate=30, live_interval=5, misses=8
)
LIMIT = 120.0

overridden = partial(apply_overrides, CONFIGURED, freshness_limit=LIMIT, pool_max=20)


def test_without_overrides_the_configuration_holds() -> None:
    assert overridden({}) == (CONFIGURED, ())


@pytest.mark.parametrize(
    ("wanted", "name", "value"),
    [
        ({"live_interval": "10"}, "live_interval", 10),
        ({"live_interval": "0.1"}, "live_interval", 1),
        ({"live_interval": "99"}, "live_interval", 15),
        ({"ttl_min": "50"}, "ttl_min", 50),
        ({"ttl_max": "40", "ttl_min": "55"}, "ttl_min", 40),
        ({"stale_while_revalidate": "3600"}, "stale_while_revalidate", 60),
        ({"pool": "99"}, "pool", 20),
    ],
    ids=["plain", "minimum", "maximum", "ttl", "crossed", "beyond-the-limit", "beyond-the-pool"],
)
def test_an_override_is_clamped(wanted: dict[str, str], name: str, value: float) -> None:
    tuning, refused = overridden(wanted)
    assert getattr(tuning, name) == value
    assert refused == ()


def test_misses_are_a_count() -> None:
    assert overridden({"misses": "3.9"})[0].misses == 3


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "-inf"])
def test_what_is_no_number_changes_nothing_and_is_named(text: str) -> None:
    """A typing error in production must not take the cache down."""
    assert overridden({"live_interval": text, "colour": "1"}) == (
        CONFIGURED,
        ("colour", "live_interval"),
    )


@given(
    st.dictionaries(
        st.sampled_from([*KNOBS, "unknown"]), st.floats().map(str) | st.text(max_size=4)
    )
)
def test_no_override_breaks_a_promise(wanted: dict[str, str]) -> None:
    tuning, _ = overridden(wanted)
    assert tuning.ttl_min <= tuning.ttl_max
    assert tuning.ttl_max + tuning.stale_while_revalidate <= LIMIT
    assert 1 <= tuning.live_interval <= 15
    assert tuning.misses >= 1
