"""`shopx import`: sales from files or another database, through a mapping."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from shopx_core import logging
from shopx_core.errors import InvalidInput
from shopx_core.logging import redact_text
from shopx_core.settings import Settings
from shopx_store.commands.import_inspect import (
    CurrencyOption,
    DatesOption,
    DecimalOption,
    ZoneOption,
    answers,
    show_draft,
    understood,
)
from shopx_store.commands.import_progress import ImportBar, refresh_views
from shopx_store.importing.extent import Extent
from shopx_store.importing.mapping import KnownOrders, Mapping, Mode
from shopx_store.importing.mapping_file import load_mapping, parse_mapping
from shopx_store.importing.overview import Overview
from shopx_store.importing.pipeline import Options, Report, run_import
from shopx_store.importing.publish import CurrencyTotals
from shopx_store.importing.publish_checks import DEFAULT_LIMIT, NO_LIMIT, MissingLimit
from shopx_store.importing.readers.opening import here
from shopx_store.importing.remarks import remarks
from shopx_store.importing.sniffing.draft import Answers
from shopx_store.importing.values import plain

SOURCE_VARIABLE = "SHOPX_IMPORT_SOURCE"
_Parsed = TypeVar("_Parsed")


def _parser(parse: Callable[[str], _Parsed]) -> Callable[[str], _Parsed]:
    def read(text: str) -> _Parsed:
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return read


def command(
    file: Annotated[
        str,
        typer.Argument(
            help="A file of sales, also s3://bucket/key or https://…; or, with --source, a mapping:"
            " how the source becomes sales (docs/import.md)."
        ),
    ],
    *,
    source: Annotated[
        str | None,
        typer.Option(
            help="What to import: a file, a folder, https://…, s3://bucket/folder/*.csv, or"
            " postgresql://user:password@host/database."
            " Other users of the machine see a command line: give an address with a password in"
            " the variable.",
            envvar=SOURCE_VARIABLE,
            show_default=False,
        ),
    ] = None,
    dates: DatesOption = None,
    decimal: DecimalOption = None,
    currency: CurrencyOption = None,
    zone: ZoneOption = None,
    as_source: Annotated[
        str | None,
        typer.Option("--as", help="Take the lines as those of another source than the mapping's."),
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(
            help="append adds; replace also takes back what orders of the files no longer have;"
            " snapshot also takes back orders that the files do not have."
        ),
    ] = None,
    extent: Annotated[
        Extent | None,
        typer.Option(
            parser=_parser(Extent.parse),
            metavar="all|files|DAY..DAY",
            help="The orders that a snapshot stands for: all, those of the days that the files"
            " have, or of given days.",
        ),
    ] = None,
    known_orders: Annotated[
        KnownOrders | None,
        typer.Option(
            help="New lines of a known order of which the files lack lines: refuse, or extend it."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what would happen, and change nothing.")
    ] = False,
    max_rejects: Annotated[
        int, typer.Option(min=0, help="Rows that may be left out; more abort the import.")
    ] = 0,
    max_missing: Annotated[
        MissingLimit | None,
        typer.Option(
            parser=_parser(MissingLimit.parse),
            metavar="LINES|PERCENT%",
            help="Booked lines that may be taken back without others in their place; more abort"
            " the import. Default: 5%.",
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help="Import a file as it was understood, without asking; with a mapping, take back as"
            " many lines as the files lack.",
        ),
    ] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Where rows left out are listed.", show_default="SOURCE.rejects.csv"),
    ] = None,
) -> None:
    """Import sales, from a file as it is or through a mapping; running it again adds nothing.

    The import is one unit: whatever goes wrong, and whenever it is killed, nothing of it is there.
    """
    settings = Settings.from_env()
    logging.configure("import", json=settings.log.json_lines, level=settings.log.command_level)
    options = Options(
        source_name=as_source,
        mode=mode,
        dry_run=dry_run,
        max_rejects=max_rejects,
        known_orders=known_orders,
        extent=extent,
        max_missing=NO_LIMIT if yes else max_missing or DEFAULT_LIMIT,
        rejects=rejects,
    )
    if source is not None:
        _warn_of_password(source)
        _import(settings, load_mapping(Path(file)), source, options)
        return
    given = answers(dates, decimal, currency, zone)
    with here(file) as path:
        _expect_sales(path)
        drafted = _drafted(path, given, dry_run=dry_run, yes=yes)
        _import(settings, drafted, str(path), options)


def _warn_of_password(source: str) -> None:
    if os.environ.get(SOURCE_VARIABLE) != source and redact_text(source) != source:
        typer.echo(
            "The password of --source is seen by everyone who may list this machine's processes:"
            f" give the address in {SOURCE_VARIABLE} instead.",
            err=True,
        )


def _import(settings: Settings, loaded: Mapping, source: str, given: Options) -> None:
    name = given.source_name or loaded.source.name
    options = replace(given, rejects=given.rejects or Path(f"{name}.rejects.csv"))
    with ImportBar(Console(stderr=True)) as bar:
        report = run_import(settings.database, loaded, source, options, bar)
    console = Console()
    show(report, console, options.rejects, ZoneInfo(loaded.source.zone))
    if not (report.dry_run or report.published.changes.nothing):
        for problem in refresh_views(settings.database):
            console.print(problem, highlight=False, soft_wrap=True)


def _expect_sales(file: Path) -> None:
    if file.suffix in {".yaml", ".yml"}:
        raise InvalidInput(
            f"{file} is a mapping, and what to import is not said.",
            hint=f"shopx import {file} --source FILE|FOLDER|postgresql://…",
        )


def _drafted(file: Path, given: Answers, *, dry_run: bool, yes: bool) -> Mapping:
    """The mapping that a file suggests, if nothing is open and the user agrees."""
    draft = understood(file, given)
    console = Console(width=None if Console().is_terminal else 160)
    show_draft(console, draft, file)
    if draft.questions:
        raise InvalidInput(
            f"{file} leaves open how it is to be read: {' '.join(draft.questions)}",
            hint=f"Say so with these options, or correct the mapping that `shopx import inspect"
            f" {file} --write mapping.yaml` drafts.",
        )
    if not (dry_run or yes):
        if not sys.stdin.isatty():
            raise InvalidInput(
                "Nothing was imported: that the file is read rightly was not confirmed.",
                hint="Look at it with --dry-run, then say --yes.",
            )
        typer.confirm("Import it so?", abort=True)
    return parse_mapping(draft.text, "the drafted mapping")


def show(report: Report, console: Console, rejects: Path | None, zone: ZoneInfo) -> None:
    """Print what an import did; times and days are of the source's zone, as its files have them."""
    published = report.published
    documents = Table(title="Documents", title_justify="left")
    lines = Table(title="Lines", title_justify="left")
    for table in (documents, lines):
        table.add_column("")
        table.add_column("", justify="right")
    for document, count in published.documents.items():
        documents.add_row(document, f"{count:,}")
    changes = published.changes
    for label, count in (
        ("read", report.rows),
        ("new", changes.new),
        ("changed: corrected and booked anew", changes.changed),
        ("missing from the snapshot: taken back", changes.missing),
        ("again in the snapshot", changes.rebooked),
        ("known already", changes.same),
        ("known, and taken back since", changes.reversed),
        ("in the source once more", report.staging.repeated),
        ("skipped by `where`", report.skipped),
        ("rejected", report.rejected),
    ):
        if count or label in {"read", "new", "rejected"}:
            lines.add_row(label, f"{count:,}")
    totals = Table(title="Totals of the source", title_justify="left")
    totals.add_column("")
    for currency in published.totals:
        # Wrap rather than cut: a cut amount would read as another one.
        totals.add_column(currency, justify="right", overflow="fold")
    for label, values in _total_rows(list(published.totals.values())):
        totals.add_row(label, *values)
    for table in (documents, lines, totals):
        console.print(table)
    if published.overview is not None:
        _show_overview(published.overview, console, zone)
    for note in _notes(report, rejects):
        console.print(note, highlight=False, soft_wrap=True)


