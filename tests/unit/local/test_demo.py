"""When generated sales are made."""

import datetime as dt
from pathlib import Path

import pytest

from shopx_core.resource.v1beta1.upkeep import Demo
from shopx_local.demo import Seeding, decide, is_stale, load, store

NOW = dt.datetime(2026, 3, 1, 12, 30, 15, 123, tzinfo=dt.UTC)
BEGUN = Seeding(10, 1, "2026-02-27T00:00:00+00:00")
DONE = Seeding(10, 1, "2026-02-27T00:00:00+00:00", done=True)
FRESH = Seeding(500, 3, "2026-03-01T12:30:15+00:00")
DEMO = Demo(orders=500, random_seed=3)


@pytest.mark.parametrize(
    ("demo", "begun", "has_sales", "expected"),
    [
        (DEMO, None, False, FRESH),
        (None, None, False, None),
        (Demo(orders=0), None, False, None),
        (DEMO, None, True, None),
        (DEMO, BEGUN, True, BEGUN),
        (DEMO, DONE, True, None),
        (None, BEGUN, True, BEGUN),
    ],
    ids=[
        "empty database",
        "not asked for",
        "none asked for",
        "foreign sales exist",
        "interrupted: completed on its own terms",
        "done",
        "interrupted, no longer asked for",
    ],
)
def test_decision(
    demo: Demo | None, begun: Seeding | None, has_sales: bool, expected: Seeding | None
) -> None:
    assert decide(demo, begun, has_sales=has_sales, now=NOW) == expected


def test_what_was_begun_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    assert load(path) is None
    store(path, BEGUN)
    assert load(path) == BEGUN
    path.write_text("{", encoding="utf-8")
    assert load(path) is None


def test_old_sales_are_noticed() -> None:
    assert is_stale(BEGUN, NOW)
    assert not is_stale(FRESH, NOW)
    assert not is_stale(None, NOW)


def test_options_name_the_whole_seeding() -> None:
    assert FRESH.words() == [
        "--orders", "500", "--seed", "3", "--to", "2026-03-01T12:30:15+00:00",
    ]  # fmt: skip
