"""The connection strings that people have: used as they are, or refused with the reason."""

import ssl

import pytest

from shopx_core.connection_strings import (
    REPLICA_ADDRESS_WORDS,
    asyncpg_options,
    at_address,
    files_of,
    libpq_url,
    one_address,
    postgres_problem,
    uses_authority,
)
from shopx_core.errors import InvalidConfiguration
from shopx_core.settings import Settings

NEON = (
    "postgresql://u:p%40@ep-cool-1.eu-central-1.aws.neon.tech/db"
    "?sslmode=require&channel_binding=require&options=endpoint%3Dep-cool-1"
)
SUPABASE = "postgres://postgres.ref:pw@aws-0-eu.pooler.supabase.com:5432/postgres"
HOSTS = "postgresql://u@one:5432,two:5433/db?target_session_attrs=read-write&connect_timeout=3"


@pytest.mark.parametrize("url", [NEON, SUPABASE, HOSTS, "postgresql:///db?host=/var/run"])
def test_providers_strings_are_taken(url: str) -> None:
    assert postgres_problem(url) == ""
    assert set(asyncpg_options(url)) == {"dsn", "ssl"}


def test_asyncpg_gets_no_parameter_that_it_would_send_to_the_server() -> None:
    made = asyncpg_options(NEON)
    assert made["dsn"] == NEON.partition("?")[0] + "?options=endpoint%3Dep-cool-1"
    assert asyncpg_options(HOSTS)["dsn"].endswith("/db?target_session_attrs=read-write")


def test_required_channel_binding_becomes_a_verified_certificate() -> None:
    """Its driver cannot bind channels; what the parameter promises must hold all the same."""
    context = asyncpg_options(NEON)["ssl"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    plain = asyncpg_options(NEON.replace("&channel_binding=require", ""))["ssl"]
    assert plain.verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize(
    ("url", "address", "made"),
    [
        ("postgresql://u:p%40@a:6432/d", "b", "postgresql://u:p%40@b:6432/d"),
        ("postgresql://u:p%40@a:6432/d", "b:5433", "postgresql://u:p%40@b:5433/d"),
        ("postgresql://u@a/d?sslmode=require", "b", "postgresql://u@b/d?sslmode=require"),
        (HOSTS, "b", "postgresql://u@b:5432/db?connect_timeout=3"),
        ("postgresql://u@[::1]:6/d", "[2001:db8::1]", "postgresql://u@[2001:db8::1]:6/d"),
        ("postgresql:///d?host=/var/run&user=u", "b:5433", "postgresql://b:5433/d?user=u"),
        ("postgresql://u@/d?host=a&port=6", "b", "postgresql://u@b:6/d"),
    ],
)
def test_a_replica_has_the_roles_and_databases_of_its_leader(
    url: str, address: str, made: str
) -> None:
    """Only its address differs, and it is no leader."""
    assert at_address(url, address) == made
    assert postgres_problem(made) == ""


@pytest.mark.parametrize(
    ("mode", "made"), [("disable", False), ("prefer", "prefer"), ("allow", "allow")]
)
def test_modes_without_a_promise(mode: str, made: object) -> None:
    assert asyncpg_options(f"postgresql://h/d?sslmode={mode}")["ssl"] == made


def test_without_an_authority_those_of_the_machine_are_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The library alone would look for a file that containers do not have."""
    monkeypatch.delenv("PGSSLROOTCERT", raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    url = "postgresql://h/d?sslmode=verify-full"
    assert libpq_url(url) == f"{url}&sslrootcert=system"
    given = f"{url}&sslrootcert=/ca.pem"
    assert libpq_url(given) == given
    assert libpq_url(SUPABASE) == SUPABASE


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("host=h dbname=d password=drawn", "begin with postgresql://"),
        ("postgresql+psycopg://h/d", "without driver name"),
        ("postgresql://h/d?pgbouncer=true", "pgbouncer is not supported"),
        ("postgresql://h/d?connection_limit=1&schema=x", "connection_limit, schema"),
        ("postgresql://h/d?require_auth=scram-sha-256", "require_auth"),
        ("postgresql://h/d?service=prod", "service"),
        ("postgresql://h/d?sslmode=full", "sslmode must be one of"),
        ("postgresql://h/d?sslmode=verify-ca&sslrootcert=system", "needs sslmode=verify-full"),
        ("postgresql://h/d?channel_binding=require", "needs sslmode=require"),
        ("postgresql://u:pa[drawn@h/d", "percent-encoded"),
    ],
)
def test_what_a_driver_cannot_keep_is_refused(url: str, says: str) -> None:
    """By name, and without a value."""
    problem = postgres_problem(url)
    assert says in problem
    assert "drawn" not in problem


def test_files_are_found() -> None:
    """Pods do not have them."""
    assert files_of("postgresql://h/d?sslmode=verify-full&sslrootcert=/ca.pem&sslkey=/k") == [
        "/ca.pem",
        "/k",
    ]
    assert files_of("rediss://h?ssl_ca_certs=/ca.pem") == ["/ca.pem"]
    assert files_of("rediss-sentinel://[::1]:1,h?ssl_ca_certs=/ca.pem#main") == ["/ca.pem"]
    assert files_of("postgresql://h/d?sslmode=verify-full&sslrootcert=system") == []


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("postgresql://h/d?sslmode=verify-full", True),
        ("postgresql://h/d?sslmode=require", True),
        ("postgresql://h/d?sslmode=prefer", False),
        ("postgresql://h/d", False),
        ("rediss://h", True),
        ("redis://h", False),
        ("rediss-sentinel://h,i#main", True),
        ("redis-sentinel://h,i#main", False),
    ],
)
def test_an_authority_is_of_no_use_without_verification(url: str, *, used: bool) -> None:
    assert uses_authority(url) is used


@pytest.mark.parametrize("text", ["ro.test", "ro.test:5432", "10.0.0.7:5432", "[fd00::7]:5432"])
def test_one_address_leads_to_the_replicas(text: str) -> None:
    assert one_address(text) == text


@pytest.mark.parametrize(
    "text",
    ["ro1:5432,ro2:5432", "postgresql://ro.test", "ro.test:", "ro.test:5432\n", "fd00::7", ""],
)
def test_what_is_no_address_is_told_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not one host or host:port, such as"):
        one_address(text)
    given = {"SHOPX_DATABASE_DSN": "postgresql://h/d", "SHOPX_DATABASE_REPLICA_ADDRESS": text}
    if text:
        with pytest.raises(InvalidConfiguration) as refused:
            Settings.from_env(given)
        said = f"SHOPX_DATABASE_REPLICA_ADDRESS: {REPLICA_ADDRESS_WORDS}"
        assert said in refused.value.message
