"""The archive that the environment names."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from shopx_backup.store import Folder, Store
from shopx_core.errors import InvalidConfiguration

URL: Final = "SHOPX_BACKUP_URL"
"""`file:///folder` or `s3://bucket/prefix`."""
SOURCE: Final = "SHOPX_BACKUP_SOURCE_URL"
"""The archive to restore from, where it is another one."""
ENDPOINT: Final = "SHOPX_BACKUP_ENDPOINT"
REGION: Final = "SHOPX_BACKUP_REGION"
CREDENTIALS: Final = "SHOPX_BACKUP_CREDENTIALS"
AUTHORITY: Final = "SHOPX_BACKUP_AUTHORITY"
ENCRYPTION: Final = "SHOPX_BACKUP_ENCRYPTION"
KMS_KEY: Final = "SHOPX_BACKUP_KMS_KEY"
_RETENTION: Final = re.compile(r"([1-9][0-9]{0,3})([dwh])")
_HOURS: Final = {"h": 1, "d": 24, "w": 168}


def archive(environ: Mapping[str, str] | None = None, name: str = URL) -> Store:
    """The archive.

    Args:
        environ: Where to read; `None` = the process's environment.
        name: The variable with its URL.

    Raises:
        InvalidConfiguration: The variable is absent, or no URL of an archive.
    """
    given = os.environ if environ is None else environ
    url = given.get(name, "")
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return Folder(Path(unquote(parts.path)))
    if parts.scheme != "s3" or not parts.netloc:
        raise InvalidConfiguration(
            f"{name} names no archive: {url!r}.",
            hint="It is file:///folder or s3://bucket/prefix.",
        )
    # It takes half a second to import, and a folder needs nothing of it.
    from shopx_backup.bucket import Access, Bucket  # noqa: PLC0415 -- as above

    credentials, authority = given.get(CREDENTIALS), given.get(AUTHORITY)
    return Bucket(
        Access(
            bucket=parts.netloc,
            prefix=parts.path.strip("/"),
            endpoint=given.get(ENDPOINT) or None,
            region=given.get(REGION) or "us-east-1",
            credentials=Path(credentials) if credentials else None,
            authority=Path(authority) if authority else None,
            encryption=given.get(ENCRYPTION) or None,
            kms_key=given.get(KMS_KEY) or None,
        )
    )


def hours(retention: str) -> int:
    """The hours of a retention such as `14d`, `8w` or `48h`.

    Raises:
        InvalidConfiguration: It is none.
    """
    match = _RETENTION.fullmatch(retention)
    if match is None:
        raise InvalidConfiguration(
            f"{retention!r} is no retention.", hint="Use a number and h, d or w, such as 14d."
        )
    return int(match[1]) * _HOURS[match[2]]
