"""The bundled Valkey: cache and job queue, in memory, and by choice in a log on a volume."""

from typing import Final

from shopx_core.containers.servers import REDIS_PORT, redis_arguments
from shopx_core.resource.presets import SIZES
from shopx_core.resource.v1beta1.storage import BundledRedis, SecretReference
from shopx_operator.manifests import components, images, names
from shopx_operator.manifests.context import PASSWORD_KEY, Context, Object
from shopx_operator.manifests.pods import (
    SERVER_USER,
    TMP,
    Pod,
    container,
    resources,
    template,
)
from shopx_operator.manifests.secrets import REDIS_CONFIG_KEY
from shopx_operator.manifests.workloads import service

COMPONENT: Final = components.REDIS.name
_FILES: Final = "/etc/shopx"
_DATA: Final = "/data"


def volume(context: Context, redis: BundledRedis) -> list[Object]:
    """The claim of the volume, if the manifest asks for one; it goes with the dashboard."""
    if redis.storage is None:
        return []
    class_name = redis.storage.class_name or context.facts.platform.storage_class_name
    made = context.object(
        "v1",
        "PersistentVolumeClaim",
        COMPONENT,
        COMPONENT,
        annotations={names.ANNOTATION_CLASS: class_name},
    )
    made["spec"] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": redis.storage.size}},
    }
    if class_name:
        made["spec"]["storageClassName"] = class_name
    return [made]


def objects(context: Context, redis: BundledRedis) -> list[Object]:
    """Service and Deployment."""
    # The protocol spares meshes a guess by the name.
    port = {"name": "redis", "port": REDIS_PORT, "targetPort": "redis", "appProtocol": "tcp"}
    server = context.object("apps/v1", "Deployment", COMPONENT, COMPONENT)
    server["spec"] = {
        "selector": {"matchLabels": names.selector(context.name, COMPONENT)},
        # Two pods would be two caches and two queues behind one name.
        "strategy": {"type": "Recreate"},
        "revisionHistoryLimit": 3,
        "template": _template(context, redis),
    }
    return [service(context, COMPONENT, port), server]


def _template(context: Context, redis: BundledRedis) -> Object:
    secret = context.child(COMPONENT)
    kept = redis.storage is not None
    claim = {"persistentVolumeClaim": {"claimName": context.child(COMPONENT)}}
    tcp = {"tcpSocket": {"port": "redis"}, "timeoutSeconds": 3}
    server = container(
        "redis",
        images.redis(context),
        # Valkey's images have a command of this name too.
        ["redis-server", f"{_FILES}/{REDIS_CONFIG_KEY}"],
        resources(redis.resources, SIZES[context.spec.size].redis),
        imagePullPolicy=context.spec.images.pull_policy,
        args=redis_arguments(context.spec, redis, _DATA if kept else TMP, kept=kept),
        ports=[{"name": "redis", "containerPort": REDIS_PORT}],
        readinessProbe=tcp | {"periodSeconds": 5},
        livenessProbe=tcp | {"periodSeconds": 20, "failureThreshold": 6},
        volumeMounts=[
            {"name": "config", "mountPath": _FILES, "readOnly": True},
            *([{"name": "data", "mountPath": _DATA}] if kept else ()),
        ],
    )
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=COMPONENT,
            containers=[server],
            user=SERVER_USER,
            overrides=redis.pod_template,
            secrets=(SecretReference(name=secret, key=PASSWORD_KEY),),
            volumes=[
                *([{"name": "data", **claim}] if kept else ()),
                {
                    "name": "config",
                    "secret": {
                        "secretName": secret,
                        "items": [{"key": REDIS_CONFIG_KEY, "path": REDIS_CONFIG_KEY}],
                    },
                },
            ],
        ),
    )
