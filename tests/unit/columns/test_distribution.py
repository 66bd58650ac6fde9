"""What a reader fetches next, what it throws away, and what a builder offers."""

import os
import uuid
from pathlib import Path

import pytest

from shopx_store.columns.distribution.catalog import Catalog, Offer, as_json, parse
from shopx_store.columns.distribution.fetcher import LONGEST_PAUSE, pause_after, superfluous

IDS = [uuid.UUID(int=number) for number in range(4)]


def offers(*numbers: int) -> list[Offer]:
    return [Offer(IDS[number], 1, "00" * 32, 1.0) for number in numbers]


@pytest.mark.parametrize(
    ("here", "offered", "goes"),
    [
        ((), (), ()),
        ((0,), (), ()),
        ((0,), (1,), ()),
        ((0, 1), (1,), (0,)),
        ((0, 1), (1, 0), ()),
        ((0, 1, 2), (2, 1), (0,)),
        ((0, 1), (2, 1), ()),
    ],
)
def test_nothing_goes_before_the_newest_is_here(
    here: tuple[int, ...], offered: tuple[int, ...], goes: tuple[int, ...]
) -> None:
    names = [str(IDS[number]) for number in here]
    assert superfluous(names, offers(*offered)) == [str(IDS[number]) for number in goes]


def test_attempts_become_rare() -> None:
    assert [pause_after(failures, 5.0) for failures in (0, 1, 2, 3)] == [5, 10, 20, 40]
    assert pause_after(1000, 5.0) == LONGEST_PAUSE
    assert pause_after(3, 1000.0) == 1000.0


def test_a_list_is_read_as_it_was_written() -> None:
    made = [Offer(IDS[1], 7, "ab" * 32, 20.5), Offer(IDS[0], 3, "cd" * 32, 10.25)]
    assert parse(as_json(made[::-1])) == made


def test_a_file_is_offered_newest_first_and_hashed_once(tmp_path: Path) -> None:
    for number, name in enumerate(IDS[:2]):
        path = tmp_path / f"{name}.duckdb"
        path.write_bytes(b"abc")
        os.utime(path, (number, number))
    (tmp_path / "notes.duckdb").write_text("no generation")
    (tmp_path / f"{IDS[2]}.part").write_text("not finished")
    catalog = Catalog(tmp_path)
    found = catalog.offers()
    assert [offer.id for offer in found] == [IDS[1], IDS[0]]
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert {offer.sha256 for offer in found} == {digest}
    # Another content with the same name, size and time would be told from the first by hashing.
    (tmp_path / f"{IDS[0]}.duckdb").write_bytes(b"abd")
    os.utime(tmp_path / f"{IDS[0]}.duckdb", (0, 0))
    assert catalog.offers() == found
