"""Which host names a request may be sent to: pure.

A page of another site can point a name of its own at this machine and then read what this machine
answers (DNS rebinding): the browser takes it for one origin. The request's Host is that name.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from shopx_core.settings import Settings

_OWN_SUFFIXES: Final = (".localhost", ".svc", ".cluster.local")
"""Names below these are the machine's or the cluster's own, and cannot be registered."""
_MAX_HOST: Final = 262
"""Characters of a name with a port; no longer one is remembered."""


def guarded_hosts(settings: Settings) -> frozenset[str] | None:
    """The names that a process answers to; `None` = every name.

    With tokens a page of another site has nothing to send, so names matter where anonymous callers
    may read.
    """
    named = frozenset(name.lower() for name in settings.api.allowed_hosts)
    return named if named or settings.auth.mode == "development" else None


def is_allowed(host: str, named: frozenset[str]) -> bool:
    """Whether a Host may be answered.

    Addresses, `localhost`, names without a dot and those of a cluster are: no other site can have
    them.

    Args:
        host: The header, perhaps with a port.
        named: Other names, in lower case.
    """
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    name = name.rstrip(".")
    if name in named or ("." not in name and ":" not in name):
        return True
    if name.endswith(_OWN_SUFFIXES):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def are_allowed(headers: Sequence[tuple[bytes, bytes]], named: frozenset[str]) -> bool:
    """Whether a request's Host headers are allowed; browsers send exactly one."""
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    if len(hosts) != 1:
        return not hosts
    host = hosts[0]
    return (_short_is_allowed if len(host) <= _MAX_HOST else is_allowed)(host, named)


_short_is_allowed = lru_cache(maxsize=256)(is_allowed)
