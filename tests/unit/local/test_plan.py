"""Which processes a manifest means on one machine."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.derive import Placement, settings_from_spec
from shopx_core.resource.v1beta1 import DashboardSpec
from shopx_core.settings import Settings
from shopx_local import plan


async def _ready() -> bool:
    return True


HERE = plan.Surroundings(
    environ={"PATH": "/bin", "SHOPX_API_PORT": "1", "HOME": "/h"},
    work=Path("/w"),
    socket_fd=7,
    api_ready=_ready,
)


PLACEMENT = Placement(dsn="postgresql://h/d", redis_url="redis://h", columns_folder="/c")


def _stages(spec: dict[str, Any]) -> list[list[str]]:
    parsed = DashboardSpec.model_validate(spec)
    settings = settings_from_spec(parsed, PLACEMENT)
    return [[item.name for item in stage] for stage in plan.stages(parsed, settings, HERE)]


@pytest.mark.parametrize(
    ("spec", "stages"),
    [
        ({}, [["fold", "columns"], ["api.1", "api.2", "worker", "beat"]]),
        ({"api": {"replicas": 0}}, [["fold", "columns"], ["api.1", "worker", "beat"]]),
        (
            {"api": {"autoscaling": {"min": 3}}},
            [["fold", "columns"], ["api.1", "api.2", "api.3", "worker", "beat"]],
        ),
        (
            {"environment": "development", "demo": {}, "api": {"replicas": 1}},
            [["fold", "columns"], ["api.1", "worker", "beat"], ["trickle"]],
        ),
        ({"columns": {"enabled": False}}, [["fold"], ["api.1", "api.2", "worker", "beat"]]),
        (
            {"environment": "development", "demo": {"liveOrdersPerMinute": 0}},
            [["fold", "columns"], ["api.1", "api.2", "worker", "beat"]],
        ),
    ],
    ids=[
        "default",
        "at least one API",
        "autoscaling",
        "demo",
        "no replica",
        "demo without live orders",
    ],
)
def test_stages(spec: dict[str, Any], stages: list[list[str]]) -> None:
    assert _stages(spec) == stages


def test_processes_get_the_settings_and_nothing_of_the_shells() -> None:
    spec = DashboardSpec.model_validate({"reporting": {"currency": "EUR"}})
    settings = settings_from_spec(spec, replace(PLACEMENT, fd=7))
    for process in [item for stage in plan.stages(spec, settings, HERE) for item in stage]:
        shopx = {k: v for k, v in process.env.items() if k.startswith("SHOPX_")}
        read = Settings.from_env(shopx)
        assert read.reporting.currency == "EUR"
        # Builder and readers share the folder, and nothing is fetched.
        assert (read.columns.folder, read.columns.source) == ("/c", None)
        assert read.api.port == 8000, "the shell's own SHOPX_API_PORT is not inherited"
        assert process.env["PATH"] == "/bin"
        # Only the API can use the socket; an inherited number means nothing elsewhere.
        assert (read.api.fd == 7) == process.name.startswith("api.")
        assert (process.pass_fds == (7,)) == process.name.startswith("api.")


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({}, []),
        ({"cache": {"ttl": {"min": "40s"}}}, []),
        (
            {"version": "1.2.3", "monitoring": {"prometheusRule": False}},
            ["spec.version", "spec.monitoring.prometheusRule"],
        ),
        (
            {"database": {"bundled": {"storage": {"size": "20Gi"}, "parameters": {"a": "1"}}}},
            ["spec.database.bundled.storage"],
        ),
        ({"api": {"replicas": 1, "resources": {}}}, ["spec.api.resources"]),
        (
            {"columns": {"memory": "512Mi", "storage": {"size": "1Gi"}}},
            ["spec.columns.storage"],
        ),
        (
            {"database": {"bundled": {"instances": 2}, "reads": "Replicas"}},
            ["spec.database.bundled.instances", "spec.database.reads"],
        ),
        (
            {
                "database": {
                    "external": {"secretRef": {"name": "urls"}, "replicaAddress": "ro:5432"},
                    "reads": "Replicas",
                }
            },
            [],
        ),
        (
            {"jobs": {"resources": {}}, "monitoring": {"podMonitor": True}},
            ["spec.jobs", "spec.monitoring.podMonitor"],
        ),
    ],
    ids=[
        "nothing given",
        "meaningful",
        "cluster only",
        "nested",
        "beside a meaningful one",
        "columns",
        "replicas that are not here",
        "replicas of an external database",
        "what only a cluster has",
    ],
)
def test_fields_without_meaning_are_named(spec: dict[str, Any], named: list[str]) -> None:
    assert plan.meaningless_here(DashboardSpec.model_validate(spec)) == named


@pytest.mark.parametrize(
    ("spec", "host", "refused"),
    [
        ({"environment": "development"}, "127.0.0.1", False),
        ({"environment": "development"}, "0.0.0.0", True),  # noqa: S104 -- the case itself
        ({"environment": "development", "auth": {"mode": "token"}}, "0.0.0.0", False),  # noqa: S104 -- the case itself
        ({"environment": "development", "auth": {"public": True}}, "::", False),
        ({}, "10.0.0.1", False),
    ],
    ids=["this machine", "open to all", "token", "public on purpose", "production"],
)
def test_reads_are_not_opened_to_a_network_by_accident(
    spec: dict[str, Any], host: str, refused: bool
) -> None:
    parsed = DashboardSpec.model_validate(spec)
    if refused:
        with pytest.raises(InvalidConfiguration, match=r"auth\.mode"):
            plan.check_exposure(parsed, host)
    else:
        plan.check_exposure(parsed, host)


def test_processes_that_are_scaled_show_their_figures_each_on_its_own_port() -> None:
    spec = DashboardSpec.model_validate({"api": {"autoscaling": {"min": 2}}})
    settings = settings_from_spec(spec, replace(PLACEMENT, fd=7))
    ports = {"fold": 1, "columns": 3, "worker": 2, "api.1": 4, "api.2": 5}
    here = replace(HERE, metrics_port=ports.__getitem__)
    made = {one.name: one for stage in plan.stages(spec, settings, here) for one in stage}
    shown = {name: one.env.get("SHOPX_METRICS_PORT") for name, one in made.items()}
    assert shown == {name: str(port) for name, port in ports.items()} | {"beat": None}
    assert "SHOPX_API_FD" not in made["fold"].env
    assert plan.api_process(settings, here, 2) == made["api.2"]
