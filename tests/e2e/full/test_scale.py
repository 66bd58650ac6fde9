"""The operator with hundreds of dashboards: `make e2e-full`, whose result is committed.

The objects are real and the pods are not: each dashboard is suspended and its database is
external, so that all of its children exist and none of them needs a node. The status of the
migration Jobs is written by the test, as if their pods had succeeded.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl, KubectlError

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2400)]

ROOT = Path(__file__).resolve().parents[3]
RESULT = ROOT / "docs" / "operator-at-scale.md"
COUNTS = (1, 300)
STEADY_SECONDS = 60
SPEC: dict[str, Any] = {
    "suspend": True,
    "database": {"external": {"secretRef": {"name": "database"}}},
    "cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}},
}
OPERATOR = "app.kubernetes.io/name=shopx-operator"


class Metrics:
    """The operator's own metrics."""

    def __init__(self, text: str) -> None:
        self._text = text

    def total(self, name: str) -> float:
        """The sum of a metric's series."""
        pattern = rf"^{name}(?:\{{[^}}]*\}})? ([0-9.e+-]+)$"
        return sum(map(float, re.findall(pattern, self._text, re.MULTILINE)))


def _metrics(system: Kubectl) -> Metrics:
    with system.forwarded("deployment/shopx-operator", 8080) as port:
        return Metrics(httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text)


def _complete_migrations(kubectl: Kubectl) -> int:
    """Play the nodes: pods of migration Jobs have succeeded; returns how many were left."""
    selector = "app.kubernetes.io/component=migrate"
    waiting = [
        pod["metadata"]["name"]
        for pod in kubectl.all_of("pods", selector)
        if pod["status"].get("phase") != "Succeeded"
    ]
    done = json.dumps({"status": {"phase": "Succeeded"}})

    def complete(name: str) -> None:
        kubectl("patch", "pod", name, "--subresource=status", "--type=merge", "-p", done)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(complete, waiting))
    return len(waiting)


def _steady(kubectl: Kubectl, count: int) -> bool:
    """Whether every dashboard is where it should be."""
    _complete_migrations(kubectl)
    found = kubectl.all_of("adash")
    return len(found) == count and all(
        {c["type"]: c["reason"] for c in one.get("status", {}).get("conditions", ())}.get(
            "Migrated"
        )
        == "Succeeded"
        and len(one["status"].get("views", ())) > 0
        for one in found
    )


@pytest.fixture(scope="module")
def nodeless(shared: Kubectl) -> Iterator[Kubectl]:
    """A namespace without new pods on nodes, with the Secrets that the dashboards name."""
    url = "postgresql://shopx:drawn-by-lot@there.is.none/shopx"
    shared("create", "secret", "generic", "database", f"--from-literal=dsn={url}")
    url = "redis://:drawn-by-lot@there.is.none"
    shared("create", "secret", "generic", "redis", f"--from-literal=url={url}")
    (node,) = shared.all_of("nodes")
    shared("cordon", node["metadata"]["name"])
    yield shared
    shared("uncordon", node["metadata"]["name"])


def test_many_dashboards(
    nodeless: Kubectl, system: Kubectl, measured: Callable[[str], None]
) -> None:
    """One look costs the same whether there is one dashboard or hundreds."""
    rows = []
    for count in COUNTS:
        row = _measure(nodeless, system, count)
        rows.append(row)
        measured(f"{count} dashboards: {row}")
    few, many = rows
    assert many["requests for each look"] <= few["requests for each look"] * 1.5 + 1
    assert many["restart to steady (s)"] < 120
    assert many["memory (MiB)"] < 512
    RESULT.write_text(_page(rows), encoding="utf-8")


def _measure(kubectl: Kubectl, system: Kubectl, count: int) -> dict[str, float]:
    began = time.monotonic()
    kubectl.apply(*(dashboard(SPEC, f"shop-{number}") for number in range(count)))
    kubectl.until(f"{count} are steady", lambda: _steady(kubectl, count), 1200, interval=2)
    made = time.monotonic() - began

    # Nothing but the node is away: the operator comes back to it.
    (node,) = kubectl.all_of("nodes")
    kubectl("uncordon", node["metadata"]["name"])
    system("delete", "pod", "-l", OPERATOR, "--wait=true")
    system("rollout", "status", "deployment/shopx-operator", "--timeout=120s")
    kubectl("cordon", node["metadata"]["name"])
    began = time.monotonic()

    def reconciled() -> bool:
        try:
            return _metrics(system).total("shopx_operator_reconcile_seconds_count") >= count
        except (KubectlError, AssertionError, httpx.HTTPError):
            return False

    kubectl.until("each was reconciled", reconciled, 300)
    restarted = time.monotonic() - began
    after = _metrics(system)
    changes = after.total("shopx_operator_child_changes_total")

    time.sleep(STEADY_SECONDS)
    later = _metrics(system)
    looks = later.total("shopx_operator_reconcile_seconds_count") - after.total(
        "shopx_operator_reconcile_seconds_count"
    )
    requests = later.total("shopx_operator_api_requests_total") - after.total(
        "shopx_operator_api_requests_total"
    )
    seconds = later.total("shopx_operator_reconcile_seconds_sum") - after.total(
        "shopx_operator_reconcile_seconds_sum"
    )
    cpu = later.total("process_cpu_seconds_total") - after.total("process_cpu_seconds_total")
    children = len(kubectl.all_of(CHILDREN))
    return {
        "dashboards": count,
        "children": children,
        "apply to steady (s)": round(made, 1),
        "restart to steady (s)": round(restarted, 1),
        "changes after the restart": changes,
        "memory (MiB)": round(later.total("process_resident_memory_bytes") / 1024**2),
        "looks a minute": looks,
        "requests for each look": round(requests / looks, 2),
        "milliseconds for each look": round(seconds / looks * 1000, 1),
        "CPU (%)": round(cpu / STEADY_SECONDS * 100, 1),
    }


CHILDREN = (
    "configmaps,secrets,serviceaccounts,services,deployments,cronjobs,jobs,networkpolicies,"
    "poddisruptionbudgets"
)


def _page(rows: list[dict[str, float]]) -> str:
    lines = [
        "# What the operator costs",
        "",
        "<!-- Written by `make e2e-full`. -->",
        "",
        "One operator on a kind cluster of two shared cores. The dashboards are suspended and",
        "their databases external, so every child exists and no pod runs. In the steady state each",
        "is looked at every 20 seconds, whatever the watches say.",
        "",
        "| | " + " | ".join(f"{row['dashboards']:g}" for row in rows) + " |",
        "| --- |" + " ---: |" * len(rows),
    ]
    for name in rows[0]:
        figures = " | ".join(f"{row[name]:g}" for row in rows)
        lines += [f"| {name} | {figures} |"]
    return "\n".join(lines) + "\n"
