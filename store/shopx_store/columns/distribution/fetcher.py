"""Fetches the newest generation from a builder into a reader's own folder.

A file becomes visible under its name only when it is whole: size and checksum are those of the
builder's list, and it is on disk. Whatever fails is an outcome, and PostgreSQL answers meanwhile.
Whether the file belongs to the reader's database is the engine's question, as for every base.
"""

import contextlib
import errno
import hashlib
import http.client
import os
import re
import shutil
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from shopx_core import logging
from shopx_store.columns.base import SUFFIX, path_of
from shopx_store.columns.distribution.catalog import CHUNK, CatalogError, Offer, parse

PARTIAL: Final = ".fetching"
"""What a file's name ends with until it is whole."""

RATE: Final = 64 * 1024**2
"""Bytes a second that one reader fetches at most: the network carries answers as well."""

TIMEOUT: Final = 10.0
"""Seconds to connect, and to wait for the next bytes."""

LARGEST_LIST: Final = 64 * 1024
LONGEST_PAUSE: Final = 300.0
SPARE: Final = 16 * 1024**2
"""Bytes of the disk that stay free."""

_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG})
_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]+)-[0-9]+/([0-9]+)")

_log = logging.get(__name__)


class FetchResult(StrEnum):
    """How one attempt ended."""

    CURRENT = "current"
    """The newest generation was here already."""
    FETCHED = "fetched"
    """It is here now."""
    EMPTY = "empty"
    """The builder has none yet."""
    AWAY = "away"
    """The builder cannot be reached, or the transfer broke off; it is resumed."""
    REFUSED = "refused"
    """The builder does not accept the shared secret."""
    CORRUPT = "corrupt"
    """What arrived is not what the builder's list says; it was thrown away."""
    FULL = "full"
    """There is no room for it."""


ENDED_WELL: Final = frozenset({FetchResult.CURRENT, FetchResult.FETCHED, FetchResult.EMPTY})


class FetchFailed(Exception):  # noqa: N818 -- it is an outcome
    """An attempt ended without the file."""

    def __init__(self, result: FetchResult, reason: str) -> None:
        super().__init__(reason)
        self.result = result


@dataclass(frozen=True, slots=True)
class Source:
    """A builder.

    Attributes:
        url: `http://HOST:PORT`.
        token: The shared secret.
    """

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Store:
    """Where fetched files go.

    Attributes:
        folder: The reader's own.
        room: Bytes that its files may take together; `None` = as many as the disk has.
    """

    folder: Path
    room: int | None = None


def pause_after(failures: int, interval: float) -> float:
    """Seconds until the next attempt: a corrupt file is not fetched again and again.

    Args:
        failures: Attempts in a row that did not end well.
        interval: The pause between two attempts that do.
    """
    return min(interval * 2 ** min(failures, 16), max(LONGEST_PAUSE, interval))


def superfluous(here: Sequence[str], offers: Sequence[Offer]) -> list[str]:
    """Which generations of a reader's folder can go; readers keep those open that they use.

    Nothing goes before the newest is here: without it an old base is worth more than none.

    Args:
        here: The ids of the files.
        offers: The builder's, newest first.
    """
    if not offers or str(offers[0].id) not in here:
        return []
    offered = {str(offer.id) for offer in offers}
    return [name for name in here if name not in offered]


