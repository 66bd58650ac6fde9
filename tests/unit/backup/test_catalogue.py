"""Which backup leads to a moment, and what may go."""

import datetime as dt
from typing import Any

import pytest

from shopx_backup.catalogue import Backup, expired, gap, number, route, timeline
from shopx_backup.settings import archive, hours
from shopx_backup.store import Folder, Item
from shopx_core.errors import InvalidConfiguration

DAY = dt.timedelta(days=1)
START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def backup(day: int, *, line: int = 1, end: str | None = None, system: str = "7") -> Backup:
    """One that was complete on a day, at a segment of the same number."""
    return Backup(
        id=f"2026030{day}T000000Z",
        system=system,
        timeline=line,
        start=f"0/{day:X}000028",
        end=end or f"0/{day:X}000100",
        ended=(START + day * DAY).isoformat(),
        size=1,
        sha256="",
        version="18.1",
    )


def chosen(target: float | None, *backups: Backup, lines: Any = ()) -> tuple[str, int] | None:
    at = None if target is None else START + target * DAY
    found = route(backups, {"7": lines}, at)
    return (found.backup.id, found.timeline) if found else None


def test_the_newest_backup_from_before_the_moment_leads_there() -> None:
    backups = [backup(day) for day in (1, 3, 5)]
    assert chosen(None, *backups) == (backups[2].id, 1)
    assert chosen(4.9, *backups) == (backups[1].id, 1)
    assert chosen(3, *backups) == (backups[1].id, 1)
    assert chosen(0.9, *backups) is None
    assert chosen(None) is None


def test_the_timeline_is_the_one_that_was_in_use_then() -> None:
    """On day 4 the database was restored to day 2, before the backup of day 3."""
    restored = timeline(2, START + 4 * DAY, "1\t0/2500000\tbefore 2026-03-03")
    before, left, after = backup(1), backup(3), backup(5, line=2)
    everything = (before, left, after)
    assert chosen(3.5, *everything, lines=[restored]) == (left.id, 1)
    assert chosen(4.5, *everything, lines=[restored]) == (before.id, 2)
    assert chosen(None, *everything, lines=[restored]) == (after.id, 2)
    # The backup of day 3 has what the restore undid.
    assert chosen(None, before, left, lines=[restored]) == (before.id, 2)
    assert chosen(None, left, lines=[restored]) is None


def test_a_new_database_cluster_is_another_line() -> None:
    old, new = backup(1), backup(2, system="8")
    assert chosen(1.5, old, new) == (old.id, 1)
    assert chosen(None, old, new) == (new.id, 1)


def segment(place: int, line: int = 1) -> str:
    return f"{line:08X}{place // 256:08X}{place % 256:08X}"


def test_a_missing_segment_between_others_is_found() -> None:
    names = [segment(place) for place in (254, 255, 256, 258)]
    assert number(names[2]) == 256
    assert gap(names, 254) == 257
    assert gap(names[:3], 254) is None
    assert gap([*names, segment(257, line=2), "00000002.history"], 254) is None
    assert gap([], 254) is None


def item(key: str, day: float) -> Item:
    return Item(key, 1, START + day * DAY)


def test_what_no_moment_of_the_window_needs_goes() -> None:
    backups = [backup(day) for day in (1, 2, 5)]
    items = [
        item(f"{one.folder}/{name}", one.moment.day - 1)
        for one in backups
        for name in ("backup.json", "base.tar.gz")
    ]
    items += [item(f"7/wal/{segment(place)}.gz", place) for place in range(1, 7)]
    items += [
        item("7/wal/00000002.history.gz", 1),
        item("7/base/20260301T120000Z/base.tar.gz", 1),
        item("7/base/20260306T120000Z/base.tar.gz", 6),
        item("5/wal/000000010000000000000001.gz", 1),
        item("9/wal/000000010000000000000001.gz", 6),
        item("restores/to/2026.json", 1),
    ]
    now = START + 6.5 * DAY
    assert expired(backups, items, now, 72) == [
        # The backup of day 2 leads to the window's first moments.
        f"{backups[0].folder}/backup.json",
        f"{backups[0].folder}/base.tar.gz",
        f"7/wal/{segment(1)}.gz",
        # One that was never complete, and is not under way.
        "7/base/20260301T120000Z/base.tar.gz",
        # A database cluster of the past.
        "5/wal/000000010000000000000001.gz",
    ]
    assert not expired(backups[2:], items[4:6] + items[10:11], now, 72)


@pytest.mark.parametrize(("text", "expected"), [("48h", 48), ("14d", 336), ("2w", 336)])
def test_a_retention_has_a_unit(text: str, expected: int) -> None:
    assert hours(text) == expected


@pytest.mark.parametrize("url", ["", "/folder", "http://x/y", "s3://", "file://"])
def test_what_is_no_archive_is_refused(url: str) -> None:
    with pytest.raises(InvalidConfiguration, match="names no archive"):
        archive({"SHOPX_BACKUP_URL": url})
    with pytest.raises(InvalidConfiguration):
        hours("fortnight")


def test_a_folder_needs_no_library_of_buckets() -> None:
    assert isinstance(archive({"SHOPX_BACKUP_URL": "file:///backups/a%20b"}), Folder)
