"""A bundled database of several servers, which Patroni replicates (ADR 60).

Each server is a StatefulSet of one pod with a volume of its own, so that one becomes three and
three become one over the same first volume. Patroni keeps who leads in ConfigMaps, and labels the
pods with their roles, by which the Services select them.
"""

import hashlib
import json
from typing import Any, Final

from shopx_core.containers import patroni
from shopx_core.containers.postgres_files import REPLICATION_ROLE
from shopx_core.containers.servers import PATRONI_PORT, POSTGRES_PORT
from shopx_core.resource.v1beta1.storage import BundledDatabase
from shopx_operator.manifests import components, names
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.secrets import REPLICATION_KEYS
from shopx_operator.manifests.workloads import disruption_budget, service

COMPONENT: Final = components.DATABASE.name
PRIMARY: Final = "primary"
REPLICA: Final = "replica"
SERVICES: Final = {"rw": PRIMARY, "ro": REPLICA}
"""The ends of the Services' names, and the role of the pods that they select."""
CONFIG: Final = "config"
LEADER: Final = "leader"
SYNC: Final = "sync"
_STATE: Final = (CONFIG, LEADER, SYNC, "failover")
"""The ends of the names of Patroni's ConfigMaps."""
_REPLICATION, _PATRONI = REPLICATION_KEYS


def servers(context: Context) -> int:
    """The servers of the bundled database."""
    bundled = context.spec.database.bundled
    if bundled is None:
        return 0
    return context.facts.database_servers or bundled.instances


def server_name(context: Context, number: int) -> str:
    """The name of a server's StatefulSet and claim; the first one's is that of a single server."""
    return context.child(COMPONENT if number == 1 else f"{COMPONENT}-{number}")


def pod_names(context: Context) -> list[str]:
    """The names of the servers' pods."""
    return [f"{server_name(context, number + 1)}-0" for number in range(servers(context))]


def state_name(context: Context, part: str) -> str:
    """The name of one of Patroni's ConfigMaps, which it makes from the scope."""
    return f"{_scope(context)}-{part}"


def settings(context: Context, database: BundledDatabase) -> str:
    """What all servers follow, as JSON."""
    return json.dumps(patroni.dynamic(context.spec, database), separators=(",", ":"))


def pod_labels(context: Context, number: int) -> dict[str, str]:
    """The labels of a server's pod beside those of the component, but for its role."""
    own = {names.LABEL_SERVER: str(number)} if number > 1 else {}
    return own | {names.LABEL_SCOPE: _scope(context)}


def pod_annotations(context: Context, database: BundledDatabase) -> dict[str, str]:
    """By which changed settings restart the servers, one after the other."""
    digest = hashlib.sha256(settings(context, database).encode()).hexdigest()
    return {names.ANNOTATION_SETTINGS: digest[:16]}


def files(context: Context) -> dict[str, str]:
    """The configuration of Patroni: of the first server, which may begin a database, and others."""
    return {
        name: json.dumps(
            patroni.local(
                scope=_scope(context),
                namespace=context.namespace,
                labels=names.selector(context.name, COMPONENT),
                scope_label=names.LABEL_SCOPE,
                role_label=names.LABEL_ROLE,
                address=context.any_address,
                bootstrap=bootstrap,
            ),
            indent=1,
        )
        for name, bootstrap in (("first.yml", True), ("further.yml", False))
    }


def environment(context: Context) -> list[Object]:
    """The variables of a server: its name, addresses and passwords."""

    def field(path: str) -> Object:
        return {"valueFrom": {"fieldRef": {"fieldPath": path}}}

    def secret(key: str) -> Object:
        reference = {"name": context.child("replication"), "key": key}
        return {"valueFrom": {"secretKeyRef": reference}}

    made: dict[str, Object] = {
        "PATRONI_NAME": field("metadata.name"),
        "POD_IP": field("status.podIP"),
        "SHOPX_POSTGRES_PORT": {"value": str(POSTGRES_PORT)},
        "SHOPX_PATRONI_PORT": {"value": str(PATRONI_PORT)},
        "PATRONI_SUPERUSER_USERNAME": {"value": "postgres"},
        "PATRONI_RESTAPI_USERNAME": {"value": "patroni"},
        "PATRONI_RESTAPI_PASSWORD": secret(_PATRONI),
    }
    for user in ("REPLICATION", "REWIND"):
        made[f"PATRONI_{user}_USERNAME"] = {"value": REPLICATION_ROLE}
        made[f"PATRONI_{user}_PASSWORD"] = secret(_REPLICATION)
    return [{"name": name, **value} for name, value in made.items()]


