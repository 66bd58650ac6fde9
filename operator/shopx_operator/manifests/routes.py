"""The route from outside: an Ingress, or an HTTPRoute of the Gateway API."""

from typing import Final

from shopx_core.resource.v1beta1.access import (
    Gateway,
    GatewayRedirect,
    Ingress,
    ParentReference,
    base_path,
    route_hosts,
)
from shopx_operator.manifests import api
from shopx_operator.manifests.context import Context, Object

HTTPS_ONLY: Final = {
    "haproxy-ingress.github.io/ssl-redirect": "true",
    "haproxy.org/ssl-redirect": "true",
    "ingress.kubernetes.io/force-ssl-redirect": "true",
    "nginx.ingress.kubernetes.io/force-ssl-redirect": "true",
    "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
}
"""By which HAProxy, Contour, Nginx and Traefik serve nothing over plain HTTP, also while there is
no certificate; the manifest's own annotations win. An Ingress has no field for it."""
GATEWAY_GROUP = "gateway.networking.k8s.io"
REDIRECT: Final = "redirect"
"""The end of the name of the HTTPRoute that redirects."""


def objects(context: Context) -> list[Object]:
    """The route, if there is one."""
    spec = context.spec
    if spec.ingress is not None:
        return [_ingress(context, spec.ingress)]
    if spec.gateway is not None and context.knows("HTTPRoute", GATEWAY_GROUP):
        made = [_route(context, spec.gateway)]
        if spec.gateway.redirect is not None:
            made.append(_redirect(context, spec.gateway, spec.gateway.redirect))
        return made
    return []


def url(context: Context) -> str:
    """The dashboard's URL: that of its route, or else that inside the cluster."""
    spec = context.spec
    if spec.ingress is not None:
        scheme = "https" if spec.ingress.tls is not None else "http"
        return f"{scheme}://{spec.ingress.host}{_port(spec.ingress, scheme)}{base_path(spec)}"
    if spec.gateway is not None:
        scheme = spec.gateway.scheme
        host = spec.gateway.hostnames[0]
        return f"{scheme}://{host}{_port(spec.gateway, scheme)}{base_path(spec)}"
    return f"http://{context.child(api.COMPONENT)}.{context.namespace}.svc"


def _port(route: Ingress | Gateway, scheme: str) -> str:
    """The port as a URL has it: the scheme's own is left out."""
    own = {"http": 80, "https": 443}[scheme]
    return "" if route.port in (None, own) else f":{route.port}"


def _ingress(context: Context, ingress: Ingress) -> Object:
    made = context.object(
        "networking.k8s.io/v1",
        "Ingress",
        api.COMPONENT,
        api.COMPONENT,
        annotations=(HTTPS_ONLY if ingress.tls is not None else {}) | ingress.annotations,
    )
    backend = {"service": {"name": context.child(api.COMPONENT), "port": {"name": "http"}}}
    paths = [{"path": ingress.path, "pathType": "Prefix", "backend": backend}]
    hosts = route_hosts(context.spec)
    made["spec"] = {"rules": [{"host": host, "http": {"paths": paths}} for host in hosts]}
    if ingress.class_name is not None:
        made["spec"]["ingressClassName"] = ingress.class_name
    if ingress.tls is not None:
        made["spec"]["tls"] = [{"hosts": list(hosts), "secretName": ingress.tls.secret_name}]
    return made


def _route(context: Context, gateway: Gateway) -> Object:
    made = context.object(f"{GATEWAY_GROUP}/v1", "HTTPRoute", api.COMPONENT, api.COMPONENT)
    made["spec"] = {
        "parentRefs": _parents(gateway.parent_refs),
        "hostnames": list(gateway.hostnames),
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": gateway.path}}],
                "backendRefs": [{"name": context.child(api.COMPONENT), "port": api.SERVICE_PORT}],
            }
        ],
    }
    return made


def _redirect(context: Context, gateway: Gateway, redirect: GatewayRedirect) -> Object:
    made = context.object(f"{GATEWAY_GROUP}/v1", "HTTPRoute", REDIRECT, api.COMPONENT)
    target: Object = {
        "scheme": gateway.scheme,
        "hostname": gateway.hostnames[0],
        "statusCode": 301,
    }
    # Without a port of its own, a redirect to another scheme goes to that scheme's port.
    if gateway.port is not None:
        target["port"] = gateway.port
    made["spec"] = {
        "parentRefs": _parents(redirect.parent_refs or gateway.parent_refs),
        "hostnames": list(redirect.hostnames or gateway.hostnames),
        "rules": [{"filters": [{"type": "RequestRedirect", "requestRedirect": target}]}],
    }
    return made


def _parents(references: list[ParentReference]) -> list[Object]:
    return [one.model_dump(by_alias=True, exclude_none=True) for one in references]
