"""Which generations a builder offers, with their sizes and checksums."""

import datetime as dt
import hashlib
import json
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shopx_core import logging
from shopx_store.columns.base import SUFFIX

CHUNK: Final = 256 * 1024
"""Bytes that are read, hashed or sent at once."""

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """One generation that can be fetched.

    Attributes:
        id: The generation.
        bytes: The file's size.
        sha256: Of the whole file, in hexadecimal digits.
        written_at: When the file was written, in seconds since 1970; a later one is newer.
    """

    id: uuid.UUID
    bytes: int
    sha256: str
    written_at: float


class CatalogError(ValueError):
    """What a builder answered is no list of generations."""


class Catalog:
    """The files of one folder; each is hashed once.

    Args:
        folder: Where the builder publishes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()
        self._hashed: dict[tuple[str, int, int], str] = {}

    def offers(self) -> list[Offer]:
        """The generations, newest first. A file that disappears meanwhile is left out."""
        with self._turn:
            found = []
            hashed = {}
            for path in self._folder.glob(f"*{SUFFIX}"):
                try:
                    state = path.stat()
                    known = (path.name, state.st_size, state.st_mtime_ns)
                    digest = self._hashed.get(known) or sha256_of(path)
                    offer = Offer(uuid.UUID(path.stem), state.st_size, digest, state.st_mtime)
                except (OSError, ValueError) as error:
                    _log.debug("generation_not_offered", path=str(path), reason=str(error))
                    continue
                hashed[known] = digest
                found.append(offer)
            self._hashed = hashed
        return sorted(found, key=lambda offer: offer.written_at, reverse=True)


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(offers: Sequence[Offer]) -> bytes:
    """A list of offers as the builder sends it."""
    return json.dumps(
        [
            {
                "id": str(offer.id),
                "bytes": offer.bytes,
                "sha256": offer.sha256,
                "writtenAt": offer.written_at,
            }
            for offer in offers
        ]
    ).encode()


def parse(body: bytes) -> list[Offer]:
    """Read a list of offers, newest first.

    Raises:
        CatalogError: See there.
    """
    try:
        offers = [_offer(item) for item in json.loads(body)]
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise CatalogError(f"not a list of generations: {error!r}") from error
    return sorted(offers, key=lambda offer: offer.written_at, reverse=True)


def _offer(item: Any) -> Offer:
    digest = item["sha256"]
    if len(bytes.fromhex(digest)) != hashlib.sha256().digest_size:
        raise ValueError("a checksum of another length")
    size, written_at = int(item["bytes"]), float(item["writtenAt"])
    # A time beyond what a date can hold would be the newest for ever.
    dt.datetime.fromtimestamp(written_at, dt.UTC)
    if size <= 0:
        raise ValueError("a size below 1")
    return Offer(uuid.UUID(item["id"]), size, digest, written_at)
