"""Backups of the bundled database."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from shopx_core.resource.rules import Resource, Rule, duration_within
from shopx_core.resource.types import Duration, Name, Text
from shopx_core.resource.v1beta1.storage import Authority, Storage
from shopx_core.resource.v1beta1.upkeep import Schedule

ARCHIVE_PARAMETERS = ("archive_command", "archive_library", "archive_mode", "wal_level")
"""Parameters of PostgreSQL that follow from `spec.backup`."""

BucketUrl = Annotated[
    str,
    StringConstraints(
        pattern=r"^s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9](/[A-Za-z0-9_.\-]+)*/?$", max_length=512
    ),
]
HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=1024)]
Retention = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}[hdw]$", max_length=5)]


class BackupBucket(Resource):
    """A bucket of an S3-compatible server."""

    url: BucketUrl
    """The bucket and a prefix, such as s3://backups/shops; below it, namespace and name of the
    dashboard follow."""
    endpoint: HttpUrl | None = None
    """The server's URL; absent = AWS."""
    region: Annotated[str, StringConstraints(pattern=r"^[a-z0-9\-]+$", max_length=64)] = "us-east-1"
    """The region."""
    secret_name: Name
    """The Secret with the keys `access-key-id` and `secret-access-key`."""
    ca_secret_ref: Authority | None = None
    """The authority that signed the server's certificate, where the image does not trust it."""
    encryption: Literal["AES256", "aws:kms"] | None = None
    """How the server encrypts what it stores; absent = as the bucket is set up."""
    kms_key_id: Text | None = None
    """The key of aws:kms; absent = the account's own."""
    rules = (
        Rule(
            cel="!has(self.kmsKeyId) || (has(self.encryption) && self.encryption == 'aws:kms')",
            holds=lambda bucket: bucket.kms_key_id is None or bucket.encryption == "aws:kms",
            message="needs encryption: aws:kms",
            field="kmsKeyId",
        ),
    )


class BackupDestination(Resource):
    """Where backups are kept; exactly one of s3 and pvc."""

    s3: BackupBucket | None = None
    """A bucket."""
    pvc: Storage | None = None
    """A volume of its own, which outlives the dashboard like the database's."""
    rules = (
        Rule(
            cel="has(self.s3) != has(self.pvc)",
            holds=lambda destination: (destination.s3 is None) != (destination.pvc is None),
            message="give exactly one of s3 and pvc (such as `pvc: {size: 20Gi}`)",
        ),
    )


class Backup(Resource):
    """Base backups on a schedule, and the write-ahead log all the time."""

    destination: BackupDestination
    """Where they are kept."""
    schedule: Schedule = "12 2 * * *"
    """When base backups are taken: five cron fields, read in the reporting time zone."""
    retention: Retention = "14d"
    """How far back every moment can be restored, such as 48h, 14d or 8w."""
    check_schedule: Schedule = "42 4 * * 0"
    """When the newest backup is restored into a scratch volume and verified."""
    max_age: Duration = "26h"
    """Older than this, the last good backup is too old: BackupReady and an alert say so; 1h to
    800h."""
    rules = (duration_within("maxAge", "1h", "800h"),)
