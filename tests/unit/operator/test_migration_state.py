"""What the Jobs of migrations say about the database, as a table."""

import itertools
from typing import Any

import pytest

from shopx_operator.manifests import migration
from shopx_operator.planning import upgrade
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.planning.upgrade import MigrationState as State
from tests.support.rendering import context
from tests.support.upgrade import NEW

OK, ASKED, FAILED = ("Complete", ""), ("Failed", "PodFailurePolicy"), ("Failed", "Other")
CASES: list[tuple[str, Any, Any, Any, State, bool]] = [
    # What it is; the check Job and when it started; the own and another release's alone: when
    # they ended (`None` = it runs); the state; whether the check must run again.
    ("nothing", None, None, None, State.PENDING, False),
    ("an upgrade", (OK, 1), None, None, State.DONE, False),
    ("a failure", (FAILED, 1), None, None, State.FAILED, False),
    ("a need", (ASKED, 1), None, None, State.EXCLUSIVE, False),
    ("it runs", (ASKED, 1), ("run", None), None, State.EXCLUSIVE, False),
    ("it runs, no check Job exists", None, ("run", None), None, State.EXCLUSIVE, False),
    ("another's runs", (OK, 1), None, ("run", None), State.EXCLUSIVE, False),
    ("it succeeded", (ASKED, 1), (OK, 5), None, State.DONE, True),
    ("it succeeded, checked again", (OK, 6), (OK, 5), None, State.DONE, False),
    ("it succeeded, checked at the same time", (OK, 5), (OK, 5), None, State.DONE, False),
    ("it failed", (ASKED, 1), (FAILED, 5), None, State.CHECKING, True),
    ("it failed, no check Job", None, (FAILED, 5), None, State.CHECKING, False),
    ("it failed, as it was", (ASKED, 6), (FAILED, 5), None, State.ROLLED_BACK, False),
    ("it failed, changed all the same", (OK, 6), (FAILED, 5), None, State.DONE, False),
    ("it failed, no answer", (FAILED, 6), (FAILED, 5), None, State.UNKNOWN, False),
    ("another's succeeded later", (OK, 1), None, (OK, 5), State.CHECKING, True),
    ("another's failed, checked since", (OK, 6), None, (FAILED, 5), State.DONE, False),
    ("another's failed, its own is next", (ASKED, 6), None, (FAILED, 5), State.EXCLUSIVE, False),
    ("another's succeeded after its own", (ASKED, 1), (OK, 3), (OK, 5), State.CHECKING, True),
]


@pytest.mark.parametrize(
    ("asked", "own", "other", "migration_state", "stale"),
    [row[1:] for row in CASES],
    ids=[row[0] for row in CASES],
)
def test_migration_state(
    asked: Any, own: Any, other: Any, migration_state: State, stale: bool
) -> None:
    """Every combination of Jobs; a result counts only while the database cannot have changed."""
    made = context(NEW)
    jobs: dict[tuple[str, str], Any] = {}

    def job(name: str, ended: Any, started: int, at: int, *, alone: bool) -> None:
        status: dict[str, Any] = {"startTime": f"2026-11-23T10:{started:02}:00Z"}
        if ended != "run":
            state, reason = ended
            condition = {"type": state, "status": "True", "reason": reason}
            condition["lastTransitionTime"] = f"2026-11-23T10:{at:02}:00Z"
            status["conditions"] = [condition]
        labels = {"analytics.shopx.io/alone": "true"} if alone else {}
        jobs["Job", name] = {"metadata": {"name": name, "labels": labels}, "status": status}

    if asked:
        job(migration.name(made), asked[0], asked[1], asked[1] + 1, alone=False)
    for name, one in ((migration.exclusive_name(made), own), ("another", other)):
        if one:
            job(name, one[0], 2, one[1] or 0, alone=True)
    found = upgrade.upgrade_state(made, ObservedState(jobs))
    assert (found.migration_state, found.stale) == (migration_state, stale)


def test_the_names_of_the_jobs_differ_whatever_the_name() -> None:
    for name, version in itertools.product(("sales", "a" * 40), ("1.0.0", "2.0.0")):
        made = context({"version": version}, name=name)
        assert migration.name(made) != migration.exclusive_name(made)
        assert len(migration.exclusive_name(made)) <= 63
