"""Backups: the volume, the CronJobs, and the Jobs that a new database begins with.

The log is archived by the database's own pod. A base backup is read by a Job through PostgreSQL's
replication protocol, with a role that can do nothing else. Another Job restores the newest backup
into a scratch volume, serves it inside its pod and runs `shopx verify` on it (ADR 54).
"""

import hashlib
import json
from typing import Any, Final

from shopx_core.containers import postgres_files
from shopx_core.containers.servers import (
    BACKUP_PYTHON,
    DATABASE,
    POSTGRES_PORT,
    postgres_arguments,
)
from shopx_core.containers.variables import DATABASE_DSN
from shopx_core.resource.presets import SIZES
from shopx_core.resource.v1beta1.backup import Backup
from shopx_core.resource.v1beta1.pods import ComputeResources
from shopx_core.resource.v1beta1.storage import BundledDatabase
from shopx_operator.manifests import archive, components, config, database, images, names
from shopx_operator.manifests.components import Component
from shopx_operator.manifests.context import PASSWORD_KEY, Context, Object
from shopx_operator.manifests.pods import (
    OPENSHIFT,
    SERVER_USER,
    TMP,
    Pod,
    app_container,
    container,
    resources,
    template,
)

BACKUP: Final = components.BACKUP
CHECK: Final = components.BACKUP_CHECK
_SCRATCH: Final = "/scratch"
_LONGEST_SECONDS: Final = 12 * 3600
_TOOL: Final = [BACKUP_PYTHON, "-m", "shopx_backup"]
_REQUESTS: Final = {"cpu": "100m", "memory": "128Mi"}
_LIMITS: Final = {"cpu": "2", "memory": "512Mi"}
_TRIES: Final = 4


def cronjob_name(context: Context, component: Component) -> str:
    """The name of a component's CronJob."""
    return context.child(component.name, names.LONGEST_CRONJOB)


def volume(context: Context, backup: Backup) -> list[Object]:
    """The claim of the destination, if that is a volume; it outlives the dashboard."""
    wanted = backup.destination.pvc
    if wanted is None:
        return []
    made = context.object(
        "v1",
        "PersistentVolumeClaim",
        archive.PART,
        BACKUP.name,
        labels={names.LABEL_DATA: "true"},
        owned=context.spec.deletion_policy == "Delete",
    )
    made["spec"] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": wanted.size}},
    }
    class_name = wanted.class_name or context.facts.platform.storage_class_name
    if class_name:
        made["spec"]["storageClassName"] = class_name
    return [made]


def objects(context: Context) -> list[Object]:
    """CronJobs and first Jobs."""
    backup, bundled = context.spec.backup, context.spec.database.bundled
    if backup is None or bundled is None:
        return []
    taking, checking = _backup_pods(context, backup), _check_pods(context, backup, bundled)
    made = [
        _cronjob(context, backup, BACKUP, backup.schedule, taking),
        _cronjob(context, backup, CHECK, backup.check_schedule, checking),
        # A new database has no backup until then, and its log alone restores nothing.
        _first(context, backup, BACKUP, taking),
    ]
    if context.facts.last_backup:
        made.append(_first(context, backup, CHECK, checking))
    return made


def _job_spec(pods: Object) -> Object:
    return {
        "backoffLimit": _TRIES,
        "activeDeadlineSeconds": _LONGEST_SECONDS,
        "template": pods,
    }


def _cronjob(
    context: Context, backup: Backup, component: Component, schedule: str, pods: Object
) -> Object:
    name = cronjob_name(context, component)
    made = context.object("batch/v1", "CronJob", component.name, component.name, name=name)
    own = names.labels(context.name, component.name) | _where(context, backup)
    labels = context.labels | own
    made["spec"] = {
        "schedule": schedule,
        "timeZone": context.spec.reporting.timezone,
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 1,
        "suspend": context.spec.suspend,
        "jobTemplate": {"metadata": {"labels": labels}, "spec": _job_spec(pods)},
    }
    return made


def _where(context: Context, backup: Backup) -> dict[str, str]:
    return {names.LABEL_DESTINATION: archive.digest(context, backup)}


def _first(context: Context, backup: Backup, component: Component, pods: Object) -> Object:
    """The Job of a database that begins: a new volume, destination or recovery is another one."""
    bundled = context.spec.database.bundled
    recovery = bundled.recovery.model_dump(mode="json") if bundled and bundled.recovery else None
    facts = [context.facts.volume, archive.described(context, backup), recovery]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:10]
    made = context.object(
        "batch/v1",
        "Job",
        component.name,
        component.name,
        name=context.child(f"{component.name}-first-{digest}"),
        labels=_where(context, backup),
    )
    made["spec"] = _job_spec(pods)
    return made


