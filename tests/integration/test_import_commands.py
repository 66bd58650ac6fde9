"""The commands as a user runs them: what they print, and how they exit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.importing import ledger, one
from tests.support.postgres import Database

MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC, currency: CHF}
inputs: {sales: {format: delimited, files: sales.csv}}
order: {key: order, at: at}
line: {product: product, quantity: 1, gross: gross}
"""
SALES = "order,at,product,gross\nA,2024-01-01,p,1234.5\nA,2024-01-01,q,0.055\nB,2024-01-02,p,x\n"


def shopx(database: Database, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shopx_core.cli", *words],
        cwd=folder,
        env=os.environ | {"SHOPX_DATABASE_DSN": database.dsn, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_import(database: Database, tmp_path: Path) -> None:
    """Refused, tried, done, done again: each says so, and the exit status, too."""
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    (tmp_path / "sales.csv").write_text(SALES)
    words = ("import", "mapping.yaml", "--source", "sales.csv")
    unrated = shopx(database, tmp_path, *words, "--max-rejects", "1")
    assert (unrated.returncode, unrated.stdout) == (2, "")
    error, hint = unrated.stderr.splitlines()
    assert error == (
        "error: No exchange rate into USD is known for 2 orders in CHF from 2024-01-01 on (the"
        " first: sales.csv, row 2); nothing was imported."
    ).replace("2 orders", "1 orders")
    assert hint.startswith("hint: Add one: shopx rates set CHF 2024-01-01 RATE (RATE: units of USD")
    rated = shopx(database, tmp_path, "rates", "set", "CHF", "2024-01-01", "1.16")
    assert rated.stdout == "From 2024-01-01 on, one CHF is 1.16 USD.\n"
    refused = shopx(database, tmp_path, *words)
    assert (refused.returncode, refused.stdout) == (2, "")
    error, hint = refused.stderr.splitlines()
    assert error == (
        "error: 1 row was rejected, which is more than --max-rejects 0; nothing was imported."
        " The first: sales.csv, row 4 (gross): no number."
    )
    assert hint == (
        "hint: Correct the source or the mapping, or allow more. shop.rejects.csv lists them."
    )
    tried = shopx(database, tmp_path, *words, "--max-rejects", "1", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "Dry run: nothing was changed. 3 rows" in tried.stdout
    assert ledger(database.dsn)["lines"] == 0
    done = shopx(database, tmp_path, *words, "--max-rejects", "1")
    assert done.returncode == 0, done.stderr
    assert "Imported into 'shop': 3 rows" in done.stdout
    assert "The 1 rejected are listed in shop.rejects.csv." in done.stdout
    # To the cent for people; the ledger keeps 1234.555.
    assert "1,234.5" in done.stdout
    assert str(ledger(database.dsn)["net"]) == "1234.555"
    again = shopx(database, tmp_path, *words, "--max-rejects", "1")
    assert "Everything was known already: nothing was added." in again.stdout


def test_seed_and_trickle(database: Database, tmp_path: Path) -> None:
    """A year of sales, then live ones, then the first again: nothing is added."""
    words = ("seed", "--orders", "300", "--from", "2024-01-01", "--to", "2024-04-01")
    seeded = shopx(database, tmp_path, *words)
    assert seeded.returncode == 0, seeded.stderr
    assert seeded.stdout.startswith("300 orders with ")
    trickled = shopx(database, tmp_path, "trickle", "--rate", "200", "--orders", "5")
    assert trickled.returncode == 0, trickled.stderr
    assert trickled.stdout.startswith("5 orders, ")
    assert one(database.dsn, "select count(*) from orders") == 305
    again = shopx(database, tmp_path, *words)
    assert again.stdout == "All 3 months exist already: nothing was added.\n"
    wrong = shopx(database, tmp_path, "seed", "--from", "yesterday")
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (
        2,
        "error: --from 'yesterday' is no day or instant.",
    )


def test_an_import_refreshes_the_views(database: Database, tmp_path: Path) -> None:
    """Segments and pairs never show the sales before the import as facts."""
    currency = one(database.dsn, "select currency from reporting")
    (tmp_path / "mapping.yaml").write_text(
        MAPPING.replace("CHF", currency).replace("at: at", "at: at, customer: \"'C1'\"")
    )
    (tmp_path / "sales.csv").write_text(SALES)
    words = ("import", "mapping.yaml", "--source", "sales.csv", "--max-rejects", "1")
    done = shopx(database, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert one(database.dsn, "select count(*) from mv_customer_rfm") == 1
    assert one(database.dsn, "select baskets > 0 from mv_product_orders limit 1") is True
    older = (
        "select count(*) from matview_refreshes"
        " where as_of < (select max(published_at) from import_runs)"
    )
    assert one(database.dsn, older) == 0


@pytest.mark.timeout(300)
def test_a_file_with_odd_values(database: Database, tmp_path: Path) -> None:
    """They are told before, cost their own rows, and these are listed; else nothing is imported."""
    currency = one(database.dsn, "select currency from reporting")
    (tmp_path / "sales.csv").write_text(
        "order;date;product;quantity;amount\nA;31.01.2024;Pen;two;1.234,50\n"
        "B;32.01.2024;Cup;1;0,55\nC;14.02.2024;Cup;3;1.2.3\nD;13.02.2024;Cup;3;1,65\n"
        "E;13.02.2024;Cup;2;1,10\n"
    )
    words = ("import", "sales.csv", "--currency", currency, "--yes")
    refused = shopx(database, tmp_path, *words)
    assert (refused.returncode, ledger(database.dsn)["lines"]) == (2, 0)
    assert "'quantity' has 'two' in row 2, which is no number: 1 row of those" in refused.stdout
    assert "'date' has '32.01.2024' in row 3, which is no date that is known" in refused.stdout
    done = shopx(database, tmp_path, *words, "--max-rejects", "3")
    assert done.returncode == 0, done.stderr
    booked = ledger(database.dsn)
    assert (str(booked["net"]), booked["units"], booked["lines"]) == ("2.75", 5, 2)
    listed = (tmp_path / "sales.rejects.csv").read_text()
    for culprit in ('"2","quantity","two"', '"3","date","32.01.2024"', '"4","amount","1.2.3"'):
        assert culprit in listed


@pytest.mark.timeout(300)
def test_a_file_as_it_is_and_its_undo(database: Database, tmp_path: Path) -> None:
    """Looked at, tried, imported on the user's word, listed, shown, taken back, and again."""
    currency = one(database.dsn, "select currency from reporting")
    sales = "order;date;product;quantity;amount\nA;31.01.2024;Pen;2;1.234,50\n\n"
    (tmp_path / "sales.csv").write_text(sales + "B;01.02.2024;Cup;1;0,55\n")
    asked = shopx(database, tmp_path, "import", "sales.csv", "--yes")
    assert asked.returncode == 2
    assert "No currency is stated: --currency EUR" in asked.stderr
    words = ("import", "sales.csv", "--currency", currency)
    looked = shopx(database, tmp_path, "import", "inspect", *words[1:])
    assert looked.returncode == 0, looked.stderr
    assert f"  currency: {currency}  # as given" in looked.stdout
    unsaid = shopx(database, tmp_path, *words)
    assert (unsaid.returncode, ledger(database.dsn)["lines"]) == (2, 0)
    assert "Look at it with --dry-run, then say --yes." in unsaid.stderr
    tried = shopx(database, tmp_path, *words, "--zone", "Asia/Tokyo", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "dates: DD.MM.YYYY, such as 31.01.2024; 2024-01-31 to 2024-02-01" in tried.stdout
    assert "2 orders, 2 products; 2024-01-31 to 2024-02-01 (Asia/Tokyo)." in tried.stdout
    assert "The first lines as they would be booked" in tried.stdout
    assert ledger(database.dsn)["lines"] == 0
    done = shopx(database, tmp_path, *words, "--yes")
    assert done.returncode == 0, done.stderr
    assert str(ledger(database.dsn)["net"]) == "1235.05"
    number = str(one(database.dsn, "select max(id) from import_runs"))
    listed = shopx(database, tmp_path, "import", "list")
    assert "sales.csv" in listed.stdout
    shown = shopx(database, tmp_path, "import", "show", number)
    assert f"import: {number} into 'sales'" in shown.stdout
    assert "rows: 2 read, 0 skipped, 0 rejected" in shown.stdout
    mapping = shopx(database, tmp_path, "import", "show", number, "--mapping")
    assert mapping.stdout.startswith("# Drafted from sales.csv")
    undone = shopx(database, tmp_path, "import", "undo", number)
    assert undone.stdout.splitlines()[-1] == (
        f"Import {number} into 'sales' is taken back: 2 lines no longer count."
    )
    assert ledger(database.dsn)["net"] == 0
    again = shopx(database, tmp_path, "import", "undo", number)
    assert (again.returncode, "nothing was changed" in again.stdout) == (0, True)
    unknown = shopx(database, tmp_path, "import", "undo", "99")
    assert unknown.stderr.splitlines()[0] == "error: There is no import 99."


def test_a_mapping_without_a_source_is_told(database: Database, tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    told = shopx(database, tmp_path, "import", "mapping.yaml")
    assert told.returncode == 2
    assert "error: mapping.yaml is a mapping, and what to import is not said." in told.stderr
