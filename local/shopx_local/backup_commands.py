"""`shopx backup` and `shopx restore`: the archive of a dashboard on this machine."""

import os
import subprocess
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from psycopg import sql

from shopx_core.errors import Conflict, InvalidConfiguration, Unavailable
from shopx_local import programs
from shopx_local.account import Account, unprivileged
from shopx_local.archive import Archive, archive
from shopx_local.commands import Manifest, State, named_manifest
from shopx_local.console import Console
from shopx_local.control import running, state_of
from shopx_local.postgres import SUPERUSER
from shopx_local.programs import PostgresPrograms
from shopx_local.state import ROOT_STATE, StateDir
from shopx_local.up import read_manifest


def backup(file: Manifest = None, state: State = None) -> None:
    """Take a base backup of the running dashboard into the archive of `spec.backup`."""
    chosen = named_manifest(file)
    folder = state_of(chosen, state)
    port = urlsplit(running(folder).environment["SHOPX_DATABASE_DSN"]).port
    found, account = _archive(chosen, folder)
    server = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": folder.secrets().superuser_password,
    }
    _run(found, account, ["backup", "--keep", found.retention], server)
    Console().step(f"a backup is in {found.place}")


def restore(
    file: Manifest = None,
    state: State = None,
    to: Annotated[
        str | None,
        typer.Option(help="A moment, such as 2026-01-31T13:45:00Z; default: the newest state."),
    ] = None,
) -> None:
    """Restore the dashboard's database from the archive of `spec.backup`, where it has no data."""
    chosen = named_manifest(file)
    folder = state_of(chosen, state)
    folder.prepare()
    folder.lock()
    try:
        if (folder.postgres / "PG_VERSION").exists():
            raise Conflict(
                f"{folder.postgres} holds data, over which nothing is restored.",
                hint="Move that folder away first.",
            )
        found, account = _archive(chosen, folder)
        _open_to(folder.path, account)
        words = ["restore", "--data", str(folder.postgres.resolve())]
        _run(found, account, [*words, *(("--to", to) if to else ())], {})
        _set_password(folder, account)
    finally:
        folder.unlock()
    Console().step(f"restored from {found.place}; `shopx up` starts it")


def _archive(manifest: Path, folder: StateDir) -> tuple[Archive, Account | None]:
    account = unprivileged(folder.postgres)
    found = archive(read_manifest(manifest), folder, account)
    if found is None:
        raise InvalidConfiguration(
            f"{manifest} has no spec.backup.",
            hint="Add one, such as `backup: {destination: {pvc: {}}}` for a folder here, and"
            " restart `shopx up`: the log is archived from then on.",
        )
    return found, account


def _open_to(path: Path, account: Account | None) -> None:
    """Let the servers' account make its data folder."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _programs(account: Account | None) -> PostgresPrograms:
    return programs.readable_postgres(programs.postgres(), account, ROOT_STATE / "programs")


def _as(account: Account | None, found: Archive | None, more: dict[str, str]) -> dict[str, Any]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    path = f"{_programs(account).bin}{os.pathsep}{kept.get('PATH', os.defpath)}"
    extra = found.environment if found else {}
    return {
        "env": kept | {"PATH": path, "LC_ALL": "C.UTF-8", "TZ": "UTC"} | extra | more,
        "cwd": "/",
        "user": account.uid if account else None,
        "group": account.gid if account else None,
        "extra_groups": [] if account else None,
    }


def _run(found: Archive, account: Account | None, words: list[str], more: dict[str, str]) -> None:
    argv = [found.python, "-m", "shopx_backup", *words]
    done = subprocess.run(argv, check=False, **_as(account, found, more))  # noqa: S603 -- a Python of this machine
    if done.returncode:
        raise typer.Exit(done.returncode)


def _set_password(folder: StateDir, account: Account | None) -> None:
    """The passwords of this machine, which the backup does not know."""
    statement = sql.SQL("alter role {} password {}\n").format(
        sql.Identifier(SUPERUSER), sql.Literal(folder.secrets().superuser_password)
    )
    text = statement.as_string(None)
    argv = [_programs(account).bin / "postgres", "--single", "-D", folder.postgres, "postgres"]
    done = subprocess.run(  # noqa: S603 -- a program found on this machine
        [str(word) for word in argv],
        input=text,
        text=True,
        capture_output=True,
        check=False,
        **_as(account, None, {}),
    )
    if done.returncode or "ERROR" in done.stderr:
        raise Unavailable("The superuser's password could not be set in the restored database.")
