"""A broken dashboard does not affect the others."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl
from tests.support.light import light

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

POISON: dict[str, dict[str, Any]] = {
    "zone": {"reporting": {"timezone": "Mars/Olympus"}},
    "secret": {"database": {"external": {"secretRef": {"name": "there-is-none"}}}},
    "image": {"images": {"app": "localhost/there-is-none:1", "pullPolicy": "Never"}},
    "override": {"podTemplate": {"overrides": {"spec": {"nodeSelector": {"a b": "c"}}}}},
    "class": {"database": {"bundled": {"storage": {"className": "there-is-none"}}}},
}
"""Specs that the API server accepts and that cannot work; below, the reason in each status."""
REASONS = {
    "zone": "Mars/Olympus",
    "secret": "there-is-none",
    "image": "ErrImageNeverPull",
    "override": "refused",
    "class": "",
}


@pytest.fixture(scope="module")
def poisoned(shared: Kubectl) -> Kubectl:
    """A namespace full of broken dashboards."""
    shared.apply(*(dashboard(spec, name) for name, spec in POISON.items()))
    return shared


def test_a_healthy_dashboard_is_not_delayed(
    poisoned: Kubectl, measured: Callable[[str], None]
) -> None:
    poisoned.apply(dashboard(light(), "healthy"))
    began = time.monotonic()
    poisoned("wait", "--for=condition=Ready", "adash/healthy", "--timeout=2m", timeout=130)
    measured(f"apply → Ready beside {len(POISON)} broken ones: {time.monotonic() - began:.1f} s")
    uid = (poisoned.get("service", "healthy-api") or {})["metadata"]["uid"]
    poisoned("delete", "service", "healthy-api", "--wait=false")

    def back() -> bool:
        found = poisoned.get("service", "healthy-api")
        return found is not None and found["metadata"]["uid"] != uid

    poisoned.until("it is repaired", back, seconds=30)


@pytest.mark.parametrize("name", POISON)
def test_a_broken_dashboard_says_why(poisoned: Kubectl, name: str) -> None:
    poisoned.until_condition(name, "Ready", "False", seconds=60)

    def reported() -> bool:
        texts = [
            poisoned.condition(name, kind).get("message", "") for kind in ("Degraded", "Ready")
        ]
        return any(REASONS[name] in text for text in texts) and texts[-1] != ""

    poisoned.until("its status says why", reported, seconds=90)


def test_a_corrected_storage_class_is_used(poisoned: Kubectl) -> None:
    """The claim never had a volume, so it is made again."""
    storage = {"database": {"bundled": {"storage": {"className": None}}}}
    poisoned.patch("adash", "class", {"spec": storage})

    def right() -> bool:
        claim = poisoned.get("pvc", "class-database")
        return claim is not None and claim["spec"].get("storageClassName") != "there-is-none"

    poisoned.until("there is another claim", right, seconds=30)
