"""The configuration of one process: frozen groups, read from the environment at entry points only.

Every group is a prefix and every field a name: `SHOPX_DATABASE_DSN`, `SHOPX_CACHE_TTL_MIN`,
`SHOPX_API_PORT`. Lists are JSON. The operator and `shopx up` derive these values from an
`AnalyticsDashboard` in the same way (`shopx_core.resource.derive`). Durations are seconds unless
the name says otherwise.
"""

import os
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from pydantic_settings.sources.utils import parse_env_vars

from shopx_core.caching.keys import KEY_PREFIX
from shopx_core.caching.tuning import KNOBS
from shopx_core.connection_strings import (
    at_address,
    libpq_url,
    one_address,
    postgres_problem,
)
from shopx_core.domain.languages import Language
from shopx_core.domain.money import CURRENCY
from shopx_core.domain.periods.zones import zone_names
from shopx_core.errors import InvalidConfiguration
from shopx_core.logging import LogLevel
from shopx_core.redis_urls import redis_problem, redis_url

PREFIX = "SHOPX_"
FILE = "_FILE"
"""Ends the name of a variable with the path of a file that holds a secret."""

_NO_DATABASE = ("postgresql://", "postgres://")
_NO_REDIS = ("redis://",)
"""What stands for an address where a process gets it from elsewhere, or needs none."""

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65_535)]
Network = IPv4Network | IPv6Network


