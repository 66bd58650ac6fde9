"""`kubectl adash backup | restore`: what they ask of the cluster, and what they refuse."""

import datetime as dt
from typing import Any

import pytest

from shopx_core.errors import Conflict, InvalidConfiguration
from shopx_kubectl import backups
from shopx_kubectl.cluster import Cluster

NOW = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


class Fake(Cluster):
    """Notes what is changed."""

    body: dict[str, Any]
    done: list[Any]

    def __init__(self, spec: dict[str, Any], migrated: str = "False") -> None:
        super().__init__()
        status = {"conditions": [{"type": "Migrated", "status": migrated}]}
        body = {"metadata": {"name": "sales"}, "spec": spec, "status": status}
        object.__setattr__(self, "body", body)
        object.__setattr__(self, "done", [])

    def dashboards(self, name: str | None) -> list[dict[str, Any]]:
        return [self.body | {"asked": name}]

    def cronjob(self, name: str, component: str) -> str:
        return f"{name}-{component}"

    def create_job(self, job: str, cronjob: str) -> None:
        self.done.append((job, cronjob))

    def patch(self, name: str, patch: dict[str, Any]) -> None:
        self.done.append(patch | {"name": name})

    def delete_volume(self, name: str) -> None:
        self.done.append(name)


BACKED_UP: dict[str, Any] = {"backup": {}}


@pytest.mark.parametrize(("check", "component"), [(False, "backup"), (True, "backup-check")])
def test_a_backup_is_a_run_of_its_cronjob(*, check: bool, component: str) -> None:
    cluster = Fake(BACKED_UP)
    job = backups.backup(cluster, "sales", NOW, check=check)
    assert cluster.done == [(job, f"sales-{component}")]
    with pytest.raises(InvalidConfiguration, match=r"has no spec\.backup"):
        backups.backup(Fake({}), "sales", NOW, check=check)


def restore(cluster: Fake, *, discard: bool = False, target: str | None = None) -> None:
    backups.restore(cluster, "sales", source=None, target=target, discard=discard, now=NOW)


def test_a_volume_with_data_is_only_given_up_on_purpose() -> None:
    cluster = Fake(BACKED_UP, migrated="True")
    with pytest.raises(Conflict, match="holds data"):
        restore(cluster)
    assert cluster.done == []
    restore(cluster, discard=True, target="2026-11-23T10:30:00+01:00")
    patch, deleted = cluster.done
    bundled = patch["spec"]["database"]["bundled"]
    assert bundled["recovery"] == {"from": None, "targetTime": "2026-11-23T09:30:00Z"}
    assert patch["spec"]["restartedAt"] == "2026-11-23T10:00:00Z"
    assert deleted == "sales"


@pytest.mark.parametrize("target", ["yesterday", "2026-11-23T09:00:00", "2026-11-23T10:00:01Z"])
def test_what_is_no_past_moment_is_refused(target: str) -> None:
    cluster = Fake(BACKED_UP)
    with pytest.raises(InvalidConfiguration, match=r"no moment|lies ahead"):
        restore(cluster, target=target)
    assert cluster.done == []


def test_an_empty_dashboard_is_restored_without_deleting_anything() -> None:
    cluster = Fake(BACKED_UP)
    restore(cluster)
    assert len(cluster.done) == 1
    with pytest.raises(InvalidConfiguration):
        restore(Fake({}))