class Fetcher:
    """Fetches for one reader; every method blocks, so it is called in a thread.

    Args:
        source: The builder.
        store: Where the files go.
        rate: Bytes a second at most.
        stopped: Set when the process ends; a transfer gives up.
        on_bytes: Called with each number of bytes that arrived.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        *,
        rate: float = RATE,
        stopped: threading.Event | None = None,
        on_bytes: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._source = source
        self._store = store
        self._rate = rate
        self._stopped = stopped or threading.Event()
        self._on_bytes = on_bytes

    def fetch(self) -> FetchResult:
        """Bring the folder up to date; never raises for what is away, wrong or full."""
        try:
            return self._fetch()
        except FetchFailed as error:
            result, reason = error.result, str(error)
        except CatalogError as error:
            result, reason = FetchResult.CORRUPT, str(error)
        except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
            result, reason = FetchResult.AWAY, str(error) or type(error).__name__
        except OSError as error:
            # Name resolution fails without an errno of its own; the disk's errors have one.
            full = error.filename is not None or error.errno in _DISK
            result = FetchResult.FULL if full else FetchResult.AWAY
            reason = str(error)
            if full:
                self._discard_partial()
        _log.warning("generation_not_fetched", result=result.value, reason=reason)
        return result

    def _fetch(self) -> FetchResult:
        folder = self._store.folder
        folder.mkdir(parents=True, exist_ok=True)
        offers = self._offers()
        if not offers:
            return FetchResult.EMPTY
        newest = offers[0]
        ids = {str(offer.id) for offer in offers}
        result = FetchResult.CURRENT
        final = path_of(folder, newest.id)
        if not final.is_file():
            self._discard_partial(keep=newest)
            if self._lacks_room(newest) is not None:
                # Readers go on with what they have open.
                self._remove(name for name in self._here() if name not in ids)
            if (reason := self._lacks_room(newest)) is not None:
                raise FetchFailed(FetchResult.FULL, reason)
            self._transfer(newest, final)
            result = FetchResult.FETCHED
        self._remove(superfluous(self._here(), offers))
        return result

    def _here(self) -> list[str]:
        return [path.stem for path in self._store.folder.glob(f"*{SUFFIX}")]

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            (self._store.folder / f"{name}{SUFFIX}").unlink(missing_ok=True)

    def _offers(self) -> list[Offer]:
        with self._request("/generations") as response:
            if response.status != HTTPStatus.OK:
                raise _refusal(response.status)
            return parse(response.read(LARGEST_LIST))

    def _lacks_room(self, offer: Offer) -> str | None:
        """Why a generation does not fit, or `None`."""
        folder = self._store.folder
        files = [*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*{PARTIAL}")]
        sizes = {path: path.stat().st_size for path in files if path.is_file()}
        missing = max(0, offer.bytes - sizes.get(self._partial(offer), 0))
        room = self._store.room
        if room is not None and sum(sizes.values()) + missing > room:
            return f"{missing} bytes more do not fit into {room} bytes"
        free = shutil.disk_usage(folder).free
        return f"{missing} bytes are missing, {free} are free" if missing + SPARE > free else None

    def _transfer(self, offer: Offer, final: Path) -> None:
        partial = self._partial(offer)
        began = time.monotonic()
        with partial.open("ab+") as file:
            digest, have = _digest_of(file)
            if have > offer.bytes:
                file.truncate(0)
                digest, have = hashlib.sha256(), 0
            if have < offer.bytes:
                self._receive(offer, file, digest, have)
            file.flush()
            os.fsync(file.fileno())
            size = file.seek(0, os.SEEK_END)
        if size != offer.bytes or digest.hexdigest() != offer.sha256:
            partial.unlink()
            raise FetchFailed(FetchResult.CORRUPT, f"generation {offer.id} has another checksum")
        # The files' order by age is the builder's.
        os.utime(partial, (offer.written_at, offer.written_at))
        partial.rename(final)
        _sync(self._store.folder)
        _log.info(
            "generation_fetched",
            generation=str(offer.id),
            bytes=offer.bytes,
            seconds=round(time.monotonic() - began, 3),
        )

    def _receive(self, offer: Offer, file: Any, digest: Any, have: int) -> None:
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._request(f"/generations/{offer.id}", headers) as response:
            if response.status == HTTPStatus.OK and have:
                # A proxy that ignores ranges sends the whole: what is here cannot be continued.
                file.truncate(0)
                raise FetchFailed(FetchResult.AWAY, "the transfer begins again")
            expected = HTTPStatus.PARTIAL_CONTENT if have else HTTPStatus.OK
            if response.status != expected:
                raise _refusal(response.status)
            if have and _range_of(response) != (have, offer.bytes):
                file.truncate(0)
                raise FetchFailed(FetchResult.CORRUPT, "another range than was asked for")
            self._copy(response, file, digest, offer.bytes - have)

    def _copy(self, response: http.client.HTTPResponse, file: Any, digest: Any, most: int) -> None:
        began, received = time.monotonic(), 0
        while received < most:
            if self._stopped.is_set():
                raise FetchFailed(FetchResult.AWAY, "the process ends")
            block = response.read1(min(CHUNK, most - received))
            if not block:
                raise FetchFailed(FetchResult.AWAY, f"{most - received} bytes are missing")
            file.write(block)
            digest.update(block)
            received += len(block)
            self._on_bytes(len(block))
            ahead = received / self._rate - (time.monotonic() - began)
            if ahead > 0:
                self._stopped.wait(ahead)

    @contextlib.contextmanager
    def _request(
        self, path: str, headers: dict[str, str] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        parts = urllib.parse.urlsplit(self._source.url)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=TIMEOUT
        )
        try:
            authorization = {"Authorization": f"Bearer {self._source.token}"}
            connection.request("GET", path, headers=authorization | (headers or {}))
            yield connection.getresponse()
        finally:
            connection.close()

    def _partial(self, offer: Offer) -> Path:
        return self._store.folder / f"{offer.id}{PARTIAL}"

    def _discard_partial(self, keep: Offer | None = None) -> None:
        for path in self._store.folder.glob(f"*{PARTIAL}"):
            if keep is None or path != self._partial(keep):
                with contextlib.suppress(OSError):
                    path.unlink()


def _digest_of(file: Any) -> tuple[Any, int]:
    """The checksum of what a transfer left, and how much that is."""
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(CHUNK):
        digest.update(block)
    return digest, file.tell()


def _range_of(response: http.client.HTTPResponse) -> tuple[int, int] | None:
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return (int(match[1]), int(match[2])) if match else None


def _refusal(status: int) -> FetchFailed:
    refused = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    result = FetchResult.REFUSED if refused else FetchResult.AWAY
    return FetchFailed(result, f"the builder answers {status}")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
