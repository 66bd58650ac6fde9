"""The dashboard's own services."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shopx_core.containers import postgres_files
from shopx_core.containers.compute import api_preset, columns_build_memory, compute
from shopx_core.containers.servers import postgres_arguments, redis_arguments
from shopx_core.containers.variables import (
    API_PORT,
    COLUMNS_FOLDER,
    CREDENTIALS_FOLDER,
    DATABASE_DSN,
    DATABASE_READONLY_DSN,
    LEAVING_SECONDS,
    METRICS_PORT,
    REDIS_URL,
    SIGNING_KEY,
    SMTP_PASSWORD,
    Reader,
    variables,
)
from shopx_core.resource.presets import SIZES, Compute
from shopx_core.resource.v1beta1.access import base_path
from shopx_core.resource.v1beta1.pods import ComputeResources
from shopx_core.resource.v1beta1.spec import (
    DashboardSpec,
    columns_enabled,
    has_signing_key,
    has_smtp_password,
)
from shopx_core.resource.v1beta1.storage import BundledDatabase, BundledRedis
from shopx_core.resource.v1beta1.upkeep import Demo
from shopx_core.settings import FILE, ApiSettings
from shopx_local.compose import values
from shopx_local.compose.shapes import (
    APP_USER,
    NGINX_USER,
    SERVER_USER,
    Service,
    after,
    health,
    http_ok,
    listens,
    once,
    service,
)
from shopx_local.compose.values import Variable

NGINX_FOLDER: Final = "/etc/nginx/shopx"
NGINX_PORT: Final = 8080
NGINX_TLS_PORT: Final = 8443
TLS_FOLDER: Final = "/etc/nginx/tls"
_NGINX_HOST: Final = f"{values.NETWORK}.10"
_FIRST_API: Final = 11
"""The last number of the first API container's address. Nginx looks a name up once, so addresses
are fixed: a replaced container is found again."""
_RUN: Final = "/run/secrets"
_DRAIN_SECONDS: Final = int(ApiSettings().drain_timeout)
_NGINX: Final = Compute("0", "0", "1", "256Mi")
_SMALL: Final = Compute("0", "0", "500m", "256Mi")

_DSN: Final = "database-dsn"
_READONLY_DSN: Final = "database-readonly-dsn"
_PASSWORD: Final = "database-password"  # noqa: S105 -- a file's name
_URL: Final = "redis-url"
_VALKEY: Final = "valkey.conf"
_TOKEN: Final = "token"  # noqa: S105 -- a file's name
_SMTP_PASSWORD: Final = "smtp-password"  # noqa: S105 -- a file's name
_SIGNING_KEY: Final = "signing-key"
CREDENTIALS: Final = "secrets/credentials"
"""The folder of the credentials of feeds."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How the project is reached."""

    instances: Sequence[str]
    """The names of the API services."""
    http: Variable
    """Where Nginx listens."""
    tls: bool


def render(spec: DashboardSpec, shown: Shown) -> dict[str, Service]:
    """The services by name, in the order of their start."""
    made: dict[str, Service] = {}
    if spec.database.bundled is not None:
        made["database"] = _database(spec, spec.database.bundled)
    if spec.cache.redis.bundled is not None:
        made["redis"] = _redis(spec, spec.cache.redis.bundled)
    made["migrate"] = _migrate(spec)
    if spec.demo is not None and spec.demo.orders:
        made["seed"] = _seed(spec, spec.demo)
    made["fold"] = _fold(spec)
    if columns_enabled(spec):
        made["columns"] = _columns(spec)
    made |= {name: _api(spec, _FIRST_API + number) for number, name in enumerate(shown.instances)}
    made["workers"] = _workers(spec)
    made["beat"] = _beat(spec)
    if spec.demo is not None and spec.demo.trickle is not None:
        made["trickle"] = _trickle(spec, spec.demo, spec.demo.trickle)
    made["nginx"] = _nginx(spec, shown)
    return made


def volumes(spec: DashboardSpec) -> dict[str, Any]:
    """The named volumes."""
    wanted = {"database": spec.database.bundled is not None, "columns": columns_enabled(spec)}
    return {name: {} for name, there in wanted.items() if there}


def secret_names(spec: DashboardSpec) -> list[str]:
    """The files of the folder of secrets."""
    external = spec.database.external
    wanted = {
        _DSN: True,
        _READONLY_DSN: external is not None and external.read_only_secret_ref is not None,
        _PASSWORD: spec.database.bundled is not None,
        _URL: True,
        _VALKEY: spec.cache.redis.bundled is not None,
        _TOKEN: True,
        _SMTP_PASSWORD: has_smtp_password(spec),
        _SIGNING_KEY: has_signing_key(spec),
    }
    return [name for name, there in wanted.items() if there]


