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


def from_elsewhere(url: str, namespace: str) -> str:
    """A URL that pods of a namespace use, as somebody outside it must write it.

    `redis://cache:6379` names a Service beside the pods, which DNS knows elsewhere only with its
    namespace. Every other host, and whatever is malformed, is left as it is.

    Args:
        url: With one host.
        namespace: Of the pods.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    credentials, at, address = parts.netloc.rpartition("@")
    host, colon, port = address.partition(":")
    if not host or host == "localhost" or "." in host or host.startswith("["):
        return url
    return parts._replace(netloc=f"{credentials}{at}{host}.{namespace}.svc{colon}{port}").geturl()
