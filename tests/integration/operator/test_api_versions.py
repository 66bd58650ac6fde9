"""Two versions of dashboards on a real API server: read, written, stored anew, and taken back."""

import copy
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shopx_core.errors import Unavailable
from shopx_core.resource.versions import API_VERSION, API_VERSIONS, VERSION
from shopx_kubectl import storage
from shopx_kubectl.cluster import Cluster
from shopx_operator.manifests.names import MANAGER
from shopx_tools.generators.crd import crd
from tests.support.control_plane import BINARY, ControlPlane, control_plane
from tests.support.dashboards import dashboard
from tests.support.documented import documented
from tests.support.postgres import free_port

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("control-plane")]

PLURAL = "analyticsdashboards"
NAME = "analyticsdashboards.analytics.shopx.io"
OLD = f"{PLURAL}.v1alpha1.analytics.shopx.io"
NEW = f"{PLURAL}.{VERSION}.analytics.shopx.io"
OLD_API = API_VERSIONS[-1]


def former() -> dict[str, Any]:
    """The definition as it was while v1alpha1 was its only version."""
    made = copy.deepcopy(crd())
    (version,) = [one for one in made["spec"]["versions"] if one["name"] == "v1alpha1"]
    del version["deprecated"], version["deprecationWarning"]
    made["spec"]["versions"] = [version | {"storage": True}]
    return made