def _app(
    spec: DashboardSpec,
    reader: Reader,
    command: list[str],
    limits: Compute,
    *,
    database: bool = True,
    redis: bool = True,
    reads: bool = False,
    sends: bool = False,
    environment: Mapping[str, str] | None = None,
    **more: Any,
) -> Service:
    """A service of the application's image, with its variables and secrets."""
    external = spec.database.external
    readonly = reads and external is not None and external.read_only_secret_ref is not None
    secret = {
        DATABASE_DSN: _DSN if database else None,
        DATABASE_READONLY_DSN: _READONLY_DSN if readonly else None,
        REDIS_URL: _URL if redis else None,
        SMTP_PASSWORD: _SMTP_PASSWORD if sends and has_smtp_password(spec) else None,
        SIGNING_KEY: _SIGNING_KEY if sends and has_signing_key(spec) else None,
    }
    files = {f"{name}{FILE}": f"{_RUN}/{file}" for name, file in secret.items() if file}
    mounted = [file for file in secret.values() if file]
    feeds = spec.imports.feeds
    if reader in {"api", "workers"} and feeds is not None and feeds.secret_name is not None:
        folder = f"./{CREDENTIALS}:{CREDENTIALS_FOLDER}:ro"
        more["volumes"] = [*more.get("volumes", ()), folder]
    return service(
        str(values.APP),
        command,
        limits,
        user=APP_USER,
        environment=variables(spec, reader, beat=True) | files | dict(environment or {}),
        secrets=[*mounted, *more.pop("secrets", ())],
        depends_on=more.pop("depends_on", None) or _ready(spec),
        **more,
    )


def _servers(spec: DashboardSpec) -> Service:
    """`depends_on` the bundled servers."""
    made: Service = {}
    if spec.database.bundled is not None:
        made |= after(database="healthy")
    if spec.cache.redis.bundled is not None:
        made |= after(redis="healthy")
    return made


def _ready(spec: DashboardSpec) -> Service:
    """`depends_on` everything that a process needs: the servers, and the schema."""
    return _servers(spec) | after(migrate="completed_successfully")


def _metrics_health(path: str = "/metrics") -> Service:
    return health(http_ok(METRICS_PORT, path), interval="20s", retries=6)


def _database(spec: DashboardSpec, database: BundledDatabase) -> Service:
    return service(
        str(values.POSTGRES),
        ["/bin/sh", f"{postgres_files.FILES}/start.sh", *postgres_arguments(spec, database)],
        compute(database.resources, SIZES[spec.size].database),
        user=SERVER_USER,
        tmpfs=[f"{postgres_files.SOCKETS}:uid={SERVER_USER},gid={SERVER_USER},mode=0700"],
        shm_size="1g",
        environment={
            "SHOPX_PASSWORD_FILE": f"{_RUN}/{_PASSWORD}",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        },
        secrets=[_PASSWORD],
        volumes=[f"database:{postgres_files.DATA}", f"./postgres:{postgres_files.FILES}:ro"],
        # After a crash, recovery may read the log for hours before the server accepts connections.
        healthcheck={
            "test": ["CMD", *postgres_files.READY],
            "interval": "5s",
            "timeout": "5s",
            "retries": 5,
            "start_period": "1h",
        },
        stop_grace_period="2m",
        stop_signal="SIGTERM",
    )


def _redis(spec: DashboardSpec, redis: BundledRedis) -> Service:
    arguments = redis_arguments(spec, redis, "/tmp")  # noqa: S108 -- the container's own
    return service(
        str(values.VALKEY),
        ["redis-server", f"{_RUN}/{_VALKEY}", *arguments],
        compute(redis.resources, SIZES[spec.size].redis),
        user=SERVER_USER,
        secrets=[_VALKEY],
        healthcheck=health(listens(6379), interval="5s"),
    )


def _migrate(spec: DashboardSpec) -> Service:
    """The schema, the reporting terms and the first token; again, it changes nothing."""
    options = ["--secret-file", f"{_RUN}/{_TOKEN}", "--revoke-others"]
    options += spec.auth.first_token.options()
    register = shlex.join(["shopx", "token", "register", "compose", *options])
    # scripts/deploy.sh sets this while nothing else uses the database.
    migrate = "shopx migrate $${SHOPX_MIGRATE_OPTIONS:-}"
    return once(
        _app(
            spec,
            "migrate",
            ["/bin/sh", "-c", f"{migrate} && {register}"],
            compute(ComputeResources(), SIZES[spec.size].fold),
            redis=False,
            reads=True,
            secrets=[_TOKEN],
            depends_on=_servers(spec),
        )
    )