def _beside_database(context: Context, backup: Backup) -> dict[str, Any]:
    """The affinity of pods that mount the volume of backups, which the database's node has."""
    if backup.destination.pvc is None:
        return {}
    labels = {"matchLabels": names.selector(context.name, database.COMPONENT)}
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": labels}
    return {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def _tool(context: Context, backup: Backup, name: str, words: list[str], **more: Any) -> Object:
    """A container with the backup program."""
    env = [*archive.environment(context, backup), {"name": "TZ", "value": "UTC"}]
    mounted = [*archive.mounts(context, backup), *more.pop("volumeMounts", [])]
    return container(
        name,
        images.postgres(context),
        words,
        {"requests": _REQUESTS, "limits": _LIMITS},
        imagePullPolicy=context.spec.images.pull_policy,
        env=[*env, *more.pop("env", [])],
        volumeMounts=mounted,
        **more,
    )


def _backup_pods(context: Context, backup: Backup) -> Object:
    secret = {"name": context.child(archive.PART), "key": PASSWORD_KEY}
    connection = [
        {"name": "PGHOST", "value": f"{context.child(database.COMPONENT)}.{context.namespace}.svc"},
        {"name": "PGPORT", "value": str(POSTGRES_PORT)},
        {"name": "PGUSER", "value": postgres_files.BACKUP_ROLE},
        {"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": secret}},
    ]
    # Its line of JSON is the pod's last message; where it fails, the log's end is.
    command = " ".join([*_TOOL, "backup", "--keep", backup.retention])
    words = ["/bin/sh", "-c", f"{command} > /dev/termination-log"]
    taking = _tool(context, backup, BACKUP.name, words, env=connection)
    pods = template(
        context,
        Pod(
            component=BACKUP.name,
            account=BACKUP.account,
            containers=[taking],
            user=SERVER_USER,
            volumes=archive.volumes(context, backup),
            overrides=context.spec.jobs.pod_template,
            restart_policy="Never",
        ),
    )
    pods["spec"] |= _beside_database(context, backup)
    return pods


def _check_pods(context: Context, backup: Backup, bundled: BundledDatabase) -> Object:
    scratch = {"name": "scratch", "mountPath": _SCRATCH}
    # OpenShift gives all containers of a pod the same user.
    as_server = {} if context.knows(*OPENSHIFT) else {"runAsUser": SERVER_USER}
    data = f"{_SCRATCH}/pgdata"
    restore = _tool(
        context,
        backup,
        "restore",
        [*_TOOL, "restore", "--check", "--data", data],
        volumeMounts=[scratch],
    )
    settings = [
        *postgres_arguments(context.spec, bundled),
        *(
            f"-c{name}={value}"
            for name, value in {
                "listen_addresses": "127.0.0.1",
                "unix_socket_directories": TMP,
                "hba_file": f"{TMP}/pg_hba.conf",
                "shared_buffers": "128MB",
                "archive_mode": "off",
            }.items()
        ),
    ]
    trust = f"echo 'host {DATABASE} {postgres_files.ROLE} 127.0.0.1/32 trust' > {TMP}/pg_hba.conf"
    server = container(
        "copy",
        images.postgres(context),
        ["/bin/sh", "-c", f'{trust} && exec postgres -D {data} "$@"', "copy"],
        {"requests": _REQUESTS, "limits": _limits(context, bundled)},
        imagePullPolicy=context.spec.images.pull_policy,
        args=settings,
        # It runs beside the verification, and ends with it.
        restartPolicy="Always",
        startupProbe={
            "exec": {"command": ["pg_isready", "--quiet", "--host", "127.0.0.1"]},
            "periodSeconds": 2,
            "failureThreshold": 300,
        },
        volumeMounts=[scratch],
    )
    for one in (restore, server):
        one["securityContext"] |= as_server
    dsn = f"postgresql://{postgres_files.ROLE}@127.0.0.1:{POSTGRES_PORT}/{DATABASE}"
    env = config.environment(context, "job", with_database=False, with_redis=False)
    verify = app_container(
        context,
        CHECK.name,
        ["shopx", "verify"],
        resources(ComputeResources(), SIZES[context.spec.size].fold),
        env=[*env, {"name": DATABASE_DSN, "value": dsn}],
    )
    claim: Object = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": bundled.storage.size}},
    }
    class_name = bundled.storage.class_name or context.facts.platform.storage_class_name
    if class_name:
        claim["storageClassName"] = class_name
    pods = template(
        context,
        Pod(
            component=CHECK.name,
            account=CHECK.account,
            init_containers=[restore, server],
            containers=[verify],
            volumes=[
                *archive.volumes(context, backup),
                # It goes with the pod.
                {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}},
            ],
            overrides=context.spec.jobs.pod_template,
            restart_policy="Never",
        ),
    )
    pods["spec"] |= _beside_database(context, backup)
    return pods


def _limits(context: Context, bundled: BundledDatabase) -> Object:
    limits: Object = resources(bundled.resources, SIZES[context.spec.size].database)["limits"]
    return limits
