"""Backups to a real S3 server: the volume is destroyed, and comes back to the cent."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import s3_server
from tests.support.dashboards import dashboard
from tests.support.documented import follow
from tests.support.kubectl import Kubectl
from tests.support.light import light

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PAGE = "operations.md"
NAME = "sales"
DATABASE = f"{NAME}-database-0"
BACKUP = {
    "schedule": "0 0 1 1 *",
    "checkSchedule": "0 0 1 1 *",
    "destination": {
        "s3": {
            "url": "s3://backups/shops",
            "endpoint": f"http://s3:{s3_server.PORT}",
            "secretName": s3_server.SECRET,
        }
    },
}


@pytest.fixture(scope="module")
def sales(shared: Kubectl) -> Kubectl:
    """A dashboard with sales whose first backup is complete."""
    s3_server.load_image()
    shared.apply(*s3_server.objects(shared.namespace))
    shared("rollout", "status", "deployment/s3", "--timeout=120s")
    shared.apply(dashboard(light(backup=BACKUP), NAME))
    shared.until("the database runs", lambda: _ready(shared), seconds=240)
    s3_server.make_bucket(shared, DATABASE, "backups")
    shared.until_condition(NAME, "Migrated", "True", seconds=240)
    shared.until("a first backup is made by itself", lambda: _backed_up(shared), seconds=300)
    return shared


def _ready(kubectl: Kubectl) -> bool:
    statuses = (kubectl.get("pod", DATABASE) or {}).get("status", {}).get("containerStatuses", ())
    return any(one["ready"] for one in statuses)


def _backed_up(kubectl: Kubectl) -> str:
    found: str = _status(kubectl).get("lastBackupTime", "")
    return found


def _status(kubectl: Kubectl) -> dict[str, str]:
    found = (kubectl.get("adash", NAME) or {}).get("status", {})
    backup: dict[str, str] = found.get("backup", {})
    return backup


def _sql(kubectl: Kubectl, query: str) -> str:
    psql = ("psql", "-h", "/var/run/shopx", "-U", "postgres", "-d", "shopx", "-Atc")
    return kubectl("exec", DATABASE, "-c", "postgres", "--", *psql, query).strip()


def _revenue(kubectl: Kubectl) -> str:
    return _sql(kubectl, "select count(*), sum(gross - discount) from order_items")


def _trickle(kubectl: Kubectl, seconds: int) -> None:
    """Live orders, each a transaction."""
    words = ("timeout", str(seconds), "shopx", "trickle", "--rate", "3")
    kubectl("exec", f"deploy/{NAME}-fold", "--", "sh", "-c", f"{' '.join(words)} || true")


def test_the_volume_is_destroyed_and_restored_to_a_moment(
    sales: Kubectl,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    measured: Callable[[str], None],
) -> None:
    seed = ("shopx", "seed", "--orders", "2000", "--from", "2025-01-01", "--to", "2025-12-31")
    sales("exec", f"deploy/{NAME}-fold", "--", *seed)
    follow(sales, PAGE, "back-up-now", tmp_path)
    _trickle(sales, 15)
    right = _revenue(sales)
    time.sleep(1)
    form = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
    moment = _sql(sales, f"select to_char(now() at time zone 'utc', '{form}')")
    time.sleep(2)
    _trickle(sales, 15)
    assert _revenue(sales) != right
    segment = _sql(sales, "select pg_walfile_name(pg_switch_wal())")
    archived = "select coalesce(last_archived_wal, '') from pg_stat_archiver"
    sales.until("the log is in the bucket", lambda: _sql(sales, archived) >= segment, seconds=120)

    old = (sales.get("pvc", f"{NAME}-database") or {})["metadata"]["uid"]
    began = time.monotonic()
    monkeypatch.setenv("moment", moment)
    follow(sales, PAGE, "restore-to-a-moment", tmp_path)

    def another() -> bool:
        claim = sales.get("pvc", f"{NAME}-database") or {}
        return claim.get("metadata", {}).get("uid", old) != old and _ready(sales)

    sales.until("another volume serves", another, seconds=420)
    restored = time.monotonic() - began
    sales.until_settled(NAME, seconds=300)
    measured(
        f"volume lost: database restored to a moment after {restored / 60:.1f} min,"
        f" dashboard Ready after {(time.monotonic() - began) / 60:.1f} min"
    )
    assert _revenue(sales) == right
    sales("exec", f"deploy/{NAME}-fold", "--", "shopx", "verify")


def test_a_restored_copy_is_verified_and_told(sales: Kubectl, tmp_path: Path) -> None:
    sales.until_settled(NAME, seconds=240)
    follow(sales, PAGE, "check-a-backup", tmp_path)
    sales.until("it is told", lambda: _status(sales).get("lastVerifiedTime"), seconds=60)
    sales.until_condition(NAME, "BackupReady", "True", seconds=120)
    assert _status(sales)["lastBackupTime"] in sales("get", "adash", NAME, "-o", "json")


def test_a_bucket_that_is_away_is_told_and_loses_nothing(sales: Kubectl) -> None:
    sales("scale", "deployment/s3", "--replicas=0")
    _sql(sales, "select pg_switch_wal()")
    failing = "select coalesce(last_failed_time > last_archived_time, false) from pg_stat_archiver"
    sales.until("archiving fails", lambda: _sql(sales, failing) == "t", seconds=240)
    # The database serves on, and keeps what the archive lacks.
    assert _sql(sales, "select 1") == "1"
    sales("scale", "deployment/s3", "--replicas=1")