class Server:
    """A control plane with a definition, and what a person does with kubectl."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self.cluster = Cluster((f"--kubeconfig={plane.kubeconfig}",))

    def run(self, *words: str, stdin: str | None = None) -> str:
        done = self.plane.kubectl(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("get", *words, "-o", "json"))
        return found

    def until(self, holds: Callable[[], Any], seconds: float = 60) -> Any:
        end = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < end, "not in time"
            time.sleep(0.1)
        return found

    def define(self, definition: dict[str, Any]) -> None:
        """Apply a definition as `kubectl apply` does, and wait until it is served."""
        self.run("apply", "-f", "-", stdin=yaml.safe_dump(definition))
        for version in definition["spec"]["versions"]:
            path = f"/apis/{definition['spec']['group']}/{version['name']}/{PLURAL}"
            self.until(lambda path=path: self.plane.kubectl("get", "--raw", path).returncode == 0)  # type: ignore[misc] # bound at once

    def stored_versions(self) -> list[str]:
        found: list[str] = self.get("crd", NAME)["status"]["storedVersions"]
        return found

    def in_etcd(self) -> set[str]:
        """The apiVersions in which dashboards are stored."""
        return {one["apiVersion"] for one in self.plane.stored(PLURAL).values()}


def written(name: str, **metadata: Any) -> str:
    """A dashboard as v1alpha1."""
    body = dashboard({"api": {"replicas": 3}, "reporting": {"timezone": "Asia/Tokyo"}}, name)
    return yaml.safe_dump(
        body | {"apiVersion": OLD_API, "metadata": body["metadata"] | metadata}, sort_keys=False
    )


def applied_status(server: Server, version: str, status: dict[str, Any]) -> None:
    """The status of `sales` as an operator of a version applies it."""
    body = {
        "apiVersion": version,
        "kind": "AnalyticsDashboard",
        "metadata": {"name": "sales"},
        "status": status,
    }
    server.run(
        *("apply", "--server-side", "--force-conflicts", "--subresource=status"),
        *(f"--field-manager={MANAGER}", "-f", "-"),
        stdin=yaml.safe_dump(body),
    )


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with control_plane() as made:
        yield made


@pytest.fixture
def server(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The former definition with two dashboards, one of which has a status and a finalizer."""
    monkeypatch.setenv("PATH", f"{BINARY.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KUBECACHEDIR", str(plane.folder / "cache"))
    monkeypatch.setattr(storage, "SETTLE_SECONDS", 0.5)
    made = Server(plane)
    made.define(former())
    made.run("apply", "-f", "-", stdin=written("sales", finalizers=["example.org/hold"]))
    made.run("apply", "-f", "-", stdin=written("stock"))
    applied_status(made, OLD_API, {"version": "0.1.0", "url": "https://old.test"})
    yield made
    made.run("patch", OLD, "sales", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    made.run("delete", "crd", NAME, "--ignore-not-found")
    made.until(lambda: not made.plane.stored(PLURAL))


def test_each_version_reads_what_the_other_one_wrote(server: Server) -> None:
    before = server.get(OLD, "sales")
    assert before["status"]["url"] == "https://old.test"
    server.define(crd())
    old, new = server.get(OLD, "sales"), server.get(NEW, "sales")
    assert (old["apiVersion"], new["apiVersion"]) == API_VERSIONS[::-1]
    for key in ("spec", "status"):
        assert before[key] == old[key] == new[key]
    same = ("uid", "generation", "resourceVersion", "finalizers", "annotations")
    for key in same:
        assert before["metadata"][key] == old["metadata"][key] == new["metadata"][key]
    # Without a version, the preferred one.
    assert server.get("adash", "sales")["apiVersion"] == API_VERSION
    said = server.plane.kubectl("get", OLD).stderr
    assert f"{OLD_API} is deprecated; write {API_VERSION}, which has the same fields" in said
    assert "deprecated" not in server.plane.kubectl("get", NEW).stderr
    # And the reverse.
    server.run("patch", NEW, "stock", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    assert server.get(OLD, "stock")["spec"]["suspend"] is True


def test_the_status_has_one_owner_across_versions(server: Server) -> None:
    """What the operator wrote as v1alpha1 is its own still: a field that it drops is gone."""
    server.define(crd())
    applied_status(server, API_VERSION, {"version": "0.2.0"})
    status = server.get(NEW, "sales")["status"]
    assert status["version"] == "0.2.0"
    assert "url" not in status
    applied_status(server, OLD_API, {"url": "https://back.test"})
    status = server.get(NEW, "sales")["status"]
    assert status["url"] == "https://back.test"
    assert "version" not in status


def test_everything_is_stored_anew_and_nothing_is_changed(server: Server) -> None:
    """`kubectl adash migrate-storage`."""
    server.define(crd())
    assert server.stored_versions() == ["v1alpha1", VERSION]
    assert server.in_etcd() == {OLD_API}
    before = {name: server.get(NEW, name) for name in ("sales", "stock")}
    said = storage.migrate(server.cluster)
    assert (
        said == f"2 dashboards written anew as {VERSION}; nothing is stored as v1alpha1 any more."
    )
    assert server.in_etcd() == {API_VERSION}
    assert server.stored_versions() == [VERSION]
    for name, body in before.items():
        after = server.get(NEW, name)
        assert after["metadata"].pop("resourceVersion") != body["metadata"].pop("resourceVersion")
        assert after == body
    assert storage.migrate(server.cluster) == f"Every dashboard is stored as {VERSION}."
    # The former version goes on being served.
    assert server.get(OLD, "sales")["apiVersion"] == OLD_API


def test_nothing_is_pruned_while_one_dashboard_cannot_be_written(server: Server) -> None:
    server.define(crd())
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "frozen"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": ["analytics.shopx.io"],
                        "apiVersions": ["*"],
                        "operations": ["UPDATE"],
                        "resources": [f"{PLURAL}/status"],
                    }
                ]
            },
            "validations": [
                {"expression": "object.metadata.name != 'stock'", "message": "stock is frozen"}
            ],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "frozen"},
        "spec": {"policyName": "frozen", "validationActions": ["Deny"]},
    }
    text = yaml.safe_dump_all([policy, binding])
    server.run("apply", "-f", "-", stdin=text)
    frozen = ("patch", NEW, "stock", "--subresource=status", "--type=merge", "-p", "{}")
    try:
        server.until(lambda: server.plane.kubectl(*frozen, "--dry-run=server").returncode)
        with pytest.raises(Unavailable, match=r"1 of 2 dashboards .* default/stock: .* frozen"):
            storage.migrate(server.cluster)
        assert server.stored_versions() == ["v1alpha1", VERSION]
    finally:
        server.run("delete", "-f", "-", stdin=text)


