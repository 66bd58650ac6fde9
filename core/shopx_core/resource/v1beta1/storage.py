"""The dashboard's stores: PostgreSQL, and Redis or Valkey."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shopx_core.caching.keys import KEY_PREFIX
from shopx_core.connection_strings import (
    REPLICA_ADDRESS,
    REPLICA_ADDRESS_WORDS,
    one_address,
)
from shopx_core.resource.knobs import count_knob, duration_knob, duration_rule
from shopx_core.resource.rules import Resource, Rule, Transition, duration_within
from shopx_core.resource.types import (
    WORDS,
    Duration,
    Name,
    Quantity,
    SecretKey,
    Setting,
    Timestamp,
    amount,
    seconds,
)
from shopx_core.resource.v1beta1.pods import ComputeResources, PodTemplate

MAX_INSTANCES = 9
"""Servers that a bundled database may have."""

ParameterName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]*$", max_length=63)]
ParameterValue = Annotated[str, StringConstraints(max_length=256)]

OWNED_PARAMETERS = (
    "config_file",
    "data_directory",
    "hba_file",
    "listen_addresses",
    "max_connections",
    "port",
    "primary_conninfo",
    "primary_slot_name",
    "synchronous_standby_names",
    "unix_socket_directories",
)
"""Parameters that follow from other fields; setting them separately would break the dashboard."""


class SecretReference(Resource):
    """One value of a Secret in the same namespace (on one machine: in the same file)."""

    name: Name
    """The Secret's name."""
    key: SecretKey
    """The key within the Secret."""


class DatabaseUrl(SecretReference):
    """A Secret's key that holds a PostgreSQL URL: postgresql://user:password@host:port/name."""

    key: SecretKey = "dsn"
    """The key within the Secret."""


class RedisUrl(SecretReference):
    """A Secret's key that holds a Redis URL: redis://[user:password@]host:port/number.

    Or that of Sentinels: redis-sentinel://[user:password@]host:port,host:port/number#primary.
    """

    key: SecretKey = "url"
    """The key within the Secret."""


class Authority(SecretReference):
    """A Secret's key that holds certificates of authorities in PEM."""

    key: SecretKey = "ca.crt"
    """The key within the Secret."""


class Storage(Resource):
    """A persistent volume."""

    size: Quantity = "10Gi"
    """The requested size; it may grow if the class allows it, and a volume never shrinks."""
    class_name: Name | None = None
    """The StorageClass; absent = the cluster's default. A volume keeps the class that it has."""
    rules = (
        Rule(
            cel="quantity(string(self.size)).compareTo(quantity('256Mi')) >= 0",
            holds=lambda storage: amount(storage.size) >= amount("256Mi"),
            message="must be at least 256Mi",
            field="size",
        ),
    )


class Recovery(Resource):
    """The restore that a volume without data begins with. A volume with data is left as it is."""

    source: Name | None = Field(default=None, alias="from")
    """The dashboard of this namespace whose backups are read; absent = this one's own."""
    target_time: Timestamp | None = None
    """The moment, such as 2026-01-31T13:45:00Z; absent = the newest state. Each moment is restored
    once: one that is left here brings no old data back when a volume is lost later."""


class BundledDatabase(Resource):
    """A PostgreSQL that the operator runs for this dashboard alone."""

    storage: Storage = Storage()
    """The volume of the data, of each server."""
    instances: Annotated[int, Field(ge=1, le=MAX_INSTANCES)] = 1
    """Number of servers: one leads, the others are its replicas, and one of them takes over within
    30 seconds when the leader is lost. 3 survive the loss of any one, also during an upgrade."""
    synchronous: bool = True
    """Whether an order is only acknowledged when a replica has it as well, so that the loss of the
    leader loses none. Without any replica that streams, the leader goes on alone."""
    resources: ComputeResources = ComputeResources()
    """Compute of the server."""
    parameters: Annotated[dict[ParameterName, ParameterValue], Field(max_length=50)] = Field(
        default_factory=dict
    )
    """Settings of postgresql.conf."""
    pod_template: PodTemplate | None = None
    """Overrides for the server's pod."""
    recovery: Recovery | None = None
    """What a volume without data begins with; absent = an empty database. Needs `spec.backup`."""
    rules = (
        Rule(
            cel="self.instances == 1 || !has(self.recovery)",
            holds=lambda database: database.instances == 1 or database.recovery is None,
            message="a restore begins with one server: set instances to 1, and raise it again (and"
            " leave out recovery) once the restored database serves",
            field="instances",
        ),
        Rule(
            cel="self.parameters.all(name, !(name in ["
            + ", ".join(f"'{name}'" for name in OWNED_PARAMETERS)
            + "]))",
            holds=lambda database: not set(database.parameters) & set(OWNED_PARAMETERS),
            message=f"leave out {', '.join(OWNED_PARAMETERS)}: they follow from other fields"
            " (max_connections from connectionBudget)",
            field="parameters",
        ),
    )


