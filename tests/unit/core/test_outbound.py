"""Which addresses the operator connects to because a dashboard names them."""

from ipaddress import ip_address

import pytest

from shopx_core.clients.outbound import AddressRefused, Found, Outbound, OutboundPolicy

SERVICE = "cache.shop.svc"


def permits(address: str, host: str = "cache.example.org", *entries: str) -> bool:
    """Whether a dashboard of the namespace `shop` may name it."""
    return OutboundPolicy.of(entries).permits(host, "shop", ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.1.2.3", "::1", "::", "::ffff:127.0.0.1"),
        *("169.254.169.254", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254"),
        *("64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"),
        *("168.63.129.16", "100.100.100.200", "192.0.0.192", "224.0.0.1", "255.255.255.255"),
    ],
)
@pytest.mark.parametrize("host", ["cache.example.org", SERVICE])
def test_loopback_and_metadata_are_never_servers(address: str, host: str) -> None:
    """Neither by a public name, nor by a Service, nor by a wide permission."""
    assert not permits(address, host)
    assert not permits(address, host, "0.0.0.0/0", "::/0", host)


def test_an_entry_within_such_a_range_permits_it() -> None:
    assert permits("127.0.0.1", "localhost", "127.0.0.0/8")
    assert not permits("169.254.169.254", "x", "127.0.0.0/8")


@pytest.mark.parametrize("address", ["10.96.0.12", "172.16.0.1", "192.168.1.1", "fd12::1"])
def test_private_addresses_need_a_reason(address: str) -> None:
    """A Service of the same namespace, or the administrator's permission."""
    assert not permits(address)
    assert permits(address, SERVICE)
    assert permits(address, f"{SERVICE}.cluster.local.")
    assert permits(address, "x", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
    assert permits(address, "prometheus.monitoring.svc", "*.monitoring.svc")
    assert permits(address, "Redis.Corp.Example", "redis.corp.example")


@pytest.mark.parametrize(
    "host",
    ["cache.other.svc", "cache.shop.svc.example.org", "shop.svc", "evil-shop.svc", "cache.shop"],
)
def test_names_that_only_look_like_own_services_are_none(host: str) -> None:
    assert not permits("10.96.0.12", host)


def test_public_addresses_are_free() -> None:
    assert permits("93.184.216.34")
    assert permits("2606:2800:220:1:248:1893:25c8:1946")


class Names:
    """A resolver whose answer changes between two questions."""

    def __init__(self, *answers: Found) -> None:
        self.answers = list(answers)

    async def __call__(self, _host: str, _port: int) -> Found:
        return self.answers.pop(0)


async def addresses(host: str, *answers: Found) -> list[str]:
    outbound = Outbound(OutboundPolicy.of([]), Names(*answers))
    return list(await outbound.addresses(host, 80, "shop"))


async def test_an_alias_is_judged_by_what_it_stands_for() -> None:
    """A Service of type ExternalName is an alias: it must not lend its name to another server."""
    own = f"{SERVICE}.cluster.local"
    assert await addresses(SERVICE, (own, ("10.0.0.1",))) == ["10.0.0.1"]
    with pytest.raises(AddressRefused, match=r"permitted\.addresses"):
        await addresses(SERVICE, ("db.other.svc.cluster.local", ("10.0.0.1",)))


async def test_every_address_of_a_name_is_checked() -> None:
    with pytest.raises(AddressRefused, match=r"169\.254\.169\.254"):
        await addresses("x.example.org", ("x.example.org", ("93.184.216.34", "169.254.169.254")))
    with pytest.raises(AddressRefused):
        await addresses("169.254.169.254")
