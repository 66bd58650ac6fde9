"""The Role has every right that the operator uses, and no other."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from kubernetes.aio.client import ApiClient as GeneratedClient
from kubernetes.aio.client import Configuration

from shopx_operator.manifests import names
from shopx_operator.manifests.kinds import CHILDREN, OPTIONAL, rules
from shopx_operator.reconcile.reconciler import ReconcileIncomplete, Reconciler
from shopx_operator.runtime import client
from shopx_operator.runtime.client import ApiClient, ApiError
from shopx_operator.runtime.foreign_autoscalers import ForeignAutoscalers
from shopx_operator.runtime.informer import Informer
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.options import Options
from shopx_operator.runtime.reflector import reflect
from tests.support.apiserver import KINDS, ApiServer
from tests.support.dashboards import dashboard
from tests.support.fake_scaling_cluster import secret

OWNER = ("shop", "sales")
HOST = {"host": "sales.example.org"}
GATEWAY = {"parentRefs": [{"name": "web"}], "hostnames": ["sales.example.org"]}
MADE: dict[str, Any] = {
    "ingress": HOST,
    "auth": {"public": True},
    "api": {"autoscaling": {"mode": "hpa"}},
    "monitoring": {"podMonitor": True},
}
# Another route, another autoscaler, no Redis of its own, more storage, other settings.
CHANGED: dict[str, Any] = {
    "gateway": GATEWAY,
    "auth": {"public": True},
    "api": {"autoscaling": {"mode": "keda"}},
    "cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}},
    "database": {"bundled": {"storage": {"size": "20Gi"}}},
    "monitoring": {"logLevel": "DEBUG", "serviceMonitor": {"interval": "30s"}},
}
OPTIONS = Options(
    namespace="shopx-system", version="1.0.0", app_image="a", postgres_image="p", redis_image="r"
)
Rights = dict[tuple[str, str], set[str]]


def role() -> Rights:
    """The verbs of the generated Role, by group and resource."""
    made: Rights = {}
    for rule in rules():
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                made.setdefault((group, resource), set()).update(rule["verbs"])
    return made


def flat(rights: Rights) -> set[tuple[str, str, str]]:
    return {(*where, verb) for where, verbs in rights.items() for verb in verbs}


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ApiServer]:
    monkeypatch.setattr(client, "_PAUSES", ())
    optional = {(kind.group, kind.plural): kind for kind in OPTIONAL}
    made = ApiServer(kinds=KINDS | optional, granted=role())
    await made.start()
    yield made
    await made.stop()


def leave_behind(server: ApiServer, uid: str) -> None:
    """Children as an earlier release made them, which this one does not want."""
    for kind in CHILDREN:
        if kind.pruned and kind.name != "Secret":
            metadata = {
                "name": f"sales-old-{kind.plural}",
                "namespace": "shop",
                "labels": names.labels("sales", "old"),
                "ownerReferences": [{"kind": "AnalyticsDashboard", "name": "sales", "uid": uid}],
            }
            spec = {"scaleTargetRef": {"kind": "Deployment", "name": "other"}}
            server.put(
                {
                    "apiVersion": kind.api_version,
                    "kind": kind.name,
                    "metadata": metadata,
                    "spec": spec,
                }
            )


def lead(server: ApiServer, informer: Informer, *names_: str) -> None:
    """The pods of a replicated database that say that they lead; the first one holds the lock."""
    for name in names_:
        labels = names.labels("sales", "database") | {names.LABEL_ROLE: "primary"}
        metadata = {"name": name, "namespace": "shop", "labels": labels}
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        server.put(
            {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {}, "status": ready}
        )
    lock = server.find("ConfigMap", "sales-database-leader") or {}
    annotations = lock["metadata"].get("annotations", {}) | {"leader": names_[0]}
    informer.put(server.put(lock | {"metadata": lock["metadata"] | {"annotations": annotations}}))


def get_stuck(server: ApiServer, informer: Informer) -> None:
    """A pod of an older template never becomes ready: the operator replaces it."""
    workload = server.find("StatefulSet", "sales-database")
    if workload is None:
        return
    server.controllers = False
    workload = server.put(workload | {"status": workload["status"] | {"updateRevision": "new"}})
    server.controllers = True
    informer.put(workload)
    owner = {"kind": "StatefulSet", "name": "sales-database", "uid": workload["metadata"]["uid"]}
    metadata = {
        "name": "sales-database-0",
        "namespace": "shop",
        "labels": names.labels("sales", "database") | {"controller-revision-hash": "old"},
        "ownerReferences": [owner],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {}, "status": {}}
    informer.put(server.put(pod))


async def lives(server: ApiServer) -> str:
    """A dashboard's life: made, one of its database servers cut off, changed, cleaned, suspended.

    Returns the first failure.
    """
    kubernetes, informer = ApiClient(GeneratedClient(Configuration(host=server.url))), Informer()
    reconcile = Reconciler(
        *(kubernetes, informer, OPTIONS, Metrics(), ForeignAutoscalers(kubernetes)),
        leads=lambda: True,
    )

    async def rounds(count: int) -> None:
        for _ in range(count):
            await reflect(kubernetes, informer, [None])
            await reconcile(OWNER)

    def written(spec: dict[str, Any]) -> str:
        body = dashboard(spec, "sales")
        body["metadata"]["namespace"] = "shop"
        made = server.put(body)
        informer.put_dashboard(made)
        return str(made["metadata"]["uid"])

    server.put(secret("redis", "url", "redis://:drawn-by-lot@cache.test/0"))
    try:
        written(MADE | {"database": {"bundled": {"instances": 3}}})
        await rounds(1)
        lead(server, informer, "sales-database-0", "sales-database-2-0")
        await rounds(1)
        server.remove("Pod", "sales-database-2-0")
        written(MADE)
        await rounds(4)
        leave_behind(server, written(CHANGED))
        await rounds(3)
        get_stuck(server, informer)
        await rounds(1)
        written(CHANGED | {"suspend": True})
        await rounds(1)
        for name in server.names("Deployment"):
            # What the watch would bring: the pods are gone.
            informer.put(server.find("Deployment", name) or {})
        await rounds(1)
    except (ReconcileIncomplete, ApiError) as error:
        return str(error)
    finally:
        await kubernetes.close()
    return ""


async def test_the_operator_uses_every_right_and_no_other(server: ApiServer) -> None:
    """What only watches and the leader do is tested with the operator's process."""
    assert await lives(server) == ""
    assert server.denied == set()
    assert server.find("Deployment", "sales-old-deployments") is None
    watches = {right for right in flat(role()) if right[2] == "watch"}
    assert flat(role()) - watches == server.used


RULES = [
    (number, verb)
    for number, rule in enumerate(rules())
    for verb in rule["verbs"]
    if verb != "watch"
]


@pytest.mark.parametrize(
    ("number", "verb"), RULES, ids=lambda value: value if isinstance(value, str) else f"rule{value}"
)
async def test_without_any_verb_of_a_rule_something_is_missing(
    server: ApiServer, number: int, verb: str
) -> None:
    """And the operator says what it may not do; it does not go on as if nothing were wrong."""
    rule = rules()[number]
    assert server.granted is not None
    for resource in rule["resources"]:
        server.granted[rule["apiGroups"][0], resource].discard(verb)
    failed = await lives(server)
    assert server.denied
    events_alone = rule["resources"] == ["events"]
    assert failed or events_alone
