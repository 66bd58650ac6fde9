"""Predictions: fitted to the ledger's purchases, stored for each customer, replaced as a whole."""

import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from pydantic import SecretStr

from shopx_core.jobs import FitPredictions
from shopx_core.settings import DatabaseSettings, Settings
from shopx_workers.predictions import Buyer, predict
from shopx_workers.tasks.fit_predictions import run
from tests.support.postgres import Database
from tests.support.sales import Item, Sales

SAMPLE = Path(__file__).parents[3] / "shared" / "datasets" / "cdnow" / "CDNOW_sample.txt"
CALIBRATION_END = dt.datetime(1997, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """A job's."""
    with psycopg.connect(database.dsn, autocommit=True) as made:
        yield made


def fitted(connection: psycopg.Connection) -> dict[str, Any]:
    """Fit once; returns what the job says."""
    settings = Settings(database=DatabaseSettings(dsn=SecretStr("postgresql://unused")))
    return run(connection, FitPredictions(), settings)


def cdnow() -> Sales:
    """The literature's sample of 2,357 customers, up to the end of its calibration."""
    sales = Sales()
    for line in SAMPLE.read_text().splitlines():
        _, customer, day, quantity, value = line.split()
        at = dt.datetime.strptime(day, "%Y%m%d").replace(tzinfo=dt.UTC)
        if at <= CALIBRATION_END:
            item = Item(quantity=Decimal(quantity), gross=Decimal(value))
            sales.sale(at, [item], customer=int(customer))
    return sales


def buyers(count: int) -> Sales:
    """Customers who come back every 30 days, for one amount after another."""
    sales = Sales()
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for customer in range(1, count + 1):
        for n in range(1 + customer % 4):
            at = start + dt.timedelta(days=30 * n + customer)
            sales.sale(at, [Item(gross=Decimal(customer + n))], customer=customer)
    return sales


@pytest.mark.skipif(not SAMPLE.exists(), reason=f"{SAMPLE} is not here")
def test_cdnow_gives_the_published_parameters(
    database: Database, connection: psycopg.Connection
) -> None:
    """BG/NBD and Gamma-Gamma of the papers, to three digits, from the ledger to the table.

    The papers count time in weeks: only alpha, and the log-likelihood by a constant, depend on it.
    """
    cdnow().write(database.dsn)
    assert fitted(connection) == {
        "customers": 2357,
        "reason": None,
        "spend_reason": None,
    }
    fit = (
        connection.cursor(row_factory=dict_row).execute("select * from prediction_fits").fetchone()
    )
    assert fit is not None
    assert fit["observed_until"] == CALIBRATION_END.date()
    found = (fit["r"], fit["alpha"] / 7, fit["a"], fit["b"])
    assert found == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=5e-4)
    spend = (fit["p"], fit["q"], fit["v"])
    assert spend == pytest.approx((6.25, 3.74, 15.44), abs=5e-3)
    repeats = connection.execute(
        "select sum(repeat_purchase_days)::integer from mv_customer_purchases"
    ).fetchone()
    assert repeats is not None
    in_weeks = fit["log_likelihood"] + repeats[0] * math.log(7)
    assert in_weeks == pytest.approx(-9582.43, abs=5e-3)
    stored = connection.execute(
        "select count(*), count(expected_spend), count(predicted_value),"
        " min(probability_alive), max(probability_alive) from predictions"
    ).fetchone()
    assert stored is not None
    assert stored[:3] == (2357, 946, 2357)
    assert 0 < stored[3] < stored[4] <= 1


def test_what_is_stored_is_what_the_model_says(
    database: Database, connection: psycopg.Connection
) -> None:
    """Each customer's row is the pure function's answer for the row of the view."""
    buyers(60).write(database.dsn)
    fitted(connection)
    rows = connection.execute(
        "select customer_id, first_day, last_day, repeat_purchase_days::integer,"
        " mean_repeat_spend::float8 from mv_customer_purchases order by 1"
    ).fetchall()
    expected = predict([Buyer(*row) for row in rows])
    found = connection.execute(
        "select probability_alive, expected_purchases_90, expected_purchases_365, expected_spend,"
        " predicted_value from predictions order by customer_id"
    ).fetchall()
    columns = (
        expected.probability_alive,
        expected.expected_short,
        expected.expected,
        expected.expected_spend,
        expected.value,
    )
    for row, *figures in zip(found, *columns, strict=True):
        assert row == tuple(None if math.isnan(figure) else figure for figure in figures)


def test_too_few_customers_are_a_finding(
    database: Database, connection: psycopg.Connection
) -> None:
    """The reason is stored, and the predictions of the fit before stay."""
    fitted(connection)
    sales = buyers(60)
    sales.write(database.dsn)
    fitted(connection)
    before = connection.execute("select * from predictions order by 1").fetchall()
    sales.reverse([line for line in sales.lines if (line.customer or 0) > 5])
    sales.write(database.dsn)
    done = fitted(connection)
    assert "too few" in done["reason"]
    assert connection.execute("select * from predictions order by 1").fetchall() == before
    fits = connection.execute(
        "select customers, r is not null, reason from prediction_fits order by id"
    ).fetchall()
    assert [row[:2] for row in fits] == [(0, False), (60, True), (5, False)]
    assert [row[2] is None for row in fits] == [False, True, False]


def test_a_new_fit_replaces_the_old_one(database: Database, connection: psycopg.Connection) -> None:
    """Every prediction is of one fit, the newest; a reader never sees half of each."""
    sales = buyers(60)
    sales.write(database.dsn)
    fitted(connection)
    with psycopg.connect(database.dsn) as reader:
        reader.execute("set transaction isolation level repeatable read")
        assert reader.execute("select distinct fit_id from predictions").fetchall() == [(1,)]
        fitted(connection)
        assert reader.execute("select distinct fit_id from predictions").fetchall() == [(1,)]
    assert connection.execute("select distinct fit_id from predictions").fetchall() == [(2,)]
