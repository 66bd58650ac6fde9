"""`make e2e` and `make kind`: which machines they refuse, and what they leave alone."""

import os
import shutil

import pytest

from shopx_tools.kind_cluster.cluster import PLAYGROUND, TESTS, ClusterError
from shopx_tools.kind_cluster.machine import check_machine


@pytest.mark.parametrize(
    ("root", "has", "reason"),
    [
        (False, (), "no Docker engine answers, and only root can start one"),
        (True, (), "there is no Docker engine, and no apt-get to install one"),
    ],
)
def test_a_machine_that_cannot_run_a_cluster_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, root: bool, has: tuple[str, ...], reason: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(shutil, "which", lambda name: name if name in has else None)
    with pytest.raises(ClusterError, match="this machine cannot run a cluster") as refused:
        check_machine()
    assert reason in str(refused.value)


def test_too_little_disk_is_reported_before_anything_is_downloaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = shutil.disk_usage("/")._replace(free=3 * 1024**3)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(ClusterError, match=r"3\.0 GiB of disk are free, 12 are needed"):
        check_machine()


def test_the_tests_have_a_cluster_and_a_kubeconfig_of_their_own() -> None:
    """They touch no other cluster, port or current context."""
    assert (TESTS.name, TESTS.context) == ("shopx-e2e", "kind-shopx-e2e")
    assert TESTS.name != PLAYGROUND.name
    assert TESTS.port != PLAYGROUND.port
    assert TESTS.environment["KUBECONFIG"] == str(TESTS.kubeconfig)
