"""Scaling on a real cluster: each bottleneck gets its remedy, and the reason is reported.

API pods are capped at a fraction of a core, so that pods add capacity on a small machine; the
windows in the spec are short. Every test begins from the manifest that it needs, in any order.
"""

import base64
import datetime as dt
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shopx_core.scaling import PersistedState, replay
from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl
from tests.support.light import light, merged
from tests.support.load import offered
from tests.support.traffic import READ_FOR_REVENUE, REVENUE, Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(480)]

NAME = "scaled"
TODAY = dt.datetime.now(dt.UTC).date()
# The longest that anything may take on a busy machine of two cores.
PATIENCE = 240

_LOCK = """
import os, sys, time, psycopg
with psycopg.connect(os.environ["SHOPX_DATABASE_DSN"]) as connection:
    connection.execute("lock table " + sys.argv[1] + " in access exclusive mode")
    print("locked", flush=True)
    sys.stdin.read()
"""
_ENQUEUE = """
from shopx_core.jobs import RefreshView
from shopx_core.settings import Settings
from shopx_workers.app import make_app
from shopx_workers.queue import enqueue
app = make_app(Settings.from_env())
for _ in range(6):
    enqueue(app, RefreshView(name="mv_product_pairs"))
"""
# What one of the product's answers takes must be over the least target that a manifest may have.
_PAGE = """query Page($p: PeriodInput) {
  sales(period: $p) {
    kpis { metric value }
    customers: breakdown(by: CUSTOMER, first: 100) { nodes { label } }
  }
}"""


def manifest(host: str, **more: Any) -> dict[str, Any]:
    """A dashboard that scales between one and three small pods."""
    spec = light(
        host,
        environment="development",
        demo={"orders": 3000, "liveOrdersPerMinute": 120},
        api={
            "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "150m"}},
            "autoscaling": {
                "min": 1,
                "max": 3,
                "targets": {"p95Latency": "800ms"},
                "behavior": {"cooldown": "10s", "scaleDownStabilization": "20s"},
            },
        },
    )
    del spec["auth"]
    return merged(spec, more)


class Scaled:
    """The dashboard, as its platform engineer sees it."""

    def __init__(self, kubectl: Kubectl, port: int) -> None:
        self.kubectl = kubectl
        self.host = f"{kubectl.namespace}.localhost"
        self.site = Site(self.host, port)

    def asks_for(self, **more: Any) -> None:
        """Apply the manifest, changed so, and wait until its least pods serve.

        The stored state of scaling is removed, because only two changes of direction are allowed in
        ten minutes: those of the tests before must not count.
        """
        self.kubectl("delete", "configmap", f"{NAME}-scaling", "--ignore-not-found")
        self.kubectl.apply(dashboard(manifest(self.host, **more), NAME))
        self.kubectl.until_settled(NAME, PATIENCE)
        answers = lambda: self.site.request("GET", "/readyz").status == 200  # noqa: E731 -- asked again
        self.kubectl.until("the ingress serves it", answers, PATIENCE)
        least = more.get("api", {}).get("autoscaling", {}).get("min", 1)
        self.kubectl.until("it is small", lambda: self.pods() == least, PATIENCE)

    def pods(self, part: str = "api") -> int:
        """Pods asked for."""
        found = self.kubectl.get("deployment", f"{NAME}-{part}")
        assert found is not None
        count: int = found["spec"]["replicas"]
        return count

    def memory(self) -> PersistedState:
        """What scaling remembers."""
        found = self.kubectl.get("configmap", f"{NAME}-scaling")
        if found is None:
            return PersistedState()
        return PersistedState.from_bytes(base64.b64decode(found["binaryData"]["memory"]))

    def rules(self) -> set[str]:
        """The rules of the kept decisions."""
        return {record.decision.rule.value for record in self.memory().records}

    def hit_ratio(self) -> float:
        """Of the last kept decision that knows it."""
        known = [record.observation.hit_ratio for record in self.memory().records]
        return next(ratio for ratio in reversed(known) if ratio is not None)

    def asked(
        self, number: int, *, days: int = 30, fresh: bool = False, query: str = REVENUE
    ) -> bool:
        """Ask for one of some ranges that end today."""
        first = TODAY - dt.timedelta(days=1 + number % days)
        period = {"days": {"from": first.isoformat(), "to": TODAY.isoformat()}}
        body = {"query": query, "variables": {"p": period}}
        control: dict[str, Any] = {"Cache-Control": "no-cache"} if fresh else {}
        answer = self.site.request("POST", "/graphql", body, **control)
        return answer.status == 200

    @contextmanager
    def locked(self, *tables: str) -> Iterator[None]:
        """Lock tables against reads until the block ends."""
        with self.kubectl.python(f"deploy/{NAME}-fold", _LOCK, ", ".join(tables)) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "locked"
            yield


