"""What a mark shows, against its definition: one transaction at a time."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_store.query import AsOf
from shopx_store.query.replication import Mark
from shopx_store.query.snapshots import Snapshot

AT = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
RUN = "00000001/1764460800.000001"
TOP = 24


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    xmin = draw(st.integers(3, TOP))
    xmax = draw(st.integers(xmin, TOP))
    running = draw(st.sets(st.integers(xmin, xmax - 1))) if xmax > xmin else set()
    return Snapshot(xmin, xmax, tuple(sorted(running)))


@given(snapshots(), snapshots(), st.integers(3, TOP + 3))
def test_a_mark_covers_what_its_snapshot_and_itself_show(
    mine: Snapshot, wanted: Snapshot, xid: int
) -> None:
    mark = Mark(RUN, mine, xid, AT)
    shown = all(mine.sees(x) or x == xid for x in range(TOP + 4) if wanted.sees(x))
    assert mark.covers(AsOf(wanted.text, AT, RUN)) == shown


def test_a_database_at_rest_is_covered_by_its_last_mark() -> None:
    """What a later snapshot sees besides is the mark's own transaction."""
    assert Mark(RUN, Snapshot(10, 10), 10, AT).covers(AsOf("11:11:", AT, RUN))
    assert not Mark(RUN, Snapshot(10, 10), 10, AT).covers(AsOf("12:12:", AT, RUN))


@pytest.mark.parametrize("server", ["", "00000002/1764460800.000001", "00000001/1764460801.000001"])
def test_another_run_of_the_server_is_never_covered(server: str) -> None:
    """Its transaction ids mean other rows, also where they are the same."""
    assert not Mark(RUN, Snapshot(99, 99), 99, AT).covers(AsOf("10:10:", AT, server))
    assert not Mark(server, Snapshot(99, 99), 99, AT).covers(AsOf("10:10:", AT, RUN))


def test_a_replica_that_is_far_behind_is_told_at_once() -> None:
    """Not by looking at each transaction that it lacks."""
    assert not Mark(RUN, Snapshot(10, 10), 9, AT).covers(AsOf(f"{10**15}:{10**15}:", AT, RUN))
