"""What the Jobs of migrations say about the database, as a table."""

import itertools
from typing import Any

import pytest

from shopx_operator.manifests import migration
from shopx_operator.planning import upgrade
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.planning.upgrade import Verdict
from tests.support.rendering import context
from tests.support.upgrade import NEW

OK, ASKED, FAILED = ("Complete", ""), ("Failed", "PodFailurePolicy"), ("Failed", "Other")
VERDICTS: list[tuple[str, Any, Any, Any, Verdict, bool]] = [
    # What it is; the asking Job and when it started; the own and another release's alone: when
    # they ended (`None` = it runs); the verdict; whether it must be asked again.
    ("nothing", None, None, None, Verdict.PENDING, False),
    ("an upgrade", (OK, 1), None, None, Verdict.DONE, False),
    ("a failure", (FAILED, 1), None, None, Verdict.FAILED, False),
    ("a need", (ASKED, 1), None, None, Verdict.ALONE, False),
    ("it runs", (ASKED, 1), ("run", None), None, Verdict.ALONE, False),
    ("it runs, nobody remembers why", None, ("run", None), None, Verdict.ALONE, False),
    ("another's runs", (OK, 1), None, ("run", None), Verdict.ALONE, False),
    ("it succeeded", (ASKED, 1), (OK, 5), None, Verdict.DONE, True),
    ("it succeeded, asked again", (OK, 6), (OK, 5), None, Verdict.DONE, False),
    ("it succeeded, asked at that moment", (OK, 5), (OK, 5), None, Verdict.DONE, False),
    ("it failed", (ASKED, 1), (FAILED, 5), None, Verdict.ASKING, True),
    ("it failed, nobody asked", None, (FAILED, 5), None, Verdict.ASKING, False),
    ("it failed, as it was", (ASKED, 6), (FAILED, 5), None, Verdict.ROLLED_BACK, False),
    ("it failed, changed all the same", (OK, 6), (FAILED, 5), None, Verdict.DONE, False),
    ("it failed, no answer", (FAILED, 6), (FAILED, 5), None, Verdict.UNKNOWN, False),
    ("another's succeeded later", (OK, 1), None, (OK, 5), Verdict.ASKING, True),
    ("another's failed, asked since", (OK, 6), None, (FAILED, 5), Verdict.DONE, False),
    ("another's failed, its turn", (ASKED, 6), None, (FAILED, 5), Verdict.ALONE, False),
    ("another's succeeded after its own", (ASKED, 1), (OK, 3), (OK, 5), Verdict.ASKING, True),
]


@pytest.mark.parametrize(
    ("asked", "own", "other", "verdict", "stale"),
    [row[1:] for row in VERDICTS],
    ids=[row[0] for row in VERDICTS],
)
def test_verdicts(asked: Any, own: Any, other: Any, verdict: Verdict, stale: bool) -> None:
    """Every constellation of Jobs says what may run, and no answer outlives what it was about."""
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
    for name, one in ((migration.name_alone(made), own), ("another", other)):
        if one:
            job(name, one[0], 2, one[1] or 0, alone=True)
    found = upgrade.upgrade_state(made, ObservedState(jobs))
    assert (found.verdict, found.stale) == (verdict, stale)


def test_the_names_of_the_jobs_differ_whatever_the_name() -> None:
    for name, version in itertools.product(("sales", "a" * 40), ("1.0.0", "2.0.0")):
        made = context({"version": version}, name=name)
        assert migration.name(made) != migration.name_alone(made)
        assert len(migration.name_alone(made)) <= 63