def _seed(spec: DashboardSpec, demo: Demo) -> Service:
    words = ["--orders", str(demo.orders), "--seed", str(demo.random_seed), "--if-empty"]
    limits = compute(ComputeResources(), SIZES[spec.size].workers)
    return once(_app(spec, "job", ["shopx", "seed", *words], limits, redis=False))


def _trickle(spec: DashboardSpec, demo: Demo, words: list[str]) -> Service:
    needed = _ready(spec)
    if demo.orders:
        needed |= after(seed="completed_successfully")
    return _app(spec, "job", ["shopx", *words], _SMALL, redis=False, depends_on=needed)


def _fold(spec: DashboardSpec) -> Service:
    limits = compute(spec.fold.resources, SIZES[spec.size].fold)
    return _app(spec, "fold", ["shopx", "fold"], limits, redis=False, healthcheck=_metrics_health())


def _columns(spec: DashboardSpec) -> Service:
    return _app(
        spec,
        "columns",
        ["shopx", "columns"],
        compute(spec.columns.resources, SIZES[spec.size].columns),
        redis=False,
        environment={
            "SHOPX_COLUMNS_FOLDER": COLUMNS_FOLDER,
            "SHOPX_COLUMNS_MEMORY": str(columns_build_memory(spec)),
        },
        volumes=[f"columns:{COLUMNS_FOLDER}"],
        healthcheck=_metrics_health(),
    )


def _api(spec: DashboardSpec, address: int) -> Service:
    own = {"SHOPX_API_LEAVE_TIMEOUT": str(LEAVING_SECONDS)}
    # Nginx alone reaches it, and passes on what a trusted proxy says.
    own["SHOPX_AUTH_TRUSTED_PROXIES"] = f'["{_NGINX_HOST}"]'
    with_columns = columns_enabled(spec)
    if with_columns:
        own["SHOPX_COLUMNS_FOLDER"] = COLUMNS_FOLDER
    return _app(
        spec,
        "api",
        ["python", "-m", "shopx_api"],
        compute(spec.api.resources, api_preset(spec)),
        reads=True,
        environment=own,
        volumes=[f"columns:{COLUMNS_FOLDER}"] if with_columns else [],
        networks={"default": {"ipv4_address": f"{values.NETWORK}.{address}", "aliases": ["api"]}},
        # A machine that starts everything at once is slow; one that is healthy is so at once.
        healthcheck=health(http_ok(API_PORT, "/readyz"), interval="5s", start="5m"),
        stop_grace_period=f"{LEAVING_SECONDS + _DRAIN_SECONDS + 10}s",
    )


def _workers(spec: DashboardSpec) -> Service:
    scaling = spec.workers.autoscaling
    replicas = max(1, scaling.min if scaling is not None else spec.workers.replicas)
    return _app(
        spec,
        "workers",
        ["python", "-m", "shopx_workers", "worker"],
        compute(spec.workers.resources, SIZES[spec.size].workers),
        sends=True,
        deploy={"replicas": replicas},
        healthcheck=health(listens(METRICS_PORT), interval="20s", retries=6),
        # A stopping worker finishes its job; the broker redelivers one that takes longer.
        stop_grace_period="5m",
    )


def _beat(spec: DashboardSpec) -> Service:
    """The schedule of the refreshes, the partitions and the fits."""
    return _app(spec, "beat", ["python", "-m", "shopx_workers", "beat"], _SMALL)


def _nginx(spec: DashboardSpec, shown: Shown) -> Service:
    ports = [f"{shown.http}:{NGINX_PORT}"]
    mounts = [f"./nginx:{NGINX_FOLDER}:ro"]
    if shown.tls:
        ports.append(f"{values.HTTPS}:{NGINX_TLS_PORT}")
        mounts.append(f"{values.TLS}:{TLS_FOLDER}:ro")
    return service(
        str(values.NGINX),
        ["nginx", "-c", f"{NGINX_FOLDER}/nginx.conf", "-g", "daemon off;"],
        _NGINX,
        user=NGINX_USER,
        ports=ports,
        volumes=mounts,
        extra_hosts=[
            f"{name}:{values.NETWORK}.{_FIRST_API + number}"
            for number, name in enumerate(shown.instances)
        ],
        networks={"default": {"ipv4_address": _NGINX_HOST}},
        depends_on=after(**{name.replace("-", "_"): "healthy" for name in shown.instances}),
        healthcheck=health(listens(NGINX_PORT), interval="5s"),
        stop_signal="SIGQUIT",
        stop_grace_period="30s",
        labels={"shopx.base-path": base_path(spec)},
    )
