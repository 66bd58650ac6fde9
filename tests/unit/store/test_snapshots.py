"""The rules of a snapshot, against their definition: one transaction at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_store.query.snapshots import Snapshot

TOP = 24


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    xmin = draw(st.integers(3, TOP))
    xmax = draw(st.integers(xmin, TOP))
    running = draw(st.sets(st.integers(xmin, xmax - 1))) if xmax > xmin else set()
    return Snapshot(xmin, xmax, tuple(sorted(running)))


@given(snapshots(), snapshots())
def test_contains_means_sees_everything_that_the_other_sees(a: Snapshot, b: Snapshot) -> None:
    every = range(TOP + 2)
    assert a.contains(b) == all(a.sees(xid) for xid in every if b.sees(xid))


@given(snapshots())
def test_a_snapshot_contains_itself(snapshot: Snapshot) -> None:
    assert snapshot.contains(snapshot)


@given(snapshots())
def test_text_is_read_back(snapshot: Snapshot) -> None:
    text = f"{snapshot.xmin}:{snapshot.xmax}:{','.join(map(str, snapshot.running))}"
    assert Snapshot.parse(text) == snapshot


@pytest.mark.parametrize("text", ["", "1:2", "a:b:", "1:2:x"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|invalid literal"):
        Snapshot.parse(text)


def test_a_writer_that_ran_during_the_snapshot_is_missed() -> None:
    """Why a tail cannot begin at xmax: 12 commits after the snapshot and lies below it."""
    base = Snapshot(10, 20, (12,))
    assert not base.sees(12)
    assert not base.contains(Snapshot(15, 20))
    assert Snapshot(15, 20).contains(base)
