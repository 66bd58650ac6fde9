"""What the status reports of an external Redis."""

from typing import Any

import pytest

from shopx_core.caching.runtime_tuning import RedisAccess, WriteResult
from shopx_operator.autoscaling.notifications import PUBLISH_SECONDS, redis_report
from tests.support.cluster import Cluster
from tests.support.rendering import SECRETS

THEIRS: dict[str, Any] = {
    "cache": {"redis": {"external": {"secretRef": {"name": "redis", "key": "url"}}}}
}
WRONG = WriteResult(RedisAccess.REFUSED, "invalid username-password pair or user is disabled")
AWAY = WriteResult(RedisAccess.UNREACHED, "Timeout connecting to server")
GRANTED = WriteResult(RedisAccess.GRANTED)


@pytest.mark.parametrize(
    ("tried", "cache", "degraded", "parts"),
    [
        (None, ("True", "External"), ("False", "AsExpected"), ()),
        (GRANTED, ("True", "External"), ("False", "AsExpected"), ()),
        (
            WRONG,
            ("False", "Refused"),
            ("True", "CacheRefused"),
            (WRONG.reason, "the key 'url' of the Secret 'redis'", "correct and slower"),
        ),
        (
            AWAY,
            ("Unknown", "NotReached"),
            ("False", "AsExpected"),
            (AWAY.reason, "the key 'url' of the Secret 'redis'", "the cache is not tuned"),
        ),
    ],
    ids=["not asked", "fine", "refused", "not reached"],
)
def test_what_it_answers_is_told(
    tried: WriteResult | None,
    cache: tuple[str, str],
    degraded: tuple[str, str],
    parts: tuple[str, ...],
) -> None:
    """What, where and what to do, and nothing of the URL but where it is."""
    cluster = Cluster()
    cluster.running(THEIRS)
    cluster.redis = tried
    cluster.reconcile(THEIRS)
    assert cluster.condition("CacheReady") == cache
    assert cluster.condition("Degraded") == degraded
    assert cluster.condition("Available") == ("True", "Serving")
    refused = degraded[0] == "True"
    assert cluster.condition("Ready") == (
        ("False", "CacheRefused") if refused else ("True", "Serving")
    )
    message = cluster.message("CacheReady")
    for part in parts:
        assert part in message
    assert SECRETS["redis"]["url"] not in message

    cluster.redis = GRANTED
    cluster.reconcile(THEIRS)
    assert cluster.condition("CacheReady") == ("True", "External")
    assert cluster.condition("Degraded") == ("False", "AsExpected")


def test_of_the_bundled_one_its_pod_tells() -> None:
    cluster = Cluster()
    cluster.running()
    cluster.redis = AWAY
    cluster.reconcile()
    assert cluster.condition("CacheReady") == ("True", "Serving")


def test_a_change_is_told_at_once_and_other_words_at_times() -> None:
    """A name that is found elsewhere at each try is no news each five seconds."""
    first = redis_report(None, WRONG, 0.0)
    assert first is not None
    other = WriteResult(RedisAccess.REFUSED, "this user has no permissions")
    assert redis_report(first, WRONG, 2 * PUBLISH_SECONDS) is first
    assert redis_report(first, other, PUBLISH_SECONDS - 1) is first
    later = redis_report(first, other, PUBLISH_SECONDS)
    assert later is not None
    assert later.result is other
    away = redis_report(first, AWAY, 1.0)
    assert away is not None
    assert away.result is AWAY
    assert redis_report(first, None, 1.0) is None
