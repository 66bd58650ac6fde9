"""Partitions are there before the calendar needs them."""

import datetime as dt

import psycopg
import pytest
from structlog.testing import capture_logs

from shopx_core import cli
from shopx_store.partitions import existing, keep_up, months_left
from tests.support.postgres import Database


def drop_future(connection: psycopg.Connection) -> None:
    """As if the upkeep had not run for months."""
    this_month = dt.datetime.now(dt.UTC).strftime("_y%Ym%m")
    for name in existing(connection):
        if not name.endswith(this_month):
            connection.execute(f"drop table {name}")


def test_upkeep_makes_what_is_missing_and_warns(database: Database) -> None:
    """After it, so many months are prepared; fewer than two before it is worth a warning."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        drop_future(connection)
        with capture_logs() as logged:
            done = keep_up(connection, 4)
        assert (done.left_before, done.left, done.made) == (0, 4, 8)
        assert ("partitions_ran_low", "warning") in {(e["event"], e["log_level"]) for e in logged}
        with capture_logs() as logged:
            again = keep_up(connection, 4)
        assert (again.left_before, again.left, again.made) == (4, 4, 0)
        assert "partitions_ran_low" not in {entry["event"] for entry in logged}


def test_the_command(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`shopx partitions --ahead N`, or as many as the setting says."""
    monkeypatch.setenv("SHOPX_DATABASE_DSN", database.dsn)
    monkeypatch.setenv("SHOPX_PARTITIONS_AHEAD", "5")
    with pytest.raises(SystemExit, match="0"):
        cli.main(["partitions", "--ahead", "6"])
    assert "6 months after this one are prepared" in capsys.readouterr().out
    with psycopg.connect(database.dsn) as connection:
        assert months_left(existing(connection), dt.datetime.now(dt.UTC).date()) == 6
