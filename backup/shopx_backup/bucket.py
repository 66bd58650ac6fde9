"""A prefix in a bucket of an S3-compatible server."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Self, cast

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shopx_backup.store import Item
from shopx_core.errors import NotFound, Unavailable

# 10,000 parts at most: 320 GB of compressed backup; two parts are in memory.
_TRANSFER: Final = TransferConfig(multipart_chunksize=32 * 1024**2, max_concurrency=2)
_DELETED_AT_ONCE: Final = 1000
_ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a bucket is reached."""

    bucket: str
    prefix: str
    """Without a slash at its ends; empty = the whole bucket."""
    endpoint: str | None = None
    """`None` = AWS."""
    region: str = "us-east-1"
    credentials: Path | None = None
    """A folder with the files `access-key-id` and `secret-access-key`."""
    authority: Path | None = None
    """A file with certificates in PEM."""
    encryption: str | None = None
    """How the server encrypts: AES256 or aws:kms."""
    kms_key: str | None = None

    def describe(self) -> str:
        """For messages."""
        where = f" at {self.endpoint}" if self.endpoint else ""
        return f"s3://{self.bucket}/{self.prefix}{where}"


class Bucket:
    """The prefix."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._head = f"{access.prefix}/" if access.prefix else ""
        self._made: Any = None

    def put(self, key: str, source: BinaryIO) -> None:
        """An object appears when it is complete, also one in parts."""
        with self._failing():
            self._client.upload_fileobj(
                source,
                self._access.bucket,
                self._head + key,
                ExtraArgs=self._encryption(),
                Config=_TRANSFER,
            )

    def get(self, key: str) -> BinaryIO:
        """The object's body."""
        with self._failing(key):
            found = self._client.get_object(Bucket=self._access.bucket, Key=self._head + key)
            return cast("BinaryIO", _Body(found["Body"], self))

    def items(self, prefix: str) -> list[Item]:
        """All pages of the list."""
        with self._failing():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._access.bucket, Prefix=self._head + prefix
            )
            return [
                Item(one["Key"].removeprefix(self._head), one["Size"], one["LastModified"])
                for page in pages
                for one in page.get("Contents", ())
            ]

    def delete(self, keys: Iterable[str]) -> None:
        """In requests of a thousand keys."""
        names = [{"Key": self._head + key} for key in keys]
        for start in range(0, len(names), _DELETED_AT_ONCE):
            with self._failing():
                done = self._client.delete_objects(
                    Bucket=self._access.bucket,
                    Delete={"Objects": names[start : start + _DELETED_AT_ONCE], "Quiet": True},
                )
            if errors := done.get("Errors"):
                raise Unavailable(
                    f"{self._access.describe()} deletes no {errors[0].get('Key')}:"
                    f" {errors[0].get('Message')}."
                )

    @property
    def _client(self) -> Any:
        if self._made is None:
            self._made = boto3.client("s3", **self._options())
        return self._made

    def _options(self) -> dict[str, Any]:
        access = self._access
        made: dict[str, Any] = {
            "region_name": access.region,
            "endpoint_url": access.endpoint,
            "verify": str(access.authority) if access.authority else None,
            "config": Config(
                connect_timeout=10,
                read_timeout=60,
                retries={"mode": "standard", "max_attempts": 4},
                s3={"addressing_style": "path" if access.endpoint else "auto"},
                # Not every compatible server knows the newer checksums; ours are in the files.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        }
        if access.credentials is not None:
            made["aws_access_key_id"] = self._credential("access-key-id")
            made["aws_secret_access_key"] = self._credential("secret-access-key")
        return made

    def _credential(self, name: str) -> str:
        path = (self._access.credentials or Path()) / name
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Unavailable(
                f"The credentials of {self._access.describe()} cannot be read:"
                f" {path} ({error.strerror}).",
                hint="The Secret of spec.backup must have access-key-id and secret-access-key.",
            ) from None

    def _encryption(self) -> dict[str, str]:
        made = {}
        if self._access.encryption:
            made["ServerSideEncryption"] = self._access.encryption
        if self._access.kms_key:
            made["SSEKMSKeyId"] = self._access.kms_key
        return made

    @contextlib.contextmanager
    def _failing(self, key: str = "") -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if key and code in _ABSENT:
                raise NotFound(f"The archive has no {key}.") from None
            raise self.failure(error) from error
        except (BotoCoreError, Boto3Error, OSError) as error:
            raise self.failure(error) from error

    def failure(self, error: Exception) -> Unavailable:
        """What is raised for a library's exception."""
        return Unavailable(f"{self._access.describe()} failed: {str(error).rstrip('.')}.")


class _Body:
    """An object's body, whose broken connection is an expected failure."""

    def __init__(self, body: Any, bucket: Bucket) -> None:
        self._body = body
        self._bucket = bucket

    def read(self, amount: int = -1) -> bytes:
        """Read; a body that ends early is a failure too."""
        try:
            data: bytes = self._body.read(None if amount < 0 else amount)
        except (BotoCoreError, OSError) as error:
            raise self._bucket.failure(error) from error
        return data

    def close(self) -> None:
        """Give the connection up."""
        self._body.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
