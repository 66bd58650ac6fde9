"""The `shopx` command, composed of the installed parts.

A command is one row in `COMMANDS`. Its target is `module:attribute`, where the
attribute is either a plain function with Typer annotations (one command; a `context_settings`
attribute on it is passed on) or a `typer.Typer` (a group such as `shopx token create`). Targets
are text because core imports no part, and because only the module of the chosen command is
imported: `shopx --help` and `shopx status` do not import NumPy. A command

- reads `Settings.from_env()` inside the function (or takes what it needs from options),
- raises `ShopxError` for expected failures: it is printed as `error:` and `hint:`, without a
  traceback, with the error's own exit code (1; 2 when the input was at fault),
- returns normally on success, or raises `typer.Exit(code)`.

If its extra is missing, the message says which one to install.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shopx_core.domain.matviews import MATVIEWS
from shopx_core.errors import InvalidConfiguration, ShopxError
from shopx_core.logging import redact_text

if TYPE_CHECKING:
    import typer


@dataclass(frozen=True, slots=True)
class Command:
    """One row of `shopx --help`."""

    name: str
    target: str
    """`module:attribute`."""
    extra: str
    """The extra of the distribution that has the packages of the target."""
    summary: str
    panel: str


ONE_MACHINE = "One machine"
DATA = "Data"
UPKEEP = "Upkeep"

COMMANDS: tuple[Command, ...] = (
    Command(
        "up",
        "shopx_local.commands:up",
        "local",
        "Run a dashboard manifest on this machine until Ctrl-C.",
        ONE_MACHINE,
    ),
    Command(
        "down",
        "shopx_local.commands:down",
        "local",
        "Stop what `up` runs; the data stay.",
        ONE_MACHINE,
    ),
    Command(
        "status",
        "shopx_local.commands:status",
        "local",
        "Show the processes of a running dashboard and their health.",
        ONE_MACHINE,
    ),
    Command(
        "explain",
        "shopx_local.commands:explain",
        "local",
        "Say why scaling did what it did, here or on a cluster, and replay it.",
        ONE_MACHINE,
    ),
    Command(
        "exec",
        "shopx_local.commands:execute",
        "local",
        "Run another of these commands on a running dashboard's database.",
        ONE_MACHINE,
    ),
    Command(
        "backup",
        "shopx_local.backup_commands:backup",
        "local",
        "Take a base backup of a running dashboard into its archive.",
        ONE_MACHINE,
    ),
    Command(
        "restore",
        "shopx_local.backup_commands:restore",
        "local",
        "Restore a dashboard that has no data, to the newest state or to a moment.",
        ONE_MACHINE,
    ),
    Command(
        "render",
        "shopx_local.render_commands:command",
        "local",
        "Write a compose project, or an Nginx configuration, from a manifest.",
        ONE_MACHINE,
    ),
    Command(
        "doctor",
        "shopx_local.doctor_command:command",
        "local",
        "Say what would keep a manifest from running here or on a cluster.",
        ONE_MACHINE,
    ),
    Command(
        "import",
        "shopx_store.commands.import_group:command",
        "workers",
        "Import sales, list imports, and take them back.",
        DATA,
    ),
    Command(
        "feed",
        "shopx_store.commands.feed:command",
        "workers",
        "Read sources again on a schedule: add, list, run and pause feeds.",
        DATA,
    ),
    Command(
        "rates",
        "shopx_store.commands.rates:command",
        "workers",
        "Import, set and list exchange rates into the reporting currency.",
        DATA,
    ),
    Command(
        "seed",
        "shopx_store.commands.seed:command",
        "workers",
        "Fill an empty database with generated sales.",
        DATA,
    ),
    Command(
        "trickle",
        "shopx_store.commands.trickle:command",
        "workers",
        "Record generated live orders at a steady rate.",
        DATA,
    ),
    Command(
        "verify",
        "shopx_store.commands.verify:command",
        "workers",
        "Recompute every total from raw orders and compare; fails on one cent.",
        DATA,
    ),
    Command(
        "token",
        "shopx_store.commands.token:command",
        "workers",
        "Create, list and revoke API tokens.",
        UPKEEP,
    ),
    Command(
        "report",
        "shopx_store.commands.report:command",
        "workers",
        "Create, list, pause and send scheduled reports and alerts.",
        UPKEEP,
    ),
    Command(
        "migrate",
        "shopx_migrations.commands:command",
        "migrations",
        "Bring the database to this version's schema.",
        UPKEEP,
    ),
    Command(
        "fold",
        "shopx_store.commands.fold:command",
        "workers",
        "Keep the rollups up to date with the ledger; runs until stopped.",
        UPKEEP,
    ),
    Command(
        "columns",
        "shopx_store.commands.columns:command",
        "workers",
        "Keep building the columnar replica of the ledger; runs until stopped.",
        UPKEEP,
    ),
    Command(
        "rebuild",
        "shopx_store.commands.rebuild:command",
        "workers",
        "Recompute the rollups from the ledger, as after a restore.",
        UPKEEP,
    ),
    Command(
        "refresh",
        "shopx_store.commands.refresh:command",
        "workers",
        f"Refresh materialized views: {', '.join(view.title for view in MATVIEWS.values())}.",
        UPKEEP,
    ),
    Command(
        "partitions",
        "shopx_store.commands.partitions:command",
        "workers",
        "Make the coming months' partitions.",
        UPKEEP,
    ),
    Command(
        "enqueue",
        "shopx_workers.enqueue_command:command",
        "workers",
        "Put a background job into the queue: fit-predictions, send-reports.",
        UPKEEP,
    ),
)


def load(command: Command) -> Any:
    """Import a command's target.

    Raises:
        InvalidConfiguration: A package that its extra brings is not installed.
    """
    module, _, attribute = command.target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("shopx_"):
            raise  # a defect of this build, not a missing extra
        raise InvalidConfiguration(
            f"`shopx {command.name}` needs {error.name}, which is not installed.",
            hint=f"Install the extra: pip install 'shopx-analytics[{command.extra}]'.",
        ) from error


def _chosen(arguments: Sequence[str]) -> str | None:
    return next((word for word in arguments if not word.startswith("-")), None)


def build(arguments: Sequence[str]) -> "typer.Typer":
    """The application for these arguments; only the chosen command is imported."""
    import typer  # noqa: PLC0415 -- an extra: `main` explains its absence

    app = typer.Typer(
        name="shopx",
        help="ShopX Analytics: a self-hosted sales dashboard.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)
    chosen = _chosen(arguments)
    for command in COMMANDS:
        target = load(command) if command.name == chosen else (lambda: None)
        if isinstance(target, typer.Typer):
            app.add_typer(
                target, name=command.name, help=command.summary, rich_help_panel=command.panel
            )
        else:
            app.command(
                command.name,
                short_help=command.summary,
                rich_help_panel=command.panel,
                context_settings=getattr(target, "context_settings", None),
            )(target)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of the console script."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        build(words)(args=words, prog_name="shopx")
    except ShopxError as error:
        _fail(error.message, error.hint)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        _fail(
            "The `shopx` command needs an extra that is not installed.",
            "pip install 'shopx-analytics[local]' (or [workers], or [migrations]).",
        )
        sys.exit(2)
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has closed the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


def _fail(message: str, hint: str | None) -> None:
    sys.stderr.write(f"error: {redact_text(message)}\n")
    if hint:
        sys.stderr.write(f"hint: {redact_text(hint)}\n")


if __name__ == "__main__":
    main()
