"""Every field of the spec, edited on a dashboard that serves, has its effect in what runs."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from shopx_core.resource.rules import Resource
from shopx_core.resource.v1alpha1 import DashboardSpec
from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl, KubectlError
from tests.support.light import light, merged
from tests.support.visitors import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

NAME = "shop"


@dataclass(frozen=True, slots=True)
class Live:
    """The dashboard's children and pods, as the cluster has them now."""

    kubectl: Kubectl

    def get(self, kind: str, part: str) -> dict[str, Any]:
        """One child."""
        found = self.kubectl.get(kind, f"{NAME}-{part}")
        assert found is not None, f"there is no {kind} {NAME}-{part}"
        return found

    def pods(self, component: str) -> list[dict[str, Any]]:
        """The running pods of a component."""
        selector = f"app.kubernetes.io/instance={NAME},app.kubernetes.io/component={component}"
        return [
            pod
            for pod in self.kubectl.all_of("pods", selector)
            if not pod["metadata"].get("deletionTimestamp")
        ]

    def pod(self, component: str) -> dict[str, Any]:
        """One running pod of a component."""
        return self.pods(component)[0]

    def container(self, component: str) -> dict[str, Any]:
        """The container of a running pod."""
        found: dict[str, Any] = self.pod(component)["spec"]["containers"][0]
        return found

    def env(self, component: str) -> dict[str, str]:
        """What a running container reads."""
        return {one["name"]: one.get("value", "") for one in self.container(component)["env"]}

    def exec(self, component: str, *words: str) -> str:
        """Run something in a running pod."""
        return self.kubectl("exec", self.pod(component)["metadata"]["name"], "--", *words).strip()

    def sql(self, query: str) -> str:
        """Ask the database."""
        psql = ("psql", "-h", "/var/run/shopx", "-U", "postgres", "-d", "shopx", "-Atc")
        return self.exec("database", *psql, query)


@dataclass(frozen=True, slots=True)
class Edit:
    """The fields of one component, and what they do."""

    id: str
    spec: dict[str, Any]
    effect: Callable[[Live], None]


def _reporting(live: Live) -> None:
    assert live.get("cronjob", "partitions")["spec"]["timeZone"] == "Europe/Berlin"
    assert live.sql("select timezone, currency, week_start from reporting") == "Europe/Berlin|GBP|7"
    assert live.env("api")["SHOPX_REPORTING_TIMEZONE"] == "Europe/Berlin"


def _cache(live: Live) -> None:
    env = live.env("api")
    assert (env["SHOPX_CACHE_TTL_MIN"], env["SHOPX_CACHE_TTL_MAX"]) == ("40.0", "50.0")
    assert env["SHOPX_CACHE_STALE_WHILE_REVALIDATE"] == "20.0"
    assert env["SHOPX_CACHE_FRESHNESS_LIMIT"] == "180.0"
    assert env["SHOPX_CACHE_LIVE_INTERVAL"] == "2.0"
    assert env["SHOPX_CACHE_WARM"] == "5"


def _redis(live: Live) -> None:
    container = live.container("redis")
    assert container["args"][container["args"].index("--maxmemory") + 1] == str(48 * 1024**2)
    assert container["resources"]["limits"]["memory"] == "96Mi"
    assert live.pod("redis")["metadata"]["labels"]["tier"] == "cache"


