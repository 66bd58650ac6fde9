"""Connection strings, as people get them from their providers: read once, for every driver.

libpq's rules hold for PostgreSQL (`postgresql://user:password@host:port/name?parameters`). psycopg
and SQLAlchemy use libpq itself. asyncpg does not: it sends every parameter that it does not know to
the server, which refuses it. So a URL is translated for it here, and what one of the drivers cannot
promise is refused before anything connects.
"""

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from shopx_core.redis_urls import has_tls, is_redis

SYSTEM: Final = "system"
"""libpq's word for the certificate authorities that the machine trusts."""

REPLICA_ADDRESS: Final = r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?$"
"""A host, or an IPv6 address in brackets, and a port."""
REPLICA_ADDRESS_WORDS: Final = (
    "is not one host or host:port, such as db-ro.example.com:5432; of several replicas give one"
    " name or proxy that leads to them"
)

_POSTGRES_SCHEMES: Final = ("postgresql", "postgres")
_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_VERIFYING: Final = ("verify-ca", "verify-full")

_PASSED: Final = frozenset(
    {
        *("host", "port", "dbname", "user", "password", "passfile"),
        *("application_name", "options", "target_session_attrs"),
    }
)
"""Parameters with the same meaning in both."""
_TLS: Final = frozenset(
    {
        *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl"),
        *("ssl_min_protocol_version", "ssl_max_protocol_version", "channel_binding"),
    }
)
"""Parameters from which `asyncpg_options` makes a TLS context."""
_LIBPQ_ALONE: Final = frozenset(
    {
        *("connect_timeout", "client_encoding", "fallback_application_name", "keepalives"),
        *("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"),
        *("gssencmode", "sslcompression", "sslsni", "load_balance_hosts"),
    }
)
"""Parameters that tune libpq: asyncpg does well without them."""

_FILES: Final = (
    *("sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"),
    *("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"),
)
"""Parameters whose values are paths, of PostgreSQL and of Redis."""

_VERSIONS: Final = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


def one_address(text: str) -> str:
    """A replica address as it was given.

    Raises:
        ValueError: It is none, such as a URL or a list of servers.
    """
    if re.fullmatch(REPLICA_ADDRESS, text) is None:
        raise ValueError(REPLICA_ADDRESS_WORDS)
    return text


def postgres_problem(url: str) -> str:
    """Why a URL of PostgreSQL cannot be used; empty = it can.

    The text names parameters and never a value: it is shown in statuses and logs.
    """
    scheme, separator, rest = url.partition("://")
    if scheme not in _POSTGRES_SCHEMES or not separator or not rest:
        return "it must begin with postgresql:// (a URL without driver name)"
    try:
        parameters = _parameters(url)
    except ValueError:
        return "it is no URL; special characters in a password must be percent-encoded"
    return _contradiction(parameters)


def _contradiction(parameters: Mapping[str, str]) -> str:
    unknown = sorted(parameters.keys() - _PASSED - _TLS - _LIBPQ_ALONE)
    if unknown:
        return (
            f"the parameter {', '.join(unknown)} is not supported by all drivers; remove it"
            " (a pooler's or an ORM's own parameters do not belong to the server's URL)"
        )
    mode = parameters.get("sslmode", "prefer")
    if mode not in _SSL_MODES:
        return f"sslmode must be one of {', '.join(_SSL_MODES)}"
    if parameters.get("sslrootcert") == SYSTEM and mode != "verify-full":
        return "sslrootcert=system needs sslmode=verify-full"
    if parameters.get("channel_binding") == "require" and mode in ("disable", "allow", "prefer"):
        return "channel_binding=require needs sslmode=require or stricter"
    return ""


def uses_authority(url: str) -> bool:
    """Whether a connection by a URL verifies the server's certificate by a given authority.

    As in libpq, `require` does as soon as there is one.
    """
    if is_redis(url):
        return has_tls(url)
    return _parameters(url).get("sslmode") in ("require", *_VERIFYING)


def files_of(url: str) -> list[str]:
    """The files that a URL names: certificates, keys, passwords."""
    # Python's own parser refuses several hosts of which one is an IPv6 address.
    parameters = dict(parse_qsl(url.partition("#")[0].partition("?")[2]))
    return [parameters[name] for name in _FILES if parameters.get(name, SYSTEM) != SYSTEM]


