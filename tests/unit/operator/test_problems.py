"""What is missing is found before anything is applied, and said with what to do."""

from typing import Any

import pytest

from shopx_operator.manifests.endpoints import endpoint
from shopx_operator.planning.preflight import preflight
from tests.support.rendering import OPTIONAL_KINDS, context

EXTERNAL = {"database": {"external": {"secretRef": {"name": "db"}}}}
READER = {
    "database": {
        "external": {
            "secretRef": {"name": "db"},
            "readOnlySecretRef": {"name": "db", "key": "reader"},
        }
    }
}
REDIS = {"cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}}}
PRIVATE = {
    "database": {
        "external": {"secretRef": {"name": "db"}, "caSecretRef": {"name": "db", "key": "ca"}}
    }
}
PRIVATE_REDIS = {
    "cache": {
        "redis": {"external": {"secretRef": {"name": "redis"}, "caSecretRef": {"name": "redis"}}}
    }
}
PEM = "-----BEGIN CERTIFICATE-----\nMII"
CNPG = {"database": {"cloudNativePG": {"clusterName": "pg"}}}
GATEWAY = {
    "auth": {"public": True},
    "gateway": {"parentRefs": [{"name": "gw"}], "hostnames": ["a.example.com"]},
}
GOOD = "postgresql://u:Zq8-long@h/d"


@pytest.mark.parametrize(
    ("spec", "secrets", "reason", "part"),
    [
        ({}, {}, None, ""),
        (EXTERNAL, {"db": {"dsn": GOOD}}, None, ""),
        (EXTERNAL, {}, "SecretMissing", "'db', which does not exist; create it"),
        (EXTERNAL, {"db": {"url": GOOD}}, "SecretMissing", "it has: url"),
        (
            EXTERNAL,
            {"db": {"dsn": "mysql://h/d"}},
            "SecretInvalid",
            "must begin with postgresql://",
        ),
        (
            EXTERNAL,
            {"db": {"dsn": "host=h dbname=d"}},
            "SecretInvalid",
            "must begin with postgresql://",
        ),
        (READER, {"db": {"dsn": GOOD}}, "SecretMissing", "readOnlySecretRef names the key"),
        (EXTERNAL, {"db": {"dsn": "postgresql://u:postgres@h/d"}}, "DefaultCredentials", "prod"),
        (EXTERNAL, {"db": {"dsn": "postgresql://sam:sam@h/d"}}, "DefaultCredentials", "another"),
        (EXTERNAL, {"db": {"dsn": "postgresql://u:@h/d"}}, "DefaultCredentials", "another"),
        (
            EXTERNAL,
            {"db": {"dsn": "postgresql://u@h/d?sslcert=c"}},
            "SecretInvalid",
            "files of certificates",
        ),
        (EXTERNAL, {"db": {"dsn": "postgresql://h/d?sslmode=verify-full"}}, None, ""),
        (
            EXTERNAL | {"environment": "development"},
            {"db": {"dsn": "postgresql://u:postgres@h/d"}},
            None,
            "",
        ),
        (REDIS, {"redis": {"url": "redis://h"}}, None, ""),
        (REDIS, {"redis": {"url": "redis://:redis@h"}}, "DefaultCredentials", "redis"),
        (REDIS, {}, "SecretMissing", "spec.cache.redis.external.secretRef"),
        (PRIVATE, {"db": {"dsn": f"{GOOD}?sslmode=verify-full", "ca": PEM}}, None, ""),
        (PRIVATE, {"db": {"dsn": GOOD, "ca": PEM}}, "SecretInvalid", "sslmode=verify-full"),
        (
            PRIVATE,
            {"db": {"dsn": f"{GOOD}?sslmode=verify-full"}},
            "SecretMissing",
            "spec.database.external.caSecretRef names the key 'ca'",
        ),
        (
            PRIVATE,
            {"db": {"dsn": f"{GOOD}?sslmode=verify-full", "ca": "MII"}},
            "SecretInvalid",
            "no certificate in PEM",
        ),
        (PRIVATE_REDIS, {"redis": {"url": "rediss://h", "ca.crt": PEM}}, None, ""),
        (
            PRIVATE_REDIS,
            {"redis": {"url": "redis://h", "ca.crt": PEM}},
            "SecretInvalid",
            "would not use the authority",
        ),
        (CNPG, {"pg-app": {"uri": GOOD}}, None, ""),
        (CNPG, {}, "SecretMissing", "CloudNativePG makes it"),
    ],
)
def test_secrets(
    spec: dict[str, Any], secrets: dict[str, dict[str, str]], reason: str | None, part: str
) -> None:
    found = preflight(context(spec, given=secrets))
    if reason is None:
        assert found == []
    else:
        assert [problem.reason for problem in found] == [reason]
        assert part in found[0].message
        assert found[0].blocks


@pytest.mark.parametrize(
    ("spec", "reason", "blocks"),
    [(CNPG, "CloudNativePGMissing", True), (GATEWAY, "GatewayApiMissing", False)],
    ids=["CloudNativePG", "Gateway API"],
)
def test_kinds_that_the_cluster_lacks(spec: dict[str, Any], reason: str, blocks: bool) -> None:
    """A route that cannot be made stops nothing else; a database does."""
    assert preflight(context(spec, kinds=OPTIONAL_KINDS)) == []
    (found,) = preflight(context(spec, kinds=frozenset()))
    assert (found.reason, found.blocks) == (reason, blocks)


def test_no_message_shows_a_secret() -> None:
    secret = "postgresql://u:postgres@h/d"
    for problem in preflight(context(EXTERNAL, given={"db": {"dsn": secret}})):
        assert "u:postgres" not in problem.message


@pytest.mark.parametrize(
    ("url", "address", "ports", "user"),
    [
        ("postgresql://u:p@h:6543/d", "h:6543", (6543,), "u"),
        ("postgresql://u:p%40@h/d", "h", (), "u"),
        ("postgresql://u@one:5432,two:5433/d", "one:5432,two:5433", (5432, 5433), "u"),
        ("postgresql://u@[::1]:6000/d", "[::1]:6000", (6000,), "u"),
        ("postgresql://u@[::1]/d", "[::1]", (), "u"),
        ("redis://:pw@h:6380/1", "h:6380", (6380,), ""),
        ("postgresql://h:99999/d", "h:99999", (), ""),
        ("postgresql://[broken/d", "", (), ""),
        ("", "", (), ""),
    ],
)
def test_endpoints_are_read_as_libpq_reads_them(
    url: str, address: str, ports: tuple[int, ...], user: str
) -> None:
    read = endpoint(url)
    assert (read.address, read.ports, read.user) == (address, ports, user)
