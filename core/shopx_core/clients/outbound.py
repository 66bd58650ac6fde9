"""Which addresses a process may connect to because a dashboard's author names them.

Without a check, the right to write a dashboard would be the right to send requests from the
operator's place in the network. A name is resolved here, every address that it has is checked, and
the connection goes to a checked address: a name that resolves differently a moment later changes
nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, Self

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORBIDDEN: Final[tuple[Network, ...]] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local, with the metadata of most clouds
            "192.0.0.0/24",  # the metadata of Oracle's cloud
            "100.100.100.200/32",  # the metadata of Alibaba's cloud
            "168.63.129.16/32",  # the platform's own address in Azure
            "224.0.0.0/3",
            "::/128",
            "::1/128",
            "fe80::/10",
            "fd00:ec2::/32",  # the metadata of Amazon's cloud
            "ff00::/8",
        ),
    )
)
"""Never a server of a dashboard: only an entry that lies within such a range permits a part."""

_TRANSLATED: Final = ip_network("64:ff9b::/96")
"""IPv6 addresses that stand for IPv4 addresses (RFC 6052)."""


class AddressRefused(OSError):  # noqa: N818 -- a decision, not an error
    """A host that may not be connected to; the message says why, and how to permit it."""


def _is_network(entry: str) -> bool:
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """Which addresses may be connected to.

    Public addresses, and Services in the dashboard's own namespace. Other private
    addresses need the administrator's permission.
    """

    networks: tuple[Network, ...] = ()
    """Permitted networks."""
    hosts: tuple[str, ...] = ()
    """Permitted names; `*.example.org` stands for all names below it."""
    cluster_domain: str = "cluster.local"
    """The DNS domain of the cluster."""

    @classmethod
    def of(cls, entries: Iterable[str], cluster_domain: str = "cluster.local") -> Self:
        """The policy that permits these networks (`10.20.0.0/16`) and names."""
        given = [entry.strip().lower().rstrip(".") for entry in entries]
        return cls(
            tuple(ip_network(entry, strict=False) for entry in given if _is_network(entry)),
            tuple(entry for entry in given if not _is_network(entry)),
            cluster_domain,
        )

    def permits(self, host: str, namespace: str, address: Address) -> bool:
        """Whether a connection may be opened.

        Args:
            host: The name that was resolved, or where it is an alias, the name that it stands for.
            namespace: The dashboard's.
            address: What the name resolves to.
        """
        meant = _meant(address)
        named = [network for network in self.networks if meant in network]
        forbidden = [network for network in _FORBIDDEN if meant in network]
        if forbidden:
            return any(_within(one, other) for one in named for other in forbidden)
        return (
            bool(named)
            or meant.is_global
            or self._listed(host)
            or self._is_own_service(host, namespace)
        )

    def _listed(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        return any(
            name.endswith(entry[1:]) if entry.startswith("*.") else name == entry
            for entry in self.hosts
        )

    def _is_own_service(self, host: str, namespace: str) -> bool:
        """Whether a name is that of a Service, or of a Service's pod, of the namespace."""
        name = host.lower().rstrip(".").removesuffix(f".{self.cluster_domain}")
        return name.endswith(f".{namespace}.svc")


def _within(one: Network, other: Network) -> bool:
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.subnet_of(other)
    return isinstance(other, IPv6Network) and one.subnet_of(other)


Found = tuple[str, tuple[str, ...]]
"""The name that a host is an alias of, and its addresses."""
Lookup = Callable[[str, int], Awaitable[Found]]


async def look_up(host: str, port: int) -> Found:
    """Resolve a host as a connection would.

    Raises:
        OSError: The name does not resolve.
    """
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME
    )
    canonical = next((entry[3] for entry in found if entry[3]), host)
    return canonical, tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Outbound:
    """Resolves hosts to addresses that may be connected to."""

    policy: OutboundPolicy
    look_up: Lookup = look_up
    """How names are resolved."""

    async def addresses(self, host: str, port: int, namespace: str) -> Sequence[str]:
        """The addresses of a host, all of them checked.

        Args:
            host: A name or an address.
            port: The port.
            namespace: The dashboard's namespace.

        Raises:
            AddressRefused: One of the addresses may not be connected to.
            OSError: The name does not resolve.
        """
        try:
            ip_address(host)
        except ValueError:
            canonical, found = await self.look_up(host, port)
        else:
            canonical, found = host, (host,)
        for text in found:
            # A scope such as `%eth0` belongs to link-local addresses alone.
            address = ip_address(text.partition("%")[0])
            if not self.policy.permits(canonical, namespace, address):
                raise AddressRefused(_refusal(host, text))
        return found


def _refusal(host: str, address: str) -> str:
    what = host if host == address else f"{host} is {address}, and that address"
    return (
        f"{what} is neither public nor a Service of the dashboard's namespace; permit it with"
        " permitted.addresses in the values of the operator's chart"
    )
