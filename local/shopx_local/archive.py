"""The archive of backups as processes of one machine use it."""

import os
from dataclasses import dataclass
from pathlib import Path

from shopx_core.resource.manifest import Manifest
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_local.account import Account
from shopx_local.programs import readable_backup
from shopx_local.state import ROOT_STATE, StateDir


@dataclass(frozen=True, slots=True)
class Archive:
    """Where backups go."""

    environment: dict[str, str]
    """The variables of `shopx_backup`."""
    retention: str
    place: str
    """For people."""
    python: str
    """The Python that runs `shopx_backup` as the servers' account."""

    def settings(self) -> dict[str, str]:
        """The settings of a PostgreSQL whose log is archived."""
        return {
            "wal_level": "replica",
            "max_wal_senders": "3",
            "archive_mode": "on",
            "archive_command": f'"{self.python}" -m shopx_backup archive "%p"',
            "archive_timeout": "60s",
        }


def archive(manifest: Manifest, state: StateDir, account: Account | None) -> Archive | None:
    """The archive of a manifest; `None` = it has no `spec.backup`.

    A volume is a folder here, beside the state, so that it outlives that.

    Raises:
        InvalidConfiguration: A Secret is missing, or the servers' account cannot run the program.
    """
    backup = manifest.dashboard.spec.backup
    if backup is None:
        return None
    bucket = backup.destination.s3
    program = readable_backup(account, ROOT_STATE / "programs", buckets=bucket is not None)
    if bucket is None:
        folder = state.path.with_name(f"{state.path.name}.backups").resolve()
        _make(folder, account)
        here = program.environment | {"SHOPX_BACKUP_URL": folder.as_uri()}
        return Archive(here, backup.retention, str(folder), program.python)
    place = "spec.backup.destination.s3"
    folder = state.path / "backup-keys"
    _make(folder, account)
    for key in ("access-key-id", "secret-access-key"):
        value = manifest.secret(SecretReference(name=bucket.secret_name, key=key), place)
        _write(folder / key, value, account)
    name = manifest.dashboard.metadata
    url = f"{bucket.url.rstrip('/')}/{name.namespace}/{name.name}"
    found = {
        "SHOPX_BACKUP_URL": url,
        "SHOPX_BACKUP_ENDPOINT": bucket.endpoint or "",
        "SHOPX_BACKUP_REGION": bucket.region,
        "SHOPX_BACKUP_CREDENTIALS": str(folder.resolve()),
        "SHOPX_BACKUP_ENCRYPTION": bucket.encryption or "",
        "SHOPX_BACKUP_KMS_KEY": bucket.kms_key_id or "",
    }
    if bucket.ca_secret_ref is not None:
        _write(folder / "ca.crt", manifest.secret(bucket.ca_secret_ref, place), account)
        found["SHOPX_BACKUP_AUTHORITY"] = str((folder / "ca.crt").resolve())
    given = {key: value for key, value in found.items() if value}
    return Archive(program.environment | given, backup.retention, url, program.python)


def _make(folder: Path, account: Account | None) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def _write(path: Path, value: str, account: Account | None) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value)
    if account is not None:
        os.chown(path, account.uid, account.gid)
