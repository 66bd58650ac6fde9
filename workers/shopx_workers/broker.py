"""What the drivers of the queue are told of Redis: of one server, or of Sentinels."""

from collections.abc import Mapping
from typing import Any, Final

from redis import Redis
from redis.connection import parse_url
from redis.sentinel import Sentinel

from shopx_core.redis_urls import SentinelUrl, sentinel_url

SENTINEL_SECONDS: Final = 1.0
"""How long a Sentinel may take to answer, before the next one is asked."""
_FAILOVER_RETRIES: Final = {
    "max_retries": 20,
    "interval_start": 0.2,
    "interval_step": 0.2,
    "interval_max": 1.0,
}
"""A job is put into the queue again for 17 seconds, longer than most failovers take."""


def celery_configuration(url: str, transport: Mapping[str, Any]) -> dict[str, Any]:
    """Celery's settings of the broker.

    Args:
        url: Of a server, or of Sentinels.
        transport: The options of every broker.

    Raises:
        ValueError: It names Sentinels and is invalid.
    """
    found = sentinel_url(url)
    if found is None:
        return {"broker_url": url, "broker_transport_options": {**transport}}
    # kombu takes the credentials of the servers from each URL, and the Sentinels' from the options.
    servers = [found.server(*host) for host in found.hosts]
    plain = [f"sentinel://{one.partition('://')[2].partition('?')[0]}" for one in servers]
    made: dict[str, Any] = {
        "broker_url": ";".join(plain),
        "task_publish_retry_policy": _FAILOVER_RETRIES,
        # A primary that was cut off refuses jobs until the next one is known.
        "broker_channel_error_retry": True,
        "broker_transport_options": {
            **transport,
            "master_name": found.primary,
            "sentinel_kwargs": _sentinel_options(found),
        },
    }
    if found.tls:
        made["broker_use_ssl"] = {"ssl_cert_reqs": "required"} | _tls(found)
    return made


def redis_client(url: str, seconds: float) -> Redis:
    """A client of the queue's server; with Sentinels each connection is to the primary of then.

    Args:
        url: Of a server, or of Sentinels.
        seconds: How long connecting, and one reply, may take.

    Raises:
        ValueError: The URL is invalid.
    """
    timeouts = {"socket_timeout": seconds, "socket_connect_timeout": seconds}
    found = sentinel_url(url)
    if found is None:
        return Redis.from_url(url, **timeouts)
    sentinels: Any = Sentinel(  # type: ignore[no-untyped-call] # redis-py's
        list(found.hosts), sentinel_kwargs=_sentinel_options(found)
    )
    client: Redis = sentinels.master_for(
        found.primary,
        username=found.username,
        password=found.password,
        db=found.database,
        **timeouts,
        **({"ssl": True, **_tls(found)} if found.tls else {}),
    )
    return client


def _sentinel_options(found: SentinelUrl) -> dict[str, Any]:
    return {
        "username": found.sentinel_username,
        "password": found.sentinel_password,
        "socket_timeout": SENTINEL_SECONDS,
        "socket_connect_timeout": SENTINEL_SECONDS,
        **({"ssl": True, **_tls(found)} if found.tls else {}),
    }


def _tls(found: SentinelUrl) -> dict[str, Any]:
    """The certificates and checks, as redis-py's connections take them."""
    read: dict[str, Any] = parse_url(  # type: ignore[no-untyped-call] # redis-py's
        found.sentinels()[0]
    )
    return {name: value for name, value in read.items() if name.startswith("ssl_")}
