from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.domain.deltas import DeltaStatus, Direction, Verdict, delta
from shopx_core.domain.metrics import Better

UP, DOWN, FLAT = Direction.UP, Direction.DOWN, Direction.FLAT
GOOD, BAD, NEUTRAL = Verdict.GOOD, Verdict.BAD, Verdict.NEUTRAL
CHANGED, SAME = DeltaStatus.CHANGED, DeltaStatus.NO_CHANGE
NEW, NA = DeltaStatus.NEW, DeltaStatus.NOT_APPLICABLE


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize(
    ("current", "previous", "absolute", "ratio", "direction", "verdict", "status"),
    [
        pytest.param("150", "100", "50", "0.5", UP, GOOD, CHANGED, id="rise"),
        pytest.param("50", "100", "-50", "-0.5", DOWN, BAD, CHANGED, id="fall"),
        pytest.param("0", "100", "-100", "-1", DOWN, BAD, CHANGED, id="to nothing is -100 %"),
        pytest.param("100", "100", "0", "0", FLAT, NEUTRAL, SAME, id="equal"),
        pytest.param("100", "100.00", "0", "0", FLAT, NEUTRAL, SAME, id="equal but for scale"),
        pytest.param("5", "0", "5", None, UP, GOOD, NEW, id="from nothing is new"),
        pytest.param("0", "0", "0", None, FLAT, NEUTRAL, SAME, id="nothing twice"),
        pytest.param("-5", "0", "-5", None, DOWN, BAD, NA, id="a loss from nothing is not new"),
        pytest.param("-50", "-100", "50", "0.5", UP, GOOD, CHANGED, id="a loss halves"),
        pytest.param("-150", "-100", "-50", "-0.5", DOWN, BAD, CHANGED, id="a loss grows"),
        pytest.param("10", "-10", "20", None, UP, GOOD, NA, id="profit after loss"),
        pytest.param("-10", "10", "-20", None, DOWN, BAD, NA, id="loss after profit"),
        pytest.param("0", "-10", "10", "1", UP, GOOD, CHANGED, id="a loss ends"),
        pytest.param(None, "10", None, None, FLAT, NEUTRAL, NA, id="no current value"),
        pytest.param("10", None, None, None, FLAT, NEUTRAL, NA, id="no previous value"),
        pytest.param(None, None, None, None, FLAT, NEUTRAL, NA, id="no values"),
    ],
)
def test_a_change_reads_as_a_person_would_say_it(
    *,
    current: str | None,
    previous: str | None,
    absolute: str | None,
    ratio: str | None,
    direction: Direction,
    verdict: Verdict,
    status: DeltaStatus,
) -> None:
    change = delta(number(current), number(previous), Better.HIGHER)
    assert change.absolute == number(absolute)
    assert change.ratio == number(ratio)
    assert (change.direction, change.verdict, change.status) == (direction, verdict, status)


@pytest.mark.parametrize(
    ("better", "rise", "fall"),
    [
        (Better.HIGHER, GOOD, BAD),
        (Better.LOWER, BAD, GOOD),
        (Better.NEUTRAL, NEUTRAL, NEUTRAL),
    ],
    ids=str,
)
def test_lower_is_better_turns_the_colour_and_not_the_arrow(
    better: Better, rise: Verdict, fall: Verdict
) -> None:
    up = delta(Decimal(2), Decimal(1), better)
    down = delta(Decimal(1), Decimal(2), better)
    assert (up.direction, up.verdict) == (UP, rise)
    assert (down.direction, down.verdict) == (DOWN, fall)


amounts = st.none() | st.decimals(
    min_value=-(10**30), max_value=10**30, places=6, allow_nan=False, allow_infinity=False
)


@given(current=amounts, previous=amounts, better=st.sampled_from(Better))
def test_a_change_is_always_finite_and_agrees_with_itself(
    current: Decimal | None, previous: Decimal | None, better: Better
) -> None:
    change = delta(current, previous, better)
    for figure in (change.absolute, change.ratio):
        assert figure is None or figure.is_finite()
    if not previous:
        assert change.ratio is None
    assert (change.status is CHANGED) == bool(change.ratio)
    sign = {UP: 1, DOWN: -1, FLAT: 0}[change.direction]
    if change.absolute is not None:
        assert sign == (change.absolute > 0) - (change.absolute < 0)
    if change.ratio:
        assert (change.ratio > 0) == (sign > 0)