@pytest.fixture(scope="module")
def scaled(shared: Kubectl, port: int) -> Scaled:
    made = Scaled(shared, port)
    made.asks_for()
    return made


def test_a_busy_api_gets_pods_and_gives_them_back(
    scaled: Scaled, measured: Callable[[str], None]
) -> None:
    """App-bound: exact answers, which are not shared; more than one pod computes them."""
    scaled.asks_for()
    began = time.monotonic()
    with offered(lambda number: scaled.asked(number, fresh=True), 25) as load:
        scaled.kubectl.until("a pod is added", lambda: scaled.pods() > 1, PATIENCE)
        grown = time.monotonic() - began

        def fast_again() -> bool:
            found = scaled.kubectl.get("adash", NAME) or {}
            latency = found.get("status", {}).get("latency", {})
            ready = found.get("status", {}).get("api", {}).get("ready", 0)
            return ready > 1 and float(latency.get("p95Milliseconds", "inf")) < 800

        scaled.kubectl.until("p95 is under its target again", fast_again, PATIENCE)
    most = scaled.pods()
    ended = time.monotonic()
    scaled.kubectl.until("the pods go again", lambda: scaled.pods() == 1, PATIENCE)
    measured(
        f"app-bound: {most} pods, the first after {grown:.0f} s, p95 {load.p95(200) * 1000:.0f} ms"
        f" with them, gone {time.monotonic() - ended:.0f} s after the load"
    )
    assert "AppBound" in scaled.rules()
    assert all(replay(record) == record.decision for record in scaled.memory().records)


def test_a_locked_database_gets_no_pods_and_is_named(
    scaled: Scaled, measured: Callable[[str], None]
) -> None:
    """DB-bound: the condition says it with figures, and ends with its cause."""
    scaled.asks_for(
        api={
            "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "200m"}},
            "autoscaling": {"targets": {"p95Latency": "300ms"}},
        }
    )
    with offered(lambda number: scaled.asked(number, fresh=True), 12):

        def known() -> bool:
            baseline = scaled.memory().state.baseline
            return baseline.query_seconds is not None and baseline.db_active is not None

        scaled.kubectl.until("normal times are known", known, PATIENCE)
        with scaled.locked(*READ_FOR_REVENUE):
            began = time.monotonic()
            condition = scaled.kubectl.until_condition(NAME, "DatabaseBottleneck", "True", PATIENCE)
            reported = time.monotonic() - began
            pods = scaled.pods()
            assert any(character.isdigit() for character in condition["message"])
            time.sleep(15)  # more decisions, under the same lock
            assert scaled.pods() <= pods
        scaled.kubectl.until_condition(NAME, "DatabaseBottleneck", "False", PATIENCE)
    measured(
        f"DB-bound: reported after {reported:.0f} s, {pods} pods: {condition['message'][:110]}"
    )


def test_misses_tune_the_cache_and_add_no_pod(
    scaled: Scaled, measured: Callable[[str], None]
) -> None:
    """Miss-bound: open periods are computed each second until the live interval grows."""
    scaled.asks_for(
        cache={"liveInterval": "1s", "warm": {"top": 0}},
        api={
            # Slow pods that are busy get help: these are to be slow and idle.
            "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "500m"}},
            "autoscaling": {"targets": {"p95Latency": "10ms", "hitRatio": 97, "cpu": 95}},
        },
    )
    # Fewer than seven a second would be too few for a decision by latency.
    with offered(lambda number: scaled.asked(number, days=25, query=_PAGE), 8):

        def turned() -> Any:
            tuning = scaled.memory().state.tuning
            return tuning and tuning.live_interval > 1 and tuning

        scaled.kubectl.until("the cache is tuned", turned, PATIENCE)
        before = scaled.hit_ratio()

        def better() -> bool:
            found = scaled.kubectl.get("adash", NAME) or {}
            ratio = found.get("status", {}).get("cache", {}).get("hitRatio")
            return ratio is not None and float(ratio) > before + 0.1

        scaled.kubectl.until("more is answered from cache", better, PATIENCE)
        assert scaled.pods() == 1
    tuning = scaled.memory().state.tuning
    assert tuning is not None
    measured(
        f"miss-bound: live interval 1 → {tuning.live_interval:g} s, hit ratio from {before:.2f}"
    )


