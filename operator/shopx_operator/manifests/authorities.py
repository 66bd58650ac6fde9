"""The authorities of external servers' certificates: files from Secrets, named by variables."""

from typing import Final

from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests.components import Component
from shopx_operator.manifests.context import Context, Object

_FOLDER: Final = "/etc/shopx/authorities"
_FILE: Final = "ca.crt"
_VARIABLES: Final = {"database": "PGSSLROOTCERT", "redis": "SHOPX_REDIS_CA"}
"""What names the file; libpq's own variable, which all drivers read."""


def authorities(context: Context, *, database: bool, redis: bool) -> dict[str, SecretReference]:
    """The Secrets' keys with the authorities, by server.

    Args:
        context: The dashboard.
        database: With that of PostgreSQL, where the manifest names one.
        redis: With that of Redis.
    """
    spec = context.spec
    external = {
        "database": spec.database.external if database else None,
        "redis": spec.cache.redis.external if redis else None,
    }
    return {
        server: given.ca_secret_ref
        for server, given in external.items()
        if given is not None and given.ca_secret_ref is not None
    }


def environment(context: Context, *, database: bool, redis: bool) -> list[Object]:
    """The variables that name the files."""
    found = authorities(context, database=database, redis=redis)
    return [
        {"name": _VARIABLES[server], "value": f"{_FOLDER}/{server}/{_FILE}"} for server in found
    ]


def mount(context: Context, component: Component, pod: Object) -> None:
    """Add the files to a pod's containers, for the servers that its component connects to."""
    found = authorities(context, database=component.database, redis=component.redis)
    for server, reference in found.items():
        items = [{"key": reference.key, "path": _FILE}]
        name = f"{server}-authority"
        pod["volumes"].append(
            {"name": name, "secret": {"secretName": reference.name, "items": items}}
        )
        for container in pod["containers"]:
            mounted = {"name": name, "mountPath": f"{_FOLDER}/{server}", "readOnly": True}
            container["volumeMounts"].append(mounted)
