"""The bundled database's password rotates: two are valid until every pod uses the new one."""

from typing import Any

from shopx_operator.manifests.secrets import decoded
from tests.support.cluster import Cluster
from tests.support.rendering import context

NAME = "sales-database"
DATABASE, API = ("StatefulSet", NAME), ("Deployment", "sales-api")


def _secret(cluster: Cluster) -> dict[str, str]:
    return decoded(cluster["Secret", NAME])


def _running() -> Cluster:
    cluster = Cluster()
    cluster.running()
    return cluster


def _reconcile(cluster: Cluster, **edited: str) -> dict[str, str]:
    """One round over the Secret in the cluster, with a user's edit; returns what is there then."""
    cluster.reconcile(given={NAME: _secret(cluster) | edited})
    return _secret(cluster)


def _migrated(cluster: Cluster) -> None:
    for kind, name in list(cluster.objects):
        if kind == "Job" and not cluster[kind, name]["status"]:
            cluster.ends(name, "Complete")


def test_the_first_password_is_that_of_the_owner() -> None:
    secret = _secret(_running())
    assert secret["username"] == "shopx"
    assert secret["accepted-password"] == secret["password"]
    assert "previous-password" not in secret


def test_a_new_password_is_that_of_the_other_role() -> None:
    cluster = _running()
    before = _secret(cluster)
    server, pods = cluster[DATABASE]["spec"], cluster[API]["spec"]
    secret = _reconcile(cluster, password="another")
    assert secret["dsn"].startswith("postgresql://shopx_alternate:another@")
    assert secret["accepted-password"] == "another"
    assert secret["previous-password"] == before["password"]
    assert cluster[DATABASE]["spec"] == server, "no restart"
    assert cluster[API]["spec"] == pods, "a Job tries it first"

    _migrated(cluster)
    secret = _reconcile(cluster)
    assert cluster[API]["spec"] != pods
    assert secret["previous-password"] == before["password"]
    cluster.serves()
    secret = _reconcile(cluster)
    assert "previous-password" not in secret
    assert secret["username"] == "shopx_alternate"
    _reconcile(cluster)
    assert cluster.condition("Ready") == ("True", "Serving")


def test_a_second_one_waits_for_the_first() -> None:
    cluster = _running()
    first = _reconcile(cluster, password="one")
    waiting = _reconcile(cluster, password="two")
    assert waiting["dsn"] == first["dsn"]
    assert waiting["previous-password"] == first["previous-password"]
    for _ in range(3):
        _migrated(cluster)
        _reconcile(cluster)
        cluster.serves()
    secret = _reconcile(cluster)
    assert secret["dsn"].startswith("postgresql://shopx:two@")


def test_a_removed_password_is_drawn_again_and_overlaps_too() -> None:
    cluster = _running()
    known = _secret(cluster)
    before = known.pop("password")
    cluster.reconcile(given={NAME: known}, draw="new")
    secret = _secret(cluster)
    assert secret["accepted-password"] == "new"
    assert secret["previous-password"] == before


def test_the_secret_of_a_release_with_one_role_keeps_its_password() -> None:
    old: dict[str, Any] = {
        NAME: {"password": "p%w", "username": "shopx", "dsn": "postgresql://shopx:p%25w@h/shopx"}
    }
    values = context(given=old).facts.secrets[NAME]
    assert values["accepted-password"] == "p%w"
    assert values["username"] == "shopx"
    assert "previous-password" not in values
