"""`kubectl adash backup | restore`."""

import datetime as dt
from typing import Any

from shopx_core.errors import Conflict, InvalidConfiguration
from shopx_kubectl.cluster import Cluster

Object = dict[str, Any]


def backup(cluster: Cluster, name: str, now: dt.datetime, *, check: bool) -> str:
    """Start a Job as the CronJob would; returns the Job's name.

    Args:
        cluster: The cluster of the dashboard.
        name: The dashboard.
        now: The present, aware.
        check: Restore and verify the newest backup, instead of taking one.

    Raises:
        InvalidConfiguration: The dashboard has no `spec.backup`.
        NotFound: There is no such dashboard, or its CronJob is not there yet.
    """
    (body,) = cluster.dashboards(name)
    if "backup" not in body["spec"]:
        raise InvalidConfiguration(
            f"{name} has no spec.backup.", hint="docs/operations.md has one to start from."
        )
    component = "backup-check" if check else "backup"
    cronjob = cluster.cronjob(name, component)
    job = f"{name}-{component}-{now:%Y%m%d%H%M%S}"
    cluster.create_job(job, cronjob)
    return job


def recovery(body: Object, *, source: str | None, target: str | None, now: dt.datetime) -> Object:
    """The merge patch by which an empty volume is restored, and every pod begins anew.

    Args:
        body: The dashboard.
        source: The dashboard whose backups are read; `None` = its own.
        target: The moment, in ISO 8601 with a zone; `None` = the newest state.
        now: The present, aware.

    Raises:
        InvalidConfiguration: The moment is none, or lies ahead; there is no `spec.backup`.
    """
    name = body["metadata"]["name"]
    if "backup" not in body["spec"]:
        raise InvalidConfiguration(
            f"{name} has no spec.backup, whose destination a restore reads.",
            hint="docs/operations.md has one to start from.",
        )
    if target is not None:
        try:
            moment = dt.datetime.fromisoformat(target)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise InvalidConfiguration(
                f"{target!r} is no moment.", hint="Write it as 2026-01-31T13:45:00Z."
            )
        if moment > now:
            raise InvalidConfiguration(f"{target} lies ahead.")
        target = moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    # Null removes what an earlier restore left there.
    wanted = {"from": source, "targetTime": target}
    restarted = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "spec": {
            "restartedAt": restarted,
            "database": {"bundled": {"recovery": wanted}},
        }
    }


def restore(
    cluster: Cluster,
    name: str,
    *,
    source: str | None,
    target: str | None,
    discard: bool,
    now: dt.datetime,
) -> str:
    """Ask for a restore; returns what follows, for people.

    Args:
        cluster: The cluster of the dashboard.
        name: The dashboard.
        source: The dashboard whose backups are read; `None` = its own.
        target: The moment; `None` = the newest state.
        discard: Delete the database's volume first.
        now: The present, aware.

    Raises:
        Conflict: The volume has been migrated, so that it may hold data, and `discard` is false.
        InvalidConfiguration: The request cannot be carried out.
    """
    (body,) = cluster.dashboards(name)
    patch = recovery(body, source=source, target=target, now=now)
    migrated = next(
        (
            one["status"] == "True"
            for one in body.get("status", {}).get("conditions", ())
            if one["type"] == "Migrated"
        ),
        False,
    )
    if migrated and not discard:
        raise Conflict(
            f"The volume of {name} holds data, over which nothing is restored.",
            hint="Restore into another dashboard with --from, or give up this one's data with"
            " --discard-volume.",
        )
    cluster.patch(name, patch)
    if discard:
        cluster.delete_volume(name)
    return f"{name} is restored; `kubectl wait --for=condition=Ready adash/{name}` tells the end."
