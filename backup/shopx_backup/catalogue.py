"""Which backup and which timeline lead to a moment, and what may be deleted: pure."""

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from shopx_backup.store import Item

SEGMENT: Final = re.compile(r"[0-9A-F]{24}")
_HISTORY: Final = re.compile(r"([0-9A-F]{8})\.history")
_SEGMENTS_OF_A_LOG: Final = 256
"""Segments have 16 MiB, initdb's default."""


def lsn(text: str) -> int:
    """A position in the write-ahead log, such as `0/3000148`, as a number."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def number(segment: str) -> int:
    """The place of a segment in the log, on whichever timeline."""
    return int(segment[8:16], 16) * _SEGMENTS_OF_A_LOG + int(segment[16:24], 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One complete base backup."""

    id: str
    """When it began, such as 20260131T013200Z."""
    system: str
    """The system identifier of its database cluster."""
    timeline: int
    start: str
    """Recovery begins here: a position in the log."""
    end: str
    """Before this position no state is consistent."""
    ended: str
    """ISO 8601, in UTC."""
    size: int
    """Bytes stored."""
    sha256: str
    version: str
    """PostgreSQL's."""

    @property
    def folder(self) -> str:
        """Where its files are in the archive."""
        return f"{self.system}/base/{self.id}"

    @property
    def moment(self) -> dt.datetime:
        """When it was complete: the earliest state that it leads to."""
        return dt.datetime.fromisoformat(self.ended)

    @property
    def first_segment(self) -> int:
        """The `number` of the first segment that it needs."""
        return lsn(self.start) >> 24

    def to_json(self) -> bytes:
        """As it is stored."""
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Backup":
        """As it was stored."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Timeline:
    """A line of states: one database cluster, from one restore to the next."""

    id: int
    began: dt.datetime | None
    """When its history was archived; `None` = it is the first."""
    parents: Mapping[int, int]
    """Where it left each earlier timeline, by its id: a position in the log."""

    def continues(self, backup: Backup) -> bool:
        """Whether it leads on from a backup."""
        left = self.parents.get(backup.timeline)
        return backup.timeline == self.id or (left is not None and lsn(backup.end) <= left)


def history_of(name: str) -> int | None:
    """The id of the timeline whose history a file is."""
    match = _HISTORY.fullmatch(name)
    return int(match[1], 16) if match else None


def timeline(item_id: int, began: dt.datetime, text: str) -> Timeline:
    """Read a history file: lines of a parent's id, where it was left, and why."""
    rows = [line.split() for line in text.splitlines()]
    return Timeline(
        item_id, began, {int(row[0]): lsn(row[1]) for row in rows if row and row[0].isdigit()}
    )


@dataclass(frozen=True, slots=True)
class Route:
    """How a moment is reached."""

    backup: Backup
    timeline: int


def route(
    backups: Iterable[Backup],
    timelines: Mapping[str, Sequence[Timeline]],
    target: dt.datetime | None,
) -> Route | None:
    """The newest backup that leads to a moment, on the timeline that was in use then.

    Args:
        backups: Complete ones.
        timelines: Those with a history, by system.
        target: The moment, aware; `None` = the newest state.

    Returns:
        `None` = no backup leads there.
    """
    for backup in sorted(backups, key=lambda one: one.moment, reverse=True):
        if target is not None and backup.moment > target:
            continue
        known = [Timeline(1, None, {}), *timelines.get(backup.system, ())]
        used = max(
            (one for one in known if target is None or one.began is None or one.began <= target),
            key=lambda one: one.id,
        )
        if used.continues(backup):
            return Route(backup, used.id)
    return None


def gap(segments: Iterable[str], first: int) -> int | None:
    """The number of the first segment that is missing between others; `None` = none is."""
    present = {number(name) for name in segments if SEGMENT.fullmatch(name)}
    present = {one for one in present if one >= first}
    if not present:
        return None
    return next((one for one in range(first, max(present)) if one not in present), None)


def wal_name(item: Item) -> str:
    """The name that PostgreSQL gave to an archived file."""
    return item.key.rpartition("/")[2].removesuffix(".gz")


def expired(
    backups: Sequence[Backup], items: Iterable[Item], now: dt.datetime, hours: int
) -> list[str]:
    """The keys that no moment of the window needs.

    The newest backup from before the window stays: the window's first moments are reached from it.

    Args:
        backups: Complete ones.
        items: Everything in the archive.
        now: The present, aware.
        hours: The length of the window.
    """
    since = now - dt.timedelta(hours=hours)
    older = [one for one in backups if one.moment <= since]
    newest = max(older, key=lambda one: one.moment, default=None)
    kept = [one for one in backups if one.moment > since or one is newest]
    folders = {one.folder for one in kept}
    first: dict[str, int] = {}
    for one in kept:
        first[one.system] = min(one.first_segment, first.get(one.system, one.first_segment))
    gone = []
    for item in items:
        system, kind, *rest = item.key.split("/")
        if kind == "base":
            # One that is under way has no description yet, and is young.
            if f"{system}/base/{rest[0]}" not in folders and item.modified <= since:
                gone.append(item.key)
        elif kind == "wal":
            name = wal_name(item)
            if system not in first:
                needless = item.modified <= since
            else:
                needless = bool(SEGMENT.match(name)) and number(name) < first[system]
            if needless:
                gone.append(item.key)
    return gone
