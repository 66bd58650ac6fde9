"""URLs of servers, as pods write them and as the operator must."""

import pytest

from shopx_operator.manifests.endpoints import from_elsewhere

URLS = {
    "a Service beside the pods": ("redis://cache:6379/0", "redis://cache.shop.svc:6379/0"),
    "with a password": ("redis://:a%40b@cache/1", "redis://:a%40b@cache.shop.svc/1"),
    "with a user and TLS": ("rediss://me:x@cache:1", "rediss://me:x@cache.shop.svc:1"),
    "in another namespace": ("redis://cache.other:6379", "redis://cache.other:6379"),
    "somewhere else": ("redis://cache.example.com", "redis://cache.example.com"),
    "an address": ("redis://10.0.0.7:6379", "redis://10.0.0.7:6379"),
    "an address of IPv6": ("redis://[fd00::7]:6379", "redis://[fd00::7]:6379"),
    "in the same pod": ("redis://localhost:6379", "redis://localhost:6379"),
    "a socket": ("unix:///run/valkey.sock", "unix:///run/valkey.sock"),
    "Sentinels": (
        "redis-sentinel://:a%40b@one:1,two,three.other.svc:2/0?db=1#main",
        "redis-sentinel://:a%40b@one.shop.svc:1,two.shop.svc,three.other.svc:2/0?db=1#main",
    ),
    "Sentinels without a database": (
        "redis-sentinel://one,two?sentinel_password=a/b#main",
        "redis-sentinel://one.shop.svc,two.shop.svc?sentinel_password=a/b#main",
    ),
    "no URL": ("redis://[", "redis://["),
}


@pytest.mark.parametrize(("url", "seen"), URLS.values(), ids=URLS.keys())
def test_a_url_from_another_namespace(url: str, seen: str) -> None:
    assert from_elsewhere(url, "shop") == seen
