"""What a pod's status says about why it does not run."""

from typing import Any

import pytest

from shopx_operator.planning.pod_failures import trouble

FAILED = {"terminated": {"exitCode": 1, "message": "error: the disk is full\n"}}
LOOP = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}
RUNNING: dict[str, Any] = {"running": {}}
KILLED = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}


@pytest.mark.parametrize(
    ("container", "restarts", "said"),
    [
        pytest.param({"state": RUNNING, "ready": True}, "Always", "", id="serves"),
        pytest.param({"state": RUNNING, "ready": False}, "Always", "", id="starts"),
        pytest.param(
            {"state": LOOP, "lastState": FAILED},
            "Always",
            "CrashLoopBackOff: error: the disk is full",
            id="waits for the next attempt",
        ),
        pytest.param(
            {"state": RUNNING, "ready": False, "lastState": FAILED},
            "Always",
            "Restarted: error: the disk is full",
            id="tries again, so that the status does not flap",
        ),
        pytest.param(
            {"state": FAILED, "ready": False},
            "Always",
            "Restarted: error: the disk is full",
            id="has just failed",
        ),
        pytest.param(
            {"state": RUNNING, "ready": True, "lastState": FAILED}, "Always", "", id="recovered"
        ),
        pytest.param(
            {"state": FAILED, "ready": False}, "Never", "", id="a Job's, which reports it itself"
        ),
        pytest.param(
            {"state": LOOP, "lastState": KILLED},
            "Always",
            "CrashLoopBackOff: killed for using more memory than its limit",
            id="killed for its memory",
        ),
    ],
)
def test_trouble(container: dict[str, Any], restarts: str, said: str) -> None:
    pod = {
        "metadata": {"name": "sales-api-1"},
        "spec": {"restartPolicy": restarts},
        "status": {"containerStatuses": [container]},
    }
    assert trouble(pod) == said
