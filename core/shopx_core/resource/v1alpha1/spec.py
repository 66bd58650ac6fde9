"""The spec of an AnalyticsDashboard."""

from typing import Literal

from shopx_core.resource.presets import RESERVED_CONNECTIONS, SIZES, SizeName, cel_choice
from shopx_core.resource.rules import Resource, Rule
from shopx_core.resource.types import ImageTag, Timestamp
from shopx_core.resource.v1alpha1.access import Auth, Gateway, Ingress, NetworkPolicy, has_route
from shopx_core.resource.v1alpha1.pods import Images, PodTemplate
from shopx_core.resource.v1alpha1.serving import Api, Fold, Workers
from shopx_core.resource.v1alpha1.storage import BundledDatabase, Cache, Database
from shopx_core.resource.v1alpha1.upkeep import Demo, Monitoring, Partitions, Refresh, Reporting


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


def connections_at_most(spec: "DashboardSpec") -> int:
    """How many connections the pods could open together: during a rolling update one API pod more.

    That is (API pods + 1) * pool + worker pods * concurrency + the reserve.
    """
    return (
        (api_pods_at_most(spec) + 1) * pool_size(spec)
        + worker_pods_at_most(spec) * worker_concurrency(spec)
        + RESERVED_CONNECTIONS
    )


def _cel_pods(component: str, attribute: str) -> str:
    scaling = f"self.{component}.autoscaling"
    default = cel_choice("self.size", attribute)
    return (
        f"(!has({scaling}) ? self.{component}.replicas : has({scaling}.max) ? {scaling}.max"
        f" : {scaling}.min > {default} ? {scaling}.min : {default})"
    )


def _cel_or_size(field: str, attribute: str) -> str:
    return f"(has({field}) ? {field} : {cel_choice('self.size', attribute)})"


_BUDGET = Rule(
    cel=(
        f"({_cel_pods('api', 'api_max')} + 1) * {_cel_or_size('self.api.poolSize', 'pool_size')}"
        f" + {_cel_pods('workers', 'worker_max')}"
        f" * {_cel_or_size('self.workers.concurrency', 'worker_concurrency')}"
        f" + {RESERVED_CONNECTIONS}"
        f" <= {_cel_or_size('self.database.connectionBudget', 'connection_budget')}"
    ),
    holds=lambda spec: connections_at_most(spec) <= connection_budget(spec),
    message=(
        "database.connectionBudget is too small: it must hold (API pods at most + 1) x"
        f" api.poolSize + worker pods at most x workers.concurrency + {RESERVED_CONNECTIONS};"
        " raise it (and the database's max_connections) or lower one of the others"
    ),
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
    cache: Cache = Cache()
    """Response caching."""
    api: Api = Api()
    """The API and the pages."""
    workers: Workers = Workers()
    """Background jobs."""
    fold: Fold = Fold()
    """Keeping the rollups up to date."""
    refresh: Refresh = Refresh()
    """Materialized views."""
    partitions: Partitions = Partitions()
    """Monthly partitions."""
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
    rules = (_ROUTE, _PROTECTED, _NO_DEMO, _BUDGET)