ReplicaAddress = Annotated[
    str,
    StringConstraints(max_length=260),
    AfterValidator(one_address),
    Field(json_schema_extra={"pattern": REPLICA_ADDRESS, WORDS: REPLICA_ADDRESS_WORDS}),
]


class ExternalDatabase(Resource):
    """An external PostgreSQL 15 or newer."""

    secret_ref: DatabaseUrl
    """The URL of a role that owns the dashboard's schema."""
    read_only_secret_ref: DatabaseUrl | None = None
    """The URL of a role that can only read, for the API's queries."""
    replica_address: ReplicaAddress | None = None
    """One `host` or `host:port` that leads to its streaming replicas, for `spec.database.reads`;
    without a port that of the URL for reads. Roles and `sslmode` are those of that URL: with
    `verify-full` the servers' certificate must cover this name."""
    ca_secret_ref: Authority | None = None
    """The authority that signed the server's certificate, where the image does not trust it; the
    URLs then need `sslmode=verify-full`."""


class CloudNativePGDatabase(Resource):
    """A CloudNativePG Cluster in the same namespace."""

    cluster_name: Name
    """The Cluster's name; its app Secret is used."""
    transitions = (
        Transition(
            cel="self.clusterName == oldSelf.clusterName",
            holds=lambda old, new: old.cluster_name == new.cluster_name,
            message="cannot change once set; restore into a new dashboard on the other cluster",
            field="clusterName",
        ),
    )


_KINDS = ("bundled", "external", "cloud_native_pg")


def _kinds(database: "Database") -> list[str]:
    return [kind for kind in _KINDS if getattr(database, kind) is not None]


def _may_have_replicas(database: "Database") -> bool:
    bundled, external = database.bundled, database.external
    return (
        database.cloud_native_pg is not None
        or (external is not None and external.replica_address is not None)
        or (bundled is not None and bundled.instances > 1)
    )


class Database(Resource):
    """The database; exactly one of bundled, external and cloudNativePG."""

    bundled: BundledDatabase | None = None
    """A server that the operator (or `shopx up`) runs."""
    external: ExternalDatabase | None = None
    """An external server."""
    cloud_native_pg: CloudNativePGDatabase | None = Field(default=None, alias="cloudNativePG")
    """A CloudNativePG cluster."""
    reads: Literal["Leader", "Replicas"] = "Leader"
    """Who answers the API's reads: the leader, or streaming replicas where they are seen to have
    all that a read is as of, and the leader where not. The figures are the same."""
    connection_budget: Annotated[int, Field(ge=10, le=5000)] | None = None
    """Maximum connections of all pods together; absent = that of `spec.size`."""
    initialize: bool = False
    """Whether an empty database may replace the one that the dashboard had, as when its volume was
    lost and there is no back-up; otherwise it is refused until a back-up is restored."""
    rules = (
        Rule(
            cel="[has(self.bundled), has(self.external), has(self.cloudNativePG)]"
            ".filter(given, given).size() == 1",
            holds=lambda database: len(_kinds(database)) == 1,
            message="give exactly one of bundled (such as `bundled: {}`), external"
            " and cloudNativePG",
        ),
        Rule(
            cel="self.reads == 'Leader' || has(self.cloudNativePG)"
            " || (has(self.external) && has(self.external.replicaAddress))"
            " || (has(self.bundled) && self.bundled.instances > 1)",
            holds=lambda database: database.reads == "Leader" or _may_have_replicas(database),
            message="there are no replicas: raise bundled.instances, give external.replicaAddress,"
            " or leave the reads to the Leader",
            field="reads",
        ),
    )
    transitions = (
        Transition(
            cel="has(self.bundled) == has(oldSelf.bundled)"
            " && has(self.external) == has(oldSelf.external)"
            " && has(self.cloudNativePG) == has(oldSelf.cloudNativePG)",
            holds=lambda old, new: _kinds(old) == _kinds(new),
            message="the kind of database cannot change; make a new dashboard and restore into it",
        ),
    )


