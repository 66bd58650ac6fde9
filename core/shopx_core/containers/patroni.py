"""The configuration of Patroni, which replicates the bundled database and decides who leads.

Its local part is a file of each pod; its dynamic part is an annotation of a ConfigMap that all of
them follow. PostgreSQL's settings are in the dynamic part, because a replica must allow as many
connections and locks as its leader, and Patroni changes those in the right order.
"""

from collections.abc import Mapping
from typing import Any, Final

from shopx_core.containers import postgres_files
from shopx_core.containers.servers import (
    PATRONI_PORT,
    POSTGRES_PORT,
    archive_settings,
    postgres_settings,
)
from shopx_core.resource.v1beta1.spec import DashboardSpec
from shopx_core.resource.v1beta1.storage import BundledDatabase

TTL_SECONDS: Final = 20
"""How long a leader leads without renewing its lock."""
_LOOP_SECONDS: Final = 5
_RETRY_SECONDS: Final = 5
"""A leader that reaches neither the API server nor all replicas for so long steps down."""
_LAG_BYTES: Final = 1024**2
"""A replica that lacks more of the log is never promoted."""
_OF_THE_POD: Final = frozenset({"listen_addresses", "port", "unix_socket_directories", "hba_file"})


def dynamic(spec: DashboardSpec, database: BundledDatabase) -> dict[str, Any]:
    """What all servers of a database follow."""
    settings = postgres_settings(spec, database)
    if spec.database.reads == "Replicas":
        # The leader keeps the row versions that a read of a replica still needs: otherwise removing
        # them there would cancel the read.
        settings = {"hot_standby_feedback": "on"} | settings
    if spec.backup is not None:
        # A leader may die before it has archived a segment; the replicas have it, too, and the
        # archive takes a file with the same content again.
        settings |= archive_settings() | {"archive_mode": "always"}
    return {
        "ttl": TTL_SECONDS,
        "loop_wait": _LOOP_SECONDS,
        "retry_timeout": _RETRY_SECONDS,
        "maximum_lag_on_failover": _LAG_BYTES,
        "primary_start_timeout": TTL_SECONDS,
        # Without the API server a leader that reaches all replicas goes on leading.
        "failsafe_mode": True,
        "synchronous_mode": database.synchronous,
        "postgresql": {
            "use_pg_rewind": True,
            "remove_data_directory_on_rewind_failure": True,
            "remove_data_directory_on_diverged_timelines": True,
            "parameters": {
                name: value for name, value in settings.items() if name not in _OF_THE_POD
            },
        },
    }


def local(
    *,
    scope: str,
    namespace: str,
    labels: Mapping[str, str],
    scope_label: str,
    role_label: str,
    address: str,
    bootstrap: bool,
) -> dict[str, Any]:
    """The file of a pod; its name, addresses and passwords are in variables.

    Args:
        scope: The name of the database; what its ConfigMaps are called begins with it.
        namespace: Of the pods.
        labels: By which the pods and ConfigMaps are found.
        scope_label: The label with the scope.
        role_label: The label that says which pod leads.
        address: Where it listens: at every address, of IPv4 alone or of IPv6 as well.
        bootstrap: Whether this server may make a new database where there is none: the first one.
    """
    listen = f"[{address}]" if ":" in address else address
    made: dict[str, Any] = {
        "scope": scope,
        "log": {"level": "INFO"},
        "kubernetes": {
            "namespace": namespace,
            "labels": dict(labels),
            "scope_label": scope_label,
            "role_label": role_label,
            "use_endpoints": False,
        },
        "restapi": {"listen": f"{listen}:{PATRONI_PORT}"},
        "postgresql": {
            "listen": f"*:{POSTGRES_PORT}",
            "data_dir": f"{postgres_files.DATA}/pgdata",
            "pgpass": "/tmp/patroni.pgpass",  # noqa: S108 -- a volume of the pod's own
            "use_unix_socket": True,
            "use_unix_socket_repl": True,
            "parameters": {
                "unix_socket_directories": postgres_files.SOCKETS,
                "hba_file": f"{postgres_files.FILES}/pg_hba.conf",
            },
            "create_replica_methods": ["basebackup"],
            "basebackup": [{"checkpoint": "fast"}],
        },
    }
    if bootstrap:
        made["bootstrap"] = {
            "initdb": [
                {"encoding": "UTF8"},
                {"locale": "C.UTF-8"},
                {"auth-local": "peer"},
                {"auth-host": "reject"},
                "data-checksums",
            ]
        }
    return made
