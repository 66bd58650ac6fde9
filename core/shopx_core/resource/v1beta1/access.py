"""How the dashboard is reached: routes, authentication, network policies."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shopx_core.resource.rules import Resource, Rule
from shopx_core.resource.types import Annotations, AnyObject, Cidr, HeaderName, Host, Name, Setting


def _real_network(value: str) -> str:
    ip_network(value, strict=False)
    return value


def _networks(sources: list[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(source, strict=False) for source in sources)


SourceName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\- ]*$", min_length=1, max_length=100)
]
Network = Annotated[Cidr, AfterValidator(_real_network)]
Networks = Annotated[list[Network], Field(max_length=32)]


RoutePath = Annotated[
    str, StringConstraints(pattern=r"^/[A-Za-z0-9_.\-/]*$", min_length=1, max_length=256)
]


Port = Annotated[int, Field(ge=1, le=65_535)]


class IngressTls(Resource):
    """HTTPS at the ingress."""

    secret_name: Name
    """The Secret with certificate and key for all hosts, as cert-manager makes it."""


class Ingress(Resource):
    """A networking.k8s.io/v1 Ingress."""

    host: Host
    """The host name of the dashboard, which is in its URL."""
    additional_hosts: Annotated[list[Host], Field(max_length=15)] = Field(default_factory=list)
    """Further host names, by which the same dashboard is served."""
    class_name: Name | None = None
    """The IngressClass; absent = the cluster's default."""
    path: RoutePath = "/"
    """The path of the dashboard, such as /analytics; the controller must pass it on unchanged."""
    port: Port | None = None
    """The port in the dashboard's URL; absent = 80, or 443 with `tls`. It opens nothing."""
    tls: IngressTls | None = None
    """HTTPS; absent = plain HTTP."""
    annotations: Annotations = Field(default_factory=dict)
    """Annotations for the ingress controller."""


class ParentReference(Resource):
    """A Gateway listener."""

    name: Name
    """The Gateway's name."""
    namespace: Name | None = None
    """The Gateway's namespace; absent = this one."""
    section_name: Name | None = None
    """The listener's name; absent = all listeners."""


class GatewayRedirect(Resource):
    """An HTTPRoute that redirects visitors to the dashboard's URL."""

    parent_refs: Annotated[list[ParentReference], Field(max_length=8)] = Field(default_factory=list)
    """The listeners that redirect, such as those of plain HTTP; absent = those of the route."""
    hostnames: Annotated[list[Host], Field(max_length=16)] = Field(default_factory=list)
    """The host names that are redirected; absent = those of the route."""
    rules = (
        Rule(
            cel="self.parentRefs.size() > 0 || self.hostnames.size() > 0",
            holds=lambda redirect: bool(redirect.parent_refs or redirect.hostnames),
            message="give parentRefs or hostnames: the route cannot redirect to itself",
        ),
    )


class Gateway(Resource):
    """A gateway.networking.k8s.io/v1 HTTPRoute."""

    parent_refs: Annotated[list[ParentReference], Field(min_length=1, max_length=8)]
    """The Gateways that serve the route."""
    hostnames: Annotated[list[Host], Field(min_length=1, max_length=16)]
    """The host names of the dashboard; the first is used in its URL."""
    path: RoutePath = "/"
    """The path of the dashboard, such as /analytics."""
    scheme: Literal["https", "http"] = "https"
    """The scheme in the dashboard's URL: whether the Gateway's listener uses TLS, which only its
    owner decides."""
    port: Port | None = None
    """The port in the dashboard's URL; absent = the scheme's own. It opens nothing."""
    redirect: GatewayRedirect | None = None
    """Redirect other listeners or hosts to the dashboard's URL."""


