"""A manifest as a compose project."""

import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from shopx_core.domain.api_tokens import parse_lifetime, parse_scopes, parse_sources
from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import Manifest, parse_dashboard
from shopx_core.settings import Settings
from shopx_local.compose import values
from shopx_local.compose.project import Project, render
from shopx_local.up import read_manifest
from shopx_operator.manifests.render import render as render_pods
from tests.support.dashboards import dashboard
from tests.support.rendering import Children, context, environment

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
HARDENED = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}


def project(spec: dict[str, Any]) -> Project:
    return render(Manifest(parse_dashboard(dashboard(spec, "sales")), {}, ()))


def document(made: Project) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(made.files["compose.yaml"])
    return found


def services(spec: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document(project(spec))["services"]
    return found


def test_every_service_is_without_privileges_and_within_limits() -> None:
    spec = {"environment": "development", "demo": {}}
    for name, one in services(spec).items():
        assert {key: one[key] for key in HARDENED} == HARDENED, name
        assert set(one["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        assert one["logging"]["options"]["max-size"], name
        assert not one["user"].startswith("0"), name
        assert "privileged" not in one


@pytest.mark.parametrize(
    ("spec", "containers"),
    [
        ({}, 3),
        ({"api": {"replicas": 1}}, 3),
        ({"api": {"replicas": 5}}, 5),
        ({"api": {"autoscaling": {"min": 4, "max": 6}}}, 4),
    ],
)
def test_three_api_containers_or_more(spec: dict[str, Any], containers: int) -> None:
    made = project(spec)
    named = [name for name in document(made)["services"] if name.startswith("api-")]
    assert len(named) == containers
    for name in named:
        assert f"server {name}:8000 " in made.files["nginx/upstream.conf"]


def test_processes_wait_for_the_servers_and_the_migration() -> None:
    made = services({"environment": "development", "demo": {}})
    assert made["migrate"]["depends_on"] == {
        "database": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
    }
    assert made["migrate"]["restart"] == made["seed"]["restart"] == "no"
    for name in ("api-1", "fold", "columns", "workers", "beat"):
        condition = made[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully", name
    assert made["nginx"]["depends_on"]["api-3"] == {"condition": "service_healthy"}


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ({}, "read ingest; api; 90 days, 0:00:00"),
        ({"scopes": ["read"], "lifetime": "12h"}, "read; ; 12:00:00"),
        ({"sources": [], "lifetime": "unlimited"}, "read ingest; every; None"),
        ({"scopes": ["ingest", "admin"], "sources": ["till", "web shop"]},
         "admin ingest; till,web shop; 90 days, 0:00:00"),
    ],
)  # fmt: skip
def test_the_first_token_is_the_manifests(token: dict[str, Any], told: str) -> None:
    """The command's options are read as the command itself reads them."""
    words = shlex.split(services({"auth": {"firstToken": token}})["migrate"]["command"][-1])
    options = words[words.index("compose") + 1 :]
    pairs = list(pairwise([*options, ""]))
    given = {key: [b for a, b in pairs if a == f"--{key}"] for key in ("scope", "source")}
    scopes = parse_scopes(given["scope"])
    sources = parse_sources(scopes, given["source"], every="--every-source" in options)
    lifetime = next((parse_lifetime(b) for a, b in pairs if a == "--expires"), None)
    listed = "every" if sources is None else ",".join(sorted(sources))
    kept = {one.value for one in scopes}
    named = " ".join(sorted(kept, key=["admin", "read", "ingest"].index))
    assert f"{named}; {listed}; {lifetime}" == told


def test_a_container_is_configured_as_the_pod_is() -> None:
    """Variables, memory and arguments are decided once, for pods and for containers."""
    spec = {"size": "medium", "api": {"replicas": 3}, "database": {"bundled": {}}}
    made = services(spec)
    pods = Children(render_pods(context(spec)))
    for name, pod in (
        ("api-1", pods.pod("Deployment", "sales-api")),
        ("fold", pods.pod("Deployment", "sales-fold")),
        ("workers", pods.pod("Deployment", "sales-workers")),
    ):
        (container,) = pod["spec"]["containers"]
        plain = {key: value for key, value in environment(pod).items() if isinstance(value, str)}
        here = made[name]["environment"]
        for key in plain.keys() - {
            "SHOPX_COLUMNS_SOURCE",
            "SHOPX_COLUMNS_ROOM",
            "SHOPX_REDIS_PREFIX",  # a project has a server of its own
        }:
            assert here[key] == plain[key], (name, key)
        assert made[name]["command"] == container["command"]
        limit = container["resources"]["limits"]["memory"].removesuffix("Mi").removesuffix("Gi")
        assert made[name]["deploy"]["resources"]["limits"]["memory"].startswith(limit[:1])
    server = pods.pod("StatefulSet", "sales-database")["spec"]["containers"][0]
    assert made["database"]["command"] == [*server["command"], *server["args"]]


def test_every_environment_configures_its_process() -> None:
    """Each is read by `Settings`, with the files of the secrets in place of the values."""
    given = {"SHOPX_DATABASE_DSN": "postgresql://h/d", "SHOPX_REDIS_URL": "redis://h"}
    for name, one in services({"environment": "development", "demo": {}}).items():
        variables = one.get("environment", {})
        if not one["image"].startswith("${SHOPX_IMAGE_APP"):
            continue
        plain = {key: value for key, value in variables.items() if not key.endswith("_FILE")}
        # Compose fills in the defaults of its own variables.
        filled = {key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for key, value in plain.items()}
        settings = Settings.from_env(filled | given)
        assert settings.log.json_lines, name
        if name == "beat":
            # What CronJobs do on a cluster.
            assert len(settings.refresh.views) > 3


def test_secrets_are_files_and_nowhere_else() -> None:
    spec = {"database": {"external": {"secretRef": {"name": "urls"}}}}
    secrets = {"urls": {"dsn": "postgresql://u:hunter2@h/d"}}
    manifest = Manifest(parse_dashboard(dashboard(spec, "sales")), secrets, ())
    made = render(manifest)
    assert "hunter2" not in str(made)
    found = document(made)
    assert found["secrets"]["database-dsn"]["file"] == "${SHOPX_SECRETS:-./secrets}/database-dsn"
    assert "database" not in found["services"]
    assert "write the database's URL into secrets/database-dsn" in made.notes


def test_a_former_version_of_the_manifest_is_said_and_changes_nothing() -> None:
    old = dashboard({}, "sales") | {"apiVersion": "analytics.shopx.io/v1alpha1"}
    made, now = render(Manifest(parse_dashboard(old), {}, ())), project({})
    assert made.files == now.files
    (note,) = set(made.notes) - set(now.notes)
    assert "write analytics.shopx.io/v1beta1" in note


def test_every_host_of_an_ingress_is_served() -> None:
    route = {"host": "s.test", "additionalHosts": ["t.test"]}
    made = project({"ingress": route, "auth": {"mode": "token"}})
    assert "server_name s.test t.test;" in made.files["nginx/nginx.conf"]


def test_replicas_of_a_single_server_are_said_to_be_ignored() -> None:
    """Those of an external database answer the API here too."""
    asked = {"bundled": {"instances": 2}, "reads": "Replicas"}
    (line,) = [one for one in project({"database": asked}).notes if one.startswith("ignored")]
    assert line.endswith(": spec.database.bundled.instances, spec.database.reads")
    external = {"secretRef": {"name": "urls"}, "replicaAddress": "ro:5432"}
    made = project({"database": {"external": external, "reads": "Replicas"}})
    assert not [one for one in made.notes if "spec.database" in one]
    services = yaml.safe_load(made.files["compose.yaml"])["services"]
    addresses = {
        name: one["environment"]["SHOPX_DATABASE_REPLICA_ADDRESS"]
        for name, one in services.items()
        if "SHOPX_DATABASE_REPLICA_ADDRESS" in one.get("environment", {})
    }
    assert addresses == {"api-1": "ro:5432", "api-2": "ro:5432", "api-3": "ro:5432"}


def test_what_means_nothing_in_a_project_is_said() -> None:
    made = project(
        {
            "networkPolicy": {"enabled": False},
            "podTemplate": {"nodeSelector": {"a": "b"}},
            "ingress": {"host": "s.test", "className": "nginx", "path": "/analytics"},
            "auth": {"mode": "token"},
        }
    )
    (line,) = [one for one in made.notes if one.startswith("ignored")]
    assert line == (
        "ignored in a compose project: spec.ingress.className, spec.networkPolicy.enabled,"
        " spec.podTemplate.nodeSelector"
    ) or {"spec.ingress.className", "spec.networkPolicy", "spec.podTemplate"} <= set(
        line.partition(": ")[2].split(", ")
    )
    assert "spec.ingress.host" not in line
    assert "location /analytics/ {" in made.files["nginx/nginx.conf"]
    assert "server_name s.test;" in made.files["nginx/nginx.conf"]


def test_reads_that_are_open_listen_on_this_machine_alone() -> None:
    (local,) = services({"environment": "development"})["nginx"]["ports"]
    assert local.startswith("${SHOPX_HTTP:-127.0.0.1:8080}:")
    (everyone,) = services({})["nginx"]["ports"]
    assert everyone.startswith("${SHOPX_HTTP:-0.0.0.0:80}:")


def test_a_manifest_for_a_cluster_only_is_refused() -> None:
    with pytest.raises(InvalidConfiguration, match="cloudNativePG needs a cluster"):
        project({"database": {"cloudNativePG": {"clusterName": "pg"}}})


def test_a_budget_without_room_for_three_is_refused() -> None:
    spec = {
        "api": {"replicas": 1, "poolSize": 10},
        "workers": {"replicas": 1, "concurrency": 1},
        "database": {"bundled": {}, "connectionBudget": 30},
    }
    with pytest.raises(InvalidConfiguration, match=r"3 API containers need .* of 47; it is 30"):
        project(spec)


def test_every_variable_of_a_project_is_in_the_example() -> None:
    """And every one of the example is read by a project."""
    read: set[str] = set()
    for path in EXAMPLES:
        if "kind: AnalyticsDashboard" not in path.read_text():
            continue
        text = render(read_manifest(path)).files["compose.yaml"]
        read |= set(re.findall(r"(?<!\$)\$\{(SHOPX_\w+):-", text))
    example = (ROOT / "deploy" / "compose" / ".env.example").read_text()
    assert read == set(re.findall(r"^#(SHOPX_\w+)=", example, re.MULTILINE))
    assert read == {one.name for one in values.ALL}
