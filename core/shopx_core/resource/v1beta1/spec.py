"""The spec of an AnalyticsDashboard."""

from typing import Literal

from shopx_core.resource.presets import (
    RESERVED_CONNECTIONS,
    SIZES,
    SizeName,
    cel_choice,
    cel_text_choice,
)
from shopx_core.resource.rules import Resource, Rule
from shopx_core.resource.types import ImageTag, Timestamp, amount
from shopx_core.resource.v1beta1.access import Auth, Gateway, Ingress, NetworkPolicy, has_route
from shopx_core.resource.v1beta1.backup import ARCHIVE_PARAMETERS, Backup
from shopx_core.resource.v1beta1.columns import Columns
from shopx_core.resource.v1beta1.pods import Images, PodTemplate
from shopx_core.resource.v1beta1.reports import Reports
from shopx_core.resource.v1beta1.serving import Api, Fold, Jobs, Workers
from shopx_core.resource.v1beta1.storage import BundledDatabase, Cache, Database
from shopx_core.resource.v1beta1.upkeep import (
    Demo,
    Imports,
    Monitoring,
    Partitions,
    Refresh,
    Reporting,
)


def api_pods_at_most(spec: "DashboardSpec") -> int:
    """How many API pods the spec allows, without the one more of a rolling update."""
    scaling = spec.api.autoscaling
    if scaling is None:
        return spec.api.replicas
    return scaling.max or max(scaling.min, SIZES[spec.size].api_max)


def worker_pods_at_most(spec: "DashboardSpec") -> int:
    """How many worker pods the spec allows."""
    scaling = spec.workers.autoscaling
    if scaling is None:
        return spec.workers.replicas
    return scaling.max or max(scaling.min, SIZES[spec.size].worker_max)


def pool_size(spec: "DashboardSpec") -> int:
    """How many connections one API pod opens at most."""
    return spec.api.pool_size or SIZES[spec.size].pool_size


def worker_concurrency(spec: "DashboardSpec") -> int:
    """How many jobs one worker pod runs at once."""
    return spec.workers.concurrency or SIZES[spec.size].worker_concurrency


def connection_budget(spec: "DashboardSpec") -> int:
    """How many connections all pods together may open."""
    return spec.database.connection_budget or SIZES[spec.size].connection_budget


def columns_memory(spec: "DashboardSpec") -> str:
    """The memory of the columnar replica in one API pod, as a quantity."""
    return spec.columns.memory or SIZES[spec.size].columns_memory


def columns_threads(spec: "DashboardSpec") -> int:
    """How many cores one question of the replica, or a build, may use."""
    return spec.columns.threads or SIZES[spec.size].columns_threads


def columns_storage(spec: "DashboardSpec") -> str:
    """The room for the replica's builds, as a quantity."""
    return spec.columns.storage.size or SIZES[spec.size].columns_storage


def columns_enabled(spec: "DashboardSpec") -> bool:
    """Whether there is a columnar replica: as asked, or where it fits."""
    if spec.columns.enabled is not None:
        return spec.columns.enabled
    fits = _connections(spec, with_columns=True) <= connection_budget(spec)
    return fits and _columns_fit_memory(spec)


def connections_at_most(spec: "DashboardSpec") -> int:
    """How many connections the pods could open together: during a rolling update one API pod more.

    That is (API pods + 1) * pool + worker pods * concurrency + the reserve; with a columnar
    replica two more of each API pod, and one of its builder.
    """
    return _connections(spec, with_columns=columns_enabled(spec))


def columns_connections(spec: "DashboardSpec") -> int:
    """How many of these are the columnar replica's."""
    return connections_at_most(spec) - _connections(spec, with_columns=False)


def has_smtp_password(spec: "DashboardSpec") -> bool:
    """Whether reports are sent by a mail server that needs a login."""
    smtp = spec.reports.smtp if spec.reports is not None else None
    return smtp is not None and smtp.secret_ref is not None


def has_signing_key(spec: "DashboardSpec") -> bool:
    """Whether webhooks are signed."""
    return spec.reports is not None and spec.reports.webhooks.secret_ref is not None


_READER_CONNECTIONS = 2
"""Of each API pod to the primary and to where it reads, beside its pool: what follows the ledger,
and what reads the present snapshot."""
_BUILDER_CONNECTIONS = 1


