"""A cached answer, and its form in Redis: a line of JSON that describes it, then its bytes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shopx_core.caching.cache_epoch import Version
from shopx_core.caching.dependencies import DependencyTag, Span
from shopx_core.caching.keys import VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Response bytes with all that decides how long they are good. Instants: seconds since 1970."""

    body: bytes
    media: str
    """The response's content type."""
    stamp: Version
    """The state it was made under."""
    at: float
    """The instant it is exact as of."""
    expires: float
    """End of its life."""
    boundary: float
    """As of then and later the question has another answer; `inf` = never."""
    moving: bool = False
    """It is good only under the very state that it was made under."""
    cost: float
    """Seconds that it took to make."""
    reads: tuple[Span, ...]
    """What it depends on."""
    operation: str = ""
    """Its name in metrics."""

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, near enough."""
        return len(self.body) + 512

    @property
    def as_of(self) -> datetime:
        """`at` as an aware instant, in UTC."""
        return datetime.fromtimestamp(self.at, UTC)


def encode(entry: Entry) -> bytes:
    """The bytes that `decode` reads."""
    described = {
        "v": VERSION,
        "media": entry.media,
        "chain": entry.stamp.chain,
        "tick": entry.stamp.tick,
        "at": entry.at,
        "expires": entry.expires,
        "boundary": None if entry.boundary == float("inf") else entry.boundary,
        "moving": entry.moving,
        "cost": entry.cost,
        "reads": [[s.slice.value, s.first, s.last] for s in entry.reads],
        "operation": entry.operation,
    }
    return json.dumps(described, separators=(",", ":")).encode() + b"\n" + entry.body


def decode(raw: bytes) -> Entry | None:
    """Read what `encode` wrote; `None` = it is something else (another version, damage)."""
    head, found, body = raw.partition(b"\n")
    if not found:
        return None
    try:
        values: dict[str, Any] = json.loads(head)
        if values["v"] != VERSION:
            return None
        boundary = values["boundary"]
        return Entry(
            body=body,
            media=values["media"],
            stamp=Version(values["chain"], values["tick"]),
            at=float(values["at"]),
            expires=float(values["expires"]),
            boundary=float("inf") if boundary is None else float(boundary),
            moving=values["moving"],
            cost=float(values["cost"]),
            reads=tuple(
                Span(DependencyTag(part), first, last) for part, first, last in values["reads"]
            ),
            operation=values["operation"],
        )
    except (ValueError, KeyError, TypeError):
        return None
