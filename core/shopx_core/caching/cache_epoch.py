"""What has changed, and up to which instant that is known.

One `CacheEpoch` at a time is current. It names the database snapshot that every answer made under
it is as of. It also lists the dependency spans that changed lately, each with the version of the
first epoch that saw the change. An answer carries the version of the epoch that it was made under,
and is current as long as no later change touches what it depends on. `docs/adr/0006-as-of-clock.md`
argues why this never calls an outdated answer current.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shopx_core.caching.dependencies import DependencyTag, Span

MAX_CHANGES = 256
"""Changes that an epoch lists at most; beyond that they are merged to one span a tag, which
invalidates more than necessary."""

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Version:
    """The epoch that an answer was made under."""

    chain: str
    """A random name. Epochs of one chain follow one another; epochs of two chains are not
    comparable."""
    microseconds: int
    """On the database's clock; strictly increasing along a chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEpoch:
    """A database snapshot with the changes up to it."""

    version: Version
    snapshot: str
    """`pg_snapshot` text: what answers made under this epoch see."""
    at: datetime
    """When the snapshot was taken, aware, on the database's clock."""
    database: str
    """Identifies the PostgreSQL cluster that the snapshot's transaction ids belong to."""
    lineage: str = ""
    """Changes when commits that were seen may have been lost; empty = not known."""
    server: str = ""
    """The run of the leader that the snapshot was taken on; empty = replicas answer nothing."""
    changes: tuple[tuple[Span, int], ...] = ()
    """Spans, each with the version of the first epoch that saw its last change."""
    parent: Version | None = None
    """The version at which this chain left another one; answers of that chain up to this version
    remain valid."""

    @property
    def seconds(self) -> float:
        """`at` as seconds since 1970."""
        return self.at.timestamp()

    def unchanged_since(
        self, version: Version, dependencies: Iterable[Span], *, time_dependent: bool = False
    ) -> bool:
        """Whether an answer of an earlier epoch equals what the database says as of this one.

        Args:
            version: The epoch that the answer was made under.
            dependencies: What it depends on.
            time_dependent: It depends on the instant itself, so it is valid in its own epoch only.
        """
        if time_dependent:
            return version == self.version
        same_chain = (
            version.chain == self.version.chain
            and version.microseconds <= self.version.microseconds
        )
        inherited = (
            self.parent is not None
            and version.chain == self.parent.chain
            and version.microseconds <= self.parent.microseconds
        )
        if not (same_chain or inherited):
            return False
        later = [span for span, changed in self.changes if changed > version.microseconds]
        return not later or not any(
            span.touches(dependency) for dependency in dependencies for span in later
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """What the database reported at one instant."""

    snapshot: str
    at: datetime
    """Start of the transaction, so never after the snapshot was taken."""
    database: str
    lineage: str = ""
    """Changes when commits that were seen may have been lost."""
    server: str = ""
    """The run of the leader, where replicas may answer."""
    changed: frozenset[Span] = field(default_factory=frozenset)
    """What this snapshot sees and the previous epoch's snapshot did not."""


def first_epoch(observed: DatabaseState, chain: str) -> CacheEpoch:
    """The first epoch of a chain; no answer made before is valid under it.

    Args:
        observed: What the database reported.
        chain: A fresh random name.
    """
    return CacheEpoch(
        version=Version(chain, _microseconds(observed.at)),
        snapshot=observed.snapshot,
        at=observed.at,
        database=observed.database,
        lineage=observed.lineage,
        server=observed.server,
    )


def advance(epoch: CacheEpoch, observed: DatabaseState, *, keep: float) -> CacheEpoch:
    """The next epoch of the same chain.

    Args:
        epoch: The epoch that `observed.changed` is relative to.
        observed: What the database reports now.
        keep: Seconds after which no answer is served any more; older changes are dropped.

    Returns:
        A later epoch, even if the database's clock was set back.
    """
    microseconds = max(epoch.version.microseconds + 1, _microseconds(observed.at))
    oldest = microseconds - int(keep * _MICROSECONDS)
    changes = {span: changed for span, changed in epoch.changes if changed >= oldest}
    changes.update(dict.fromkeys(observed.changed, microseconds))
    # Answers of the parent chain older than every change kept are too old to be served.
    parent = epoch.parent if epoch.parent and epoch.parent.microseconds >= oldest else None
    return CacheEpoch(
        version=Version(epoch.version.chain, microseconds),
        snapshot=observed.snapshot,
        at=observed.at,
        database=observed.database,
        lineage=observed.lineage,
        server=observed.server,
        changes=tuple((_merged(changes) if len(changes) > MAX_CHANGES else changes).items()),
        parent=parent,
    )


def detach(epoch: CacheEpoch, chain: str) -> CacheEpoch:
    """The same epoch under a new chain, for a process that continues without Redis.

    Answers made before remain valid; answers made from now on belong to this process alone.

    Args:
        epoch: The last shared epoch.
        chain: A fresh random name.
    """
    return CacheEpoch(
        version=Version(chain, epoch.version.microseconds),
        snapshot=epoch.snapshot,
        at=epoch.at,
        database=epoch.database,
        lineage=epoch.lineage,
        server=epoch.server,
        changes=epoch.changes,
        parent=epoch.version,
    )


def next_epoch(
    epoch: CacheEpoch | None, observed: DatabaseState, chain: str, *, keep: float
) -> CacheEpoch:
    """The epoch after `epoch`: of the same chain if possible, else the first of a new chain.

    Args:
        epoch: The epoch that `observed.changed` is relative to; `None` = there is none.
        observed: What the database reports now.
        chain: A fresh random name, for a new chain.
        keep: Seconds after which no answer is served any more.
    """
    if epoch is None or not same_history(epoch, observed):
        return first_epoch(observed, chain)
    return advance(epoch, observed, keep=keep)


def within_retention(epoch: CacheEpoch | None, now: float, keep: float) -> bool:
    """Whether answers of `epoch` may still be served, so that the changes since are needed.

    Args:
        epoch: The last epoch known.
        now: Seconds since 1970.
        keep: Seconds after which no answer is served any more.
    """
    return epoch is not None and now - epoch.seconds <= keep


def same_history(epoch: CacheEpoch, observed: DatabaseState) -> bool:
    """Whether `observed` can be a later instant of the history that `epoch` belongs to.

    A restored or replaced database starts a new chain, as does one that may have lost commits: its
    transaction ids mean other rows. The epoch of an earlier release names no lineage.
    """
    return (
        observed.database == epoch.database
        and epoch.lineage in {"", observed.lineage}
        and _xmax(observed.snapshot) >= _xmax(epoch.snapshot)
    )


def encode(epoch: CacheEpoch) -> bytes:
    """One line of text: the token that a compare-and-set reads, then JSON.

    Raises:
        ValueError: The epoch has a parent: epochs of a detached process are not shared.
    """
    if epoch.parent is not None:
        message = "an epoch of a detached chain cannot be shared"
        raise ValueError(message)
    rest = {
        "snapshot": epoch.snapshot,
        "at": epoch.at.isoformat(),
        "database": epoch.database,
        "lineage": epoch.lineage,
        "server": epoch.server,
        "changes": [[s.tag.value, s.first, s.last, changed] for s, changed in epoch.changes],
    }
    return f"{token(epoch)} {json.dumps(rest, separators=(',', ':'))}".encode()


def token(epoch: CacheEpoch) -> str:
    """The text that identifies an epoch in a compare-and-set."""
    return f"{epoch.version.chain}:{epoch.version.microseconds}"


def decode(raw: bytes) -> CacheEpoch | None:
    """Read what `encode` wrote; `None` = the bytes are damaged or of another release."""
    try:
        head, _, rest = raw.decode().partition(" ")
        chain, _, microseconds = head.rpartition(":")
        values: dict[str, Any] = json.loads(rest)
        return CacheEpoch(
            version=Version(chain, int(microseconds)),
            snapshot=values["snapshot"],
            at=datetime.fromisoformat(values["at"]),
            database=values["database"],
            lineage=values.get("lineage", ""),
            server=values.get("server", ""),
            changes=tuple(
                (Span(DependencyTag(tag), first, last), changed)
                for tag, first, last, changed in values["changes"]
            ),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _merged(changes: dict[Span, int]) -> dict[Span, int]:
    merged: dict[Span, int] = {}
    for tag in DependencyTag:
        spans = [span for span in changes if span.tag is tag]
        if spans:
            span = Span(tag, min(s.first for s in spans), max(s.last for s in spans))
            merged[span] = max(changes[s] for s in spans)
    return merged


def _microseconds(at: datetime) -> int:
    return int(at.timestamp() * _MICROSECONDS)


def _xmax(snapshot: str) -> int:
    return int(snapshot.split(":")[1])
