"""`shopx feed`: sources that workers read again on a schedule."""

import getpass
import json
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from shopx_core.domain.feeds import (
    EVENTS_MAPPING,
    Definition,
    State,
    followed_publication,
    state_of,
)
from shopx_core.domain.webhooks import shop_of
from shopx_core.errors import Conflict, InvalidInput, NotFound
from shopx_core.settings import Settings
from shopx_core.texts import loads
from shopx_store.commands.local_time import local_time
from shopx_store.connection import connect
from shopx_store.feeds import statements
from shopx_store.importing.changes.tracing import expect_followable
from shopx_store.importing.feed_mappings import events_mapping
from shopx_store.importing.feed_sharing import expect_alone
from shopx_store.importing.mapping_file import load_mapping
from shopx_store.importing.sniffing.known_exports import presets

command = typer.Typer(
    no_args_is_help=True, help="Read sources again on a schedule: add, list, run and pause feeds."
)

_Name = Annotated[str, typer.Argument(help="The feed's name, as `shopx feed list` has it.")]
_Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@command.command()
def add(
    name: Annotated[str, typer.Argument(help="What it is called: small letters, digits and -.")],
    address: Annotated[
        str,
        typer.Argument(
            help="folder:shop/*.csv, s3://bucket/folder/*.csv, https://…,"
            " postgresql://host/database or mysql://host/database, without credentials;"
            " postgresql://host/database?follow=changes for the rows that change there; or of a"
            " shop that sends events webhook:shopify, webhook:woocommerce or webhook:stripe."
        ),
    ],
    *,
    mapping: Annotated[
        str,
        typer.Option(
            help="A mapping file, or the name of a known export (shopify-orders). The default reads"
            " events."
        ),
    ] = EVENTS_MAPPING,
    source: Annotated[
        str | None, typer.Option(help="The source of its sales. Default: the mapping's.")
    ] = None,
    schedule: Annotated[
        str, typer.Option(help="Five cron fields, such as '0 6 * * *'.")
    ] = "*/15 * * * *",
    zone: Annotated[
        str | None, typer.Option(help="IANA zone of the schedule. Default: the reporting zone.")
    ] = None,
    credential: Annotated[
        str | None, typer.Option(help="The name of a file in the folder of credentials.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            help="Give a feed that is there already this address, mapping, schedule and credential:"
            " it reads everything again, and what it booked stays or is corrected."
        ),
    ] = False,
) -> None:
    """Read a source now, and again on a schedule: what changed there is imported."""
    shop = shop_of(address)
    known = events_mapping() if mapping == EVENTS_MAPPING else presets().get(mapping)
    loaded = known or load_mapping(Path(mapping))
    definition = statements.kept(
        Definition(
            name=name,
            address=address,
            source=source or (shop.value if shop else loaded.source.name),
            mapping=mapping if known else loaded.text,
            schedule=None if shop else schedule,
            zone=zone,
            credential=credential,
        )
    )
    author = f"{getpass.getuser()} (shopx feed)"
    if followed_publication(address) is not None:
        expect_followable(loaded)
    expect_alone(definition, _run(statements.SAME_SOURCE, [definition.source]))
    values = statements.values(definition, author)
    rows = _run(statements.ONE, [name]) if replace else []
    if rows:
        _replace(rows[0], definition, values)
    elif not _run(statements.ADD, values):
        raise Conflict(
            f"There is a feed {name!r} already.",
            hint="Choose another name, or say --replace to give that feed this address, mapping,"
            " schedule and credential.",
        )
    if shop is None:
        told = "is read by the workers within seconds"
    else:
        told = f"takes events at /webhooks/{name} of the dashboard's address"
    typer.echo(f"The feed {name} {told}: shopx feed show {name}")


def _replace(known: dict[str, Any], given: Definition, values: list[Any]) -> None:
    """Give a feed another definition.

    Raises:
        Conflict: It is being read, or events wait that its new definition could not read.
    """
    if _run(statements.REPLACE, values):
        return
    if (known["schedule"] is None) != (given.schedule is None):
        raise Conflict(
            f"The feed {given.name!r} cannot be replaced: of it and the new one, one takes events"
            " and the other reads a source.",
            hint=f"Remove it first (shopx feed remove {given.name}), or choose another name.",
        )
    raise Conflict(
        f"The feed {given.name!r} is being read just now, so it was not replaced.",
        hint=f"Say the same again when `shopx feed show {given.name}` no longer shows"
        f" {State.RUNNING}; `shopx feed pause {given.name}` keeps it from being read meanwhile.",
    )


