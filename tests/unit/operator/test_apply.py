"""How an object is applied that conflicts with what others added to it."""

from typing import Any

import pytest

from shopx_operator.manifests.render import Stage
from shopx_operator.planning.plan import ReconcilePlan
from shopx_operator.planning.upgrade import MigrationState, UpgradeState
from shopx_operator.planning.workload_status import JobResult, JobState
from shopx_operator.reconcile.apply import apply_plan
from shopx_operator.runtime.client import INVALID, NOT_FOUND, ApiClient, ApiError
from shopx_operator.runtime.informer import Informer
from tests.support.rendering import children


class _Server(ApiClient):
    """Refuses to apply a Service while a foreign port is in it."""

    def __init__(self, *, exists: bool = True) -> None:
        self.foreign = exists
        self.exists = exists
        self.requests: list[str] = []

    async def get(self, *_: Any) -> None:
        """The object does not exist."""

    async def apply(self, kind: Any, desired: Any, **_: Any) -> Any:
        """Server-side apply, which keeps the foreign port."""
        del kind
        self.requests.append("apply")
        if self.foreign or not self.exists:
            raise ApiError(INVALID, "Duplicate value: http")
        return desired

    async def merge(self, kind: Any, desired: Any) -> Any:
        """A merge, which replaces lists whole."""
        del kind
        self.requests.append("merge")
        if not self.exists:
            raise ApiError(NOT_FOUND, "not found")
        self.foreign = False
        return desired


def _plan(**changes: Any) -> ReconcilePlan:
    nothing: dict[str, Any] = dict.fromkeys(
        ("apply", "patches", "scale", "retry", "replace", "withdraw", "prune"), ()
    )
    nothing |= {"discard": None, "waits": (), "refused": ()}
    return ReconcilePlan(
        **(nothing | changes),
        upgrade=UpgradeState(MigrationState.DONE, "sales-migrate", JobResult(JobState.SUCCEEDED)),
        database_ready=True,
        last_open_stage=max(Stage),
    )


@pytest.mark.parametrize(
    ("exists", "requests", "errors"),
    [
        pytest.param(True, ["apply", "merge", "apply"], [], id="a merge replaces the list"),
        pytest.param(
            False,
            ["apply", "merge"],
            ["Service sales-api was refused: Duplicate value: http"],
            id="the first refusal is reported if the object does not exist",
        ),
    ],
)
async def test_an_invalid_object_is_merged_and_applied_again(
    exists: bool, requests: list[str], errors: list[str]
) -> None:
    plan = _plan(apply=(children()["Service", "sales-api"],))
    server = _Server(exists=exists)
    outcome = await apply_plan(server, Informer(), ("shop", "sales"), "uid-1", plan)
    assert server.requests == requests
    assert [error.message for error in outcome.errors] == errors


class _Deleting(_Server):
    """Deletes what it is asked to, but for names that it refuses; applies nothing."""

    def __init__(self, *refused: str) -> None:
        super().__init__(exists=False)
        self.refused = refused
        self.deleted: list[str] = []

    async def delete(self, kind: Any, namespace: str, name: str, seen: Any = None) -> None:
        """Delete an object."""
        del kind, namespace, seen
        self.requests.append("delete")
        if name in self.refused:
            raise ApiError(403, "forbidden by a webhook")
        self.deleted.append(name)


async def test_a_route_is_withdrawn_before_anything_is_applied_and_whatever_is_refused() -> None:
    plan = _plan(
        apply=(children()["Service", "sales-api"],),
        withdraw=(("Ingress", "sales"),),
        prune=(("ConfigMap", "sales-old"),),
    )
    server = _Deleting()
    outcome = await apply_plan(server, Informer(), ("shop", "sales"), "uid-1", plan)
    assert server.requests[0] == "delete"
    assert server.deleted == ["sales"]
    assert [error.reason for error in outcome.errors] == ["ApplyFailed"]


async def test_a_refused_deletion_is_told_and_stops_no_other() -> None:
    plan = _plan(retry=(("Job", "sales-migrate"),), replace=(("Pod", "sales-database-0"),))
    server = _Deleting("sales-migrate")
    outcome = await apply_plan(server, Informer(), ("shop", "sales"), "uid-1", plan)
    assert server.deleted == ["sales-database-0"]
    assert [error.message for error in outcome.errors] == [
        "Job sales-migrate could not be deleted: forbidden by a webhook"
    ]


class _Seen(_Server):
    """Notes the version of what is deleted; answers with a status."""

    def __init__(self, status: int | None) -> None:
        super().__init__()
        self.status = status
        self.seen: Any = None

    async def delete(self, kind: Any, namespace: str, name: str, seen: Any = None) -> None:
        """Delete an object as it was seen."""
        del kind, namespace, name
        self.seen = seen
        if self.status is not None:
            raise ApiError(self.status, "no")


@pytest.mark.parametrize(("status", "errors"), [(None, 0), (409, 0), (403, 1)])
async def test_a_claim_is_deleted_only_as_it_was_seen(status: int | None, errors: int) -> None:
    """It may have got a volume meanwhile: then the API server refuses, and nothing is lost."""
    claim = children()["PersistentVolumeClaim", "sales-database"]
    claim["metadata"] |= {"uid": "u", "resourceVersion": "7"}
    server = _Seen(status)
    outcome = await apply_plan(server, Informer(), ("shop", "sales"), "uid-1", _plan(discard=claim))
    assert server.seen == {"uid": "u", "resourceVersion": "7"}
    assert len(outcome.errors) == errors
