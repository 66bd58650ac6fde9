"""Exchange rates: stored and shown by the command, and asked of everything that is booked."""

from pathlib import Path

import pytest

from shopx_core.errors import RateMissing
from shopx_core.settings import DatabaseSettings
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.pipeline import Options, run_import
from tests.integration.test_import_commands import shopx
from tests.support.importing import assert_exact, connected, ledger, rows
from tests.support.postgres import Database

MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC, currency: USD}
inputs: {sales: {format: delimited, files: sales.csv}}
order: {key: order, at: at, currency: currency}
line: {product: product, quantity: 1, gross: gross}
"""
SALES = "order,at,product,gross,currency\nA,2026-11-25,p,1,EUR\nB,2026-11-26,p,2,\n"
HISTORY = "Date,USD,CHF,\n2026-11-27,1.25,0.8,\n2026-11-26,1.28,0.8,\n2026-11-20,1.2,0.9,\n"


def test_the_command(database: Database, tmp_path: Path) -> None:
    """Imported, imported again, corrected, listed; and what has no rate is said."""
    (tmp_path / "rates.csv").write_text(HISTORY)
    words = ("rates", "import", "rates.csv")
    first = shopx(database, tmp_path, *words, "--currency", "EUR", "--since", "2026-11-26")
    assert first.stdout == "Rates into USD: 2 added, 0 corrected, 0 known already.\n", first.stderr
    again = shopx(database, tmp_path, *words)
    assert again.stdout == "Rates into USD: 4 added, 0 corrected, 2 known already.\n"
    corrected = shopx(database, tmp_path, "rates", "set", "EUR", "2026-11-27", "1.26")
    assert corrected.stdout == "From 2026-11-27 on, one EUR is 1.26 USD.\n"
    listed = shopx(database, tmp_path, "rates", "list").stdout
    assert "2026-11-27 │ 1.26" in listed
    newest = shopx(database, tmp_path, "rates", "list", "EUR", "--last", "1").stdout
    assert "1.26" in newest
    assert "1.28" not in newest
    wrong = shopx(database, tmp_path, "rates", "set", "EUR", "2026-11-27", "0")
    assert (wrong.returncode, wrong.stderr) == (2, "error: '0' is no rate above 0.\n")
    own = shopx(database, tmp_path, "rates", "set", "USD", "2026-11-27", "1")
    assert "USD is the reporting currency" in own.stderr


def take(database: Database, folder: Path, sales: str) -> int:
    (folder / "sales.csv").write_text(sales)
    settings = DatabaseSettings(dsn=database.dsn)
    report = run_import(settings, parse_mapping(MAPPING), str(folder / "sales.csv"), Options())
    return report.published.changes.new


def test_an_import_needs_rates(database: Database, tmp_path: Path) -> None:
    """On the order's day or before; the message has the command, and nothing is booked."""
    with pytest.raises(RateMissing) as caught:
        take(database, tmp_path, SALES)
    assert "1 orders in EUR from 2026-11-25 on" in caught.value.message
    assert "sales.csv, row 2" in caught.value.message
    assert "shopx rates set EUR 2026-11-25 RATE" in str(caught.value.hint)
    with connected(database.dsn) as connection:
        connection.execute("insert into rates values ('EUR', '2026-11-26', 1.2)")
    with pytest.raises(RateMissing):
        take(database, tmp_path, SALES)
    assert ledger(database.dsn)["lines"] == 0
    assert rows(database.dsn, "select code from currencies") == []
    with connected(database.dsn) as connection:
        connection.execute("insert into rates values ('EUR', '2026-11-20', 1.1)")
    assert take(database, tmp_path, SALES) == 2
    assert_exact(database.dsn)


def test_a_day_is_of_the_reporting_zone(database: Database, tmp_path: Path) -> None:
    """Half past eleven in New York is the day before."""
    with connected(database.dsn) as connection:
        connection.execute("update reporting set timezone = 'America/New_York'")
        connection.execute("insert into rates values ('EUR', '2026-11-25', 1.1)")
    early = SALES.replace("2026-11-25", "2026-11-25T04:30:00Z")
    with pytest.raises(RateMissing, match="from 2026-11-24 on"):
        take(database, tmp_path, early)
    assert take(database, tmp_path, SALES.replace("2026-11-25", "2026-11-25T05:30:00Z")) == 2