def _api(live: Live) -> None:
    pods = live.pods("api")
    assert len(pods) == 2
    env = live.env("api")
    assert env["SHOPX_DATABASE_POOL_SIZE"] == "4"
    assert env["SHOPX_API_MAX_CONCURRENT_MISSES"] == "6"
    assert env["SHOPX_API_MAX_COST"] == "900"
    assert env["SHOPX_API_MAX_DEPTH"] == "11"
    assert live.container("api")["resources"]["limits"] == {"cpu": "1500m", "memory": "600Mi"}
    (pod, _) = pods
    assert pod["metadata"]["labels"]["tier"] == "front"
    assert pod["metadata"]["annotations"]["example.com/note"] == "by hand"
    assert pod["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert {"key": "dedicated", "operator": "Exists"} in pod["spec"]["tolerations"]
    assert "podAntiAffinity" in pod["spec"]["affinity"]
    assert pod["spec"]["serviceAccountName"] == "mine"
    assert pod["spec"]["priorityClassName"] == "shopx-e2e"
    assert pod["spec"]["hostname"] == "front"


def _workers(live: Live) -> None:
    assert len(live.pods("workers")) == 2
    assert live.env("workers")["SHOPX_WORKERS_CONCURRENCY"] == "3"
    assert live.container("workers")["resources"]["limits"]["memory"] == "900Mi"
    assert live.pod("workers")["metadata"]["labels"]["tier"] == "back"


def _fold(live: Live) -> None:
    assert live.env("fold")["SHOPX_FOLD_INTERVAL"] == "0.5"
    assert live.container("fold")["resources"]["limits"]["memory"] == "300Mi"
    assert live.pod("fold")["metadata"]["labels"]["tier"] == "back"


def _refresh(live: Live) -> None:
    job = live.get("cronjob", "refresh-customer-rfm")["spec"]
    assert job["schedule"] == "3 4 * * *"
    (container,) = job["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"][-1] == "--blocking"
    job = live.get("cronjob", "partitions")["spec"]
    (container,) = job["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"][-2:] == ["--ahead", "5"]
    assert live.env("workers")["SHOPX_PARTITIONS_RETAIN"] == "36"


def _database(live: Live) -> None:
    assert live.sql("show work_mem") == "12MB"
    assert live.sql("show max_connections") == "68"
    assert live.container("database")["resources"]["limits"]["memory"] == "900Mi"
    assert live.pod("database")["metadata"]["labels"]["tier"] == "data"


def _pods(live: Live) -> None:
    for component in ("api", "workers", "scheduler", "fold", "redis", "database"):
        pod = live.pod(component)
        assert pod["metadata"]["labels"]["team"] == "sales"
        assert pod["metadata"]["annotations"]["example.com/cost"] == "4711"
        assert pod["spec"]["imagePullSecrets"] == [{"name": "registry"}]
        assert pod["spec"]["containers"][0]["imagePullPolicy"] == "Never"


def _monitoring(live: Live) -> None:
    assert live.kubectl.get("configmap", f"{NAME}-grafana") is None
    monitor = live.get("servicemonitor", "api")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["endpoints"][0]["interval"] == "30s"
    assert live.kubectl.get("prometheusrule", NAME) is None


def _network(live: Live) -> None:
    (rule,) = live.get("networkpolicy", "api")["spec"]["ingress"]
    assert {"namespaceSelector": {"matchLabels": {"name": "edge"}}} in rule["from"]


def _ingress(live: Live) -> None:
    made = live.get("ingress", "api")
    assert made["metadata"]["annotations"]["projectcontour.io/num-retries"] == "2"
    assert made["spec"]["ingressClassName"] == "contour"
    (rule,) = made["spec"]["rules"]
    assert rule["host"] == f"new-{live.kubectl.namespace}.localhost"
    found = live.kubectl.get("adash", NAME)
    assert found is not None
    assert found["status"]["url"] == f"http://new-{live.kubectl.namespace}.localhost"


def _demo(live: Live) -> None:
    assert live.pod("trickle")["status"]["phase"] == "Running"
    live.kubectl.until(
        "demo orders are there", lambda: int(live.sql("select count(*) from orders")) >= 300
    )


LIMIT = {"requests": {"cpu": "10m", "memory": "64Mi"}}
EDITS = (
    Edit(
        "reporting",
        {
            "reporting": {
                "timezone": "Europe/Berlin",
                "currency": "GBP",
                "weekStart": "Sunday",
            }
        },
        _reporting,
    ),
    Edit(
        "cache",
        {
            "cache": {
                "ttl": {"min": "40s", "max": "50s"},
                "staleWhileRevalidate": "20s",
                "freshnessLimit": "3m",
                "liveInterval": "2s",
                "warm": {"top": 5},
            }
        },
        _cache,
    ),
    Edit(
        "redis",
        {
            "cache": {
                "redis": {
                    "bundled": {
                        "maxMemory": "48Mi",
                        "resources": LIMIT | {"limits": {"memory": "96Mi"}},
                        "podTemplate": {"labels": {"tier": "cache"}},
                    }
                }
            }
        },
        _redis,
    ),
    Edit(
        "api",
        {
            "api": {
                "replicas": 2,
                "poolSize": 4,
                "limits": {"concurrentMisses": 6, "maxCost": 900, "maxDepth": 11},
                "resources": LIMIT | {"limits": {"cpu": "1500m", "memory": "600Mi"}},
                "podTemplate": {
                    "labels": {"tier": "front"},
                    "annotations": {"example.com/note": "by hand"},
                    "nodeSelector": {"kubernetes.io/os": "linux"},
                    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
                    "affinity": {
                        "podAntiAffinity": {
                            "preferredDuringSchedulingIgnoredDuringExecution": [
                                {
                                    "weight": 1,
                                    "podAffinityTerm": {
                                        "topologyKey": "kubernetes.io/hostname",
                                        "labelSelector": {"matchLabels": {"tier": "front"}},
                                    },
                                }
                            ]
                        }
                    },
                    "serviceAccountName": "mine",
                    "priorityClassName": "shopx-e2e",
                    "overrides": {"spec": {"hostname": "front"}},
                },
            }
        },
        _api,
    ),
    Edit(
        "workers",
        {
            "workers": {
                "replicas": 2,
                "concurrency": 3,
                "resources": LIMIT | {"limits": {"memory": "900Mi"}},
                "podTemplate": {"labels": {"tier": "back"}},
            }
        },
        _workers,
    ),
    Edit(
        "fold",
        {
            "fold": {
                "interval": "500ms",
                "resources": LIMIT | {"limits": {"memory": "300Mi"}},
                "podTemplate": {"labels": {"tier": "back"}},
            }
        },
        _fold,
    ),
    Edit(
        "refresh and partitions",
        {
            "refresh": {
                "views": [
                    {"name": "mv_customer_rfm", "schedule": "3 4 * * *", "concurrently": False}
                ]
            },
            "partitions": {"ahead": 5, "retain": 36},
        },
        _refresh,
    ),
    Edit(
        "database",
        {
            "database": {
                "connectionBudget": 60,
                "bundled": {
                    "parameters": {"work_mem": "12MB"},
                    "resources": LIMIT | {"limits": {"memory": "900Mi"}},
                    "podTemplate": {"labels": {"tier": "data"}},
                },
            }
        },
        _database,
    ),
    Edit(
        "all pods",
        {
            "podTemplate": {
                "labels": {"team": "sales"},
                "annotations": {"example.com/cost": "4711"},
            },
            "images": {"pullPolicy": "Never", "pullSecrets": ["registry"]},
        },
        _pods,
    ),
    Edit(
        "monitoring",
        {
            "monitoring": {
                "serviceMonitor": {"interval": "30s", "labels": {"release": "prometheus"}},
                "prometheusRule": False,
                "grafanaDashboard": False,
            }
        },
        _monitoring,
    ),
    Edit(
        "network policy",
        {
            "networkPolicy": {
                "ingressFrom": [{"namespaceSelector": {"matchLabels": {"name": "edge"}}}]
            }
        },
        _network,
    ),
    Edit(
        "ingress",
        {
            "ingress": {
                "host": "new-{namespace}.localhost",
                "className": "contour",
                "annotations": {"projectcontour.io/num-retries": "2"},
            }
        },
        _ingress,
    ),
    Edit(
        "demo",
        {
            "environment": "development",
            "demo": {"orders": 300, "randomSeed": 3, "liveOrdersPerMinute": 6},
        },
        _demo,
    ),
)
PROMETHEUS = {"servicemonitors": "ServiceMonitor", "prometheusrules": "PrometheusRule"}


def _crd(group: str, plural: str, kind: str) -> dict[str, Any]:
    """A CustomResourceDefinition of somebody else's, which takes anything."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


@pytest.fixture(scope="module")
def neighbours(cluster: Kubectl) -> Iterator[None]:
    """What a cluster with monitoring has, and a priority class."""
    crds = [_crd("monitoring.coreos.com", *names) for names in PROMETHEUS.items()]
    cluster.apply(*crds)
    priority = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": "shopx-e2e"},
        "value": 10,
    }
    cluster.apply(priority)
    yield
    cluster("delete", "priorityclass", "shopx-e2e")
    cluster("delete", "crd", *(crd["metadata"]["name"] for crd in crds))


@pytest.fixture(scope="module")
def base(shared: Kubectl, neighbours: None) -> Kubectl:  # noqa: ARG001 -- has to be there before
    """A dashboard that serves, before it is edited."""
    shared("create", "serviceaccount", "mine")
    shared.apply(dashboard(light(f"{shared.namespace}.localhost"), NAME))
    shared.until_settled(NAME, seconds=240)
    return shared


@pytest.fixture(scope="module")
def live(base: Kubectl, measured: Callable[[str], None]) -> Live:
    """The dashboard after all edits, settled."""
    spec = light()
    for edit in EDITS:
        spec = merged(spec, edit.spec)
    spec["ingress"]["host"] = f"new-{base.namespace}.localhost"
    began = time.monotonic()
    base.apply(dashboard(spec, NAME))
    base.until_settled(NAME, seconds=240)
    measured(f"edit of {len(EDITS)} components → settled: {time.monotonic() - began:.1f} s")
    # Pods of the last settings finish what they began.
    base.until(
        "only new pods are left",
        lambda: (
            not [pod for pod in base.all_of("pods") if pod["metadata"].get("deletionTimestamp")]
        ),
    )
    return Live(base)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.id)
def test_edit(live: Live, edit: Edit) -> None:
    edit.effect(live)


def _leaves(model: type[Resource], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        here = f"{path}{field.alias or name}"
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
        groups = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Resource)]
        if groups and name not in ("resources", "tolerations", "views"):
            yield from _leaves(groups[0], f"{here}.")
        else:
            yield here


NOT_HERE = {
    "version": "test_upgrades",
    "images.app": "test_upgrades",
    "images.postgres": "the chart's own",
    "images.redis": "the chart's own",
    "deletionPolicy": "test_removal",
    "suspend": "below",
    "restartedAt": "below",
    "size": "tests/unit/resource",
    "auth": "below; proxies in tests/unit/operator",
    "api.autoscaling": "below",
    "workers.autoscaling": "below",
    "database.bundled.storage": "below",
    "database.bundled.instances": "more than one is refused",
    "database.external": "tests/unit/operator",
    "database.cloudNativePG": "tests/unit/operator",
    "cache.redis.external": "tests/unit/operator",
    "gateway": "tests/unit/operator",
    "ingress.path": "/ alone is of use to the pages",
    "ingress.tls": "tests/unit/operator",
    "monitoring.serviceMonitor.enabled": "tests/unit/operator",
    "monitoring.prometheusUrl": "tests/integration/operator",
    "networkPolicy.enabled": "tests/unit/operator",
    "podTemplate": "as the components' own",
    "workers.podTemplate": "as the API's",
    "fold.podTemplate": "as the API's",
    "database.bundled.podTemplate": "as the API's",
    "cache.redis.bundled.podTemplate": "as the API's",
}
"""Fields with the place that tests them, or the reason why none does here."""


def test_no_field_is_forgotten() -> None:
    """Each field of the spec is edited here or named as tested elsewhere."""

    def given(spec: Any, path: str = "") -> set[str]:
        if not isinstance(spec, dict):
            return {path}
        below = {found for key, value in spec.items() for found in given(value, f"{path}.{key}")}
        return below | {path}

    edited = {path.lstrip(".") for edit in EDITS for path in given(edit.spec)} | NOT_HERE.keys()
    forgotten = [
        leaf
        for leaf in _leaves(DashboardSpec)
        if leaf not in edited and not any(leaf.startswith(f"{one}.") for one in NOT_HERE)
    ]
    assert forgotten == []


def test_reading_is_closed_and_opened_by_auth(live: Live, port: int) -> None:
    site = Site(f"new-{live.kubectl.namespace}.localhost", port)
    query = {"query": "{ metrics { id } }"}

    def status() -> int:
        return site.request("POST", "/graphql", query).status

    live.kubectl.until("it is served under the new host", lambda: status() == 200)
    live.kubectl.patch("adash", NAME, {"spec": {"auth": {"mode": "token", "public": False}}})
    live.kubectl.until("anonymous readers are refused", lambda: status() == 401)
    token = live.kubectl.secret(f"{NAME}-token", "token")
    assert Site(site.host, port, token).request("POST", "/graphql", query).status == 200


MODES: tuple[dict[str, Any] | None, ...] = (
    {"mode": "native", "min": 1, "max": 4},
    {"mode": "hpa", "min": 1, "max": 4},
    None,
    {"mode": "hpa", "min": 1, "max": 4},
    {"mode": "native", "min": 1, "max": 4},
    {"mode": "keda", "min": 1, "max": 4},
    None,
)


def test_each_switch_of_scaling_mode_keeps_the_replicas(scaled: Kubectl) -> None:
    """Whoever decides from now on begins with the number that is there."""
    for mode in MODES:
        scaled.patch("adash", NAME, {"spec": {"api": {"autoscaling": mode}}})
        wanted = mode is not None and mode["mode"] == "hpa"

        def switched(*, wanted: bool = wanted) -> bool:
            return (scaled.get("hpa", f"{NAME}-api") is not None) == wanted

        scaled.until_condition(NAME, "Ready", "True")
        scaled.until(f"{mode} decides", switched)
        found = scaled.get("deployment", f"{NAME}-api")
        assert found is not None
        assert found["spec"]["replicas"] == 2, mode
    scaled.until_settled(NAME)


@pytest.fixture
def scaled(live: Live) -> Kubectl:
    """The dashboard with two API pods."""
    live.kubectl.patch("adash", NAME, {"spec": {"api": {"replicas": 2, "autoscaling": None}}})
    live.kubectl.until_condition(NAME, "Ready", "True")
    return live.kubectl


def test_kubectl_scale_works(live: Live) -> None:
    live.kubectl("scale", "adash", NAME, "--replicas=1")
    live.kubectl.until("one pod is left", lambda: len(live.pods("api")) == 1)


def test_a_new_restarted_at_replaces_every_pod(live: Live) -> None:
    def names() -> set[str]:
        parts = ("api", "workers", "scheduler", "fold", "redis", "database")
        return {pod["metadata"]["uid"] for part in parts for pod in live.pods(part)}

    before = names()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    live.kubectl.patch("adash", NAME, {"spec": {"restartedAt": now}})
    live.kubectl.until("all pods are new", lambda: not names() & before, seconds=180)
    live.kubectl.until_condition(NAME, "Ready", "True")


def test_suspend_stops_everything_and_brings_it_back(live: Live) -> None:
    rows = live.sql("select count(*) > 0 from orders")
    live.kubectl.patch("adash", NAME, {"spec": {"suspend": True}})
    selector = f"app.kubernetes.io/instance={NAME},app.kubernetes.io/name=shopx"

    def running() -> list[str]:
        return [
            pod["metadata"]["name"]
            for pod in live.kubectl.all_of("pods", selector)
            if pod["status"]["phase"] == "Running"
        ]

    live.kubectl.until("no pod runs", lambda: not running(), seconds=120)
    assert live.kubectl.condition(NAME)["reason"] == "Suspended"
    live.kubectl.patch("adash", NAME, {"spec": {"suspend": False}})
    live.kubectl.until_condition(NAME, "Ready", "True")
    assert live.sql("select count(*) > 0 from orders") == rows == "t"


def test_an_unknown_zone_is_told_and_the_dashboard_serves_on(live: Live) -> None:
    """What admission cannot know, a condition says."""
    live.kubectl.patch("adash", NAME, {"spec": {"reporting": {"timezone": "Mars/Olympus"}}})
    told = live.kubectl.until_condition(NAME, "Degraded", "True")
    assert told["reason"] == "InvalidSpec"
    assert "Mars/Olympus" in told["message"]
    assert live.kubectl.condition(NAME)["status"] == "True"
    live.kubectl.patch("adash", NAME, {"spec": {"reporting": {"timezone": "Europe/Berlin"}}})
    live.kubectl.until_condition(NAME, "Degraded", "False")


def test_storage_that_cannot_grow_is_told_and_nothing_else_stops(live: Live) -> None:
    """This cluster's volumes cannot grow: the status says so, and the dashboard serves on.

    The last of the file, because there is no way back: a spec that says less is refused.
    """
    storage: dict[str, Any] = {"database": {"bundled": {"storage": {"size": "2Gi"}}}}
    live.kubectl.patch("adash", NAME, {"spec": storage})
    told = live.kubectl.until_condition(NAME, "Degraded", "True", seconds=60)
    assert told["reason"] == "ApplyFailed"
    assert "PersistentVolumeClaim" in told["message"]
    assert live.kubectl.condition(NAME)["status"] == "True"
    storage["database"]["bundled"]["storage"]["size"] = "1Gi"
    with pytest.raises(KubectlError, match="cannot shrink"):
        live.kubectl.patch("adash", NAME, {"spec": storage})
