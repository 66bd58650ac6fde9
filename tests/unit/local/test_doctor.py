"""What keeps a dashboard from running is said in one message each."""

import contextlib
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
import typer

from shopx_core.resource.manifest import Manifest, parse_dashboard
from shopx_core.resource.v1beta1 import DashboardSpec
from shopx_local import doctor, doctor_command
from shopx_local.compose.project import render
from tests.support.dashboards import dashboard

GIB = 1024**3


def manifest(spec: dict[str, Any] | None = None) -> Manifest:
    return Manifest(parse_dashboard(dashboard(spec or {}, "sales")), {}, ())


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def messages(found: list[Any]) -> list[str]:
    assert all(one.hint for one in found)
    return [one.message for one in found]


def test_too_little_memory_and_disk() -> None:
    spec = DashboardSpec.model_validate({"size": "large"})
    machine = doctor.Machine(memory=2 * GIB, free=GIB, place="/var/lib/docker")
    memory, disk = messages(list(doctor.too_small(spec, machine, 3 * GIB)))
    assert memory.startswith("The machine has 2.0 GiB of memory; this dashboard needs 1")
    assert disk == "The disk of /var/lib/docker has 1.0 GiB free; 3.0 GiB are needed."
    enough = doctor.Machine(memory=64 * GIB, free=100 * GIB, place="/")
    assert list(doctor.too_small(spec, enough, 3 * GIB)) == []


@pytest.mark.parametrize("version", ["1.29.2", "2.3.3", "v2.19.1", ""])
def test_an_old_compose(version: str) -> None:
    problem = doctor.old_compose(version)
    assert problem is not None
    assert "2.20 or newer is needed" in problem.message


@pytest.mark.parametrize("version", ["2.20.0", "v5.6.1", "5.6.1\n"])
def test_a_new_compose(version: str) -> None:
    assert doctor.old_compose(version) is None


def test_no_docker(tools: Path) -> None:
    assert "Docker is not installed." in messages(doctor.for_compose(manifest(), None))
    program(tools, "docker", "exit 1")
    assert "No Docker engine answers." in messages(doctor.for_compose(manifest(), None))


def test_docker_without_compose(tools: Path) -> None:
    program(tools, "docker", '[ "$1" = info ] && echo /')
    assert messages(doctor.for_compose(manifest(), None)) == ["Docker Compose is not installed."]
    program(tools, "docker-compose", "echo 1.29.2")
    assert messages(doctor.for_compose(manifest(), None)) == [
        "Docker Compose is 1.29.2; 2.20 or newer is needed."
    ]


def test_a_project_that_is_not_what_the_manifest_renders(tools: Path, tmp_path: Path) -> None:
    program(tools, "docker", '[ "$1" = info ] && echo / || echo 5.6.1')
    spec = {"database": {"external": {"secretRef": {"name": "urls"}}}}
    folder = tmp_path / "project"
    folder.mkdir()
    (missing,) = messages(doctor.for_compose(manifest(spec), folder))
    assert missing == f"{folder} has no compose.yaml."
    (folder / "compose.yaml").write_text(render(manifest(spec)).files["compose.yaml"])
    (folder / ".env").write_text("SHOPX_HTP=127.0.0.1:80\nSHOPX_NETWORK=\n# a comment\n")
    assert messages(doctor.for_compose(manifest(spec), folder)) == [
        ".env sets SHOPX_HTP, which the project does not read.",
        ".env names SHOPX_NETWORK without a value.",
        f"The secret {folder}/secrets/database-dsn is missing.",
    ]
    other = messages(doctor.for_compose(manifest(), folder))
    assert f"{folder}/compose.yaml is not what this manifest renders." in other


def test_a_port_in_use(tools: Path, tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        (up,) = messages(
            doctor.for_up(manifest({"environment": "development"}), tmp_path, "127.0.0.1", port)
        )
        assert f"Port {port} on 127.0.0.1 is taken" in up
        program(tools, "docker", '[ "$1" = info ] && echo / || echo 5.6.1')
        (tmp_path / "compose.yaml").write_text(render(manifest()).files["compose.yaml"])
        (tmp_path / ".env").write_text(f"SHOPX_HTTP=127.0.0.1:{port}\n")
        (compose,) = messages(doctor.for_compose(manifest(), tmp_path))
        assert f"Port {port} on 127.0.0.1 is taken" in compose


def test_a_manifest_for_a_cluster_only(tmp_path: Path) -> None:
    spec = {"environment": "development", "database": {"cloudNativePG": {"clusterName": "pg"}}}
    assert messages(doctor.for_up(manifest(spec), tmp_path, "127.0.0.1", 1))[0] == (
        "spec.database.cloudNativePG needs a cluster."
    )
    assert messages(doctor.for_compose(manifest(spec), None)) == [
        "spec.database.cloudNativePG needs a cluster."
    ]


def test_a_secret_that_the_file_lacks(tmp_path: Path) -> None:
    spec = {
        "environment": "development",
        "database": {"external": {"secretRef": {"name": "urls"}}},
    }
    found = messages(doctor.for_up(manifest(spec), tmp_path, "127.0.0.1", 0))
    assert found == ["The manifest names the Secret 'urls', which is not in the file."]


def test_a_cluster_that_lacks_something(tools: Path) -> None:
    spec = {
        "auth": {"mode": "token"},
        "ingress": {"host": "s.test", "className": "nginx"},
        "database": {"external": {"secretRef": {"name": "urls"}}},
    }
    assert messages(doctor.for_cluster(manifest(spec))) == ["kubectl is not installed."]
    program(tools, "kubectl", "exit 1")
    assert messages(doctor.for_cluster(manifest(spec))) == [
        "The cluster of kubectl's context does not answer."
    ]
    program(tools, "kubectl", '[ "$2" = --raw ]')
    assert messages(doctor.for_cluster(manifest(spec))) == [
        "The cluster does not know AnalyticsDashboard.",
        "The Secret urls is missing in the namespace default.",
        "The cluster has no IngressClass nginx.",
    ]
    program(tools, "kubectl", "exit 0")
    assert doctor.for_cluster(manifest(spec)) == []


OLD = """
apiVersion: analytics.shopx.io/v1alpha1
kind: AnalyticsDashboard
metadata: {name: sales}
spec:
  database: {bundled: {instances: 2}, reads: Replicas}
---
apiVersion: v1
kind: Service
metadata: {name: other}
"""


@pytest.mark.parametrize(
    ("target", "place"),
    [("up", "on one machine"), ("compose", "in a compose project"), ("cluster", None)],
)
def test_what_is_old_or_ignored_is_named(
    tools: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str, place: str | None
) -> None:
    """As by `shopx up` and `shopx render compose`; a cluster ignores nothing."""
    assert tools.is_dir()
    file = tmp_path / "sales.yaml"
    file.write_text(OLD)
    # Whatever else this machine lacks.
    with contextlib.suppress(typer.Exit):
        doctor_command.command(file, doctor_command.Target(target), None, "127.0.0.1", 0)
    said = capsys.readouterr().err
    assert "write analytics.shopx.io/v1beta1" in said
    assert ("ignored" in said) == (place is not None)
    if place is not None:
        assert f"Service other: ignored {place}\n" in said
        named = "spec.database.bundled.instances, spec.database.reads"
        assert f"ignored {place}: {named}\n" in said