def _show_overview(found: Overview, console: Console, zone: ZoneInfo) -> None:
    if found.first is None or found.last is None:
        return
    table = Table(title="The first lines as they would be booked", title_justify="left")
    for name in ("order", f"at ({zone.key})", "kind", "customer", "product", "quantity", "gross",
                 "discount", "cost", ""):  # fmt: skip
        table.add_column(name, overflow="fold")
    for line in found.lines:
        table.add_row(
            line.order,
            f"{line.at.astimezone(zone):%Y-%m-%d %H:%M}",
            line.kind,
            line.customer or "",
            line.product,
            *(plain(amount) for amount in (line.quantity, line.gross, line.discount)),
            "" if line.cost is None else plain(line.cost),
            line.currency,
        )
    console.print(table)
    counts = (
        (found.orders, "orders"),
        (found.customers, "customers"),
        (found.products, "products"),
        (found.reps, "reps"),
        (found.categories, "categories"),
    )
    listed = ", ".join(f"{count:,} {what}" for count, what in counts if count)
    first, last = (at.astimezone(zone) for at in (found.first, found.last))
    days = f"{first:%Y-%m-%d} to {last:%Y-%m-%d} ({zone.key})"
    for text in (f"{listed}; {days}.", *found.unusual):
        console.print(text, highlight=False, soft_wrap=True)


def _total_rows(totals: list[CurrencyTotals]) -> Iterator[tuple[str, list[str]]]:
    yield "lines", [f"{sums.lines:,}" for sums in totals]
    yield "units", [f"{Decimal(plain(sums.units)):,f}" for sums in totals]
    for name in ("gross", "discounts", "returns", "net"):
        yield name, [f"{getattr(sums, name):,.2f}" for sums in totals]


def _notes(report: Report, rejects: Path | None) -> list[str]:
    published = report.published
    notes = []
    if report.rejected:
        notes.append(f"The {report.rejected:,} rejected are listed in {rejects}.")
    notes += remarks(report)
    seconds = sum(report.seconds.values())
    rate = f"{report.rows / seconds:,.0f}" if seconds else "-"
    took = f"{report.rows:,} rows in {seconds:.1f} s ({rate} rows/s)"
    if report.dry_run:
        notes.append(f"Dry run: nothing was changed. {took}.")
    elif not report.rows:
        notes.append("The source has no row: nothing was imported.")
    elif published.changes.nothing and not published.changes.same:
        notes.append(f"No line was left to import: nothing was added. {took}.")
    elif published.changes.nothing:
        notes.append(f"Everything was known already: nothing was added. {took}.")
    else:
        notes.append(f"Imported into {report.source!r}: {took}.")
    return notes
