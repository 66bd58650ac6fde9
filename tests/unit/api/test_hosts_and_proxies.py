"""Whose word counts about a request: the host names it may be for, and what proxies add."""

from ipaddress import ip_network
from typing import Any

import pytest

from shopx_api.asgi import Receive, Scope, Send
from shopx_api.auth.hosts import are_allowed, guarded_hosts, is_allowed
from shopx_api.server.forwarded import Forwarded, client_of
from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.derive import Placement, settings_from_spec
from shopx_core.resource.v1beta1.spec import DashboardSpec
from shopx_core.settings import AuthSettings, Settings

NETWORKS = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("::1", True),
        ("192.0.2.7", True),
        ("localhost:8000", True),
        ("demo.localhost:8080", True),
        ("LOCALHOST.", True),
        ("shop-api", True),
        ("shop-api.shop.svc", True),
        ("shop-api.shop.svc.cluster.local:80", True),
        ("Sales.example.com", True),
        ("sales.example.com.:443", True),
        ("evil.test", False),
        ("sales.example.com.evil.test", False),
        ("127.0.0.1.nip.io", False),
        ("svc.evil.test", False),
        ("localhost.evil.test:8000", False),
        ("[::1", True),
        ("a:b:c.d", False),
        ("", True),
    ],
)
def test_a_host_is_this_machines_the_clusters_or_named(host: str, allowed: bool) -> None:
    assert is_allowed(host, frozenset({"sales.example.com"})) is allowed


def test_two_hosts_are_one_too_many() -> None:
    assert are_allowed([], frozenset())
    assert not are_allowed([(b"host", b"localhost"), (b"host", b"localhost")], frozenset())


def settings(**groups: Any) -> Settings:
    return Settings(database={"dsn": "postgresql://"}, **groups)


def test_names_are_guarded_where_reads_are_open_or_names_are_given() -> None:
    assert guarded_hosts(settings(auth={"mode": "development"})) == frozenset()
    assert guarded_hosts(settings(auth={"mode": "token"})) is None
    named = settings(auth={"mode": "token"}, api={"allowed_hosts": ["A.example"]})
    assert guarded_hosts(named) == {"a.example"}


def test_a_development_dashboard_answers_to_its_routes_name() -> None:
    spec = DashboardSpec.model_validate(
        {"environment": "development", "ingress": {"host": "demo.example.com"}}
    )
    made = settings_from_spec(spec, Placement(dsn="postgresql://"))
    assert guarded_hosts(made) == {"demo.example.com"}


@pytest.mark.parametrize("environment", ["production", "development"])
def test_production_does_not_start_with_open_reads(environment: str) -> None:
    """The resource has no such mode; an environment variable does not bring it either."""
    spec = DashboardSpec.model_validate({"environment": environment})
    variables = settings_from_spec(spec, Placement(dsn="postgresql://")).to_env()
    variables["SHOPX_AUTH_MODE"] = "development"
    if environment == "development":
        assert Settings.from_env(variables).auth.mode == "development"
    else:
        with pytest.raises(InvalidConfiguration, match="refused in production"):
            Settings.from_env(variables)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.9, 192.0.2.1, 10.9.9.9"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.9", "192.0.2.1"], "192.0.2.1"),
        ("::ffff:10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ['"[2001:db8::1]:443"', "[2001:db9::5]:1"], "2001:db9::5"),
        ("10.0.0.1", ["192.0.2.1:5000"], "192.0.2.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1, <script>, 10.0.0.2"], "10.0.0.2"),
        ("192.0.2.66", ["1.1.1.1"], "192.0.2.66"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(
    peer: str, forwarded: list[str], client: str
) -> None:
    assert client_of(peer, forwarded, NETWORKS) == client


async def seen(peer: str, headers: dict[str, str]) -> Scope:
    """The scope of a request after the layer."""
    found: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.append(scope)

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    layer = Forwarded(app, AuthSettings(mode="proxy", trusted_proxies=("10.0.0.0/8",)))
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope: Scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": raw}
    await layer(scope, nothing, nothing)
    return found[0]


SAID = {
    "x-forwarded-for": "192.0.2.1",
    "x-forwarded-proto": "https",
    "x-forwarded-prefix": "/sales/",
    "x-forwarded-user": "ann",
    "x-forwarded-groups": "all",
    "x-request-id": "r",
}


async def test_a_trusted_proxy_says_address_protocol_and_prefix() -> None:
    scope = await seen("10.1.2.3", SAID)
    assert scope["client"] == ("192.0.2.1", 0)
    assert (scope["scheme"], scope["root_path"]) == ("https", "/sales")
    assert (b"x-forwarded-user", b"ann") in scope["headers"]


@pytest.mark.parametrize("peer", ["192.0.2.66", "not an address"])
async def test_nobody_else_is_believed(peer: str) -> None:
    scope = await seen(peer, SAID)
    assert scope["client"] == (peer, 1)
    assert scope["scheme"] == "http"
    assert "root_path" not in scope
    assert scope["headers"] == [(b"x-request-id", b"r")]


@pytest.mark.parametrize(
    "said", [{"x-forwarded-proto": "javascript"}, {"x-forwarded-prefix": "//evil.test"}]
)
async def test_a_proxys_nonsense_changes_nothing(said: dict[str, str]) -> None:
    scope = await seen("10.1.2.3", said)
    assert scope["scheme"] == "http"
    assert "root_path" not in scope
