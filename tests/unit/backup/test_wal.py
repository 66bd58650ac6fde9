"""The archive of the log: nothing is overwritten, and a failure is never the end of the log."""

import io
import struct
from pathlib import Path
from typing import BinaryIO

import pytest

from shopx_backup import wal
from shopx_backup.__main__ import FAILED, main
from shopx_backup.store import Folder
from shopx_core.errors import Conflict, NotFound, Unavailable

SEGMENT = "000000010000000000000001"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder, as far as the archive reads it."""
    (tmp_path / "data" / "global").mkdir(parents=True)
    (tmp_path / "data" / "global" / "pg_control").write_bytes(struct.pack("=Q", 77) + b"more")
    (tmp_path / "archive").mkdir()
    return tmp_path / "data"


def write(data: Path, name: str, content: bytes) -> Path:
    path = data / name
    path.write_bytes(content)
    return path


def test_what_was_archived_is_archived_again_and_never_replaced(data: Path) -> None:
    store = Folder(data.parent / "archive")
    wal.archive(store, data, write(data, SEGMENT, b"one"))
    wal.archive(store, data, write(data, SEGMENT, b"one"))
    with pytest.raises(Conflict, match="has another"):
        wal.archive(store, data, write(data, SEGMENT, b"two"))
    target, spool = data / "back", data / "spool"
    wal.fetch(store, "77", SEGMENT, target, spool)
    assert target.read_bytes() == b"one"


def test_segments_that_follow_are_fetched_ahead(data: Path) -> None:
    store = Folder(data.parent / "archive")
    names = ["0000000100000000000000FF", "000000010000000100000000"]
    for name in names:
        wal.archive(store, data, write(data, name, name.encode()))
    wal.fetch(store, "77", names[0], data / "a", data / "spool")
    store.delete([wal.key("77", names[1])])
    wal.fetch(store, "77", names[1], data / "b", data / "spool")
    assert (data / "b").read_bytes() == names[1].encode()
    with pytest.raises(NotFound):
        wal.fetch(store, "77", names[1], data / "c", data / "spool")


class Away(Folder):
    """An archive that does not answer."""

    def get(self, key: str) -> BinaryIO:
        raise Unavailable(f"{key} is away")


def test_a_failure_stops_a_recovery_and_the_end_of_the_log_does_not(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOPX_BACKUP_URL", (data.parent / "archive").as_uri())
    words = ["fetch", SEGMENT, str(data / "x"), "--system", "77", "--spool", str(data / "spool")]
    assert main(words) == NotFound.exit_code
    monkeypatch.setattr("shopx_backup.settings.archive", lambda **_: Away(data))
    assert main(words) == FAILED > 125
    assert "away" in capsys.readouterr().err


def test_an_absent_mount_is_no_empty_archive(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not exist"):
        Folder(tmp_path / "absent").items("")


def test_what_cannot_be_stored_whole_is_not_stored(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            raise OSError(5, "broken")

    store = Folder(tmp_path)
    with pytest.raises(Unavailable):
        store.put("a/b", Broken())
    assert store.items("") == []
    assert list((tmp_path / "a").iterdir()) == []


def test_a_damaged_segment_is_a_failure(data: Path) -> None:
    store = Folder(data.parent / "archive")
    store.put(wal.key("77", SEGMENT), io.BytesIO(b"no gzip"))
    with pytest.raises(Unavailable, match="damaged"):
        wal.fetch(store, "77", SEGMENT, data / "x", data / "spool")
