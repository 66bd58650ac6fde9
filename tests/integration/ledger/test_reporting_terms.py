"""The reporting row follows the settings."""

import psycopg
import pytest

from shopx_core.errors import Conflict
from shopx_core.settings import ReportingSettings
from shopx_migrations import reporting
from tests.support.postgres import Database

BERLIN = ReportingSettings(timezone="Europe/Berlin", currency="EUR", week_start=7)


def test_terms_are_stored(database: Database) -> None:
    with psycopg.connect(database.dsn) as connection:
        assert reporting.apply(connection, BERLIN) is False, "no facts, nothing to rebuild"
        row = connection.execute("select timezone, currency, week_start from reporting").fetchone()
        assert row == ("Europe/Berlin", "EUR", 7)
        assert reporting.apply(connection, BERLIN) is False


def test_currency_is_fixed_while_rates_into_it_are_stored(database: Database) -> None:
    with psycopg.connect(database.dsn) as connection:
        connection.execute("insert into currencies (code) values ('EUR') on conflict do nothing")
        connection.execute(
            "insert into rates (currency, day, rate) values ('EUR', '2026-01-01', 1.1)"
        )
        with pytest.raises(Conflict, match="from USD to EUR"):
            reporting.apply(connection, BERLIN)
