"""The bundled PostgreSQL: its servers, their volumes and its Service."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

from shopx_core.containers import postgres_files
from shopx_core.containers.servers import (
    BACKUP_PYTHON,
    PATRONI_PORT,
    POSTGRES_PORT,
    archive_settings,
    arguments,
    postgres_arguments,
)
from shopx_core.resource.presets import SIZES
from shopx_core.resource.v1beta1.storage import BundledDatabase
from shopx_operator.manifests import archive, components, images, names, replication
from shopx_operator.manifests.context import PASSWORD_KEY, Context, Object
from shopx_operator.manifests.pods import (
    SERVER_USER,
    Pod,
    container,
    resources,
    template,
)
from shopx_operator.manifests.secrets import ACCEPTED_KEY, PREVIOUS_KEY, USERNAME_KEY
from shopx_operator.manifests.workloads import service

COMPONENT: Final = components.DATABASE.name
CHECK: Final = components.DATABASE_CHECK.name
_SECRETS: Final = "/etc/shopx-secrets"
_BACKUP_SECRET: Final = "/etc/shopx-backup/own"  # noqa: S105 -- a folder
_SECRET_FILES: Final = {
    "SHOPX_USERNAME_FILE": USERNAME_KEY,
    "SHOPX_PASSWORD_FILE": ACCEPTED_KEY,
    "SHOPX_PREVIOUS_PASSWORD_FILE": PREVIOUS_KEY,
}


def volumes(context: Context, database: BundledDatabase) -> list[Object]:
    """The volume of each server."""
    return [
        _volume(context, database, number + 1) for number in range(replication.servers(context))
    ]


def _volume(context: Context, database: BundledDatabase, number: int) -> Object:
    """The volume of a server; without an owner where it outlives the dashboard.

    It is an object of its own, because a StatefulSet's volume template cannot change: so it can
    grow, and a new dashboard of the same name uses it again.
    """
    class_name = database.storage.class_name or context.facts.platform.storage_class_name
    made = context.object(
        "v1",
        "PersistentVolumeClaim",
        COMPONENT,
        COMPONENT,
        name=replication.server_name(context, number),
        labels={names.LABEL_DATA: "true"},
        annotations={names.ANNOTATION_CLASS: class_name},
        owned=context.spec.deletion_policy == "Delete",
    )
    made["spec"] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": database.storage.size}},
    }
    if class_name:
        made["spec"]["storageClassName"] = class_name
    return made


def objects(context: Context, database: BundledDatabase) -> list[Object]:
    """Files, Service and a StatefulSet for each server; the volumes come from `volumes`."""
    files = context.object("v1", "ConfigMap", COMPONENT, COMPONENT)
    files["data"] = {"check.sh": postgres_files.CHECK} | (
        postgres_files.REPLICATED_FILES | replication.files(context)
        if context.replicated
        else postgres_files.POSTGRES_FILES
    )
    # What pods connect to: the one server, or the one that leads.
    role = replication.selector(context, replication.PRIMARY)
    leading = {"selector": role} if context.replicated else {}
    return [
        files,
        service(context, COMPONENT, replication.port(), **leading),
        *(_server(context, database, number + 1) for number in range(replication.servers(context))),
    ]


def _server(context: Context, database: BundledDatabase, number: int) -> Object:
    name = replication.server_name(context, number)
    server = context.object("apps/v1", "StatefulSet", COMPONENT, COMPONENT, name=name)
    # A selector cannot change, and that of the first one is as old as the database.
    own = {names.LABEL_SERVER: str(number)} if number > 1 else {}
    server["spec"] = {
        "serviceName": context.child(COMPONENT),
        "selector": {"matchLabels": names.selector(context.name, COMPONENT) | own},
        "template": _template(context, database, number),
    }
    return server


def _alone(context: Context, database: BundledDatabase, archived: "_Archived") -> Object:
    """What the container of a single server has of its own."""
    ready = {"exec": {"command": list(postgres_files.READY)}, "timeoutSeconds": 5}
    return {
        "command": ["/bin/sh", f"{postgres_files.FILES}/start.sh"],
        "args": [*postgres_arguments(context.spec, database), *archived.arguments],
        # After a crash, recovery may read the log for hours before the server accepts connections.
        "startupProbe": ready | {"periodSeconds": 2, "failureThreshold": 1800},
        "readinessProbe": ready | {"periodSeconds": 5, "failureThreshold": 2},
        "livenessProbe": {
            "exec": {"command": list(postgres_files.ALIVE)},
            "timeoutSeconds": 5,
            "periodSeconds": 20,
            "failureThreshold": 6,
        },
    }


def _replicated(number: int) -> Object:
    """What the container of one of several servers has of its own."""
    configuration = "first.yml" if number == 1 else "further.yml"
    return {
        "command": ["/bin/sh", f"{postgres_files.FILES}/replicated.sh"],
        "args": [f"{postgres_files.FILES}/{configuration}"],
        **replication.probes(),
    }


def _template(context: Context, database: BundledDatabase, number: int) -> Object:
    archived = _archived(context)
    own = _replicated(number) if context.replicated else _alone(context, database, archived)
    ports = [{"name": "postgresql", "containerPort": POSTGRES_PORT}]
    if context.replicated:
        ports.append({"name": "patroni", "containerPort": PATRONI_PORT})
    server = container(
        "postgres",
        images.postgres(context),
        own.pop("command"),
        resources(database.resources, SIZES[context.spec.size].database),
        imagePullPolicy=context.spec.images.pull_policy,
        env=[
            *(replication.environment(context) if context.replicated else ()),
            *archived.env,
            # In files, which follow a change: a new password restarts no server.
            *({"name": name, "value": f"{_SECRETS}/{key}"} for name, key in _SECRET_FILES.items()),
            {"name": "LC_ALL", "value": "C.UTF-8"},
            {"name": "TZ", "value": "UTC"},
        ],
        ports=ports,
        volumeMounts=[
            {"name": "data", "mountPath": postgres_files.DATA},
            {"name": "secrets", "mountPath": _SECRETS, "readOnly": True},
            *(dict(mount) for mount in _MOUNTS),
            *archived.mounts,
        ],
        **own,
    )
    several: dict[str, Any] = {}
    if context.replicated:
        several = {
            "labels": replication.pod_labels(context, number),
            "annotations": replication.pod_annotations(context, database),
            "uses_kubernetes": True,
            "apart": True,
        }
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=COMPONENT,
            **several,
            init_containers=_restore(context, database),
            containers=[server],
            user=SERVER_USER,
            overrides=database.pod_template,
            # Ending the sessions takes seconds; writing all dirty pages takes longer.
            grace_seconds=120,
            volumes=[
                {
                    "name": "data",
                    "persistentVolumeClaim": {
                        "claimName": replication.server_name(context, number)
                    },
                },
                {
                    "name": "secrets",
                    "secret": {
                        "secretName": context.child(COMPONENT),
                        "items": [{"key": key, "path": key} for key in _SECRET_FILES.values()],
                        "optional": True,
                    },
                },
                *_volumes(context),
                *archived.volumes,
            ],
        ),
    )


@dataclass(frozen=True, slots=True)
class _Archived:
    """What a server has whose log is archived."""

    arguments: list[str] = field(default_factory=list)
    env: list[Object] = field(default_factory=list)
    mounts: list[Object] = field(default_factory=list)
    volumes: list[Object] = field(default_factory=list)


def _archived(context: Context) -> _Archived:
    backup = context.spec.backup
    if backup is None:
        return _Archived()
    secret = {
        "secretName": context.child(archive.PART),
        "items": [{"key": PASSWORD_KEY, "path": PASSWORD_KEY}],
        "optional": True,
    }
    return _Archived(
        arguments(archive_settings()),
        [
            *archive.environment(context, backup),
            {"name": "SHOPX_BACKUP_PASSWORD_FILE", "value": f"{_BACKUP_SECRET}/{PASSWORD_KEY}"},
        ],
        [
            *archive.mounts(context, backup),
            {"name": "backup-secret", "mountPath": _BACKUP_SECRET, "readOnly": True},
        ],
        [
            *archive.volumes(context, backup, restoring=True),
            {"name": "backup-secret", "secret": secret},
        ],
    )


def _restore(context: Context, database: BundledDatabase) -> list[Object]:
    """What fills a volume without data before the server starts."""
    backup, recovery = context.spec.backup, database.recovery
    if backup is None or recovery is None:
        return []
    words = [BACKUP_PYTHON, "-m", "shopx_backup", "restore"]
    words += ["--data", f"{postgres_files.DATA}/pgdata"]
    if recovery.target_time is not None:
        words += ["--to", recovery.target_time]
    return [
        container(
            "restore",
            images.postgres(context),
            words,
            resources(database.resources, SIZES[context.spec.size].database),
            imagePullPolicy=context.spec.images.pull_policy,
            env=[
                *archive.environment(context, backup, restoring=True),
                {"name": "LC_ALL", "value": "C.UTF-8"},
                {"name": "TZ", "value": "UTC"},
            ],
            volumeMounts=[
                {"name": "data", "mountPath": postgres_files.DATA},
                *archive.mounts(context, backup, restoring=True),
            ],
        )
    ]


def _volumes(context: Context) -> list[Object]:
    """The volumes of a server, besides its data and secrets."""
    return [
        {"name": "sockets", "emptyDir": {}},
        {"name": "files", "configMap": {"name": context.child(COMPONENT)}},
        # Parallel queries share more than the 64 MB that a container gets by default.
        {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
    ]


_MOUNTS: Final = (
    {"name": "sockets", "mountPath": postgres_files.SOCKETS},
    {"name": "files", "mountPath": postgres_files.FILES, "readOnly": True},
    {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108 -- a volume
)


def check_job(context: Context, database: BundledDatabase) -> Object:
    """The Job that starts an empty server with the settings, before the server gets them."""
    image, arguments = images.postgres(context), postgres_arguments(context.spec, database)
    digest = hashlib.sha256(json.dumps([image, arguments, context.spec.restarted_at]).encode())
    name = context.child(f"{CHECK}-{digest.hexdigest()[:10]}")
    # It touches little of the memory that the settings ask for.
    limits = resources(database.resources, SIZES[context.spec.size].database)["limits"]
    server = container(
        CHECK,
        image,
        ["/bin/sh", f"{postgres_files.FILES}/check.sh"],
        {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": limits},
        imagePullPolicy=context.spec.images.pull_policy,
        args=arguments,
        env=[{"name": "LC_ALL", "value": "C.UTF-8"}, {"name": "TZ", "value": "UTC"}],
        volumeMounts=[dict(mount) for mount in _MOUNTS],
    )
    job = context.object("batch/v1", "Job", CHECK, CHECK, name=name)
    job["spec"] = {
        "backoffLimit": 1,
        "activeDeadlineSeconds": 300,
        "template": template(
            context,
            Pod(
                component=CHECK,
                account=COMPONENT,
                containers=[server],
                user=SERVER_USER,
                overrides=context.spec.jobs.pod_template,
                volumes=_volumes(context),
                restart_policy="Never",
            ),
        ),
    }
    return job
