"""A bundled cache of three servers: what is rendered, and how one becomes three and one again."""

from typing import Any

import pytest

from shopx_core.redis_urls import redis_problem, sentinel_url
from shopx_operator.manifests import names
from tests.support.cluster import Cluster
from tests.support.rendering import Children, children, context

ONE: dict[str, Any] = {}
THREE: dict[str, Any] = {"cache": {"redis": {"bundled": {"instances": 3}}}}
KEPT: dict[str, Any] = {
    "cache": {"redis": {"bundled": {"instances": 3, "storage": {"size": "1Gi"}}}}
}
SERVERS = ("sales-redis", "sales-redis-2", "sales-redis-3")
HELD = "The cache's servers restart one after the other, the first one last."


def _servers(cluster: Cluster) -> list[str]:
    return sorted(
        name for kind, name in cluster.objects if kind == "Deployment" and "redis" in name
    )


def _replicated(cluster: Cluster, name: str = SERVERS[0]) -> bool:
    template = cluster["Deployment", name]["spec"]["template"]
    return names.LABEL_SERVER in template["metadata"]["labels"]


def _container(found: Children, name: str, number: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = found.pod("Deployment", name)["spec"]["containers"][number]
    return made


def test_each_server_has_a_sentinel_and_a_name_of_its_own() -> None:
    """The Service selects exactly its pod, also before that is ready."""
    found = children(THREE)
    for number, name in enumerate(SERVERS, 1):
        pod = found.pod("Deployment", name)
        assert [one["name"] for one in pod["spec"]["containers"]] == ["redis", "sentinel"]
        service = found["Service", name]["spec"]
        assert service["publishNotReadyAddresses"] is True
        assert {port["port"] for port in service["ports"]} == {6379, 26379}
        assert service["selector"][names.LABEL_SERVER] == str(number)
        assert service["selector"].items() <= pod["metadata"]["labels"].items()
        assert found["Deployment", name]["spec"]["strategy"] == {"type": "Recreate"}
        words = " ".join(_container(found, name)["args"])
        assert f"--replica-announce-ip {name}.shop.svc" in words
        assert "--min-replicas-to-write 1" in words
        for one in pod["spec"]["containers"]:
            hosts = next(x["value"] for x in one["env"] if x["name"] == "SHOPX_HOSTS")
            assert hosts == " ".join(f"{server}.shop.svc" for server in SERVERS)
    assert found["PodDisruptionBudget", "sales-redis"]["spec"]["maxUnavailable"] == 1


def test_a_single_server_is_as_it_was() -> None:
    """Nothing of several servers, so that an upgrade restarts none for it."""
    found = children(ONE)
    pod = found.pod("Deployment", SERVERS[0])
    assert [one["name"] for one in pod["spec"]["containers"]] == ["redis"]
    assert names.LABEL_SERVER not in pod["metadata"]["labels"]
    assert found["Service", SERVERS[0]]["spec"]["selector"] == names.selector("sales", "redis")
    for key in (
        ("Deployment", SERVERS[1]),
        ("ConfigMap", SERVERS[0]),
        ("PodDisruptionBudget", SERVERS[0]),
        ("NetworkPolicy", "sales-redis-servers"),
    ):
        assert key not in found


def test_selectors_of_one_and_three_are_the_same() -> None:
    """They cannot change."""
    one, three = children(ONE), children(THREE)
    key = ("Deployment", SERVERS[0])
    assert one[key]["spec"]["selector"] == three[key]["spec"]["selector"]


def test_clients_are_told_of_the_sentinels() -> None:
    """Any password can be in the URL, and in the configuration."""
    password = 'p@s"s\\/#w'
    given = {"sales-redis": {"password": password}}
    url = context(THREE, given=given).facts.secrets["sales-redis"]["url"]
    assert redis_problem(url) == ""
    found = sentinel_url(url)
    assert found is not None
    assert found.password == found.sentinel_password == password
    assert found.hosts == tuple((f"{name}.shop.svc", 26379) for name in SERVERS)
    config = context(THREE, given=given).facts.secrets["sales-redis"]["valkey.conf"]
    assert config == ('requirepass "p@s\\"s\\\\/#w"\nmasterauth "p@s\\"s\\\\/#w"\n')


def test_no_password_is_on_a_command_line() -> None:
    found = children(THREE)
    for name in SERVERS:
        for number in range(2):
            assert "d" * 43 not in str(_container(found, name, number))


def test_the_first_server_alone_has_the_volume() -> None:
    """It begins when nothing else is known; the others copy it."""
    found = children(KEPT)
    assert [
        one["metadata"]["name"]
        for one in found.kind("PersistentVolumeClaim")
        if "redis" in one["metadata"]["name"]
    ] == [SERVERS[0]]
    assert "--appendonly yes" in " ".join(_container(found, SERVERS[0])["args"])
    for name in SERVERS[1:]:
        assert "--appendonly no" in " ".join(_container(found, name)["args"])
        assert not [
            one
            for one in found.pod("Deployment", name)["spec"]["volumes"]
            if "persistentVolumeClaim" in one
        ]


def test_exactly_the_ports_of_sentinels_are_opened() -> None:
    """To the clients and the operator, and among the servers, for both directions."""
    found = children(THREE)

    def ports(policy: str, direction: str) -> list[set[int]]:
        rules = found["NetworkPolicy", policy]["spec"][direction]
        return [{port["port"] for port in rule["ports"]} for rule in rules]

    both = [{6379, 26379}]
    assert ports("sales-redis", "ingress") == both
    assert ports("sales-redis-clients", "egress") == both
    assert ports("sales-redis-servers", "ingress") == both
    assert ports("sales-redis-servers", "egress") == both
    peers = found["NetworkPolicy", "sales-redis-servers"]["spec"]["ingress"][0]["from"]
    assert peers == [{"podSelector": {"matchLabels": names.selector("sales", "redis")}}]
    one = children(ONE)["NetworkPolicy", "sales-redis"]["spec"]["ingress"]
    assert [{port["port"] for port in rule["ports"]} for rule in one] == [{6379}]


def test_an_external_redis_behind_sentinels_is_reached() -> None:
    """At the ports of its Sentinels, and at that of most servers."""
    spec = {"cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}}}
    given = {"redis": {"url": "redis-sentinel://:pw@a.test:26380,b.test/0#main"}}
    rule = children(spec, given=given)["NetworkPolicy", "sales-redis-clients"]["spec"]["egress"][0]
    assert {port["port"] for port in rule["ports"]} == {6379, 26379, 26380}


def test_one_becomes_three_with_the_queue() -> None:
    """The first server goes on until the others have copied it."""
    cluster = Cluster()
    cluster.running(ONE)
    cluster.runs("redis", "sales-redis-x")
    cluster.reconcile(THREE)
    assert _servers(cluster) == list(SERVERS)
    assert not _replicated(cluster)
    labels = cluster.observed().pods[-1]["metadata"]["labels"]
    assert labels[names.LABEL_SERVER] == "1", "its Service finds it"
    assert cluster.condition("CacheReady") == ("True", "Serving"), "the first one goes on"
    assert cluster.condition("Degraded") == ("True", "CacheReplicasMissing")
    cluster.serves(SERVERS[0], SERVERS[1])
    plan = cluster.reconcile(THREE)
    assert HELD in plan.waits
    assert not _replicated(cluster)
    cluster.serves()
    cluster.reconcile(THREE)
    assert _replicated(cluster)
    cluster.serves()
    cluster.reconcile(THREE)
    assert cluster.condition("Ready") == ("True", "Serving")
    assert cluster.condition("Degraded")[0] == "False"


def _three() -> Cluster:
    cluster = Cluster()
    cluster.running(THREE)
    return cluster


def test_three_become_one() -> None:
    cluster = _three()
    cluster.reconcile(ONE)
    assert _servers(cluster) == [SERVERS[0]]
    assert not _replicated(cluster)
    assert ("Service", SERVERS[1]) not in cluster
    assert ("PodDisruptionBudget", SERVERS[0]) not in cluster
    cluster.serves()
    cluster.reconcile(ONE)
    assert cluster.condition("Ready") == ("True", "Serving")


def test_a_new_template_goes_from_the_last_server_to_the_first() -> None:
    """And the next one waits until all serve."""
    cluster = _three()
    changed = {
        "cache": {"redis": {"bundled": {"instances": 3, "resources": {"limits": {"cpu": "2"}}}}}
    }
    for name in reversed(SERVERS):
        cluster.reconcile(changed)
        assert [key[1] for key in cluster.applied if "redis" in key[1]] == [name]
        cluster.away(name)
        cluster.reconcile(changed)
        assert [key for key in cluster.applied if "redis" in key[1]] == []
        cluster.serves()
    cluster.reconcile(changed)
    assert cluster.applied == []


def test_a_server_that_does_not_serve_is_replaced_at_once() -> None:
    """The template that it has may be the reason."""
    cluster = _three()
    cluster.away(SERVERS[1])
    changed = {
        "cache": {"redis": {"bundled": {"instances": 3, "resources": {"limits": {"cpu": "2"}}}}}
    }
    cluster.reconcile(changed)
    assert [key[1] for key in cluster.applied if "redis" in key[1]] == [SERVERS[1]]


def test_a_new_password_restarts_all_at_once() -> None:
    """Servers with different passwords would not know one another."""
    cluster = _three()
    given = {"sales-redis": {"password": "another"}}
    cluster.reconcile(THREE, given=given)
    applied = {key[1] for key in cluster.applied if key[0] == "Deployment"}
    assert set(SERVERS) <= applied


@pytest.mark.parametrize(
    ("away", "ready", "degraded"),
    [
        ((), ("True", "Serving"), ("False", "AsExpected")),
        (SERVERS[2:], ("True", "Serving"), ("True", "CacheReplicasMissing")),
        (SERVERS[1:], ("False", "NotServing"), ("True", "CacheReplicasMissing")),
        (SERVERS, ("False", "NotServing"), ("True", "CacheReplicasMissing")),
    ],
    ids=["all", "one away", "two away", "all away"],
)
def test_the_status_tells_how_many_serve(
    away: tuple[str, ...], ready: tuple[str, str], degraded: tuple[str, str]
) -> None:
    """With two there is a primary that takes writes; with fewer there is none."""
    cluster = _three()
    for name in away:
        cluster.away(name)
    cluster.reconcile(THREE)
    assert cluster.condition("CacheReady") == ready
    assert cluster.condition("Degraded") == degraded
    assert f"{3 - len(away)} of 3 servers of the cache serve" in cluster.message("CacheReady")


def test_all_stop_with_a_suspended_dashboard() -> None:
    cluster = _three()
    suspended = THREE | {"suspend": True}
    cluster.reconcile(suspended)
    for kind, name in list(cluster.objects):
        if kind == "Deployment" and "redis" not in name:
            cluster["Deployment", name]["status"] = {}
    cluster.reconcile(suspended)
    assert [cluster.replicas(name) for name in SERVERS] == [0, 0, 0]
    cluster.reconcile(THREE)
    assert [cluster.replicas(name) for name in SERVERS] == [1, 1, 1]