class BundledRedis(Resource):
    """A Valkey that the operator runs for this dashboard alone."""

    max_memory: Quantity | None = None
    """Maximum memory of the cache; absent = that of `spec.size`."""
    instances: Annotated[int, Field(ge=1, le=3)] = 1
    """Number of servers: 1, or 3 with Sentinels, which make a replica the primary within seconds
    when it is lost, with the jobs that wait."""
    storage: Storage | None = None
    """A volume of the first server, on which the job queue survives a restart of all servers, but
    for its last second; absent = none, and jobs that wait are lost with the last server."""
    resources: ComputeResources = ComputeResources()
    """Compute of each server."""
    pod_template: PodTemplate | None = None
    """Overrides for the servers' pods."""
    rules = (
        Rule(
            cel="self.instances != 2",
            holds=lambda redis: redis.instances != 2,  # noqa: PLR2004 -- the CEL rule's
            message="must be 1 or 3: of two Sentinels none may decide when the other one is lost",
            field="instances",
        ),
    )


class ExternalRedis(Resource):
    """An external Redis 7 or Valkey."""

    secret_ref: RedisUrl
    """The URL of the server, or of its Sentinels."""
    ca_secret_ref: Authority | None = None
    """The authority that signed the server's certificate, where the image does not trust it; the
    URL then begins with `rediss://` or `rediss-sentinel://`."""
    key_prefix: Annotated[str, Field(pattern=KEY_PREFIX, max_length=128)] | None = None
    """What every key and channel of the dashboard begins with, such as `team-a:sales:`, where the
    server is shared: an ACL user limited to it (`~team-a:sales:*`) suffices. Absent =
    `shopx:NAMESPACE:NAME:`."""


class Redis(Resource):
    """The cache's server; exactly one of bundled and external."""

    bundled: BundledRedis | None = None
    """A server that the operator (or `shopx up`) runs."""
    external: ExternalRedis | None = None
    """An external server."""
    rules = (
        Rule(
            cel="has(self.bundled) != has(self.external)",
            holds=lambda redis: (redis.bundled is None) != (redis.external is None),
            message="give exactly one of bundled (such as `bundled: {}`) and external",
        ),
    )


class TimeToLive(Resource):
    """The bounds of a response's lifetime."""

    min: Annotated[Duration, Setting("cache.ttl_min", seconds)] = duration_knob("ttl_min")
    max: Annotated[Duration, Setting("cache.ttl_max", seconds)] = duration_knob("ttl_max")
    rules = (
        duration_rule("min", "ttl_min"),
        duration_rule("max", "ttl_max"),
        Rule(
            cel="duration(self.min) <= duration(self.max)",
            holds=lambda ttl: seconds(ttl.min) <= seconds(ttl.max),
            message="min must not exceed max",
        ),
    )


class Warm(Resource):
    """Refreshing popular responses ahead of requests."""

    top: Annotated[int, Setting("cache.warm")] = count_knob("warm")


class Cache(Resource):
    """Which responses are cached, and for how long."""

    redis: Redis = Redis(bundled=BundledRedis())
    """The server that all pods share."""
    ttl: TimeToLive = TimeToLive()
    """The lifetime of a response."""
    stale_while_revalidate: Annotated[
        Duration, Setting("cache.stale_while_revalidate", seconds)
    ] = duration_knob("stale_while_revalidate")
    freshness_limit: Annotated[Duration, Setting("cache.freshness_limit", seconds)] = "2m"
    """Nothing older is ever served, not even while the database is unavailable; 30s to 2h."""
    live_interval: Annotated[Duration, Setting("cache.live_interval", seconds)] = duration_knob(
        "live_interval"
    )
    warm: Warm = Warm()
    """Refreshing ahead of requests."""
    rules = (
        duration_rule("liveInterval", "live_interval"),
        duration_rule("staleWhileRevalidate", "stale_while_revalidate"),
        duration_within("freshnessLimit", "30s", "2h"),
        Rule(
            cel="duration(self.freshnessLimit)"
            " >= duration(self.ttl.max) + duration(self.staleWhileRevalidate)",
            holds=lambda cache: (
                seconds(cache.freshness_limit)
                >= seconds(cache.ttl.max) + seconds(cache.stale_while_revalidate)
            ),
            message="must be at least ttl.max + staleWhileRevalidate;"
            " raise it or lower one of the two",
            field="freshnessLimit",
        ),
    )
