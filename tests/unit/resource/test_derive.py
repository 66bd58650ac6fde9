"""A spec becomes the same settings wherever it runs."""

from typing import Any

import pytest

from shopx_core.resource.derive import Placement, settings_from_spec
from shopx_core.resource.presets import SIZES
from shopx_core.resource.v1beta1 import DashboardSpec
from shopx_core.resource.v1beta1.spec import (
    api_pods_at_most,
    columns_connections,
    columns_enabled,
    connection_budget,
    connections_at_most,
)
from shopx_core.settings import Settings

FACTS = Placement(dsn="postgresql://u:p@h/d", redis_url="redis://h/0")


def _settings(spec: dict[str, Any]) -> Settings:
    return settings_from_spec(DashboardSpec.model_validate(spec), FACTS)


def test_defaults_of_the_spec_are_the_defaults_of_the_settings() -> None:
    """A process configured by hand behaves as one that a manifest with no fields configures."""
    plain = Settings.from_env({"SHOPX_DATABASE_DSN": FACTS.dsn, "SHOPX_REDIS_URL": "redis://h/0"})
    derived = _settings({})
    # A size says how many jobs run at once and what the replica may use, a release which views
    # it has; a process that is started by hand may be one for development.
    auth = derived.auth.model_copy(update={"production": False})
    same: dict[str, Any] = {
        "workers": plain.workers,
        "refresh": plain.refresh,
        "columns": plain.columns,
    }
    assert (derived.auth.production, auth) == (True, plain.auth)
    same["auth"] = plain.auth
    assert derived.model_copy(update=same) == plain


@pytest.mark.parametrize(
    ("reads", "made"),
    [("Replicas", "postgresql://u:p@ro.test:6432/d"), ("Leader", None)],
)
def test_external_replicas_answer_where_they_are_asked_to(reads: str, made: str | None) -> None:
    """An answer may take longer then: of a replica's time and the leader's."""
    external = {"secretRef": {"name": "db"}, "replicaAddress": "ro.test:6432"}
    settings = _settings({"database": {"external": external, "reads": reads}})
    assert settings.database.replica_dsn == made
    more = settings.answer_seconds - settings.api.request_timeout
    assert more == (settings.replica_seconds if made else 0)


def test_every_field_arrives() -> None:
    settings = _settings(
        {
            "environment": "development",
            "reporting": {
                "timezone": "Europe/Berlin",
                "currency": "EUR",
                "weekStart": "Sunday",
                "language": "de",
            },
            "cache": {
                "ttl": {"min": "40s", "max": "50s"},
                "staleWhileRevalidate": "1m",
                "freshnessLimit": "3m",
                "liveInterval": "2500ms",
                "warm": {"top": 7},
            },
            "api": {
                "poolSize": 3,
                "limits": {
                    "concurrentMisses": 4,
                    "missWait": "1500ms",
                    "maxCost": 500,
                    "maxDepth": 9,
                },
            },
            "workers": {"concurrency": 5},
            "fold": {"interval": "500ms"},
            "partitions": {"ahead": 6},
            "auth": {
                "mode": "proxy",
                "proxy": {"trustedSources": ["10.1.2.3/8"], "userHeader": "X-User"},
            },
        }
    )
    assert settings.reporting.model_dump() == {
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "week_start": 7,
        "language": "de",
    }
    assert (settings.cache.ttl_min, settings.cache.ttl_max) == (40, 50)
    assert (settings.cache.stale_while_revalidate, settings.cache.freshness_limit) == (60, 180)
    assert (settings.cache.live_interval, settings.cache.warm) == (2.5, 7)
    assert settings.database.pool_size == 3
    assert settings.api.max_concurrent_misses == 4
    assert settings.api.miss_wait == 1.5
    assert (settings.api.max_cost, settings.api.max_depth) == (500, 9)
    assert settings.workers.concurrency == 5
    assert settings.fold.interval == 0.5
    assert settings.partitions.ahead == 6
    assert settings.auth.mode == "proxy"
    assert [str(network) for network in settings.auth.trusted_proxies] == ["10.0.0.0/8"]
    assert settings.auth.user_header == "X-User"


@pytest.mark.parametrize(
    ("spec", "mode"),
    [
        ({"environment": "development"}, "development"),
        ({"environment": "development", "auth": {"mode": "token"}}, "token"),
        ({}, "token"),
        ({"auth": {"public": True}}, "token"),
    ],
    ids=["development", "development with token", "production", "production public"],
)
def test_nobody_reads_in_production_unless_asked_for(spec: dict[str, Any], mode: str) -> None:
    assert _settings(spec).auth.mode == mode


@pytest.mark.parametrize("size", SIZES)
def test_a_size_fits_its_own_connection_budget(size: str) -> None:
    """Also with autoscaling at its defaults and a rolling update under way."""
    spec = DashboardSpec.model_validate(
        {"size": size, "api": {"autoscaling": {}}, "workers": {"autoscaling": {}}}
    )
    assert connections_at_most(spec) <= connection_budget(spec)
    assert connections_at_most(spec) > 0.8 * connection_budget(spec), "the budget is used"


@pytest.mark.parametrize(
    ("spec", "enabled"),
    [
        ({}, True),
        ({"size": "large", "api": {"autoscaling": {}}, "workers": {"autoscaling": {}}}, True),
        ({"columns": {"enabled": False}}, False),
        ({"api": {"replicas": 5}, "database": {"bundled": {}, "connectionBudget": 51}}, True),
        ({"api": {"replicas": 5}, "database": {"bundled": {}, "connectionBudget": 50}}, False),
        ({"api": {"resources": {"limits": {"memory": "512Mi"}}}}, True),
        ({"api": {"resources": {"limits": {"memory": "511Mi"}}}}, False),
        ({"api": {"resources": {"limits": {"cpu": 1}}}}, True),
    ],
)
def test_there_is_a_columnar_replica_where_it_fits(spec: dict[str, Any], enabled: bool) -> None:
    """A manifest of before, which leaves no room for it, stays valid and goes without."""
    made = DashboardSpec.model_validate(spec)
    assert columns_enabled(made) is enabled
    placement = Placement(dsn="postgresql://", columns_folder="/columns")
    folder = settings_from_spec(made, placement).columns.folder
    assert folder == ("/columns" if enabled else None)
    # Two of each API pod and of the one more of a rollout, and the builder's.
    expected = 2 * (api_pods_at_most(made) + 1) + 1 if enabled else 0
    assert columns_connections(made) == expected


def test_the_columnar_replica_gets_what_the_manifest_says() -> None:
    asked = {"interval": "10m", "memory": "1536Mi", "threads": 4}
    columns = _settings({"columns": asked, "size": "medium"}).columns
    assert (columns.interval, columns.memory, columns.threads) == (600, 1536, 4)
    columns = _settings({"size": "small"}).columns
    assert (columns.interval, columns.memory, columns.threads) == (3600, 256, 1)


def test_the_environment_carries_the_settings() -> None:
    settings = _settings(
        {
            "reporting": {"timezone": "Asia/Kathmandu"},
            "auth": {"mode": "proxy", "proxy": {"trustedSources": ["10.0.0.0/8", "fd00::/8"]}},
            "refresh": {"views": [{"name": "rfm", "schedule": "0 * * * *", "concurrently": False}]},
        }
    )
    assert Settings.from_env(settings.to_env()) == settings
