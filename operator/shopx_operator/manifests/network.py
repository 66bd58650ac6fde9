"""NetworkPolicies: every pod is closed except for the connections that it needs."""

from typing import Any, Final

from shopx_core.containers.servers import (
    PATRONI_PORT,
    POSTGRES_PORT,
    REDIS_PORT,
    SENTINEL_PORT,
)
from shopx_core.redis_urls import sentinel_url
from shopx_core.resource.v1beta1.reports import Smtp
from shopx_core.resource.v1beta1.spec import columns_enabled
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests import (
    api,
    archive,
    columns,
    components,
    config,
    database,
    mesh,
    names,
    redis,
    sentinels,
    workers,
)
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.endpoints import endpoint

IMPORT: Final = "import"
"""The component label of import Jobs that users write (examples/import-job.yaml)."""
_DATABASE_CLIENTS: Final = (*components.names(components.DATABASE_CLIENTS), IMPORT)
_REDIS_CLIENTS: Final = components.names(components.REDIS_CLIENTS)
_TRACED: Final = components.names((components.API, components.WORKERS))
_WITH_METRICS: Final = components.names(components.WITH_METRICS)
_DNS_PORTS: Final = (53, 5353)
"""Where DNS servers listen; on OpenShift it is the second one."""
_API_SERVER_PORTS: Final = (443, 6443)
"""Of its Service, and of the server itself: network plugins ask before or after they translate."""


def objects(context: Context) -> list[Object]:
    """All policies, unless the manifest switches them off."""
    if not context.spec.network_policy.enabled:
        return []
    made = [
        _closed(context),
        for_visitors(context, api.COMPONENT),
        _metrics(context),
        _to_database(context),
    ]
    made += [_to_redis(context), _to_sources(context)]
    if context.spec.monitoring.traces.endpoint is not None:
        made.append(_to_collector(context, context.spec.monitoring.traces.endpoint))
    if context.spec.reports is not None:
        # Where the manifest limits visitors, workers are none of them.
        made.append(_policy_of_api_clients(context))
        made.append(_to_receivers(context, context.spec.reports.smtp))
    if context.spec.backup is not None and archive.ports(context.spec.backup):
        made.append(_to_archive(context, archive.ports(context.spec.backup)))
    if columns_enabled(context.spec):
        made.append(_server(context, columns.COMPONENT, (api.COMPONENT,), columns.PORT))
        made.append(_to_columns(context))
    if context.spec.database.bundled is not None:
        made.append(_server(context, database.COMPONENT, _DATABASE_CLIENTS, POSTGRES_PORT))
    if context.replicated:
        made.append(_between_servers(context))
    if context.spec.cache.redis.bundled is not None:
        made.append(_server(context, redis.COMPONENT, _REDIS_CLIENTS, *_redis_ports(context)))
    if sentinels.replicated(context):
        made.append(_between_caches(context))
    return made


def _policy(context: Context, component: str, pods: dict[str, Any], **spec: Any) -> Object:
    made = context.object("networking.k8s.io/v1", "NetworkPolicy", component, "network")
    made["spec"] = {"podSelector": pods, **spec}
    return made


def _instance(context: Context) -> dict[str, str]:
    return {names.LABEL_NAME: names.APP, names.LABEL_INSTANCE: context.name}


def _pods(context: Context, components: tuple[str, ...]) -> dict[str, Any]:
    return {
        "matchLabels": _instance(context),
        "matchExpressions": [
            {"key": names.LABEL_COMPONENT, "operator": "In", "values": list(components)}
        ],
    }


def _tcp(*ports: int | str) -> list[Object]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def _within(context: Context, *ports: int | str) -> list[Object]:
    """Ports between pods, which proxies of a mesh reach at a port of their own."""
    found = mesh.mesh(context)
    return _tcp(*ports, *((found.tunnel_port,) if found is not None else ()))


def _outside(networks: list[str], ports: list[Object]) -> Object:
    """Egress to servers outside the cluster: in the given networks, or anywhere.

    A policy cannot name hosts.
    """
    peers = [{"ipBlock": {"cidr": one}} for one in networks]
    return {"ports": ports} | ({"to": peers} if peers else {})