def libpq_url(url: str) -> str:
    """The URL for psycopg and SQLAlchemy.

    `sslmode=verify-full` without an authority means those of the machine: libpq alone would look
    for a file in a home directory, which a container does not have.
    """
    parameters = _parameters(url)
    if parameters.get("sslmode") != "verify-full" or _root_certificate(parameters) != SYSTEM:
        return url
    return _with(url, parameters | {"sslrootcert": SYSTEM})


def at_address(url: str, address: str) -> str:
    """The URL of the same database, by the same role, on another server.

    Args:
        url: Of PostgreSQL.
        address: `host` or `host:port`, as `REPLICA_ADDRESS`; without a port that of the URL's
            first server.
    """
    parameters = {
        name: value
        for name, value in _parameters(url).items()
        if name not in ("host", "port", "target_session_attrs", "load_balance_hosts")
    }
    base, _ = _split(url)
    scheme, _, rest = base.partition("://")
    authority, slash, path = rest.partition("/")
    credentials, at, servers = authority.rpartition("@")
    first = _parameters(url).get("host") or servers.partition(",")[0]
    port = _parameters(url).get("port", "").partition(",")[0] or _port(first)
    if port and not _port(address):
        address = f"{address}:{port}"
    return _with(f"{scheme}://{credentials}{at}{address}{slash}{path}", parameters)


def _port(server: str) -> str:
    """The port of `host:port`; empty = it has none. The colons of IPv6 are in brackets."""
    return server.rpartition("]")[2].partition(":")[2]


def asyncpg_options(url: str) -> dict[str, Any]:
    """The `dsn` and `ssl` for asyncpg.

    asyncpg has no channel binding. Where a URL requires it, the certificate is verified instead:
    that keeps others out of the middle as well.

    Raises:
        OSError: A certificate or key cannot be read.
        ValueError: The URL is invalid.
    """
    parameters = _parameters(url)
    passed = {name: value for name, value in parameters.items() if name in _PASSED}
    return {"dsn": _with(url, passed), "ssl": _tls(parameters)}


def _tls(parameters: Mapping[str, str]) -> ssl.SSLContext | str | bool | None:
    mode = parameters.get("sslmode")
    if mode is None:
        # asyncpg reads the same environment variables as libpq.
        return None
    if mode == "disable":
        return False
    if mode in ("allow", "prefer"):
        return mode
    root = _root_certificate(parameters)
    given = root != SYSTEM or "sslrootcert" in parameters
    if mode == "require" and parameters.get("channel_binding") == "require":
        mode = "verify-full"
    elif mode == "require" and given:
        # libpq's rule: with an authority at hand, it is used.
        mode = "verify-ca"
    context = ssl.create_default_context() if root == SYSTEM else _trusting(root)
    context.check_hostname = mode == "verify-full"
    context.verify_mode = ssl.CERT_REQUIRED if mode in _VERIFYING else ssl.CERT_NONE
    _identify(context, parameters)
    if crl := parameters.get("sslcrl"):
        context.load_verify_locations(crl)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    if minimum := parameters.get("ssl_min_protocol_version"):
        context.minimum_version = _VERSIONS[minimum]
    if maximum := parameters.get("ssl_max_protocol_version"):
        context.maximum_version = _VERSIONS[maximum]
    return context


def _trusting(authority: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    return context


def _identify(context: ssl.SSLContext, parameters: Mapping[str, str]) -> None:
    certificate = parameters.get("sslcert", os.environ.get("PGSSLCERT"))
    if certificate:
        key = parameters.get("sslkey", os.environ.get("PGSSLKEY"))
        password = parameters.get("sslpassword")
        # Without a password OpenSSL would ask for one on the terminal.
        context.load_cert_chain(certificate, key, lambda: password or "")


def _root_certificate(parameters: Mapping[str, str]) -> str:
    """Where the trusted authorities are, as libpq finds them, or `system`."""
    given = parameters.get("sslrootcert") or os.environ.get("PGSSLROOTCERT")
    if given:
        return given
    home = Path.home() / ".postgresql" / "root.crt"
    return str(home) if home.exists() else SYSTEM


def _parameters(url: str) -> dict[str, str]:
    """The parameters behind the question mark; the last of a name wins, as in libpq."""
    query = _split(url)[1]
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    # libpq reads + as itself.
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _split(url: str) -> tuple[str, str]:
    urlsplit(url)  # raises for what is no URL
    base, _, query = url.partition("?")
    return base, query


def _with(url: str, parameters: Mapping[str, str]) -> str:
    base = _split(url)[0]
    query = urlencode(parameters, quote_via=quote)
    return f"{base}?{query}" if query else base
