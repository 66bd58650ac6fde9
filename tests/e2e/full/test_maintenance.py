"""A release with a migration that must run alone, while visitors send requests."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

import pytest

from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl
from tests.support.light import LITTLE, light
from tests.support.traffic import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

NAME = "sales"
FIRST, LAST = "2025-01-01", "2025-12-31"
BROWSER: dict[str, Any] = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FRESH: dict[str, Any] = {"Cache-Control": "no-cache"}
FOUND = 2
"""API pods that an autoscaler requested; the minimum is one."""


@pytest.fixture(scope="module")
def sales(shared: Kubectl) -> Kubectl:
    """A dashboard that serves some sales, with as many pods as an autoscaler set."""
    spec = light(
        f"{shared.namespace}.localhost",
        api={"autoscaling": {"mode": "hpa", "min": 1, "max": 3}, "resources": LITTLE},
    )
    del spec["api"]["replicas"]
    shared.apply(dashboard(spec, NAME))
    shared.until_settled(NAME, seconds=240)
    shared("scale", f"deployment/{NAME}-api", f"--replicas={FOUND}")
    seed = ("shopx", "seed", "--orders", "300", "--from", FIRST, "--to", LAST)
    shared("exec", f"deploy/{NAME}-fold", "--", *seed)
    shared.until_settled(NAME)
    return shared


@dataclass(slots=True)
class Onlooker:
    """The answers to a visitor that sends requests all the time."""

    answers: int = 0
    pages: int = 0
    wrong: list[str] = field(default_factory=list)
    away: float = 0.0
    """Seconds from the first 503 to the last."""

    def sees(self, site: Site, right: str) -> bool:
        """Request the page and a figure; returns whether both were there."""
        page = site.request("GET", "/", **BROWSER)
        period = {"days": {"from": FIRST, "to": LAST}}
        query = "query Revenue($p: PeriodInput) { sales(period: $p) { kpis { metric value } } }"
        asked = {"query": query, "variables": {"p": period}}
        answer = site.request("POST", "/graphql", asked, **FRESH)
        for one, there in ((page, 'id="root"'), (answer, right)):
            if one.status == 503 and one.retry_after:
                self.pages += 1
                if "Back in a moment" not in one.body and '"MAINTENANCE"' not in one.body:
                    self.wrong.append(f"503: {one.body[:200]}")
            elif one.status == 200 and there in one.body:
                self.answers += 1
            else:
                self.wrong.append(f"{one.status}: {one.body[:200]}")
        return page.status == answer.status == 200


@contextmanager
def onlooker(site: Site) -> Iterator[Onlooker]:
    """A visitor that sends requests past all caches until the block ends."""
    seen, stop = Onlooker(), threading.Event()
    right = f'"{site.revenue(FIRST, LAST, fresh=True)}"'

    def look() -> None:
        first = None
        while not stop.is_set():
            try:
                if not seen.sees(site, right):
                    first = first or time.monotonic()
                    seen.away = time.monotonic() - first
            except (OSError, HTTPException) as error:
                seen.wrong.append(f"{type(error).__name__}: {error}")
            stop.wait(0.1)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join(60)


def _release(name: str) -> str:
    return f"{os.environ['SHOPX_E2E_VERSION']}-{name}"


def _reasons(sales: Kubectl, until: Callable[[], bool]) -> list[str]:
    """What the condition `Maintenance` said, until something holds."""
    found: list[str] = []

    def holds() -> bool:
        condition = sales.condition(NAME, "Maintenance")
        reason = condition.get("reason", "") if condition.get("status") == "True" else ""
        if reason and reason not in found:
            found.append(reason)
        return until()

    sales.until("the upgrade ends", holds, seconds=180, interval=0.3)
    return found


def _over(sales: Kubectl) -> bool:
    return sales.condition(NAME, "Maintenance").get("reason") == "AsExpected"


def _replicas(sales: Kubectl, part: str) -> int:
    found: Any = sales.get("deployment", f"{NAME}-{part}")
    return int(found["spec"]["replicas"])


def test_one_that_fails_brings_the_old_release_back(
    sales: Kubectl, site: Site, measured: Callable[[str], None]
) -> None:
    """The page, then the old answers; the status has PostgreSQL's own words."""
    version = (sales.get("adash", NAME) or {})["status"]["version"]
    with onlooker(site) as seen:
        sales.patch("adash", NAME, {"spec": {"version": _release("alone-broken")}})
        sales.until_condition(NAME, "Maintenance", "True")
        sales.until_condition(NAME, "Degraded", "True")
        sales.until("the page is gone", lambda: _over(sales), seconds=120)
    assert seen.wrong == []
    assert seen.pages > 0
    condition = sales.condition(NAME, "Degraded")
    assert condition["reason"] == "MigrationFailed"
    assert "a line is older than its order" in condition["message"]
    assert sales.condition(NAME, "Available")["status"] == "True"
    assert (sales.get("adash", NAME) or {})["status"]["version"] == version
    assert _replicas(sales, "api") == FOUND
    assert sales.get("deployment", f"{NAME}-maintenance") is None
    assert not any(job["spec"]["suspend"] for job in sales.all_of("cronjobs"))
    measured(f"migration that fails alone: away for {seen.away:.1f} s, 0 wrong answers")


def test_one_that_succeeds_is_a_page_and_then_the_new_release(
    sales: Kubectl, site: Site, system: Kubectl, measured: Callable[[str], None]
) -> None:
    """Visitors see nothing else, also when the operator is killed in the middle of it."""
    version = _release("alone")

    def serves() -> bool:
        found = sales.get("adash", NAME) or {}
        return bool(found["status"].get("version") == version)

    def kill_then(until: Callable[[], bool]) -> bool:
        reason = sales.condition(NAME, "Maintenance").get("reason")
        if reason == "Migrating" and not killed:
            killed.append(reason)
            operator = "app.kubernetes.io/name=shopx-operator"
            system("delete", "pod", "-l", operator, "--grace-period=0", "--force", "--wait=false")
        return until()

    killed: list[str] = []
    with onlooker(site) as seen:
        sales.patch("adash", NAME, {"spec": {"version": version}})
        reasons = _reasons(sales, lambda: kill_then(serves))
        sales.until_settled(NAME)
        system("rollout", "status", "deployment/shopx-operator", "--timeout=90s")
    assert seen.wrong == []
    assert seen.pages > 0
    assert killed
    assert {"Draining", "Migrating"} <= set(reasons)
    assert sales.condition(NAME, "Degraded")["status"] == "False"
    assert _over(sales)
    assert _replicas(sales, "api") == FOUND
    events = {event["reason"] for event in sales.all_of("events")}
    assert {"MaintenanceBegan", "MaintenanceEnded"} <= events

    def alone() -> list[Any]:
        return sales.all_of("jobs", "app.kubernetes.io/component=migrate")

    sales.until("the Job is as after any upgrade", lambda: len(alone()) == 1, seconds=60)
    assert sales.get("deployment", f"{NAME}-maintenance") is None
    measured(f"migration alone, of 6 s: away for {seen.away:.1f} s, 0 wrong answers")
