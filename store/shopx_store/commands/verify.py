"""`shopx verify`: the ledger against every tier, to the cent."""

import time

import typer
from rich.console import Console
from rich.table import Table

from shopx_core import logging
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.partitions import lock_capacity
from shopx_store.verification import Report, verify


def command() -> None:
    """Recompute every total from raw orders and compare; one cent of difference fails."""
    settings = Settings.from_env()
    logging.configure("verify", json=settings.log.json_lines, level=settings.log.command_level)
    started = time.monotonic()
    with connect(settings.database, "shopx verify") as connection:
        report = verify(connection)
        locks = lock_capacity(connection)
    console = Console(width=None if Console().is_terminal else 120)
    _print(console, report)
    wrong = sum(not check.good for check in report.checks)
    verdict = f"{wrong} of {len(report.checks)} checks failed" if wrong else "every tier agrees"
    console.print(f"{verdict} ({time.monotonic() - started:.1f} s)")
    if not locks.suffices:
        console.print(f"Warning: {locks.advice}")
    if not report.good:
        raise typer.Exit(1)


def _print(console: Console, report: Report) -> None:
    totals = Table(title="The ledger")
    for column in ("currency", "sale lines", "orders", "gross", "revenue", "cost", "not folded"):
        totals.add_column(column, justify="left" if column == "currency" else "right")
    for total in report.totals:
        totals.add_row(
            total.currency,
            f"{total.lines:,}",
            f"{total.orders:,}",
            f"{total.gross:,}",
            f"{total.revenue:,}",
            f"{total.cost:,}",
            f"{total.pending:,}",
        )
    console.print(totals)
    for one in report.unrated:
        console.print(
            f"No exchange rate: {one.lines:,} sale lines in {one.currency}, {one.revenue:,}"
            f" {one.currency} of revenue from {one.since} on, are in no figure. Add one:"
            f" shopx rates set {one.currency} {one.since} RATE"
        )
    if report.ahead:
        console.print(
            f"{report.ahead:,} lines are dated ahead of now: customers' views and product pairs"
            " leave them out until then."
        )
    checks = Table(title="The tiers")
    for column in ("tier", "what", "from raw lines", "stored", "rows", "wrong", ""):
        checks.add_column(column, justify="left" if column in {"tier", "what", ""} else "right")
    for check in report.checks:
        checks.add_row(
            check.tier,
            check.name,
            f"{check.raw:,}",
            f"{check.stored:,}",
            f"{check.rows:,}",
            f"{check.wrong:,}",
            "ok" if check.good else "DIFFERS",
        )
    console.print(checks)
