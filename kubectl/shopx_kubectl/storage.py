"""`kubectl adash migrate-storage`: everything in etcd is of the stored version.

A new stored version changes no object: each is rewritten when it is next written. Until then the
definition's `status.storedVersions` lists the old one, and the API server refuses a definition
without it. So every object is written once with no change, and then the old versions leave that
list: what kube-storage-version-migrator does, with the rights of the person that upgrades.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from shopx_core.errors import Conflict, NotFound, ShopxError, Unavailable
from shopx_kubectl.cluster import Cluster

Object = dict[str, Any]

SETTLE_SECONDS: Final = 5.0
"""All API servers store by a changed definition then: they wait as long for one another."""
_AT_ONCE: Final = 8
_TOLD: Final = 5
"""How many failures are told one by one."""


def stored_version(definition: Object) -> str:
    """The version in which the API server stores what is written."""
    (found,) = [one["name"] for one in definition["spec"]["versions"] if one["storage"]]
    return str(found)


def older_versions(definition: Object) -> tuple[str, ...]:
    """Versions in which objects may be stored still."""
    current = stored_version(definition)
    stored = definition.get("status", {}).get("storedVersions", ())
    return tuple(name for name in stored if name != current)


def migrate(cluster: Cluster, sleep: Callable[[float], None] = time.sleep) -> str:
    """Rewrite every dashboard of the cluster, and prune the stored versions; returns what was done.

    Args:
        cluster: The cluster; its namespace is of no importance.
        sleep: Waits for the API servers.

    Raises:
        NotFound: The cluster has no definition of dashboards.
        Conflict: The definition changed meanwhile.
        Unavailable: A dashboard could not be written; nothing was pruned.
    """
    definition = cluster.definition()
    current, older = stored_version(definition), older_versions(definition)
    if not older:
        return f"Every dashboard is stored as {current}."
    sleep(SETTLE_SECONDS)
    places = cluster.dashboards_everywhere(current)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        failures = [
            failure
            for failure in pool.map(lambda place: _rewrite(cluster, current, place), places)
            if failure
        ]
    if failures:
        more = f", and {len(failures) - _TOLD} more" if len(failures) > _TOLD else ""
        raise Unavailable(
            f"{len(failures)} of {len(places)} dashboards could not be written:"
            f" {'; '.join(failures[:_TOLD])}{more}.",
            hint="Nothing was pruned. Mend what the API server says, and run the command again.",
        )
    # What has appeared meanwhile was stored in the current version from the start.
    newest = cluster.definition()
    if stored_version(newest) != current or newest["spec"] != definition["spec"]:
        raise Conflict(
            "The CustomResourceDefinition changed meanwhile.", hint="Run the command again."
        )
    cluster.prune_stored_versions(newest, current)
    count = f"{len(places)} dashboard{'' if len(places) == 1 else 's'}"
    return f"{count} written anew as {current}; nothing is stored as {', '.join(older)} any more."


def _rewrite(cluster: Cluster, version: str, place: tuple[str, str]) -> str | None:
    """Why a dashboard could not be written; `None` = it was, or is gone."""
    try:
        cluster.rewrite(version, *place)
    except NotFound:
        return None
    except ShopxError as error:
        return f"{'/'.join(place)}: {error.message}"
    return None
