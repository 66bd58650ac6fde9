"""Good and bad AnalyticsDashboard objects: one table for every place that accepts or refuses them.

The Pydantic models and, on a cluster, the API server must agree on each of them, except where
`only_models` says that a schema and CEL cannot know.
"""

from dataclasses import dataclass, field
from typing import Any

from shopx_core.resource.v1beta1 import API_VERSION, KIND


def dashboard(spec: dict[str, Any], name: str = "shop") -> dict[str, Any]:
    """A whole object around a spec."""
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec}


@dataclass(frozen=True, slots=True)
class Case:
    """One object; `refused` is part of the message, `None` when the object is accepted."""

    id: str
    spec: dict[str, Any] = field(default_factory=dict)
    refused: str | None = None
    only_models: bool = False
    name: str = "shop"


DEVELOPMENT = {"environment": "development"}
ROUTE = {"ingress": {"host": "sales.example.com"}}
SECRET = {"secretRef": {"name": "db"}}

CASES = (
    # Accepted.
    Case("empty"),
    Case("backups on a volume", {"backup": {"destination": {"pvc": {}}}}),
    Case(
        "backups in a bucket, and a restore",
        {
            "backup": {
                "destination": {
                    "s3": {
                        "url": "s3://backups/shops",
                        "endpoint": "https://s3.example.com",
                        "secretName": "s3",
                        "encryption": "aws:kms",
                        "kmsKeyId": "alias/shop",
                    }
                },
                "retention": "8w",
                "maxAge": "50h",
            },
            "database": {
                "bundled": {"recovery": {"from": "old", "targetTime": "2026-11-23T10:00:00Z"}}
            },
        },
    ),
    Case(
        "three servers that back up to a bucket",
        {
            "backup": {"destination": {"s3": {"url": "s3://backups", "secretName": "s3"}}},
            "database": {"bundled": {"instances": 3}},
            "cache": {"redis": {"bundled": {"instances": 3}}},
        },
    ),
    Case("development", DEVELOPMENT),
    Case("demo in development", DEVELOPMENT | {"demo": {"orders": 1000}}),
    Case("route in development", DEVELOPMENT | ROUTE),
    Case("route with token", ROUTE | {"auth": {"mode": "token"}}),
    Case("route on purpose public", ROUTE | {"auth": {"public": True}}),
    Case(
        "gateway with proxy",
        {
            "gateway": {"parentRefs": [{"name": "gw"}], "hostnames": ["sales.example.com"]},
            "auth": {"mode": "proxy", "proxy": {"trustedSources": ["10.0.0.0/8", "fd00::/8"]}},
        },
    ),
    Case(
        "gateway over plain HTTP at a port",
        {
            "gateway": {
                "parentRefs": [{"name": "gw"}],
                "hostnames": ["sales.example.com"],
                "scheme": "http",
                "port": 8080,
            },
            "auth": {"public": True},
        },
    ),
    Case(
        "gateway that redirects",
        {
            "gateway": {
                "parentRefs": [{"name": "gw", "sectionName": "https"}],
                "hostnames": ["sales.example.com"],
                "redirect": {"parentRefs": [{"name": "gw", "sectionName": "http"}]},
            },
            "auth": {"public": True},
        },
    ),
    Case(
        "gateway that redirects to itself",
        {
            "gateway": {
                "parentRefs": [{"name": "gw"}],
                "hostnames": ["sales.example.com"],
                "redirect": {},
            },
            "auth": {"public": True},
        },
        "cannot redirect to itself",
    ),
    Case(
        "several hosts, networks, jobs, volumes",
        {
            "ingress": {"host": "a.example.com", "additionalHosts": ["b.example.com"]},
            "auth": {"public": True},
            "networkPolicy": {"databaseNetworks": ["10.20.0.0/16", "fd00::/8"]},
            "jobs": {"resources": {"limits": {"memory": "1Gi"}}},
            "podTemplate": {
                "volumes": [{"name": "fonts", "configMap": {"name": "fonts"}}],
                "volumeMounts": [{"name": "fonts", "mountPath": "/fonts"}],
            },
        },
    ),
    Case(
        "quantities with exponents",
        {"api": {"resources": {"requests": {"cpu": "5e-1"}, "limits": {"memory": "1.5e9"}}}},
    ),
    Case("external database", {"database": {"external": SECRET}}),
    Case(
        "external database with its key and a read-only role",
        {
            "database": {
                "external": {
                    "secretRef": {"name": "db", "key": "url"},
                    "readOnlySecretRef": {"name": "db", "key": "reader"},
                }
            }
        },
    ),
    Case(
        "external servers of a private authority",
        {
            "database": {"external": SECRET | {"caSecretRef": {"name": "authority"}}},
            "cache": {
                "redis": {
                    "external": {
                        "secretRef": {"name": "redis"},
                        "caSecretRef": {"name": "authority", "key": "redis.crt"},
                    }
                }
            },
        },
    ),
    Case("CloudNativePG", {"database": {"cloudNativePG": {"clusterName": "pg"}}}),
    Case(
        "reads of CloudNativePG's replicas",
        {"database": {"cloudNativePG": {"clusterName": "pg"}, "reads": "Replicas"}},
    ),
    Case(
        "reads of bundled replicas",
        {"database": {"bundled": {"instances": 2}, "reads": "Replicas"}},
    ),
    Case(
        "reads of external replicas",
        {
            "database": {
                "external": SECRET | {"replicaAddress": "ro.test:6432"},
                "reads": "Replicas",
            }
        },
    ),
    Case("external redis", {"cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}}}),
    Case(
        "shared redis",
        {
            "cache": {
                "redis": {"external": {"secretRef": {"name": "redis"}, "keyPrefix": "team:sales:"}}
            }
        },
    ),
    Case("one TTL", {"cache": {"ttl": {"min": "45s", "max": "45s"}}}),
    Case("TTL in minutes", {"cache": {"ttl": {"min": "0m30s", "max": "1m"}}}),
    Case(
        "freshness exactly TTL and stale",
        {"cache": {"freshnessLimit": "90s", "staleWhileRevalidate": "30s"}},
    ),
    Case("live interval in milliseconds", {"cache": {"liveInterval": "1500ms"}}),
    Case("storage grows by class", {"database": {"bundled": {"storage": {"className": "ssd"}}}}),
    Case("parameters", {"database": {"bundled": {"parameters": {"work_mem": "32MB"}}}}),
    Case("CPU as a number", {"api": {"resources": {"requests": {"cpu": 1}, "limits": {"cpu": 2}}}}),
    Case("autoscaling by default", {"api": {"autoscaling": {}}, "workers": {"autoscaling": {}}}),
    Case("medium, autoscaling", {"size": "medium", "api": {"autoscaling": {"mode": "hpa"}}}),
    Case("large, autoscaling", {"size": "large", "api": {"autoscaling": {"mode": "keda"}}}),
    Case(
        "the budget used up: (5 + 1) x 5 + 1 x 2 + 6",
        {"api": {"replicas": 5}, "database": {"bundled": {}, "connectionBudget": 38}},
    ),
    Case(
        "a columnar replica with the budget used up: (5 + 1) x (5 + 2) + 1 x 2 + 6 + 1",
        {
            "api": {"replicas": 5},
            "database": {"bundled": {}, "connectionBudget": 51},
            "columns": {"enabled": True, "interval": "10m"},
        },
    ),
    Case(
        "a columnar replica with the memory used up: 256Mi + 300Mi",
        {
            "api": {"resources": {"limits": {"memory": "556Mi"}}},
            "columns": {
                "enabled": True,
                "memory": "300Mi",
                "threads": 4,
                "storage": {"size": "2Gi", "className": "fast"},
            },
        },
    ),
    Case(
        "a small memory limit, and no word about the columnar replica",
        {"api": {"resources": {"limits": {"memory": "300Mi"}}}},
    ),
    Case("no columnar replica", {"columns": {"enabled": False, "storage": {"size": "512Mi"}}}),
    Case("view schedule", {"refresh": {"views": [{"name": "rfm", "schedule": "5,35 * * * *"}]}}),
    Case("cron names", {"refresh": {"views": [{"name": "rfm", "schedule": "0 5 1 JAN MON-FRI"}]}}),
    Case("cron steps", {"refresh": {"views": [{"name": "rfm", "schedule": "*/15 8-18/2 * * *"}]}}),
    Case("time zone", {"reporting": {"timezone": "America/Argentina/Buenos_Aires"}}),
    Case("reports to Slack alone", {"reports": {}}),
    Case(
        "reports",
        {
            "reports": {
                "smtp": {
                    "host": "smtp.example.org",
                    "port": 465,
                    "tls": "implicit",
                    "from": "reports@example.org",
                    "username": "reports",
                    "secretRef": {"name": "smtp"},
                },
                "webhooks": {"secretRef": {"name": "webhooks"}, "permitted": ["10.0.0.0/8"]},
            }
        },
    ),
    Case("restart", {"restartedAt": "2026-11-23T10:00:00Z"}),
    Case(
        "pod template",
        {
            "podTemplate": {
                "nodeSelector": {"kubernetes.io/arch": "amd64"},
                "tolerations": [{"key": "spot", "operator": "Exists"}],
                "affinity": {"nodeAffinity": {"anything": [{"goes": 1}]}},
                "overrides": {"spec": {"dnsPolicy": "Default"}},
            }
        },
    ),
    Case("image with digest", {"images": {"app": "registry.example.com:5000/shopx@sha256:0a"}}),
    Case("suspended", {"suspend": True, "api": {"replicas": 0}}),
    Case("longest name", name="a" * 40),
    # Refused.
    Case("backups nowhere", {"backup": {"destination": {}}}, "exactly one of s3 and pvc"),
    Case(
        "backups of an external database",
        {"database": {"external": SECRET}, "backup": {"destination": {"pvc": {}}}},
        "is for database.bundled",
    ),
    Case("a restore without backups", {"database": {"bundled": {"recovery": {}}}}, "needs backup"),
    Case(
        "an archive of one's own beside backups",
        {
            "backup": {"destination": {"pvc": {}}},
            "database": {"bundled": {"parameters": {"archive_command": "true"}}},
        },
        "leave out archive_command",
    ),
    Case(
        "backups that are too old at once",
        {"backup": {"destination": {"pvc": {}}, "maxAge": "5m"}},
        "backup.maxAge: must lie within",
    ),
    Case(
        "a key of KMS without KMS",
        {
            "backup": {
                "destination": {"s3": {"url": "s3://backups", "secretName": "s3", "kmsKeyId": "k"}}
            }
        },
        "needs encryption: aws:kms",
    ),
    Case("unknown field", {"cahce": {}}, "unknown field; did you mean cache?"),
    Case("unknown nested field", {"cache": {"tll": {}}}, "spec.cache.tll"),
    Case("two databases", {"database": {"bundled": {}, "external": SECRET}}, "exactly one of"),
    Case("no database", {"database": {"connectionBudget": 60}}, "exactly one of"),
    Case("external without secret", {"database": {"external": {}}}, "secretRef"),
    Case(
        "a prefix that an ACL reads as a pattern",
        {"cache": {"redis": {"external": {"secretRef": {"name": "redis"}, "keyPrefix": "team*:"}}}},
        "keyPrefix",
    ),
    Case(
        "two kinds of redis",
        {"cache": {"redis": {"bundled": {}, "external": {"secretRef": {"name": "r"}}}}},
        "exactly one of",
    ),
    Case("no redis", {"cache": {"redis": {}}}, "exactly one of"),
    Case("TTL too short", {"cache": {"ttl": {"min": "29s"}}}, "ttl.min: must lie within 30s"),
    Case("TTL too long", {"cache": {"ttl": {"max": "61s"}}}, "ttl.max: must lie within 30s"),
    Case("TTL bounds crossed", {"cache": {"ttl": {"min": "50s", "max": "40s"}}}, "min must not"),
    Case("TTL without unit", {"cache": {"ttl": {"min": "30"}}}, "spec.cache.ttl.min"),
    Case("live interval of a minute", {"cache": {"liveInterval": "60s"}}, "within 1s and 15s"),
    Case("live interval of zero", {"cache": {"liveInterval": "0s"}}, "within 1s and 15s"),
    Case(
        "freshness below TTL and stale", {"cache": {"freshnessLimit": "80s"}}, "at least ttl.max +"
    ),
    Case("stale for a day", {"cache": {"staleWhileRevalidate": "24h"}}, "staleWhileRevalidate"),
    Case(
        "autoscaling bounds crossed",
        {"api": {"autoscaling": {"min": 5, "max": 4}}},
        "min must not exceed max",
    ),
    Case("unknown mode", {"api": {"autoscaling": {"mode": "magic"}}}, "spec.api.autoscaling.mode"),
    Case("negative replicas", {"api": {"replicas": -1}}, "spec.api.replicas"),
    Case("too many replicas", {"api": {"replicas": 101}}, "spec.api.replicas"),
    Case(
        "one connection short of the budget",
        {"api": {"replicas": 5}, "database": {"bundled": {}, "connectionBudget": 37}},
        "connectionBudget is too small",
    ),
    Case(
        "one connection short of the budget with a columnar replica",
        {
            "api": {"replicas": 5},
            "database": {"bundled": {}, "connectionBudget": 50},
            "columns": {"enabled": True},
        },
        "connectionBudget is too small",
    ),
    Case(
        "one mebibyte short of memory for the columnar replica",
        {"api": {"resources": {"limits": {"memory": "511Mi"}}}, "columns": {"enabled": True}},
        "api.resources.limits.memory is too small",
    ),
    Case("builds each second", {"columns": {"interval": "1s"}}, "within 1m and 24h"),
    Case("little memory for columns", {"columns": {"memory": "63Mi"}}, "at least 64Mi"),
    Case("little room for columns", {"columns": {"storage": {"size": 1}}}, "at least 256Mi"),
    Case("no thread for columns", {"columns": {"threads": 0}}, "spec.columns.threads"),
    Case("budget of the size", {"api": {"replicas": 20}}, "connectionBudget is too small"),
    Case(
        "budget with autoscaling",
        {"api": {"autoscaling": {"max": 30}}},
        "connectionBudget is too small",
    ),
    Case(
        "request above limit",
        {"api": {"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1500Mi"}}}},
        "requests.memory is above limits.memory",
    ),
    Case(
        "a wait of minutes",
        {"api": {"limits": {"missWait": "2m"}}},
        "missWait: must lie within 50ms and 1m",
    ),
    Case(
        "quantity of a wrong suffix",
        {"database": {"bundled": {"storage": {"size": "10Gib"}}}},
        "storage.size: is no quantity, such as 500m, 2 or 10Gi",
    ),
    Case(
        "negative quantity",
        {"api": {"resources": {"requests": {"cpu": "-1"}}}},
        "is no quantity, such as 500m, 2 or 10Gi",
    ),
    Case(
        "negative number",
        {"api": {"resources": {"requests": {"cpu": -1}}}},
        "is no quantity, such as 500m, 2 or 10Gi",
    ),
    Case("no quantity", {"api": {"resources": {"limits": {"cpu": "two"}}}}, "resources.limits.cpu"),
    Case("no replicas", {"database": {"bundled": {}, "reads": "Replicas"}}, "database.reads"),
    Case(
        "external without replicas",
        {"database": {"external": SECRET, "reads": "Replicas"}},
        "database.reads",
    ),
    Case(
        "a URL for an address",
        {"database": {"external": SECRET | {"replicaAddress": "postgresql://ro.test"}}},
        "database.external.replicaAddress: is not one host or host:port",
    ),
    Case(
        "several addresses of replicas",
        {"database": {"external": SECRET | {"replicaAddress": "ro1:5432,ro2:5432"}}},
        "of several replicas give one name or proxy that leads to them",
    ),
    Case(
        "two servers of the cache",
        {"cache": {"redis": {"bundled": {"instances": 2}}}},
        "cache.redis.bundled.instances: must be 1 or 3",
    ),
    Case(
        "five servers of the cache",
        {"cache": {"redis": {"bundled": {"instances": 5}}}},
        "cache.redis.bundled.instances",
    ),
    Case("ten servers", {"database": {"bundled": {"instances": 10}}}, "bundled.instances"),
    Case(
        "a restore into three servers",
        {
            "backup": {"destination": {"s3": {"url": "s3://backups", "secretName": "s3"}}},
            "database": {"bundled": {"instances": 3, "recovery": {}}},
        },
        "a restore begins with one server",
    ),
    Case(
        "three servers that back up to one volume",
        {
            "backup": {"destination": {"pvc": {}}},
            "database": {"bundled": {"instances": 3}},
        },
        "a backup of database.bundled.instances above 1 goes to backup.destination.s3",
    ),
    Case(
        "tiny storage", {"database": {"bundled": {"storage": {"size": "10Mi"}}}}, "at least 256Mi"
    ),
    Case(
        "owned parameter",
        {"database": {"bundled": {"parameters": {"max_connections": "500"}}}},
        "follow from other fields",
    ),
    Case(
        "both routes",
        ROUTE
        | DEVELOPMENT
        | {"gateway": {"parentRefs": [{"name": "gw"}], "hostnames": ["a.example.com"]}},
        "at most one of ingress and gateway",
    ),
    Case("open route in production", ROUTE, "in production a route needs auth.mode"),
    Case(
        "open gateway in production",
        {"gateway": {"parentRefs": [{"name": "gw"}], "hostnames": ["a.example.com"]}},
        "in production a route needs auth.mode",
    ),
    Case("demo in production", {"demo": {}}, "demo is rejected in production"),
    Case("proxy without sources", {"auth": {"mode": "proxy"}}, "need each other"),
    Case(
        "sources without proxy",
        {"auth": {"mode": "token", "proxy": {"trustedSources": ["10.0.0.0/8"]}}},
        "need each other",
    ),
    Case(
        "no trusted source",
        {"auth": {"mode": "proxy", "proxy": {"trustedSources": []}}},
        "trustedSources",
    ),
    Case(
        "no network",
        {"auth": {"mode": "proxy", "proxy": {"trustedSources": ["10.0.0.0/99"]}}},
        "trustedSources",
        only_models=True,
    ),
    Case("host with a scheme", DEVELOPMENT | {"ingress": {"host": "https://a.b"}}, "ingress.host"),
    Case(
        "cron minute 60",
        {"refresh": {"views": [{"name": "a", "schedule": "60 * * * *"}]}},
        "views[0].schedule: is no cron schedule",
    ),
    Case(
        "cron of six fields",
        {"refresh": {"views": [{"name": "a", "schedule": "0 0 * * * *"}]}},
        "is no cron schedule",
    ),
    Case(
        "cron macro",
        {"refresh": {"views": [{"name": "a", "schedule": "@hourly"}]}},
        "is no cron schedule",
    ),
    Case(
        "cron backwards",
        {"refresh": {"views": [{"name": "a", "schedule": "0 0 * * FRI-MON"}]}},
        "runs backwards",
        only_models=True,
    ),
    Case(
        "view name",
        {"refresh": {"views": [{"name": "Top-10", "schedule": "0 * * * *"}]}},
        "views[0].name",
    ),
    Case(
        "unknown zone",
        {"reporting": {"timezone": "Mars/Olympus"}},
        "not an IANA time zone",
        only_models=True,
    ),
    Case(
        "a mail server's login without TLS",
        {
            "reports": {
                "smtp": {
                    "host": "smtp.example.org",
                    "tls": "none",
                    "from": "reports@example.org",
                    "username": "reports",
                    "secretRef": {"name": "smtp"},
                }
            }
        },
        "reports.smtp.tls",
    ),
    Case(
        "a mail server's user without password",
        {"reports": {"smtp": {"host": "mail", "from": "a@example.org", "username": "reports"}}},
        "reports.smtp",
    ),
    Case(
        "mail without a sender",
        {"reports": {"smtp": {"host": "mail"}}},
        "reports.smtp.from",
    ),
    Case("currency in words", {"reporting": {"currency": "euro"}}, "reporting.currency"),
    Case("a language that the pages lack", {"reporting": {"language": "fr"}}, "reporting.language"),
    Case("week start as a number", {"reporting": {"weekStart": 1}}, "reporting.weekStart"),
    Case("restart at some time", {"restartedAt": "yesterday"}, "spec.restartedAt"),
    Case("unknown size", {"size": "huge"}, "spec.size"),
    Case("no partitions ahead", {"partitions": {"ahead": 0}}, "partitions.ahead"),
    Case("files of no size", {"imports": {"maxFileSize": "1"}}, "imports.maxFileSize"),
    Case("files kept for ever", {"imports": {"keepDays": 0}}, "imports.keepDays"),
    Case(
        "no room for one file",
        {"imports": {"maxFileSize": "2Gi", "storage": "1Gi"}},
        "imports.storage",
    ),
    Case("label with a space", {"podTemplate": {"labels": {"team": "a b"}}}, "podTemplate.labels"),
    Case(
        "CPU request above limit",
        {"api": {"resources": {"requests": {"cpu": "1500m"}, "limits": {"cpu": 1}}}},
        "requests.cpu is above limits.cpu",
    ),
    Case(
        "latency target of a minute",
        {"api": {"autoscaling": {"targets": {"p95Latency": "60s"}}}},
        "targets.p95Latency: must lie within 10ms and 10s",
    ),
    *(
        Case(
            f"{name} of two hours",
            {"api": {"autoscaling": {"behavior": {name: "2h"}}}},
            f"behavior.{name}: must lie within 0s and 1h",
        )
        for name in ("scaleUpStabilization", "scaleDownStabilization", "cooldown")
    ),
    Case(
        "worker bounds crossed",
        {"workers": {"autoscaling": {"min": 3, "max": 2}}},
        "workers.autoscaling: min must not exceed max",
    ),
    Case("fold each minute and more", {"fold": {"interval": "61s"}}, "fold.interval"),
    Case("fresh for a day", {"cache": {"freshnessLimit": "24h"}}, "within 30s and 2h"),
    Case(
        "scraped each second",
        {"monitoring": {"serviceMonitor": {"interval": "1s"}}},
        "serviceMonitor.interval: must lie within 5s and 5m",
    ),
    Case("name too long", {}, "metadata.name must have at most 40", name="a" * 41),
    Case("name with a dot", {}, "metadata.name must have at most 40", name="my.shop"),
    Case("name starts with a digit", {}, "metadata.name must have at most 40", name="1shop"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """An update from one accepted spec to another; `refused` as in `Case`."""

    id: str
    old: dict[str, Any]
    new: dict[str, Any]
    refused: str | None = None
    volume: dict[str, str] | None = None
    """The volume in the status of the old object."""

    def stored(self) -> dict[str, Any]:
        """The old object."""
        return dashboard(self.old) | ({"status": {"volume": self.volume}} if self.volume else {})


def _storage(**storage: str) -> dict[str, Any]:
    return {"database": {"bundled": {"storage": storage}}}


ONE = {"size": "1Gi", "className": "a"}
CHANGES = (
    Change("nothing", {}, {}),
    Change("storage grows", _storage(size="10Gi"), _storage(size="20Gi")),
    Change("storage in another unit", _storage(size="1Gi"), _storage(size="1024Mi")),
    Change("replicas", {"api": {"replicas": 1}}, {"api": {"replicas": 3}}),
    Change(
        "another secret",
        {"database": {"external": SECRET}},
        {"database": {"external": {"secretRef": {"name": "db2"}}}},
    ),
    Change(
        "the same cluster with another budget",
        {"database": {"cloudNativePG": {"clusterName": "a"}}},
        {"database": {"cloudNativePG": {"clusterName": "a"}, "connectionBudget": 90}},
    ),
    Change(
        "growth that was never carried out", _storage(size="2Gi"), _storage(size="1Gi"), None, ONE
    ),
    Change("a size without a volume", _storage(size="2Gi"), _storage(size="1Gi")),
    Change("storage shrinks", _storage(size="1Gi"), _storage(size="512Mi"), "cannot shrink", ONE),
    Change("storage class without a volume", _storage(className="a"), _storage(className="b")),
    Change("storage class", _storage(className="a"), _storage(className="b"), "className", ONE),
    Change("storage class added", _storage(), _storage(className="b"), "className", ONE),
    Change("the class of the volume", _storage(className="b"), _storage(className="a"), None, ONE),
    Change("storage class removed", _storage(className="b"), _storage(), None, ONE),
    Change("kind of database", {}, {"database": {"external": SECRET}}, "kind of database cannot"),
    Change(
        "another cluster",
        {"database": {"cloudNativePG": {"clusterName": "a"}}},
        {"database": {"cloudNativePG": {"clusterName": "b"}}},
        "clusterName",
    ),
)