def _connections(spec: "DashboardSpec", *, with_columns: bool) -> int:
    reader, builder = (_READER_CONNECTIONS, _BUILDER_CONNECTIONS) if with_columns else (0, 0)
    return (
        (api_pods_at_most(spec) + 1) * (pool_size(spec) + reader)
        + worker_pods_at_most(spec) * worker_concurrency(spec)
        + RESERVED_CONNECTIONS
        + builder
    )


def _columns_fit_memory(spec: "DashboardSpec") -> bool:
    """Whether the replica and what the API needs anyway stay within a limit of the manifest."""
    limits = spec.api.resources.limits
    if limits is None or limits.memory is None:
        return True
    needed = amount(SIZES[spec.size].api.memory) + amount(columns_memory(spec))
    return amount(limits.memory) >= needed


def _cel_pods(component: str, attribute: str) -> str:
    scaling = f"self.{component}.autoscaling"
    default = cel_choice("self.size", attribute)
    return (
        f"(!has({scaling}) ? self.{component}.replicas : has({scaling}.max) ? {scaling}.max"
        f" : {scaling}.min > {default} ? {scaling}.min : {default})"
    )


def _cel_or_size(field: str, attribute: str) -> str:
    return f"(has({field}) ? {field} : {cel_choice('self.size', attribute)})"


_CEL_COLUMNS = "has(self.columns.enabled) && self.columns.enabled"

_BUDGET = Rule(
    cel=(
        f"({_cel_pods('api', 'api_max')} + 1)"
        f" * ({_cel_or_size('self.api.poolSize', 'pool_size')}"
        f" + ({_CEL_COLUMNS} ? {_READER_CONNECTIONS} : 0))"
        f" + {_cel_pods('workers', 'worker_max')}"
        f" * {_cel_or_size('self.workers.concurrency', 'worker_concurrency')}"
        f" + {RESERVED_CONNECTIONS} + ({_CEL_COLUMNS} ? {_BUILDER_CONNECTIONS} : 0)"
        f" <= {_cel_or_size('self.database.connectionBudget', 'connection_budget')}"
    ),
    # An absent columns.enabled never breaks the rule: then there is no replica.
    holds=lambda spec: (
        _connections(spec, with_columns=bool(spec.columns.enabled)) <= connection_budget(spec)
    ),
    message=(
        "database.connectionBudget is too small: it must hold (API pods at most + 1) x"
        f" api.poolSize + worker pods at most x workers.concurrency + {RESERVED_CONNECTIONS};"
        f" with columns.enabled: true {_READER_CONNECTIONS} more for each of these API pods and"
        f" {_BUILDER_CONNECTIONS};"
        " raise it (and the database's max_connections) or lower one of the others"
    ),
)

_COLUMNS_MEMORY = Rule(
    cel=(
        f"!({_CEL_COLUMNS}) || !has(self.api.resources.limits)"
        " || !has(self.api.resources.limits.memory)"
        " || quantity(string(self.api.resources.limits.memory)).compareTo("
        f"quantity({cel_text_choice('self.size', 'api_memory')}).add(quantity("
        "(has(self.columns.memory) ? string(self.columns.memory)"
        f" : {cel_text_choice('self.size', 'columns_memory')})))) >= 0"
    ),
    holds=lambda spec: not spec.columns.enabled or _columns_fit_memory(spec),
    message=(
        "api.resources.limits.memory is too small for columns.memory beside what the API needs"
        f" ({', '.join(f'{size.api.memory} of size {name}' for name, size in SIZES.items())});"
        " raise it, lower columns.memory, or set columns.enabled: false"
    ),
    field="columns",
)

_ROUTE = Rule(
    cel="!(has(self.ingress) && has(self.gateway))",
    holds=lambda spec: spec.ingress is None or spec.gateway is None,
    message="give at most one of ingress and gateway",
)

_PROTECTED = Rule(
    cel=(
        "self.environment != 'production' || !(has(self.ingress) || has(self.gateway))"
        " || has(self.auth.mode) || self.auth.public"
    ),
    holds=lambda spec: (
        spec.environment != "production"
        or not has_route(spec)
        or spec.auth.mode is not None
        or spec.auth.public
    ),
    message=(
        "in production a route needs auth.mode (token or proxy), or auth.public: true if everyone"
        " may read"
    ),
)

