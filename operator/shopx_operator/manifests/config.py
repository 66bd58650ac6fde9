"""How the spec reaches the processes: plain values in the pod, secrets by reference.

The variables are in the pod template, not in a ConfigMap. So a changed setting changes the template
and rolls out pod by pod, and the pods of a release that is being replaced keep their settings.
"""

from typing import Final

from shopx_core.containers.servers import POSTGRES_PORT
from shopx_core.containers.variables import (
    DATABASE_DSN,
    DATABASE_READONLY_DSN,
    REDIS_URL,
    SIGNING_KEY,
    SMTP_PASSWORD,
    Reader,
    variables,
)
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests import archive, authorities, components
from shopx_operator.manifests.context import DSN_KEY, URL_KEY, Context, Object

REPLICAS: Final = f"{components.DATABASE.name}-ro"
"""The end of the name of the Service of the bundled database's replicas."""


def database(context: Context) -> SecretReference:
    """Where the database's URL is stored."""
    kind = context.spec.database
    if kind.external is not None:
        return kind.external.secret_ref
    if kind.cloud_native_pg is not None:
        # CloudNativePG's own convention.
        return SecretReference(name=f"{kind.cloud_native_pg.cluster_name}-app", key="uri")
    return SecretReference(name=context.child("database"), key=DSN_KEY)


def database_readonly(context: Context) -> SecretReference | None:
    """Where the URL for reads is stored, if there is a separate one."""
    external = context.spec.database.external
    return external.read_only_secret_ref if external else None


def replica_address(context: Context) -> str | None:
    """Where the replicas are that may answer reads; `None` = the leader does."""
    kind = context.spec.database
    if kind.reads == "Leader":
        return None
    if kind.external is not None:
        return kind.external.replica_address
    if kind.cloud_native_pg is not None:
        # CloudNativePG's own convention.
        return f"{kind.cloud_native_pg.cluster_name}-ro"
    return f"{context.child(REPLICAS)}:{POSTGRES_PORT}"


def redis(context: Context) -> SecretReference:
    """Where the cache's URL is stored."""
    external = context.spec.cache.redis.external
    if external is not None:
        return external.secret_ref
    return SecretReference(name=context.child("redis"), key=URL_KEY)


def reports(context: Context) -> dict[str, SecretReference]:
    """Where the secrets of reports are stored, by variable."""
    given = context.spec.reports
    if given is None:
        return {}
    found = {
        SMTP_PASSWORD: given.smtp.secret_ref if given.smtp is not None else None,
        SIGNING_KEY: given.webhooks.secret_ref,
    }
    return {name: reference for name, reference in found.items() if reference is not None}


def redis_prefix(context: Context) -> str:
    """What all keys and channels of the dashboard begin with."""
    external = context.spec.cache.redis.external
    if external is not None and external.key_prefix is not None:
        return external.key_prefix
    return f"shopx:{context.namespace}:{context.name}:"


def environment(
    context: Context,
    reader: Reader,
    *,
    reads: bool = False,
    with_database: bool = True,
    with_redis: bool = True,
) -> list[Object]:
    """The variables of a component's container.

    Args:
        context: The dashboard.
        reader: The component, by the settings that it reads.
        reads: Whether it reads through the read-only role, where there is one.
        with_database: Whether it connects to PostgreSQL.
        with_redis: Whether it connects to Redis.
    """
    secret: dict[str, SecretReference] = {}
    if with_database:
        secret[DATABASE_DSN] = database(context)
    readonly = database_readonly(context)
    if reads and readonly is not None:
        secret[DATABASE_READONLY_DSN] = readonly
    if with_redis:
        secret[REDIS_URL] = redis(context)
    if reader == "workers":
        secret |= reports(context)
    # CronJobs keep the schedule.
    plain = variables(
        context.spec,
        reader,
        beat=False,
        redis_prefix=redis_prefix(context),
        api_url=f"http://{context.child(components.API.name)}",
        host=context.any_address,
        replica_address=replica_address(context),
    )
    return [
        *(
            {"name": name, "value": value}
            for name, value in plain.items()
            if with_redis or not name.startswith("SHOPX_REDIS_")
        ),
        *(
            {"name": name, "valueFrom": {"secretKeyRef": {"name": ref.name, "key": ref.key}}}
            for name, ref in secret.items()
        ),
        *authorities.environment(context, database=with_database, redis=with_redis),
    ]


def read_by(
    context: Context, *, reads: bool = False, with_database: bool = True, with_redis: bool = True
) -> tuple[SecretReference, ...]:
    """The Secrets' keys that `environment` with the same arguments refers to."""
    found = [
        database(context) if with_database else None,
        database_readonly(context) if reads else None,
        redis(context) if with_redis else None,
        *authorities.authorities(context, database=with_database, redis=with_redis).values(),
    ]
    return tuple(reference for reference in found if reference is not None)


def referenced(context: Context) -> frozenset[str]:
    """The names of all Secrets that rendering reads, including those that users made."""
    read = (*read_by(context, reads=True), *reports(context).values())
    named = [reference.name for reference in read]
    backup = context.spec.backup
    kept = [reference.name for reference in archive.references(backup)] if backup else []
    return frozenset([*named, *kept, context.child("token")])