@command.command(name="list")
def list_(*, as_json: _Json = False) -> None:
    """Show every feed, with how it is."""
    rows = _run(statements.LIST, [])
    if as_json:
        typer.echo(json.dumps([_plain(row) for row in rows], indent=2))
        return
    table = Table()
    for column in (
        "name",
        "source",
        "reads",
        "schedule",
        "state",
        "last success",
        "last import",
        "not read",
    ):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            row["name"],
            row["source"],
            row["address"],
            row["schedule"] or "as events come",
            _state(row).value,
            local_time(row["succeeded_at"]) if row["succeeded_at"] else "never",
            str(row["last_run"] or ""),
            _bytes(row["unread_bytes"]) if row["slot"] else "",
        )
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table if rows else "There is no feed yet.")
    for left in _run(statements.SLOTS_LEFT, []):
        typer.echo(
            f"The slot {left['name']} of {left['address']} is not dropped yet: "
            f"{left['problem'].rstrip('.')}. By hand: select"
            f" pg_drop_replication_slot('{left['name']}');"
        )


@command.command()
def show(name: _Name, *, as_json: _Json = False) -> None:
    """Show a feed: what it reads, how it is, and what went wrong."""
    row = _one(statements.ONE, [name], name)
    plain = _plain(row)
    if as_json:
        typer.echo(json.dumps(plain, indent=2))
        return
    problem = plain.pop("problem")
    plain.pop("mapping")
    for label, value in plain.items():
        if value is not None:
            typer.echo(f"{label}: {value}")
    if problem:
        typer.echo(f"problem: {problem['message']}")
        if problem["hint"]:
            typer.echo(f"what to do: {problem['hint']}")


@command.command()
def run(name: _Name) -> None:
    """Read a feed now, whatever its schedule; a worker does it within seconds."""
    _one(statements.ONE, [name], name)
    if not _run(statements.PULL, [name]):
        raise InvalidInput(f"The feed {name!r} is paused.", hint=f"shopx feed resume {name}")
    typer.echo(f"The feed {name} is read by the workers within seconds.")


@command.command()
def pause(name: _Name) -> None:
    """Read a feed no longer."""
    _one(statements.PAUSE, [name, True], name)
    typer.echo(f"The feed {name} is paused.")


@command.command()
def resume(name: _Name) -> None:
    """Read a feed again on its schedule; what changed meanwhile is read then."""
    _one(statements.PAUSE, [name, False], name)
    typer.echo(f"The feed {name} is read again.")


@command.command()
def remove(name: _Name) -> None:
    """Remove a feed; what it imported stays."""
    slot = _one(statements.ONE, [name], name)["slot"]
    _one(statements.REMOVE, [name], name)
    typer.echo(f"The feed {name} is removed.")
    if slot:
        typer.echo(
            f"The workers drop its slot {slot} within a minute; `shopx feed list` says so if they"
            " cannot. Keep its credential until then."
        )


def _run(statement: str, values: list[Any]) -> list[dict[str, Any]]:
    with connect(Settings.from_env().database, "shopx feed") as connection:
        cursor = psycopg.RawCursor(connection, row_factory=dict_row)
        return cursor.execute(statement, values).fetchall()


def _one(statement: str, values: list[Any], name: str) -> dict[str, Any]:
    rows = _run(statement, values)
    if not rows:
        raise NotFound(f"There is no feed {name!r}.", hint="`shopx feed list` shows all.")
    return rows[0]


def _state(row: dict[str, Any]) -> State:
    return state_of(
        is_paused=row["paused"], is_open=row["open_job"] is not None, failures=row["failures"]
    )


def _bytes(count: int | None) -> str:
    return "unknown" if count is None else f"{count / (1 << 20):,.1f} MiB"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    times = ("attempted_at", "succeeded_at", "next_attempt_at", "created_at", "measured_at")
    return {
        "name": row["name"],
        "source": row["source"],
        "address": row["address"],
        "schedule": row["schedule"],
        "zone": row["zone"],
        "credential": row["credential"],
        "state": _state(row).value,
        "failures": row["failures"],
        "waiting_events": row["waiting"] if row["schedule"] is None else None,
        "unreadable_events": row["unreadable"] or None,
        "unreadable_why": row["unreadable_why"] and loads(row["unreadable_why"]),
        "refused_requests": row["refused"] or None,
        **{name: row[name] and row[name].isoformat() for name in times},
        "slot": row["slot"],
        "unread_bytes": row["unread_bytes"],
        "kept_bytes": row["kept_bytes"],
        "read_whole_at": row["read_whole_at"] and row["read_whole_at"].isoformat(),
        "read_whole_why": row["read_whole_why"] and loads(row["read_whole_why"]),
        "last_import": row["last_run"],
        "created_by": row["created_by"],
        "mapping": row["mapping"],
        "problem": row["problem"]
        and {name: row["problem"][name] for name in ("code", "message", "hint")},
    }
