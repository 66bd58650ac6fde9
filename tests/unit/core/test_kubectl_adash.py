"""`kubectl adash`: what it says, and how it asks."""

import base64
import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shopx_core.errors import Conflict, Unavailable
from shopx_core.scaling import DecisionRecord, PersistedState, ScalingSpec, ScalingState, evaluate
from shopx_kubectl import presentation, storage
from shopx_kubectl.cluster import Cluster
from shopx_kubectl.main import main
from tests.unit.scaling.timeline import HEALTHY

# Answers by what is asked for, and notes the words that it was called with.
KUBECTL = """#!{python}
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + chr(10))
if sys.argv[2] == "--raw":
    page = folder / "page"
    text = page.read_text()
    page.write_text(text.replace("100.0", "160.0").replace("20.0", "40.0"))
    print(text)
elif (folder / sys.argv[2]).exists():
    print((folder / sys.argv[2]).read_text())
else:
    sys.exit("Error from server (NotFound): no such " + sys.argv[2])
"""
PAGE = """process_cpu_seconds_total 1.0
process_start_time_seconds 7.0
shopx_http_requests_in_flight_seconds_total 3.0
shopx_http_requests_total{cache="hit-l0",operation="",status="200"} 100.0
shopx_http_requests_total{cache="miss",operation="",status="200"} 20.0
shopx_cache_requests_total{tier="l0",result="hit",reason="none"} 100.0
"""
DASHBOARDS = "analyticsdashboards.analytics.shopx.io"


def record(**figures: Any) -> DecisionRecord:
    seen = replace(HEALTHY, at=1_000_000.0, **figures)
    decision, _ = evaluate(seen, ScalingSpec(), ScalingState(), 1_000_000.0)
    return DecisionRecord(
        observation=seen,
        spec=ScalingSpec(),
        state=ScalingState(),
        now=1_000_000.0,
        decision=decision,
    )


MEMORY = PersistedState(records=(record(), record(p95=0.5, cpu=0.95)))
BODY = {
    "metadata": {"name": "sales", "namespace": "shop"},
    "apiVersion": "analytics.shopx.io/v1beta1",
    "kind": "AnalyticsDashboard",
    "spec": {},
    "status": {
        "version": "1.0.0",
        "conditions": [
            {"type": "Ready", "status": "True", "reason": "Serving", "message": "2 of 2"},
            {"type": "DatabaseBottleneck", "status": "True", "reason": "DatabaseSaturated"},
        ],
        "api": {"desired": 3, "ready": 2},
        "cache": {"hitRatio": "0.85", "requestsPerSecond": "66"},
        "latency": {"p95Milliseconds": "80.4", "p95MissMilliseconds": "100"},
        "lastDecision": {
            "time": "2026-11-23T10:00:00Z",
            "action": "hold",
            "reason": "DatabaseBottleneck",
            "message": "a query takes 900 ms",
            "rejected": [{"action": "4 API pods", "reason": "more would ask more"}],
            "nextTime": "2026-11-23T10:00:05Z",
        },
    },
}


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubectl on the PATH that answers from files."""
    program = tmp_path / "kubectl"
    program.write_text(KUBECTL.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    packed = base64.b64encode(MEMORY.to_bytes()).decode()
    (tmp_path / "configmaps").write_text(
        json.dumps({"items": [{"binaryData": {"memory": packed}}]})
    )
    (tmp_path / DASHBOARDS).write_text(json.dumps(BODY))
    pod = {"metadata": {"name": "sales-api-1", "namespace": "shop"}}
    (tmp_path / "pods").write_text(json.dumps({"items": [pod]}))
    (tmp_path / "page").write_text(PAGE)
    return tmp_path


def calls(folder: Path) -> list[list[str]]:
    return [json.loads(line) for line in (folder / "calls").read_text().splitlines()]


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_explain_prints_the_timeline_and_replays_it(
    kubectl: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", "sales", "-n", "shop", "--context", "there") == 0
    said = capsys.readouterr().out
    assert "AppBound: api 2 → 3" in said
    assert "cpu = 0.95" in said, "the last one is explained"
    assert "2 of 2 decisions replayed to the same result." in said
    (call,) = calls(kubectl)
    assert "--namespace=shop" in call
    assert "--context=there" in call
    assert "app.kubernetes.io/instance=sales,analytics.shopx.io/memory=true" in call


def test_explain_takes_any_of_them() -> None:
    text, _ = presentation.explanation("sales", MEMORY, [1])
    assert "cpu = 0.4" in text
    assert "cpu = 0.95" not in text


def test_a_record_that_was_touched_ends_with_an_error() -> None:
    touched = replace(MEMORY.records[1], decision=replace(MEMORY.records[1].decision, api=6))
    text, same = presentation.explanation("sales", PersistedState(records=(touched,)))
    assert not same
    assert "ANOTHER DECISION" in text
    assert "0 of 1 decisions" in text


def test_status_says_everything_of_one_and_a_line_of_each(
    kubectl: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("status", "sales") == 0
    said = capsys.readouterr().out
    for text in ("2/3", "0.85", "80 ms", "100 ms", "saturated", "not 4 API pods", "Serving: 2 of"):
        assert text in said
    (kubectl / DASHBOARDS).write_text(json.dumps({"items": [BODY, {"metadata": {"name": "new"}}]}))
    assert run("status") == 0
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("sales  True   2/3")
    assert second.split()[:3] == ["new", "-", "-"]


def test_top_looks_twice_and_says_what_happened_between(
    kubectl: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """60 hits and 20 misses more."""
    assert run("top", "sales", "--seconds", "0.5") == 0
    said = capsys.readouterr().out
    assert "1 of 2 serving pods answered" in said
    assert "hit ratio 0.75" in said
    assert "L0 process 75%" in said
    assert "computed 25%" in said
    paths = [call[2] for call in calls(kubectl) if call[1] == "--raw"]
    path = "/api/v1/namespaces/shop/pods/sales-api-1:9100/proxy/metrics?by=cache"
    assert paths == [path, path]


@pytest.mark.parametrize("command", ["explain", "status", "top"])
def test_what_is_not_there_is_said_in_one_line(
    kubectl: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    for name in ("configmaps", DASHBOARDS, "pods"):
        (kubectl / name).unlink()
    assert run(command, "sales") == 1
    assert capsys.readouterr().err.startswith("error: kubectl: (NotFound): no such")


def test_without_kubectl_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert run("status") == 1
    assert "kubectl is not on the PATH" in capsys.readouterr().err


def test_it_is_installed_as_kubectls_plugin() -> None:
    program = Path(sys.executable).parent / "kubectl-adash"
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    assert "kubectl adash" in done.stdout


def definition(*stored: str, storage: str = "v1beta1") -> dict[str, Any]:
    versions = [{"name": name, "storage": name == storage} for name in ("v1beta1", "v1alpha1")]
    return {
        "metadata": {"name": DASHBOARDS, "resourceVersion": "7"},
        "spec": {"versions": versions},
        "status": {"storedVersions": list(stored)},
    }


@pytest.fixture
def everywhere(kubectl: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two dashboards in two namespaces, stored as v1alpha1 maybe; no waiting."""
    monkeypatch.setattr("shopx_kubectl.storage.SETTLE_SECONDS", 0.0)
    places = [{"metadata": {"namespace": "shop", "name": name}} for name in ("sales", "stock")]
    (kubectl / "analyticsdashboards.v1beta1.analytics.shopx.io").write_text(
        json.dumps({"items": places})
    )
    text = json.dumps(definition("v1alpha1", "v1beta1"))
    (kubectl / "customresourcedefinition").write_text(text)
    return kubectl


