"""A database that lost its volume is told, and nothing begins anew by itself."""

import pytest

from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl
from tests.support.light import light

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]
NAME = "forgetful"


def test_an_empty_database_is_never_taken_for_the_lost_one(shared: Kubectl) -> None:
    shared.apply(dashboard(light(), NAME))
    shared.until_settled(NAME, seconds=240)
    address = f"{NAME}-database.{shared.namespace}.svc:5432/shopx"
    assert (shared.get("adash", NAME) or {})["status"]["databaseAddress"] == address

    shared("delete", "pvc", f"{NAME}-database", "--wait=false")
    condition = shared.until_condition(NAME, "Degraded", "True", seconds=60)
    assert condition["reason"] == "VolumeTerminating"
    shared("delete", "pod", f"{NAME}-database-0", "--wait=false")

    def told() -> bool:
        return shared.condition(NAME, "Ready").get("reason") == "DatabaseEmpty"

    shared.until("the empty database is told", told, seconds=180)
    assert shared.condition(NAME, "Migrated")["status"] == "False"
    assert "initialize" in shared.condition(NAME, "Ready")["message"]

    shared.patch("adash", NAME, {"spec": {"database": {"initialize": True}}})
    shared.until_condition(NAME, "Migrated", "True", seconds=120)
    shared.until_settled(NAME)
    shared("delete", "adash", NAME, "--wait=false")
