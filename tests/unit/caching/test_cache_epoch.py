"""The current state, and which answers it vouches for."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.caching.cache_epoch import (
    MAX_CHANGES,
    CacheEpoch,
    DatabaseState,
    Version,
    advance,
    decode,
    detach,
    encode,
    first_epoch,
    next_epoch,
    token,
    within_retention,
)
from shopx_core.caching.dependencies import EVERYTHING, DependencyTag, Span

START = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
KEEP = 120.0
LEDGER_TODAY = Span(DependencyTag.LEDGER, 100, 100)
LEDGER_PAST = Span(DependencyTag.LEDGER, 10, 40)


def seen(
    second: float,
    *changed: Span,
    snapshot: str = "100:200:",
    database: str = "a/1",
    lineage: str = "00000001",
) -> DatabaseState:
    return DatabaseState(
        snapshot=snapshot,
        at=START + dt.timedelta(seconds=second),
        database=database,
        lineage=lineage,
        server=f"00000001/{second:f}",
        changed=frozenset(changed),
    )


FIRST = first_epoch(seen(0), "chain")


def test_a_new_chain_vouches_for_nothing_made_before() -> None:
    """A flushed Redis does not revive entries that survived it."""
    assert not FIRST.unchanged_since(Version("other", FIRST.version.microseconds), ())
    assert FIRST.unchanged_since(FIRST.version, EVERYTHING)


def test_a_response_is_current_until_a_dependency_changes() -> None:
    """A closed month keeps hitting while today moves, until a correction lands in it."""
    made = FIRST.version
    today = advance(FIRST, seen(5, LEDGER_TODAY), keep=KEEP)
    assert today.unchanged_since(made, (LEDGER_PAST,))
    assert not today.unchanged_since(made, (LEDGER_TODAY,))
    assert today.unchanged_since(today.version, (LEDGER_TODAY,))
    corrected = advance(today, seen(10, Span(DependencyTag.LEDGER, 40, 40)), keep=KEEP)
    assert not corrected.unchanged_since(made, (LEDGER_PAST,))
    assert corrected.unchanged_since(made, (Span(DependencyTag.LEDGER, 41, 99),))
    assert corrected.unchanged_since(today.version, (LEDGER_TODAY,))


def test_slices_are_told_apart() -> None:
    """A renamed product leaves a panel of customers alone, whatever its days."""
    renamed = advance(FIRST, seen(5, Span(DependencyTag.CATALOGUE)), keep=KEEP)
    assert renamed.unchanged_since(FIRST.version, (Span(DependencyTag.CUSTOMERS), LEDGER_PAST))
    assert not renamed.unchanged_since(FIRST.version, (LEDGER_PAST, Span(DependencyTag.CATALOGUE)))


def test_an_answer_that_moves_with_the_instant_is_good_for_one_state() -> None:
    later = advance(FIRST, seen(5), keep=KEEP)
    assert FIRST.unchanged_since(FIRST.version, (), time_dependent=True)
    assert not later.unchanged_since(FIRST.version, (), time_dependent=True)


def test_a_state_does_not_vouch_for_what_was_made_after_it() -> None:
    """Redis came back with an old copy: what was made since is not vouched for by that copy."""
    later = advance(FIRST, seen(5), keep=KEEP)
    assert not FIRST.unchanged_since(later.version, ())


def test_after_an_old_copy_came_back_changes_are_not_missed() -> None:
    """The next state compares with the old copy, so it marks all that changed since that copy."""
    later = advance(FIRST, seen(5), keep=KEEP)
    restored = FIRST
    onwards = advance(restored, seen(9, LEDGER_TODAY), keep=KEEP)
    assert onwards.version.microseconds > later.version.microseconds
    assert not onwards.unchanged_since(later.version, (LEDGER_TODAY,))


def test_versions_grow_even_if_the_clock_is_set_back() -> None:
    later = advance(FIRST, seen(-60, LEDGER_TODAY), keep=KEEP)
    assert later.version.microseconds > FIRST.version.microseconds
    assert not later.unchanged_since(FIRST.version, (LEDGER_TODAY,))


def test_a_process_alone_keeps_what_was_good_and_shares_nothing_it_makes() -> None:
    """Redis goes away and comes back."""
    alone = detach(FIRST, "mine")
    assert alone.unchanged_since(FIRST.version, EVERYTHING)
    onwards = advance(alone, seen(5, LEDGER_TODAY), keep=KEEP)
    assert onwards.unchanged_since(FIRST.version, (LEDGER_PAST,))
    assert not onwards.unchanged_since(FIRST.version, (LEDGER_TODAY,))
    # What the others made after the process left them, it cannot judge.
    assert not onwards.unchanged_since(
        Version("chain", FIRST.version.microseconds + 1), (LEDGER_PAST,)
    )
    # What it made alone, the others cannot judge.
    shared = advance(FIRST, seen(6), keep=KEEP)
    assert not shared.unchanged_since(onwards.version, (LEDGER_PAST,))
    with pytest.raises(ValueError, match="cannot be shared"):
        encode(onwards)


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(seen(5, database="b/1"), id="another-cluster"),
        pytest.param(seen(5, lineage="00000002"), id="a-failover"),
        pytest.param(seen(5, snapshot="90:150:"), id="transaction-ids-went-back"),
    ],
)
def test_a_replaced_database_begins_a_new_chain(then: DatabaseState) -> None:
    """After a restore transaction ids mean other rows: nothing made before is vouched for."""
    after = next_epoch(FIRST, then, "new", keep=KEEP)
    assert after.version.chain == "new"
    assert not after.unchanged_since(FIRST.version, ())


def test_the_same_database_goes_on() -> None:
    assert next_epoch(FIRST, seen(5), "new", keep=KEEP).version.chain == "chain"
    assert next_epoch(None, seen(5), "new", keep=KEEP).version.chain == "new"
    # As an earlier release names it.
    nameless = first_epoch(seen(0, lineage=""), "chain")
    assert next_epoch(nameless, seen(5), "new", keep=KEEP).version.chain == "chain"


def test_a_state_older_than_any_response_is_not_compared_with() -> None:
    """After a week-end in Redis, a state must not cause a scan of a week-end's rows."""
    assert within_retention(FIRST, FIRST.seconds + KEEP, KEEP)
    assert not within_retention(FIRST, FIRST.seconds + KEEP + 1, KEEP)
    assert not within_retention(None, 0.0, KEEP)


