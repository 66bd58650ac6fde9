"""The status of an AnalyticsDashboard: the observed state."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shopx_core.resource.rules import Resource
from shopx_core.resource.types import ImageTag, Name, Quantity, ShortText, Text, Timestamp
from shopx_core.resource.v1beta1.upkeep import ViewName

CONDITION_TYPES = (
    "Ready",
    "Progressing",
    "Degraded",
    "DatabaseReady",
    "DatabaseReplicated",
    "CacheReady",
    "ColumnsReady",
    "Migrated",
    "Maintenance",
    "Refreshed",
    "BackupReady",
    "DatabaseBottleneck",
    "ScalingLimited",
)

Figure = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$", max_length=24)]
"""A decimal number as text: the API conventions keep floating point out of objects."""

Reason = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", max_length=128)
]
Count = Annotated[int, Field(ge=0)]


class Condition(Resource):
    """One aspect of the state, in the standard form of metav1.Condition."""

    type: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=64)]
    """The aspect."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    reason: Reason
    """The reason, as one CamelCase word."""
    message: Annotated[str, StringConstraints(max_length=2048)] = ""
    """The reason as text, with what to do."""
    observed_generation: Count = 0
    """The generation of the spec that this refers to."""
    last_transition_time: Timestamp
    """When `status` last changed."""


class ComponentStatus(Resource):
    """The pods of one component."""

    desired: Count = 0
    """Requested pods."""
    ready: Count = 0
    """Ready pods."""
    updated: Count = 0
    """Pods of the newest template."""


class VolumeStatus(Resource):
    """The volume of the bundled database; what it has, the spec cannot take back."""

    size: Quantity
    """The size that it has."""
    class_name: Name | None = None
    """Its StorageClass."""


class DatabaseStatus(Resource):
    """The servers of a bundled database that is replicated."""

    servers: Count = 0
    """Servers that the spec asks for."""
    leader: Name | None = None
    """The pod that leads; absent = none does."""
    streaming: Count = 0
    """Replicas that follow it."""
    lag_bytes: Count | None = None
    """What the last of them lacked of the log when it last reported, in whole MiB; absent = it is
    unknown."""


class CacheStatus(Resource):
    """The cache over the last minutes."""

    hit_ratio: Figure | None = None
    """Share of requests answered from cache, 0 to 1; absent = not enough requests."""
    requests_per_second: Figure | None = None
    """Requests per second over all pods."""


class LatencyStatus(Resource):
    """Latency over the last minutes."""

    p95_milliseconds: Figure | None = None
    """95th percentile over all requests."""
    p95_hit_milliseconds: Figure | None = None
    """95th percentile over requests answered from cache."""
    p95_miss_milliseconds: Figure | None = None
    """95th percentile over requests that were computed."""


class ViewStatus(Resource):
    """The last refreshes of one materialized view."""

    name: ViewName
    """The view's name."""
    last_success_time: Timestamp | None = None
    """When a refresh last succeeded."""
    last_failure_time: Timestamp | None = None
    """When a refresh last failed."""
    duration_seconds: Figure | None = None
    """How long the last successful refresh took."""
    message: Text = ""
    """Why the last refresh failed."""


class BackupStatus(Resource):
    """What is known of the backups at the present destination."""

    destination: Text
    """Where they are."""
    last_backup_time: Timestamp | None = None
    """When the last good base backup was complete; absent = none is known."""
    last_verified_time: Timestamp | None = None
    """When a restored copy last agreed with itself to the cent; absent = none is known."""


class RejectedOption(Resource):
    """An option that scaling did not take."""

    action: ShortText
    """The option."""
    reason: ShortText
    """Why not."""


class LastDecision(Resource):
    """The last scaling decision; the last fifty are in a ConfigMap."""

    time: Timestamp
    """The time of the decision."""
    action: ShortText
    """The action taken."""
    reason: Reason
    """The reason, as one CamelCase word."""
    message: Text = ""
    """The reason as text."""
    inputs: Annotated[dict[ShortText, Figure], Field(max_length=32)] = Field(default_factory=dict)
    """The metrics that it is based on."""
    rejected: Annotated[list[RejectedOption], Field(max_length=16)] = Field(default_factory=list)
    """The other options."""
    next_time: Timestamp | None = None
    """The time of the next decision."""


class DashboardStatus(Resource):
    """The observed state."""

    observed_generation: Count = 0
    """The generation of the spec that was last reconciled."""
    conditions: Annotated[
        list[Condition],
        Field(
            max_length=16,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
            },
        ),
    ] = Field(default_factory=list)
    """The aspects of the state: Ready = all that the spec asks for runs (`kubectl wait
    --for=condition=Ready`), Available = visitors are answered, perhaps by an older release."""
    url: Text | None = None
    """The URL of the dashboard."""
    version: ImageTag | None = None
    """The running release."""
    schema_revision: ShortText | None = None
    """The database's schema revision."""
    database_address: Text | None = None
    """The address of the database that was migrated last; an empty one there is refused."""
    volume: VolumeStatus | None = None
    """The bundled database's volume; absent = there is none yet."""
    database: DatabaseStatus | None = None
    """The replication of the bundled database; absent = it has one server."""
    replicas: Count = 0
    """API pods, for the scale subresource."""
    selector: Text | None = None
    """The API pods' label selector, for the scale subresource."""
    api: ComponentStatus = ComponentStatus()
    """The API's pods."""
    workers: ComponentStatus = ComponentStatus()
    """The workers' pods."""
    fold: ComponentStatus = ComponentStatus()
    """The fold's pod."""
    cache: CacheStatus = CacheStatus()
    """The cache."""
    latency: LatencyStatus = LatencyStatus()
    """Latency."""
    views: Annotated[
        list[ViewStatus],
        Field(
            max_length=32,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ] = Field(default_factory=list)
    """The materialized views' last refreshes."""
    backup: BackupStatus | None = None
    """The backups; absent = `spec.backup` is."""
    last_decision: LastDecision | None = None
    """The last scaling decision."""
