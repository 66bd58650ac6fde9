"""What GitOps tools read of a dashboard: Argo CD by the documented Lua, Flux by kstatus."""

import re
from pathlib import Path
from typing import Any

import pytest
from lupa.lua51 import LuaRuntime

from shopx_operator.status.status import invalid
from shopx_tools.generators.crd import schema
from tests.support.cluster import START, Cluster

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
Object = dict[str, Any]


def argo(made: Object) -> tuple[str, str]:
    """Health and message by the documented script, in the version of Lua that Argo CD has."""
    (script,) = re.findall(r"^```lua\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    runtime = LuaRuntime(register_eval=False)
    runtime.globals()["obj"] = runtime.table_from(made, recursive=True)
    found = runtime.execute(script)
    return str(found["status"]), str(found["message"])


def kstatus(made: Object) -> str:
    """The state by the rules of sigs.k8s.io/cli-utils for custom resources."""
    if made["metadata"].get("deletionTimestamp"):
        return "Terminating"
    status = made.get("status", {})
    if (
        status.get("observedGeneration", made["metadata"]["generation"])
        != (made["metadata"]["generation"])
    ):
        return "InProgress"
    known = {one["type"]: one["status"] for one in status.get("conditions", ())}
    if known.get("Reconciling") == "True":
        return "InProgress"
    if known.get("Stalled") == "True":
        return "Failed"
    return "InProgress" if known.get("Ready", "True") != "True" else "Current"


def of(status: Object, generation: int = 0) -> Object:
    """A dashboard with a status."""
    return {"metadata": {"generation": generation}, "status": status}


def _running(spec: Object | None = None) -> Cluster:
    cluster = Cluster()
    cluster.running()
    if spec is not None:
        for _ in range(3):
            cluster.reconcile(spec)
    return cluster


def test_a_new_object_is_in_progress_before_the_operator_saw_it() -> None:
    """Kstatus takes an object without status for current; so the API server fills one in."""
    made = of(schema()["properties"]["status"]["default"], generation=1)
    assert kstatus(made) == "InProgress"
    assert argo(made)[0] == "Progressing"
    assert argo({"metadata": {"generation": 1}})[0] == "Progressing"


def test_one_that_starts_is_in_progress() -> None:
    cluster = Cluster()
    cluster.reconcile()
    assert kstatus(of(cluster.status)) == "InProgress"
    assert argo(of(cluster.status))[0] == "Progressing"


def test_one_that_runs_is_healthy() -> None:
    made = of(_running().status)
    assert kstatus(made) == "Current"
    assert argo(made)[0] == "Healthy"


def test_an_edit_counts_from_the_moment_it_is_stored() -> None:
    made = of(_running().status, generation=1)
    assert kstatus(made) == "InProgress"
    assert argo(made)[0] == "Progressing"


@pytest.mark.parametrize("before", [{}, _running().status], ids=["new", "running"])
def test_one_that_waits_for_a_person_has_failed_with_the_reason(before: Object) -> None:
    made = of(invalid("the zone is unknown", 2, before, START), generation=2)
    assert kstatus(made) == "Failed"
    assert argo(made) == ("Degraded", "the zone is unknown")


def test_one_that_is_suspended_is_no_failure() -> None:
    cluster = _running()
    for _ in range(4):
        cluster.reconcile({"suspend": True})
        for (kind, _), one in cluster.objects.items():
            if kind in ("Deployment", "StatefulSet"):
                one["status"] = {"observedGeneration": one["metadata"]["generation"]}
    made = of(cluster.status)
    assert argo(made)[0] == "Suspended"
    assert kstatus(made) == "InProgress"
