"""`shopx rates`: import, set and list exchange rates."""

import datetime as dt
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shopx_core.errors import InvalidInput
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.rates import table
from shopx_store.rates.files import Rate, read_rates

command = typer.Typer(
    no_args_is_help=True, help="Import, set and list exchange rates into the reporting currency."
)


@command.command(name="import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="The European Central Bank's eurofxref file (CSV, XML or zip), or a CSV with the"
            " columns currency, day and rate."
        ),
    ],
    *,
    base: Annotated[
        str, typer.Option(help="What one unit of is quoted, in a file with a column a currency.")
    ] = "EUR",
    currency: Annotated[
        list[str] | None, typer.Option(help="Take this currency alone; repeat it for several.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Leave earlier days out, except the last rate before this one."),
    ] = None,
) -> None:
    """Store a file's rates; those of a day that has one are corrected."""
    first = _day(since) if since is not None else None
    with connect(Settings.from_env().database, "shopx rates") as connection:
        reporting = table.reporting_currency(connection)
        read = read_rates(file, reporting, base)
        if currency is not None:
            absent = sorted(set(currency) - {rate.currency for rate in read} - {reporting})
            if absent:
                raise InvalidInput(f"{file} has no rate of {', '.join(absent)}.")
        wanted = [rate for rate in read if currency is None or rate.currency in currency]
        stored = table.store(connection, table.checked(_since(wanted, first), reporting))
    typer.echo(
        f"Rates into {reporting}: {stored.added:,} added, {stored.changed:,} corrected,"
        f" {stored.same:,} known already."
    )


@command.command(name="set")
def set_(
    currency: Annotated[str, typer.Argument(help="ISO 4217, such as CHF.")],
    day: Annotated[str, typer.Argument(help="From when on it holds, until the next one.")],
    rate: Annotated[
        str, typer.Argument(help="Units of the reporting currency for one unit of this one.")
    ],
) -> None:
    """Store one rate; that of a day that has one is corrected."""
    try:
        number = Decimal(rate)
    except InvalidOperation:
        number = Decimal("NaN")
    code = currency.strip()
    if not (len(code) == len("EUR") and code.isascii() and code.isupper() and code.isalpha()):
        raise InvalidInput(f"{currency!r} is no currency code.", hint="ISO 4217, such as EUR.")
    if not number.is_finite() or number <= 0:
        raise InvalidInput(f"{rate!r} is no rate above 0.")
    with connect(Settings.from_env().database, "shopx rates") as connection:
        reporting = table.reporting_currency(connection)
        table.store(connection, table.checked([Rate(code, _day(day), number)], reporting))
    typer.echo(f"From {day} on, one {code} is {number:f} {reporting}.")


@command.command(name="list")
def list_(
    currency: Annotated[
        str | None, typer.Argument(help="Its rates, the newest first. Default: all currencies.")
    ] = None,
    *,
    last: Annotated[int, typer.Option(min=1, help="How many rates of one currency.")] = 30,
) -> None:
    """Show what is stored, and which booked lines have no rate."""
    with connect(Settings.from_env().database, "shopx rates") as connection:
        reporting = table.reporting_currency(connection)
        shown = Table(title=f"Rates into {reporting}", title_justify="left")
        if currency is not None:
            for name in ("currency", "from", "rate"):
                shown.add_column(name)
            for rate in table.rates_of(connection, currency, last):
                shown.add_row(rate.currency, f"{rate.day}", f"{rate.rate:f}")
        else:
            for name in ("currency", "rates", "first day", "last day", "last rate"):
                shown.add_column(name)
            for code, count, first, newest, rate in table.summary(connection):
                shown.add_row(code, f"{count:,}", f"{first}", f"{newest}", f"{rate:f}")
        lacking = table.missing(connection)
    console = Console(width=None if Console().is_terminal else 120)
    console.print(shown)
    for code, day, lines in lacking:
        console.print(
            f"{lines:,} lines in {code} have no rate: add one with"
            f" `shopx rates set {code} {day} RATE`.",
            highlight=False,
            soft_wrap=True,
        )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no day.", hint="Write it as 2026-01-31.") from None


def _since(rates: list[Rate], first: dt.date | None) -> list[Rate]:
    if first is None:
        return rates
    # The rate that holds on the first day may be of a day before.
    before: dict[str, dt.date] = {}
    for rate in rates:
        if rate.day <= first:
            before[rate.currency] = max(rate.day, before.get(rate.currency, rate.day))
    return [rate for rate in rates if rate.day >= before.get(rate.currency, first)]
