"""`shopx import list`, `show` and `undo`: what was imported, and taking it back."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shopx_core import logging
from shopx_core.errors import InvalidInput
from shopx_core.settings import Settings
from shopx_store.commands.import_progress import ImportBar, refresh_views
from shopx_store.commands.local_time import local_time
from shopx_store.connection import connect
from shopx_store.importing.runs import Run, find_run, list_runs
from shopx_store.importing.undo import undo_import

RunArg = Annotated[int, typer.Argument(help="The import's number, as `shopx import list` has it.")]


def list_(
    source: Annotated[str | None, typer.Option(help="Imports of this source alone.")] = None,
    *,
    last: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the imports, the newest first."""
    with connect(Settings.from_env().database, "shopx import") as connection:
        runs = list_runs(connection, source, last)
    if as_json:
        typer.echo(json.dumps([_plain(run) for run in runs], indent=2))
        return
    shown = Table()
    for name in ("import", "published", "source", "mode", "new", "changed", "taken back", "files"):
        shown.add_column(name, justify="right" if name == "import" else "left", overflow="fold")
    for run in runs:
        shown.add_row(
            str(run.id),
            local_time(run.published_at),
            run.source,
            _mode(run),
            f"{run.new:,}",
            f"{run.changed:,}",
            f"{run.missing:,}",
            ", ".join(file["name"] for file in run.inputs or ()),
        )
    console = Console(width=None if Console().is_terminal else 160)
    console.print(shown if runs else "Nothing was imported yet.")


def show(
    run: RunArg,
    *,
    mapping: Annotated[
        bool, typer.Option("--mapping", help="Print its mapping alone, to correct and use again.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show an import: its files with their hashes, counts, totals, rejects and mapping."""
    with connect(Settings.from_env().database, "shopx import") as connection:
        found = find_run(connection, run)
    if mapping:
        if not found.mapping:
            raise InvalidInput(f"The mapping of {run} was not noted.")
        typer.echo(found.mapping, nl=False)
        return
    if as_json:
        typer.echo(json.dumps(_plain(found), indent=2))
        return
    console = Console(width=None if Console().is_terminal else 120)
    for label, text in _facts(found):
        console.print(f"{label}: {text}", highlight=False, soft_wrap=True, markup=False)
    totals = Table(title="Totals of the source as imported", title_justify="left")
    sums = found.summary.get("totals", {})
    totals.add_column("")
    for currency in sums:
        totals.add_column(currency, justify="right", overflow="fold")
    for name in ("lines", "units", "gross", "discounts", "returns", "net"):
        totals.add_row(name, *(str(values.get(name, "")) for values in sums.values()))
    if sums:
        console.print(totals)


def undo(run: RunArg) -> None:
    """Take an import back whole: figures are as before it. Again changes nothing."""
    settings = Settings.from_env()
    logging.configure("import", json=settings.log.json_lines, level=settings.log.command_level)
    with ImportBar(Console(stderr=True)) as bar:
        undone = undo_import(settings.database, run, bar.step)
    console = Console()
    if undone.before is not None:
        typer.echo(
            f"Import {run} was taken back on {local_time(undone.before)} already:"
            " nothing was changed."
        )
        return
    restored = (
        f" {undone.restored:,} that it had taken back count again." if undone.restored else ""
    )
    typer.echo(
        f"Import {run} into {undone.run.source!r} is taken back: {undone.taken_back:,} lines no"
        f" longer count.{restored}"
    )
    for problem in refresh_views(settings.database):
        console.print(problem, highlight=False, soft_wrap=True)


def _mode(run: Run) -> str:
    if run.undoes is not None:
        return f"undo of {run.undoes}"
    return f"{run.mode}, taken back by {run.undone_by}" if run.undone_by else run.mode


def _facts(run: Run) -> list[tuple[str, str]]:
    rows = run.summary.get("rows", {})
    facts = [
        ("import", f"{run.id} into {run.source!r}, {local_time(run.published_at)}"),
        ("mode", _mode(run)),
        *(
            (
                "file",
                file["name"]
                + (
                    f", {file['bytes']:,} bytes, SHA-256 {file['sha256']}" if file["sha256"] else ""
                ),
            )
            for file in run.inputs or ()
        ),
        (
            "rows",
            (
                f"{rows.get('read', 0):,} read, {rows.get('skipped', 0):,} skipped,"
                f" {rows.get('rejected', 0):,} rejected"
            ),
        ),
        (
            "lines",
            (
                f"{run.new:,} new, {run.changed:,} changed, {run.missing:,} taken back,"
                f" {run.again:,} booked again, {run.same:,} known already"
            ),
        ),
    ]
    if run.builds_on:
        facts.append(("builds on", ", ".join(map(str, run.builds_on))))
    if run.built_upon:
        facts.append(("later imports build on it", ", ".join(map(str, run.built_upon))))
    if run.mapping:
        facts.append(("mapping", f"shopx import show {run.id} --mapping"))
    return facts


def _plain(run: Run) -> dict[str, object]:
    return {
        "id": run.id,
        "source": run.source,
        "publishedAt": run.published_at.isoformat(),
        "mode": run.mode,
        "lines": {
            "new": run.new,
            "changed": run.changed,
            "takenBack": run.missing,
            "again": run.again,
            "known": run.same,
        },
        "rows": run.summary.get("rows"),
        "documents": run.summary.get("documents"),
        "totals": run.summary.get("totals"),
        "inputs": run.inputs,
        "buildsOn": run.builds_on,
        "builtUpon": run.built_upon,
        "undoes": run.undoes,
        "undoneBy": run.undone_by,
        "undoneAt": run.undone_at and run.undone_at.isoformat(),
    }