def _closed(context: Context) -> Object:
    """No ingress, and egress to DNS alone, and of sidecars to their mesh."""
    dns = [
        {"protocol": protocol, "port": port} for port in _DNS_PORTS for protocol in ("UDP", "TCP")
    ]
    egress: list[Object] = [{"ports": dns}]
    found = mesh.mesh(context)
    if found is not None:
        everywhere: list[Object] = [{"namespaceSelector": {}}]
        egress.append({"to": everywhere, "ports": _tcp(*found.control_ports)})
    return _policy(
        context,
        "default",
        {"matchLabels": _instance(context)},
        policyTypes=["Ingress", "Egress"],
        egress=egress,
    )


def for_visitors(context: Context, component: str) -> Object:
    """Ingress for visitors, from where the manifest says, by default from everywhere."""
    rule: Object = {"ports": _within(context, "http")}
    peers = list(context.spec.network_policy.ingress_from)
    if peers:
        rule["from"] = peers
    return _policy(
        context,
        component,
        {"matchLabels": names.selector(context.name, component)},
        policyTypes=["Ingress"],
        ingress=[rule],
    )


def _operator(context: Context) -> list[Object]:
    """The operator, which reads the metrics of the pods."""
    namespace = context.facts.operator_namespace
    if namespace is None:
        return []
    return [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}]


def _metrics(context: Context) -> Object:
    """Ingress for metrics from everywhere: they contain neither names nor amounts."""
    return _policy(
        context,
        "metrics",
        _pods(context, _WITH_METRICS),
        policyTypes=["Ingress"],
        ingress=[{"ports": _tcp("metrics")}],
    )


def _to_database(context: Context) -> Object:
    if context.spec.database.bundled is not None:
        to = [{"podSelector": {"matchLabels": names.selector(context.name, database.COMPONENT)}}]
        rule: Object = {"to": to, "ports": _within(context, POSTGRES_PORT)}
    else:
        urls = config.database(context), config.database_readonly(context)
        found = {*_ports(context, POSTGRES_PORT, *urls)}
        found |= {*endpoint(f"//{config.replica_address(context) or ''}").ports}
        ports = _within(context, *sorted(found))
        rule = _outside(context.spec.network_policy.database_networks, ports)
    return _policy(
        context,
        "database-clients",
        _pods(context, _DATABASE_CLIENTS),
        policyTypes=["Egress"],
        egress=[rule],
    )


def _between_servers(context: Context) -> Object:
    """Replication and Patroni between the database's servers, and theirs to the API server.

    A policy cannot name the API server.
    """
    servers = {"podSelector": {"matchLabels": names.selector(context.name, database.COMPONENT)}}
    ports = _within(context, POSTGRES_PORT, PATRONI_PORT)
    return _policy(
        context,
        "database-servers",
        {"matchLabels": names.selector(context.name, database.COMPONENT)},
        policyTypes=["Ingress", "Egress"],
        ingress=[{"from": [servers], "ports": ports}],
        egress=[{"to": [servers], "ports": ports}, {"ports": _tcp(*_API_SERVER_PORTS)}],
    )


def _to_sources(context: Context) -> Object:
    """Egress for imports, which read from any source: to the given networks, or to everywhere.

    Workers read the sources of feeds, whose addresses they check themselves.
    """
    readers = (IMPORT,) if context.spec.imports.feeds is None else (IMPORT, workers.COMPONENT)
    peers = [{"ipBlock": {"cidr": one}} for one in context.spec.network_policy.import_networks]
    rule: Object = {"to": peers} if peers else {}
    return _policy(
        context, "imports", _pods(context, readers), policyTypes=["Egress"], egress=[rule]
    )


def _to_redis(context: Context) -> Object:
    if context.spec.cache.redis.bundled is not None:
        to = [{"podSelector": {"matchLabels": names.selector(context.name, redis.COMPONENT)}}]
        rule: Object = {"to": to, "ports": _within(context, *_redis_ports(context))}
    else:
        ports = _within(context, *_external_redis_ports(context))
        rule = _outside(context.spec.network_policy.redis_networks, ports)
    return _policy(
        context,
        "redis-clients",
        _pods(context, _REDIS_CLIENTS),
        policyTypes=["Egress"],
        egress=[rule],
    )


def _redis_ports(context: Context) -> tuple[int, ...]:
    """Of the bundled cache's pods."""
    return (REDIS_PORT, SENTINEL_PORT) if sentinels.replicated(context) else (REDIS_PORT,)


