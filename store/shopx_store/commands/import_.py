"""`shopx import`: sales from files or another database, through a mapping."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from shopx_core import logging
from shopx_core.domain.matviews import MATVIEWS
from shopx_core.errors import ShopxError
from shopx_core.settings import DatabaseSettings, Settings
from shopx_store.commands.progress import Bar
from shopx_store.connection import connect
from shopx_store.importing.mapping import Mode
from shopx_store.importing.mapping_file import load_mapping
from shopx_store.importing.pipeline import Options, Report, run_import
from shopx_store.importing.publish import CurrencyTotals
from shopx_store.importing.values import plain
from shopx_store.matviews.refresh import refresh


class _Rate(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        rows = int(task.fields.get("rows", 0))
        elapsed = task.elapsed or 0
        rate = f"{rows / elapsed:,.0f}/s" if elapsed > 1 else ""
        return Text(f"{rows:,} rows {rate}".rstrip())


class _Bar(Bar):
    """Shows the progress of an import, on a terminal."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            console,
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            _Rate(),
            TimeRemainingColumn(),
        )
        self._task = self._progress.add_task("", total=None)
        self._rows = 0

    def reading(self, label: str, total: int) -> None:
        """A file or table begins."""
        self._begin(f"read {Path(label).name}", total)

    def read(self, done: int, rows: int) -> None:
        """`done` units of it were read."""
        self._progress.update(self._task, completed=done, rows=rows)
        self._rows = rows

    def step(self, name: str) -> None:
        """A step of publishing begins, of unknown duration."""
        self._begin(name, None)

    def _begin(self, description: str, total: int | None) -> None:
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task(description, total=total, rows=self._rows)


def command(
    mapping: Annotated[
        Path, typer.Argument(help="How the source becomes sales: a mapping file (docs/import.md).")
    ],
    *,
    source: Annotated[
        str,
        typer.Option(
            help="What to import: a file, a folder, or postgresql://user:password@host/database.",
            show_default=False,
        ),
    ],
    as_source: Annotated[
        str | None,
        typer.Option("--as", help="Take the lines as those of another source than the mapping's."),
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(help="append adds; snapshot also takes back what the source has no more."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what would happen, and change nothing.")
    ] = False,
    max_rejects: Annotated[
        int, typer.Option(min=0, help="Rows that may be left out; more abort the import.")
    ] = 0,
    max_missing: Annotated[
        int | None,
        typer.Option(min=0, help="Lines that a snapshot may take back; more abort the import."),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Where rows left out are listed.", show_default="SOURCE.rejects.csv"),
    ] = None,
) -> None:
    """Import sales through a mapping; running it again adds nothing.

    The import is one unit: whatever goes wrong, and whenever it is killed, nothing of it is there.
    """
    settings = Settings.from_env()
    logging.configure("import", json=settings.log.json_lines, level=settings.log.command_level)
    loaded = load_mapping(mapping)
    name = as_source or loaded.source.name
    options = Options(
        source_name=as_source,
        mode=mode,
        dry_run=dry_run,
        max_rejects=max_rejects,
        max_missing=max_missing,
        rejects=rejects or Path(f"{name}.rejects.csv"),
    )
    with _Bar(Console(stderr=True)) as bar:
        report = run_import(settings.database, loaded, source, options, bar)
    console = Console()
    show(report, console, options.rejects)
    if not (report.dry_run or report.published.changes.nothing):
        for problem in refresh_views(settings.database):
            console.print(problem, highlight=False, soft_wrap=True)


def refresh_views(database: DatabaseSettings) -> Iterator[str]:
    """Recompute the materialized views, so that none shows the sales before the import as facts.

    Yields:
        Why a view stays as it was until its schedule; the import is published in any case.
    """
    try:
        with connect(database, "shopx import") as connection:
            for view in MATVIEWS:
                try:
                    refresh(connection, view)
                except ShopxError as error:
                    yield f"The view {view} was not refreshed: {error}"
    except ShopxError as error:
        yield f"The views were not refreshed: {error}"


def show(report: Report, console: Console, rejects: Path | None) -> None:
    """Print what an import did."""
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
    for note in _notes(report, rejects):
        console.print(note, highlight=False, soft_wrap=True)


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
    if report.staging.ambiguous:
        notes.append(
            f"{report.staging.ambiguous:,} orders have rows that disagree on the customer, rep,"
            " region or channel; the first row's counts."
        )
    if published.without_rate:
        notes.append(
            f"No exchange rate is known for {', '.join(published.without_rate)}: figures need one"
            " for every currency but the reporting one (`reporting.currency` of the manifest)."
        )
    seconds = sum(report.seconds.values())
    rate = f"{report.rows / seconds:,.0f}" if seconds else "-"
    took = f"{report.rows:,} rows in {seconds:.1f} s ({rate} rows/s)"
    if report.dry_run:
        notes.append(f"Dry run: nothing was changed. {took}.")
    elif published.changes.nothing:
        notes.append(f"Everything was known already: nothing was added. {took}.")
    else:
        notes.append(f"Imported into {report.source!r}: {took}.")
    return notes