class ProxyAuth(Resource):
    """An authenticating proxy, which identifies the user in headers."""

    trusted_sources: Annotated[
        list[Network],
        Field(min_length=1, max_length=32),
        Setting("auth.trusted_proxies", _networks),
    ]
    """Networks from which the headers are trusted, such as 10.0.0.0/8."""
    user_header: Annotated[HeaderName, Setting("auth.user_header")] = "X-Forwarded-User"
    """The header with the user's name."""
    email_header: Annotated[HeaderName, Setting("auth.email_header")] = "X-Forwarded-Email"
    """The header with the user's address."""
    groups_header: Annotated[HeaderName, Setting("auth.groups_header")] = "X-Forwarded-Groups"
    """The header with the user's groups, separated by commas."""


TokenScope = Literal["read", "ingest", "admin"]


def _first_scopes() -> list[TokenScope]:
    return ["read", "ingest"]


class FirstToken(Resource):
    """The API token that is made with the dashboard. Changes count for a token drawn later."""

    scopes: Annotated[list[TokenScope], Field(min_length=1, max_length=3)] = Field(
        default_factory=_first_scopes
    )
    """What it allows."""
    sources: Annotated[list[SourceName], Field(max_length=16)] = Field(
        default_factory=lambda: ["api"]
    )
    """With the scope ingest: the sources that it may write as; empty = every source."""
    lifetime: Annotated[
        str, StringConstraints(pattern=r"^([1-9][0-9]{0,3}[hdw]|unlimited)$", max_length=9)
    ] = "90d"
    """How long it is accepted, such as 90d; or unlimited."""

    def options(self) -> list[str]:
        """Those of `shopx token register`."""
        words = [word for scope in self.scopes for word in ("--scope", scope)]
        if "ingest" in self.scopes:
            words += [word for source in self.sources for word in ("--source", source)]
            if not self.sources:
                words.append("--every-source")
        if self.lifetime != "unlimited":
            words += ["--expires", self.lifetime]
        return words


class Auth(Resource):
    """Authentication of reads. Writes always need a token."""

    mode: Literal["token", "proxy"] | None = None
    """token: a bearer token; proxy: identity headers from an authenticating proxy."""
    public: Annotated[bool, Setting("auth.public")] = False
    """Everyone who reaches the dashboard may read it."""
    proxy: ProxyAuth | None = None
    """The authenticating proxy, for mode proxy."""
    first_token: FirstToken = FirstToken()
    """The API token that is made with the dashboard."""
    rules = (
        Rule(
            cel="(has(self.mode) && self.mode == 'proxy') == has(self.proxy)",
            holds=lambda auth: (auth.mode == "proxy") == (auth.proxy is not None),
            message="mode: proxy and the group proxy need each other: give both or neither",
        ),
    )


class NetworkPolicy(Resource):
    """NetworkPolicies that deny unneeded connections."""

    enabled: bool = True
    """Whether they are created."""
    ingress_from: Annotated[list[AnyObject], Field(max_length=16)] = Field(default_factory=list)
    """NetworkPolicyPeers that may reach the API; empty = every pod of the cluster."""
    database_networks: Networks = Field(default_factory=list)
    """Where an external database is, such as 10.20.0.0/16; empty = anywhere, at its port."""
    redis_networks: Networks = Field(default_factory=list)
    """Where an external Redis is; empty = anywhere, at its port."""
    traces_networks: Networks = Field(default_factory=list)
    """Where the collector of traces is; empty = anywhere, at its port."""
    import_networks: Networks = Field(default_factory=list)
    """Where import Jobs read; empty = anywhere."""


def route_hosts(spec: Any) -> tuple[str, ...]:
    """The host names of a spec's route."""
    if spec.ingress is not None:
        return (spec.ingress.host, *spec.ingress.additional_hosts)
    return tuple(spec.gateway.hostnames) if spec.gateway is not None else ()


def has_route(spec: Any) -> bool:
    """Whether a spec makes the dashboard reachable from outside the cluster."""
    return spec.ingress is not None or spec.gateway is not None


def base_path(spec: Any) -> str:
    """The path below which pages and API are, such as /analytics; empty = the whole host."""
    route = spec.ingress or spec.gateway
    path: str = route.path if route is not None else "/"
    return path.rstrip("/")