def _between_caches(context: Context) -> Object:
    """Replication between the cache's servers, and what their Sentinels ask."""
    servers = {"podSelector": {"matchLabels": names.selector(context.name, redis.COMPONENT)}}
    ports = _within(context, *_redis_ports(context))
    return _policy(
        context,
        "redis-servers",
        {"matchLabels": names.selector(context.name, redis.COMPONENT)},
        policyTypes=["Ingress", "Egress"],
        ingress=[{"from": [servers], "ports": ports}],
        egress=[{"to": [servers], "ports": ports}],
    )


def _external_redis_ports(context: Context) -> list[int]:
    """The ports in the URL; Sentinels name servers at any port, which is most often the usual."""
    url = context.value(config.redis(context)) or ""
    try:
        sentinels = sentinel_url(url)
    except ValueError:
        sentinels = None
    if sentinels is None:
        return _ports(context, REDIS_PORT, config.redis(context))
    return sorted({REDIS_PORT, *(port for _, port in sentinels.hosts)})


def _to_archive(context: Context, ports: list[int]) -> Object:
    """Egress of what archives, backs up and restores; a policy cannot name the server's host."""
    kept = components.names((components.DATABASE, components.BACKUP, components.BACKUP_CHECK))
    return _policy(
        context,
        "backup",
        _pods(context, kept),
        policyTypes=["Egress"],
        egress=[{"ports": _tcp(*ports)}],
    )


def _to_columns(context: Context) -> Object:
    """Egress of the API pods to the builder, whose builds they fetch."""
    builder = {"podSelector": {"matchLabels": names.selector(context.name, columns.COMPONENT)}}
    return _policy(
        context,
        "columns-clients",
        {"matchLabels": names.selector(context.name, api.COMPONENT)},
        policyTypes=["Egress"],
        egress=[{"to": [builder], "ports": _within(context, columns.PORT)}],
    )


def _to_collector(context: Context, url: str) -> Object:
    """Egress of what sends traces."""
    default = 443 if url.startswith("https:") else 80
    ports = _within(context, *(endpoint(url).ports or (default,)))
    return _policy(
        context,
        "traces-clients",
        _pods(context, _TRACED),
        policyTypes=["Egress"],
        egress=[_outside(context.spec.network_policy.traces_networks, ports)],
    )


def _policy_of_api_clients(context: Context) -> Object:
    """Ingress of the API from the workers, which ask it for the figures of reports."""
    peers = [{"podSelector": _pods(context, (workers.COMPONENT,))}]
    return _policy(
        context,
        "api-clients",
        {"matchLabels": names.selector(context.name, api.COMPONENT)},
        policyTypes=["Ingress"],
        ingress=[{"from": peers, "ports": _tcp("http")}],
    )


def _to_receivers(context: Context, smtp: Smtp | None) -> Object:
    """Egress of the workers to the API, to the mail server's port, and to webhooks.

    A policy cannot name hosts; workers check the addresses of webhooks themselves.
    """
    figures = {"podSelector": {"matchLabels": names.selector(context.name, api.COMPONENT)}}
    ports = [443] if smtp is None else sorted({443, smtp.port})
    return _policy(
        context,
        "reports",
        _pods(context, (workers.COMPONENT,)),
        policyTypes=["Egress"],
        egress=[{"to": [figures], "ports": _tcp("http")}, {"ports": _tcp(*ports)}],
    )


def _ports(context: Context, default: int, *urls: SecretReference | None) -> list[int]:
    """The ports in the URLs."""
    found: set[int] = set()
    for reference in filter(None, urls):
        found |= {*endpoint(context.value(reference) or "").ports} or {default}
    return sorted(found)


def _server(context: Context, component: str, users: tuple[str, ...], *ports: int) -> Object:
    """Ingress of a bundled server from its clients; the operator writes its tuning to Redis."""
    peers = [{"podSelector": _pods(context, users)}]
    if component == redis.COMPONENT:
        peers += _operator(context)
    return _policy(
        context,
        component,
        {"matchLabels": names.selector(context.name, component)},
        policyTypes=["Ingress"],
        ingress=[{"from": peers, "ports": _within(context, *ports)}],
    )
