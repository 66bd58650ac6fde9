"""`shopx seed`: generated sales, for a demonstration or a load test."""

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from shopx_core import logging
from shopx_core.errors import InvalidInput
from shopx_core.settings import Settings
from shopx_store.commands.progress import Bar
from shopx_store.connection import connect
from shopx_store.seeding.options import SeedOptions
from shopx_store.seeding.publish import Seeded, seed

_OTHERS = """
select from sources s
where s.name <> %s and exists (select from orders o where o.source_id = s.id) limit 1
"""


class _Bar(Bar):
    """Shows the progress of a seeding, on a terminal."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            console,
            TextColumn("seed"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[lines]}"),
            TimeRemainingColumn(),
        )
        self._task = self._progress.add_task("seed", total=None, lines="")

    def orders(self, done: int, total: int, lines: int) -> None:
        """`done` of `total` orders were made, with `lines` lines."""
        elapsed = self._progress.tasks[0].elapsed or 0
        rate = f", {lines / elapsed:,.0f}/s" if elapsed else ""
        self._progress.update(
            self._task, completed=done, total=total, lines=f"{lines:,} lines{rate}"
        )


def command(
    *,
    orders: Annotated[int, typer.Option(min=1, help="How many orders, exactly.")] = 100_000,
    start: Annotated[
        str | None,
        typer.Option("--from", help="The first day or instant.", show_default="a year before --to"),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="The first instant that is too late.", show_default="now"),
    ] = None,
    number: Annotated[
        int, typer.Option("--seed", min=0, help="Equal numbers give equal sales.")
    ] = 42,
    products: Annotated[int, typer.Option(min=10, help="Products to choose from.")] = 800,
    reps: Annotated[int, typer.Option(min=1, help="Sales representatives.")] = 24,
    customers: Annotated[
        int, typer.Option(min=0, help="Customers.", show_default="one for six orders")
    ] = 0,
    currencies: Annotated[
        str | None,
        typer.Option(help="Such as USD,EUR,GBP.", show_default="the reporting currency alone"),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            help="The zone of the days that the demand follows.", show_default="the reporting zone"
        ),
    ] = None,
    as_source: Annotated[str, typer.Option("--as", help="The source's name.")] = "seed",
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="Do nothing where another source has orders.")
    ] = False,
) -> None:
    """Fill the database with generated sales.

    It is published a few months at a time: a stopped seeding leaves whole months, and running it
    again with the same options makes the others.
    """
    settings = Settings.from_env()
    logging.configure("seed", json=settings.log.json_lines, level=settings.log.command_level)
    with connect(settings.database, "shopx seed") as connection:
        reporting = connection.execute("select timezone, currency from reporting").fetchone()
        if if_empty and connection.execute(_OTHERS, (as_source,)).fetchone():
            typer.echo("Another source has orders: nothing was added.")
            return
    home, money = reporting or ("UTC", "USD")
    tz = ZoneInfo(home)
    until = _instant(end, "--to", tz) or dt.datetime.now(dt.UTC).replace(microsecond=0)
    options = SeedOptions(
        orders=orders,
        start=_instant(start, "--from", tz) or until - dt.timedelta(days=365),
        end=until,
        seed=number,
        products=products,
        reps=reps,
        customers=customers,
        currencies=tuple(currencies.upper().split(",")) if currencies else (money,),
        zone=zone or home,
        source=as_source,
    )
    with _Bar(Console(stderr=True)) as bar:
        done = seed(settings.database, options, bar)
    typer.echo(summary(done))


def summary(done: Seeded) -> str:
    """Describe in a line what a seeding did."""
    if not done.months:
        return f"All {done.known} months exist already: nothing was added."
    rate = done.lines / done.seconds if done.seconds else 0
    return (
        f"{done.orders:,} orders with {done.lines:,} lines in {done.months} months:"
        f" {done.seconds:.1f} s, {rate:,.0f} lines/s."
    )


def _instant(text: str | None, option: str, zone: ZoneInfo) -> dt.datetime | None:
    """A day or instant, local where it has no offset."""
    if text is None:
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"{option} {text!r} is no day or instant.", hint="Such as 2025-01-31."
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)
