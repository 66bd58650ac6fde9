"""Backups on a cluster: what is rendered, and what the status knows of them."""

from typing import Any

import pytest

from shopx_operator.manifests import names
from shopx_operator.planning.preflight import preflight
from shopx_operator.status.fold import FoldState
from tests.support.alerts import alerts_of
from tests.support.cluster import Cluster
from tests.support.rendering import Children, children, context, environment

S3 = {
    "url": "s3://backups/shops/",
    "endpoint": "http://s3.store:7070",
    "secretName": "s3",
    "encryption": "AES256",
    "caSecretRef": {"name": "authority"},
}
KEYS = {"s3": {"access-key-id": "a", "secret-access-key": "b"}, "authority": {"ca.crt": "c"}}
BUCKET: dict[str, Any] = {"backup": {"destination": {"s3": S3}}}
VOLUME: dict[str, Any] = {"backup": {"destination": {"pvc": {"size": "20Gi", "className": "hdd"}}}}
ARCHIVED = FoldState(answered=True, behind=False, archive_lag=0.0)


def restoring(spec: dict[str, Any], **recovery: str) -> dict[str, Any]:
    return spec | {"database": {"bundled": {"recovery": recovery}}}


def server(made: Children) -> dict[str, Any]:
    pod: dict[str, Any] = made.pod("StatefulSet", "sales-database")["spec"]
    return pod


def test_without_backups_nothing_of_them_is_there() -> None:
    made = children({})
    assert not [one for one in made.objects if "backup" in one["metadata"]["name"]]
    assert not [word for word in server(made)["containers"][0]["args"] if "archive" in word]
    assert "ShopXBackupTooOld" not in alerts_of(made)


def test_the_server_archives_to_a_place_of_the_dashboard_s_own() -> None:
    made = children(BUCKET, given=KEYS)
    assert "-carchive_mode=on" in server(made)["containers"][0]["args"]
    env = environment(made.pod("StatefulSet", "sales-database"))
    assert env["SHOPX_BACKUP_URL"] == "s3://backups/shops/shop/sales"
    assert env["SHOPX_BACKUP_ENCRYPTION"] == "AES256"
    assert not any("SECRET" in name or name == "PASSWORD" for name in env)
    # It serves on when the credentials are gone.
    secrets = [one["secret"] for one in server(made)["volumes"] if "secret" in one]
    assert {one["secretName"] for one in secrets} >= {"s3", "authority", "sales-backup"}
    assert all(one["optional"] for one in secrets)


def test_the_job_of_backups_may_only_replicate() -> None:
    made = children(BUCKET, given=KEYS)
    pod = made.pod("CronJob", "sales-backup")
    env = environment(pod)
    assert env["PGUSER"] == "shopx_backup"
    assert env["PGPASSWORD"] == {"secretKeyRef": {"name": "sales-backup", "key": "password"}}
    assert "SHOPX_DATABASE_DSN" not in env
    assert pod["spec"]["serviceAccountName"] == "sales-backup"
    assert not [one for one in pod["spec"]["volumes"] if "persistentVolumeClaim" in one]
    (policy,) = [
        one for one in made.kind("NetworkPolicy") if one["metadata"]["name"] == "sales-backup"
    ]
    assert policy["spec"]["egress"] == [{"ports": [{"protocol": "TCP", "port": 7070}]}]


def test_a_copy_is_verified_in_a_pod_that_reaches_no_live_database() -> None:
    made = children(BUCKET, given=KEYS)
    pod = made.pod("CronJob", "sales-backup-check")["spec"]
    restore, copy = pod["initContainers"]
    assert "--check" in restore["command"]
    assert copy["restartPolicy"] == "Always"
    assert "-carchive_mode=off" in copy["args"]
    env = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
    assert env["SHOPX_DATABASE_DSN"] == "postgresql://shopx@127.0.0.1:5432/shopx"
    (scratch,) = [one["ephemeral"] for one in pod["volumes"] if "ephemeral" in one]
    assert scratch["volumeClaimTemplate"]["spec"]["resources"]["requests"]["storage"] == "10Gi"


def test_a_volume_of_backups_outlives_the_dashboard_and_is_on_the_database_s_node() -> None:
    made = children(VOLUME)
    claim = made["PersistentVolumeClaim", "sales-backup"]
    assert "ownerReferences" not in claim["metadata"]
    assert claim["metadata"]["labels"][names.LABEL_DATA] == "true"
    assert claim["spec"]["storageClassName"] == "hdd"
    for name in ("sales-backup", "sales-backup-check"):
        pod = made.pod("CronJob", name)["spec"]
        (term,) = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term["labelSelector"]["matchLabels"][names.LABEL_COMPONENT] == "database"
    # It goes nowhere by network.
    assert ("NetworkPolicy", "sales-backup") not in made


