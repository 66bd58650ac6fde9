"""The bundled Valkey: cache and job queue, in memory, and by choice in a log on a volume.

It is one server, or three with Sentinels (`shopx_operator.manifests.sentinels`).
"""

from typing import Any, Final

from shopx_core.containers import valkey_files
from shopx_core.containers.compute import MIB
from shopx_core.containers.servers import REDIS_PORT, redis_arguments, redis_memory
from shopx_core.resource.presets import SIZES
from shopx_core.resource.v1beta1.storage import BundledRedis, SecretReference
from shopx_operator.manifests import components, images, names, sentinels
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
    """The claim of the first server, if the manifest asks for one; it goes with the dashboard."""
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
    """Services, and a Deployment for each server."""
    servers = [_server(context, redis, number + 1) for number in range(redis.instances)]
    if sentinels.replicated(context):
        return [*sentinels.foundation(context), *servers]
    # The protocol spares meshes a guess by the name.
    port = {"name": "redis", "port": REDIS_PORT, "targetPort": "redis", "appProtocol": "tcp"}
    return [service(context, COMPONENT, port), *servers]


def _server(context: Context, redis: BundledRedis, number: int) -> Object:
    name = sentinels.server_name(context, number)
    server = context.object("apps/v1", "Deployment", COMPONENT, COMPONENT, name=name)
    # A selector cannot change: that of the first one is as old as the dashboard.
    own = sentinels.pod_labels(number) if number > 1 else {}
    server["spec"] = {
        "selector": {"matchLabels": names.selector(context.name, COMPONENT) | own},
        # Two pods would be two caches and two queues behind one name.
        "strategy": {"type": "Recreate"},
        "revisionHistoryLimit": 3,
        "template": _template(context, redis, number),
    }
    return server


def _alone(context: Context, redis: BundledRedis, *, kept: bool) -> Object:
    """What the container of a single server has of its own."""
    tcp = {"tcpSocket": {"port": "redis"}, "timeoutSeconds": 3}
    return {
        # Valkey's images have a command of this name too.
        "command": ["redis-server", f"{_FILES}/{REDIS_CONFIG_KEY}"],
        "args": redis_arguments(context.spec, redis, _DATA if kept else TMP, kept=kept),
        "readinessProbe": tcp | {"periodSeconds": 5},
        "livenessProbe": tcp | {"periodSeconds": 20, "failureThreshold": 6},
    }


def _replicated(context: Context, redis: BundledRedis, number: int, *, kept: bool) -> Object:
    """What the container of one of several servers has of its own."""
    folder = _DATA if kept else TMP
    return {
        "command": valkey_files.script("server.sh"),
        "args": [
            folder,
            f"{_FILES}/{REDIS_CONFIG_KEY}",
            *redis_arguments(context.spec, redis, folder, kept=kept),
            *valkey_files.replication_arguments(sentinels.host(context, number)),
        ],
        **sentinels.server(context, number),
    }


def _template(context: Context, redis: BundledRedis, number: int) -> Object:
    secret = context.child(COMPONENT)
    several = sentinels.replicated(context)
    # The first server's copy is the one that survives a restart of all.
    kept = redis.storage is not None and number == 1
    claim = {"persistentVolumeClaim": {"claimName": context.child(COMPONENT)}}
    own = (
        _replicated(context, redis, number, kept=kept)
        if several
        else _alone(context, redis, kept=kept)
    )
    server = container(
        "redis",
        images.redis(context),
        own.pop("command"),
        resources(redis.resources, SIZES[context.spec.size].redis),
        imagePullPolicy=context.spec.images.pull_policy,
        ports=[{"name": "redis", "containerPort": REDIS_PORT}],
        volumeMounts=[
            {"name": "config", "mountPath": _FILES, "readOnly": True},
            *([{"name": "data", "mountPath": _DATA}] if kept else ()),
            *(sentinels.mounts() if several else ()),
        ],
        **own,
    )
    more: dict[str, Any] = {}
    if several:
        copied = redis_memory(context.spec, redis) // MIB
        # A replica receives the primary's content as a file.
        more = {"labels": sentinels.pod_labels(number), "temporary": f"{1024 + copied}Mi"}
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=COMPONENT,
            containers=[server, *([sentinels.sentinel(context, number)] if several else ())],
            user=SERVER_USER,
            overrides=redis.pod_template,
            secrets=(SecretReference(name=secret, key=PASSWORD_KEY),),
            **more,
            volumes=[
                *([{"name": "data", **claim}] if kept else ()),
                {
                    "name": "config",
                    "secret": {
                        "secretName": secret,
                        "items": [{"key": REDIS_CONFIG_KEY, "path": REDIS_CONFIG_KEY}],
                    },
                },
                *(sentinels.volumes(context) if several else ()),
            ],
        ),
    )
