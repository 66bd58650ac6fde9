"""How the server behaves towards what is in front of it."""

from shopx_api.serve import configuration
from shopx_core.settings import Settings

ENVOY_IDLE_SECONDS = 3600
"""Envoy's default `idle_timeout` of connections to what it proxies."""


def test_proxies_close_idle_connections_first() -> None:
    """The other way round a request is lost now and then: it is sent on a connection that ends."""
    settings = Settings.from_env({"SHOPX_DATABASE_DSN": "postgresql://db.invalid/shopx"})
    assert configuration(settings).timeout_keep_alive > ENVOY_IDLE_SECONDS
