"""A dashboard over an external PostgreSQL and Valkey."""

from typing import Any

import pytest

from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl
from tests.support.light import LITTLE, light
from tests.support.traffic import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NAME = "sales"
FIRST, LAST = "2025-01-01", "2025-12-31"
SERVE_POSTGRES = r"""
initdb --pgdata=/tmp/data --username=postgres --auth-local=trust --auth-host=reject >/dev/null
printf 'local all all trust\nhost all all all scram-sha-256\n' > /tmp/data/pg_hba.conf
exec postgres -D /tmp/data -c listen_addresses='*' -c unix_socket_directories=/tmp
"""
SERVE_VALKEY = (
    "exec redis-server --port 6379 --bind '*' --dir /tmp --save '' --requirepass theirs-as-well"
    " --maxmemory 64mb --maxmemory-policy volatile-ttl"
)


def _server(name: str, image: str, script: str, port: int, ready: list[str]) -> list[Any]:
    """A pod that serves one port, and the Service before it."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"server": name}},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 999,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": name,
                    "image": image,
                    "command": ["/bin/sh", "-ec", script],
                    "env": [{"name": "LC_ALL", "value": "C.UTF-8"}],
                    "resources": LITTLE,
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "readinessProbe": {"exec": {"command": ready}, "periodSeconds": 1},
                }
            ],
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"server": name}, "ports": [{"port": port}]},
    }
    return [pod, service]


def _psql(kubectl: Kubectl, command: str) -> None:
    psql = ("psql", "-q", "-h", "/tmp", "-U", "postgres", "-v", "ON_ERROR_STOP=1")  # noqa: S108 -- of the server's pod
    kubectl("exec", "-i", "postgres", "--", *psql, stdin=command)


def _use(kubectl: Kubectl, password: str, of_cache: str = "theirs-as-well") -> None:
    """Write the Secrets with the servers' URLs."""
    urls = {
        "database": {"dsn": f"postgresql://app:{password}@postgres:5432/sales"},
        "cache": {"url": f"redis://:{of_cache}@valkey:6379/0"},
    }
    kubectl.apply(
        *(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name},
                "stringData": values,
            }
            for name, values in urls.items()
        )
    )


def _dashboard(kubectl: Kubectl, **database: Any) -> dict[str, Any]:
    """The dashboard over both servers, with more fields of its database."""
    spec = light(f"{kubectl.namespace}.localhost")
    spec["database"] = {"external": {"secretRef": {"name": "database"}, **database}}
    spec["cache"] = {"redis": {"external": {"secretRef": {"name": "cache"}}}}
    return dashboard(spec, NAME)


def _read_with(kubectl: Kubectl, password: str) -> None:
    """Write the Secret of the URL for reads."""
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "reads"},
            "stringData": {"dsn": f"postgresql://viewer:{password}@postgres:5432/sales"},
        }
    )


