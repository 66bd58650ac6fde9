"""From a spec to the settings of its processes: one derivation for a cluster and for a laptop."""

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Literal

from pydantic import SecretStr

from shopx_core.resource.scaling import max_pool
from shopx_core.resource.types import seconds
from shopx_core.resource.v1alpha1.access import Auth
from shopx_core.resource.v1alpha1.spec import DashboardSpec, pool_size, worker_concurrency
from shopx_core.resource.v1alpha1.storage import Cache
from shopx_core.resource.views import schedule
from shopx_core.settings import (
    ApiSettings,
    AuthSettings,
    CacheSettings,
    DatabaseSettings,
    FoldSettings,
    LogSettings,
    MetricsSettings,
    PartitionSettings,
    RedisSettings,
    RefreshSettings,
    ReportingSettings,
    Settings,
    ViewSchedule,
    WorkerSettings,
)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a spec cannot know: where things run this time."""

    dsn: str
    """The database's URL."""
    readonly_dsn: str | None = None
    """The URL for reads; `None` = `dsn`."""
    redis_url: str | None = None
    """The cache's URL; `None` = no shared cache."""
    host: str = "127.0.0.1"
    """Where the API listens."""
    port: int = 8000
    """Where the API listens."""
    fd: int | None = None
    """A listening socket to inherit instead."""
    metrics_port: int | None = None
    """Where processes without an HTTP server of their own serve metrics."""
    json_logs: bool = True
    """Structured log lines rather than text."""
    beat: bool = True
    """Whether the workers' beat refreshes the views; on a cluster CronJobs do."""


def settings_from_spec(spec: DashboardSpec, facts: Facts) -> Settings:
    """The settings of every process of a dashboard.

    Args:
        spec: What is asked for, already validated.
        facts: Where things run.
    """
    return Settings(
        environment=spec.environment,
        database=DatabaseSettings(
            dsn=SecretStr(facts.dsn),
            readonly_dsn=SecretStr(facts.readonly_dsn) if facts.readonly_dsn else None,
            pool_size=pool_size(spec),
            pool_max=max_pool(spec) if max_pool(spec) != pool_size(spec) else None,
        ),
        redis=RedisSettings(url=SecretStr(facts.redis_url) if facts.redis_url else None),
        cache=_cache(spec.cache),
        api=ApiSettings(
            host=facts.host,
            port=facts.port,
            fd=facts.fd,
            max_concurrent_misses=spec.api.limits.concurrent_misses,
            max_cost=spec.api.limits.max_cost,
            max_depth=spec.api.limits.max_depth,
        ),
        auth=_auth(spec.auth, spec.environment),
        reporting=ReportingSettings(
            timezone=spec.reporting.timezone,
            currency=spec.reporting.currency,
            week_start=WEEKDAYS.index(spec.reporting.week_start) + 1,
        ),
        fold=FoldSettings(interval=seconds(spec.fold.interval)),
        refresh=RefreshSettings(
            views=tuple(
                ViewSchedule(name=view.name, schedule=view.schedule, concurrently=view.concurrently)
                for view in (schedule(spec.refresh.views) if facts.beat else ())
            )
        ),
        partitions=PartitionSettings(ahead=spec.partitions.ahead, retain=spec.partitions.retain),
        workers=WorkerSettings(concurrency=worker_concurrency(spec)),
        metrics=MetricsSettings(port=facts.metrics_port),
        log=LogSettings(json_lines=facts.json_logs),
    )


def _cache(cache: Cache) -> CacheSettings:
    return CacheSettings(
        ttl_min=seconds(cache.ttl.min),
        ttl_max=seconds(cache.ttl.max),
        stale_while_revalidate=seconds(cache.stale_while_revalidate),
        freshness_limit=seconds(cache.freshness_limit),
        live_interval=seconds(cache.live_interval),
        warm=cache.warm.top,
    )


def _auth(auth: Auth, environment: Literal["development", "production"]) -> AuthSettings:
    """Without a mode, development leaves reads open and production asks for a token."""
    mode = auth.mode or ("development" if environment == "development" else "token")
    if auth.proxy is None:
        return AuthSettings(mode=mode, public=auth.public)
    return AuthSettings(
        mode=mode,
        public=auth.public,
        trusted_proxies=tuple(
            ip_network(source, strict=False) for source in auth.proxy.trusted_sources
        ),
        user_header=auth.proxy.user_header,
        email_header=auth.proxy.email_header,
        groups_header=auth.proxy.groups_header,
    )
