"""Configuration from the environment."""

from pathlib import Path

import pytest

from shopx_core.errors import InvalidConfiguration
from shopx_core.settings import DatabaseSettings, Settings

DSN = {"SHOPX_DATABASE_DSN": "postgresql://u:hunter2@h:5432/d?sslmode=require"}


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({}, "SHOPX_DATABASE_DSN"),
        ({"SHOPX_DATABASE_DSN": "mysql://u:hunter2@h/d"}, "SHOPX_DATABASE_DSN: it must begin with"),
        (DSN | {"SHOPX_CACHE_TTL_MN": "31"}, "SHOPX_CACHE_TTL_MN"),
        (DSN | {"SHOPX_CACHE_TTL_MIN": "hunter2"}, "SHOPX_CACHE_TTL_MIN"),
        (DSN | {"SHOPX_CACHE_TTL_MIN": "60", "SHOPX_CACHE_TTL_MAX": "30"}, "ttl_min must not"),
        (DSN | {"SHOPX_CACHE_FRESHNESS_LIMIT": "50"}, "at least ttl_max"),
        (DSN | {"SHOPX_CACHE_LIVE_INTERVAL": "nan"}, "SHOPX_CACHE_LIVE_INTERVAL"),
        (DSN | {"SHOPX_API_PORT": "70000"}, "SHOPX_API_PORT"),
        (DSN | {"SHOPX_AUTH_MODE": "proxy"}, "trusted_proxies"),
        (DSN | {"SHOPX_REPORTING_TIMEZONE": "Mars/Olympus"}, "Mars/Olympus"),
        (DSN | {"SHOPX_REFRESH_VIEWS": "hunter2"}, "refresh"),
        (DSN | {"SHOPX_LOG_LEVEL": "LOUD"}, "SHOPX_LOG_LEVEL"),
    ],
)
def test_wrong_variable_is_named_and_its_value_is_not(environ: dict[str, str], names: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        Settings.from_env(environ)
    assert names in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_arguments_alone_configure_and_the_environment_does_not_leak_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOPX_API_PORT", "1234")
    monkeypatch.setenv("SHOPX_DATABASE_DSN", DSN["SHOPX_DATABASE_DSN"])
    assert Settings(database=DatabaseSettings(dsn="postgresql://h/d")).api.port == 8000
    assert Settings.from_env().api.port == 1234


def test_an_empty_variable_is_an_absent_one() -> None:
    assert Settings.from_env(DSN | {"SHOPX_REDIS_URL": ""}).redis.url is None


def test_no_secret_is_shown_by_printing_settings() -> None:
    settings = Settings.from_env(DSN | {"SHOPX_REDIS_URL": "redis://:hunter2@h/0"})
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in settings.model_dump_json()


def test_reads_may_have_a_url_of_their_own() -> None:
    settings = Settings.from_env(DSN | {"SHOPX_DATABASE_READONLY_DSN": "postgresql://r@h/d"})
    assert settings.database.read_dsn == "postgresql://r@h/d"
    assert settings.database.write_dsn == DSN["SHOPX_DATABASE_DSN"]


def test_jobs_go_to_the_cache_server_unless_another_is_named() -> None:
    one = Settings.from_env(DSN | {"SHOPX_REDIS_URL": "redis://a"})
    two = Settings.from_env(
        DSN | {"SHOPX_REDIS_URL": "redis://a", "SHOPX_REDIS_QUEUE_URL": "redis://b"}
    )
    assert one.redis.broker_url == "redis://a"
    assert (two.redis.cache_url, two.redis.broker_url) == ("redis://a", "redis://b")


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text("postgresql://u:hunter2@h/d\n")
    (tmp_path / "url").write_text("redis://:hunter2@h/0")
    settings = Settings.from_env(
        {
            "SHOPX_DATABASE_DSN_FILE": str(tmp_path / "dsn"),
            "SHOPX_REDIS_URL_FILE": str(tmp_path / "url"),
        }
    )
    assert settings.database.write_dsn == "postgresql://u:hunter2@h/d"
    assert settings.redis.cache_url == "redis://:hunter2@h/0"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"SHOPX_DATABASE_DSN_FILE": "/no/such"}, "/no/such of SHOPX_DATABASE_DSN_FILE cannot be"),
        (DSN | {"SHOPX_DATABASE_DSN_FILE": "/no/such"}, "Both SHOPX_DATABASE_DSN and"),
    ],
)
def test_a_wrong_file_of_a_secret_is_named(environ: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        Settings.from_env(environ)
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)