@pytest.mark.parametrize("migrated", [False, True], ids=["before", "after"])
def test_the_former_definition_is_refused_because_objects_may_need_the_new_one(
    server: Server, migrated: bool
) -> None:
    """So a rollback leaves the new definition, which serves the former operator too."""
    server.define(crd())
    if migrated:
        storage.migrate(server.cluster)
    done = server.plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(former()))
    assert done.returncode
    assert re.search(rf"status.storedVersions.*{VERSION}.*spec.versions", done.stderr), done.stderr
    assert server.get(OLD, "sales")["status"]["version"] == "0.1.0"


def test_the_way_back_to_the_former_definition(server: Server) -> None:
    """As the page says: v1alpha1 is stored again, everything is, then the other one goes."""
    server.define(crd())
    storage.migrate(server.cluster)
    subprocess.run(
        ["/bin/sh", "-euc", documented("upgrades.md", "store-v1alpha1")],
        env=os.environ | {"KUBECONFIG": str(server.plane.kubeconfig)},
        check=True,
        timeout=60,
    )
    server.until(lambda: server.stored_versions() == [VERSION, "v1alpha1"])
    storage.migrate(server.cluster)
    assert server.in_etcd() == {OLD_API}
    server.define(former())
    assert server.stored_versions() == ["v1alpha1"]
    assert server.get(OLD, "sales")["spec"]["api"]["replicas"] == 3


def test_children_of_either_version_go_with_their_dashboard_and_not_before(server: Server) -> None:
    """The garbage collector finds the owner by each version that is served."""
    server.define(crd())
    uid = server.get(NEW, "stock")["metadata"]["uid"]
    for version in API_VERSIONS:
        owner = {"apiVersion": version, "kind": "AnalyticsDashboard", "name": "stock", "uid": uid}
        metadata = {"name": f"of-{version.rpartition('/')[2]}", "ownerReferences": [owner]}
        child = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        server.run("apply", "-f", "-", stdin=yaml.safe_dump(child))
    stray = {"apiVersion": API_VERSION, "kind": "AnalyticsDashboard", "name": "x", "uid": "gone"}
    metadata = {"name": "stray", "ownerReferences": [stray]}
    child = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    server.run("apply", "-f", "-", stdin=yaml.safe_dump(child))

    def left() -> set[str]:
        names = server.run("get", "configmaps", "-o", "name").split()
        return {name.partition("/")[2] for name in names} & {
            "of-v1alpha1",
            f"of-{VERSION}",
            "stray",
        }

    # The collector has looked at all three when the one without an owner is gone.
    server.until(lambda: "stray" not in left())
    assert left() == {"of-v1alpha1", f"of-{VERSION}"}
    server.run("delete", NEW, "stock")
    server.until(lambda: left() == set())


def test_an_operator_waits_for_its_version_and_serves_what_was_written_in_the_other_one(
    server: Server, tmp_path: Path
) -> None:
    """Its pod is not ready until then, so the operator before it goes on."""
    environment = os.environ | {
        "KUBECONFIG": str(server.plane.kubeconfig),
        "SHOPX_OPERATOR_NAMESPACE": "default",
        "SHOPX_OPERATOR_VERSION": "1.0.0",
        "SHOPX_OPERATOR_APP_IMAGE": "registry.test/shopx",
        "SHOPX_OPERATOR_POSTGRES_IMAGE": "registry.test/postgres:18",
        "SHOPX_OPERATOR_REDIS_IMAGE": "registry.test/valkey:9",
        "SHOPX_OPERATOR_PORT": str(free_port()),
        "SHOPX_OPERATOR_WATCH": "default",
    }
    log = tmp_path / "operator.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "shopx_operator"], env=environment, stderr=out, stdout=out
        )
    try:
        server.until(lambda: "version_not_served" in log.read_text())
        assert server.run("get", "leases", "-o", "name") == ""
        server.define(crd())
        server.until(lambda: server.get(NEW, "sales")["status"].get("conditions"))
        child = server.until(
            lambda: (
                server.plane.kubectl("get", "statefulset", "sales-database", "-o", "json").stdout
            )
        )
        (owner,) = json.loads(child)["metadata"]["ownerReferences"]
        assert owner["apiVersion"] == API_VERSION
        assert server.get(NEW, "sales")["metadata"]["finalizers"] == ["example.org/hold"]
    finally:
        process.terminate()
        process.wait(60)
    assert process.returncode == 0, log.read_text()
