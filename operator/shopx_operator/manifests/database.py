"""The bundled PostgreSQL: one server, its volume and its Service."""

from typing import Final

from shopx_core.containers import postgres_files
from shopx_core.containers.servers import POSTGRES_PORT, postgres_arguments
from shopx_core.resource.presets import SIZES
from shopx_core.resource.v1alpha1.storage import BundledDatabase, SecretReference
from shopx_operator.manifests import components, images, names
from shopx_operator.manifests.context import PASSWORD_KEY, Context, Object
from shopx_operator.manifests.pods import (
    SERVER_USER,
    Pod,
    container,
    resources,
    template,
)

COMPONENT: Final = components.DATABASE.name


def volume(context: Context, database: BundledDatabase) -> Object:
    """The volume; without an owner where it outlives the dashboard.

    It is an object of its own, because a StatefulSet's volume template cannot change: so it can
    grow, and a new dashboard of the same name uses it again.
    """
    made = context.object(
        "v1",
        "PersistentVolumeClaim",
        COMPONENT,
        COMPONENT,
        labels={names.LABEL_DATA: "true"},
        annotations={names.ANNOTATION_CLASS: database.storage.class_name or ""},
        owned=context.spec.deletion_policy == "Delete",
    )
    made["spec"] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": database.storage.size}},
    }
    if database.storage.class_name is not None:
        made["spec"]["storageClassName"] = database.storage.class_name
    return made


def objects(context: Context, database: BundledDatabase) -> list[Object]:
    """Files, Service and StatefulSet; the volume comes from `volume`."""
    files = context.object("v1", "ConfigMap", COMPONENT, COMPONENT)
    files["data"] = dict(postgres_files.POSTGRES_FILES)
    service = context.object("v1", "Service", COMPONENT, COMPONENT)
    service["spec"] = {
        "selector": names.selector(context.name, COMPONENT),
        "ports": [{"name": "postgresql", "port": POSTGRES_PORT, "targetPort": "postgresql"}],
    }
    server = context.object("apps/v1", "StatefulSet", COMPONENT, COMPONENT)
    server["spec"] = {
        "serviceName": context.child(COMPONENT),
        "selector": {"matchLabels": names.selector(context.name, COMPONENT)},
        "template": _template(context, database),
    }
    return [files, service, server]


def _template(context: Context, database: BundledDatabase) -> Object:
    password = SecretReference(name=context.child(COMPONENT), key=PASSWORD_KEY)
    ready = {"exec": {"command": list(postgres_files.READY)}, "timeoutSeconds": 5}
    server = container(
        "postgres",
        images.postgres(context),
        ["/bin/sh", f"{postgres_files.FILES}/start.sh"],
        resources(database.resources, SIZES[context.spec.size].database),
        imagePullPolicy=context.spec.images.pull_policy,
        args=postgres_arguments(context.spec, database),
        env=[
            {
                "name": "SHOPX_PASSWORD",
                "valueFrom": {"secretKeyRef": password.model_dump(by_alias=True)},
            },
            {"name": "LC_ALL", "value": "C.UTF-8"},
            {"name": "TZ", "value": "UTC"},
        ],
        ports=[{"name": "postgresql", "containerPort": POSTGRES_PORT}],
        # After a crash, recovery may read the log for hours before the server accepts connections.
        startupProbe=ready | {"periodSeconds": 2, "failureThreshold": 1800},
        readinessProbe=ready | {"periodSeconds": 5, "failureThreshold": 2},
        livenessProbe={
            "exec": {"command": list(postgres_files.ALIVE)},
            "timeoutSeconds": 5,
            "periodSeconds": 20,
            "failureThreshold": 6,
        },
        volumeMounts=[
            {"name": "data", "mountPath": postgres_files.DATA},
            {"name": "sockets", "mountPath": postgres_files.SOCKETS},
            {"name": "files", "mountPath": postgres_files.FILES, "readOnly": True},
            {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108 -- a volume
        ],
    )
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=COMPONENT,
            containers=[server],
            user=SERVER_USER,
            overrides=database.pod_template,
            secrets=(password,),
            # Ending the sessions takes seconds; writing all dirty pages takes longer.
            grace_seconds=120,
            volumes=[
                {
                    "name": "data",
                    "persistentVolumeClaim": {"claimName": context.child(COMPONENT)},
                },
                {"name": "sockets", "emptyDir": {}},
                {"name": "files", "configMap": {"name": context.child(COMPONENT)}},
                # Parallel queries share more than the 64 MB that a container gets by default.
                {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
            ],
        ),
    )
