"""Edits of every component of a dashboard, and what each does to what runs on a cluster."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.kubectl import Kubectl
from tests.support.light import LITTLE

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
    assert live.env("api")["SHOPX_REPORTING_LANGUAGE"] == "de"


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
    assert env["SHOPX_API_MISS_WAIT"] == "2.0"
    assert env["SHOPX_API_MAX_COST"] == "900"
    assert env["SHOPX_API_MAX_DEPTH"] == "11"
    assert live.container("api")["resources"]["limits"] == {"cpu": "1500m", "memory": "600Mi"}
    (pod, _) = pods
    assert pod["metadata"]["labels"]["tier"] == "front"
    assert env["TEAM"] == "front"
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


def _columns(live: Live) -> None:
    read, built = live.env("api"), live.env("columns")
    assert (read["SHOPX_COLUMNS_MEMORY"], read["SHOPX_COLUMNS_ROOM"]) == ("128", "921")
    # Half of the container's limit; two cores are the setting's own default.
    assert (built["SHOPX_COLUMNS_MEMORY"], built["SHOPX_COLUMNS_INTERVAL"]) == ("350", "1800.0")
    assert "SHOPX_COLUMNS_THREADS" not in built
    assert live.container("columns")["resources"]["limits"]["memory"] == "700Mi"
    assert live.pod("columns")["metadata"]["labels"]["tier"] == "back"
    for component in ("api", "columns"):
        volumes = live.pod(component)["spec"]["volumes"]
        assert {"name": "columns", "emptyDir": {"sizeLimit": "1Gi"}} in volumes


def _refresh(live: Live) -> None:
    job = live.get("cronjob", "refresh-customer-rfm")["spec"]
    assert job["schedule"] == "3 4 * * *"
    (container,) = job["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"][-1] == "--blocking"
    job = live.get("cronjob", "partitions")["spec"]
    (container,) = job["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"][-2:] == ["--ahead", "5"]
    assert live.env("workers")["SHOPX_PARTITIONS_AHEAD"] == "5"
    assert live.env("workers")["SHOPX_IMPORTS_KEEP_DAYS"] == "2"
    assert live.env("api")["SHOPX_IMPORTS_MAX_BYTES"] == str(1024**3)
    (temporary,) = (one for one in live.pod("workers")["spec"]["volumes"] if one["name"] == "tmp")
    assert temporary["emptyDir"]["sizeLimit"] == "3Gi"


def _database(live: Live) -> None:
    assert live.sql("show work_mem") == "12MB"
    assert live.sql("show max_connections") == "68"
    assert live.container("database")["resources"]["limits"]["memory"] == "900Mi"
    assert live.pod("database")["metadata"]["labels"]["tier"] == "data"


def _pods(live: Live) -> None:
    for component in ("api", "workers", "fold", "columns", "redis", "database"):
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


def _traces(live: Live) -> None:
    for component in ("api", "workers"):
        assert live.env(component)["SHOPX_TRACES_ENDPOINT"] == "http://otel:4318"
        assert live.env(component)["SHOPX_TRACES_PERCENT"] == "7.0"
    assert "SHOPX_TRACES_ENDPOINT" not in live.env("fold")


def _log_level(live: Live) -> None:
    for component in ("api", "workers", "fold", "columns"):
        assert live.env(component)["SHOPX_LOG_LEVEL"] == "WARNING"


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


EDITS = (
    Edit(
        "reporting",
        {
            "reporting": {
                "timezone": "Europe/Berlin",
                "currency": "GBP",
                "weekStart": "Sunday",
                "language": "de",
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
                        "resources": LITTLE | {"limits": {"memory": "96Mi"}},
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
                "limits": {"concurrentMisses": 6, "missWait": "2s", "maxCost": 900, "maxDepth": 11},
                "resources": LITTLE | {"limits": {"cpu": "1500m", "memory": "600Mi"}},
                "podTemplate": {
                    "env": {"TEAM": "front"},
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
                "resources": LITTLE | {"limits": {"memory": "900Mi"}},
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
                "resources": LITTLE | {"limits": {"memory": "300Mi"}},
                "podTemplate": {"labels": {"tier": "back"}},
            }
        },
        _fold,
    ),
    Edit(
        "columns",
        {
            "columns": {
                "enabled": True,
                "interval": "30m",
                "memory": "128Mi",
                "threads": 2,
                "storage": {"size": "1Gi"},
                "resources": LITTLE | {"limits": {"memory": "700Mi"}},
                "podTemplate": {"labels": {"tier": "back"}},
            }
        },
        _columns,
    ),
    Edit(
        "refresh, partitions and imports",
        {
            "refresh": {
                "views": [
                    {"name": "mv_customer_rfm", "schedule": "3 4 * * *", "concurrently": False}
                ]
            },
            "partitions": {"ahead": 5},
            "imports": {"maxFileSize": "1Gi", "storage": "3Gi", "keepDays": 2},
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
                    "resources": LITTLE | {"limits": {"memory": "900Mi"}},
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
        "traces",
        {"monitoring": {"traces": {"endpoint": "http://otel:4318", "percent": 7}}},
        _traces,
    ),
    Edit("log level", {"monitoring": {"logLevel": "WARNING"}}, _log_level),
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
