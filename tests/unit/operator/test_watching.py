"""What is known of the cluster: the cache, what it missed, and when its watches are stale."""

from typing import Any

from shopx_operator.manifests import names
from shopx_operator.manifests.kinds import BY_NAME, DASHBOARD, WATCHED
from shopx_operator.runtime.client import ApiClient
from shopx_operator.runtime.handlers import settings
from shopx_operator.runtime.informer import Informer
from shopx_operator.runtime.reflector import reflect
from shopx_operator.runtime.watch_lag import STALE_SECONDS, WatchLag

OWNER = ("shop", "sales")


def child(
    kind: str = "Service", name: str = "sales-api", version: str = "1", of: str = "sales"
) -> dict[str, Any]:
    return {
        "kind": kind,
        "metadata": {
            "namespace": "shop",
            "name": name,
            "resourceVersion": version,
            "labels": {names.LABEL_INSTANCE: of},
            "managedFields": [{"a": 1}],
        },
    }


def dashboard(name: str = "sales") -> dict[str, Any]:
    return {
        "kind": "AnalyticsDashboard",
        "metadata": {"namespace": "shop", "name": name, "resourceVersion": "1"},
    }


class Listing:
    """An API server that lists what it is given."""

    def __init__(self, *objects: dict[str, Any]) -> None:
        self.objects = objects

    async def all_of(self, kind: Any, _: Any, __: Any = None) -> list[dict[str, Any]]:
        return [{"metadata": one["metadata"]} for one in self.objects if one["kind"] == kind.name]


async def relisted(cache: Informer, *objects: dict[str, Any]) -> set[Any]:
    kubernetes: ApiClient = Listing(*objects)  # type: ignore[assignment] # what it needs of one
    return await reflect(kubernetes, cache, [None])


def test_children_are_found_by_their_dashboard() -> None:
    cache = Informer()
    cache.put(child())
    cache.put(child("Pod", "sales-api-1"))
    cache.put(child("Service", "other-api", of="other"))
    seen = cache.observed(OWNER)
    assert set(seen.objects) == {("Service", "sales-api")}
    assert [pod["metadata"]["name"] for pod in seen.pods] == ["sales-api-1"]
    assert "managedFields" not in seen.objects["Service", "sales-api"]["metadata"]
    assert cache.forget(child()) == OWNER
    cache.forget(child("Pod", "sales-api-1"))
    assert cache.observed(OWNER).objects == {}
    assert cache.forget(child()) is None, "twice is fine"


def test_a_child_that_changes_hands_is_nobody_elses_any_more() -> None:
    cache = Informer()
    cache.put(child())
    cache.put(child(of="other"))
    assert cache.observed(OWNER).objects == {}
    assert set(cache.observed(("shop", "other")).objects) == {("Service", "sales-api")}


async def test_at_the_start_everything_is_learnt_before_anything_is_decided() -> None:
    cache = Informer()
    await relisted(cache, dashboard(), child(), child("Pod", "p"))
    assert cache.dashboards() == [OWNER]
    assert ("Service", "sales-api") in cache.observed(OWNER).objects
    assert len(cache.observed(OWNER).pods) == 1
    assert cache.observed(OWNER).objects["Service", "sales-api"]["kind"] == "Service"


async def test_what_went_while_a_watch_was_interrupted_is_noticed() -> None:
    """No watch reports the deletion, and the child would never come back."""
    cache = Informer()
    await relisted(cache, dashboard(), child(), child("Job", "kept"))
    assert await relisted(cache, dashboard(), child("Job", "kept")) == {OWNER}
    assert set(cache.observed(OWNER).objects) == {("Job", "kept")}
    assert await relisted(cache, child("Job", "kept")) == {OWNER}
    assert cache.dashboards() == []


async def test_what_appears_during_a_listing_is_not_taken_for_gone() -> None:
    cache = Informer()
    cache.put(child(version="1"))
    before = cache.versions("Service", None)
    cache.put(child(version="2"))
    ((place, version),) = before.items()
    assert cache.drop("Service", place, version) is None
    assert ("Service", "sales-api") in cache.observed(OWNER).objects


def test_a_watch_that_owes_something_for_long_is_stale() -> None:
    lag = WatchLag()
    lag.compare({OWNER: "2"}, {OWNER: "1"}, now=0)
    assert not lag.is_stale(now=STALE_SECONDS)
    assert lag.is_stale(now=STALE_SECONDS + 1)


def test_a_watch_that_is_a_moment_late_is_not() -> None:
    lag = WatchLag()
    for now in range(0, 600, 20):
        # Something else is owed each time.
        lag.compare({OWNER: str(now)}, {OWNER: str(now - 20)}, now=now)
        assert not lag.is_stale(now=now)
    lag.compare({OWNER: "600"}, {OWNER: "600"}, now=600)
    assert not lag.is_stale(now=9999)


def test_a_removal_that_is_not_told_counts_too() -> None:
    lag = WatchLag()
    lag.compare({}, {OWNER: "1"}, now=0)
    lag.compare({}, {OWNER: "1"}, now=60)
    assert lag.is_stale(now=STALE_SECONDS + 1)


def test_a_silent_watch_is_ended_and_begun_anew() -> None:
    """The API server sends a bookmark each minute; kopf's own default is to wait for ever."""
    watching = settings().watching
    assert watching.inactivity_timeout is not None
    assert 60 < watching.inactivity_timeout < STALE_SECONDS
    assert watching.server_timeout is not None
    assert watching.client_timeout is not None
    assert watching.server_timeout < watching.client_timeout < 600


def test_paths() -> None:
    deployment = BY_NAME["Deployment"]
    assert deployment.path("shop", "a", "scale") == (
        "/apis/apps/v1/namespaces/shop/deployments/a/scale"
    )
    assert BY_NAME["Secret"].path("shop", "a") == "/api/v1/namespaces/shop/secrets/a"
    assert DASHBOARD.path(None) == "/apis/analytics.shopx.io/v1beta1/analyticsdashboards"
    assert len({kind.name for kind in WATCHED}) == len(WATCHED)
