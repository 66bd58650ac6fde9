"""A bundled cache of three servers, of which Sentinels choose the primary (ADR 74).

Each server is a Deployment of one pod with a Service of its own: its name outlives the address of
the pod, and the first server and its volume are those that a single server had. So one becomes
three, and three become one.
"""

from typing import Final
from urllib.parse import quote

from shopx_core.containers import valkey_files
from shopx_core.containers.servers import REDIS_PORT, SENTINEL_PORT
from shopx_core.resource.presets import Compute
from shopx_core.resource.v1beta1.pods import ComputeResources
from shopx_operator.manifests import components, images, names
from shopx_operator.manifests.context import PASSWORD_KEY, Context, Object
from shopx_operator.manifests.pods import TMP, container, resources
from shopx_operator.manifests.workloads import disruption_budget, service

COMPONENT: Final = components.REDIS.name
_PASSWORD: Final = "/etc/shopx-password"  # noqa: S105 -- a folder
_COMPUTE: Final = Compute("10m", "32Mi", "250m", "96Mi")
"""Of a Sentinel: it asks three servers each second."""


def servers(context: Context) -> int:
    """The servers of the bundled cache."""
    bundled = context.spec.cache.redis.bundled
    return 0 if bundled is None else bundled.instances


def replicated(context: Context) -> bool:
    """Whether the bundled cache has replicas."""
    return servers(context) > 1


def server_name(context: Context, number: int) -> str:
    """The name of a server's Deployment and Service; the first one's is that of a single server."""
    return context.child(COMPONENT if number == 1 else f"{COMPONENT}-{number}")


def host(context: Context, number: int) -> str:
    """Where a server and its Sentinel are reached."""
    return f"{server_name(context, number)}.{context.namespace}.svc"


def url(context: Context, password: str) -> str:
    """What the clients connect to: the Sentinels, which name the primary."""
    quoted = quote(password, safe="")
    hosts = ",".join(f"{one}:{SENTINEL_PORT}" for one in _hosts(context))
    return (
        f"redis-sentinel://:{quoted}@{hosts}/0?sentinel_password={quoted}"
        f"#{valkey_files.PRIMARY_NAME}"
    )


def foundation(context: Context) -> list[Object]:
    """The scripts, the Services and the disruption budget."""
    scripts = context.object("v1", "ConfigMap", COMPONENT, COMPONENT)
    scripts["data"] = dict(valkey_files.REPLICATED_FILES)
    numbers = range(1, servers(context) + 1)
    return [
        scripts,
        *(_service(context, number) for number in numbers),
        disruption_budget(context, COMPONENT),
    ]


def _service(context: Context, number: int) -> Object:
    made = service(
        context,
        COMPONENT,
        _port("redis", REDIS_PORT),
        _port("sentinel", SENTINEL_PORT),
        selector=names.selector(context.name, COMPONENT) | pod_labels(number),
        # Servers find one another before any of them is ready.
        publishNotReadyAddresses=True,
    )
    made["metadata"]["name"] = server_name(context, number)
    return made


def _port(name: str, number: int) -> Object:
    return {"name": name, "port": number, "targetPort": name, "appProtocol": "tcp"}


def pod_labels(number: int) -> dict[str, str]:
    """By which a server's Service finds its pod."""
    return {names.LABEL_SERVER: str(number)}


def server(context: Context, number: int) -> Object:
    """What the container of one of several servers has of its own."""

    def probe(**more: int) -> Object:
        return {"tcpSocket": {"port": "redis"}, "timeoutSeconds": 3, **more}

    return {
        "env": _environment(context, number),
        # It waits until it is known which server is the primary.
        "startupProbe": probe(periodSeconds=2, failureThreshold=300),
        "readinessProbe": {
            "exec": {"command": valkey_files.script("ready.sh")},
            "timeoutSeconds": 5,
            "periodSeconds": 5,
        },
        "livenessProbe": probe(periodSeconds=20, failureThreshold=6),
        "lifecycle": {"preStop": {"exec": {"command": valkey_files.script("stop.sh")}}},
    }


def sentinel(context: Context, number: int) -> Object:
    """The container of the Sentinel beside a server."""
    return container(
        "sentinel",
        images.redis(context),
        valkey_files.script("sentinel.sh"),
        resources(ComputeResources(), _COMPUTE),
        imagePullPolicy=context.spec.images.pull_policy,
        env=_environment(context, number),
        ports=[{"name": "sentinel", "containerPort": SENTINEL_PORT}],
        readinessProbe={
            "tcpSocket": {"port": "sentinel"},
            "timeoutSeconds": 3,
            "periodSeconds": 5,
        },
        volumeMounts=mounts(),
    )


def mounts() -> list[Object]:
    """Where both containers have the scripts and the password."""
    return [
        {"name": "scripts", "mountPath": valkey_files.FILES, "readOnly": True},
        {"name": "password", "mountPath": _PASSWORD, "readOnly": True},
    ]


def volumes(context: Context) -> list[Object]:
    """The volumes of these mounts."""
    name = context.child(COMPONENT)
    return [
        {"name": "scripts", "configMap": {"name": name}},
        {
            "name": "password",
            "secret": {
                "secretName": name,
                "items": [{"key": PASSWORD_KEY, "path": valkey_files.PASSWORD_FILE}],
            },
        },
    ]


def _environment(context: Context, number: int) -> list[Object]:
    made = {
        "SHOPX_HOST": host(context, number),
        "SHOPX_HOSTS": " ".join(_hosts(context)),
        "SHOPX_PASSWORD_FILE": f"{_PASSWORD}/{valkey_files.PASSWORD_FILE}",
        "SHOPX_SENTINEL_FILE": f"{TMP}/sentinel.conf",
    }
    return [{"name": name, "value": value} for name, value in made.items()]


def _hosts(context: Context) -> list[str]:
    return [host(context, number + 1) for number in range(servers(context))]