def probes() -> dict[str, Object]:
    """Ready while PostgreSQL serves, as leader or replica; alive while Patroni decides."""

    def ask(path: str, **more: int) -> Object:
        return {"httpGet": {"path": path, "port": "patroni"}, "timeoutSeconds": 5, **more}

    return {
        "startupProbe": ask("/liveness", periodSeconds=2, failureThreshold=150),
        "readinessProbe": ask("/readiness", periodSeconds=3, failureThreshold=2),
        "livenessProbe": ask("/liveness", periodSeconds=10, failureThreshold=6),
    }


def foundation(context: Context, database: BundledDatabase) -> list[Object]:
    """Patroni's ConfigMaps, the rights of its account, Services and the disruption budget."""
    if not context.replicated:
        return []
    return [
        *(_state(context, database, part) for part in _STATE),
        *_rights(context),
        *(_service(context, end, role) for end, role in SERVICES.items()),
        disruption_budget(context, COMPONENT),
    ]


def port() -> Object:
    """PostgreSQL's port of a Service."""
    return {
        "name": "postgresql",
        "port": POSTGRES_PORT,
        "targetPort": "postgresql",
        "appProtocol": "tcp",
    }


def selector(context: Context, role: str) -> dict[str, str]:
    """The labels of the pods with a role."""
    return names.selector(context.name, COMPONENT) | {names.LABEL_ROLE: role}


def _scope(context: Context) -> str:
    return context.child(COMPONENT, names.LONGEST - 12)


def _service(context: Context, end: str, role: str) -> Object:
    made = service(context, COMPONENT, port(), selector=selector(context, role))
    made["metadata"]["name"] = context.child(f"{COMPONENT}-{end}")
    return made


def _state(context: Context, database: BundledDatabase, part: str) -> Object:
    """A ConfigMap that Patroni writes to.

    It is data: who leads decides which volume has the newest orders.
    """
    annotations = {CONFIG: settings(context, database)} if part == CONFIG else {}
    return context.object(
        "v1",
        "ConfigMap",
        f"{COMPONENT}-{part}",
        COMPONENT,
        name=state_name(context, part),
        labels={names.LABEL_SCOPE: _scope(context)},
        annotations=annotations,
        owned=context.spec.deletion_policy == "Delete",
    )


def _rights(context: Context) -> list[Object]:
    """What Patroni may do: read the namespace's pods and ConfigMaps, and patch its own."""
    read: list[str] = ["get", "list", "watch"]
    own = [state_name(context, part) for part in _STATE]
    role = context.object("rbac.authorization.k8s.io/v1", "Role", COMPONENT, COMPONENT)
    role["rules"] = [
        _rule("configmaps", read),
        _rule("configmaps", ["patch"], own),
        _rule("pods", ["list", "watch"]),
        _rule("pods", ["patch"], pod_names(context)),
    ]
    binding = context.object("rbac.authorization.k8s.io/v1", "RoleBinding", COMPONENT, COMPONENT)
    name = context.child(COMPONENT)
    binding["roleRef"] = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": name,
    }
    binding["subjects"] = [{"kind": "ServiceAccount", "name": name, "namespace": context.namespace}]
    return [role, binding]


def _rule(resource: str, verbs: list[str], named: list[str] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"apiGroups": [""], "resources": [resource], "verbs": verbs}
    return made | ({"resourceNames": named} if named else {})
