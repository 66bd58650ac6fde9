"""URLs of Redis: of one server, or of the Sentinels that know which server is the primary.

Sentinels are named as in Lettuce's documentation:

    redis-sentinel://[[user:]password@]host[:port][,host[:port]…][/database][?options]#primary

`rediss-sentinel://` is the same over TLS, to the Sentinels and to the servers. No driver here reads
this form, so it is taken apart once, into plain URLs that all of them read.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

SENTINEL_PORT: Final = 26379

_SCHEMES: Final = ("redis", "rediss", "unix")
_SENTINEL_SCHEMES: Final = ("redis-sentinel", "rediss-sentinel")
_FILES: Final = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})
_OPTIONS: Final = _FILES | {"db", "ssl_cert_reqs", "ssl_check_hostname"}
_SENTINEL_OPTIONS: Final = _OPTIONS | {"sentinel_username", "sentinel_password"}
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_PRIMARY: Final = re.compile(r"[A-Za-z0-9._-]+")
"""The names that Sentinels take."""
_UNREADABLE: Final = "it is no URL; special characters in a password must be percent-encoded"


@dataclass(frozen=True, slots=True)
class SentinelUrl:
    """Sentinels, and the servers that they watch."""

    primary: str
    """The name under which the Sentinels know the primary."""
    hosts: tuple[tuple[str, int], ...]
    """The Sentinels; an IPv6 address is without brackets."""
    database: int
    tls: bool
    username: str | None
    """Of the servers, as the password."""
    password: str | None = field(repr=False)
    sentinel_username: str | None
    sentinel_password: str | None = field(repr=False)
    tls_options: tuple[tuple[str, str], ...] = ()
    """Certificates and what is verified, as redis-py names them."""

    def sentinels(self) -> list[str]:
        """A plain URL of each Sentinel."""
        return [
            self._url(host, port, self.sentinel_username, self.sentinel_password)
            for host, port in self.hosts
        ]

    def server(self, host: str, port: int) -> str:
        """The plain URL of a server that a Sentinel named."""
        return self._url(host, port, self.username, self.password, f"/{self.database}")

    def _url(
        self, host: str, port: int, username: str | None, password: str | None, path: str = ""
    ) -> str:
        credentials = "" if password is None else f":{quote(password, safe='')}@"
        shown = f"[{host}]" if ":" in host else host
        query = f"?{urlencode(self.tls_options)}" if self.tls_options else ""
        user = quote(username or "", safe="") if credentials else ""
        scheme = "rediss" if self.tls else "redis"
        return f"{scheme}://{user}{credentials}{shown}:{port}{path}{query}"


def is_sentinel(url: str) -> bool:
    """Whether a URL names Sentinels."""
    return url.partition("://")[0] in _SENTINEL_SCHEMES


def sentinel_url(url: str) -> SentinelUrl | None:
    """The Sentinels of a URL; `None` = it names a server.

    Raises:
        ValueError: It names Sentinels and cannot be used; the message has no value of it.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in _SENTINEL_SCHEMES:
        return None
    rest, _, primary = rest.partition("#")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    options = dict(parse_qsl(query))
    if not primary and ("@" in authority or _HOST.match(hosts)):
        raise ValueError(
            "it must name the primary that the Sentinels watch, behind a # at its end, such as"
            f" {scheme}://sentinel-1:26379,sentinel-2:26379/0#mymaster"
        )
    if _PRIMARY.fullmatch(primary) is None:
        raise ValueError(_UNREADABLE)
    if unknown := sorted(options.keys() - _SENTINEL_OPTIONS):
        raise ValueError(_unsupported(unknown))
    user, colon, password = credentials.partition(":")
    if at and not colon:
        # Lettuce's rule: what stands alone is the password.
        user, password = "", user
    tls = scheme == "rediss-sentinel"
    if not tls and any(name.startswith("ssl_") for name in options):
        raise ValueError(
            "its ssl_ options need TLS; begin it with rediss-sentinel://, or remove them"
        )
    return SentinelUrl(
        primary=primary,
        hosts=_hosts(hosts),
        database=_database(options.get("db", path)),
        tls=tls,
        username=unquote(user) or None,
        password=unquote(password) if at else None,
        sentinel_username=options.get("sentinel_username"),
        sentinel_password=options.get("sentinel_password"),
        tls_options=tuple((k, v) for k, v in options.items() if k.startswith("ssl_")),
    )


def _hosts(text: str) -> tuple[tuple[str, int], ...]:
    found = [_HOST.fullmatch(one) for one in text.split(",")]
    hosts = [
        (match[1].strip("[]"), int(match[2] or SENTINEL_PORT))
        for match in found
        if match is not None
    ]
    if len(hosts) < len(found) or any(not 0 < port < 1 << 16 for _, port in hosts):
        raise ValueError(
            "its Sentinels must be host or host:port, separated by commas; special characters in a"
            " password must be percent-encoded"
        )
    return tuple(hosts)


def _database(text: str) -> int:
    if text and not (text.isascii() and text.isdecimal()):
        raise ValueError("the database behind its hosts must be a number, such as /0")
    return int(text or 0)


def _unsupported(options: list[str]) -> str:
    return f"the option {', '.join(options)} is not supported; remove it"


def redis_problem(url: str) -> str:
    """Why a URL of Redis cannot be used; empty = it can.

    The text names options and never a value: it is shown in statuses and logs.
    """
    scheme, separator, rest = url.partition("://")
    if scheme in _SENTINEL_SCHEMES and separator:
        return _sentinel_problem(url)
    if "sentinel" in scheme:
        return (
            "Sentinels are named by redis-sentinel://host:26379,host:26379/0#mymaster, or"
            " rediss-sentinel:// where they and the servers use TLS"
        )
    if scheme not in _SCHEMES or not separator or not rest:
        return "it must begin with redis://, rediss://, redis-sentinel:// or rediss-sentinel://"
    return _server_problem(url)


def _sentinel_problem(url: str) -> str:
    try:
        sentinel_url(url)
    except ValueError as error:
        return str(error)
    return ""


def _server_problem(url: str) -> str:
    try:
        parts = urlsplit(url)
        if "," in parts.netloc.rpartition("@")[2]:
            return (
                "it must name one host: Cluster is not supported, because a job and its"
                " acknowledgement would be keys of different servers; Sentinels are named by"
                " redis-sentinel://"
            )
        _ = parts.port
    except ValueError:
        return _UNREADABLE
    unknown = sorted({name for name, _ in parse_qsl(parts.query)} - _OPTIONS)
    return _unsupported(unknown) if unknown else ""


def redis_url(url: str, authority: str | None) -> str:
    """The URL with the file of the authority that signed the servers' certificates.

    Args:
        url: Of Redis.
        authority: `None` = those that the machine trusts; one in the URL goes before.
    """
    if authority is None or not has_tls(url) or "ssl_ca_certs=" in url:
        return url
    base, hash_, primary = url.partition("#") if is_sentinel(url) else (url, "", "")
    separator = "&" if "?" in base else "?"
    return f"{base}{separator}{urlencode({'ssl_ca_certs': authority})}{hash_}{primary}"


def has_tls(url: str) -> bool:
    """Whether connections by a URL use TLS."""
    return url.startswith(("rediss://", "rediss-sentinel://"))


def is_redis(url: str) -> bool:
    """Whether a URL is one of Redis, by its scheme."""
    return url.startswith(("redis:", "rediss:", "redis-sentinel:", "rediss-sentinel:"))
