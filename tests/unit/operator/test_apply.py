"""What happens when what somebody else added does not go together with what is ours."""

from typing import Any

import pytest

from shopx_operator.manifests.render import Stage
from shopx_operator.planning.observed_state import JobResult, JobState
from shopx_operator.planning.plan import ReconcilePlan
from shopx_operator.planning.upgrade import MigrationState, UpgradeState
from shopx_operator.reconcile.apply import apply_plan
from shopx_operator.runtime.client import INVALID, NOT_FOUND, ApiClient, ApiError
from shopx_operator.runtime.informer import Informer
from tests.support.rendering import children


class _Server(ApiClient):
    """Refuses to apply a Service while somebody else's port is in it."""

    def __init__(self, *, exists: bool = True) -> None:
        self.foreign = exists
        self.exists = exists
        self.told: list[str] = []

    async def get(self, *_: Any) -> None:
        """Nobody's."""

    async def apply(self, kind: Any, desired: Any, **_: Any) -> Any:
        """Server-side apply, which leaves the port of somebody else where it is."""
        del kind
        self.told.append("apply")
        if self.foreign or not self.exists:
            raise ApiError(INVALID, "Duplicate value: http")
        return desired

    async def merge(self, kind: Any, desired: Any) -> Any:
        """A merge, which replaces lists whole."""
        del kind
        self.told.append("merge")
        if not self.exists:
            raise ApiError(NOT_FOUND, "not found")
        self.foreign = False
        return desired


@pytest.mark.parametrize(
    ("exists", "told", "errors"),
    [
        pytest.param(True, ["apply", "merge", "apply"], [], id="its list is laid over whole"),
        pytest.param(
            False,
            ["apply", "merge"],
            ["Service sales-api was refused: Duplicate value: http"],
            id="one that is not there is told as it was refused",
        ),
    ],
)
async def test_insisting(exists: bool, told: list[str], errors: list[str]) -> None:
    plan = ReconcilePlan(
        apply=(children()["Service", "sales-api"],),
        patches=(),
        scale=(),
        retry=(),
        prune=(),
        upgrade=UpgradeState(MigrationState.DONE, "sales-migrate", JobResult(JobState.SUCCEEDED)),
        database_ready=True,
        last_open_stage=max(Stage),
    )
    server = _Server(exists=exists)
    outcome = await apply_plan(server, Informer(), ("shop", "sales"), "uid-1", plan)
    assert server.told == told
    assert [error.message for error in outcome.errors] == errors
