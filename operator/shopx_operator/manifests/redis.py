"""The bundled Valkey: cache and job queue, in memory only."""

from decimal import Decimal
from typing import Final

from shopx_core.resource.presets import SIZES
from shopx_core.resource.types import amount
from shopx_core.resource.v1alpha1.storage import BundledRedis, SecretReference
from shopx_operator.manifests import components, images, names
from shopx_operator.manifests.context import PASSWORD_KEY, Context, Object
from shopx_operator.manifests.pods import (
    SERVER_USER,
    TMP,
    Pod,
    container,
    memory_limit,
    resources,
    template,
)
from shopx_operator.manifests.secrets import REDIS_CONFIG_KEY, REDIS_PORT

COMPONENT: Final = components.REDIS.name
_FILES: Final = "/etc/shopx"
_ROOM: Final = Decimal("0.8")
"""The content's share of the container's memory; connections and copies need the rest."""


def max_memory(context: Context, redis: BundledRedis) -> int:
    """Bytes that the content may fill, within the container's memory."""
    size = SIZES[context.spec.size]
    wanted = amount(redis.max_memory or size.redis_memory)
    return int(min(wanted, memory_limit(redis.resources, size.redis) * _ROOM))


def objects(context: Context, redis: BundledRedis) -> list[Object]:
    """Service and Deployment."""
    service = context.object("v1", "Service", COMPONENT, COMPONENT)
    service["spec"] = {
        "selector": names.selector(context.name, COMPONENT),
        "ports": [{"name": "redis", "port": REDIS_PORT, "targetPort": "redis"}],
    }
    server = context.object("apps/v1", "Deployment", COMPONENT, COMPONENT)
    server["spec"] = {
        "selector": {"matchLabels": names.selector(context.name, COMPONENT)},
        # Two pods would be two caches and two queues behind one name.
        "strategy": {"type": "Recreate"},
        "revisionHistoryLimit": 3,
        "template": _template(context, redis),
    }
    return [service, server]


def _template(context: Context, redis: BundledRedis) -> Object:
    secret = context.child(COMPONENT)
    tcp = {"tcpSocket": {"port": "redis"}, "timeoutSeconds": 3}
    options = [
        *("--port", str(REDIS_PORT)),
        # Every IPv4 address, and every IPv6 address where the node has any.
        *("--bind", "*", "-::*"),
        *("--dir", TMP),
        *("--save", "", "--appendonly", "no"),
        *("--maxmemory", str(max_memory(context, redis))),
        # Every cache key has a time to live, and no queue key has one.
        *("--maxmemory-policy", "volatile-ttl"),
        *("--loglevel", "warning"),
    ]
    server = container(
        "redis",
        images.redis(context),
        # Valkey's images have a command of this name too.
        ["redis-server", f"{_FILES}/{REDIS_CONFIG_KEY}"],
        resources(redis.resources, SIZES[context.spec.size].redis),
        imagePullPolicy=context.spec.images.pull_policy,
        args=options,
        ports=[{"name": "redis", "containerPort": REDIS_PORT}],
        readinessProbe=tcp | {"periodSeconds": 5},
        livenessProbe=tcp | {"periodSeconds": 20, "failureThreshold": 6},
        volumeMounts=[{"name": "config", "mountPath": _FILES, "readOnly": True}],
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
                {
                    "name": "config",
                    "secret": {
                        "secretName": secret,
                        "items": [{"key": REDIS_CONFIG_KEY, "path": REDIS_CONFIG_KEY}],
                    },
                }
            ],
        ),
    )
