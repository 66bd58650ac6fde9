"""Where backups are kept, as the database's pod and the Jobs of backups see it."""

import hashlib
from typing import Final
from urllib.parse import urlsplit

from shopx_core.resource.v1beta1.backup import Backup
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests import names
from shopx_operator.manifests.context import Context, Object

PART: Final = "backup"
"""The end of the names of the volume, the Secret and the CronJob."""
KEYS: Final = ("access-key-id", "secret-access-key")
_CREDENTIALS: Final = "/etc/shopx-backup/credentials"
_AUTHORITY: Final = "/etc/shopx-backup/authority"
_VOLUME: Final = "/backup"
_SOURCE: Final = "/backup-source"


def url(context: Context, backup: Backup, dashboard: str | None = None) -> str:
    """The archive of a dashboard of the namespace; `None` = this one."""
    bucket = backup.destination.s3
    if bucket is None:
        return f"file://{_VOLUME if dashboard is None else _SOURCE}"
    return f"{bucket.url.rstrip('/')}/{context.namespace}/{dashboard or context.name}"


def described(context: Context, backup: Backup) -> str:
    """The destination, for people."""
    bucket = backup.destination.s3
    if bucket is None:
        return f"pvc {context.child(PART)}"
    return url(context, backup) + (f" at {bucket.endpoint}" if bucket.endpoint else "")


def digest(context: Context, backup: Backup) -> str:
    """A digest of the destination, as a label has it."""
    return hashlib.sha256(described(context, backup).encode()).hexdigest()[:10]


def source(context: Context) -> str | None:
    """The other dashboard whose backups the database is restored from."""
    bundled = context.spec.database.bundled
    recovery = bundled.recovery if bundled is not None else None
    named = recovery.source if recovery is not None else None
    return named if named != context.name else None


def environment(context: Context, backup: Backup, *, restoring: bool = False) -> list[Object]:
    """The variables by which `shopx_backup` finds the archive."""
    found = {"SHOPX_BACKUP_URL": url(context, backup)}
    other = source(context) if restoring else None
    if other is not None:
        found["SHOPX_BACKUP_SOURCE_URL"] = url(context, backup, other)
    bucket = backup.destination.s3
    if bucket is not None:
        found |= {
            "SHOPX_BACKUP_ENDPOINT": bucket.endpoint or "",
            "SHOPX_BACKUP_REGION": bucket.region,
            "SHOPX_BACKUP_CREDENTIALS": _CREDENTIALS,
            "SHOPX_BACKUP_ENCRYPTION": bucket.encryption or "",
            "SHOPX_BACKUP_KMS_KEY": bucket.kms_key_id or "",
        }
        if bucket.ca_secret_ref is not None:
            found["SHOPX_BACKUP_AUTHORITY"] = f"{_AUTHORITY}/ca.crt"
    return [{"name": name, "value": value} for name, value in found.items() if value]


def volumes(context: Context, backup: Backup, *, restoring: bool = False) -> list[Object]:
    """The volumes that `mounts` mounts."""
    bucket = backup.destination.s3
    if bucket is None:
        claims = {"backup": context.child(PART)}
        other = source(context) if restoring else None
        if other is not None:
            claims["backup-source"] = names.child(other, PART)
        return [
            {"name": name, "persistentVolumeClaim": {"claimName": claim}}
            for name, claim in claims.items()
        ]
    made = [_secret("backup-credentials", bucket.secret_name, {key: key for key in KEYS})]
    authority = bucket.ca_secret_ref
    if authority is not None:
        made.append(_secret("backup-authority", authority.name, {authority.key: "ca.crt"}))
    return made


def _secret(name: str, secret: str, items: dict[str, str]) -> Object:
    return {
        "name": name,
        "secret": {
            "secretName": secret,
            "items": [{"key": key, "path": path} for key, path in items.items()],
            # A server without them goes on serving, and keeps its log until they are there.
            "optional": True,
        },
    }


def mounts(context: Context, backup: Backup, *, restoring: bool = False) -> list[Object]:
    """Where containers have the volumes."""
    bucket = backup.destination.s3
    if bucket is None:
        made: list[Object] = [{"name": "backup", "mountPath": _VOLUME}]
        if restoring and source(context) is not None:
            made.append({"name": "backup-source", "mountPath": _SOURCE, "readOnly": True})
        return made
    made = [{"name": "backup-credentials", "mountPath": _CREDENTIALS, "readOnly": True}]
    if bucket.ca_secret_ref is not None:
        made.append({"name": "backup-authority", "mountPath": _AUTHORITY, "readOnly": True})
    return made


def references(backup: Backup) -> list[SecretReference]:
    """The keys of Secrets that users made for the destination."""
    bucket = backup.destination.s3
    if bucket is None:
        return []
    found = [SecretReference(name=bucket.secret_name, key=key) for key in KEYS]
    return [*found, *([bucket.ca_secret_ref] if bucket.ca_secret_ref else ())]


def ports(backup: Backup) -> list[int]:
    """The ports of the server that backups go to; none of a volume."""
    bucket = backup.destination.s3
    if bucket is None:
        return []
    parts = urlsplit(bucket.endpoint or "https:")
    return [parts.port or (80 if parts.scheme == "http" else 443)]
