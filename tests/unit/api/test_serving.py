"""Keep-alive and graceful shutdown behind a proxy."""

import pytest

from shopx_api.server.graceful_shutdown import QUIET_SECONDS, GracefulShutdown
from shopx_api.server.serve import configuration, intake_of
from shopx_core.settings import Settings

ENVOY_IDLE_SECONDS = 3600
"""Envoy's default `idle_timeout` of connections to what it proxies."""


def test_proxies_close_idle_connections_first() -> None:
    """If the server closed first, a request on the closing connection would be lost."""
    settings = Settings.from_env({"SHOPX_DATABASE_DSN": "postgresql://db.invalid/shopx"})
    assert configuration(settings, intake_of(settings)).timeout_keep_alive > ENVOY_IDLE_SECONDS


LONGEST = 20.0
BUSY = [(second, second) for second in range(30)]


@pytest.mark.parametrize(
    ("requests", "ends"),
    [
        ([], QUIET_SECONDS),
        ([(0, 1), (1, 2), (2, 3)], 2 + QUIET_SECONDS),
        (BUSY, LONGEST),
    ],
    ids=["no requests", "proxies stop after two seconds", "a proxy never stops"],
)
def test_a_process_stops_when_no_more_requests_arrive(
    requests: list[tuple[float, int]], ends: float
) -> None:
    """`requests`: instants, with the number of requests that had arrived by then."""
    leaving = GracefulShutdown(LONGEST, 0, now=0.0)
    for tenth in range(300):
        now = tenth / 10
        came = max((number for when, number in requests if when <= now), default=0)
        if leaving.over(came, now):
            break
    assert now == ends


def test_one_that_no_proxy_needs_stops_at_once() -> None:
    """On one machine a new process serves the same socket."""
    assert GracefulShutdown(0.0, 7, now=5.0).over(7, now=5.0)
