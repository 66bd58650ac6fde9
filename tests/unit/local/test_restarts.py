"""What happens to a process that ended by itself, as timelines."""

import pytest

from shopx_local.restarts import GiveUp, Policy, Restart, decide, describe_exit

POLICY = Policy(first=0.5, factor=2, longest=30, steady_after=60, startup_attempts=4)


def _delays(lives: list[float], *, was_ready: bool) -> list[float | None]:
    """The pauses after each life; `None` = given up."""
    failures = 0
    found: list[float | None] = []
    for ran_for in lives:
        decision = decide(POLICY, failures=failures, ran_for=ran_for, was_ready=was_ready)
        failures = decision.failures
        found.append(decision.after if isinstance(decision, Restart) else None)
    return found


@pytest.mark.parametrize(
    ("lives", "was_ready", "delays"),
    [
        ([1] * 8, True, [0.5, 1, 2, 4, 8, 16, 30, 30]),
        ([1, 1, 1, 1], False, [0.5, 1, 2, None]),
        ([1, 1, 600, 1], True, [0.5, 1, 0.5, 1]),
        ([60], True, [0.5]),
        ([59.9, 59.9], True, [0.5, 1]),
    ],
    ids=["ever longer", "never ready", "a long life forgives", "just steady", "not steady"],
)
def test_pauses(lives: list[float], was_ready: bool, delays: list[float | None]) -> None:
    assert _delays(lives, was_ready=was_ready) == delays


def test_what_once_worked_is_never_given_up() -> None:
    decision = decide(POLICY, failures=10_000, ran_for=0, was_ready=True)
    assert decision == Restart(30, 10_001)


def test_giving_up_says_how_often_it_failed() -> None:
    assert decide(POLICY, failures=3, ran_for=0, was_ready=False) == GiveUp(4)


@pytest.mark.parametrize(
    ("code", "words"),
    [(1, "exited with code 1"), (-9, "was killed by SIGKILL"), (-99, "was killed by signal 99")],
)
def test_exit_is_told_in_words(code: int, words: str) -> None:
    assert describe_exit(code) == words
