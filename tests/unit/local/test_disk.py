"""Room on the disk."""

from pathlib import Path

import pytest

from shopx_core.errors import Unavailable
from shopx_local import disk
from shopx_local.disk import ENOUGH, LOW, MEGABYTE, Watch


def test_too_little_room_to_start_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free", lambda _path: 59 * MEGABYTE)
    with pytest.raises(Unavailable, match="has 59 MB free; at least 300 MB"):
        disk.check(tmp_path)


def test_a_shortage_is_said_once_until_there_was_enough() -> None:
    watch = Watch()
    timeline = [
        (ENOUGH, False),
        (LOW, False),
        (LOW - 1, True),
        (0, False),
        (ENOUGH - 1, False),
        (LOW - 1, False),
        (ENOUGH, False),
        (LOW - 1, True),
    ]
    assert [watch.observe(left) for left, _ in timeline] == [warns for _, warns in timeline]