class _Group(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


def _knob(name: str) -> Any:
    """A field with the default, bounds and description of a tuning knob."""
    knob = KNOBS[name]
    return Field(default=knob.default, ge=knob.min, le=knob.max, description=f"{knob.description}.")


class DatabaseSettings(_Group):
    """PostgreSQL 15 or newer, which holds all data."""

    dsn: SecretStr
    """`postgresql://user:password@host:port/name?options`, as libpq and asyncpg read it."""
    readonly_dsn: SecretStr | None = None
    """The URL for reads, such as that of a read-only role; `None` = the same as `dsn`."""
    replica_address: Annotated[str, AfterValidator(one_address)] | None = None
    """One `host` or `host:port` that leads to streaming replicas, which may then answer the API's
    reads; without a port that of the URL for reads. Roles, database and `sslmode` are those of that
    URL: with `verify-full` the servers' certificate must cover this name. `None` = the leader
    answers all."""
    pool_size: int = _knob("pool")
    pool_max: int | None = Field(default=None, ge=KNOBS["pool"].min, le=KNOBS["pool"].max)
    """The same when scaling enlarges the pool at run time; `None` = it does not."""
    connect_timeout: Seconds = 5.0
    """How long opening a connection may take."""
    statement_timeout: Seconds = 20.0
    """How long one read may take before the server cancels it."""
    acquire_timeout: Seconds = 5.0
    """How long a request waits for a free connection before it is rejected."""

    @field_validator("dsn", "readonly_dsn")
    @classmethod
    def _known_scheme(cls, dsn: SecretStr | None) -> SecretStr | None:
        if dsn and dsn.get_secret_value() not in _NO_DATABASE:
            problem = postgres_problem(dsn.get_secret_value())
            if problem:
                raise ValueError(problem)
        return dsn

    @property
    def read_dsn(self) -> str:
        """The URL for reads in clear text, as libpq reads it: for a driver, never for a log."""
        return libpq_url((self.readonly_dsn or self.dsn).get_secret_value())

    @property
    def replica_dsn(self) -> str | None:
        """The URL of replicas in clear text, as `read_dsn`; `None` = none may answer."""
        if self.replica_address is None:
            return None
        return at_address(self.read_dsn, self.replica_address)

    @property
    def write_dsn(self) -> str:
        """The URL for writes in clear text, as libpq reads it: for a driver, never for a log."""
        return libpq_url(self.dsn.get_secret_value())


class RedisSettings(_Group):
    """Redis 7 or Valkey: response cache, job queue, cache epoch."""

    url: SecretStr | None = None
    """`redis://[user:password@]host:port/db`, `unix:///path`, or Sentinels:
    `redis-sentinel://[user:password@]host:port,host:port/db#primary`; `None` = no Redis."""
    queue_url: SecretStr | None = None
    """The broker of jobs; `None` = the same as `url`."""
    ca: str | None = None
    """A file of the authorities that signed the certificates of `rediss://` servers, unless the
    URL names one; `None` = those that the machine trusts."""
    prefix: str | None = Field(default=None, pattern=KEY_PREFIX)
    """What every key and channel of the dashboard begins with, for a server that others use too;
    `None` = `shopx:` and a hash of the database's URL."""
    timeout: Seconds = 0.01
    """How long a cache operation may take before the request continues without it. After three
    timeouts in a row Redis is not called for a while; those at the same time count as one."""

    @field_validator("url", "queue_url")
    @classmethod
    def _usable(cls, url: SecretStr | None) -> SecretStr | None:
        if url and url.get_secret_value() not in _NO_REDIS:
            problem = redis_problem(url.get_secret_value())
            if problem:
                raise ValueError(problem)
        return url

    @property
    def cache_url(self) -> str | None:
        """The cache's URL in clear text, or `None`."""
        return redis_url(self.url.get_secret_value(), self.ca) if self.url else None

    @property
    def broker_url(self) -> str | None:
        """The job queue's URL in clear text, or `None`."""
        chosen = self.queue_url or self.url
        return redis_url(chosen.get_secret_value(), self.ca) if chosen else None


class CacheSettings(_Group):
    """Which responses are cached, and for how long."""

    enabled: bool = True
    """Whether responses are cached at all."""
    ttl_min: Seconds = _knob("ttl_min")
    ttl_max: Seconds = _knob("ttl_max")
    stale_while_revalidate: Seconds = _knob("stale_while_revalidate")
    freshness_limit: Seconds = Field(default=120.0, le=7200)
    """Nothing older is ever served, not even while the database is unavailable."""
    live_interval: Seconds = _knob("live_interval")
    local_bytes: int = Field(default=64 * 1024**2, ge=0)
    """Memory for response bodies in each API process; 0 disables that tier."""
    warm: int = _knob("warm")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.ttl_min > self.ttl_max:
            message = "ttl_min must not exceed ttl_max"
            raise ValueError(message)
        if self.ttl_max + self.stale_while_revalidate > self.freshness_limit:
            message = "freshness_limit must be at least ttl_max + stale_while_revalidate"
            raise ValueError(message)
        return self


class ApiSettings(_Group):
    """One API process."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Port = 8000
    """The port to listen on."""
    fd: int | None = Field(default=None, ge=3)
    """A listening socket inherited from the supervisor; then host and port are only shown.

    Processes that share one socket lose no connection when one of them restarts.
    """
    base_path: str = Field(default="", pattern=r"^(/[A-Za-z0-9_.\-]+)*$")
    """The path below which pages and API are, such as `/analytics`; empty = the whole host."""
    max_concurrent_misses: int = _knob("misses")
    miss_wait: float = Field(default=1.0, ge=0.05, le=60, allow_inf_nan=False)
    """How long a request may be expected to wait for its computation; beyond that it is rejected
    at once (HTTP 503), or gets an earlier response."""
    max_cost: int = Field(default=1000, ge=1)
    """The cost from which an operation is rejected before it runs."""
    max_depth: int = Field(default=12, ge=1)
    """The maximum nesting depth of an operation."""
    max_body_bytes: int = Field(default=4 * 1024**2, ge=1024)
    """The largest request body."""
    quota: int | None = Field(default=None, ge=1)
    """The cost that one caller (token, user or address) may have computed within `quota_window` by
    one process; beyond it 429. `None` = no limit. Cached answers are not counted."""
    quota_window: float = Field(default=60.0, ge=1, le=86_400, allow_inf_nan=False)
    """Seconds in which the quota fills again."""
    quota_exempt: tuple[Network, ...] = ()
    """Networks whose callers have no quota, such as 10.0.0.0/8."""
    request_timeout: Seconds = 25.0
    """How long one operation may take."""
    drain_timeout: Seconds = 20.0
    """How long a stopping process may finish running requests."""
    leave_timeout: float = Field(default=0.0, ge=0, le=300)
    """How long a process accepts requests after SIGTERM, unless none arrives for two seconds: the
    time that proxies may need to stop sending."""
    allowed_origins: tuple[str, ...] = ()
    """Other web origins whose pages may call the API; the product's own needs none."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names that requests may be for, beside addresses, localhost, names without a dot and a
    cluster's own; without any every name, except in mode `development`."""


class AuthSettings(_Group):
    """Authentication. Writes always need a token."""

    mode: Literal["development", "token", "proxy"] = "token"
    """`development` leaves reads open; `token` requires a bearer token; `proxy` trusts headers."""
    production: bool = False
    """Whether the dashboard's environment is production, where mode `development` is refused."""
    public: bool = False
    """Reads need no authentication, whatever the mode."""
    trusted_proxies: tuple[Network, ...] = ()
    """Networks from which identity headers and X-Forwarded-* are trusted; none by default."""
    user_header: str = "X-Forwarded-User"
    """The header with the user's name."""
    email_header: str = "X-Forwarded-Email"
    """The header with the user's address."""
    groups_header: str = "X-Forwarded-Groups"
    """The header with the user's groups, separated by commas."""

    @model_validator(mode="after")
    def _proxy_is_named(self) -> Self:
        if self.mode == "proxy" and not self.trusted_proxies:
            message = "mode proxy needs trusted_proxies: without them anyone could forge a user"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _production_is_closed(self) -> Self:
        if self.production and self.mode == "development":
            message = "mode development is refused in production: it leaves reads open"
            raise ValueError(message)
        return self


class ReportingSettings(_Group):
    """Reporting time zone, currency and week; stored in the one-row table `reporting`."""

    timezone: str = "UTC"
    """IANA name; day and week rollups use it."""
    currency: str = Field(default="USD", pattern=CURRENCY)
    """ISO 4217 code; other currencies are converted to it on read."""
    week_start: int = Field(default=1, ge=1, le=7)
    """ISO weekday: 1 Monday … 7 Sunday."""
    language: Language | None = None
    """Of the pages for readers that chose none; `None` = their browser's. Not stored."""

    @model_validator(mode="after")
    def _known_zone(self) -> Self:
        if self.timezone not in zone_names():
            message = f"timezone {self.timezone!r} is not an IANA time zone (such as Europe/Berlin)"
            raise ValueError(message)
        return self


class FoldSettings(_Group):
    """The process that folds new ledger lines into the rollups."""

    interval: float = Field(default=1.0, gt=0, le=60)
    """The pause between two folds."""


class ColumnsSettings(_Group):
    """The columnar replica of the ledger, which answers what would take PostgreSQL long."""

    folder: str | None = None
    """Where its builds are; `None` = there is none, and PostgreSQL answers everything."""
    interval: float = Field(default=3600.0, gt=0, le=86_400)
    """The pause between two builds; many new lines end it early."""
    memory: int = Field(default=512, ge=64, le=1_048_576)
    """Mebibytes that DuckDB may use in one process."""
    threads: int = Field(default=2, ge=1, le=64)
    """Cores that one question, or a build, may use."""
    source: str | None = Field(default=None, pattern=r"^http://[^/\s]+$")
    """Where builds are fetched from, `http://host:port`; `None` = the builder shares `folder`."""
    room: int | None = Field(default=None, ge=16)
    """Mebibytes that fetched builds may take together; `None` = as much as the disk has."""
    token: SecretStr | None = None
    """The secret that the builder and those who fetch share."""
    host: str = "127.0.0.1"
    """Where the builder listens for those who fetch."""
    port: Port | None = None
    """The builder's port for those who fetch; `None` = it serves none."""

    @model_validator(mode="after")
    def _transfers_are_closed(self) -> Self:
        if (self.source or self.port is not None) and not self.token:
            message = "source and port need token: the builds hold the business's figures"
            raise ValueError(message)
        return self


class ViewSchedule(_Group):
    """When one materialized view is refreshed."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    """The view's name."""
    schedule: str
    """Five cron fields, in the reporting time zone."""
    concurrently: bool = True
    """Readers continue while it is refreshed, at about twice the cost."""


class RefreshSettings(_Group):
    """Materialized views; empty on a cluster, where CronJobs refresh them."""

    views: tuple[ViewSchedule, ...] = ()
    """The views that the workers' beat refreshes: objects with name, schedule, concurrently."""


class PartitionSettings(_Group):
    """Monthly partitions of the facts."""

    ahead: int = Field(default=3, ge=2, le=24)
    """Months for which partitions are created ahead."""


class ImportSettings(_Group):
    """Files that are uploaded to be imported; the database holds them meanwhile."""

    max_bytes: int = Field(default=512 * 1024**2, ge=1024, le=64 * 1024**3)
    """The largest file."""
    room: int = Field(default=2 * 1024**3, ge=1024)
    """Bytes of all files together that wait for their import."""
    keep_days: int = Field(default=7, ge=1, le=365)
    """Files that were not imported, and jobs that ended, are removed after so many days."""
    credentials: str | None = None
    """The folder with a file for each credential of feeds; `None` = there are none."""
    folder: str | None = None
    """The folder below which feeds read files of the workers' machine; `None` = none may."""
    permitted: tuple[str, ...] = ()
    """Networks and host names inside that feeds may read from, beside public addresses."""


class WorkerSettings(_Group):
    """Background jobs."""

    concurrency: int = Field(default=1, ge=1, le=64)
    """Jobs that one worker process runs at once; each holds at most one connection."""


class ReportSettings(_Group):
    """Reports and alerts that are sent on a schedule."""

    enabled: bool = False
    """Whether they are sent."""
    api: str = Field(default="http://127.0.0.1:8000", pattern=r"^https?://[^\s]+$")
    """Where workers ask the API for figures and files, with its base path."""
    smtp_host: str | None = None
    """The mail server; `None` = no e-mail is sent."""
    smtp_port: Port = 587
    """Its port."""
    smtp_tls: Literal["starttls", "implicit", "none"] = "starttls"
    """`starttls` and `implicit` refuse a server without a valid certificate; `none` is for a relay
    on a trusted network."""
    smtp_username: str | None = None
    """The user to log in as; `None` = without a login."""
    smtp_password: SecretStr | None = None
    """The user's password."""
    smtp_from: str | None = None
    """The sender's address."""
    smtp_ca: str | None = None
    """A file of the authorities that signed the server's certificate; `None` = those that the
    machine trusts."""
    signing_key: SecretStr | None = None
    """Signs webhooks; `None` = only Slack's, which are not signed, are sent."""
    permitted: tuple[str, ...] = ()
    """Networks and host names inside that webhooks may be sent to, beside public addresses."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.smtp_host is not None and self.smtp_from is None:
            message = "smtp_host needs smtp_from, the sender's address"
            raise ValueError(message)
        if self.smtp_username is not None and self.smtp_tls == "none":
            message = "smtp_username needs TLS: without it the password could be read on the way"
            raise ValueError(message)
        return self


class MetricsSettings(_Group):
    """`/metrics` of processes without an HTTP server of their own."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Port | None = None
    """`None` = not served."""


class LogSettings(_Group):
    """Log lines on stderr."""

    level: LogLevel = "INFO"
    """Lines below it are dropped."""
    json_lines: bool = True
    """One JSON object a line; otherwise text for people."""

    @property
    def command_level(self) -> LogLevel:
        """The level of commands, whose own output says what lines at INFO would."""
        return "WARNING" if self.level == "INFO" else self.level


class TraceSettings(_Group):
    """Traces of requests and jobs (OpenTelemetry)."""

    endpoint: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    """The collector, `http://host:port` for OTLP over HTTP; `None` = nothing is traced."""
    percent: float = Field(default=5.0, gt=0, le=100)
    """The share of requests and jobs that are traced."""


class _MappingSource(EnvSettingsSource):
    """Pydantic's environment source for any mapping."""

    def __init__(self, cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        self._environ = environ
        super().__init__(cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return parse_env_vars(
            self._environ, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str
        )


class Settings(BaseSettings):
    """All settings of one process; created once and passed down."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    database: DatabaseSettings
    redis: RedisSettings = RedisSettings()
    cache: CacheSettings = CacheSettings()
    api: ApiSettings = ApiSettings()
    auth: AuthSettings = AuthSettings()
    reporting: ReportingSettings = ReportingSettings()
    fold: FoldSettings = FoldSettings()
    columns: ColumnsSettings = ColumnsSettings()
    refresh: RefreshSettings = RefreshSettings()
    partitions: PartitionSettings = PartitionSettings()
    imports: ImportSettings = ImportSettings()
    workers: WorkerSettings = WorkerSettings()
    reports: ReportSettings = ReportSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()
    traces: TraceSettings = TraceSettings()

    @property
    def replica_seconds(self) -> float:
        """How long a replica may take for one operation, before the leader answers it anew."""
        return self.api.request_timeout / 2

    @property
    def answer_seconds(self) -> float:
        """How long computing one response may take, on a replica and then on the leader."""
        replicas = self.replica_seconds if self.database.replica_address is not None else 0.0
        return replicas + self.api.request_timeout

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- Pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- Pydantic's signature
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- Pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- Pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`Settings(...)` reads its arguments only; `from_env` reads the environment."""
        return (init_settings,)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings of this process.

        Args:
            environ: Where to read; `None` = the process's environment.

        Raises:
            InvalidConfiguration: A variable is missing, unknown within its group, or invalid; the
                message names the variable, never the value.
        """
        try:
            given = with_secrets(os.environ if environ is None else environ)
            values = _MappingSource(cls, given)()
            # Otherwise the message for a missing database would name no variable.
            return cls(**({"database": {}} | values))
        except ValidationError as error:
            problems = [_problem(item["loc"], item["msg"]) for item in error.errors()]
            raise InvalidConfiguration(
                "The environment does not configure this process: " + "; ".join(problems) + ".",
                hint="Set the named variables (docs/configuration.md lists all of them), or let"
                " `shopx exec COMMAND` set those of a dashboard that `shopx up` runs.",
                problems=problems,
            ) from None
        except SettingsError as error:
            what = str(error).partition(" from source")[0]
            raise InvalidConfiguration(
                f"The environment does not configure this process: {what}.",
                hint="Lists and objects are written as JSON.",
            ) from None

    def to_env(self) -> dict[str, str]:
        """The variables from which `from_env` makes these settings; secrets in clear text.

        Fields with their default value are omitted.
        """
        variables: dict[str, str] = {}
        for name in type(self).model_fields:
            group: _Group = getattr(self, name)
            for field, info in type(group).model_fields.items():
                if getattr(group, field) != info.default:
                    variables[f"{PREFIX}{name}_{field}".upper()] = _as_text(group, field)
        return variables


def _secret_variables() -> Iterator[str]:
    """The variables that hold secrets."""
    for name, info in Settings.model_fields.items():
        fields: Mapping[str, FieldInfo] = getattr(info.annotation, "model_fields", {})
        for field, inner in fields.items():
            if SecretStr in (inner.annotation, *get_args(inner.annotation)):
                yield f"{PREFIX}{name}_{field}".upper()


def with_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables, with those that hold secrets read from the files that `NAME_FILE` names.

    Raises:
        InvalidConfiguration: A file cannot be read, or both variables are set; the message names
            the variable, never the value.
    """
    values = dict(environ)
    for name in _secret_variables():
        path = values.pop(f"{name}{FILE}", "")
        if not path:
            continue
        if values.get(name):
            raise InvalidConfiguration(
                f"Both {name} and {name}{FILE} are set.", hint="Unset one of them."
            )
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise InvalidConfiguration(
                f"The file {path} of {name}{FILE} cannot be read: {reason}.",
                hint=f"Write the value into that file, or set {name}.",
            ) from None
    return values


def _as_text(group: _Group, field: str) -> str:
    value = getattr(group, field)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, str):
        return value
    # Pydantic's JSON of this field: numbers, booleans, lists of networks or groups.
    text = group.model_dump_json(include={field})
    return text[text.index(":") + 1 : -1]


def _problem(location: tuple[Any, ...], message: str) -> str:
    variable = "_".join(str(part) for part in location[:2]).upper()
    return f"{PREFIX}{variable}: {message.removeprefix('Value error, ')}"
