"""`python -m shopx_backup`: what PostgreSQL, Jobs and init containers run."""

import argparse
import datetime as dt
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shopx_backup import base, restore, settings, wal
from shopx_core.errors import InvalidInput, NotFound, ShopxError

FAILED: Final = 200
"""Above 125: PostgreSQL stops a recovery, instead of taking a failure for the end of the log."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = argparse.ArgumentParser(prog="python -m shopx_backup", description=__doc__)
    commands = made.add_subparsers(dest="command", required=True)
    one = commands.add_parser("archive", help="PostgreSQL's archive_command")
    one.add_argument("path", type=Path, help="%%p")
    one.add_argument("--data", type=Path, default=Path(), help="default: the present folder")
    one = commands.add_parser("fetch", help="PostgreSQL's restore_command")
    one.add_argument("name", help="%%f")
    one.add_argument("path", type=Path, help="%%p")
    one.add_argument("--system", required=True)
    one.add_argument("--spool", type=Path, required=True)
    one.add_argument("--archive", default=settings.URL)
    one = commands.add_parser("backup", help="take a base backup, and delete what is too old")
    one.add_argument("--keep", default="14d", help="such as 14d")
    commands.add_parser("list", help="the complete backups, oldest first")
    one = commands.add_parser("restore", help="restore into a folder that holds no data")
    one.add_argument("--data", type=Path, required=True)
    one.add_argument("--to", help="a moment in ISO 8601; default: the newest state")
    one.add_argument("--check", action="store_true", help="a copy to look at; nothing is noted")
    return made


def run(arguments: argparse.Namespace) -> None:
    """Run a command.

    Raises:
        ShopxError: It failed.
    """
    match arguments.command:
        case "archive":
            wal.archive(settings.archive(), arguments.data, arguments.path)
        case "fetch":
            store = settings.archive(name=arguments.archive)
            wal.fetch(store, arguments.system, arguments.name, arguments.path, arguments.spool)
        case "backup":
            hours = settings.hours(arguments.keep)
            store = settings.archive()
            made = base.take(store, _now)
            base.expire(store, _now, hours)
            print(base.described(made))  # noqa: T201 -- the operator reads it
        case "list":
            store = settings.archive()
            for made in base.backups(store, store.items("")):
                print(base.described(made))  # noqa: T201 -- for people
        case _:
            _restore(arguments)


def _moment(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput(f"{text!r} is no moment.", hint="Write it as 2026-01-31T13:45:00Z.")
    return found


def _restore(arguments: argparse.Namespace) -> None:
    variable = restore.source(dict(os.environ))
    wanted = restore.Wanted(
        data=arguments.data,
        target=_moment(arguments.to) if arguments.to else None,
        source=settings.archive(name=variable),
        own=None if arguments.check else settings.archive(),
        source_variable=variable,
    )
    done = restore.restore(wanted, _now)
    if done is None:
        print(f"{arguments.data} holds data, which stay as they are.")  # noqa: T201 -- for people
        return
    reached = f", up to the transaction of {done.reached}" if done.reached else ""
    print(  # noqa: T201 -- for people
        f"Restored from the backup {done.backup.id}{reached}, in {done.seconds:.1f} s."
    )


def main(words: Sequence[str] | None = None) -> int:
    """Run; returns the exit code."""
    arguments = parser().parse_args(words)
    try:
        run(arguments)
    except ShopxError as error:
        sys.stderr.write(f"error: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"hint: {error.hint}\n")
        if arguments.command == "fetch" and not isinstance(error, NotFound):
            return FAILED
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
