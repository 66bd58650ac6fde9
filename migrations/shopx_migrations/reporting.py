"""Stores the reporting terms of the settings in the table `reporting`."""

import psycopg

from shopx_core.errors import Conflict
from shopx_core.settings import ReportingSettings


def apply(connection: psycopg.Connection, terms: ReportingSettings) -> bool:
    """Store the reporting terms, in one transaction.

    A new time zone or week start makes the day and week rollups wrong: they are marked untrusted
    in the same transaction, so readers compute from the ledger until the fold has rebuilt them.

    Returns:
        Whether the rollups are to be rebuilt, which the fold does by itself.

    Raises:
        Conflict: The currency changes while exchange rates into the old one are stored; every
            converted figure would be wrong.
    """
    with connection.transaction():
        row = connection.execute(
            "select timezone, currency, week_start from reporting for update"
        ).fetchone()
        if row is None:
            connection.execute(
                "insert into reporting (timezone, currency, week_start) values (%s, %s, %s)",
                (terms.timezone, terms.currency, terms.week_start),
            )
            return False
        timezone, currency, week_start = row
        if currency != terms.currency and _exists(connection, "rates"):
            raise Conflict(
                f"The reporting currency cannot change from {currency} to {terms.currency}:"
                f" the stored exchange rates are into {currency}.",
                hint="Replace the rows of the table rates first, or keep the currency.",
            )
        connection.execute(
            "update reporting set timezone = %s, currency = %s, week_start = %s",
            (terms.timezone, terms.currency, terms.week_start),
        )
        regrouped = (timezone, week_start) != (terms.timezone, terms.week_start)
        if not (regrouped and _exists(connection, "order_items")):
            return False
        connection.execute("update watermark set trusted = false")
        return True


def _exists(connection: psycopg.Connection, table: str) -> bool:
    row = connection.execute(f"select exists (select from {table})").fetchone()
    return bool(row and row[0])
