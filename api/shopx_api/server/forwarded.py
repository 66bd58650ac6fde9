"""What a trusted proxy says about the request that it forwards: address, protocol, prefix.

Other peers are not believed: their headers of these names, and those that name a user, are removed
before anything reads them.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from shopx_api.asgi import App, Headers, Prepared, Receive, Scope, Send, directly_of
from shopx_core.settings import AuthSettings, Network

_FOR, _PROTO, _PREFIX = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-prefix"
_SCHEMES: Final = {b"http": "http", b"https": "https"}
_MAX_ADDRESS: Final = 64
"""Characters of an address with zone, brackets and port; no longer text is remembered."""


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """An address as text, perhaps with a port or in brackets; `None` = it is none."""
    return _short_address_of(text) if len(text) <= _MAX_ADDRESS else _address_of(text)


def _address_of(text: str) -> IPv4Address | IPv6Address | None:
    plain = text.strip().strip('"')
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        found = ip_address(plain)
    except ValueError:
        return None
    # A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d.
    return getattr(found, "ipv4_mapped", None) or found


_short_address_of = lru_cache(maxsize=1024)(_address_of)


def is_trusted(text: str, networks: Iterable[Network]) -> bool:
    """Whether a peer is a trusted proxy."""
    found = address_of(text)
    return found is not None and any(found in network for network in networks)


def client_of(peer: str, forwarded: Iterable[str], networks: Iterable[Network]) -> str:
    """The address of the client: the last one that no trusted proxy has.

    Args:
        peer: The other end of the connection.
        forwarded: The values of X-Forwarded-For, in order; each proxy adds its peer at the end.
        networks: The trusted proxies.
    """
    known = tuple(networks)
    client = peer
    hops = [hop for value in forwarded for hop in value.split(",")]
    while hops and is_trusted(client, known):
        found = address_of(hops.pop())
        if found is None:
            break
        client = str(found)
    return client


class Forwarded:
    """Applies what trusted proxies say, and removes what others say.

    `scope["client"]` becomes the client's address, `scope["scheme"]` and `scope["root_path"]` those
    that it used. The port of a client behind a proxy is unknown: 0.

    Args:
        app: Serves the request.
        settings: Which proxies are trusted, and the headers with which they name a user.
    """

    def __init__(self, app: App, settings: AuthSettings) -> None:
        self._app = app
        self._directly = directly_of(app)
        self._networks = settings.trusted_proxies
        self._users = frozenset(
            name.lower().encode()
            for name in (settings.user_header, settings.email_header, settings.groups_header)
        )
        self._all = self._users | {_FOR, _PROTO, _PREFIX}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            self.apply(scope)
        await self._app(scope, receive, send)

    def directly(self, scope: Scope, body: bytes) -> Prepared | None:
        """Answer a request at once, as what its peer may say makes it; see `asgi.Directly`."""
        self.apply(scope)
        return self._directly(scope, body)

    def apply(self, scope: Scope) -> None:
        """Change a scope by what its peer may say."""
        headers: Headers = scope["headers"]
        client = scope.get("client")
        if not client or not is_trusted(client[0], self._networks):
            scope["headers"] = [pair for pair in headers if pair[0] not in self._all]
            return
        said = [value.decode("latin-1") for name, value in headers if name == _FOR]
        found = client_of(client[0], said, self._networks)
        if found != client[0]:
            scope["client"] = (found, 0)
        values = dict(headers)
        scheme = _SCHEMES.get(values.get(_PROTO, b"").strip().lower())
        if scheme is not None:
            scope["scheme"] = scheme
        prefix = values.get(_PREFIX, b"").decode("latin-1").rstrip("/")
        if prefix.startswith("/") and not prefix.startswith("//"):
            scope["root_path"] = prefix
