"""The address of the client itself, behind proxies that are trusted to name it."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from shopx_api.asgi import Scope

Network = IPv4Network | IPv6Network


def client_address(scope: Scope, trusted: Sequence[Network]) -> str | None:
    """The nearest address that no trusted proxy has; `None` = the server knows none.

    X-Forwarded-For is read from its end, where the nearest proxy wrote, and only as far as each
    writer is trusted: what a client claims there is never reached.

    Args:
        scope: Of an HTTP request.
        trusted: Networks of proxies.
    """
    client = scope.get("client")
    address: str | None = client[0] if client else None
    if address is None or not trusted or not _within(address, trusted):
        return address
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    for hop in reversed(b",".join(lines).decode("latin-1").split(",")):
        try:
            named = str(ip_address(hop.strip()))
        except ValueError:
            break
        address = named
        if not _within(named, trusted):
            break
    return address


def _within(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    # A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d.
    plain = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(plain in network for network in networks)
