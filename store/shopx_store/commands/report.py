"""`shopx report`: create, list, pause and send scheduled reports and alerts."""

import getpass
import json
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import psycopg
import typer
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from shopx_core.domain.periods.ranges import Preset
from shopx_core.domain.reports import (
    Alert,
    Channel,
    ComparedWith,
    Condition,
    Definition,
    FileFormat,
    shown_target,
)
from shopx_core.errors import InvalidInput, NotFound
from shopx_core.settings import Settings
from shopx_core.texts import loads
from shopx_store.commands.local_time import local_time
from shopx_store.connection import connect
from shopx_store.reports import statements

command = typer.Typer(
    no_args_is_help=True, help="Create, list, pause and send scheduled reports and alerts."
)
_HISTORY_ROWS = 20

_Id = Annotated[int, typer.Argument(help="Its id, as `shopx report list` shows it.")]


@command.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is called; the subject of its messages.")],
    *,
    page: Annotated[str, typer.Option(help="The page, such as overview.")] = "overview",
    panel: Annotated[
        list[str] | None, typer.Option(help="One of its panels; repeatable. Default: all.")
    ] = None,
    preset: Annotated[Preset, typer.Option("--range", help="The range.")] = Preset.YESTERDAY,
    comparison: Annotated[
        ComparedWith, typer.Option(help="What it is compared with.")
    ] = ComparedWith.PREVIOUS_PERIOD,
    filters: Annotated[
        str, typer.Option(help='Lists of ids as JSON, such as {"regions": ["…"]}.')
    ] = "{}",
    zone: Annotated[
        str | None, typer.Option(help="IANA zone. Default: the reporting zone.")
    ] = None,
    file: Annotated[
        list[FileFormat] | None, typer.Option("--format", help="A file to attach; repeatable.")
    ] = None,
    channel: Annotated[Channel, typer.Option(help="How it is sent.")] = Channel.EMAIL,
    to: Annotated[list[str], typer.Option(help="A recipient: an address or a URL; repeatable.")],
    schedule: Annotated[
        str, typer.Option(help="Five cron fields, such as '0 7 * * MON'.")
    ] = "0 7 * * *",
    metric: Annotated[
        str | None, typer.Option(help="Makes it an alert: what is watched, such as revenue.")
    ] = None,
    condition: Annotated[Condition, typer.Option(help="When an alert is sent.")] = Condition.BELOW,
    threshold: Annotated[
        str, typer.Option(help="An amount, a count or a ratio; of a change a ratio (0.2 = 20 %).")
    ] = "0",
) -> None:
    """Keep a report, or with --metric an alert; its id is printed to stdout."""
    definition = statements.kept(
        Definition(
            name=name,
            page=page,
            panels=tuple(panel or ()),
            preset=preset,
            comparison=comparison,
            filters=_parsed_filters(filters),
            zone=zone,
            formats=tuple(dict.fromkeys(file or ())),
            channel=channel,
            targets=tuple(to),
            schedule=schedule,
            alert=Alert(metric, condition, _number(threshold)) if metric else None,
        )
    )
    author = f"{getpass.getuser()} (shopx report)"
    values = [*statements.values(definition, json.dumps(dict(definition.filters))), author]
    (row,) = _run(statements.CREATE, values)
    typer.echo(f"Report {row['id']} ({row['name']}) is kept.", err=True)
    typer.echo(row["id"])


@command.command(name="list")
def list_() -> None:
    """Show every report; of webhooks the hosts alone."""
    table = Table()
    for column in ("id", "name", "what", "schedule", "to", "state"):
        table.add_column(column)
    for row in _run(statements.LIST, []):
        kept = statements.definition_of(row, row["filters"])
        alert = kept.alert
        what = f"{kept.page}, {kept.preset.value}"
        if alert is not None:
            what += f"; {alert.metric} {alert.condition.value} {alert.threshold:f}"
        table.add_row(
            str(row["id"]),
            kept.name,
            what,
            kept.schedule,
            ", ".join(shown_target(kept.channel, one) for one in kept.targets),
            "paused" if row["paused"] else loads(row["problem"] or "active"),
        )
    _print(table)


@command.command()
def history(report: _Id) -> None:
    """Show the newest deliveries of a report, and how each ended."""
    row = _one(statements.ONE, [report], report)
    table = Table()
    for column in ("due", "to", "state", "attempts", "detail"):
        table.add_column(column)
    for one in _run(statements.HISTORY, [report, _HISTORY_ROWS]):
        table.add_row(
            local_time(one["due_at"]),
            shown_target(Channel(row["channel"]), one["target"]),
            one["state"],
            str(one["attempts"]),
            loads(one["detail"] or ""),
        )
    _print(table)


@command.command()
def pause(report: _Id) -> None:
    """Send nothing on schedule."""
    row = _one(statements.PAUSE, [report, True], report)
    typer.echo(f"Report {report} ({row['name']}) is paused.")


@command.command()
def resume(report: _Id) -> None:
    """Send on schedule again; what passed meanwhile is not caught up."""
    row = _one(statements.PAUSE, [report, False], report)
    typer.echo(f"Report {report} ({row['name']}) is active.")


@command.command()
def send(report: _Id) -> None:
    """Send a report at the workers' next round, whatever its schedule and condition."""
    made = _run(statements.SEND_NOW, [report])
    if not made:
        raise _missing(report)
    typer.echo(f"Report {report} goes to {len(made)} recipients at the workers' next round.")


@command.command()
def delete(report: _Id) -> None:
    """Remove a report with its history."""
    row = _one(statements.DELETE, [report], report)
    typer.echo(f"Report {report} ({row['name']}) is removed.")


def _run(statement: str, values: list[Any]) -> list[dict[str, Any]]:
    settings = Settings.from_env()
    with connect(settings.database, "shopx report") as connection:
        cursor = psycopg.RawCursor(connection, row_factory=dict_row)
        return cursor.execute(statement, values).fetchall()


def _one(statement: str, values: list[Any], report: int) -> dict[str, Any]:
    rows = _run(statement, values)
    if not rows:
        raise _missing(report)
    return rows[0]


def _missing(report: int) -> NotFound:
    return NotFound(f"There is no report {report}.", hint="`shopx report list` shows all.")


def _parsed_filters(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except json.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        raise InvalidInput(
            "The filters are not a JSON object.", hint='Write them as {"regions": ["ID"]}.'
        )
    return given


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise InvalidInput(f"{text!r} is not a number.") from error


def _print(table: Table) -> None:
    Console(width=None if Console().is_terminal else 120).print(table)
