"""Pure: the configuration of an Nginx in front of API instances.

Nginx 1.22 (Debian 12) or newer. Two files: `nginx.conf`, and `upstream.conf` with one line for each
instance, so that an instance is drained by marking its line `down` and reloading.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shopx_core.maintenance_page import MAINTENANCE, RETRY_SECONDS, UNANSWERED
from shopx_core.resource.v1beta1.access import ProxyAuth
from shopx_core.resource.v1beta1.spec import DashboardSpec
from shopx_core.settings import ApiSettings

FLAG: Final = "maintenance"
"""While a file of this name is beside the configuration, visitors get the maintenance page."""
CERTIFICATE: Final = "fullchain.pem"
KEY: Final = "privkey.pem"
_API: Final = ApiSettings()
_READ_SECONDS: Final = int(_API.request_timeout) + 5
"""Longer than an operation may take; a stream has to send something that often."""
_PER_SECOND: Final = 200
_BURST: Final = 400
_CONNECTIONS: Final = 256
"""Limits of one client's address. A page sends about 25 requests, a team may share an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What differs from one Nginx to another."""

    upstreams: Sequence[str]
    """The API instances, `host:port`."""
    folder: str
    """Where the configuration's files are, as Nginx sees it."""
    work: str
    """Where Nginx may write: its process id, bodies that do not fit into memory, cached assets."""
    access_log: str = "/dev/stdout"
    """One JSON object a request."""
    port: int
    """Where it listens; with `tls`, only to redirect."""
    tls_port: int | None = None
    """Where it listens with TLS and HTTP/2; `None` = nowhere."""
    tls_folder: str = ""
    """Where certificate and key are."""
    server_name: str = "_"
    """The host name of the dashboard; `_` = any."""
    base_path: str = ""
    """The path below which the dashboard is, such as /analytics; empty = the whole host."""
    trusted: Sequence[str] = ()
    """Networks of proxies in front, whose forwarded and identity headers are believed."""
    identity_headers: Sequence[str] = ()
    """The headers by which a trusted proxy names the user; from others they are removed."""


def identity_headers(spec: DashboardSpec) -> tuple[str, ...]:
    """The headers of the manifest, or the default ones."""
    defaults = {name: info.default for name, info in ProxyAuth.model_fields.items()}
    return tuple(
        str(getattr(spec.auth.proxy, name, defaults[name]))
        for name in ("user_header", "email_header", "groups_header")
    )


def files(front: Front) -> dict[str, str]:
    """Every file of the configuration's folder, by name."""
    return {
        "nginx.conf": configuration(front),
        "upstream.conf": upstream(front.upstreams),
    }


def upstream(instances: Sequence[str]) -> str:
    """The instances: requests go to the one with the fewest under way."""
    lines = [f"    server {one} max_fails=3 fail_timeout=3s;" for one in instances]
    return "\n".join(
        [
            "# Drain an instance: write `down` before its semicolon, then reload.",
            "upstream api {",
            "    zone api 128k;",
            "    least_conn;",
            *lines,
            "    keepalive 32;",
            "}",
            "",
        ]
    )


def configuration(front: Front) -> str:
    """The text of nginx.conf."""
    return "\n".join(
        [
            "# Rendered by `shopx render`: change the manifest, and render it again.",
            "worker_processes auto;",
            f"pid {front.work}/nginx.pid;",
            "error_log stderr warn;",
            "# A subscription outlives a reload by this; then its client connects again.",
            "worker_shutdown_timeout 1h;",
            "",
            "events {",
            "    worker_connections 4096;",
            "}",
            "",
            "http {",
            *_indented(_common(front)),
            "",
            f"    include {front.folder}/upstream.conf;",
            "",
            *_indented(_servers(front)),
            "}",
            "",
        ]
    )


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


def _common(front: Front) -> list[str]:
    work = front.work
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return [
        "server_tokens off;",
        "# The port inside a container is not the visitors'.",
        "absolute_redirect off;",
        "tcp_nodelay on;",
        "keepalive_timeout 75s;",
        "default_type application/octet-stream;",
        *(f"{name}_temp_path {work}/{name};" for name in temporary),
        (
            f"proxy_cache_path {work}/assets levels=1 keys_zone=assets:2m max_size=128m inactive=7d"
            " use_temp_path=off;"
        ),
        "",
        "# The client's own address, where a proxy in front is trusted.",
        *(f"set_real_ip_from {network};" for network in front.trusted),
        "real_ip_header X-Forwarded-For;",
        "real_ip_recursive on;",
        "geo $realip_remote_addr $trusted {",
        "    default 0;",
        *(f"    {network} 1;" for network in front.trusted),
        "}",
        "map $trusted$http_x_forwarded_proto $forwarded_proto {",
        "    default $scheme;",
        "    1http http;",
        "    1https https;",
        "}",
        "map $trusted$http_x_forwarded_host $forwarded_host {",
        "    default $http_host;",
        "    ~^1(?<given>.+)$ $given;",
        "}",
        *(line for name in front.identity_headers for line in _identity(name)),
        "map $http_x_request_id $sent_request_id {",
        "    default $request_id;",
        "    ~^[A-Za-z0-9._-]+$ $http_x_request_id;",
        "}",
        'map "$request_method $http_accept" $wanted {',
        "    default json;",
        '    "~^(GET|HEAD) .*text/html" page;',
        "    ~application/graphql-response\\+json graphql;",
        "}",
        "map $http_upgrade $connection_header {",
        "    default upgrade;",
        '    "" "";',
        "}",
        "",
        "# No query string and no header: they may hold what is secret.",
        (
            'log_format access escape=json \'{"event":"request","component":"nginx",'
            '"timestamp":"$time_iso8601","client":"$remote_addr","method":"$request_method",'
            '"path":"$uri","status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,'
            '"upstream":"$upstream_addr","request_id":"$sent_request_id"}\';'
        ),
        f"access_log {front.access_log} access;",
        "",
        f"limit_req_zone $binary_remote_addr zone=requests:10m rate={_PER_SECOND}r/s;",
        "limit_conn_zone $binary_remote_addr zone=connections:10m;",
        "limit_req_status 429;",
        "limit_conn_status 429;",
    ]


