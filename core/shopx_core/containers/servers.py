"""The configuration of the bundled servers."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from shopx_core.containers import postgres_files
from shopx_core.containers.compute import MIB, compute
from shopx_core.domain.ledger_partitions import locks_at_most
from shopx_core.resource.presets import SIZES
from shopx_core.resource.types import amount
from shopx_core.resource.v1beta1.spec import DashboardSpec, connection_budget
from shopx_core.resource.v1beta1.storage import BundledDatabase, BundledRedis

DATABASE: Final = "shopx"
POSTGRES_PORT: Final = 5432
PATRONI_PORT: Final = 8008
REDIS_PORT: Final = 6379
SENTINEL_PORT: Final = 26379

_EXTRA_CONNECTIONS: Final = 8
"""Above the budget, for people and the superuser."""
_ROOM: Final = Decimal("0.8")
"""The content's share of the container's memory; connections and copies need the rest."""


def postgres_arguments(spec: DashboardSpec, database: BundledDatabase) -> list[str]:
    """The arguments of the server."""
    return arguments(postgres_settings(spec, database))


def arguments(settings: Mapping[str, str]) -> list[str]:
    """Settings as arguments of the server."""
    return [f"-c{name}={value}" for name, value in settings.items()]


def postgres_settings(spec: DashboardSpec, database: BundledDatabase) -> dict[str, str]:
    """The settings of postgresql.conf, sorted; the manifest's own win."""
    memory = amount(compute(database.resources, SIZES[spec.size].database).memory_limit)
    settings = {
        "shared_buffers": f"{int(memory / 4 / MIB)}MB",
        "effective_cache_size": f"{int(memory * 6 / 10 / MIB)}MB",
        "maintenance_work_mem": f"{max(64, int(memory / 16 / MIB))}MB",
        "max_wal_size": "2GB",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        # Compilation costs more than it saves on queries of milliseconds.
        "jit": "off",
        "max_locks_per_transaction": str(locks_at_most()),
        **database.parameters,
        "listen_addresses": "*",
        "port": str(POSTGRES_PORT),
        "max_connections": str(connection_budget(spec) + _EXTRA_CONNECTIONS),
        "unix_socket_directories": postgres_files.SOCKETS,
        "hba_file": f"{postgres_files.FILES}/pg_hba.conf",
    }
    return dict(sorted(settings.items()))


BACKUP_PYTHON: Final = "/opt/backup/bin/python"
"""Of the bundled PostgreSQL's image: with the package `shopx_backup`."""
_ARCHIVE_SECONDS: Final = 60


def archive_settings() -> dict[str, str]:
    """The settings of a server whose log is archived; SHOPX_BACKUP_URL says where.

    A segment that is not full goes there after a minute: that much is lost with a volume at most.
    """
    return {
        "archive_mode": "on",
        "archive_command": f'{BACKUP_PYTHON} -m shopx_backup archive "%p"',
        "archive_timeout": f"{_ARCHIVE_SECONDS}s",
        "wal_level": "replica",
    }


def redis_arguments(
    spec: DashboardSpec, redis: BundledRedis, folder: str, *, kept: bool = False
) -> list[str]:
    """The arguments of the cache's server.

    Args:
        spec: The dashboard's.
        redis: Of the spec.
        folder: Where it may write.
        kept: Whether the content is written there, but for its last second.
    """
    log = ("yes", "--appendfsync", "everysec") if kept else ("no",)
    return [
        *("--port", str(REDIS_PORT)),
        # Every IPv4 address, and every IPv6 address where the machine has any.
        *("--bind", "*", "-::*"),
        *("--dir", folder),
        *("--save", "", "--appendonly", *log),
        *("--maxmemory", str(redis_memory(spec, redis))),
        # Every cache key has a time to live, and no queue key has one.
        *("--maxmemory-policy", "volatile-ttl"),
        *("--loglevel", "warning"),
    ]


def redis_memory(spec: DashboardSpec, redis: BundledRedis) -> int:
    """Bytes that the content may fill, within the container's memory."""
    size = SIZES[spec.size]
    wanted = amount(redis.max_memory or size.redis_memory)
    return int(min(wanted, amount(compute(redis.resources, size.redis).memory_limit) * _ROOM))
