"""`shopx import inspect`: what a file is, and the mapping that it suggests."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shopx_core.errors import InvalidConfiguration, InvalidInput
from shopx_core.settings import Settings
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.readers.opening import here
from shopx_store.importing.sniffing.draft import (
    DAY_FIRST,
    MONTH_FIRST,
    Answers,
    Draft,
    draft_mapping,
)
from shopx_store.importing.sniffing.preview import preview
from shopx_store.importing.transform import Reject

SHOWN_ROWS = 5
_SHOWN_REJECTS = 3

DatesOption = Annotated[
    str | None,
    typer.Option(
        "--dates", metavar=f"{DAY_FIRST}|{MONTH_FIRST}", help="How to read 03/02/2026 in the file."
    ),
]
DecimalOption = Annotated[
    str | None, typer.Option("--decimal", metavar=".|,", help="The file's decimal separator.")
]
CurrencyOption = Annotated[
    str | None, typer.Option("--currency", help="The file's currency, where it states none.")
]
ZoneOption = Annotated[
    str | None,
    typer.Option("--zone", help="The zone of times without an offset. Default: the figures'."),
]


def command(
    file: Annotated[
        str, typer.Argument(help="A file of sales, also s3://bucket/key or https://….")
    ],
    *,
    dates: DatesOption = None,
    decimal: DecimalOption = None,
    currency: CurrencyOption = None,
    zone: ZoneOption = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the drafted mapping to this new file.")
    ] = None,
) -> None:
    """Look at a file: what it is, how it is read, its first rows as sales, and a mapping.

    Changes nothing, and needs no database.
    """
    console = Console(width=None if Console().is_terminal else 160)
    with here(file) as path:
        draft = understood(path, answers(dates, decimal, currency, zone))
        show_draft(console, draft, path)
    if write is None:
        console.print("The mapping:\n", highlight=False)
        typer.echo(draft.text, nl=False)
        return
    try:
        with write.open("x", encoding="utf-8") as target:
            target.write(draft.text)
    except OSError as error:
        raise InvalidInput(f"{write} cannot be written: {error.strerror or error}.") from None
    typer.echo(f"The mapping is in {write}: shopx import {write} --source {file} --dry-run")


def answers(
    dates: str | None, decimal: str | None, currency: str | None, zone: str | None
) -> Answers:
    """What the options say.

    Raises:
        BadParameter: One has none of its values.
    """
    if dates not in (None, DAY_FIRST, MONTH_FIRST):
        raise typer.BadParameter(f"--dates is {DAY_FIRST} or {MONTH_FIRST}.")
    if decimal not in (None, ".", ","):
        raise typer.BadParameter("--decimal is . or ,")
    return Answers(dates, decimal, currency, zone)


def understood(file: Path, given: Answers) -> Draft:
    """What a file shows; times without an offset are of the figures' zone, or UTC without one."""
    try:
        zone = Settings.from_env().reporting.timezone
    except InvalidConfiguration:
        zone = "UTC"
    return draft_mapping(file, given, zone)


def show_draft(console: Console, draft: Draft, file: Path) -> None:
    """Print what was understood, and the first rows as they would be booked."""
    for label, text in draft.facts:
        console.print(f"{label}: {text}", highlight=False, soft_wrap=True, markup=False)
    if draft.questions:
        console.print("\nOpen questions:", highlight=False)
        for question in draft.questions:
            console.print(f"- {question}", highlight=False, soft_wrap=True, markup=False)
        console.print()
        return
    _show_rows(console, parse_mapping(draft.text, "the drafted mapping"), file)


def _show_rows(console: Console, mapping: Mapping, file: Path) -> None:
    found = preview(mapping, file, SHOWN_ROWS)
    names = list(dict.fromkeys(name for row in found.rows for name in row))
    table = Table(title="The first rows as they would be booked", title_justify="left")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in found.rows:
        table.add_row(*(row.get(name, "") for name in names))
    console.print(table)
    for reject in found.rejects[:_SHOWN_REJECTS]:
        console.print(would_be_rejected(reject), highlight=False, soft_wrap=True, markup=False)
    if len(found.rejects) > _SHOWN_REJECTS:
        console.print(f"And {len(found.rejects) - _SHOWN_REJECTS:,} more.", highlight=False)


def would_be_rejected(reject: Reject) -> str:
    """A row of the preview that would not be booked; of a column, where one is at fault."""
    column = f" ({reject.column})" if reject.column else ""
    return f"Row {reject.row} would be rejected{column}: {reject.reason}: {reject.value!r}"
