"""`make e2e` and `make kind`: what they refuse, and what they never touch."""

import os
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

E2E: dict[str, Any] = runpy.run_path(str(Path(__file__).resolve().parents[2] / "hack" / "e2e.py"))


@pytest.mark.parametrize(
    ("root", "has", "told"),
    [
        (False, (), "no Docker engine answers, and only root can start one"),
        (True, (), "there is no Docker engine, and no apt-get to install one"),
    ],
)
def test_a_machine_that_cannot_run_a_cluster_is_told_why(
    monkeypatch: pytest.MonkeyPatch, root: bool, has: tuple[str, ...], told: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(shutil, "which", lambda name: name if name in has else None)
    with pytest.raises(E2E["Problem"], match="this machine cannot run a cluster") as refused:
        E2E["check_machine"]()
    assert told in str(refused.value)


def test_too_little_disk_is_told_before_anything_is_downloaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = shutil.disk_usage("/")._replace(free=3 * 1024**3)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(E2E["Problem"], match=r"3\.0 GiB of disk are free, 12 are needed"):
        E2E["check_machine"]()


def test_the_tests_have_a_cluster_and_a_kubeconfig_of_their_own() -> None:
    """Nobody's other cluster, port or current context is touched."""
    tests, trying = E2E["TESTS"], E2E["TRYING"]
    assert (tests.name, tests.context) == ("shopx-e2e", "kind-shopx-e2e")
    assert tests.name != trying.name
    assert tests.port != trying.port
    assert tests.environment["KUBECONFIG"] == str(tests.kubeconfig)
