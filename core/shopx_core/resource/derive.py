"""From a spec to the settings of its processes: the same on a cluster and on one machine.

A field of the spec that is a setting says so with a `Setting` annotation, and needs nothing here.
This module adds what depends on several fields, and where the processes run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shopx_core.resource.rules import Resource
from shopx_core.resource.scaling import max_pool
from shopx_core.resource.types import Setting, amount
from shopx_core.resource.v1beta1.access import base_path, route_hosts
from shopx_core.resource.v1beta1.spec import (
    DashboardSpec,
    columns_enabled,
    columns_memory,
    columns_threads,
    pool_size,
    worker_concurrency,
)
from shopx_core.resource.views import schedule
from shopx_core.settings import Settings

_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where processes run and what they connect to, which a spec does not say."""

    dsn: str
    """The database's URL."""
    readonly_dsn: str | None = None
    """The URL for reads; `None` = `dsn`."""
    replica_address: str | None = None
    """Where the replicas of a database are that is not external, if they answer reads."""
    redis_url: str | None = None
    """The cache's URL; `None` = no shared cache."""
    redis_prefix: str | None = None
    """What its keys begin with, unless the spec says; `None` = from the database's URL."""
    host: str = "127.0.0.1"
    """The API's listening address."""
    port: int = 8000
    """The API's listening port."""
    fd: int | None = None
    """An inherited listening socket instead."""
    metrics_port: int | None = None
    """The metrics port of processes without an HTTP server of their own."""
    json_logs: bool = True
    """Structured log lines rather than text."""
    columns_folder: str | None = None
    """Where builds of the columnar replica are, if the dashboard has one."""
    api_url: str | None = None
    """Where workers reach the API, without its base path; `None` = at host and port."""
    credentials_folder: str | None = None
    """Where the credentials of feeds are."""
    feeds_folder: str | None = None
    """Below which feeds read files of this machine; `None` = they read none."""
    smtp_password: str | None = None
    """The mail server's password."""
    signing_key: str | None = None
    """What signs webhooks."""
    beat: bool = True
    """Whether the workers' beat refreshes the views; on a cluster CronJobs do."""


def settings_from_spec(spec: DashboardSpec, placement: Placement) -> Settings:
    """The settings of every process of a dashboard.

    Args:
        spec: The validated spec.
        placement: Where the processes run.
    """
    values = _computed(spec, placement)
    for path, value in declared(spec):
        group, _, name = path.partition(".")
        values.setdefault(group, {})[name] = value
    return Settings(**values)


def declared(model: Resource) -> Iterator[tuple[str, Any]]:
    """The path and value of each setting that a field below `model` declares."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, Resource):
            yield from declared(value)
        for one in field.metadata:
            if isinstance(one, Setting):
                yield one.path, one.convert(value)


def _computed(spec: DashboardSpec, placement: Placement) -> dict[str, Any]:
    pool, pool_max = pool_size(spec), max_pool(spec)
    external = spec.cache.redis.external
    # Without a mode, development leaves reads open and production requires a token.
    mode = spec.auth.mode or ("development" if spec.environment == "development" else "token")
    return {
        "database": {
            "dsn": placement.dsn,
            "readonly_dsn": placement.readonly_dsn,
            "replica_address": placement.replica_address or _external_replicas(spec),
            "pool_size": pool,
            "pool_max": pool_max if pool_max != pool else None,
        },
        "redis": {
            "url": placement.redis_url,
            "prefix": (external.key_prefix if external else None) or placement.redis_prefix,
        },
        "api": {
            "host": placement.host,
            "port": placement.port,
            "fd": placement.fd,
            "base_path": base_path(spec),
            # Where reads are open, a page of another site must not read through a name of its own.
            "allowed_hosts": route_hosts(spec) if mode == "development" else (),
        },
        "auth": {"mode": mode, "production": spec.environment == "production"},
        "columns": {
            "folder": placement.columns_folder if columns_enabled(spec) else None,
            "memory": int(amount(columns_memory(spec)) / _MIB),
            "threads": columns_threads(spec),
        },
        "refresh": {"views": schedule(spec.refresh.views) if placement.beat else ()},
        "imports": {
            "credentials": placement.credentials_folder,
            "folder": placement.feeds_folder,
        },
        "workers": {"concurrency": worker_concurrency(spec)},
        "reports": _reports(spec, placement),
        "metrics": {"port": placement.metrics_port},
        "log": {"json_lines": placement.json_logs},
    }


def _external_replicas(spec: DashboardSpec) -> str | None:
    external = spec.database.external
    return external.replica_address if external and spec.database.reads == "Replicas" else None


def _reports(spec: DashboardSpec, placement: Placement) -> dict[str, Any]:
    if spec.reports is None:
        return {}
    host = "127.0.0.1" if placement.host == "0.0.0.0" else placement.host  # noqa: S104
    url = placement.api_url or f"http://{f'[{host}]' if ':' in host else host}:{placement.port}"
    return {
        "enabled": True,
        "api": url + base_path(spec),
        "smtp_password": placement.smtp_password,
        "signing_key": placement.signing_key,
    }
