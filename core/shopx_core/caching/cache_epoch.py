"""What has changed, and up to when that is known: the shared instant that answers are made as of.

One `CacheEpoch` at a time is current. It names a database snapshot (the as-of of every answer made
under it) and, for each slice and period that changed lately, the first state that has seen the
change. An answer carries the stamp of the state it was made under; it still is what the database
says as long as nothing that it read was marked later. `docs/adr/0006-as-of-clock.md` argues why
this cannot call an old answer current.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shopx_core.caching.dependencies import DependencyTag, Span

MAX_CHANGES = 256
"""Marks kept in a state; more are merged into one a slice, which invalidates too much."""

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Version:
    """Which state an answer was made under."""

    chain: str
    """A random name: states of one chain descend from one another; others are not comparable."""
    tick: int
    """Microseconds on the database's clock, growing along a chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEpoch:
    """The current instant of reads."""

    stamp: Version
    snapshot: str
    """`pg_snapshot` text: what answers made under this state see."""
    at: datetime
    """When the snapshot was taken, aware, on the database's clock."""
    database: str
    """Names the cluster whose transaction ids the snapshot speaks of."""
    changes: tuple[tuple[Span, int], ...] = ()
    """Spans with the tick of the first state that saw their last change."""
    parent: Version | None = None
    """Where this chain left another one: answers made under that one up to then still count."""

    @property
    def seconds(self) -> float:
        """`at` as seconds since 1970."""
        return self.at.timestamp()

    def vouches_for(self, stamp: Version, reads: Iterable[Span], *, moving: bool = False) -> bool:
        """Whether an answer still is what the database says as of this state.

        Args:
            stamp: The state that it was made under.
            reads: What it depends on.
            moving: It depends on the instant as well, so no other state vouches for it.
        """
        if moving:
            return stamp == self.stamp
        mine = stamp.chain == self.stamp.chain and stamp.tick <= self.stamp.tick
        inherited = (
            self.parent is not None
            and stamp.chain == self.parent.chain
            and stamp.tick <= self.parent.tick
        )
        if not (mine or inherited):
            return False
        later = [span for span, tick in self.changes if tick > stamp.tick]
        return not later or not any(span.touches(read) for read in reads for span in later)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the database said at one instant."""

    snapshot: str
    at: datetime
    """When the transaction began, so never after the snapshot was taken."""
    database: str
    changed: frozenset[Span] = field(default_factory=frozenset)
    """What the snapshot sees and the previous state's did not."""


def begin(seen: Observation, chain: str) -> CacheEpoch:
    """The first state of a chain: it vouches for nothing that was made before.

    Args:
        seen: The observation that it stands on.
        chain: A fresh random name.
    """
    return CacheEpoch(
        stamp=Version(chain, _microseconds(seen.at)),
        snapshot=seen.snapshot,
        at=seen.at,
        database=seen.database,
    )


def advance(state: CacheEpoch, seen: Observation, *, keep: float) -> CacheEpoch:
    """The next state of the same chain.

    Args:
        state: The state whose snapshot `seen.changed` was compared with.
        seen: What the database says now.
        keep: Seconds after which no answer is served any more, so that marks may be forgotten.

    Returns:
        A state with a later tick, even if the database's clock was set back.
    """
    tick = max(state.stamp.tick + 1, _microseconds(seen.at))
    oldest = tick - int(keep * _MICROSECONDS)
    marks = {span: mark for span, mark in state.changes if mark >= oldest}
    marks.update(dict.fromkeys(seen.changed, tick))
    # A stamp of the parent chain older than every mark kept is too old to be served at all.
    parent = state.parent if state.parent and state.parent.tick >= oldest else None
    return CacheEpoch(
        stamp=Version(state.stamp.chain, tick),
        snapshot=seen.snapshot,
        at=seen.at,
        database=seen.database,
        changes=tuple((_merged(marks) if len(marks) > MAX_CHANGES else marks).items()),
        parent=parent,
    )


def fork(state: CacheEpoch, chain: str) -> CacheEpoch:
    """The same state under a chain of its own, for a process that goes on alone.

    What this process makes from now on is its own; what was made before remains good.

    Args:
        state: The last state that was shared.
        chain: A fresh random name.
    """
    return CacheEpoch(
        stamp=Version(chain, state.stamp.tick),
        snapshot=state.snapshot,
        at=state.at,
        database=state.database,
        changes=state.changes,
        parent=state.stamp,
    )


def follow(state: CacheEpoch | None, seen: Observation, chain: str, *, keep: float) -> CacheEpoch:
    """The state after `state`: of the same chain where it can be, else the first of a new one.

    Args:
        state: The state whose snapshot `seen.changed` was compared with; `None` = there is none.
        seen: What the database says now.
        chain: A fresh random name, for a new chain.
        keep: Seconds after which no answer is served any more.
    """
    if state is None or not continues(state, seen):
        return begin(seen, chain)
    return advance(state, seen, keep=keep)


def comparable(state: CacheEpoch | None, now: float, keep: float) -> bool:
    """Whether asking for the changes since `state` is worth it: something made then may be served.

    Args:
        state: The last state known.
        now: Seconds since 1970.
        keep: Seconds after which no answer is served any more.
    """
    return state is not None and now - state.seconds <= keep


def continues(state: CacheEpoch, seen: Observation) -> bool:
    """Whether `seen` can be a later instant of the same history as `state`.

    A restored or replaced database starts a chain anew: its transaction ids mean other rows.
    """
    return seen.database == state.database and _xmax(seen.snapshot) >= _xmax(state.snapshot)


def encode(state: CacheEpoch) -> bytes:
    """One line of text: the stamp, which a compare-and-set reads, then JSON.

    Raises:
        ValueError: The state has a parent: what one process made alone is not shared.
    """
    if state.parent is not None:
        message = "a state that left the shared chain cannot be shared"
        raise ValueError(message)
    rest = {
        "snapshot": state.snapshot,
        "at": state.at.isoformat(),
        "database": state.database,
        "changes": [[s.slice.value, s.first, s.last, tick] for s, tick in state.changes],
    }
    return f"{token(state)} {json.dumps(rest, separators=(',', ':'))}".encode()


def token(state: CacheEpoch) -> str:
    """What names a state in a compare-and-set."""
    return f"{state.stamp.chain}:{state.stamp.tick}"


def decode(raw: bytes) -> CacheEpoch | None:
    """Read what `encode` wrote; `None` = it is something else (another version, damage)."""
    try:
        head, _, rest = raw.decode().partition(" ")
        chain, _, tick = head.rpartition(":")
        values: dict[str, Any] = json.loads(rest)
        return CacheEpoch(
            stamp=Version(chain, int(tick)),
            snapshot=values["snapshot"],
            at=datetime.fromisoformat(values["at"]),
            database=values["database"],
            changes=tuple(
                (Span(DependencyTag(part), first, last), mark)
                for part, first, last, mark in values["changes"]
            ),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _merged(marks: dict[Span, int]) -> dict[Span, int]:
    merged: dict[Span, int] = {}
    for part in DependencyTag:
        spans = [span for span in marks if span.slice is part]
        if spans:
            span = Span(part, min(s.first for s in spans), max(s.last for s in spans))
            merged[span] = max(marks[s] for s in spans)
    return merged


def _microseconds(at: datetime) -> int:
    return int(at.timestamp() * _MICROSECONDS)


def _xmax(snapshot: str) -> int:
    return int(snapshot.split(":")[1])