def test_migrate_storage_writes_everything_and_then_prunes(
    everywhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("migrate-storage", "--context", "there", "--namespace", "elsewhere") == 0
    assert "2 dashboards written anew as v1beta1" in capsys.readouterr().out
    writes = [call for call in calls(everywhere) if call[0] == "patch"]
    assert sorted(call[2] for call in writes[:2]) == ["sales", "stock"]
    for call in writes[:2]:
        assert {"--namespace", "shop", "--subresource=status", "{}"} <= {*call}
    # Only if it is unchanged since it was read.
    assert writes[2][1:4] == ["customresourcedefinition", DASHBOARDS, "--subresource=status"]
    assert json.loads(writes[2][6]) == {
        "metadata": {"resourceVersion": "7"},
        "status": {"storedVersions": ["v1beta1"]},
    }
    assert len(writes) == 3
    assert all("--context=there" in call for call in calls(everywhere))
    assert not [call for call in calls(everywhere) if "--namespace=elsewhere" in call]


def test_migrate_storage_twice_writes_nothing(
    everywhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (everywhere / "customresourcedefinition").write_text(json.dumps(definition("v1beta1")))
    assert run("migrate-storage") == 0
    assert capsys.readouterr().out == "Every dashboard is stored as v1beta1.\n"
    assert [call[0] for call in calls(everywhere)] == ["get"]


def test_migrate_storage_prunes_nothing_when_the_definition_changes_meanwhile(
    everywhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An API server would store what is written in between in another version."""
    cluster, path = Cluster(), everywhere / "customresourcedefinition"

    def changes(_: float) -> None:
        path.write_text(json.dumps(definition("v1alpha1", "v1beta1", storage="v1alpha1")))

    with pytest.raises(Conflict, match="changed meanwhile"):
        storage.migrate(cluster, changes)
    assert len([call for call in calls(everywhere) if call[0] == "patch"]) == 2
    assert capsys.readouterr().out == ""


def test_migrate_storage_names_what_could_not_be_written(everywhere: Path) -> None:
    program = everywhere / "kubectl"
    refusal = 'if "stock" in sys.argv: sys.exit("Error from server (Forbidden): it is frozen")\n'
    program.write_text(program.read_text().replace("if sys.argv[2]", f"{refusal}if sys.argv[2]"))
    said = r"1 of 2 dashboards .*shop/stock: .*it is frozen"
    with pytest.raises(Unavailable, match=said) as caught:
        storage.migrate(Cluster(), lambda _: None)
    assert "Nothing was pruned" in (caught.value.hint or "")
    assert len([call for call in calls(everywhere) if call[0] == "patch"]) == 2


def test_a_dashboard_that_goes_meanwhile_is_no_failure(everywhere: Path) -> None:
    program = everywhere / "kubectl"
    refusal = 'if "stock" in sys.argv: sys.exit("Error from server (NotFound): it is gone")\n'
    program.write_text(program.read_text().replace("if sys.argv[2]", f"{refusal}if sys.argv[2]"))
    assert "written anew" in storage.migrate(Cluster(), lambda _: None)