def _variable(header: str) -> str:
    return header.lower().replace("-", "_")


def _identity(header: str) -> list[str]:
    name = _variable(header)
    return [
        f"map $trusted $identity_{name} {{",
        '    default "";',
        f"    1 $http_{name};",
        "}",
    ]


def _servers(front: Front) -> list[str]:
    if front.tls_port is None:
        listen = [f"listen {front.port};", f"listen [::]:{front.port};"]
        return _server(front, listen)
    redirect = [
        "server {",
        f"    listen {front.port};",
        f"    listen [::]:{front.port};",
        f"    server_name {front.server_name};",
        "    return 308 https://$host$request_uri;",
        "}",
        "",
    ]
    tls = [
        f"listen {front.tls_port} ssl http2;",
        f"listen [::]:{front.tls_port} ssl http2;",
        f"ssl_certificate {front.tls_folder}/{CERTIFICATE};",
        f"ssl_certificate_key {front.tls_folder}/{KEY};",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "ssl_session_cache shared:tls:10m;",
        "ssl_session_tickets off;",
        'add_header Strict-Transport-Security "max-age=31536000" always;',
    ]
    return redirect + _server(front, tls)


def _server(front: Front, listen: Sequence[str]) -> list[str]:
    return [
        "server {",
        *_indented(
            [
                *listen,
                f"server_name {front.server_name};",
                f"client_max_body_size {_API.max_body_bytes};",
                "limit_req zone=requests burst=" + f"{_BURST} nodelay;",
                f"limit_conn connections {_CONNECTIONS};",
                "",
                *_proxy(front),
                "",
                *_maintenance(front),
                "",
                *_locations(front.base_path),
            ]
        ),
        "}",
    ]


def _proxy(front: Front) -> list[str]:
    return [
        "proxy_http_version 1.1;",
        "proxy_set_header Host $http_host;",
        "proxy_set_header Connection $connection_header;",
        "proxy_set_header Upgrade $http_upgrade;",
        "# Replaced, not extended: what an untrusted client claims ends here.",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto $forwarded_proto;",
        "proxy_set_header X-Forwarded-Host $forwarded_host;",
        "proxy_set_header X-Request-ID $sent_request_id;",
        'proxy_set_header Forwarded "";',
        *(
            f"proxy_set_header {name} $identity_{_variable(name)};"
            for name in front.identity_headers
        ),
        "# Streams and subscriptions go out as they come.",
        "proxy_buffering off;",
        "proxy_connect_timeout 1s;",
        f"proxy_read_timeout {_READ_SECONDS}s;",
        f"proxy_send_timeout {_READ_SECONDS}s;",
        "# A POST that an instance has received is never sent to another: it may have been booked.",
        "proxy_next_upstream error timeout;",
        "proxy_next_upstream_tries 3;",
        f"proxy_next_upstream_timeout {2 * _READ_SECONDS}s;",
    ]


_KINDS: Final = {
    "page": "text/html",
    "json": "application/json",
    # GraphQL clients read the errors of a 503 only with this media type.
    "graphql": "application/graphql-response+json",
}


def _maintenance(front: Front) -> list[str]:
    lines = [
        f"if (-f {front.folder}/{FLAG}) {{",
        "    return 503;",
        "}",
        "# What an instance answers, such as its own 503, stays.",
        "error_page 503 @maintenance_$wanted;",
        "error_page 502 504 @unanswered_$wanted;",
    ]
    for name, away in (("maintenance", MAINTENANCE), ("unanswered", UNANSWERED)):
        for kind, media in _KINDS.items():
            lines += _away(f"@{name}_{kind}", media, away.page if kind == "page" else away.errors)
    return lines


def _away(name: str, media: str, text: str) -> list[str]:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").strip()
    return [
        f"location {name} {{",
        f"    default_type {media};",
        "    charset utf-8;",
        f"    add_header Retry-After {RETRY_SECONDS} always;",
        "    add_header Cache-Control no-store always;",
        "    add_header Vary Accept always;",
        "    add_header X-Content-Type-Options nosniff always;",
        f"    return 503 '{escaped}';",
        "}",
    ]


def _locations(base: str) -> list[str]:
    below = f"{base}/"
    outside = (
        [
            f"location = {base} {{",
            f"    return 308 {below}$is_args$args;",
            "}",
            "location / {",
            "    return 404;",
            "}",
            "location = / {",
            f"    return 302 {below};",
            "}",
        ]
        if base
        else []
    )
    return [
        *outside,
        f"location {below} {{",
        "    proxy_pass http://api;",
        "}",
        "# Named by their content: the same for everybody, for ever.",
        f"location {below}assets/ {{",
        "    proxy_pass http://api;",
        "    proxy_buffering on;",
        "    proxy_cache assets;",
        "    proxy_cache_key $uri;",
        "    proxy_cache_valid 200 7d;",
        "    proxy_cache_lock on;",
        "    proxy_cache_use_stale error timeout updating;",
        "}",
        "# For Prometheus, which asks the instances themselves.",
        f"location = {below}metrics {{",
        "    return 404;",
        "}",
    ]