def test_marks_are_forgotten_once_no_answer_is_old_enough_to_need_them() -> None:
    state = advance(FIRST, seen(5, LEDGER_TODAY), keep=KEEP)
    assert advance(state, seen(5 + KEEP), keep=KEEP).changes == state.changes
    assert advance(state, seen(6 + KEEP), keep=KEEP).changes == ()


def test_an_import_of_a_decade_is_marked_in_bounded_space() -> None:
    """Too many marks become one a slice, which invalidates too much and never too little."""
    spans = [Span(DependencyTag.LEDGER, day, day) for day in range(0, 4 * MAX_CHANGES, 2)]
    state = advance(FIRST, seen(5, *spans, Span(DependencyTag.TEAM)), keep=KEEP)
    assert len(state.changes) == 2
    assert not any(state.unchanged_since(FIRST.version, (span,)) for span in spans)
    assert state.unchanged_since(FIRST.version, (Span(DependencyTag.VIEWS),))


SPANS = st.builds(
    lambda part, first, length: Span(part, first, first + length),
    st.sampled_from(DependencyTag),
    st.integers(0, 50),
    st.integers(0, 10),
)
HISTORY = st.lists(st.lists(SPANS, max_size=3), min_size=1, max_size=12)


@given(HISTORY, st.integers(0, 11), st.lists(SPANS, min_size=1, max_size=3))
def test_vouching_is_exactly_that_nothing_read_has_changed(
    history: list[list[Span]], made_at: int, dependencies: list[Span]
) -> None:
    """For any history: the last state vouches for an answer if and only if it should."""
    states = [FIRST]
    for second, changed in enumerate(history, start=1):
        states.append(advance(states[-1], seen(second, *changed), keep=KEEP))
    made_at = min(made_at, len(history))
    later = [span for changed in history[made_at:] for span in changed]
    touched = any(span.touches(read) for span in later for read in dependencies)
    assert states[-1].unchanged_since(states[made_at].version, dependencies) is not touched


@given(HISTORY)
def test_a_state_survives_the_way_through_redis(history: list[list[Span]]) -> None:
    state = FIRST
    for second, changed in enumerate(history, start=1):
        state = advance(state, seen(second, *changed), keep=KEEP)
    raw = encode(state)
    assert decode(raw) == state
    assert raw.split(b" ", 1)[0].decode() == token(state)


@pytest.mark.parametrize(
    "raw",
    [b"", b"x", b"chain:1 {}", b"chain:x {}", b"\xff", b'chain:1 {"changes":[["no",1,2,3]]}'],
    ids=["empty", "no-token", "no-values", "no-time", "no-text", "unknown-slice"],
)
def test_anything_else_in_redis_is_not_taken_for_a_state(raw: bytes) -> None:
    assert decode(raw) is None


def test_a_state_of_an_earlier_release_has_no_run() -> None:
    """Until this one's processes take the next snapshot the leader answers all."""
    raw = encode(FIRST).replace(f'"server":"{FIRST.server}",'.encode(), b"")
    known = decode(raw)
    assert known is not None
    assert (known.server, known.snapshot) == ("", FIRST.snapshot)


def test_each_state_names_the_run_that_it_was_taken_on() -> None:
    onwards = advance(FIRST, seen(1), keep=KEEP)
    assert onwards.server == seen(1).server
    assert detach(onwards, "alone").server == onwards.server


def test_a_state_knows_its_seconds() -> None:
    assert isinstance(FIRST, CacheEpoch)
    assert FIRST.seconds == START.timestamp()