def _images(system: Kubectl) -> dict[str, str]:
    """What the operator's release runs."""
    operator = system.get("deployment", "shopx-operator")
    assert operator is not None
    (container,) = operator["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one.get("value", "") for one in container["env"]}


@pytest.fixture(scope="module")
def sales(shared: Kubectl, system: Kubectl) -> Kubectl:
    """A dashboard with some sales, which brings no server of its own."""
    images = _images(system)
    shared.apply(
        *_server(
            "postgres",
            images["SHOPX_OPERATOR_POSTGRES_IMAGE"],
            SERVE_POSTGRES,
            5432,
            ["pg_isready", "-q", "-h", "postgres"],
        ),
        *_server(
            "valkey",
            images["SHOPX_OPERATOR_REDIS_IMAGE"],
            SERVE_VALKEY,
            6379,
            ["/bin/sh", "-c", "grep -q ':18EB ' /proc/net/tcp"],
        ),
    )
    shared("wait", "--for=condition=Ready", "pod/valkey", "--timeout=60s")
    shared("wait", "--for=condition=Ready", "pod/postgres", "--timeout=60s")
    _psql(shared, "create role app login password 'the-first-one'")
    _psql(shared, "create database sales owner app")
    _use(shared, "the-first-one")
    shared.apply(_dashboard(shared))
    shared.until_settled(NAME)
    seed = ("shopx", "seed", "--orders", "300", "--from", FIRST, "--to", LAST)
    shared("exec", f"deploy/{NAME}-fold", "--", *seed)
    return shared


def _pods(sales: Kubectl) -> set[str]:
    found = sales.all_of("pods", f"app.kubernetes.io/instance={NAME}")
    return {
        pod["metadata"]["name"]
        for pod in found
        if pod["metadata"]["labels"]["app.kubernetes.io/component"] in ("api", "fold", "workers")
        and not pod["metadata"].get("deletionTimestamp")
    }


def test_it_serves_what_is_in_their_database(sales: Kubectl, site: Site) -> None:
    assert sales.condition(NAME, "DatabaseReady")["reason"] == "External"
    assert sales.condition(NAME, "CacheReady")["reason"] == "External"
    assert sales.get("statefulset", f"{NAME}-database") is None
    assert sales.get("deployment", f"{NAME}-redis") is None
    assert float(site.revenue(FIRST, LAST, fresh=True)) > 0
    sales("exec", f"deploy/{NAME}-fold", "--", "shopx", "verify")
    info = ("exec", "valkey", "--", "/bin/sh", "-c", "grep -c ':18EB .* 01 ' /proc/net/tcp")
    assert int(sales(*info)) > 0, "pods are connected to their Valkey"


def test_a_wrong_password_is_told_and_replaces_nothing(sales: Kubectl, site: Site) -> None:
    right, pods = site.revenue(FIRST, LAST, fresh=True), _pods(sales)
    _use(sales, "not-the-first-one")
    condition = sales.until_condition(NAME, "Degraded", "True")
    assert condition["reason"] == "MigrationFailed"
    assert 'password authentication failed for user "app"' in condition["message"]
    assert "not-the-first-one" not in condition["message"]
    assert sales.condition(NAME, "Available")["status"] == "True"
    assert site.revenue(FIRST, LAST, fresh=True) == right
    _use(sales, "the-first-one")
    sales.until_condition(NAME, "Degraded", "False", seconds=60)
    sales.until_settled(NAME)
    assert _pods(sales) == pods


def test_a_cache_that_lets_nobody_in_is_told_and_takes_nothing_away(
    sales: Kubectl, site: Site
) -> None:
    right = site.revenue(FIRST, LAST, fresh=True)
    _use(sales, "the-first-one", of_cache="not-theirs")
    condition = sales.until_condition(NAME, "CacheReady", "False", seconds=120)
    assert condition["reason"] == "Refused"
    assert "the key 'url' of the Secret 'cache'" in condition["message"]
    assert "not-theirs" not in condition["message"]
    assert sales.until_condition(NAME, "Degraded", "True")["reason"] == "CacheRefused"
    assert sales.condition(NAME, "Available")["status"] == "True"
    assert site.revenue(FIRST, LAST, fresh=True) == right
    _use(sales, "the-first-one")
    sales.until_condition(NAME, "CacheReady", "True", seconds=120)
    sales.until_condition(NAME, "Degraded", "False", seconds=60)
    sales.until_settled(NAME)


def test_a_changed_password_replaces_what_uses_it(sales: Kubectl, site: Site) -> None:
    right, pods = site.revenue(FIRST, LAST, fresh=True), _pods(sales)
    _psql(sales, "alter role app password 'the-second-one'")
    _use(sales, "the-second-one")
    sales.until("every pod is another", lambda: not pods & _pods(sales), seconds=120)
    sales.until_settled(NAME)
    assert site.revenue(FIRST, LAST, fresh=True) == right


def test_a_url_for_reads_is_tried_before_anything_is_replaced(sales: Kubectl, site: Site) -> None:
    right, pods = site.revenue(FIRST, LAST, fresh=True), _pods(sales)
    _psql(sales, "create role viewer login password 'for-reading'")
    _read_with(sales, "not-for-reading")
    sales.apply(_dashboard(sales, readOnlySecretRef={"name": "reads"}))
    condition = sales.until_condition(NAME, "Degraded", "True")
    assert condition["reason"] == "MigrationFailed"
    assert "The read-only URL cannot be used" in condition["message"]
    assert 'password authentication failed for user "viewer"' in condition["message"]
    assert "not-for-reading" not in condition["message"]
    assert sales.condition(NAME, "Available")["status"] == "True"
    assert _pods(sales) == pods
    assert site.revenue(FIRST, LAST, fresh=True) == right
    _psql(
        sales,
        "\\connect sales\n"
        "grant usage on schema public to viewer;"
        "grant select on all tables in schema public to viewer;"
        "alter default privileges for role app in schema public grant select on tables to viewer",
    )
    _read_with(sales, "for-reading")
    sales.until_condition(NAME, "Degraded", "False", seconds=60)
    sales.until("the API reads with it", lambda: not pods <= _pods(sales), seconds=120)
    sales.until_settled(NAME)
    assert site.revenue(FIRST, LAST, fresh=True) == right