_NO_DEMO = Rule(
    cel="self.environment != 'production' || !has(self.demo)",
    holds=lambda spec: spec.environment != "production" or spec.demo is None,
    message="demo is rejected in production; remove it or set environment: development",
)


_PARAMETERS = ", ".join(f"'{name}'" for name in ARCHIVE_PARAMETERS)
_BACKUP = (
    Rule(
        cel="!has(self.backup) || has(self.database.bundled)",
        holds=lambda spec: spec.backup is None or spec.database.bundled is not None,
        message="is for database.bundled; an external server and CloudNativePG have their own",
        field="backup",
    ),
    Rule(
        cel=(
            "!has(self.backup) || !has(self.backup.destination.pvc)"
            " || !has(self.database.bundled) || self.database.bundled.instances == 1"
        ),
        holds=lambda spec: (
            spec.backup is None
            or spec.backup.destination.pvc is None
            or spec.database.bundled is None
            or spec.database.bundled.instances == 1
        ),
        message="a backup of database.bundled.instances above 1 goes to backup.destination.s3:"
        " servers on several nodes cannot write to one volume (pvc)",
    ),
    Rule(
        cel=(
            "has(self.backup) || !has(self.database.bundled)"
            " || !has(self.database.bundled.recovery)"
        ),
        holds=lambda spec: (
            spec.backup is not None
            or spec.database.bundled is None
            or spec.database.bundled.recovery is None
        ),
        message="database.bundled.recovery needs backup, whose destination it reads",
    ),
    Rule(
        cel=(
            "!has(self.backup) || !has(self.database.bundled)"
            f" || self.database.bundled.parameters.all(name, !(name in [{_PARAMETERS}]))"
        ),
        holds=lambda spec: (
            spec.backup is None
            or spec.database.bundled is None
            or not set(spec.database.bundled.parameters) & set(ARCHIVE_PARAMETERS)
        ),
        message=(
            f"with backup, leave out {', '.join(ARCHIVE_PARAMETERS)} of"
            " database.bundled.parameters: they follow from it"
        ),
    ),
)


class DashboardSpec(Resource):
    """The desired state. Every field has a working default."""

    version: ImageTag | None = None
    """The release to run; absent = that of the operator."""
    environment: Literal["development", "production"] = "production"
    """production rejects what is safe only for evaluation."""
    size: SizeName = "small"
    """Balanced defaults for compute, pools and workers."""
    suspend: bool = False
    """Stop all pods but keep the data."""
    restarted_at: Timestamp | None = None
    """A new value restarts all pods, one after the other."""
    deletion_policy: Literal["Retain", "Delete"] = "Retain"
    """Whether the data is kept when the object is deleted."""
    reporting: Reporting = Reporting()
    """Time zone, currency and week of reports."""
    database: Database = Database(bundled=BundledDatabase())
    """The database."""
    backup: Backup | None = None
    """Backups of the bundled database; absent = there are none."""
    cache: Cache = Cache()
    """Response caching."""
    api: Api = Api()
    """The API and the pages."""
    workers: Workers = Workers()
    """Background jobs."""
    jobs: Jobs = Jobs()
    """Jobs and CronJobs."""
    fold: Fold = Fold()
    """Keeping the rollups up to date."""
    columns: Columns = Columns()
    """The columnar replica of the ledger."""
    refresh: Refresh = Refresh()
    """Materialized views."""
    partitions: Partitions = Partitions()
    """Monthly partitions."""
    reports: Reports | None = None
    """Scheduled reports and alerts; absent = none are sent."""
    imports: Imports = Imports()
    """Files that are uploaded to be imported."""
    ingress: Ingress | None = None
    """Expose the dashboard through an Ingress."""
    gateway: Gateway | None = None
    """Expose the dashboard through the Gateway API."""
    auth: Auth = Auth()
    """Authentication of reads."""
    monitoring: Monitoring = Monitoring()
    """Integration with monitoring tools."""
    network_policy: NetworkPolicy = NetworkPolicy()
    """Allowed connections of the pods."""
    pod_template: PodTemplate | None = None
    """Overrides for all pods."""
    images: Images = Images()
    """Container images."""
    demo: Demo | None = None
    """Generated sales for evaluation; rejected in production."""
    rules = (_ROUTE, _PROTECTED, _NO_DEMO, _BUDGET, _COLUMNS_MEMORY, *_BACKUP)