@pytest.mark.parametrize("spec", [BUCKET, VOLUME], ids=["bucket", "volume"])
def test_a_restore_runs_before_the_server_and_replaces_every_pod(spec: dict[str, Any]) -> None:
    before = children(spec, given=KEYS)
    made = children(
        restoring(spec, **{"from": "old", "targetTime": "2026-11-23T10:00:00Z"}), given=KEYS
    )
    assert "initContainers" not in server(before)
    (restore,) = server(made)["initContainers"]
    assert restore["command"][-2:] == ["--to", "2026-11-23T10:00:00Z"]
    env = {one["name"]: one["value"] for one in restore["env"]}
    assert env["SHOPX_BACKUP_SOURCE_URL"] in (
        "s3://backups/shops/shop/old",
        "file:///backup-source",
    )
    claims = [
        one["persistentVolumeClaim"]["claimName"]
        for one in server(made)["volumes"]
        if "persistentVolumeClaim" in one
    ]
    assert claims == (
        ["sales-database"] if spec is BUCKET else ["sales-database", "sales-backup", "old-backup"]
    )
    # Caches and replicas of another state go, and the migration looks at the database again.
    for kind, name in (("Deployment", "sales-api"), ("Deployment", "sales-redis")):
        assert names.ANNOTATION_RECOVERY in made.pod(kind, name)["metadata"]["annotations"]
    jobs = [{one["metadata"]["name"] for one in each.kind("Job")} for each in (before, made)]
    assert not jobs[0] & jobs[1]


def test_missing_keys_are_told_and_hold_nothing_up() -> None:
    found = preflight(context(BUCKET, given={}))
    assert {one.reason for one in found} == {"SecretMissing"}
    assert not any(one.blocks for one in found)
    assert not preflight(context(BUCKET, given=KEYS))


def first(cluster: Cluster, component: str) -> str:
    """The Job of a component that a new database begins with."""
    (name,) = [
        name for kind, name in cluster.objects if kind == "Job" and f"-{component}-first-" in name
    ]
    return name


def running() -> Cluster:
    cluster = Cluster(fold=ARCHIVED)
    cluster.running(BUCKET, given=KEYS)
    return cluster


def reconcile(cluster: Cluster) -> None:
    cluster.reconcile(BUCKET, given=KEYS)


def test_the_status_says_what_is_known_and_no_more() -> None:
    cluster = running()
    assert cluster.condition("BackupReady") == ("Unknown", "NotYet")
    assert cluster.condition("Ready")[0] == "True"

    cluster.ends(first(cluster, "backup"), "Complete", component="backup")
    cluster.pass_(seconds=60)
    reconcile(cluster)
    assert cluster.condition("BackupReady") == ("Unknown", "NotVerified")
    done = cluster.status["backup"]["lastBackupTime"]
    reconcile(cluster)
    cluster.ends(first(cluster, "backup-check"), "Complete", component="backup-check")
    reconcile(cluster)
    assert cluster.condition("BackupReady") == ("True", "Succeeded")

    # The Jobs go, and what they did is remembered.
    for name in (first(cluster, "backup"), first(cluster, "backup-check")):
        del cluster.objects["Job", name]
    reconcile(cluster)
    assert cluster.status["backup"]["lastBackupTime"] == done
    cluster.pass_(hours=27)
    reconcile(cluster)
    assert cluster.condition("BackupReady") == ("False", "TooOld")
    assert cluster.condition("Degraded") == ("True", "TooOld")
    assert done in cluster.message("BackupReady")


def test_another_destination_has_no_backups_yet() -> None:
    cluster = running()
    cluster.ends(first(cluster, "backup"), "Complete", component="backup")
    reconcile(cluster)
    moved = {"backup": {"destination": {"s3": S3 | {"url": "s3://elsewhere"}}}}
    cluster.reconcile(moved, given=KEYS)
    assert cluster.status["backup"] == {
        "destination": "s3://elsewhere/shop/sales at http://s3.store:7070"
    }


def test_a_backup_that_failed_is_told_with_its_reason() -> None:
    cluster = running()
    said = "error: s3://backups failed: Access Denied."
    cluster.ends(first(cluster, "backup"), "Failed", said, component="backup")
    cluster.pods[-1]["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] = 1
    reconcile(cluster)
    assert cluster.condition("BackupReady") == ("False", "BackupFailed")
    assert "Access Denied" in cluster.message("Degraded")
    assert cluster.condition("Ready") == ("False", "BackupFailed")


@pytest.mark.parametrize(
    ("fold", "expected"),
    [
        (ARCHIVED, ("True", "Succeeded")),
        (FoldState(answered=True, behind=False, archive_lag=901), ("False", "ArchiveBehind")),
        (FoldState(answered=True, behind=False), ("Unknown", "ArchiveNotMeasured")),
    ],
)
def test_the_archive_of_the_log_counts(fold: FoldState, expected: tuple[str, str]) -> None:
    cluster = running()
    cluster.ends(first(cluster, "backup"), "Complete", component="backup")
    reconcile(cluster)
    reconcile(cluster)
    cluster.ends(first(cluster, "backup-check"), "Complete", component="backup-check")
    cluster.fold = fold
    reconcile(cluster)
    assert cluster.condition("BackupReady") == expected


def test_no_backups_is_said() -> None:
    cluster = Cluster()
    cluster.running()
    assert cluster.condition("BackupReady") == ("False", "Disabled")
    assert "backup" not in cluster.status
    assert cluster.condition("Ready")[0] == "True"
