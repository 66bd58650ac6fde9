"""Ready needs a database that answers, and a fold and a replica that keep up."""

from typing import Any

import pytest

from shopx_core.scaling.measurement import Scrape
from shopx_operator.status.fold import FoldObserver, FoldState
from shopx_operator.status.inputs import ConditionValue
from tests.support.cluster import Cluster

EXTERNAL: dict[str, Any] = {"database": {"external": {"secretRef": {"name": "db"}}}}
FINE = FoldState(answered=True, behind=False)


def _fold(at: float, lag: float = 0.0) -> dict[str, Scrape]:
    return {"fold": Scrape(0.0, {}, {"fold_observed": at, "fold_lag": lag})}


def test_the_fold_says_whether_the_database_answers() -> None:
    observer = FoldObserver()
    assert observer.observe({}, 100.0, 5.0) is None
    assert observer.observe(_fold(100.0), 101.0, 5.0) == FINE
    # It does not answer itself, or it cannot read the database.
    assert observer.observe({}, 135.0, 5.0) == FINE
    assert observer.observe({}, 136.0, 5.0) == FoldState(answered=False, behind=False)
    assert observer.observe(_fold(100.0), 136.0, 5.0) == FoldState(answered=False, behind=False)
    assert observer.observe(_fold(140.0, 61.0), 141.0, 5.0) == FoldState(answered=True, behind=True)


def test_an_external_database_that_does_not_answer_is_told() -> None:
    cluster = Cluster()
    cluster.running(EXTERNAL)
    assert cluster.condition("DatabaseReady") == ("True", "External")
    cluster.fold = FoldState(answered=False, behind=False)
    cluster.reconcile(EXTERNAL)
    assert cluster.condition("DatabaseReady") == ("False", "NotAnswering")
    assert cluster.condition("Degraded") == ("True", "DatabaseAway")
    assert cluster.condition("Ready") == ("False", "DatabaseAway")
    assert cluster.condition("Available") == ("True", "Serving")
    cluster.fold = FINE
    cluster.reconcile(EXTERNAL)
    assert cluster.condition("Ready") == ("True", "Serving")


def test_what_nobody_measured_is_not_taken_for_ready() -> None:
    cluster = Cluster(fold=None)
    cluster.running(EXTERNAL)
    assert cluster.condition("Ready") == ("Unknown", "NotMeasured")
    cluster.fold = FINE
    cluster.reconcile(EXTERNAL)
    assert cluster.condition("Ready") == ("True", "Serving")
    # A restarted operator has no metrics yet, and keeps what the last one said.
    cluster.fold = None
    cluster.reconcile(EXTERNAL)
    assert cluster.condition("Ready") == ("True", "Serving")


def test_rollups_that_are_behind_are_told() -> None:
    cluster = Cluster()
    cluster.running()
    cluster.fold = FoldState(answered=True, behind=True)
    cluster.reconcile()
    assert cluster.condition("Ready") == ("False", "FoldBehind")
    assert cluster.condition("Degraded") == ("False", "AsExpected")


@pytest.mark.parametrize(
    ("replica", "ready"),
    [
        (ConditionValue("True", "Serving"), "True"),
        (ConditionValue("False", "Building"), "True"),
        (ConditionValue("False", "NoBase"), "True"),
        (ConditionValue("False", "Behind"), "False"),
        (ConditionValue("Unknown", "BuilderAway"), "False"),
        (ConditionValue("Unknown", "BuilderSilent"), "False"),
    ],
)
def test_a_replica_that_is_not_kept_up_is_told(replica: ConditionValue, ready: str) -> None:
    """One that is being built, or a pod that has none yet, takes nothing away."""
    cluster = Cluster(columns=replica)
    cluster.running()
    assert cluster.condition("Ready")[0] == ready