def test_workers_follow_their_queue_down_to_none(scaled: Scaled) -> None:
    """They come for the jobs that wait, and go two minutes after the last."""
    # From nothing: ten minutes have room for two changes of direction, up and down.
    scaled.asks_for(workers={"replicas": 0})
    scaled.asks_for(workers={"concurrency": 1, "autoscaling": {"min": 0, "max": 2}})
    assert scaled.pods("workers") == 0
    with scaled.locked("matview_refreshes"):
        scaled.kubectl("exec", f"deploy/{NAME}-api", "--", "python", "-c", _ENQUEUE)
        scaled.kubectl.until("workers come", lambda: scaled.pods("workers") == 2, PATIENCE)
    scaled.kubectl.until("and go", lambda: scaled.pods("workers") == 0, PATIENCE)


def test_without_figures_nothing_changes(scaled: Scaled) -> None:
    """A blackout: a Prometheus that is not there. It is reported, and no pod is removed."""
    scaled.asks_for(api={"autoscaling": {"min": 2}})
    data_missing = manifest(scaled.host, monitoring={"prometheusUrl": "http://127.0.0.1:1"})
    scaled.kubectl.apply(dashboard(data_missing, NAME))
    condition = scaled.kubectl.until_condition(NAME, "DatabaseBottleneck", "Unknown", PATIENCE)
    assert condition["reason"] == "Blind"
    time.sleep(30)  # longer than the window after which pods would go
    assert scaled.pods() == 2


def test_an_operator_that_is_killed_goes_on_from_its_memory(
    scaled: Scaled, system: Kubectl
) -> None:
    scaled.asks_for()
    with offered(lambda number: scaled.asked(number, fresh=True), 25):
        scaled.kubectl.until("a pod is added", lambda: scaled.pods() > 1, PATIENCE)
        kept = scaled.memory()
        system("delete", "pod", "-l", "app.kubernetes.io/name=shopx-operator", "--force")

        def goes_on() -> bool:
            found = scaled.memory()
            return found.records != kept.records or found.state != kept.state

        scaled.kubectl.until("it goes on", goes_on, PATIENCE)
        after = scaled.memory()
        assert after.state.api.events[: len(kept.state.api.events)] == kept.state.api.events
        assert after.records[: len(kept.records)] == kept.records
        assert scaled.pods() > 1
    system("rollout", "status", "deployment/shopx-operator", "--timeout=120s", timeout=130)


def test_pods_of_an_hpa_are_left_alone(scaled: Scaled) -> None:
    scaled.asks_for()
    scaled.kubectl.apply(
        dashboard(manifest(scaled.host, api={"autoscaling": {"mode": "hpa"}}), NAME)
    )
    there = lambda: scaled.kubectl.get("hpa", f"{NAME}-api")  # noqa: E731 -- asked again
    scaled.kubectl.until("it has an HPA", there)
    # As the HPA's controller would; without metrics it does nothing itself.
    scaled.kubectl("scale", f"deployment/{NAME}-api", "--replicas=3")
    time.sleep(30)  # six decisions
    assert scaled.pods() == 3


def test_kubectl_adash_says_why(scaled: Scaled) -> None:
    """The plugin, through kubectl itself: the timeline replays."""
    scaled.asks_for()
    scaled.kubectl.until("something was decided", lambda: scaled.memory().records, PATIENCE)
    said = subprocess.run(
        [
            *("kubectl", "adash", "explain", NAME, "-n", scaled.kubectl.namespace),
            *("--context", scaled.kubectl.context),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.returncode == 0, said.stderr
    assert "decisions replayed to the same result" in said.stdout
