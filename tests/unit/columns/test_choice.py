"""When a base may answer; every other case is PostgreSQL's."""

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

import pytest

from shopx_store.columns.base import Generation
from shopx_store.columns.choice import Facts, Refusal, refusal_of_base, refusal_of_reader
from shopx_store.query.snapshots import Snapshot

SEEN = Snapshot(10, 20, (12, 15))
GENERATION = Generation(
    id=uuid.UUID(int=1),
    snapshot="10:20:12,15",
    restored_through=7,
    database="42/5",
    built_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    rows=100,
)
FACTS = Facts(
    as_of=Snapshot(16, 30, (25,)),
    standby=False,
    server="00000001/1",
    database="42/5",
    restored_through=7,
    same_cluster=True,
    generations={GENERATION.id: GENERATION},
)


def test_a_known_base_that_the_snapshot_contains_answers() -> None:
    assert refusal_of_reader(FACTS) is None
    assert refusal_of_base(FACTS, GENERATION, SEEN) is None


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"standby": True}, Refusal.STANDBY),
        ({"same_cluster": False}, Refusal.RESTORED),
        ({"generations": {}}, Refusal.NO_BASE),
    ],
)
def test_a_reader_that_no_base_serves(change: dict[str, Any], refusal: Refusal) -> None:
    assert refusal_of_reader(replace(FACTS, **change)) is refusal


@pytest.mark.parametrize(
    "change",
    [
        {"database": "42/6"},
        {"restored_through": 8},
        {"generations": {uuid.UUID(int=2): replace(GENERATION, id=uuid.UUID(int=2))}},
        *(
            {"generations": {GENERATION.id: replace(GENERATION, **field)}}
            for field in (
                {"snapshot": "10:20:12"},
                {"restored_through": 8},
                {"database": "43/5"},
                {"built_at": GENERATION.built_at + dt.timedelta(microseconds=1)},
                {"rows": 101},
            )
        ),
    ],
)
def test_a_base_that_does_not_belong_to_the_database(change: dict[str, Any]) -> None:
    facts = replace(FACTS, **change)
    assert refusal_of_base(facts, GENERATION, SEEN) is Refusal.NO_BASE


@pytest.mark.parametrize(
    "as_of",
    [Snapshot(10, 19, (12, 15)), Snapshot(10, 20, (11, 12, 15)), Snapshot(5, 9)],
    ids=["before its end", "without one of its transactions", "long before"],
)
def test_a_snapshot_that_does_not_see_all_of_the_base(as_of: Snapshot) -> None:
    facts = replace(FACTS, as_of=as_of)
    assert refusal_of_base(facts, GENERATION, SEEN) is Refusal.AS_OF
