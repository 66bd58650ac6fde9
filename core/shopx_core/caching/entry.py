"""A cached answer, and its form in Redis: one line of JSON metadata, then the body."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shopx_core.caching.cache_epoch import Version
from shopx_core.caching.dependencies import DependencyTag, Span
from shopx_core.caching.keys import FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A response body with everything that decides its freshness. Instants: seconds since 1970."""

    body: bytes
    media: str
    """The response's content type."""
    version: Version
    """The epoch it was made under."""
    at: float
    """The instant it is exact as of."""
    expires: float
    """End of its freshness lifetime."""
    boundary: float
    """From then on the request has another answer; `inf` = never."""
    time_dependent: bool = False
    """It is valid only under the epoch that it was made under."""
    cost: float
    """Seconds that it took to compute."""
    dependencies: tuple[Span, ...]
    """What it depends on."""
    as_of_span: tuple[int, int] | None = None
    """Where the body names its as-of; `None` = nowhere."""
    etag: str = ""
    """The response's tag."""
    operation: str = ""
    """The operation's name in metrics."""

    @property
    def size(self) -> int:
        """Approximate bytes in memory."""
        return len(self.body) + 150 * len(self.dependencies) + 512

    @property
    def as_of(self) -> datetime:
        """`at` as an aware instant, in UTC."""
        return datetime.fromtimestamp(self.at, UTC)

    def is_newer_than(self, other: "Entry") -> bool:
        """Whether a later epoch made it; of two chains neither is newer.

        Instants do not tell: the database's clock may have been set back in between.
        """
        same = self.version.chain == other.version.chain
        return same and self.version.microseconds > other.version.microseconds


def encode(entry: Entry) -> bytes:
    """The bytes that `decode` reads."""
    metadata = {
        "v": FORMAT,
        "media": entry.media,
        "chain": entry.version.chain,
        "microseconds": entry.version.microseconds,
        "at": entry.at,
        "expires": entry.expires,
        "boundary": None if entry.boundary == float("inf") else entry.boundary,
        "time_dependent": entry.time_dependent,
        "cost": entry.cost,
        "dependencies": [[s.tag.value, s.first, s.last] for s in entry.dependencies],
        "as_of_span": entry.as_of_span,
        "etag": entry.etag,
        "operation": entry.operation,
    }
    return json.dumps(metadata, separators=(",", ":")).encode() + b"\n" + entry.body


def decode(raw: bytes) -> Entry | None:
    """Read what `encode` wrote; `None` = the bytes are damaged or of another release."""
    head, found, body = raw.partition(b"\n")
    if not found:
        return None
    try:
        values: dict[str, Any] = json.loads(head)
        if values["v"] != FORMAT:
            return None
        boundary = values["boundary"]
        return Entry(
            body=body,
            media=values["media"],
            version=Version(values["chain"], values["microseconds"]),
            at=float(values["at"]),
            expires=float(values["expires"]),
            boundary=float("inf") if boundary is None else float(boundary),
            time_dependent=values["time_dependent"],
            cost=float(values["cost"]),
            dependencies=tuple(
                Span(DependencyTag(tag), first, last) for tag, first, last in values["dependencies"]
            ),
            as_of_span=_span(values["as_of_span"]),
            etag=values["etag"],
            operation=values["operation"],
        )
    except (ValueError, KeyError, TypeError):
        return None


def _span(value: list[int] | None) -> tuple[int, int] | None:
    if value is None:
        return None
    first, last = value
    return first, last
