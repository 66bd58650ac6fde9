"""Reading the URLs of databases and caches: what they point at, without the password."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a URL points at."""

    scheme: str
    address: str
    """Hosts and ports as written; several are separated by commas."""
    ports: tuple[int, ...]
    """The ports that are named, in their order."""
    path: str
    user: str


def endpoint(url: str) -> Endpoint:
    """Read a URL as libpq and Redis clients do; whatever is malformed reads as empty.

    libpq allows several hosts, `postgresql://user@one:5432,two:5433/name`, which is no URL to
    anybody else.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return Endpoint("", "", (), "", "")
    credentials, _, address = parts.netloc.rpartition("@")
    ports = []
    for host in address.split(","):
        # An IPv6 address has colons of its own, in brackets.
        _, colon, port = host.rpartition("]")[2].rpartition(":")
        if colon and port.isdecimal() and 0 < int(port) < 2**16:
            ports.append(int(port))
    user = credentials.partition(":")[0]
    return Endpoint(parts.scheme, address, tuple(ports), parts.path, user)
