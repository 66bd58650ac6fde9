"""Few events, each of which a person wants."""

from typing import Any

import pytest

from shopx_core.errors import InvalidConfiguration
from shopx_operator.runtime.options import Options
from shopx_operator.status.events import event_object, events


def status(version: str | None = None, **conditions: tuple[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "conditions": [
            {"type": kind, "status": state, "reason": reason, "message": f"{kind} {reason}"}
            for kind, (state, reason) in conditions.items()
        ]
    }
    return made | ({"version": version} if version else {})


READY = ("True", "Serving")
FINE = ("False", "AsExpected")
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[bool, str]]]] = {
    "first look": ({}, status(Ready=("False", "StartingDatabase"), Degraded=FINE), []),
    "comes up": (
        status(Ready=("False", "RollingOut")),
        status("1", Ready=READY),
        [(False, "Ready")],
    ),
    "stays up": (status(Ready=READY), status(Ready=READY), []),
    "goes down": (status(Ready=READY), status(Ready=("False", "NotServing")), [(True, "NotReady")]),
    "is suspended": (
        status(Ready=READY),
        status(Ready=("False", "Suspended")),
        [(False, "Suspended")],
    ),
    "breaks": (
        status(Ready=READY, Degraded=FINE),
        status(Ready=READY, Degraded=("True", "MigrationFailed")),
        [(True, "MigrationFailed")],
    ),
    "stays broken": (
        status(Degraded=("True", "PodsFailing")),
        status(Degraded=("True", "PodsFailing")),
        [],
    ),
    "breaks otherwise": (
        status(Degraded=("True", "PodsFailing")),
        status(Degraded=("True", "SecretMissing")),
        [(True, "SecretMissing")],
    ),
    "is scaled by others": (
        status(ScalingLimited=("True", "BoundsReached")),
        status(ScalingLimited=("True", "ScaledByOthers")),
        [(True, "ScaledByOthers")],
    ),
    "stays scaled by others": (
        status(ScalingLimited=("True", "ScaledByOthers")),
        status(ScalingLimited=("True", "ScaledByOthers")),
        [],
    ),
    "goes into maintenance": (
        status(Ready=READY, Maintenance=FINE),
        status(Ready=("False", "Maintenance"), Maintenance=("True", "Draining")),
        [(False, "MaintenanceBegan")],
    ),
    "goes on in maintenance": (
        status(Ready=READY, Maintenance=("True", "Preparing")),
        status(Ready=("False", "Maintenance"), Maintenance=("True", "Draining")),
        [],
    ),
    "comes back from maintenance": (
        status("1", Ready=("False", "Maintenance"), Maintenance=("True", "Returning")),
        status("2", Ready=READY, Maintenance=FINE),
        [(False, "Ready"), (False, "MaintenanceEnded"), (False, "Upgraded")],
    ),
    "is upgraded": (status("1", Ready=READY), status("2", Ready=READY), [(False, "Upgraded")]),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES.keys())
def test_events(before: Any, after: Any, expected: list[tuple[bool, str]]) -> None:
    assert [(event.warning, event.reason) for event in events(before, after)] == expected


def test_an_event_points_at_its_dashboard() -> None:
    dashboard = {
        "apiVersion": "analytics.shopx.io/v1beta1",
        "kind": "AnalyticsDashboard",
        "metadata": {"name": "sales", "namespace": "shop", "uid": "u"},
    }
    (event,) = events({}, status(Ready=READY))
    made = event_object(event, dashboard, "2026-11-23T10:00:00Z", "operator-1")
    assert made["involvedObject"]["uid"] == "u"
    assert made["metadata"]["namespace"] == "shop"
    assert (made["type"], made["reason"]) == ("Normal", "Ready")


ENVIRONMENT = {
    "SHOPX_OPERATOR_NAMESPACE": "shopx-system",
    "SHOPX_OPERATOR_VERSION": "1.0.0",
    "SHOPX_OPERATOR_APP_IMAGE": "r/shopx",
    "SHOPX_OPERATOR_POSTGRES_IMAGE": "r/pg:18",
    "SHOPX_OPERATOR_REDIS_IMAGE": "r/v:9",
}


def test_options() -> None:
    read = Options.from_env(ENVIRONMENT | {"SHOPX_OPERATOR_WATCH": "a, b,", "OTHER": "x"})
    assert read.watch == ("a", "b")
    assert read.release.app == "r/shopx"
    assert Options.from_env(ENVIRONMENT).watch == ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SHOPX_OPERATOR_VERSION": ""}, "SHOPX_OPERATOR_VERSION"),
        ({"SHOPX_OPERATOR_WORKERS": "0"}, "SHOPX_OPERATOR_WORKERS"),
        ({"SHOPX_OPERATOR_WTACH": "a"}, "SHOPX_OPERATOR_WTACH"),
    ],
)
def test_a_mistake_in_the_options_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidConfiguration, match=named):
        Options.from_env(ENVIRONMENT | change)
