"""What the URLs of databases and caches point at, without the password."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a URL points at."""

    scheme: str
    address: str
    """Hosts and ports as written; several are separated by commas."""
    ports: tuple[int, ...]
    """The ports in the URL, in their order."""
    path: str
    user: str


def endpoint(url: str) -> Endpoint:
    """Read a URL as libpq and Redis clients do; a malformed one reads as empty.

    libpq allows several hosts, `postgresql://user@one:5432,two:5433/name`, which URL parsers do
    not understand.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return Endpoint("", "", (), "", "")
    credentials, _, address = parts.netloc.rpartition("@")
    ports = []
    for host in address.split(","):
        # The colons of an IPv6 address are in brackets.
        _, colon, port = host.rpartition("]")[2].rpartition(":")
        if colon and port.isdecimal() and 0 < int(port) < 2**16:
            ports.append(int(port))
    user = credentials.partition(":")[0]
    return Endpoint(parts.scheme, address, tuple(ports), parts.path, user)


def password(url: str) -> str:
    """The password in a URL of one host; empty = it has none."""
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""


def from_elsewhere(url: str, namespace: str) -> str:
    """A URL of a namespace's pods, as clients outside that namespace must write it.

    `redis://cache:6379` names a Service in the same namespace; elsewhere DNS needs the namespace
    as well. Every other host, and a malformed URL, stays as it is.

    Args:
        url: With one host, or of several Sentinels.
        namespace: The pods' namespace.
    """
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    authority, mark, query = _until(authority, "?#")
    credentials, at, addresses = authority.rpartition("@")
    seen = ",".join(_from_elsewhere(one, namespace) for one in addresses.split(","))
    return f"{scheme}{separator}{credentials}{at}{seen}{mark}{query}{slash}{path}"


def _until(text: str, marks: str) -> tuple[str, str, str]:
    """The text before the first of some marks, that mark, and the text after it."""
    end = min((place for mark in marks if (place := text.find(mark)) >= 0), default=len(text))
    return text[:end], text[end : end + 1], text[end + 1 :]


def _from_elsewhere(address: str, namespace: str) -> str:
    host, colon, port = address.partition(":")
    if not host or host == "localhost" or "." in host or host.startswith("["):
        return address
    return f"{host}.{namespace}.svc{colon}{port}"
