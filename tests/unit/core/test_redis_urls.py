"""URLs of Redis and of Sentinels, as people write them."""

import pytest

from shopx_core.logging import redact_text
from shopx_core.redis_urls import redis_problem, redis_url, sentinel_url

GROUP = "redis-sentinel://shop:p%40ss%2F@one:26380,two,[fd00::7]:1/3?sentinel_password=w%26x#main"


@pytest.mark.parametrize(
    "url",
    [
        "redis://:pw@h:6379/0",
        "redis://worker:pw@h/2",
        "rediss://h:6380/0?ssl_ca_certs=/ca.pem&ssl_certfile=/c&ssl_keyfile=/k",
        "unix:///run/valkey.sock",
        "redis-sentinel://h#mymaster",
        "redis-sentinel://[::1],h:1/0#my-master_1.x",
        "rediss-sentinel://u:p@h/0?ssl_ca_certs=/ca.pem&sentinel_username=s#m",
        GROUP,
    ],
)
def test_redis_urls_are_taken(url: str) -> None:
    assert redis_problem(url) == ""


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis+sentinel://a:26379,b:26379/mymaster", "named by redis-sentinel://"),
        ("sentinel://a:26379", "named by redis-sentinel://"),
        ("redis-sentinel://a,b/0", "behind a # at its end"),
        ("redis-sentinel://:drawn@a,b/0#", "behind a # at its end"),
        ("redis-sentinel://a,b/cache#main", "must be a number"),
        ("redis-sentinel://a,b/²#main", "must be a number"),
        ("redis-sentinel://a,,b/0#main", "separated by commas"),
        ("redis-sentinel:///0#main", "separated by commas"),
        ("redis-sentinel://a:0#main", "separated by commas"),
        ("redis-sentinel://a:99999#main", "separated by commas"),
        ("redis-sentinel://fd00::7:1#main", "separated by commas"),
        ("redis-sentinel://:dr/awn@a#main", "percent-encoded"),
        ("redis-sentinel://:drawn#x@a,b/0#main", "percent-encoded"),
        ("redis-sentinel://a?socket_timeout=9#main", "socket_timeout is not supported"),
        ("redis-sentinel://a?ssl_ca_certs=/ca#main", "begin it with rediss-sentinel://"),
        ("redis://a/0?sentinel_password=drawn", "sentinel_password is not supported"),
        ("redis://a:1,b:2/0", "Cluster is not supported"),
        ("redis://h/0?socket_timeout=999", "socket_timeout is not supported"),
        ("redis://h/0?connection_class=x&protocol=2", "connection_class, protocol"),
        ("http://h", "redis://, rediss://, redis-sentinel:// or rediss-sentinel://"),
        ("redis://:drawn/@h:x/0", "percent-encoded"),
    ],
)
def test_other_redis_urls_are_refused(url: str, says: str) -> None:
    """With what to write instead, and without a value."""
    problem = redis_problem(url)
    assert says in problem
    assert "drawn" not in problem


def test_a_url_of_sentinels_is_taken_apart() -> None:
    """Into plain URLs; the Sentinels have a password of their own, or none."""
    found = sentinel_url(GROUP)
    assert found is not None
    assert found.primary == "main"
    assert found.hosts == (("one", 26380), ("two", 26379), ("fd00::7", 1))
    assert found.sentinels() == [
        "redis://:w%26x@one:26380",
        "redis://:w%26x@two:26379",
        "redis://:w%26x@[fd00::7]:1",
    ]
    assert found.server("10.0.0.7", 6379) == "redis://shop:p%40ss%2F@10.0.0.7:6379/3"
    assert found.server("fd00::8", 6379) == "redis://shop:p%40ss%2F@[fd00::8]:6379/3"
    assert "p@ss" not in repr(found)
    assert "w&x" not in repr(found)


def test_tls_is_of_the_sentinels_and_of_the_servers() -> None:
    found = sentinel_url("rediss-sentinel://pw@one/?ssl_ca_certs=/ca.pem&db=2#main")
    assert found is not None
    assert found.sentinels() == ["rediss://one:26379?ssl_ca_certs=%2Fca.pem"]
    assert found.server("h", 1) == "rediss://:pw@h:1/2?ssl_ca_certs=%2Fca.pem"


def test_a_url_of_one_server_names_no_sentinels() -> None:
    assert sentinel_url("redis://h:6379/0") is None
    assert sentinel_url("unix:///run/valkey.sock") is None


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("rediss://h:1/0", "rediss://h:1/0?ssl_ca_certs=%2Fca.crt"),
        ("rediss://h?db=1", "rediss://h?db=1&ssl_ca_certs=%2Fca.crt"),
        ("rediss://h?ssl_ca_certs=/own", "rediss://h?ssl_ca_certs=/own"),
        ("redis://h", "redis://h"),
        ("rediss-sentinel://h,i/0#m", "rediss-sentinel://h,i/0?ssl_ca_certs=%2Fca.crt#m"),
        ("redis-sentinel://h,i/0#m", "redis-sentinel://h,i/0#m"),
    ],
)
def test_a_redis_of_a_given_authority_is_verified_by_it(url: str, made: str) -> None:
    assert redis_url(url, "/ca.crt") == made
    assert redis_url(url, None) == url
    assert redis_problem(made) == ""


@pytest.mark.parametrize(
    "url",
    [GROUP, "redis-sentinel://p%40ss@one,two#main", "sentinel://:p%40ss@one:1/0;sentinel://two"],
)
def test_no_password_is_logged(url: str) -> None:
    shown = redact_text(f"cannot connect to {url}")
    assert "p%40ss" not in shown
    assert "w%26x" not in shown
    assert "one" in shown
